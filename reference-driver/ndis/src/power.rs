//! OID_PNP_SET_POWER.

use dirql::{Cx, Passive};
use dirql_ddi::ndis::*;

use crate::adapter::Adapter;

/// Goes to a power state.
///
/// NDIS pauses an adapter before it goes to sleep (it has not asked for NDIS_MINIPORT_ATTRIBUTES_NO_PAUSE_ON_SUSPEND),
/// and restarts it after it woke, which is when the device is brought up again. All that is left to do is to see that
/// the device is quiet (R90).
pub(crate) fn set(cx: &mut Cx<'_, Passive>, adapter: &Adapter, state: NDIS_DEVICE_POWER_STATE) {
    if state != NdisDeviceStateD0 {
        adapter.stop(cx);
    }
}
