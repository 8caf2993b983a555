//! OID_GEN_INTERRUPT_MODERATION.

use dirql::{Cx, Level};
use dirql_backends::ndis::Ndis;
use dirql_ddi::ndis::*;
use nic::Nic;

use crate::driver::Above;

/// Shortest time between two interrupts while they are moderated, in units of 256 ns: 50 us, what Linux e1000e begins
/// with (20,000 interrupts a second).
pub(crate) const INTERVAL_256NS: u16 = 195;

/// Returns whether interrupts are moderated.
pub(crate) fn query<L: Level>(
    cx: &mut Cx<'_, L>,
    nic: &Nic<Ndis, Above>,
) -> NDIS_INTERRUPT_MODERATION_PARAMETERS {
    let is_on = nic.interrupt_interval(cx) != 0;
    NDIS_INTERRUPT_MODERATION_PARAMETERS {
        Header: NDIS_OBJECT_HEADER {
            Type: NDIS_OBJECT_TYPE_DEFAULT,
            Revision: NDIS_INTERRUPT_MODERATION_PARAMETERS_REVISION_1,
            Size: NDIS_SIZEOF_INTERRUPT_MODERATION_PARAMETERS_REVISION_1,
        },
        Flags: 0,
        InterruptModeration: match is_on {
            true => NdisInterruptModerationEnabled,
            false => NdisInterruptModerationDisabled,
        },
    }
}

/// Moderates interrupts or not, as `set` says.
pub(crate) fn set<L: Level>(
    cx: &mut Cx<'_, L>,
    nic: &Nic<Ndis, Above>,
    set: &mut NDIS_OID_REQUEST_SET,
) -> Result<NDIS_STATUS, NDIS_STATUS> {
    const LEN: u32 = NDIS_SIZEOF_INTERRUPT_MODERATION_PARAMETERS_REVISION_1 as u32;
    set.BytesNeeded = LEN;
    if set.InformationBufferLength < LEN {
        return Err(NDIS_STATUS_INVALID_LENGTH);
    }
    set.BytesRead = LEN;
    let parameters: *const NDIS_INTERRUPT_MODERATION_PARAMETERS = set.InformationBuffer.cast();
    // SAFETY: NDIS passes a buffer of at least this length.
    let wanted = unsafe { parameters.read_unaligned() }.InterruptModeration;
    let interval = match wanted {
        NdisInterruptModerationEnabled => INTERVAL_256NS,
        NdisInterruptModerationDisabled => 0,
        _ => return Err(NDIS_STATUS_INVALID_DATA),
    };
    nic.set_interrupt_interval(cx, interval);
    Ok(NDIS_STATUS_SUCCESS)
}
