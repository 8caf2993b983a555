//! NDIS_HANDLEs: numbers that only this module can read, a range for each kind.

use dirql_ddi::ndis::NDIS_HANDLE;

use super::{Stage, ndis};
use crate::bus::DeviceId;
use crate::kernel::fail;
use crate::moves::DEVICES_MAX;

const ADAPTERS_AT: usize = 0xffff_b000_0000_0000;
const ADAPTER_STRIDE: usize = 0x1000;
const INTERRUPTS_AT: usize = 0xffff_c000_0000_0000;
const INTERRUPT_STRIDE: usize = 0x100;

/// Returns a device's MiniportAdapterHandle, as MiniportInitializeEx would be given it.
pub fn adapter_handle(device: DeviceId) -> NDIS_HANDLE {
    core::ptr::without_provenance_mut(ADAPTERS_AT + usize::from(device.index()) * ADAPTER_STRIDE)
}

/// Returns the device behind a MiniportAdapterHandle, or ends the run.
pub(super) fn device_of(adapter: NDIS_HANDLE) -> DeviceId {
    match number(adapter, ADAPTERS_AT, ADAPTER_STRIDE, DEVICES_MAX) {
        Some(index) => DeviceId::new(index as u8),
        None => fail("InvalidHandle", format!("{adapter:?} is no miniport adapter handle")),
    }
}

/// Returns the NdisInterruptHandle of a registration.
pub(super) fn interrupt_handle(registration: usize) -> NDIS_HANDLE {
    core::ptr::without_provenance_mut(INTERRUPTS_AT + registration * INTERRUPT_STRIDE)
}

/// Returns the registration behind an NdisInterruptHandle, or ends the run: nobody may use a handle that is
/// not known yet, or not valid any more (R23).
pub(super) fn registration_of(handle: NDIS_HANDLE, caller: &str) -> usize {
    let count = ndis(|ndis| ndis.registrations.len());
    let Some(number) = number(handle, INTERRUPTS_AT, INTERRUPT_STRIDE, count) else {
        fail("InvalidHandle", format!("{caller}: {handle:?} is no interrupt handle"));
    };
    match ndis(|ndis| ndis.registrations[number].stage) {
        Stage::Registered => number,
        Stage::Registering => {
            fail("InvalidHandle", format!("{caller}: the handle is used before it was given out"))
        }
        Stage::Ended => fail("R23", format!("{caller}: the interrupt was deregistered")),
    }
}

fn number(handle: NDIS_HANDLE, base: usize, stride: usize, count: usize) -> Option<usize> {
    let offset = (handle as usize).checked_sub(base)?;
    (offset.is_multiple_of(stride) && offset / stride < count).then_some(offset / stride)
}
