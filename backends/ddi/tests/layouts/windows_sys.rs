//! `windows-sys`, which Microsoft generates from the headers of the WDK.
//!
//! It is wrong about CM_PARTIAL_RESOURCE_DESCRIPTOR, which lost the packing of `pshpack4.h` there, and whose
//! interrupt is the one without NT_PROCESSOR_GROUPS. That one is left to C.

use std::mem::offset_of;

use dirql_ddi as ours;
use windows_sys::Wdk::Foundation as foundation;
use windows_sys::Wdk::NetworkManagement::Ndis as ndis;
use windows_sys::Wdk::Storage::FileSystem as file_system;
use windows_sys::Wdk::System::SystemServices as services;
use windows_sys::Win32::Foundation as win32;
use windows_sys::Win32::System::Ioctl as ioctl;
use windows_sys::Win32::System::Kernel as kernel;
use windows_sys::Win32::System::Power as power;
use windows_sys::Win32::System::SystemInformation as information;

/// Returns the size in bytes of the field that `get` refers to.
const fn size_of_field<T, F>(_get: fn(&T) -> &F) -> usize {
    size_of::<F>()
}

/// Asserts that a field of ours lies where theirs does, and is as long.
macro_rules! same_field {
    ($ours:ty, $theirs:ty, $field:ident) => {
        same_field!($ours, $theirs, $field = $field)
    };
    ($ours:ty, $theirs:ty, $field:ident = $their_field:ident) => {{
        let at = (offset_of!($ours, $field), size_of_field(|it: &$ours| &it.$field));
        let theirs = (offset_of!($theirs, $their_field), size_of_field(|it: &$theirs| &it.$their_field));
        assert_eq!(at, theirs, "offset and size of {}::{}", stringify!($ours), stringify!($field));
    }};
}

/// Asserts that structures have equal size, alignment and fields. Theirs have our names, or the ones given.
macro_rules! same_structures {
    ($($module:ident {
        $($name:ident { $($field:ident $(= $their_field:ident)?),* $(,)? })*
    })*) => {$($({
        type Ours = ours::$name;
        type Theirs = $module::$name;
        assert_eq!(size_of::<Ours>(), size_of::<Theirs>(), "size of {}", stringify!($name));
        assert_eq!(align_of::<Ours>(), align_of::<Theirs>(), "alignment of {}", stringify!($name));
        $(same_field!(Ours, Theirs, $field $(= $their_field)?);)*
    })*)*};
}

