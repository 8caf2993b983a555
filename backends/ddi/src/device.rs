//! Device objects, as far as a driver's DPC for its ISR needs them.

use crate::*;

/// What the I/O manager has in front of the DPC object and behind it is not for drivers' interrupt code.
#[repr(C, align(16))]
pub struct DEVICE_OBJECT {
    __before_Dpc: [ULONG_PTR; 25],
    pub Dpc: KDPC,
    __behind_Dpc: [ULONG_PTR; 9],
}

pub type PDEVICE_OBJECT = *mut DEVICE_OBJECT;

/// Opaque: an I/O request.
#[repr(C)]
pub struct IRP {
    _opaque: [u8; 0],
}

pub type PIRP = *mut IRP;

/// A PKDEFERRED_ROUTINE that is told a device object, a request and a context of the driver's.
pub type PIO_DPC_ROUTINE = PKDEFERRED_ROUTINE;

/// Makes the DPC of a device object (inline in `wdm.h`). Any IRQL.
///
/// # Safety
/// `DeviceObject` is a device object of the caller's whose DPC is not queued. `DpcRoutine` takes what
/// [`IoRequestDpc`] gives it.
#[inline]
pub unsafe fn IoInitializeDpcRequest(DeviceObject: PDEVICE_OBJECT, DpcRoutine: PIO_DPC_ROUTINE) {
    // SAFETY: the caller guarantees the device object.
    let dpc = unsafe { &raw mut (*DeviceObject).Dpc };
    // SAFETY: the caller guarantees the routine; the DPC lies in its device object.
    unsafe { KeInitializeDpc(dpc, DpcRoutine, DeviceObject.cast()) };
}

/// Queues the DPC of a device object, from an ISR (inline in `wdm.h`). If it is queued already, `Irp` and `Context`
/// are lost, and nothing says so (R35).
///
/// # Safety
/// The DPC was made by [`IoInitializeDpcRequest`]; request and context are what its routine expects.
#[inline]
pub unsafe fn IoRequestDpc(DeviceObject: PDEVICE_OBJECT, Irp: PIRP, Context: PVOID) {
    // SAFETY: the caller guarantees the device object.
    let dpc = unsafe { &raw mut (*DeviceObject).Dpc };
    // SAFETY: the caller guarantees an initialized DPC.
    unsafe { KeInsertQueueDpc(dpc, Irp.cast(), Context) };
}

// wdm.h.
layout! {
    DEVICE_OBJECT: 0x150, align 16 { __before_Dpc: 0x00, Dpc: 0xc8, __behind_Dpc: 0x108 }
}
