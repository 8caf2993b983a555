//! Interrupt objects.

use crate::*;

/// Opaque: the kernel's interrupt object.
#[repr(C)]
pub struct KINTERRUPT {
    _opaque: [u8; 0],
}

pub type PKINTERRUPT = *mut KINTERRUPT;

pub type PKSERVICE_ROUTINE =
    Option<unsafe extern "C-unwind" fn(Interrupt: PKINTERRUPT, ServiceContext: PVOID) -> BOOLEAN>;
pub type PKMESSAGE_SERVICE_ROUTINE = Option<
    unsafe extern "C-unwind" fn(Interrupt: PKINTERRUPT, ServiceContext: PVOID, MessageID: ULONG) -> BOOLEAN,
>;
pub type PKSYNCHRONIZE_ROUTINE = Option<unsafe extern "C-unwind" fn(SynchronizeContext: PVOID) -> BOOLEAN>;

pub type KINTERRUPT_MODE = i32;
pub const LevelSensitive: KINTERRUPT_MODE = 0;
pub const Latched: KINTERRUPT_MODE = 1;
pub type KINTERRUPT_POLARITY = i32;

pub const CONNECT_FULLY_SPECIFIED: ULONG = 1;
pub const CONNECT_LINE_BASED: ULONG = 2;
pub const CONNECT_MESSAGE_BASED: ULONG = 3;
pub const CONNECT_FULLY_SPECIFIED_GROUP: ULONG = 4;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct IO_INTERRUPT_MESSAGE_INFO_ENTRY {
    pub MessageAddress: PHYSICAL_ADDRESS,
    pub TargetProcessorSet: KAFFINITY,
    pub InterruptObject: PKINTERRUPT,
    pub MessageData: ULONG,
    pub Vector: ULONG,
    pub Irql: KIRQL,
    pub Mode: KINTERRUPT_MODE,
    pub Polarity: KINTERRUPT_POLARITY,
}

/// `MessageInfo` has `MessageCount` elements.
#[repr(C)]
pub struct IO_INTERRUPT_MESSAGE_INFO {
    pub UnifiedIrql: KIRQL,
    pub MessageCount: ULONG,
    pub MessageInfo: [IO_INTERRUPT_MESSAGE_INFO_ENTRY; 1],
}

