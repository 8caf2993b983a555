//! Values that neither windows-sys nor mingw-w64 has, as their headers have them.

use dirql_ddi::ndis::*;
use dirql_ddi::wdf::*;
use dirql_ddi::{GUID, GUID_BUS_INTERFACE_STANDARD, POOL_FLAG_NON_PAGED, SRWLOCK_INIT, kmdf, umdf};

/// `wdm.h`.
#[test]
fn a_pool_flag() {
    assert_eq!(POOL_FLAG_NON_PAGED, 0x0000_0000_0000_0040);
}

/// `wdm.h`, and `synchapi.h`, where all zeros is a lock that is free.
#[test]
fn what_umdf_takes_of_others() {
    assert_eq!((NonPagedPoolNx, MmNonCached), (512, 0));
    assert!(SRWLOCK_INIT.Ptr.is_null());
}

/// `wdmguid.h`.
#[test]
fn the_interface_of_every_bus() {
    let GUID { Data1, Data2, Data3, Data4 } = GUID_BUS_INTERFACE_STANDARD;
    assert_eq!((Data1, Data2, Data3), (0x496B8280, 0x6F25, 0x11D0));
    assert_eq!(u64::from_be_bytes(Data4), 0xBEAF_0800_2BE2_092F);
}

/// `ndis.h`.
#[test]
fn statuses_of_ndis() {
    let statuses = [
        (NDIS_STATUS_SUCCESS, 0),
        (NDIS_STATUS_FAILURE, 0xC000_0001),
        (NDIS_STATUS_RESOURCES, 0xC000_009A),
        (NDIS_STATUS_NOT_SUPPORTED, 0xC000_00BB),
        (NDIS_STATUS_BAD_VERSION, 0xC001_0004),
        (NDIS_STATUS_BAD_CHARACTERISTICS, 0xC001_0005),
        (NDIS_STATUS_RESOURCE_CONFLICT, 0xC001_001E),
    ];
    assert!(statuses.iter().all(|&(status, value)| status as u32 == value));
}

/// `ndis.h`; the size is RTL_SIZEOF_THROUGH_FIELD(.., MessageInfoTable).
#[test]
fn interrupts_of_ndis() {
    assert_eq!((NDIS_CONNECT_LINE_BASED, NDIS_CONNECT_MESSAGE_BASED), (1, 2));
    assert_eq!(NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1, 0x60);
    assert_eq!(NDIS_INDICATE_ALL_NBLS, 0xFFFF_FFFF);
}

/// `wdftypes.h`, `wdfobject.h`, `wdfdevice.h` and `wdfdmaenabler.h`; equal in KMDF 1.15 to 1.33 and UMDF 2.15 to
/// 2.33.
#[test]
fn enums_of_wdf() {
    assert_eq!((WdfFalse, WdfTrue, WdfUseDefault), (0, 1, 2));
    let levels = (WdfExecutionLevelInheritFromParent, WdfExecutionLevelPassive, WdfExecutionLevelDispatch);
    assert_eq!(levels, (1, 2, 3));
    assert_eq!((WdfSynchronizationScopeInheritFromParent, WdfSynchronizationScopeDevice), (1, 2));
    assert_eq!((WdfSynchronizationScopeQueue, WdfSynchronizationScopeNone), (3, 4));
    assert_eq!((WdfPowerDeviceD0, WdfPowerDeviceD3, WdfPowerDeviceD3Final), (1, 4, 5));
    assert_eq!(WdfDmaProfileScatterGather64, 4);
    let dispatch = (WdfIoQueueDispatchSequential, WdfIoQueueDispatchParallel, WdfIoQueueDispatchManual);
    assert_eq!(dispatch, (1, 2, 3));
    assert_eq!((WdfRequestTypeRead, WdfRequestTypeWrite, WdfRequestTypeDeviceControl), (3, 4, 14));
    assert_eq!((WdfRequestStopActionSuspend, WdfRequestStopActionPurge), (1, 2));
    assert_eq!(WdfRequestStopRequestCancelable, 0x1000_0000);
    assert_eq!((WdfDeviceHwAccessTargetTypeRegister, WdfDeviceHwAccessTargetSizeUlong), (1, 3));
}

/// Asserts the indices of functions in both tables.
macro_rules! indices {
    ($($name:ident: $kmdf:literal, $umdf:literal;)*) => {
        $(assert_eq!((kmdf::$name, umdf::$name), ($kmdf, $umdf), stringify!($name));)*
    };
}

