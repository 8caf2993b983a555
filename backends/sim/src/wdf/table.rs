//! The function tables, under the symbols that `dirql-ddi` declares.

use dirql_ddi::kmdf;
use dirql_ddi::wdf::*;

use super::{device, dma, interrupt, lock, object};

/// How many functions KMDF 1.15 has.
const KMDF_COUNT: usize = 444;

/// A value that drivers read and nobody writes.
struct Constant<T>(T);

// SAFETY: never written; its pointers are to functions and to other constants.
unsafe impl<T> Sync for Constant<T> {}

/// Stands for every function that the simulation does not have.
unsafe extern "C-unwind" fn not_simulated() -> ! {
    panic!("the simulated framework does not have this function")
}

/// Puts functions into a table, each checked against the prototype of its index.
macro_rules! functions {
    ($count:expr; $($index:path = $function:path as $type:ty;)*) => {{
        let mut table = [not_simulated as *const (); $count];
        $(table[$index] = $function as $type as *const ();)*
        Constant(table)
    }};
}

static KMDF: Constant<[WDFFUNC; KMDF_COUNT]> = functions! { KMDF_COUNT;
    kmdf::WdfCommonBufferCreateTableIndex = dma::common_buffer_create as PFN_WDFCOMMONBUFFERCREATE;
    kmdf::WdfCommonBufferGetAlignedVirtualAddressTableIndex =
        dma::aligned_virtual_address as PFN_WDFCOMMONBUFFERGETALIGNEDVIRTUALADDRESS;
    kmdf::WdfCommonBufferGetAlignedLogicalAddressTableIndex =
        dma::aligned_logical_address as PFN_WDFCOMMONBUFFERGETALIGNEDLOGICALADDRESS;
    kmdf::WdfDmaEnablerCreateTableIndex = dma::dma_enabler_create as PFN_WDFDMAENABLERCREATE;
    kmdf::WdfInterruptCreateTableIndex = interrupt::interrupt_create as PFN_WDFINTERRUPTCREATE;
    kmdf::WdfInterruptQueueDpcForIsrTableIndex =
        interrupt::interrupt_queue_dpc as PFN_WDFINTERRUPTQUEUEDPCFORISR;
    kmdf::WdfInterruptSynchronizeTableIndex =
        interrupt::interrupt_synchronize as PFN_WDFINTERRUPTSYNCHRONIZE;
    kmdf::WdfInterruptGetInfoTableIndex = interrupt::interrupt_get_info as PFN_WDFINTERRUPTGETINFO;
    kmdf::WdfObjectGetTypedContextWorkerTableIndex =
        object::get_typed_context as PFN_WDFOBJECTGETTYPEDCONTEXTWORKER;
    kmdf::WdfObjectDeleteTableIndex = object::object_delete as PFN_WDFOBJECTDELETE;
    kmdf::WdfCmResourceListGetCountTableIndex = device::resource_count as PFN_WDFCMRESOURCELISTGETCOUNT;
    kmdf::WdfCmResourceListGetDescriptorTableIndex =
        device::resource_descriptor as PFN_WDFCMRESOURCELISTGETDESCRIPTOR;
    kmdf::WdfSpinLockCreateTableIndex = lock::spin_lock_create as PFN_WDFSPINLOCKCREATE;
    kmdf::WdfSpinLockAcquireTableIndex = lock::spin_lock_acquire as PFN_WDFSPINLOCKACQUIRE;
    kmdf::WdfSpinLockReleaseTableIndex = lock::spin_lock_release as PFN_WDFSPINLOCKRELEASE;
};

#[unsafe(no_mangle)]
static dirql_kmdf_functions: Constant<*const WDFFUNC> = Constant((&raw const KMDF.0).cast());
#[unsafe(no_mangle)]
static dirql_kmdf_globals: Constant<PWDF_DRIVER_GLOBALS> = Constant(core::ptr::null_mut());
