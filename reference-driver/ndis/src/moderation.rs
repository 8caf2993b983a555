//! OID_GEN_INTERRUPT_MODERATION.

use dirql::{Cx, Level};
use dirql_ddi::ndis::*;

use crate::driver::Driver;

/// Shortest time between two interrupts while they are moderated, in units of 256 ns: 50 us, what Linux e1000e begins
/// with (20,000 interrupts a second).
pub(crate) const INTERVAL_256NS: u16 = 195;

impl Driver {
    pub(crate) fn moderation<L: Level>(&self, cx: &mut Cx<'_, L>) -> NDIS_INTERRUPT_MODERATION_PARAMETERS {
        let is_on = self.nic.interrupt_interval(cx) != 0;
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

    pub(crate) fn set_moderation<L: Level>(
        &self,
        cx: &mut Cx<'_, L>,
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
        self.nic.set_interrupt_interval(cx, interval);
        Ok(NDIS_STATUS_SUCCESS)
    }
}
