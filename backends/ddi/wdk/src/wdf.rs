//! WDF: structures, values, and the functions of the framework that this is built for.
//!
//! The table and its globals have the names of the framework's version, 1.15 or 2.15. A package that asks `wdk-sys` for
//! another one does not link.

use core::mem::offset_of;

use dirql_ddi::wdf as ours;
use wdk_sys as theirs;

#[cfg(driver_model__driver_type = "KMDF")]
use dirql_ddi::kmdf as functions;
#[cfg(driver_model__driver_type = "UMDF")]
use dirql_ddi::umdf as functions;

use crate::proof::{Prototype, size_of_field};

/// Asserts that functions of a framework have the same place in its table, and take and return the same.
macro_rules! same_functions {
    ($($pointer:ident, $index:ident;)*) => {
        const _: () = {$(
            assert!(functions::$index == theirs::_WDFFUNCENUM::$index as usize);
            assert!(<ours::$pointer as Prototype>::SHAPE.is(&<theirs::$pointer as Prototype>::SHAPE));
        )*};
    };
}

same_structures! {
    WDF_DRIVER_CONFIG { Size, EvtDriverDeviceAdd, EvtDriverUnload, DriverInitFlags, DriverPoolTag }
    WDF_INTERRUPT_CONFIG {
        Size, SpinLock, ShareVector, FloatingSave, AutomaticSerialization, EvtInterruptIsr,
        EvtInterruptDpc, EvtInterruptEnable, EvtInterruptDisable, EvtInterruptWorkItem, InterruptRaw,
        InterruptTranslated, WaitLock, PassiveHandling, ReportInactiveOnPowerDown, CanWakeDevice,
    }
    WDF_INTERRUPT_INFO {
        Size, Reserved1, TargetProcessorSet, Reserved2, MessageNumber, Vector, Irql, Mode, Polarity,
        MessageSignaled, ShareDisposition, Group,
    }
    WDF_OBJECT_CONTEXT_TYPE_INFO {
        Size, ContextName, ContextSize, UniqueType, EvtDriverGetUniqueContextType,
    }
    WDF_OBJECT_ATTRIBUTES {
        Size, EvtCleanupCallback, EvtDestroyCallback, ExecutionLevel, SynchronizationScope, ParentObject,
        ContextSizeOverride, ContextTypeInfo,
    }
    WDF_PNPPOWER_EVENT_CALLBACKS {
        Size, EvtDeviceD0Entry, EvtDeviceD0EntryPostInterruptsEnabled, EvtDeviceD0Exit,
        EvtDeviceD0ExitPreInterruptsDisabled, EvtDevicePrepareHardware, EvtDeviceReleaseHardware,
        EvtDeviceSelfManagedIoCleanup, EvtDeviceSelfManagedIoFlush, EvtDeviceSelfManagedIoInit,
        EvtDeviceSelfManagedIoSuspend, EvtDeviceSelfManagedIoRestart, EvtDeviceSurpriseRemoval,
    }
    WDF_IO_QUEUE_CONFIG {
        Size, DispatchType, PowerManaged, AllowZeroLengthRequests, DefaultQueue, EvtIoDefault, EvtIoRead,
        EvtIoWrite, EvtIoDeviceControl, EvtIoInternalDeviceControl, EvtIoStop, EvtIoResume,
        EvtIoCanceledOnQueue, NumberOfPresentedRequests = Settings.Parallel.NumberOfPresentedRequests, Driver,
    }
}

#[cfg(driver_model__driver_type = "KMDF")]
same_structures! {
    WDF_DMA_ENABLER_CONFIG {
        Size, Profile, MaximumLength, AddressWidthOverride, WdmDmaVersionOverride, Flags,
    }
}

same_callbacks! {
    PFN_WDF_DRIVER_DEVICE_ADD, PFN_WDF_DRIVER_UNLOAD, PFN_WDF_INTERRUPT_ISR, PFN_WDF_INTERRUPT_SYNCHRONIZE,
    PFN_WDF_INTERRUPT_DPC, PFN_WDF_INTERRUPT_WORKITEM, PFN_WDF_INTERRUPT_ENABLE, PFN_WDF_INTERRUPT_DISABLE,
    PFN_WDF_OBJECT_CONTEXT_CLEANUP, PFN_WDF_OBJECT_CONTEXT_DESTROY, PFN_GET_UNIQUE_CONTEXT_TYPE,
    PFN_WDF_DEVICE_D0_ENTRY, PFN_WDF_DEVICE_D0_EXIT, PFN_WDF_DEVICE_PREPARE_HARDWARE,
    PFN_WDF_DEVICE_RELEASE_HARDWARE, PFN_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP,
    PFN_WDF_DEVICE_SELF_MANAGED_IO_INIT, PFN_WDF_DEVICE_SURPRISE_REMOVAL, PFN_WDF_IO_QUEUE_IO_DEFAULT,
    PFN_WDF_IO_QUEUE_IO_READ, PFN_WDF_IO_QUEUE_IO_DEVICE_CONTROL, PFN_WDF_IO_QUEUE_IO_STOP,
    PFN_WDF_REQUEST_CANCEL,
}

