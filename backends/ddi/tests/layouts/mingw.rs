//! mingw-w64's headers, read by a C compiler.
//!
//! The probe is C that only asserts: sizes, alignments and offsets as Rust has them. It is compiled for x86-64
//! Windows and never linked. Without `x86_64-w64-mingw32-gcc` (Debian: gcc-mingw-w64-x86-64-win32
//! and mingw-w64-x86-64-dev) these tests say that they were skipped; with `DIRQL_REQUIRE_MINGW` set, as in CI, they
//! fail instead.

use std::fmt::Write;
use std::io::Write as _;
use std::mem::offset_of;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use dirql_ddi::*;

const COMPILER: &str = "x86_64-w64-mingw32-gcc";

/// Writes assertions about structures in C. Where a member has another name there, that stands behind it.
macro_rules! c_structures {
    ($to:expr; $($name:ident $(= $c_name:literal)? { $($field:ident $(= $c_field:literal)?),* $(,)? })*) => {$({
        let name = c_name!($name $(= $c_name)?);
        assertion($to, &format!("sizeof({name})"), size_of::<$name>() as i64);
        assertion($to, &format!("_Alignof({name})"), align_of::<$name>() as i64);
        $(
            let field = c_name!($field $(= $c_field)?);
            assertion($to, &format!("offsetof({name}, {field})"), offset_of!($name, $field) as i64);
        )*
    })*};
}

/// Writes assertions about constants in C.
macro_rules! c_constants {
    ($to:expr; $($name:ident),* $(,)?) => {
        $(assertion($to, stringify!($name), i64::from($name));)*
    };
}

/// What C calls an item.
macro_rules! c_name {
    ($name:ident) => {
        stringify!($name)
    };
    ($name:ident = $c_name:literal) => {
        $c_name
    };
}

fn assertion(to: &mut String, c: &str, value: i64) {
    writeln!(to, "_Static_assert((long long)({c}) == {value}LL, \"{c} is {value}\");").unwrap();
}

/// Returns where the kernel's headers are, a folder that the compiler does not search by itself.
fn kernel_headers() -> Option<PathBuf> {
    let output = Command::new(COMPILER).arg("-print-file-name=libntoskrnl.a").output().ok()?;
    let library = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    Some(library.parent()?.join("../include/ddk"))
}

/// Compiles what follows the headers, and returns what the compiler says about it. `None`: there is no compiler.
fn complaints(assertions: &str) -> Option<String> {
    let headers = "#include <stddef.h>\n#include <ntddk.h>\n#include <ntddndis.h>\n";
    let mut compiler = Command::new(COMPILER)
        .args(["-x", "c", "-std=gnu11", "-fsyntax-only", "-w"])
        .args(["-D_WIN32_WINNT=0x0A00", "-DNTDDI_VERSION=0x0A00000B", "-DNT_PROCESSOR_GROUPS"])
        .arg("-I")
        .arg(kernel_headers()?)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let mut source = compiler.stdin.take().unwrap();
    source.write_all(headers.as_bytes()).unwrap();
    source.write_all(assertions.as_bytes()).unwrap();
    drop(source);
    Some(String::from_utf8_lossy(&compiler.wait_with_output().unwrap().stderr).into_owned())
}

/// Says so past the test harness, which keeps what a passing test prints.
fn say_skipped() {
    let why = format!("skipped: no {COMPILER} (Debian: gcc-mingw-w64-x86-64-win32, mingw-w64-x86-64-dev)\n");
    std::io::stderr().write_all(why.as_bytes()).unwrap();
}

/// Compiles assertions, all of which hold.
fn check(assertions: &str) {
    match complaints(assertions) {
        Some(text) => assert!(text.is_empty(), "mingw-w64 disagrees:\n{text}"),
        None if std::env::var_os("DIRQL_REQUIRE_MINGW").is_some() => panic!("there is no {COMPILER}"),
        None => say_skipped(),
    }
}

#[test]
fn a_wrong_number_is_found() {
    let mut wrong = String::new();
    assertion(&mut wrong, "offsetof(KDPC, DeferredRoutine)", 0x10);
    if let Some(text) = complaints(&wrong) {
        assert!(text.contains("offsetof(KDPC, DeferredRoutine) is 16"), "the probe is blind: {text}");
    }
}

