//! OID_PNP_SET_POWER, of which the machine has the end: the miniport has completed the request.

use crate::bus::DeviceId;
use crate::kernel;
use crate::power::Power;

/// What NDIS relies on once a miniport has completed the request for D3: its device interrupts no more (R90). The
/// registration persists.
pub fn completed_set_power_d3(device: DeviceId) {
    kernel::set_power(device, Power::QuietDx);
}

/// What is true again when the request for D0 begins.
pub fn began_set_power_d0(device: DeviceId) {
    kernel::set_power(device, Power::D0);
}