same_values! {
    _MEMORY_CACHING_TYPE { MmNonCached }
    _POOL_TYPE { NonPagedPoolNx }
    _WDF_TRI_STATE { WdfFalse, WdfTrue, WdfUseDefault }
    _WDF_EXECUTION_LEVEL { WdfExecutionLevelInheritFromParent, WdfExecutionLevelPassive, WdfExecutionLevelDispatch }
    _WDF_SYNCHRONIZATION_SCOPE {
        WdfSynchronizationScopeInheritFromParent, WdfSynchronizationScopeDevice, WdfSynchronizationScopeQueue,
        WdfSynchronizationScopeNone,
    }
    _WDF_POWER_DEVICE_STATE { WdfPowerDeviceD0, WdfPowerDeviceD3, WdfPowerDeviceD3Final }
    _WDF_IO_QUEUE_DISPATCH_TYPE {
        WdfIoQueueDispatchSequential, WdfIoQueueDispatchParallel, WdfIoQueueDispatchManual,
    }
    _WDF_REQUEST_STOP_ACTION_FLAGS {
        WdfRequestStopActionSuspend, WdfRequestStopActionPurge, WdfRequestStopRequestCancelable,
    }
    _WDF_REQUEST_TYPE { WdfRequestTypeRead, WdfRequestTypeWrite, WdfRequestTypeDeviceControl }
}

#[cfg(driver_model__driver_type = "KMDF")]
same_values! {
    _WDF_DMA_PROFILE { WdfDmaProfileScatterGather64 }
}

#[cfg(driver_model__driver_type = "UMDF")]
same_values! {
    _WDF_DEVICE_HWACCESS_TARGET_TYPE { WdfDeviceHwAccessTargetTypeRegister }
    _WDF_DEVICE_HWACCESS_TARGET_SIZE { WdfDeviceHwAccessTargetSizeUlong }
}