#[test]
fn structures_are_those_of_c() {
    let mut c = String::new();
    c_structures! { &mut c;
        KDPC {
            TargetInfoAsUlong = "Type",
            DpcListEntry,
            DeferredRoutine,
            DeferredContext,
            SystemArgument1,
            SystemArgument2,
            DpcData,
        }
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
        IO_CONNECT_INTERRUPT_PARAMETERS { Version, __bindgen_anon_1 = "FullySpecified" }
        IO_DISCONNECT_INTERRUPT_PARAMETERS { Version, ConnectionContext }
        DMA_ADAPTER { Version, Size, DmaOperations }
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
        LIST_ENTRY { Flink, Blink }
        KEVENT { Header }
        IO_STATUS_BLOCK { __bindgen_anon_1 = "Status", Information }
        IO_STACK_LOCATION {
            MajorFunction,
            MinorFunction,
            Flags,
            Control,
            Parameters,
            DeviceObject,
            FileObject,
            CompletionRoutine,
            Context,
        }
        CM_FULL_RESOURCE_DESCRIPTOR { InterfaceType, BusNumber, PartialResourceList }
        CM_RESOURCE_LIST { Count, List }
        GUID { Data1, Data2, Data3, Data4 }
        CM_PARTIAL_RESOURCE_DESCRIPTOR { Type, ShareDisposition, Flags, u }
        PROCESSOR_NUMBER { Group, Number, Reserved }
        GROUP_AFFINITY { Mask, Group, Reserved }
        LARGE_INTEGER { QuadPart }
    }
    check(&c);
}

/// C has no name for the members of the union; their own members do have places.
#[test]
fn resources_are_those_of_c() {
    let mut c = String::new();
    let u = offset_of!(CM_PARTIAL_RESOURCE_DESCRIPTOR, u);
    let mut place = |member: &str, offset: usize| {
        assertion(
            &mut c,
            &format!("offsetof(CM_PARTIAL_RESOURCE_DESCRIPTOR, u.{member})"),
            (u + offset) as i64,
        );
    };
    place("Interrupt.Level", offset_of!(CM_PARTIAL_RESOURCE_DESCRIPTOR_INTERRUPT, Level));
    place("Interrupt.Group", offset_of!(CM_PARTIAL_RESOURCE_DESCRIPTOR_INTERRUPT, Group));
    place("Interrupt.Vector", offset_of!(CM_PARTIAL_RESOURCE_DESCRIPTOR_INTERRUPT, Vector));
    place("Interrupt.Affinity", offset_of!(CM_PARTIAL_RESOURCE_DESCRIPTOR_INTERRUPT, Affinity));
    place("Memory.Start", offset_of!(CM_PARTIAL_RESOURCE_DESCRIPTOR_MEMORY, Start));
    place("Memory.Length", offset_of!(CM_PARTIAL_RESOURCE_DESCRIPTOR_MEMORY, Length));
    check(&c);
}

