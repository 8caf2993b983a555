//! What PnP hands to drivers: where a device's registers are, and what it interrupts by.
//!
//! Registers are no real memory, but numbers that only this module and `register.rs` can read.

use dirql_ddi::{
    CM_PARTIAL_RESOURCE_DESCRIPTOR, CM_PARTIAL_RESOURCE_DESCRIPTOR_INTERRUPT,
    CM_PARTIAL_RESOURCE_DESCRIPTOR_MEMORY, CM_PARTIAL_RESOURCE_DESCRIPTOR_VARIANT,
    CM_RESOURCE_INTERRUPT_LATCHED, CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE, CM_RESOURCE_INTERRUPT_MESSAGE,
    CmResourceShareDeviceExclusive, CmResourceShareShared, CmResourceTypeInterrupt, CmResourceTypeMemory,
    PHYSICAL_ADDRESS, UCHAR, USHORT,
};

use super::message::MESSAGES_MAX;
use crate::bus::DeviceId;
use crate::interrupt::VectorId;
use crate::kernel;

pub(super) const SPACE_BASE: u64 = 0xfe00_0000;
pub(super) const SPACE_SIZE: u64 = 0x0010_0000;

/// A place in a list that has nothing in it.
pub(super) const NOTHING: CM_PARTIAL_RESOURCE_DESCRIPTOR = CM_PARTIAL_RESOURCE_DESCRIPTOR {
    Type: 0,
    ShareDisposition: 0,
    Flags: 0,
    u: CM_PARTIAL_RESOURCE_DESCRIPTOR_VARIANT {
        Interrupt: CM_PARTIAL_RESOURCE_DESCRIPTOR_INTERRUPT { Level: 0, Group: 0, Vector: 0, Affinity: 0 },
    },
};

/// Returns the physical address of a device's registers (BAR0).
pub fn register_space(device: DeviceId) -> PHYSICAL_ADDRESS {
    PHYSICAL_ADDRESS { QuadPart: (SPACE_BASE + u64::from(device.0) * SPACE_SIZE) as i64 }
}

/// Describes a device's registers, which are so many bytes.
pub(crate) fn registers_resource(device: DeviceId, len: u32) -> CM_PARTIAL_RESOURCE_DESCRIPTOR {
    let memory = CM_PARTIAL_RESOURCE_DESCRIPTOR_MEMORY { Start: register_space(device), Length: len };
    CM_PARTIAL_RESOURCE_DESCRIPTOR {
        Type: CmResourceTypeMemory,
        ShareDisposition: CmResourceShareDeviceExclusive,
        Flags: 0,
        u: CM_PARTIAL_RESOURCE_DESCRIPTOR_VARIANT { Memory: memory },
    }
}

/// Describes each of a device's messages, or its line if it has none.
pub(crate) fn interrupt_resources(device: DeviceId) -> Vec<CM_PARTIAL_RESOURCE_DESCRIPTOR> {
    let messages = (0..MESSAGES_MAX as u16).map_while(|n| kernel::message_of(device, n));
    let latched = CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE;
    let messages: Vec<_> =
        messages.map(|message| interrupt(message, CmResourceShareDeviceExclusive, latched)).collect();
    if !messages.is_empty() {
        return messages;
    }
    line_resource(device).into_iter().collect()
}

/// Describes the line of a device whose driver asked for no messages, as START_DEVICE does.
pub fn line_resource(device: DeviceId) -> Option<CM_PARTIAL_RESOURCE_DESCRIPTOR> {
    let line = kernel::line_of(device)?;
    Some(interrupt(line, CmResourceShareShared, CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE))
}

fn interrupt(vector: VectorId, share: UCHAR, flags: USHORT) -> CM_PARTIAL_RESOURCE_DESCRIPTOR {
    let (irql, cpus) = kernel::vector_info(vector);
    let interrupt = CM_PARTIAL_RESOURCE_DESCRIPTOR_INTERRUPT {
        Level: irql.into(),
        Group: 0,
        Vector: vector.0.into(),
        Affinity: cpus.into(),
    };
    CM_PARTIAL_RESOURCE_DESCRIPTOR {
        Type: CmResourceTypeInterrupt,
        ShareDisposition: share,
        Flags: flags,
        u: CM_PARTIAL_RESOURCE_DESCRIPTOR_VARIANT { Interrupt: interrupt },
    }
}
