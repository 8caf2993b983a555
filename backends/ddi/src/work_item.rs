//! Work items of the I/O manager: calls at PASSIVE_LEVEL, in a thread of the system.

use crate::*;

/// Opaque: a work item of a device object.
#[repr(C)]
pub struct IO_WORKITEM {
    _opaque: [u8; 0],
}

pub type PIO_WORKITEM = *mut IO_WORKITEM;

pub type PIO_WORKITEM_ROUTINE =
    Option<unsafe extern "C-unwind" fn(DeviceObject: PDEVICE_OBJECT, Context: PVOID)>;

pub type WORK_QUEUE_TYPE = i32;
pub const DelayedWorkQueue: WORK_QUEUE_TYPE = 1;

ntoskrnl! {
    /// Null if there is no memory. The device object is the caller's own. At or below DISPATCH_LEVEL, as all of these.
    pub fn IoAllocateWorkItem(DeviceObject: PDEVICE_OBJECT) -> PIO_WORKITEM;
    /// Not while the item is queued; its routine may.
    pub fn IoFreeWorkItem(IoWorkItem: PIO_WORKITEM);
    /// Not while the item is queued; once its routine was called it is not. The device object stays until that returns.
    pub fn IoQueueWorkItem(
        IoWorkItem: PIO_WORKITEM,
        WorkerRoutine: PIO_WORKITEM_ROUTINE,
        QueueType: WORK_QUEUE_TYPE,
        Context: PVOID,
    );
}