/// C has no names for the parameters' types.
#[test]
fn parameters_are_those_of_c() {
    let mut c = String::new();
    let parameters = offset_of!(IO_STACK_LOCATION, Parameters);
    let mut place = |member: &str, offset: usize| {
        let member = format!("offsetof(IO_STACK_LOCATION, Parameters.{member})");
        assertion(&mut c, &member, (parameters + offset) as i64);
    };
    place("Read.Length", offset_of!(IO_STACK_LOCATION_READ, Length));
    place("Read.Key", offset_of!(IO_STACK_LOCATION_READ, Key));
    place("Read.ByteOffset", offset_of!(IO_STACK_LOCATION_READ, ByteOffset));
    place("Write.Length", offset_of!(IO_STACK_LOCATION_READ, Length));
    type Control = IO_STACK_LOCATION_DEVICE_IO_CONTROL;
    place("DeviceIoControl.OutputBufferLength", offset_of!(Control, OutputBufferLength));
    place("DeviceIoControl.InputBufferLength", offset_of!(Control, InputBufferLength));
    place("DeviceIoControl.IoControlCode", offset_of!(Control, IoControlCode));
    place("DeviceIoControl.Type3InputBuffer", offset_of!(Control, Type3InputBuffer));
    type Start = IO_STACK_LOCATION_START_DEVICE;
    place("StartDevice.AllocatedResources", offset_of!(Start, AllocatedResources));
    place("StartDevice.AllocatedResourcesTranslated", offset_of!(Start, AllocatedResourcesTranslated));
    type Config = IO_STACK_LOCATION_READ_WRITE_CONFIG;
    place("ReadWriteConfig.WhichSpace", offset_of!(Config, WhichSpace));
    place("ReadWriteConfig.Buffer", offset_of!(Config, Buffer));
    place("ReadWriteConfig.Offset", offset_of!(Config, Offset));
    place("ReadWriteConfig.Length", offset_of!(Config, Length));
    place("Power.Type", offset_of!(IO_STACK_LOCATION_POWER, Type));
    place("Power.State", offset_of!(IO_STACK_LOCATION_POWER, State));
    place("Power.ShutdownType", offset_of!(IO_STACK_LOCATION_POWER, ShutdownType));
    check(&c);
}

/// The places in a request that C names through its unions.
#[test]
fn requests_are_those_of_c() {
    let mut c = String::new();
    let mut place = |member: &str, offset: usize| {
        assertion(&mut c, &format!("offsetof(IRP, {member})"), offset as i64);
    };
    place("MdlAddress", offset_of!(IRP, MdlAddress));
    place("AssociatedIrp.SystemBuffer", offset_of!(IRP, AssociatedIrp));
    place("IoStatus", offset_of!(IRP, IoStatus));
    place("CurrentLocation", offset_of!(IRP, CurrentLocation));
    place("Cancel", offset_of!(IRP, Cancel));
    place("CancelIrql", offset_of!(IRP, CancelIrql));
    place("CancelRoutine", offset_of!(IRP, CancelRoutine));
    let tail = |offset: usize| offset_of!(IRP, Tail) + offset;
    place("Tail.Overlay.DriverContext", tail(offset_of!(IRP_TAIL_OVERLAY, DriverContext)));
    place("Tail.Overlay.ListEntry", tail(offset_of!(IRP_TAIL_OVERLAY, ListEntry)));
    place("Tail.Overlay.CurrentStackLocation", tail(offset_of!(IRP_TAIL_OVERLAY, CurrentStackLocation)));
    check(&c);
}

/// mingw-w64 has DEVICE_DESCRIPTION as it was before Windows 8, and DMA_OPERATIONS in its first version.
#[test]
fn what_structures_begin_with_is_that_of_c() {
    let mut c = String::new();
    let mut place = |member: &str, offset: usize| {
        assertion(&mut c, &format!("offsetof({member})"), offset as i64);
    };
    place("DEVICE_OBJECT, Dpc", offset_of!(DEVICE_OBJECT, Dpc));
    place("DEVICE_DESCRIPTION, Master", offset_of!(DEVICE_DESCRIPTION, Master));
    place("DEVICE_DESCRIPTION, Dma32BitAddresses", offset_of!(DEVICE_DESCRIPTION, Dma32BitAddresses));
    place("DEVICE_DESCRIPTION, Dma64BitAddresses", offset_of!(DEVICE_DESCRIPTION, Dma64BitAddresses));
    place("DEVICE_DESCRIPTION, InterfaceType", offset_of!(DEVICE_DESCRIPTION, InterfaceType));
    place("DEVICE_DESCRIPTION, DmaSpeed", offset_of!(DEVICE_DESCRIPTION, DmaSpeed));
    place("DEVICE_DESCRIPTION, MaximumLength", offset_of!(DEVICE_DESCRIPTION, MaximumLength));
    place("DEVICE_DESCRIPTION, DmaPort", offset_of!(DEVICE_DESCRIPTION, DmaPort));
    place("DMA_OPERATIONS, Size", offset_of!(DMA_OPERATIONS, Size));
    place("DMA_OPERATIONS, PutDmaAdapter", offset_of!(DMA_OPERATIONS, PutDmaAdapter));
    place("DMA_OPERATIONS, AllocateCommonBuffer", offset_of!(DMA_OPERATIONS, AllocateCommonBuffer));
    place("DMA_OPERATIONS, FreeCommonBuffer", offset_of!(DMA_OPERATIONS, FreeCommonBuffer));
    check(&c);
}

