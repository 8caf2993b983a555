//! What differs between KMDF and UMDF: the table that a function is called through, the lock of an interrupt, the
//! level of deferred routines, and where memory comes from.

use core::ffi::c_void;
use core::ptr::NonNull;

use dirql::{AtMost, Platform};
use dirql_ddi::wdf::*;
use dirql_ddi::{BOOLEAN, NTSTATUS, PCM_PARTIAL_RESOURCE_DESCRIPTOR, PVOID, ULONG};

/// One of the two frameworks.
///
/// # Safety
/// Implementing this trait is what is unsafe.
///
/// # Implementation safety
/// The functions are the framework's of the same names. Its deferred routines run at [`Level`](Self::Level), at
/// which sections may be asked for, and the framework waits for those that are queued between EvtInterruptDisable
/// and the disconnection (R64, R84). Memory is aligned to 16 bytes and lives until it is freed.
pub unsafe trait Framework: Platform {
    /// The level of deferred routines, and the highest at which sections may be asked for.
    type Level: AtMost<Self::Level>;
    /// Owns memory.
    type Memory: Copy;

    /// Returns the configuration of an interrupt. A null lock stands for one of its own.
    fn config(
        isr: PFN_WDF_INTERRUPT_ISR,
        deferred: PFN_WDF_INTERRUPT_DPC,
        lock: WDFOBJECT,
    ) -> WDF_INTERRUPT_CONFIG;

    /// Creates a lock for interrupts.
    ///
    /// # Safety
    /// The attributes are valid; PASSIVE_LEVEL.
    unsafe fn create_lock(attributes: &mut WDF_OBJECT_ATTRIBUTES, lock: &mut WDFOBJECT) -> NTSTATUS;

    /// Calls WdfInterruptCreate.
    ///
    /// # Safety
    /// The device is alive, configuration and attributes are valid.
    unsafe fn create(
        device: WDFDEVICE,
        config: &mut WDF_INTERRUPT_CONFIG,
        attributes: &mut WDF_OBJECT_ATTRIBUTES,
        interrupt: &mut WDFINTERRUPT,
    ) -> NTSTATUS;

    /// Calls WdfInterruptSynchronize.
    ///
    /// # Safety
    /// The interrupt is alive, and connected if this is KMDF; the callback takes the context.
    unsafe fn synchronize(
        interrupt: WDFINTERRUPT,
        callback: PFN_WDF_INTERRUPT_SYNCHRONIZE,
        context: WDFCONTEXT,
    ) -> BOOLEAN;

    /// Queues the deferred routine of an interrupt.
    ///
    /// # Safety
    /// The interrupt is alive and was created with such a routine.
    unsafe fn defer(interrupt: WDFINTERRUPT) -> BOOLEAN;

    /// Calls WdfObjectGetTypedContextWorker.
    ///
    /// # Safety
    /// The object is alive.
    unsafe fn context(object: WDFOBJECT, kind: PCWDF_OBJECT_CONTEXT_TYPE_INFO) -> PVOID;

    /// Calls WdfObjectDelete.
    ///
    /// # Safety
    /// The object is the driver's to delete, and nobody uses it any more.
    unsafe fn delete(object: WDFOBJECT);

    /// Calls WdfCmResourceListGetCount.
    ///
    /// # Safety
    /// The list is alive.
    unsafe fn descriptor_count(list: WDFCMRESLIST) -> ULONG;

    /// Calls WdfCmResourceListGetDescriptor.
    ///
    /// # Safety
    /// The list is alive.
    unsafe fn descriptor(list: WDFCMRESLIST, index: ULONG) -> PCM_PARTIAL_RESOURCE_DESCRIPTOR;

    /// Allocates memory that stays where it is and is not paged out.
    ///
    /// # Safety
    /// PASSIVE_LEVEL.
    unsafe fn allocate(size: usize) -> Option<(NonNull<c_void>, Self::Memory)>;

    /// Frees memory.
    ///
    /// # Safety
    /// Nobody uses it any more; at or below DISPATCH_LEVEL.
    unsafe fn free(memory: Self::Memory);
}

/// Implements what has one name in both frameworks, by the functions of `$table`.
macro_rules! by_table {
    ($table:ident) => {
        #[inline]
        unsafe fn create(
            device: WDFDEVICE,
            config: &mut WDF_INTERRUPT_CONFIG,
            attributes: &mut WDF_OBJECT_ATTRIBUTES,
            interrupt: &mut WDFINTERRUPT,
        ) -> NTSTATUS {
            // SAFETY: the caller guarantees what the function wants; here and below.
            unsafe { $table::WdfInterruptCreate(device, config, attributes, interrupt) }
        }

        #[inline]
        unsafe fn synchronize(
            interrupt: WDFINTERRUPT,
            callback: PFN_WDF_INTERRUPT_SYNCHRONIZE,
            context: WDFCONTEXT,
        ) -> BOOLEAN {
            // SAFETY: as above.
            unsafe { $table::WdfInterruptSynchronize(interrupt, callback, context) }
        }

        #[inline]
        unsafe fn context(object: WDFOBJECT, kind: PCWDF_OBJECT_CONTEXT_TYPE_INFO) -> PVOID {
            // SAFETY: as above.
            unsafe { $table::WdfObjectGetTypedContextWorker(object, kind) }
        }

        #[inline]
        unsafe fn delete(object: WDFOBJECT) {
            // SAFETY: as above.
            unsafe { $table::WdfObjectDelete(object) }
        }

        #[inline]
        unsafe fn descriptor_count(list: WDFCMRESLIST) -> ULONG {
            // SAFETY: as above.
            unsafe { $table::WdfCmResourceListGetCount(list) }
        }

        #[inline]
        unsafe fn descriptor(list: WDFCMRESLIST, index: ULONG) -> PCM_PARTIAL_RESOURCE_DESCRIPTOR {
            // SAFETY: as above.
            unsafe { $table::WdfCmResourceListGetDescriptor(list, index) }
        }
    };
}

pub(crate) use by_table;