#[test]
fn structures_are_those_of_windows_sys() {
    same_structures! {
        foundation {
            KDPC {
                TargetInfoAsUlong = Anonymous,
                DpcListEntry,
                ProcessorHistory,
                DeferredRoutine,
                DeferredContext,
                SystemArgument1,
                SystemArgument2,
                DpcData,
            }
            DRIVER_OBJECT {
                Type,
                Size,
                DeviceObject,
                Flags,
                DriverStart,
                DriverSize,
                DriverSection,
                DriverExtension,
                DriverName,
                HardwareDatabase,
                FastIoDispatch,
                DriverInit,
                DriverStartIo,
                DriverUnload,
                MajorFunction,
            }
            DRIVER_EXTENSION { DriverObject, AddDevice, Count, ServiceKeyName }
            KEVENT { Header }
        }
        services {
            IO_REMOVE_LOCK { Common }
            IO_REMOVE_LOCK_COMMON_BLOCK { Removed, Reserved, IoCount, RemoveEvent }
            DEVICE_DESCRIPTION {
                Version,
                Master,
                ScatterGather,
                DemandMode,
                AutoInitialize,
                Dma32BitAddresses,
                IgnoreCount,
                Reserved1,
                Dma64BitAddresses,
                BusNumber,
                DmaChannel,
                InterfaceType,
                DmaWidth,
                DmaSpeed,
                MaximumLength,
                DmaPort,
                DmaAddressWidth,
                DmaControllerInstance,
                DmaRequestLine,
                DeviceAddress,
            }
            DMA_ADAPTER { Version, Size, DmaOperations }
            IO_INTERRUPT_MESSAGE_INFO_ENTRY {
                MessageAddress,
                TargetProcessorSet,
                InterruptObject,
                MessageData,
                Vector,
                Irql,
                Mode,
                Polarity,
            }
            IO_INTERRUPT_MESSAGE_INFO { UnifiedIrql, MessageCount, MessageInfo }
            IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS {
                PhysicalDeviceObject,
                InterruptObject,
                ServiceRoutine,
                ServiceContext,
                SpinLock,
                SynchronizeIrql,
                FloatingSave,
                ShareVector,
                Vector,
                Irql,
                InterruptMode,
                ProcessorEnableMask,
                Group,
            }
            IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS {
                PhysicalDeviceObject,
                InterruptObject,
                ServiceRoutine,
                ServiceContext,
                SpinLock,
                SynchronizeIrql,
                FloatingSave,
            }
            IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS {
                PhysicalDeviceObject,
                ConnectionContext,
                MessageServiceRoutine,
                ServiceContext,
                SpinLock,
                SynchronizeIrql,
                FloatingSave,
                FallBackServiceRoutine,
            }
            IO_CONNECT_INTERRUPT_PARAMETERS { Version, __bindgen_anon_1 = Anonymous }
            IO_DISCONNECT_INTERRUPT_PARAMETERS { Version, ConnectionContext }
            IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS { Version, ConnectionContext }
        }
        kernel {
            PROCESSOR_NUMBER { Group, Number, Reserved }
        }
        information {
            GROUP_AFFINITY { Mask, Group, Reserved }
        }
    }
}

#[test]
fn structures_of_ndis_are_those_of_windows_sys() {
    use dirql_ddi::ndis as ours;
    same_structures! {
        ndis {
            NDIS_OBJECT_HEADER { Type, Revision, Size }
            NDIS_SPIN_LOCK { SpinLock, OldIrql }
        }
    }
}

/// Asserts that fields lie where theirs do, of structures that differ in something else.
macro_rules! same_fields {
    ($name:ident { $($field:ident $(= $their_field:ident)?),* $(,)? }) => {{
        type Ours = ours::$name;
        type Theirs = foundation::$name;
        $(same_field!(Ours, Theirs, $field $(= $their_field)?);)*
    }};
}

/// Theirs lack the alignment of the whole, 16 bytes.
#[test]
fn device_objects_and_requests_are_those_of_windows_sys() {
    same_fields!(DEVICE_OBJECT {
        Type,
        Size,
        ReferenceCount,
        DriverObject,
        NextDevice,
        AttachedDevice,
        CurrentIrp,
        Timer,
        Flags,
        Characteristics,
        Vpb,
        DeviceExtension,
        DeviceType,
        StackSize,
        Queue,
        AlignmentRequirement,
        DeviceQueue,
        Dpc,
    });
    same_fields!(IRP {
        Type,
        Size,
        MdlAddress,
        Flags,
        AssociatedIrp,
        ThreadListEntry,
        IoStatus,
        RequestorMode,
        PendingReturned,
        StackCount,
        CurrentLocation,
        Cancel,
        CancelIrql,
        ApcEnvironment,
        AllocationFlags,
        UserIosb = Anonymous,
        UserEvent,
        Overlay,
        CancelRoutine,
        UserBuffer,
        Tail,
    });
}

/// Our structure has the first members only.
#[test]
fn the_first_dma_operations_are_those_of_windows_sys() {
    type Ours = ours::DMA_OPERATIONS;
    type Theirs = services::DMA_OPERATIONS;
    same_field!(Ours, Theirs, Size);
    same_field!(Ours, Theirs, PutDmaAdapter);
    same_field!(Ours, Theirs, AllocateCommonBuffer);
    same_field!(Ours, Theirs, FreeCommonBuffer);
}

