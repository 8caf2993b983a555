//! Into D0 and out of it.
//!
//! The framework connects interrupts before EvtDeviceD0EntryPostInterruptsEnabled, starts queues before
//! EvtDeviceSelfManagedIoInit or -Restart, and calls EvtDeviceSelfManagedIoSuspend before it stops either. So the
//! device runs between these, and no request is in its hands when the framework waits for those that the driver has.

use dirql::{Cx, Passive};
use dirql_ddi::{NTSTATUS, STATUS_INVALID_DEVICE_STATE, STATUS_SUCCESS};

use crate::device;
use crate::framework::*;

/// # Safety
/// The framework calls this for a prepared device, at PASSIVE_LEVEL.
pub(crate) unsafe extern "C-unwind" fn EvtDeviceD0EntryPostInterruptsEnabled(
    Device: WDFDEVICE,
    _PreviousState: WDF_POWER_DEVICE_STATE,
) -> NTSTATUS {
    // SAFETY: this is a callback of the device.
    let Some(adapter) = (unsafe { device::adapter(Device) }) else { return STATUS_INVALID_DEVICE_STATE };
    // SAFETY: this is the callback that is meant, it succeeds, and the other one closes the gate.
    unsafe { adapter.registration.d0_entry_post_interrupts_enabled() };
    STATUS_SUCCESS
}

/// # Safety
/// The framework calls this for a device in D0, its queues stopped, at PASSIVE_LEVEL.
pub(crate) unsafe extern "C-unwind" fn EvtDeviceD0ExitPreInterruptsDisabled(
    Device: WDFDEVICE,
    TargetState: WDF_POWER_DEVICE_STATE,
) -> NTSTATUS {
    // SAFETY: this is a callback of the device.
    if let Some(adapter) = unsafe { device::adapter(Device) } {
        let registration = &adapter.registration;
        let close = |cx: &mut Cx<'_, Passive>| {
            // SAFETY: this is the callback that is meant, with its own state.
            unsafe { registration.d0_exit_pre_interrupts_disabled(cx, TargetState) };
        };
        // SAFETY: at PASSIVE_LEVEL.
        unsafe { Cx::<Passive>::enter(close) };
    }
    STATUS_SUCCESS
}

/// EvtDeviceSelfManagedIoRestart too.
///
/// # Safety
/// The framework calls this for a device in D0, at PASSIVE_LEVEL.
pub(crate) unsafe extern "C-unwind" fn EvtDeviceSelfManagedIoInit(Device: WDFDEVICE) -> NTSTATUS {
    // SAFETY: this is a callback of the device.
    let Some(adapter) = (unsafe { device::adapter(Device) }) else { return STATUS_INVALID_DEVICE_STATE };
    // SAFETY: at PASSIVE_LEVEL.
    match unsafe { Cx::<Passive>::enter(|cx| adapter.start(cx)) } {
        Ok(()) => STATUS_SUCCESS,
        Err(error) => status_of(error),
    }
}

/// # Safety
/// The framework calls this for a device in D0, at PASSIVE_LEVEL.
pub(crate) unsafe extern "C-unwind" fn EvtDeviceSelfManagedIoSuspend(Device: WDFDEVICE) -> NTSTATUS {
    // SAFETY: this is a callback of the device.
    if let Some(adapter) = unsafe { device::adapter(Device) } {
        // SAFETY: at PASSIVE_LEVEL.
        unsafe { Cx::<Passive>::enter(|cx| adapter.stop(cx)) };
    }
    STATUS_SUCCESS
}
