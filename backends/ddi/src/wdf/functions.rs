//! The functions of both frameworks: one prototype, an index into each table.

use core::mem::transmute;

use super::*;
use crate::*;

/// An entry of a framework's table, before it is given its type.
pub type WDFFUNC = *const ();

/// Declares prototypes, and in `kmdf` and `umdf` an index and a function for each.
macro_rules! wdf_functions {
    (
        both { $(
            $name:ident, $pfn:ident, $index:ident = [$k:literal, $u:literal]
            ($($arg:ident: $type:ty),*) $(-> $result:ty)?;
        )* }
        kmdf { $(
            $k_name:ident, $k_pfn:ident, $k_index:ident = [$k_k:literal]
            ($($k_arg:ident: $k_type:ty),*) $(-> $k_result:ty)?;
        )* }
        umdf { $(
            $u_name:ident, $u_pfn:ident, $u_index:ident = [$u_u:literal]
            ($($u_arg:ident: $u_type:ty),*) $(-> $u_result:ty)?;
        )* }
    ) => {
        $(pub type $pfn = system_fn!((PWDF_DRIVER_GLOBALS, $($arg: $type),*) $(-> $result)?);)*
        $(pub type $k_pfn = system_fn!((PWDF_DRIVER_GLOBALS, $($k_arg: $k_type),*) $(-> $k_result)?);)*
        $(pub type $u_pfn = system_fn!((PWDF_DRIVER_GLOBALS, $($u_arg: $u_type),*) $(-> $u_result)?);)*

        /// KMDF: functions at DIRQL, DISPATCH_LEVEL and PASSIVE_LEVEL of the kernel.
        pub mod kmdf {
            pub use super::super::{
                dma::*, driver::*, interrupt::*, memory::*, object::*, power::*, queue::*, request::*,
            };
            use super::*;
            $(call! { $name, $pfn, $index = $k ($($arg: $type),*) $(-> $result)?; KMDF_FUNCTIONS, KMDF_GLOBALS })*
            $(call! {
                $k_name, $k_pfn, $k_index = $k_k ($($k_arg: $k_type),*) $(-> $k_result)?;
                KMDF_FUNCTIONS, KMDF_GLOBALS
            })*

            /// Returns the configuration of a DIRQL interrupt.
            pub const fn WDF_INTERRUPT_CONFIG_INIT(
                EvtInterruptIsr: PFN_WDF_INTERRUPT_ISR,
                EvtInterruptDpc: PFN_WDF_INTERRUPT_DPC,
            ) -> WDF_INTERRUPT_CONFIG {
                interrupt_config(EvtInterruptIsr, EvtInterruptDpc, FALSE)
            }
        }

        /// UMDF 2: everything at PASSIVE_LEVEL, in a host process.
        pub mod umdf {
            pub use super::super::{
                driver::*, hardware::*, interrupt::*, memory::*, object::*, power::*, queue::*, request::*,
            };
            use super::*;
            $(call! { $name, $pfn, $index = $u ($($arg: $type),*) $(-> $result)?; UMDF_FUNCTIONS, UMDF_GLOBALS })*
            $(call! {
                $u_name, $u_pfn, $u_index = $u_u ($($u_arg: $u_type),*) $(-> $u_result)?;
                UMDF_FUNCTIONS, UMDF_GLOBALS
            })*

            /// Reads a register (a macro in `wdfdevice.h`).
            ///
            /// # Safety
            /// `Register` is an aligned address in what `WdfDeviceMapIoSpace` returned for `Device`.
            #[inline]
            pub unsafe fn WDF_READ_REGISTER_ULONG(Device: WDFDEVICE, Register: *mut ULONG) -> ULONG {
                let (kind, size) = (WdfDeviceHwAccessTargetTypeRegister, WdfDeviceHwAccessTargetSizeUlong);
                let nothing = core::ptr::null_mut();
                // SAFETY: the caller guarantees the address; a single register needs no buffer.
                unsafe { WdfDeviceReadFromHardware(Device, kind, size, Register.cast(), nothing, 0) as ULONG }
            }

            /// Writes a register (a macro in `wdfdevice.h`).
            ///
            /// # Safety
            /// As for [`WDF_READ_REGISTER_ULONG`].
            #[inline]
            pub unsafe fn WDF_WRITE_REGISTER_ULONG(Device: WDFDEVICE, Register: *mut ULONG, Value: ULONG) {
                let (kind, size) = (WdfDeviceHwAccessTargetTypeRegister, WdfDeviceHwAccessTargetSizeUlong);
                let (value, nothing) = (Value as SIZE_T, core::ptr::null_mut());
                // SAFETY: the caller guarantees the address; a single register needs no buffer.
                unsafe { WdfDeviceWriteToHardware(Device, kind, size, Register.cast(), value, nothing, 0) };
            }

            /// Returns the configuration of an interrupt, all of which are passive here.
            pub const fn WDF_INTERRUPT_CONFIG_INIT(
                EvtInterruptIsr: PFN_WDF_INTERRUPT_ISR,
                EvtInterruptDpc: PFN_WDF_INTERRUPT_DPC,
            ) -> WDF_INTERRUPT_CONFIG {
                interrupt_config(EvtInterruptIsr, EvtInterruptDpc, TRUE)
            }
        }
    };
}

