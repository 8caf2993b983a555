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
    /// EvtDeviceSelfManagedIoCleanup, -Flush, -Init, -Suspend and -Restart.
    pub EvtDeviceSelfManagedIo: [PVOID; 5],
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
        EvtDeviceSelfManagedIo: [core::ptr::null_mut(); 5],
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
        EvtDeviceSelfManagedIo: 0x38,
        EvtDeviceSurpriseRemoval: 0x60,
        EvtDeviceOthers: 0x68,
    }
}
