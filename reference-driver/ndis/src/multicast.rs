//! OID_GEN_CURRENT_PACKET_FILTER and OID_802_3_MULTICAST_LIST: the list counts while the filter says so.

use dirql::{Cx, Level, Lock};
use dirql_backends::ndis::{Ndis, SpinLock};
use dirql_ddi::ndis::*;
use nic::{Filter, Nic};

use crate::attributes::{FILTERS, MULTICAST_LIST_MAX};
use crate::driver::Above;

/// What NDIS wants of multicast frames.
pub(crate) struct Multicast(Lock<SpinLock, State>);

struct State {
    /// NDIS_PACKET_TYPE_MULTICAST is set.
    listens: bool,
    groups: [[u8; 6]; MULTICAST_LIST_MAX as usize],
    count: usize,
}

impl Multicast {
    pub(crate) fn new() -> Self {
        Self(Lock::new(State { listens: false, groups: [[0; 6]; MULTICAST_LIST_MAX as usize], count: 0 }))
    }

    pub(crate) fn set_filter<L: Level>(
        &self,
        cx: &mut Cx<'_, L>,
        nic: &Nic<Ndis, Above>,
        bits: u32,
    ) -> Result<NDIS_STATUS, NDIS_STATUS> {
        let has = |bit| bits & bit != 0;
        if bits & !FILTERS != 0 {
            return Err(NDIS_STATUS_INVALID_DATA);
        }
        let filter = Filter {
            promiscuous: has(NDIS_PACKET_TYPE_PROMISCUOUS),
            all_multicast: has(NDIS_PACKET_TYPE_ALL_MULTICAST),
            broadcast: has(NDIS_PACKET_TYPE_BROADCAST),
        };
        nic.set_filter(cx, filter);
        self.0.with(cx, |state| state.listens = has(NDIS_PACKET_TYPE_MULTICAST));
        Ok(self.listen(cx, nic))
    }

    /// Replaces the list by the addresses in `set`.
    pub(crate) fn set_groups<L: Level>(
        &self,
        cx: &mut Cx<'_, L>,
        nic: &Nic<Ndis, Above>,
        set: &mut NDIS_OID_REQUEST_SET,
    ) -> Result<NDIS_STATUS, NDIS_STATUS> {
        let len = set.InformationBufferLength;
        if !len.is_multiple_of(6) {
            return Err(NDIS_STATUS_INVALID_LENGTH);
        }
        if len > 6 * MULTICAST_LIST_MAX {
            set.BytesNeeded = 6 * MULTICAST_LIST_MAX;
            return Err(NDIS_STATUS_MULTICAST_FULL);
        }
        set.BytesRead = len;
        let count = (len / 6) as usize;
        let from: *const [u8; 6] = set.InformationBuffer.cast();
        self.0.with(cx, |state| {
            state.count = count;
            // SAFETY: NDIS passes a buffer of this length; the list has room for as many.
            unsafe { core::ptr::copy_nonoverlapping(from, state.groups.as_mut_ptr(), count) };
        });
        Ok(self.listen(cx, nic))
    }

    /// Tells the core. NDIS sends one request at a time, so nothing changes in between.
    fn listen<L: Level>(&self, cx: &mut Cx<'_, L>, nic: &Nic<Ndis, Above>) -> NDIS_STATUS {
        let (count, groups) =
            self.0.with(cx, |state| (if state.listens { state.count } else { 0 }, state.groups));
        nic.set_multicast(cx, groups.get(..count).unwrap_or_default());
        NDIS_STATUS_SUCCESS
    }
}