/// Declares one function's index, and the call through a table.
macro_rules! call {
    (
        $name:ident, $pfn:ident, $index:ident = $value:literal ($($arg:ident: $type:ty),*) $(-> $result:ty)?;
        $functions:ident, $globals:ident
    ) => {
        pub const $index: usize = $value;

        #[inline]
        pub unsafe fn $name($($arg: $type),*) $(-> $result)? {
            // SAFETY: the loader filled the table before the driver's first instruction.
            let function = unsafe { $functions.add($index) };
            // SAFETY: the table of every version that this crate is for has this entry.
            let function = unsafe { *function };
            // SAFETY: the entry at this index has this prototype.
            let function = unsafe { transmute::<WDFFUNC, $pfn>(function) };
            // SAFETY: written by the loader, like the table.
            let globals = unsafe { $globals };
            // SAFETY: the caller keeps the function's contract.
            unsafe { function(globals, $($arg),*) }
        }
    };
}

#[cfg(feature = "sim")]
unsafe extern "C-unwind" {
    #[link_name = "dirql_kmdf_functions"]
    static mut KMDF_FUNCTIONS: *const WDFFUNC;
    #[link_name = "dirql_kmdf_globals"]
    static mut KMDF_GLOBALS: PWDF_DRIVER_GLOBALS;
    #[link_name = "dirql_umdf_functions"]
    static mut UMDF_FUNCTIONS: *const WDFFUNC;
    #[link_name = "dirql_umdf_globals"]
    static mut UMDF_GLOBALS: PWDF_DRIVER_GLOBALS;
}

// What the loader stub of an image defines and `WdfVersionBind` fills in, by the names that Microsoft's stub has.
#[cfg(not(feature = "sim"))]
unsafe extern "C-unwind" {
    #[link_name = "WdfFunctions_01015"]
    static mut KMDF_FUNCTIONS: *const WDFFUNC;
    #[link_name = "WdfDriverGlobals"]
    static mut KMDF_GLOBALS: PWDF_DRIVER_GLOBALS;
    #[link_name = "WdfFunctions_02015"]
    static mut UMDF_FUNCTIONS: *const WDFFUNC;
    #[link_name = "WdfDriverGlobals"]
    static mut UMDF_GLOBALS: PWDF_DRIVER_GLOBALS;
}

