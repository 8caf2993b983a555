//! Drivers, and devices on their way into being.

use super::*;
use crate::*;

pub type PFN_WDF_DRIVER_DEVICE_ADD =
    Option<unsafe extern "C-unwind" fn(Driver: WDFDRIVER, DeviceInit: PWDFDEVICE_INIT) -> NTSTATUS>;
pub type PFN_WDF_DRIVER_UNLOAD = Option<unsafe extern "C-unwind" fn(Driver: WDFDRIVER)>;

/// Opaque: what a device is going to be, until WdfDeviceCreate.
#[repr(C)]
pub struct WDFDEVICE_INIT {
    _opaque: [u8; 0],
}

pub type PWDFDEVICE_INIT = *mut WDFDEVICE_INIT;

/// What a driver registers with.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct WDF_DRIVER_CONFIG {
    pub Size: ULONG,
    pub EvtDriverDeviceAdd: PFN_WDF_DRIVER_DEVICE_ADD,
    pub EvtDriverUnload: PFN_WDF_DRIVER_UNLOAD,
    pub DriverInitFlags: ULONG,
    pub DriverPoolTag: ULONG,
}

pub type PWDF_DRIVER_CONFIG = *mut WDF_DRIVER_CONFIG;

/// Returns the configuration of a driver for PnP devices (inline in `wdfdriver.h`).
pub const fn WDF_DRIVER_CONFIG_INIT(EvtDriverDeviceAdd: PFN_WDF_DRIVER_DEVICE_ADD) -> WDF_DRIVER_CONFIG {
    WDF_DRIVER_CONFIG {
        Size: size_of::<WDF_DRIVER_CONFIG>() as ULONG,
        EvtDriverDeviceAdd,
        EvtDriverUnload: None,
        DriverInitFlags: 0,
        DriverPoolTag: 0,
    }
}

// wdfdriver.h.
layout! {
    WDF_DRIVER_CONFIG: 0x20, align 8 {
        Size: 0x00,
        EvtDriverDeviceAdd: 0x08,
        EvtDriverUnload: 0x10,
        DriverInitFlags: 0x18,
        DriverPoolTag: 0x1c,
    }
}