#[test]
fn the_header_of_ndis_is_that_of_c() {
    use dirql_ddi::ndis::NDIS_OBJECT_HEADER;
    let mut c = String::new();
    c_structures! { &mut c; NDIS_OBJECT_HEADER { Type, Revision, Size } }
    check(&c);
}

#[test]
fn constants_are_those_of_c() {
    use dirql_ddi::ndis::*;
    let mut c = String::new();
    c_constants! { &mut c;
        TRUE, FALSE,
        PASSIVE_LEVEL, APC_LEVEL, DISPATCH_LEVEL,
        KernelMode,
        LowImportance, MediumImportance, HighImportance,
        PAGE_READWRITE, PAGE_NOCACHE,
        PCIBus,
        CmResourceTypeInterrupt, CmResourceTypeMemory,
        CmResourceShareDeviceExclusive, CmResourceShareShared,
        CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE, CM_RESOURCE_INTERRUPT_LATCHED, CM_RESOURCE_INTERRUPT_MESSAGE,
        LevelSensitive, Latched,
        CONNECT_FULLY_SPECIFIED, CONNECT_LINE_BASED, CONNECT_MESSAGE_BASED, CONNECT_FULLY_SPECIFIED_GROUP,
        STATUS_SUCCESS, STATUS_TIMEOUT, STATUS_NO_MORE_ENTRIES, STATUS_BUFFER_OVERFLOW, STATUS_BUFFER_TOO_SMALL, STATUS_CANCELLED, STATUS_REQUEST_ABORTED, STATUS_UNSUCCESSFUL, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_PARAMETER,
        STATUS_INVALID_DEVICE_REQUEST, STATUS_INSUFFICIENT_RESOURCES, STATUS_NOT_SUPPORTED,
        STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_PARAMETER_1, STATUS_NOT_FOUND,
        LowPoolPriority, NormalPoolPriority, HighPoolPriority,
        NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT,
        FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
        DO_DIRECT_IO, DO_DEVICE_INITIALIZING, DO_POWER_PAGABLE,
        IRP_MJ_CREATE, IRP_MJ_CLOSE, IRP_MJ_READ, IRP_MJ_WRITE, IRP_MJ_DEVICE_CONTROL, IRP_MJ_CLEANUP, IRP_MJ_POWER,
        IRP_MJ_SYSTEM_CONTROL, IRP_MJ_PNP, IRP_MJ_MAXIMUM_FUNCTION,
        IRP_MN_START_DEVICE, IRP_MN_QUERY_REMOVE_DEVICE, IRP_MN_REMOVE_DEVICE, IRP_MN_CANCEL_REMOVE_DEVICE,
        IRP_MN_STOP_DEVICE, IRP_MN_QUERY_STOP_DEVICE, IRP_MN_CANCEL_STOP_DEVICE, IRP_MN_READ_CONFIG,
        IRP_MN_SURPRISE_REMOVAL, IRP_MN_SET_POWER, IRP_MN_QUERY_POWER,
        SL_PENDING_RETURNED, SL_INVOKE_ON_CANCEL, SL_INVOKE_ON_SUCCESS, SL_INVOKE_ON_ERROR,
        IO_NETWORK_INCREMENT,
        MDL_MAPPED_TO_SYSTEM_VA, MDL_PAGES_LOCKED, MmCached, NormalPagePriority,
        NotificationEvent, Executive,
        SystemPowerState, DevicePowerState, PowerSystemWorking, PowerSystemSleeping3,
        PowerDeviceUnspecified, PowerDeviceD0, PowerDeviceD3,
        STATUS_PENDING, STATUS_BUFFER_OVERFLOW, STATUS_MORE_PROCESSING_REQUIRED, STATUS_BUFFER_TOO_SMALL,
        STATUS_DELETE_PENDING, STATUS_DEVICE_NOT_READY, STATUS_CANCELLED,
    }
    check(&c);
}
