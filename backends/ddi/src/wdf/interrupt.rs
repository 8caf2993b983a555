//! Interrupt objects.

use super::*;
use crate::*;

pub type PFN_WDF_INTERRUPT_ISR =
    Option<unsafe extern "C-unwind" fn(Interrupt: WDFINTERRUPT, MessageID: ULONG) -> BOOLEAN>;
pub type PFN_WDF_INTERRUPT_SYNCHRONIZE =
    Option<unsafe extern "C-unwind" fn(Interrupt: WDFINTERRUPT, Context: WDFCONTEXT) -> BOOLEAN>;
/// At DISPATCH_LEVEL in KMDF, at PASSIVE_LEVEL in UMDF (R86).
pub type PFN_WDF_INTERRUPT_DPC =
    Option<unsafe extern "C-unwind" fn(Interrupt: WDFINTERRUPT, AssociatedObject: WDFOBJECT)>;
pub type PFN_WDF_INTERRUPT_WORKITEM =
    Option<unsafe extern "C-unwind" fn(Interrupt: WDFINTERRUPT, AssociatedObject: WDFOBJECT)>;
pub type PFN_WDF_INTERRUPT_ENABLE =
    Option<unsafe extern "C-unwind" fn(Interrupt: WDFINTERRUPT, AssociatedDevice: WDFDEVICE) -> NTSTATUS>;
pub type PFN_WDF_INTERRUPT_DISABLE =
    Option<unsafe extern "C-unwind" fn(Interrupt: WDFINTERRUPT, AssociatedDevice: WDFDEVICE) -> NTSTATUS>;

/// What a driver creates an interrupt with.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct WDF_INTERRUPT_CONFIG {
    pub Size: ULONG,
    pub SpinLock: WDFSPINLOCK,
    pub ShareVector: WDF_TRI_STATE,
    pub FloatingSave: BOOLEAN,
    pub AutomaticSerialization: BOOLEAN,
    pub EvtInterruptIsr: PFN_WDF_INTERRUPT_ISR,
    pub EvtInterruptDpc: PFN_WDF_INTERRUPT_DPC,
    pub EvtInterruptEnable: PFN_WDF_INTERRUPT_ENABLE,
    pub EvtInterruptDisable: PFN_WDF_INTERRUPT_DISABLE,
    pub EvtInterruptWorkItem: PFN_WDF_INTERRUPT_WORKITEM,
    pub InterruptRaw: PCM_PARTIAL_RESOURCE_DESCRIPTOR,
    pub InterruptTranslated: PCM_PARTIAL_RESOURCE_DESCRIPTOR,
    pub WaitLock: WDFWAITLOCK,
    pub PassiveHandling: BOOLEAN,
    pub ReportInactiveOnPowerDown: WDF_TRI_STATE,
    pub CanWakeDevice: BOOLEAN,
}

pub type PWDF_INTERRUPT_CONFIG = *mut WDF_INTERRUPT_CONFIG;

/// As `wdfinterrupt.h` has it inline; of the two frameworks only UMDF sets PassiveHandling.
pub(super) const fn interrupt_config(
    EvtInterruptIsr: PFN_WDF_INTERRUPT_ISR,
    EvtInterruptDpc: PFN_WDF_INTERRUPT_DPC,
    PassiveHandling: BOOLEAN,
) -> WDF_INTERRUPT_CONFIG {
    WDF_INTERRUPT_CONFIG {
        Size: size_of::<WDF_INTERRUPT_CONFIG>() as ULONG,
        SpinLock: core::ptr::null_mut(),
        ShareVector: WdfUseDefault,
        FloatingSave: FALSE,
        AutomaticSerialization: FALSE,
        EvtInterruptIsr,
        EvtInterruptDpc,
        EvtInterruptEnable: None,
        EvtInterruptDisable: None,
        EvtInterruptWorkItem: None,
        InterruptRaw: core::ptr::null_mut(),
        InterruptTranslated: core::ptr::null_mut(),
        WaitLock: core::ptr::null_mut(),
        PassiveHandling,
        ReportInactiveOnPowerDown: WdfUseDefault,
        CanWakeDevice: FALSE,
    }
}

pub type WDF_INTERRUPT_POLARITY = i32;

/// What an interrupt was assigned. Valid from EvtDevicePrepareHardware to EvtDeviceReleaseHardware.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct WDF_INTERRUPT_INFO {
    pub Size: ULONG,
    pub Reserved1: ULONG64,
    pub TargetProcessorSet: KAFFINITY,
    pub Reserved2: ULONG,
    /// The creation index on the device, of a line too (R80).
    pub MessageNumber: ULONG,
    /// 0 if nothing was assigned.
    pub Vector: ULONG,
    pub Irql: KIRQL,
    pub Mode: KINTERRUPT_MODE,
    pub Polarity: WDF_INTERRUPT_POLARITY,
    pub MessageSignaled: BOOLEAN,
    pub ShareDisposition: UCHAR,
    /// The header aligns Group to 8.
    pub __bindgen_padding_0: [u8; 6],
    pub Group: USHORT,
}

pub type PWDF_INTERRUPT_INFO = *mut WDF_INTERRUPT_INFO;

/// Returns the structure to be filled in (inline in `wdfinterrupt.h`).
pub const fn WDF_INTERRUPT_INFO_INIT() -> WDF_INTERRUPT_INFO {
    WDF_INTERRUPT_INFO {
        Size: size_of::<WDF_INTERRUPT_INFO>() as ULONG,
        Reserved1: 0,
        TargetProcessorSet: 0,
        Reserved2: 0,
        MessageNumber: 0,
        Vector: 0,
        Irql: 0,
        Mode: LevelSensitive,
        Polarity: 0,
        MessageSignaled: FALSE,
        ShareDisposition: 0,
        __bindgen_padding_0: [0; 6],
        Group: 0,
    }
}

// wdfinterrupt.h of both frameworks.
layout! {
    WDF_INTERRUPT_CONFIG: 0x68, align 8 {
        Size: 0x00,
        SpinLock: 0x08,
        ShareVector: 0x10,
        FloatingSave: 0x14,
        AutomaticSerialization: 0x15,
        EvtInterruptIsr: 0x18,
        EvtInterruptDpc: 0x20,
        EvtInterruptEnable: 0x28,
        EvtInterruptDisable: 0x30,
        EvtInterruptWorkItem: 0x38,
        InterruptRaw: 0x40,
        InterruptTranslated: 0x48,
        WaitLock: 0x50,
        PassiveHandling: 0x58,
        ReportInactiveOnPowerDown: 0x5c,
        CanWakeDevice: 0x60,
    }
    WDF_INTERRUPT_INFO: 0x40, align 8 {
        Size: 0x00,
        Reserved1: 0x08,
        TargetProcessorSet: 0x10,
        Reserved2: 0x18,
        MessageNumber: 0x1c,
        Vector: 0x20,
        Irql: 0x24,
        Mode: 0x28,
        Polarity: 0x2c,
        MessageSignaled: 0x30,
        ShareDisposition: 0x31,
        __bindgen_padding_0: 0x32,
        Group: 0x38,
    }
}