pub type PIO_INTERRUPT_MESSAGE_INFO = *mut IO_INTERRUPT_MESSAGE_INFO;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS {
    pub PhysicalDeviceObject: PDEVICE_OBJECT,
    pub InterruptObject: *mut PKINTERRUPT,
    pub ServiceRoutine: PKSERVICE_ROUTINE,
    pub ServiceContext: PVOID,
    pub SpinLock: PKSPIN_LOCK,
    pub SynchronizeIrql: KIRQL,
    pub FloatingSave: BOOLEAN,
    pub ShareVector: BOOLEAN,
    pub Vector: ULONG,
    pub Irql: KIRQL,
    pub InterruptMode: KINTERRUPT_MODE,
    pub ProcessorEnableMask: KAFFINITY,
    pub Group: USHORT,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS {
    pub PhysicalDeviceObject: PDEVICE_OBJECT,
    pub InterruptObject: *mut PKINTERRUPT,
    pub ServiceRoutine: PKSERVICE_ROUTINE,
    pub ServiceContext: PVOID,
    pub SpinLock: PKSPIN_LOCK,
    pub SynchronizeIrql: KIRQL,
    pub FloatingSave: BOOLEAN,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union IO_CONNECT_INTERRUPT_CONNECTION_CONTEXT {
    pub Generic: *mut PVOID,
    pub InterruptMessageTable: *mut PIO_INTERRUPT_MESSAGE_INFO,
    pub InterruptObject: *mut PKINTERRUPT,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS {
    pub PhysicalDeviceObject: PDEVICE_OBJECT,
    pub ConnectionContext: IO_CONNECT_INTERRUPT_CONNECTION_CONTEXT,
    pub MessageServiceRoutine: PKMESSAGE_SERVICE_ROUTINE,
    pub ServiceContext: PVOID,
    pub SpinLock: PKSPIN_LOCK,
    pub SynchronizeIrql: KIRQL,
    pub FloatingSave: BOOLEAN,
    pub FallBackServiceRoutine: PKSERVICE_ROUTINE,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union IO_CONNECT_INTERRUPT_PARAMETERS_VARIANT {
    pub FullySpecified: IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS,
    pub LineBased: IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS,
    pub MessageBased: IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS,
}

#[repr(C)]
pub struct IO_CONNECT_INTERRUPT_PARAMETERS {
    pub Version: ULONG,
    pub __bindgen_anon_1: IO_CONNECT_INTERRUPT_PARAMETERS_VARIANT,
}

pub type PIO_CONNECT_INTERRUPT_PARAMETERS = *mut IO_CONNECT_INTERRUPT_PARAMETERS;

#[repr(C)]
#[derive(Clone, Copy)]
pub union IO_DISCONNECT_INTERRUPT_CONNECTION_CONTEXT {
    pub Generic: PVOID,
    pub InterruptObject: PKINTERRUPT,
    pub InterruptMessageTable: PIO_INTERRUPT_MESSAGE_INFO,
}

#[repr(C)]
pub struct IO_DISCONNECT_INTERRUPT_PARAMETERS {
    pub Version: ULONG,
    pub ConnectionContext: IO_DISCONNECT_INTERRUPT_CONNECTION_CONTEXT,
}

pub type PIO_DISCONNECT_INTERRUPT_PARAMETERS = *mut IO_DISCONNECT_INTERRUPT_PARAMETERS;

#[repr(C)]
#[derive(Clone, Copy)]
pub union IO_REPORT_INTERRUPT_ACTIVE_STATE_CONNECTION_CONTEXT {
    pub Generic: PVOID,
    pub InterruptObject: PKINTERRUPT,
    pub InterruptMessageTable: PIO_INTERRUPT_MESSAGE_INFO,
}

#[repr(C)]
pub struct IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS {
    pub Version: ULONG,
    pub ConnectionContext: IO_REPORT_INTERRUPT_ACTIVE_STATE_CONNECTION_CONTEXT,
}

pub type PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS = *mut IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS;

ntoskrnl! {
    pub fn IoConnectInterruptEx(Parameters: PIO_CONNECT_INTERRUPT_PARAMETERS) -> NTSTATUS;
    pub fn IoDisconnectInterruptEx(Parameters: PIO_DISCONNECT_INTERRUPT_PARAMETERS);
    /// Windows 8 and later.
    pub fn IoReportInterruptActive(Parameters: PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS);
    /// Windows 8 and later.
    pub fn IoReportInterruptInactive(Parameters: PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS);
    pub fn KeSynchronizeExecution(
        Interrupt: PKINTERRUPT,
        SynchronizeRoutine: PKSYNCHRONIZE_ROUTINE,
        SynchronizeContext: PVOID,
    ) -> BOOLEAN;
    pub fn KeAcquireInterruptSpinLock(Interrupt: PKINTERRUPT) -> KIRQL;
    pub fn KeReleaseInterruptSpinLock(Interrupt: PKINTERRUPT, OldIrql: KIRQL);
}

// wdm.h.
layout! {
    IO_INTERRUPT_MESSAGE_INFO_ENTRY: 0x30, align 8 {
        MessageAddress: 0x00,
        TargetProcessorSet: 0x08,
        InterruptObject: 0x10,
        MessageData: 0x18,
        Vector: 0x1c,
        Irql: 0x20,
        Mode: 0x24,
        Polarity: 0x28,
    }
    IO_INTERRUPT_MESSAGE_INFO: 0x38, align 8 { UnifiedIrql: 0x00, MessageCount: 0x04, MessageInfo: 0x08 }
    IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS: 0x48, align 8 {
        PhysicalDeviceObject: 0x00,
        InterruptObject: 0x08,
        ServiceRoutine: 0x10,
        ServiceContext: 0x18,
        SpinLock: 0x20,
        SynchronizeIrql: 0x28,
        FloatingSave: 0x29,
        ShareVector: 0x2a,
        Vector: 0x2c,
        Irql: 0x30,
        InterruptMode: 0x34,
        ProcessorEnableMask: 0x38,
        Group: 0x40,
    }
    IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS: 0x30, align 8 {
        PhysicalDeviceObject: 0x00,
        InterruptObject: 0x08,
        ServiceRoutine: 0x10,
        ServiceContext: 0x18,
        SpinLock: 0x20,
        SynchronizeIrql: 0x28,
        FloatingSave: 0x29,
    }
    IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS: 0x38, align 8 {
        PhysicalDeviceObject: 0x00,
        ConnectionContext: 0x08,
        MessageServiceRoutine: 0x10,
        ServiceContext: 0x18,
        SpinLock: 0x20,
        SynchronizeIrql: 0x28,
        FloatingSave: 0x29,
        FallBackServiceRoutine: 0x30,
    }
    IO_CONNECT_INTERRUPT_PARAMETERS: 0x50, align 8 { Version: 0x00, __bindgen_anon_1: 0x08 }
    IO_DISCONNECT_INTERRUPT_PARAMETERS: 0x10, align 8 { Version: 0x00, ConnectionContext: 0x08 }
    IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS: 0x10, align 8 { Version: 0x00, ConnectionContext: 0x08 }
}

union_layout! {
    IO_CONNECT_INTERRUPT_CONNECTION_CONTEXT: 0x08, align 8 { Generic, InterruptMessageTable, InterruptObject }
    IO_CONNECT_INTERRUPT_PARAMETERS_VARIANT: 0x48, align 8 { FullySpecified, LineBased, MessageBased }
    IO_DISCONNECT_INTERRUPT_CONNECTION_CONTEXT: 0x08, align 8 { Generic, InterruptObject, InterruptMessageTable }
    IO_REPORT_INTERRUPT_ACTIVE_STATE_CONNECTION_CONTEXT: 0x08, align 8 {
        Generic, InterruptObject, InterruptMessageTable
    }
}
