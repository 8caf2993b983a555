//! The function tables, under the symbols that `dirql-ddi` declares.

use dirql_ddi::wdf::*;
use dirql_ddi::{kmdf, umdf};

use super::{
    buffer, bus, deferred, device, dma, driver, hardware, init, interrupt, lock, memory, object, queue,
    request, synchronize,
};

/// How many functions KMDF 1.15 has.
const KMDF_COUNT: usize = 444;
/// How many functions UMDF 2.15 has.
const UMDF_COUNT: usize = 257;

/// A value that drivers read and nobody writes.
struct Constant<T>(T);

// SAFETY: never written; its pointers are to functions and to other constants.
unsafe impl<T> Sync for Constant<T> {}

/// Stands for every function that the simulation does not have.
unsafe extern "C-unwind" fn not_simulated() -> ! {
    panic!("the simulated framework does not have this function")
}

/// Makes a table of functions, each checked against the prototype of its index: those that both frameworks have, and
/// those that one has.
macro_rules! functions {
    (@fill $table:ident, $framework:ident; $($index:ident = $function:path as $type:ty;)*) => {
        $($table[$framework::$index] = $function as $type as *const ();)*
    };
    ($framework:ident, $count:expr; $($index:ident = $function:path as $type:ty;)*) => {{
        let mut table = [not_simulated as *const (); $count];
        functions! { @fill table, $framework;
            WdfDeviceInitSetPnpPowerEventCallbacksTableIndex = init::set_pnp_power_callbacks as PFN_WDFDEVICEINITSETPNPPOWEREVENTCALLBACKS;
            WdfDeviceInitSetRequestAttributesTableIndex = init::set_request_attributes as PFN_WDFDEVICEINITSETREQUESTATTRIBUTES;
            WdfDeviceCreateTableIndex = init::device_create as PFN_WDFDEVICECREATE;
            WdfDeviceCreateDeviceInterfaceTableIndex = init::create_interface as PFN_WDFDEVICECREATEDEVICEINTERFACE;
            WdfDriverCreateTableIndex = driver::driver_create as PFN_WDFDRIVERCREATE;
            WdfIoQueueCreateTableIndex = queue::queue_create as PFN_WDFIOQUEUECREATE;
            WdfIoQueueStartTableIndex = queue::queue_start as PFN_WDFIOQUEUESTART;
            WdfIoQueueStopSynchronouslyTableIndex = queue::stop_synchronously as PFN_WDFIOQUEUESTOPSYNCHRONOUSLY;
            WdfIoQueueGetDeviceTableIndex = queue::queue_get_device as PFN_WDFIOQUEUEGETDEVICE;
            WdfIoQueueRetrieveNextRequestTableIndex = queue::retrieve_next as PFN_WDFIOQUEUERETRIEVENEXTREQUEST;
            WdfIoQueuePurgeSynchronouslyTableIndex = queue::purge_synchronously as PFN_WDFIOQUEUEPURGESYNCHRONOUSLY;
            WdfRequestMarkCancelableTableIndex = request::mark_cancelable as PFN_WDFREQUESTMARKCANCELABLE;
            WdfRequestMarkCancelableExTableIndex = request::mark_cancelable_ex as PFN_WDFREQUESTMARKCANCELABLEEX;
            WdfRequestUnmarkCancelableTableIndex = request::unmark_cancelable as PFN_WDFREQUESTUNMARKCANCELABLE;
            WdfRequestIsCanceledTableIndex = request::is_canceled as PFN_WDFREQUESTISCANCELED;
            WdfRequestCompleteTableIndex = request::request_complete as PFN_WDFREQUESTCOMPLETE;
            WdfRequestCompleteWithInformationTableIndex = request::complete_with_information as PFN_WDFREQUESTCOMPLETEWITHINFORMATION;
            WdfRequestRetrieveInputBufferTableIndex = buffer::input_buffer as PFN_WDFREQUESTRETRIEVEINPUTBUFFER;
            WdfRequestRetrieveOutputBufferTableIndex = buffer::output_buffer as PFN_WDFREQUESTRETRIEVEOUTPUTBUFFER;
            WdfRequestForwardToIoQueueTableIndex = request::forward as PFN_WDFREQUESTFORWARDTOIOQUEUE;
            WdfRequestGetIoQueueTableIndex = request::get_queue as PFN_WDFREQUESTGETIOQUEUE;
            WdfRequestRequeueTableIndex = request::requeue as PFN_WDFREQUESTREQUEUE;
            WdfRequestStopAcknowledgeTableIndex = request::stop_acknowledge as PFN_WDFREQUESTSTOPACKNOWLEDGE;
            WdfInterruptCreateTableIndex = interrupt::interrupt_create as PFN_WDFINTERRUPTCREATE;
            WdfInterruptQueueDpcForIsrTableIndex =
                deferred::interrupt_queue_dpc as PFN_WDFINTERRUPTQUEUEDPCFORISR;
            WdfInterruptQueueWorkItemForIsrTableIndex =
                deferred::interrupt_queue_work_item as PFN_WDFINTERRUPTQUEUEWORKITEMFORISR;
            WdfInterruptSynchronizeTableIndex =
                synchronize::interrupt_synchronize as PFN_WDFINTERRUPTSYNCHRONIZE;
            WdfInterruptAcquireLockTableIndex =
                synchronize::interrupt_acquire_lock as PFN_WDFINTERRUPTACQUIRELOCK;
            WdfInterruptReleaseLockTableIndex =
                synchronize::interrupt_release_lock as PFN_WDFINTERRUPTRELEASELOCK;
            WdfInterruptTryToAcquireLockTableIndex =
                synchronize::interrupt_try_lock as PFN_WDFINTERRUPTTRYTOACQUIRELOCK;
            WdfInterruptEnableTableIndex = synchronize::interrupt_enable as PFN_WDFINTERRUPTENABLE;
            WdfInterruptDisableTableIndex = synchronize::interrupt_disable as PFN_WDFINTERRUPTDISABLE;
            WdfInterruptGetInfoTableIndex = interrupt::interrupt_get_info as PFN_WDFINTERRUPTGETINFO;
            WdfMemoryCreateTableIndex = memory::memory_create as PFN_WDFMEMORYCREATE;
            WdfObjectGetTypedContextWorkerTableIndex =
                object::get_typed_context as PFN_WDFOBJECTGETTYPEDCONTEXTWORKER;
            WdfObjectDeleteTableIndex = object::object_delete as PFN_WDFOBJECTDELETE;
            WdfCmResourceListGetCountTableIndex = device::resource_count as PFN_WDFCMRESOURCELISTGETCOUNT;
            WdfCmResourceListGetDescriptorTableIndex =
                device::resource_descriptor as PFN_WDFCMRESOURCELISTGETDESCRIPTOR;
            WdfWaitLockCreateTableIndex = lock::wait_lock_create as PFN_WDFWAITLOCKCREATE;
            WdfWaitLockAcquireTableIndex = lock::wait_lock_acquire as PFN_WDFWAITLOCKACQUIRE;
            WdfWaitLockReleaseTableIndex = lock::wait_lock_release as PFN_WDFWAITLOCKRELEASE;
            WdfSpinLockCreateTableIndex = lock::spin_lock_create as PFN_WDFSPINLOCKCREATE;
            WdfSpinLockAcquireTableIndex = lock::spin_lock_acquire as PFN_WDFSPINLOCKACQUIRE;
            WdfSpinLockReleaseTableIndex = lock::spin_lock_release as PFN_WDFSPINLOCKRELEASE;
        }
        functions! { @fill table, $framework; $($index = $function as $type;)* }
        Constant(table)
    }};
}