/// Asserts that constants have equal values, whatever integer each crate made of them.
macro_rules! same_constants {
    ($($module:ident { $($name:ident),* $(,)? })*) => {$($(
        assert_eq!(i64::from(ours::$name), i64::from($module::$name), stringify!($name));
    )*)*};
}

#[test]
fn constants_are_those_of_windows_sys() {
    same_constants! {
        services {
            PASSIVE_LEVEL, APC_LEVEL, DISPATCH_LEVEL,
            KernelMode,
            DelayedWorkQueue,
            LowImportance, MediumImportance, HighImportance,
            PAGE_READWRITE, PAGE_NOCACHE,
            PCIBus, DEVICE_DESCRIPTION_VERSION3,
            CmResourceTypeInterrupt, CmResourceTypeMemory,
            CmResourceShareDeviceExclusive, CmResourceShareShared,
            CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE, CM_RESOURCE_INTERRUPT_LATCHED,
            CM_RESOURCE_INTERRUPT_MESSAGE,
            LevelSensitive, Latched,
            CONNECT_FULLY_SPECIFIED, CONNECT_LINE_BASED, CONNECT_MESSAGE_BASED,
            CONNECT_FULLY_SPECIFIED_GROUP,
            FILE_DEVICE_SECURE_OPEN,
            IRP_MJ_CREATE, IRP_MJ_CLOSE, IRP_MJ_READ, IRP_MJ_WRITE, IRP_MJ_DEVICE_CONTROL, IRP_MJ_CLEANUP, IRP_MJ_POWER,
            IRP_MJ_SYSTEM_CONTROL, IRP_MJ_PNP, IRP_MJ_MAXIMUM_FUNCTION,
            IRP_MN_START_DEVICE, IRP_MN_QUERY_REMOVE_DEVICE, IRP_MN_REMOVE_DEVICE, IRP_MN_CANCEL_REMOVE_DEVICE,
            IRP_MN_STOP_DEVICE, IRP_MN_QUERY_STOP_DEVICE, IRP_MN_CANCEL_STOP_DEVICE, IRP_MN_READ_CONFIG,
            IRP_MN_SURPRISE_REMOVAL, IRP_MN_SET_POWER, IRP_MN_QUERY_POWER,
            SL_PENDING_RETURNED, SL_INVOKE_ON_CANCEL, SL_INVOKE_ON_SUCCESS, SL_INVOKE_ON_ERROR,
            MmCached, NormalPagePriority, MdlMappingNoExecute,
            Executive,
            SystemPowerState, DevicePowerState,
        }
        file_system {
            DO_DIRECT_IO, DO_DEVICE_INITIALIZING, DO_POWER_PAGABLE,
            IO_NETWORK_INCREMENT,
        }
        ioctl { FILE_DEVICE_UNKNOWN }
        kernel { NotificationEvent }
        power {
            PowerSystemWorking, PowerSystemSleeping3,
            PowerDeviceUnspecified, PowerDeviceD0, PowerDeviceD3,
        }
        win32 {
            TRUE, FALSE,
            STATUS_SUCCESS, STATUS_UNSUCCESSFUL, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_PARAMETER,
            STATUS_INVALID_DEVICE_REQUEST, STATUS_INSUFFICIENT_RESOURCES, STATUS_NOT_SUPPORTED,
            STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_PARAMETER_1, STATUS_NOT_FOUND,
            STATUS_PENDING, STATUS_BUFFER_OVERFLOW, STATUS_MORE_PROCESSING_REQUIRED, STATUS_BUFFER_TOO_SMALL,
            STATUS_DELETE_PENDING, STATUS_DEVICE_NOT_READY, STATUS_CANCELLED, STATUS_DEVICE_REMOVED,
        }
    }
}

#[test]
fn constants_of_ndis_are_those_of_windows_sys() {
    use dirql_ddi::ndis as ours;
    same_constants! {
        ndis { NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT, NDIS_MINIPORT_INTERRUPT_REVISION_1 }
        services { LowPoolPriority, NormalPoolPriority, HighPoolPriority }
    }
}
