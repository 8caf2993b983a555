//! I/O request packets and their stack locations.

use crate::*;

pub const IRP_MJ_CREATE: UCHAR = 0x00;
pub const IRP_MJ_CLOSE: UCHAR = 0x02;
pub const IRP_MJ_READ: UCHAR = 0x03;
pub const IRP_MJ_WRITE: UCHAR = 0x04;
pub const IRP_MJ_DEVICE_CONTROL: UCHAR = 0x0e;
pub const IRP_MJ_CLEANUP: UCHAR = 0x12;
pub const IRP_MJ_POWER: UCHAR = 0x16;
pub const IRP_MJ_SYSTEM_CONTROL: UCHAR = 0x17;
pub const IRP_MJ_PNP: UCHAR = 0x1b;
pub const IRP_MJ_MAXIMUM_FUNCTION: UCHAR = 0x1b;

pub const IRP_MN_START_DEVICE: UCHAR = 0x00;
pub const IRP_MN_QUERY_REMOVE_DEVICE: UCHAR = 0x01;
pub const IRP_MN_REMOVE_DEVICE: UCHAR = 0x02;
pub const IRP_MN_CANCEL_REMOVE_DEVICE: UCHAR = 0x03;
pub const IRP_MN_STOP_DEVICE: UCHAR = 0x04;
pub const IRP_MN_QUERY_STOP_DEVICE: UCHAR = 0x05;
pub const IRP_MN_CANCEL_STOP_DEVICE: UCHAR = 0x06;
pub const IRP_MN_READ_CONFIG: UCHAR = 0x0f;
pub const IRP_MN_SURPRISE_REMOVAL: UCHAR = 0x17;

// IO_STACK_LOCATION's Control.
pub const SL_PENDING_RETURNED: UCHAR = 0x01;
pub const SL_INVOKE_ON_CANCEL: UCHAR = 0x20;
pub const SL_INVOKE_ON_SUCCESS: UCHAR = 0x40;
pub const SL_INVOKE_ON_ERROR: UCHAR = 0x80;

