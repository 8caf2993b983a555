//! Device objects: made, stacked, given an interface to be opened by, and their DPC for an ISR.

use crate::*;

pub type DEVICE_TYPE = ULONG;
pub const FILE_DEVICE_UNKNOWN: DEVICE_TYPE = 0x22;
pub const FILE_DEVICE_SECURE_OPEN: ULONG = 0x100;

// DEVICE_OBJECT's Flags.
pub const DO_DIRECT_IO: ULONG = 0x10;
pub const DO_DEVICE_INITIALIZING: ULONG = 0x80;
pub const DO_POWER_PAGABLE: ULONG = 0x2000;

/// A device object. `Queue`, `DeviceQueue` and what is behind `Dpc` are not for drivers like these.
#[repr(C, align(16))]
pub struct DEVICE_OBJECT {
    pub Type: SHORT,
    pub Size: USHORT,
    pub ReferenceCount: LONG,
    pub DriverObject: PDRIVER_OBJECT,
    pub NextDevice: PDEVICE_OBJECT,
    pub AttachedDevice: PDEVICE_OBJECT,
    pub CurrentIrp: PIRP,
    pub Timer: PVOID,
    pub Flags: ULONG,
    pub Characteristics: ULONG,
    pub Vpb: PVOID,
    pub DeviceExtension: PVOID,
    pub DeviceType: DEVICE_TYPE,
    pub StackSize: CCHAR,
    pub Queue: [ULONG_PTR; 9],
    pub AlignmentRequirement: ULONG,
    pub DeviceQueue: [ULONG_PTR; 5],
    pub Dpc: KDPC,
    pub __behind_Dpc: [ULONG_PTR; 9],
}

pub type PDEVICE_OBJECT = *mut DEVICE_OBJECT;

ntoskrnl! {
    /// The extension is zeroed. The device object has DO_DEVICE_INITIALIZING set, which AddDevice clears. At or below
    /// APC_LEVEL.
    pub fn IoCreateDevice(
        DriverObject: PDRIVER_OBJECT,
        DeviceExtensionSize: ULONG,
        DeviceName: PUNICODE_STRING,
        DeviceType: DEVICE_TYPE,
        DeviceCharacteristics: ULONG,
        Exclusive: BOOLEAN,
        DeviceObject: *mut PDEVICE_OBJECT,
    ) -> NTSTATUS;
    /// The device object stays until the last reference to it is gone. At or below APC_LEVEL.
    pub fn IoDeleteDevice(DeviceObject: PDEVICE_OBJECT);
    /// Returns what was the top of the target's stack; null if that is being deleted. At or below DISPATCH_LEVEL.
    pub fn IoAttachDeviceToDeviceStack(
        SourceDevice: PDEVICE_OBJECT,
        TargetDevice: PDEVICE_OBJECT,
    ) -> PDEVICE_OBJECT;
    /// Takes off what is attached to the target. At PASSIVE_LEVEL.
    pub fn IoDetachDevice(TargetDevice: PDEVICE_OBJECT);
    /// Gives a device a name that others find by the class, once it is enabled. RtlFreeUnicodeString frees the name.
    /// At PASSIVE_LEVEL.
    pub fn IoRegisterDeviceInterface(
        PhysicalDeviceObject: PDEVICE_OBJECT,
        InterfaceClassGuid: *const GUID,
        ReferenceString: PUNICODE_STRING,
        SymbolicLinkName: PUNICODE_STRING,
    ) -> NTSTATUS;
    /// At PASSIVE_LEVEL.
    pub fn IoSetDeviceInterfaceState(SymbolicLinkName: PUNICODE_STRING, Enable: BOOLEAN) -> NTSTATUS;
    /// Frees a string that the system allocated. At PASSIVE_LEVEL.
    pub fn RtlFreeUnicodeString(UnicodeString: PUNICODE_STRING);
}

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
    DEVICE_OBJECT: 0x150, align 16 {
        Type: 0x00,
        Size: 0x02,
        ReferenceCount: 0x04,
        DriverObject: 0x08,
        NextDevice: 0x10,
        AttachedDevice: 0x18,
        CurrentIrp: 0x20,
        Timer: 0x28,
        Flags: 0x30,
        Characteristics: 0x34,
        Vpb: 0x38,
        DeviceExtension: 0x40,
        DeviceType: 0x48,
        StackSize: 0x4c,
        Queue: 0x50,
        AlignmentRequirement: 0x98,
        DeviceQueue: 0xa0,
        Dpc: 0xc8,
        __behind_Dpc: 0x108,
    }
}
