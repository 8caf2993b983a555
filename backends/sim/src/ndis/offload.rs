//! Task offloads: what a miniport offers, and what goes with a list beside its frames.

use dirql_ddi::ndis::*;
use dirql_ddi::{PVOID, ULONG};

use super::adapter;
use super::list::pieces;
use crate::bus::DeviceId;
use crate::kernel;
use crate::ntoskrnl::buffer_at;

/// What a list says of the checksums and the VLAN tag of its frames: an NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO and an
/// NDIS_NET_BUFFER_LIST_8021Q_INFO.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutOfBand {
    /// What is to be filled in, or what was found.
    pub checksum: usize,
    /// The tag, which is not in the frame.
    pub tag: usize,
}

impl OutOfBand {
    pub(super) fn of(list: &NET_BUFFER_LIST) -> Self {
        let info = |place: usize| list.NetBufferListInfo[place].addr();
        Self { checksum: info(TcpIpChecksumNetBufferListInfo), tag: info(Ieee8021QNetBufferListInfo) }
    }

    pub(super) fn write(self, list: &mut NET_BUFFER_LIST) {
        let places =
            [(TcpIpChecksumNetBufferListInfo, self.checksum), (Ieee8021QNetBufferListInfo, self.tag)];
        for (place, word) in places {
            list.NetBufferListInfo[place] = core::ptr::without_provenance_mut(word);
        }
    }
}

/// Returns what a miniport has switched on, as it told last; `None` if it offers nothing.
pub fn offloads(device: DeviceId) -> Option<NDIS_OFFLOAD> {
    adapter(device, |a| a.offloads)
}

/// Says whether an NDIS_OFFLOAD is one of NDIS 6.20.
fn is_known(offload: &NDIS_OFFLOAD) -> bool {
    let NDIS_OBJECT_HEADER { Type, Revision, Size } = offload.Header;
    (Type, Revision, Size)
        == (NDIS_OBJECT_TYPE_OFFLOAD, NDIS_OFFLOAD_REVISION_2, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_2)
}

/// Notes what a miniport has switched on. Says whether it is an NDIS_OFFLOAD of NDIS 6.20.
pub(super) fn note(device: DeviceId, offload: NDIS_OFFLOAD) -> bool {
    let is_known = is_known(&offload);
    if is_known {
        adapter(device, |a| a.offloads = Some(offload));
    }
    is_known
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisGetDataBuffer(
    NetBuffer: PNET_BUFFER,
    BytesNeeded: ULONG,
    Storage: PVOID,
    _AlignMultiple: ULONG,
    _AlignOffset: ULONG,
) -> PVOID {
    // SAFETY: the caller guarantees a frame that it was given to send; here and below.
    let len = unsafe { (*NetBuffer).DataLength };
    if Storage.is_null() || len < u64::from(BytesNeeded) {
        return core::ptr::null_mut();
    }
    // SAFETY: the caller guarantees that many bytes of its own.
    let to = unsafe { core::slice::from_raw_parts_mut(Storage.cast::<u8>(), BytesNeeded as usize) };
    // SAFETY: as above.
    copy(unsafe { pieces(NetBuffer) }, to);
    Storage
}

/// Copies the first bytes of a frame that a protocol made. Its memory is the device's too, and nowhere at the address.
fn copy(pieces: Vec<(usize, u32)>, mut to: &mut [u8]) {
    for (address, len) in pieces {
        let (piece, rest) = to.split_at_mut((len as usize).min(to.len()));
        let (data, offset) = buffer_at(address);
        kernel::read_dma_bytes(data, offset, piece);
        to = rest;
    }
}

const _: () = {
    let _ = [NdisGetDataBuffer, dirql_ddi::ndis::NdisGetDataBuffer];
};
