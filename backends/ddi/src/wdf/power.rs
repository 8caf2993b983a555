//! PnP and power callbacks of a device.

use super::*;
use crate::*;

pub type WDF_POWER_DEVICE_STATE = i32;
pub const WdfPowerDeviceD0: WDF_POWER_DEVICE_STATE = 1;
pub const WdfPowerDeviceD3: WDF_POWER_DEVICE_STATE = 4;
/// The device goes to D3 because its driver ends: a stop or a removal.
pub const WdfPowerDeviceD3Final: WDF_POWER_DEVICE_STATE = 5;

pub type PFN_WDF_DEVICE_D0_ENTRY =
    Option<unsafe extern "C-unwind" fn(Device: WDFDEVICE, PreviousState: WDF_POWER_DEVICE_STATE) -> NTSTATUS>;
pub type PFN_WDF_DEVICE_D0_ENTRY_POST_INTERRUPTS_ENABLED = PFN_WDF_DEVICE_D0_ENTRY;
pub type PFN_WDF_DEVICE_D0_EXIT =
    Option<unsafe extern "C-unwind" fn(Device: WDFDEVICE, TargetState: WDF_POWER_DEVICE_STATE) -> NTSTATUS>;
pub type PFN_WDF_DEVICE_D0_EXIT_PRE_INTERRUPTS_DISABLED = PFN_WDF_DEVICE_D0_EXIT;
pub type PFN_WDF_DEVICE_PREPARE_HARDWARE = Option<
    unsafe extern "C-unwind" fn(
        Device: WDFDEVICE,
        ResourcesRaw: WDFCMRESLIST,
        ResourcesTranslated: WDFCMRESLIST,
    ) -> NTSTATUS,
>;
pub type PFN_WDF_DEVICE_RELEASE_HARDWARE =
    Option<unsafe extern "C-unwind" fn(Device: WDFDEVICE, ResourcesTranslated: WDFCMRESLIST) -> NTSTATUS>;
pub type PFN_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP = Option<unsafe extern "C-unwind" fn(Device: WDFDEVICE)>;
pub type PFN_WDF_DEVICE_SELF_MANAGED_IO_FLUSH = PFN_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP;
pub type PFN_WDF_DEVICE_SELF_MANAGED_IO_INIT =
    Option<unsafe extern "C-unwind" fn(Device: WDFDEVICE) -> NTSTATUS>;
pub type PFN_WDF_DEVICE_SELF_MANAGED_IO_SUSPEND = PFN_WDF_DEVICE_SELF_MANAGED_IO_INIT;
pub type PFN_WDF_DEVICE_SELF_MANAGED_IO_RESTART = PFN_WDF_DEVICE_SELF_MANAGED_IO_INIT;
pub type PFN_WDF_DEVICE_SURPRISE_REMOVAL = Option<unsafe extern "C-unwind" fn(Device: WDFDEVICE)>;

/// The callbacks; those that this workspace gives no type are null.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct WDF_PNPPOWER_EVENT_CALLBACKS {
    pub Size: ULONG,
    pub EvtDeviceD0Entry: PFN_WDF_DEVICE_D0_ENTRY,
    pub EvtDeviceD0EntryPostInterruptsEnabled: PFN_WDF_DEVICE_D0_ENTRY_POST_INTERRUPTS_ENABLED,
    pub EvtDeviceD0Exit: PFN_WDF_DEVICE_D0_EXIT,
    pub EvtDeviceD0ExitPreInterruptsDisabled: PFN_WDF_DEVICE_D0_EXIT_PRE_INTERRUPTS_DISABLED,
    pub EvtDevicePrepareHardware: PFN_WDF_DEVICE_PREPARE_HARDWARE,
    pub EvtDeviceReleaseHardware: PFN_WDF_DEVICE_RELEASE_HARDWARE,
    pub EvtDeviceSelfManagedIoCleanup: PFN_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP,
    pub EvtDeviceSelfManagedIoFlush: PFN_WDF_DEVICE_SELF_MANAGED_IO_FLUSH,
    pub EvtDeviceSelfManagedIoInit: PFN_WDF_DEVICE_SELF_MANAGED_IO_INIT,
    pub EvtDeviceSelfManagedIoSuspend: PFN_WDF_DEVICE_SELF_MANAGED_IO_SUSPEND,
    pub EvtDeviceSelfManagedIoRestart: PFN_WDF_DEVICE_SELF_MANAGED_IO_RESTART,
    pub EvtDeviceSurpriseRemoval: PFN_WDF_DEVICE_SURPRISE_REMOVAL,
    /// EvtDeviceQueryRemove, -QueryStop, -UsageNotification, -RelationsQuery and -UsageNotificationEx.
    pub EvtDeviceOthers: [PVOID; 5],
}

pub type PWDF_PNPPOWER_EVENT_CALLBACKS = *mut WDF_PNPPOWER_EVENT_CALLBACKS;

/// Returns the structure without any callback (inline in `wdfdevice.h`).
pub const fn WDF_PNPPOWER_EVENT_CALLBACKS_INIT() -> WDF_PNPPOWER_EVENT_CALLBACKS {
    WDF_PNPPOWER_EVENT_CALLBACKS {
        Size: size_of::<WDF_PNPPOWER_EVENT_CALLBACKS>() as ULONG,
        EvtDeviceD0Entry: None,
        EvtDeviceD0EntryPostInterruptsEnabled: None,
        EvtDeviceD0Exit: None,
        EvtDeviceD0ExitPreInterruptsDisabled: None,
        EvtDevicePrepareHardware: None,
        EvtDeviceReleaseHardware: None,
        EvtDeviceSelfManagedIoCleanup: None,
        EvtDeviceSelfManagedIoFlush: None,
        EvtDeviceSelfManagedIoInit: None,
        EvtDeviceSelfManagedIoSuspend: None,
        EvtDeviceSelfManagedIoRestart: None,
        EvtDeviceSurpriseRemoval: None,
        EvtDeviceOthers: [core::ptr::null_mut(); 5],
    }
}

// wdfdevice.h.
layout! {
    WDF_PNPPOWER_EVENT_CALLBACKS: 0x90, align 8 {
        Size: 0x00,
        EvtDeviceD0Entry: 0x08,
        EvtDeviceD0EntryPostInterruptsEnabled: 0x10,
        EvtDeviceD0Exit: 0x18,
        EvtDeviceD0ExitPreInterruptsDisabled: 0x20,
        EvtDevicePrepareHardware: 0x28,
        EvtDeviceReleaseHardware: 0x30,
        EvtDeviceSelfManagedIoCleanup: 0x38,
        EvtDeviceSelfManagedIoFlush: 0x40,
        EvtDeviceSelfManagedIoInit: 0x48,
        EvtDeviceSelfManagedIoSuspend: 0x50,
        EvtDeviceSelfManagedIoRestart: 0x58,
        EvtDeviceSurpriseRemoval: 0x60,
        EvtDeviceOthers: 0x68,
    }
}
