//! The configuration space of a PCI device, as far as interrupts are concerned: the capabilities for MSI and MSI-X,
//! which say what is enabled (PCI Local Bus Specification 3.0, 6.7 and 6.8).

use crate::bus::DeviceId;
use crate::device::InterruptMode;
use crate::kernel;

const STATUS: usize = 0x06;
const CAPABILITIES: usize = 0x34;
const MSI_X: usize = 0xa0;
const MSI: usize = 0xd0;

/// Returns a device's configuration space.
pub(crate) fn configuration(device: DeviceId) -> [u8; 256] {
    let mut space = [0; 256];
    let (msi, msi_x) = match kernel::interrupt_mode(device) {
        InterruptMode::Line => (0, 0),
        InterruptMode::Msi => (1, 0),
        InterruptMode::MsiX(count) => (0, 0x8000 | count.saturating_sub(1)),
    };
    space[STATUS] = 0x10;
    space[CAPABILITIES] = MSI_X as u8;
    capability(&mut space[MSI_X..], 0x11, MSI as u8, msi_x);
    capability(&mut space[MSI..], 0x05, 0, msi);
    space
}

fn capability(at: &mut [u8], id: u8, next: u8, control: u16) {
    let [low, high] = control.to_le_bytes();
    at[..4].copy_from_slice(&[id, next, low, high]);
}