pub const IO_NETWORK_INCREMENT: CCHAR = 2;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct LIST_ENTRY {
    pub Flink: *mut LIST_ENTRY,
    pub Blink: *mut LIST_ENTRY,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union IO_STATUS_BLOCK_VARIANT {
    pub Status: NTSTATUS,
    pub Pointer: PVOID,
}

/// How a request ended, and usually how many bytes it moved.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct IO_STATUS_BLOCK {
    pub __bindgen_anon_1: IO_STATUS_BLOCK_VARIANT,
    pub Information: ULONG_PTR,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union IRP_ASSOCIATED {
    pub MasterIrp: PIRP,
    pub IrpCount: LONG,
    pub SystemBuffer: PVOID,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct IRP_TAIL_OVERLAY {
    /// The driver's own while it has the request.
    pub DriverContext: [PVOID; 4],
    pub Thread: PVOID,
    pub AuxiliaryBuffer: PVOID,
    /// The driver's own while it has the request.
    pub ListEntry: LIST_ENTRY,
    pub CurrentStackLocation: PIO_STACK_LOCATION,
    pub OriginalFileObject: PFILE_OBJECT,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union IRP_TAIL {
    pub Overlay: IRP_TAIL_OVERLAY,
    /// A KAPC, which is the I/O manager's.
    pub Apc: [ULONG_PTR; 11],
    pub CompletionKey: PVOID,
}

/// An I/O request packet. Its stack locations lie behind it.
#[repr(C, align(16))]
pub struct IRP {
    pub Type: SHORT,
    pub Size: USHORT,
    pub MdlAddress: PMDL,
    pub Flags: ULONG,
    pub AssociatedIrp: IRP_ASSOCIATED,
    pub ThreadListEntry: LIST_ENTRY,
    pub IoStatus: IO_STATUS_BLOCK,
    pub RequestorMode: KPROCESSOR_MODE,
    pub PendingReturned: BOOLEAN,
    pub StackCount: CCHAR,
    pub CurrentLocation: CCHAR,
    pub Cancel: BOOLEAN,
    pub CancelIrql: KIRQL,
    pub ApcEnvironment: CCHAR,
    pub AllocationFlags: UCHAR,
    pub UserIosb: PVOID,
    pub UserEvent: PVOID,
    pub Overlay: [ULONG_PTR; 2],
    pub CancelRoutine: PDRIVER_CANCEL,
    pub UserBuffer: PVOID,
    pub Tail: IRP_TAIL,
}

pub type PIRP = *mut IRP;

/// Opaque: an open handle's object.
#[repr(C)]
pub struct FILE_OBJECT {
    _opaque: [u8; 0],
}

pub type PFILE_OBJECT = *mut FILE_OBJECT;

/// Called at DISPATCH_LEVEL with the cancel spin lock held, which it gives back to the request's CancelIrql.
pub type PDRIVER_CANCEL = Option<unsafe extern "C-unwind" fn(DeviceObject: PDEVICE_OBJECT, Irp: PIRP)>;

/// Called at or below DISPATCH_LEVEL. STATUS_MORE_PROCESSING_REQUIRED takes the request back.
pub type PIO_COMPLETION_ROUTINE =
    Option<unsafe extern "C-unwind" fn(DeviceObject: PDEVICE_OBJECT, Irp: PIRP, Context: PVOID) -> NTSTATUS>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct IO_STACK_LOCATION_READ {
    pub Length: ULONG,
    pub __bindgen_padding_0: ULONG,
    pub Key: ULONG,
    pub Flags: ULONG,
    pub ByteOffset: LARGE_INTEGER,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct IO_STACK_LOCATION_DEVICE_IO_CONTROL {
    pub OutputBufferLength: ULONG,
    pub __bindgen_padding_0: ULONG,
    pub InputBufferLength: ULONG,
    pub __bindgen_padding_1: ULONG,
    pub IoControlCode: ULONG,
    pub __bindgen_padding_2: ULONG,
    pub Type3InputBuffer: PVOID,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct IO_STACK_LOCATION_START_DEVICE {
    pub AllocatedResources: PCM_RESOURCE_LIST,
    pub AllocatedResourcesTranslated: PCM_RESOURCE_LIST,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct IO_STACK_LOCATION_POWER {
    pub SystemContext: ULONG,
    pub __bindgen_padding_0: ULONG,
    pub Type: POWER_STATE_TYPE,
    pub __bindgen_padding_1: ULONG,
    pub State: POWER_STATE,
    pub __bindgen_padding_2: ULONG,
    pub ShutdownType: i32,
    pub __bindgen_padding_3: ULONG,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct IO_STACK_LOCATION_READ_WRITE_CONFIG {
    pub WhichSpace: ULONG,
    pub __bindgen_padding_0: ULONG,
    pub Buffer: PVOID,
    pub Offset: ULONG,
    pub __bindgen_padding_1: ULONG,
    pub Length: ULONG,
    pub __bindgen_padding_2: ULONG,
}

/// What a request's major and minor function make of it. Writes have the parameters of reads.
#[repr(C)]
#[derive(Clone, Copy)]
pub union IO_STACK_LOCATION_PARAMETERS {
    pub Read: IO_STACK_LOCATION_READ,
    pub Write: IO_STACK_LOCATION_READ,
    pub DeviceIoControl: IO_STACK_LOCATION_DEVICE_IO_CONTROL,
    pub StartDevice: IO_STACK_LOCATION_START_DEVICE,
    pub ReadWriteConfig: IO_STACK_LOCATION_READ_WRITE_CONFIG,
    pub Power: IO_STACK_LOCATION_POWER,
    pub Others: [PVOID; 4],
}

/// A request, as one driver of the stack sees it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct IO_STACK_LOCATION {
    pub MajorFunction: UCHAR,
    pub MinorFunction: UCHAR,
    pub Flags: UCHAR,
    pub Control: UCHAR,
    pub Parameters: IO_STACK_LOCATION_PARAMETERS,
    pub DeviceObject: PDEVICE_OBJECT,
    pub FileObject: PFILE_OBJECT,
    /// The routine of the driver above.
    pub CompletionRoutine: PIO_COMPLETION_ROUTINE,
    pub Context: PVOID,
}

pub type PIO_STACK_LOCATION = *mut IO_STACK_LOCATION;

ntoskrnl! {
    /// Hands a request to a driver: its next stack location becomes the current one. At or below DISPATCH_LEVEL.
    pub fn IofCallDriver(DeviceObject: PDEVICE_OBJECT, Irp: PIRP) -> NTSTATUS;
    /// Gives a request back. The caller holds no spin lock, and touches the request no more. At or below
    /// DISPATCH_LEVEL.
    pub fn IofCompleteRequest(Irp: PIRP, PriorityBoost: CCHAR);
    /// Hands a request to a driver with the caller's parameters, and waits until it comes back. FALSE: there is no
    /// stack location left. At or below APC_LEVEL.
    pub fn IoForwardIrpSynchronously(DeviceObject: PDEVICE_OBJECT, Irp: PIRP) -> BOOLEAN;
    /// Makes a request of the caller's own, whose next stack location it completes and sends. The event is set when it
    /// is back; null if there is no memory. At PASSIVE_LEVEL.
    pub fn IoBuildSynchronousFsdRequest(
        MajorFunction: ULONG,
        DeviceObject: PDEVICE_OBJECT,
        Buffer: PVOID,
        Length: ULONG,
        StartingOffset: *mut LARGE_INTEGER,
        Event: PRKEVENT,
        IoStatusBlock: *mut IO_STATUS_BLOCK,
    ) -> PIRP;
}

/// Returns the caller's stack location (inline in `wdm.h`). Any IRQL.
///
/// # Safety
/// The caller has the request.
#[inline]
pub unsafe fn IoGetCurrentIrpStackLocation(Irp: PIRP) -> PIO_STACK_LOCATION {
    // SAFETY: the caller has the request.
    let tail = unsafe { &(*Irp).Tail };
    // SAFETY: the I/O manager uses this member of the union.
    unsafe { tail.Overlay.CurrentStackLocation }
}

/// Returns the stack location of the next-lower driver (inline in `wdm.h`). Any IRQL.
///
/// # Safety
/// As for [`IoGetCurrentIrpStackLocation`].
#[inline]
pub unsafe fn IoGetNextIrpStackLocation(Irp: PIRP) -> PIO_STACK_LOCATION {
    // SAFETY: the caller's promise.
    unsafe { IoGetCurrentIrpStackLocation(Irp) }.wrapping_sub(1)
}

/// Lets the next-lower driver have the caller's own stack location (inline in `wdm.h`). Any IRQL.
///
/// # Safety
/// As for [`IoGetCurrentIrpStackLocation`], and [`IofCallDriver`] follows at once.
#[inline]
pub unsafe fn IoSkipCurrentIrpStackLocation(Irp: PIRP) {
    // SAFETY: the caller has the request.
    let irp = unsafe { &mut *Irp };
    irp.CurrentLocation = irp.CurrentLocation.wrapping_add(1);
    // SAFETY: the I/O manager uses this member of the union.
    let current = unsafe { &mut irp.Tail.Overlay.CurrentStackLocation };
    *current = current.wrapping_add(1);
}

/// Gives the next-lower driver the caller's parameters, and no completion routine (inline in `wdm.h`). Any IRQL.
///
/// # Safety
/// As for [`IoGetCurrentIrpStackLocation`], and there is a next stack location.
#[inline]
pub unsafe fn IoCopyCurrentIrpStackLocationToNext(Irp: PIRP) {
    // SAFETY: the caller has the request; here and below.
    let current = unsafe { IoGetCurrentIrpStackLocation(Irp) };
    // SAFETY: as above.
    let current = unsafe { *current };
    // SAFETY: as above.
    let next = unsafe { IoGetNextIrpStackLocation(Irp) };
    // SAFETY: the caller guarantees a next location.
    let next = unsafe { &mut *next };
    *next = IO_STACK_LOCATION {
        Control: 0,
        CompletionRoutine: next.CompletionRoutine,
        Context: next.Context,
        ..current
    };
}

/// Has `CompletionRoutine` called when the lower drivers are done with the request, whatever came of it if all three
/// say so (inline in `wdm.h`). At or below DISPATCH_LEVEL.
///
/// # Safety
/// As for [`IoCopyCurrentIrpStackLocationToNext`]; the routine expects the context, which lives until then.
#[inline]
pub unsafe fn IoSetCompletionRoutine(
    Irp: PIRP,
    CompletionRoutine: PIO_COMPLETION_ROUTINE,
    Context: PVOID,
    InvokeOnSuccess: BOOLEAN,
    InvokeOnError: BOOLEAN,
    InvokeOnCancel: BOOLEAN,
) {
    // SAFETY: the caller has the request.
    let next = unsafe { IoGetNextIrpStackLocation(Irp) };
    // SAFETY: the caller guarantees a next location.
    let next = unsafe { &mut *next };
    next.CompletionRoutine = CompletionRoutine;
    next.Context = Context;
    let flag = |wanted: BOOLEAN, flag: UCHAR| if wanted == FALSE { 0 } else { flag };
    next.Control = flag(InvokeOnSuccess, SL_INVOKE_ON_SUCCESS)
        | flag(InvokeOnError, SL_INVOKE_ON_ERROR)
        | flag(InvokeOnCancel, SL_INVOKE_ON_CANCEL);
}

/// Says that the caller's dispatch routine will return STATUS_PENDING (inline in `wdm.h`). Any IRQL.
///
/// # Safety
/// As for [`IoGetCurrentIrpStackLocation`].
#[inline]
pub unsafe fn IoMarkIrpPending(Irp: PIRP) {
    // SAFETY: the caller has the request; here and below.
    let current = unsafe { IoGetCurrentIrpStackLocation(Irp) };
    // SAFETY: as above.
    unsafe { (*current).Control |= SL_PENDING_RETURNED };
}

// wdm.h.
layout! {
    LIST_ENTRY: 0x10, align 8 { Flink: 0x00, Blink: 0x08 }
    IO_STATUS_BLOCK: 0x10, align 8 { __bindgen_anon_1: 0x00, Information: 0x08 }
    IRP_TAIL_OVERLAY: 0x50, align 8 {
        DriverContext: 0x00,
        Thread: 0x20,
        AuxiliaryBuffer: 0x28,
        ListEntry: 0x30,
        CurrentStackLocation: 0x40,
        OriginalFileObject: 0x48,
    }
    IRP: 0xd0, align 16 {
        Type: 0x00,
        Size: 0x02,
        MdlAddress: 0x08,
        Flags: 0x10,
        AssociatedIrp: 0x18,
        ThreadListEntry: 0x20,
        IoStatus: 0x30,
        RequestorMode: 0x40,
        PendingReturned: 0x41,
        StackCount: 0x42,
        CurrentLocation: 0x43,
        Cancel: 0x44,
        CancelIrql: 0x45,
        ApcEnvironment: 0x46,
        AllocationFlags: 0x47,
        UserIosb: 0x48,
        UserEvent: 0x50,
        Overlay: 0x58,
        CancelRoutine: 0x68,
        UserBuffer: 0x70,
        Tail: 0x78,
    }
    IO_STACK_LOCATION_READ: 0x18, align 8 {
        Length: 0x00,
        __bindgen_padding_0: 0x04,
        Key: 0x08,
        Flags: 0x0c,
        ByteOffset: 0x10,
    }
    IO_STACK_LOCATION_DEVICE_IO_CONTROL: 0x20, align 8 {
        OutputBufferLength: 0x00,
        __bindgen_padding_0: 0x04,
        InputBufferLength: 0x08,
        __bindgen_padding_1: 0x0c,
        IoControlCode: 0x10,
        __bindgen_padding_2: 0x14,
        Type3InputBuffer: 0x18,
    }
    IO_STACK_LOCATION_START_DEVICE: 0x10, align 8 { AllocatedResources: 0x00, AllocatedResourcesTranslated: 0x08 }
    IO_STACK_LOCATION_READ_WRITE_CONFIG: 0x20, align 8 {
        WhichSpace: 0x00,
        __bindgen_padding_0: 0x04,
        Buffer: 0x08,
        Offset: 0x10,
        __bindgen_padding_1: 0x14,
        Length: 0x18,
        __bindgen_padding_2: 0x1c,
    }
    IO_STACK_LOCATION_POWER: 0x20, align 4 {
        SystemContext: 0x00,
        __bindgen_padding_0: 0x04,
        Type: 0x08,
        __bindgen_padding_1: 0x0c,
        State: 0x10,
        __bindgen_padding_2: 0x14,
        ShutdownType: 0x18,
        __bindgen_padding_3: 0x1c,
    }
    IO_STACK_LOCATION: 0x48, align 8 {
        MajorFunction: 0x00,
        MinorFunction: 0x01,
        Flags: 0x02,
        Control: 0x03,
        Parameters: 0x08,
        DeviceObject: 0x28,
        FileObject: 0x30,
        CompletionRoutine: 0x38,
        Context: 0x40,
    }
}

union_layout! {
    IO_STATUS_BLOCK_VARIANT: 0x08, align 8 { Status, Pointer }
    IRP_ASSOCIATED: 0x08, align 8 { MasterIrp, IrpCount, SystemBuffer }
    IRP_TAIL: 0x58, align 8 { Overlay, Apc, CompletionKey }
    IO_STACK_LOCATION_PARAMETERS: 0x20, align 8 {
        Read,
        Write,
        DeviceIoControl,
        StartDevice,
        ReadWriteConfig,
        Power,
        Others
    }
}