same_functions! {
    PFN_WDFDEVICEINITSETPNPPOWEREVENTCALLBACKS, WdfDeviceInitSetPnpPowerEventCallbacksTableIndex;
    PFN_WDFDEVICEINITSETREQUESTATTRIBUTES, WdfDeviceInitSetRequestAttributesTableIndex;
    PFN_WDFDEVICECREATE, WdfDeviceCreateTableIndex;
    PFN_WDFDEVICECREATEDEVICEINTERFACE, WdfDeviceCreateDeviceInterfaceTableIndex;
    PFN_WDFDRIVERCREATE, WdfDriverCreateTableIndex;
    PFN_WDFINTERRUPTCREATE, WdfInterruptCreateTableIndex;
    PFN_WDFINTERRUPTQUEUEDPCFORISR, WdfInterruptQueueDpcForIsrTableIndex;
    PFN_WDFINTERRUPTSYNCHRONIZE, WdfInterruptSynchronizeTableIndex;
    PFN_WDFINTERRUPTQUEUEWORKITEMFORISR, WdfInterruptQueueWorkItemForIsrTableIndex;
    PFN_WDFINTERRUPTACQUIRELOCK, WdfInterruptAcquireLockTableIndex;
    PFN_WDFINTERRUPTRELEASELOCK, WdfInterruptReleaseLockTableIndex;
    PFN_WDFINTERRUPTTRYTOACQUIRELOCK, WdfInterruptTryToAcquireLockTableIndex;
    PFN_WDFINTERRUPTENABLE, WdfInterruptEnableTableIndex;
    PFN_WDFINTERRUPTDISABLE, WdfInterruptDisableTableIndex;
    PFN_WDFINTERRUPTGETINFO, WdfInterruptGetInfoTableIndex;
    PFN_WDFIOQUEUECREATE, WdfIoQueueCreateTableIndex;
    PFN_WDFIOQUEUESTART, WdfIoQueueStartTableIndex;
    PFN_WDFIOQUEUESTOPSYNCHRONOUSLY, WdfIoQueueStopSynchronouslyTableIndex;
    PFN_WDFIOQUEUEGETDEVICE, WdfIoQueueGetDeviceTableIndex;
    PFN_WDFIOQUEUERETRIEVENEXTREQUEST, WdfIoQueueRetrieveNextRequestTableIndex;
    PFN_WDFIOQUEUEPURGESYNCHRONOUSLY, WdfIoQueuePurgeSynchronouslyTableIndex;
    PFN_WDFREQUESTMARKCANCELABLE, WdfRequestMarkCancelableTableIndex;
    PFN_WDFREQUESTMARKCANCELABLEEX, WdfRequestMarkCancelableExTableIndex;
    PFN_WDFREQUESTUNMARKCANCELABLE, WdfRequestUnmarkCancelableTableIndex;
    PFN_WDFREQUESTISCANCELED, WdfRequestIsCanceledTableIndex;
    PFN_WDFREQUESTCOMPLETE, WdfRequestCompleteTableIndex;
    PFN_WDFREQUESTCOMPLETEWITHINFORMATION, WdfRequestCompleteWithInformationTableIndex;
    PFN_WDFREQUESTRETRIEVEINPUTBUFFER, WdfRequestRetrieveInputBufferTableIndex;
    PFN_WDFREQUESTRETRIEVEOUTPUTBUFFER, WdfRequestRetrieveOutputBufferTableIndex;
    PFN_WDFREQUESTFORWARDTOIOQUEUE, WdfRequestForwardToIoQueueTableIndex;
    PFN_WDFREQUESTGETIOQUEUE, WdfRequestGetIoQueueTableIndex;
    PFN_WDFREQUESTREQUEUE, WdfRequestRequeueTableIndex;
    PFN_WDFREQUESTSTOPACKNOWLEDGE, WdfRequestStopAcknowledgeTableIndex;
    PFN_WDFMEMORYCREATE, WdfMemoryCreateTableIndex;
    PFN_WDFOBJECTGETTYPEDCONTEXTWORKER, WdfObjectGetTypedContextWorkerTableIndex;
    PFN_WDFOBJECTDELETE, WdfObjectDeleteTableIndex;
    PFN_WDFCMRESOURCELISTGETCOUNT, WdfCmResourceListGetCountTableIndex;
    PFN_WDFCMRESOURCELISTGETDESCRIPTOR, WdfCmResourceListGetDescriptorTableIndex;
    PFN_WDFWAITLOCKCREATE, WdfWaitLockCreateTableIndex;
    PFN_WDFWAITLOCKACQUIRE, WdfWaitLockAcquireTableIndex;
    PFN_WDFWAITLOCKRELEASE, WdfWaitLockReleaseTableIndex;
    PFN_WDFSPINLOCKCREATE, WdfSpinLockCreateTableIndex;
    PFN_WDFSPINLOCKACQUIRE, WdfSpinLockAcquireTableIndex;
    PFN_WDFSPINLOCKRELEASE, WdfSpinLockReleaseTableIndex;
}

#[cfg(driver_model__driver_type = "KMDF")]
same_functions! {
    PFN_WDFFDOQUERYFORINTERFACE, WdfFdoQueryForInterfaceTableIndex;
    PFN_WDFCOMMONBUFFERCREATE, WdfCommonBufferCreateTableIndex;
    PFN_WDFCOMMONBUFFERGETALIGNEDVIRTUALADDRESS, WdfCommonBufferGetAlignedVirtualAddressTableIndex;
    PFN_WDFCOMMONBUFFERGETALIGNEDLOGICALADDRESS, WdfCommonBufferGetAlignedLogicalAddressTableIndex;
    PFN_WDFDMAENABLERCREATE, WdfDmaEnablerCreateTableIndex;
}

#[cfg(driver_model__driver_type = "UMDF")]
same_functions! {
    PFN_WDFDEVICEMAPIOSPACE, WdfDeviceMapIoSpaceTableIndex;
    PFN_WDFDEVICEUNMAPIOSPACE, WdfDeviceUnmapIoSpaceTableIndex;
    PFN_WDFDEVICEREADFROMHARDWARE, WdfDeviceReadFromHardwareTableIndex;
    PFN_WDFDEVICEWRITETOHARDWARE, WdfDeviceWriteToHardwareTableIndex;
}