/// `wdffuncenum.h`: WDFFUNCENUM of KMDF 1.15 and of UMDF 2.15. No later version moved any.
#[test]
fn functions_are_where_the_frameworks_have_them() {
    indices! {
        WdfDeviceInitSetPnpPowerEventCallbacksTableIndex: 55, 19;
        WdfDeviceInitSetRequestAttributesTableIndex: 72, 24;
        WdfDeviceCreateTableIndex: 75, 25;
        WdfDeviceCreateDeviceInterfaceTableIndex: 77, 27;
        WdfDriverCreateTableIndex: 116, 57;
        WdfIoQueueCreateTableIndex: 152, 85;
        WdfIoQueueStartTableIndex: 154, 87;
        WdfIoQueueStopSynchronouslyTableIndex: 156, 89;
        WdfIoQueueGetDeviceTableIndex: 157, 90;
        WdfIoQueueRetrieveNextRequestTableIndex: 158, 91;
        WdfIoQueuePurgeSynchronouslyTableIndex: 164, 97;
        WdfRequestMarkCancelableTableIndex: 255, 154;
        WdfRequestMarkCancelableExTableIndex: 393, 155;
        WdfRequestUnmarkCancelableTableIndex: 256, 156;
        WdfRequestIsCanceledTableIndex: 257, 157;
        WdfRequestCompleteTableIndex: 263, 163;
        WdfRequestCompleteWithInformationTableIndex: 265, 164;
        WdfRequestRetrieveInputBufferTableIndex: 269, 168;
        WdfRequestRetrieveOutputBufferTableIndex: 270, 169;
        WdfRequestForwardToIoQueueTableIndex: 281, 174;
        WdfRequestGetIoQueueTableIndex: 282, 175;
        WdfRequestRequeueTableIndex: 283, 176;
        WdfRequestStopAcknowledgeTableIndex: 284, 177;
        WdfInterruptCreateTableIndex: 141, 72;
        WdfInterruptQueueDpcForIsrTableIndex: 142, 73;
        WdfInterruptSynchronizeTableIndex: 143, 75;
        WdfInterruptQueueWorkItemForIsrTableIndex: 416, 74;
        WdfInterruptAcquireLockTableIndex: 144, 76;
        WdfInterruptReleaseLockTableIndex: 145, 77;
        WdfInterruptTryToAcquireLockTableIndex: 417, 84;
        WdfInterruptEnableTableIndex: 146, 78;
        WdfInterruptDisableTableIndex: 147, 79;
        WdfInterruptGetInfoTableIndex: 149, 80;
        WdfMemoryCreateTableIndex: 192, 117;
        WdfObjectGetTypedContextWorkerTableIndex: 202, 123;
        WdfObjectDeleteTableIndex: 208, 129;
        WdfCmResourceListGetCountTableIndex: 304, 186;
        WdfCmResourceListGetDescriptorTableIndex: 305, 187;
        WdfWaitLockCreateTableIndex: 312, 192;
        WdfWaitLockAcquireTableIndex: 313, 193;
        WdfWaitLockReleaseTableIndex: 314, 194;
        WdfSpinLockCreateTableIndex: 315, 195;
        WdfSpinLockAcquireTableIndex: 316, 196;
        WdfSpinLockReleaseTableIndex: 317, 197;
    }
}

/// As above, of functions that only KMDF has.
#[test]
fn functions_of_kmdf_are_where_it_has_them() {
    assert_eq!(kmdf::WdfFdoQueryForInterfaceTableIndex, 131);
    assert_eq!(kmdf::WdfCommonBufferCreateTableIndex, 21);
    assert_eq!(kmdf::WdfCommonBufferGetAlignedVirtualAddressTableIndex, 22);
    assert_eq!(kmdf::WdfCommonBufferGetAlignedLogicalAddressTableIndex, 23);
    assert_eq!(kmdf::WdfDmaEnablerCreateTableIndex, 94);
}

/// As above, of functions that only UMDF has.
#[test]
fn functions_of_umdf_are_where_it_has_them() {
    assert_eq!(umdf::WdfDeviceMapIoSpaceTableIndex, 45);
    assert_eq!(umdf::WdfDeviceUnmapIoSpaceTableIndex, 46);
    assert_eq!(umdf::WdfDeviceReadFromHardwareTableIndex, 48);
    assert_eq!(umdf::WdfDeviceWriteToHardwareTableIndex, 49);
}

/// The structures that a driver makes begin with their own size, as the frameworks want it.
#[test]
fn structures_of_wdf_say_how_long_they_are() {
    assert_eq!(kmdf::WDF_INTERRUPT_CONFIG_INIT(None, None).Size, 0x68);
    assert_eq!(umdf::WDF_INTERRUPT_CONFIG_INIT(None, None).Size, 0x68);
    assert_eq!(WDF_INTERRUPT_INFO_INIT().Size, 0x40);
    assert_eq!(WDF_OBJECT_ATTRIBUTES_INIT().Size, 0x38);
    assert_eq!(WDF_PNPPOWER_EVENT_CALLBACKS_INIT().Size, 0x90);
    assert_eq!(WDF_DRIVER_CONFIG_INIT(None).Size, 0x20);
    assert_eq!(WDF_IO_QUEUE_CONFIG_INIT(WdfIoQueueDispatchManual).Size, 0x60);
    assert_eq!(WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(WdfIoQueueDispatchManual).DefaultQueue, 1);
    assert_eq!(WDF_DMA_ENABLER_CONFIG_INIT(WdfDmaProfileScatterGather64, 0).Size, 0x50);
}