wdf_functions! {
    both {
        WdfDeviceInitSetPnpPowerEventCallbacks, PFN_WDFDEVICEINITSETPNPPOWEREVENTCALLBACKS, WdfDeviceInitSetPnpPowerEventCallbacksTableIndex = [55, 19] (
            DeviceInit: PWDFDEVICE_INIT,
            PnpPowerEventCallbacks: PWDF_PNPPOWER_EVENT_CALLBACKS
        );
        WdfDeviceInitSetRequestAttributes, PFN_WDFDEVICEINITSETREQUESTATTRIBUTES, WdfDeviceInitSetRequestAttributesTableIndex = [72, 24] (
            DeviceInit: PWDFDEVICE_INIT,
            RequestAttributes: PWDF_OBJECT_ATTRIBUTES
        );
        WdfDeviceCreate, PFN_WDFDEVICECREATE, WdfDeviceCreateTableIndex = [75, 25] (
            DeviceInit: *mut PWDFDEVICE_INIT,
            DeviceAttributes: PWDF_OBJECT_ATTRIBUTES,
            Device: *mut WDFDEVICE
        ) -> NTSTATUS;
        WdfDeviceCreateDeviceInterface, PFN_WDFDEVICECREATEDEVICEINTERFACE, WdfDeviceCreateDeviceInterfaceTableIndex = [77, 27] (
            Device: WDFDEVICE,
            InterfaceClassGUID: *const GUID,
            ReferenceString: *const UNICODE_STRING
        ) -> NTSTATUS;
        WdfDriverCreate, PFN_WDFDRIVERCREATE, WdfDriverCreateTableIndex = [116, 57] (
            DriverObject: PDRIVER_OBJECT,
            RegistryPath: *const UNICODE_STRING,
            DriverAttributes: PWDF_OBJECT_ATTRIBUTES,
            DriverConfig: PWDF_DRIVER_CONFIG,
            Driver: *mut WDFDRIVER
        ) -> NTSTATUS;
        WdfInterruptCreate, PFN_WDFINTERRUPTCREATE, WdfInterruptCreateTableIndex = [141, 72] (
            Device: WDFDEVICE,
            Configuration: PWDF_INTERRUPT_CONFIG,
            Attributes: PWDF_OBJECT_ATTRIBUTES,
            Interrupt: *mut WDFINTERRUPT
        ) -> NTSTATUS;
        WdfInterruptQueueDpcForIsr, PFN_WDFINTERRUPTQUEUEDPCFORISR,
        WdfInterruptQueueDpcForIsrTableIndex = [142, 73] (Interrupt: WDFINTERRUPT) -> BOOLEAN;
        WdfInterruptSynchronize, PFN_WDFINTERRUPTSYNCHRONIZE, WdfInterruptSynchronizeTableIndex = [143, 75] (
            Interrupt: WDFINTERRUPT,
            Callback: PFN_WDF_INTERRUPT_SYNCHRONIZE,
            Context: WDFCONTEXT
        ) -> BOOLEAN;
        WdfInterruptQueueWorkItemForIsr, PFN_WDFINTERRUPTQUEUEWORKITEMFORISR,
        WdfInterruptQueueWorkItemForIsrTableIndex = [416, 74] (Interrupt: WDFINTERRUPT) -> BOOLEAN;
        WdfInterruptAcquireLock, PFN_WDFINTERRUPTACQUIRELOCK, WdfInterruptAcquireLockTableIndex = [144, 76] (
            Interrupt: WDFINTERRUPT
        );
        WdfInterruptReleaseLock, PFN_WDFINTERRUPTRELEASELOCK, WdfInterruptReleaseLockTableIndex = [145, 77] (
            Interrupt: WDFINTERRUPT
        );
        WdfInterruptTryToAcquireLock, PFN_WDFINTERRUPTTRYTOACQUIRELOCK,
        WdfInterruptTryToAcquireLockTableIndex = [417, 84] (Interrupt: WDFINTERRUPT) -> BOOLEAN;
        WdfInterruptEnable, PFN_WDFINTERRUPTENABLE, WdfInterruptEnableTableIndex = [146, 78] (
            Interrupt: WDFINTERRUPT
        );
        WdfInterruptDisable, PFN_WDFINTERRUPTDISABLE, WdfInterruptDisableTableIndex = [147, 79] (
            Interrupt: WDFINTERRUPT
        );
        WdfInterruptGetInfo, PFN_WDFINTERRUPTGETINFO, WdfInterruptGetInfoTableIndex = [149, 80] (
            Interrupt: WDFINTERRUPT,
            Info: PWDF_INTERRUPT_INFO
        );
        WdfIoQueueCreate, PFN_WDFIOQUEUECREATE, WdfIoQueueCreateTableIndex = [152, 85] (
            Device: WDFDEVICE,
            Config: PWDF_IO_QUEUE_CONFIG,
            QueueAttributes: PWDF_OBJECT_ATTRIBUTES,
            Queue: *mut WDFQUEUE
        ) -> NTSTATUS;
        WdfIoQueueStart, PFN_WDFIOQUEUESTART, WdfIoQueueStartTableIndex = [154, 87] (
            Queue: WDFQUEUE
        );
        WdfIoQueueStopSynchronously, PFN_WDFIOQUEUESTOPSYNCHRONOUSLY, WdfIoQueueStopSynchronouslyTableIndex = [156, 89] (
            Queue: WDFQUEUE
        );
        WdfIoQueueGetDevice, PFN_WDFIOQUEUEGETDEVICE, WdfIoQueueGetDeviceTableIndex = [157, 90] (
            Queue: WDFQUEUE
        ) -> WDFDEVICE;
        WdfIoQueueRetrieveNextRequest, PFN_WDFIOQUEUERETRIEVENEXTREQUEST, WdfIoQueueRetrieveNextRequestTableIndex = [158, 91] (
            Queue: WDFQUEUE,
            OutRequest: *mut WDFREQUEST
        ) -> NTSTATUS;
        WdfIoQueuePurgeSynchronously, PFN_WDFIOQUEUEPURGESYNCHRONOUSLY, WdfIoQueuePurgeSynchronouslyTableIndex = [164, 97] (
            Queue: WDFQUEUE
        );
        WdfRequestMarkCancelable, PFN_WDFREQUESTMARKCANCELABLE, WdfRequestMarkCancelableTableIndex = [255, 154] (
            Request: WDFREQUEST,
            EvtRequestCancel: PFN_WDF_REQUEST_CANCEL
        );
        WdfRequestMarkCancelableEx, PFN_WDFREQUESTMARKCANCELABLEEX, WdfRequestMarkCancelableExTableIndex = [393, 155] (
            Request: WDFREQUEST,
            EvtRequestCancel: PFN_WDF_REQUEST_CANCEL
        ) -> NTSTATUS;
        WdfRequestUnmarkCancelable, PFN_WDFREQUESTUNMARKCANCELABLE, WdfRequestUnmarkCancelableTableIndex = [256, 156] (
            Request: WDFREQUEST
        ) -> NTSTATUS;
        WdfRequestIsCanceled, PFN_WDFREQUESTISCANCELED, WdfRequestIsCanceledTableIndex = [257, 157] (
            Request: WDFREQUEST
        ) -> BOOLEAN;
        WdfRequestComplete, PFN_WDFREQUESTCOMPLETE, WdfRequestCompleteTableIndex = [263, 163] (
            Request: WDFREQUEST,
            Status: NTSTATUS
        );
        WdfRequestCompleteWithInformation, PFN_WDFREQUESTCOMPLETEWITHINFORMATION, WdfRequestCompleteWithInformationTableIndex = [265, 164] (
            Request: WDFREQUEST,
            Status: NTSTATUS,
            Information: ULONG_PTR
        );
        WdfRequestRetrieveInputBuffer, PFN_WDFREQUESTRETRIEVEINPUTBUFFER, WdfRequestRetrieveInputBufferTableIndex = [269, 168] (
            Request: WDFREQUEST,
            MinimumRequiredLength: SIZE_T,
            Buffer: *mut PVOID,
            Length: *mut SIZE_T
        ) -> NTSTATUS;
        WdfRequestRetrieveOutputBuffer, PFN_WDFREQUESTRETRIEVEOUTPUTBUFFER, WdfRequestRetrieveOutputBufferTableIndex = [270, 169] (
            Request: WDFREQUEST,
            MinimumRequiredSize: SIZE_T,
            Buffer: *mut PVOID,
            Length: *mut SIZE_T
        ) -> NTSTATUS;
        WdfRequestForwardToIoQueue, PFN_WDFREQUESTFORWARDTOIOQUEUE, WdfRequestForwardToIoQueueTableIndex = [281, 174] (
            Request: WDFREQUEST,
            DestinationQueue: WDFQUEUE
        ) -> NTSTATUS;
        WdfRequestGetIoQueue, PFN_WDFREQUESTGETIOQUEUE, WdfRequestGetIoQueueTableIndex = [282, 175] (
            Request: WDFREQUEST
        ) -> WDFQUEUE;
        WdfRequestRequeue, PFN_WDFREQUESTREQUEUE, WdfRequestRequeueTableIndex = [283, 176] (
            Request: WDFREQUEST
        ) -> NTSTATUS;
        WdfRequestStopAcknowledge, PFN_WDFREQUESTSTOPACKNOWLEDGE, WdfRequestStopAcknowledgeTableIndex = [284, 177] (
            Request: WDFREQUEST,
            Requeue: BOOLEAN
        );
        WdfMemoryCreate, PFN_WDFMEMORYCREATE, WdfMemoryCreateTableIndex = [192, 117] (
            Attributes: PWDF_OBJECT_ATTRIBUTES,
            PoolType: POOL_TYPE,
            PoolTag: ULONG,
            BufferSize: SIZE_T,
            Memory: *mut WDFMEMORY,
            Buffer: *mut PVOID
        ) -> NTSTATUS;
        WdfObjectGetTypedContextWorker, PFN_WDFOBJECTGETTYPEDCONTEXTWORKER,
        WdfObjectGetTypedContextWorkerTableIndex = [202, 123] (
            Handle: WDFOBJECT,
            TypeInfo: PCWDF_OBJECT_CONTEXT_TYPE_INFO
        ) -> PVOID;
        WdfObjectDelete, PFN_WDFOBJECTDELETE, WdfObjectDeleteTableIndex = [208, 129] (Object: WDFOBJECT);
        WdfCmResourceListGetCount, PFN_WDFCMRESOURCELISTGETCOUNT,
        WdfCmResourceListGetCountTableIndex = [304, 186] (List: WDFCMRESLIST) -> ULONG;
        WdfCmResourceListGetDescriptor, PFN_WDFCMRESOURCELISTGETDESCRIPTOR,
        WdfCmResourceListGetDescriptorTableIndex = [305, 187] (
            List: WDFCMRESLIST,
            Index: ULONG
        ) -> PCM_PARTIAL_RESOURCE_DESCRIPTOR;
        WdfWaitLockCreate, PFN_WDFWAITLOCKCREATE, WdfWaitLockCreateTableIndex = [312, 192] (
            LockAttributes: PWDF_OBJECT_ATTRIBUTES,
            Lock: *mut WDFWAITLOCK
        ) -> NTSTATUS;
        WdfWaitLockAcquire, PFN_WDFWAITLOCKACQUIRE, WdfWaitLockAcquireTableIndex = [313, 193] (
            Lock: WDFWAITLOCK,
            Timeout: *mut i64
        ) -> NTSTATUS;
        WdfWaitLockRelease, PFN_WDFWAITLOCKRELEASE, WdfWaitLockReleaseTableIndex = [314, 194] (
            Lock: WDFWAITLOCK
        );
        WdfSpinLockCreate, PFN_WDFSPINLOCKCREATE, WdfSpinLockCreateTableIndex = [315, 195] (
            SpinLockAttributes: PWDF_OBJECT_ATTRIBUTES,
            SpinLock: *mut WDFSPINLOCK
        ) -> NTSTATUS;
        WdfSpinLockAcquire, PFN_WDFSPINLOCKACQUIRE, WdfSpinLockAcquireTableIndex = [316, 196] (
            SpinLock: WDFSPINLOCK
        );
        WdfSpinLockRelease, PFN_WDFSPINLOCKRELEASE, WdfSpinLockReleaseTableIndex = [317, 197] (
            SpinLock: WDFSPINLOCK
        );
    }
    kmdf {
        WdfFdoQueryForInterface, PFN_WDFFDOQUERYFORINTERFACE, WdfFdoQueryForInterfaceTableIndex = [131] (
            Fdo: WDFDEVICE,
            InterfaceType: *const GUID,
            Interface: PVOID,
            Size: USHORT,
            Version: USHORT,
            InterfaceSpecificData: PVOID
        ) -> NTSTATUS;
        WdfCommonBufferCreate, PFN_WDFCOMMONBUFFERCREATE, WdfCommonBufferCreateTableIndex = [21] (
            DmaEnabler: WDFDMAENABLER,
            Length: SIZE_T,
            Attributes: PWDF_OBJECT_ATTRIBUTES,
            CommonBuffer: *mut WDFCOMMONBUFFER
        ) -> NTSTATUS;
        WdfCommonBufferGetAlignedVirtualAddress, PFN_WDFCOMMONBUFFERGETALIGNEDVIRTUALADDRESS,
        WdfCommonBufferGetAlignedVirtualAddressTableIndex = [22] (CommonBuffer: WDFCOMMONBUFFER) -> PVOID;
        WdfCommonBufferGetAlignedLogicalAddress, PFN_WDFCOMMONBUFFERGETALIGNEDLOGICALADDRESS,
        WdfCommonBufferGetAlignedLogicalAddressTableIndex = [23] (
            CommonBuffer: WDFCOMMONBUFFER
        ) -> PHYSICAL_ADDRESS;
        WdfDmaEnablerCreate, PFN_WDFDMAENABLERCREATE, WdfDmaEnablerCreateTableIndex = [94] (
            Device: WDFDEVICE,
            Config: PWDF_DMA_ENABLER_CONFIG,
            Attributes: PWDF_OBJECT_ATTRIBUTES,
            DmaEnablerHandle: *mut WDFDMAENABLER
        ) -> NTSTATUS;
    }
    umdf {
        WdfDeviceMapIoSpace, PFN_WDFDEVICEMAPIOSPACE, WdfDeviceMapIoSpaceTableIndex = [45] (
            Device: WDFDEVICE,
            PhysicalAddress: PHYSICAL_ADDRESS,
            NumberOfBytes: SIZE_T,
            CacheType: MEMORY_CACHING_TYPE,
            PseudoBaseAddress: *mut PVOID
        ) -> NTSTATUS;
        WdfDeviceUnmapIoSpace, PFN_WDFDEVICEUNMAPIOSPACE, WdfDeviceUnmapIoSpaceTableIndex = [46] (
            Device: WDFDEVICE,
            PseudoBaseAddress: PVOID,
            NumberOfBytes: SIZE_T
        );
        WdfDeviceReadFromHardware, PFN_WDFDEVICEREADFROMHARDWARE, WdfDeviceReadFromHardwareTableIndex = [48] (
            Device: WDFDEVICE,
            Type: WDF_DEVICE_HWACCESS_TARGET_TYPE,
            Size: WDF_DEVICE_HWACCESS_TARGET_SIZE,
            TargetAddress: PVOID,
            Buffer: PVOID,
            Count: ULONG
        ) -> SIZE_T;
        WdfDeviceWriteToHardware, PFN_WDFDEVICEWRITETOHARDWARE, WdfDeviceWriteToHardwareTableIndex = [49] (
            Device: WDFDEVICE,
            Type: WDF_DEVICE_HWACCESS_TARGET_TYPE,
            Size: WDF_DEVICE_HWACCESS_TARGET_SIZE,
            TargetAddress: PVOID,
            Value: SIZE_T,
            Buffer: PVOID,
            Count: ULONG
        );
    }
}
