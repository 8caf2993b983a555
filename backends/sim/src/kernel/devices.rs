//! Registers, common buffers and the power of devices.

use super::require_passive;
use crate::bus::DeviceId;
use crate::context::{inert, point, stop_if_failed, wait, with};
use crate::core::Core;
use crate::counters::Counters;
use crate::memory::BufferId;
use crate::power::Power;

/// States that the driver has brought its device into another power state.
pub fn set_power(device: DeviceId, power: Power) {
    if inert() {
        return;
    }
    point();
    with(|core| core.set_power(device, power));
    stop_if_failed();
}

/// An ISR of the device is called.
pub(crate) fn count_isr(device: DeviceId) {
    with(|core| core.counters.isrs_in_dx += u64::from(core.devices.power(device) != Power::D0));
}

/// Counts what the frameworks do.
pub(crate) fn count(act: impl FnOnce(&mut Counters)) {
    with(|core| act(&mut core.counters));
}

/// Says whether the machine is one for ARM64.
pub(crate) fn is_arm64() -> bool {
    with(|core| core.devices.is_arm64())
}

/// Reads a 32-bit register.
pub fn read_register(device: DeviceId, offset: u32) -> u32 {
    if inert() {
        return u32::MAX;
    }
    wait();
    let (value, stopped) = with(|core| (core.read_register(device, offset), core.stopped));
    if stopped {
        stop_if_failed();
    }
    value
}

/// Writes a 32-bit register.
pub fn write_register(device: DeviceId, offset: u32, value: u32) {
    if inert() {
        return;
    }
    wait();
    if with(|core| {
        core.write_register(device, offset, value);
        core.stopped
    }) {
        stop_if_failed();
    }
}

/// Allocates a zeroed common buffer.
pub fn allocate_common_buffer(len: u32) -> BufferId {
    require_passive("IrqlIoPassive5", "allocating a common buffer");
    with(|core| core.allocate_buffer(len))
}

/// Frees a common buffer.
pub fn free_common_buffer(buffer: BufferId) {
    if inert() {
        return;
    }
    point();
    with(|core| core.free_buffer(buffer));
    stop_if_failed();
}

/// Returns a buffer's address as its device sees it.
pub fn device_address(buffer: BufferId) -> u64 {
    with(|core| core.memory.device_address(buffer))
}

/// Returns a buffer's length in bytes.
pub fn buffer_len(buffer: BufferId) -> u32 {
    with(|core| core.memory.len(buffer))
}

/// Reads an aligned word of a common buffer.
pub fn read_dma(buffer: BufferId, offset: u32) -> u32 {
    if inert() {
        return 0;
    }
    wait();
    let (value, stopped) = with(|core| (core.dma_read_u32(buffer, offset), core.stopped));
    if stopped {
        stop_if_failed();
    }
    value
}

/// Writes an aligned word of a common buffer.
pub fn write_dma(buffer: BufferId, offset: u32, value: u32) {
    if inert() {
        return;
    }
    wait();
    if with(|core| {
        core.dma_write_u32(buffer, offset, value);
        core.stopped
    }) {
        stop_if_failed();
    }
}

/// Copies bytes out of a common buffer.
pub fn read_dma_bytes(buffer: BufferId, offset: u32, to: &mut [u8]) {
    if inert() {
        return to.fill(0);
    }
    point();
    with(|core| {
        core.memory.driver_read(buffer, offset, to);
        core.dma_copy(buffer, offset, to.len() as u32, false);
    });
    stop_if_failed();
}

/// Copies bytes into a common buffer.
pub fn write_dma_bytes(buffer: BufferId, offset: u32, from: &[u8]) {
    if inert() {
        return;
    }
    point();
    with(|core| {
        core.memory.driver_write(buffer, offset, from);
        core.dma_copy(buffer, offset, from.len() as u32, true);
    });
    stop_if_failed();
}

/// Makes every store into common buffers visible to devices.
pub fn publish() {
    if inert() {
        return;
    }
    // A doorbell that was rung too early can arrive before the barrier.
    point();
    with(Core::publish);
}
