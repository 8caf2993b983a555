//! Power requests. Since Windows Vista they are handed on by `IofCallDriver` like any other, and no driver says when
//! the next may come; PoCallDriver and PoStartNextPowerIrp are for the systems before.

use crate::*;

pub const IRP_MN_SET_POWER: UCHAR = 0x02;
pub const IRP_MN_QUERY_POWER: UCHAR = 0x03;

pub type POWER_STATE_TYPE = i32;
pub const SystemPowerState: POWER_STATE_TYPE = 0;
pub const DevicePowerState: POWER_STATE_TYPE = 1;

pub type SYSTEM_POWER_STATE = i32;
pub const PowerSystemWorking: SYSTEM_POWER_STATE = 1;
pub const PowerSystemSleeping3: SYSTEM_POWER_STATE = 4;

pub type DEVICE_POWER_STATE = i32;
pub const PowerDeviceUnspecified: DEVICE_POWER_STATE = 0;
pub const PowerDeviceD0: DEVICE_POWER_STATE = 1;
pub const PowerDeviceD3: DEVICE_POWER_STATE = 4;

/// POWER_STATE_TYPE says which.
#[repr(C)]
#[derive(Clone, Copy)]
pub union POWER_STATE {
    pub SystemState: SYSTEM_POWER_STATE,
    pub DeviceState: DEVICE_POWER_STATE,
}

/// At PASSIVE_LEVEL or DISPATCH_LEVEL.
pub type PREQUEST_POWER_COMPLETE = Option<
    unsafe extern "C-unwind" fn(
        DeviceObject: PDEVICE_OBJECT,
        MinorFunction: UCHAR,
        PowerState: POWER_STATE,
        Context: PVOID,
        IoStatus: *mut IO_STATUS_BLOCK,
    ),
>;

ntoskrnl! {
    /// Sends a device power request to the top of a device's stack. STATUS_PENDING if it is under way, and the routine is
    /// called when it is completed. At or below DISPATCH_LEVEL.
    pub fn PoRequestPowerIrp(
        DeviceObject: PDEVICE_OBJECT,
        MinorFunction: UCHAR,
        PowerState: POWER_STATE,
        CompletionFunction: PREQUEST_POWER_COMPLETE,
        Context: PVOID,
        Irp: *mut PIRP,
    ) -> NTSTATUS;
    /// Tells the power manager of a device's new state, before it leaves D0 and after it is there again. Returns the
    /// state from before. At or below APC_LEVEL, or DISPATCH_LEVEL to D0.
    pub fn PoSetPowerState(
        DeviceObject: PDEVICE_OBJECT,
        Type: POWER_STATE_TYPE,
        State: POWER_STATE,
    ) -> POWER_STATE;
}

// wdm.h.
union_layout! {
    POWER_STATE: 0x04, align 4 { SystemState, DeviceState }
}