static KMDF: Constant<[WDFFUNC; KMDF_COUNT]> = functions! { kmdf, KMDF_COUNT;
    WdfFdoQueryForInterfaceTableIndex = bus::query_interface as PFN_WDFFDOQUERYFORINTERFACE;
    WdfCommonBufferCreateTableIndex = dma::common_buffer_create as PFN_WDFCOMMONBUFFERCREATE;
    WdfCommonBufferGetAlignedVirtualAddressTableIndex =
        dma::aligned_virtual_address as PFN_WDFCOMMONBUFFERGETALIGNEDVIRTUALADDRESS;
    WdfCommonBufferGetAlignedLogicalAddressTableIndex =
        dma::aligned_logical_address as PFN_WDFCOMMONBUFFERGETALIGNEDLOGICALADDRESS;
    WdfDmaEnablerCreateTableIndex = dma::dma_enabler_create as PFN_WDFDMAENABLERCREATE;
};

static UMDF: Constant<[WDFFUNC; UMDF_COUNT]> = functions! { umdf, UMDF_COUNT;
    WdfDeviceMapIoSpaceTableIndex = hardware::map_registers as PFN_WDFDEVICEMAPIOSPACE;
    WdfDeviceUnmapIoSpaceTableIndex = hardware::unmap_registers as PFN_WDFDEVICEUNMAPIOSPACE;
    WdfDeviceReadFromHardwareTableIndex = hardware::read_hardware as PFN_WDFDEVICEREADFROMHARDWARE;
    WdfDeviceWriteToHardwareTableIndex = hardware::write_hardware as PFN_WDFDEVICEWRITETOHARDWARE;
};

#[unsafe(no_mangle)]
static dirql_kmdf_functions: Constant<*const WDFFUNC> = Constant((&raw const KMDF.0).cast());
#[unsafe(no_mangle)]
static dirql_kmdf_globals: Constant<PWDF_DRIVER_GLOBALS> = Constant(core::ptr::null_mut());
#[unsafe(no_mangle)]
static dirql_umdf_functions: Constant<*const WDFFUNC> = Constant((&raw const UMDF.0).cast());
#[unsafe(no_mangle)]
static dirql_umdf_globals: Constant<PWDF_DRIVER_GLOBALS> = Constant(core::ptr::null_mut());
