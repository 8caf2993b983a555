//! Task offloads: checksums and VLAN tags that are left to the device. What NDIS is offered and switches on and off;
//! what a list asks for; what is said of a received frame.
//!
//! Of the transports those over IPv4, without segmentation.

use dirql::DmaMemory;
use dirql::sync::{AtomicU32, Ordering};
use dirql_ddi::UCHAR;
use dirql_ddi::ndis::*;
use nic::{Offload, ReceivedFrame, Transport};

use crate::frame::{Frame, List};
use crate::status;

const ETHERNET_LEN: u8 = 14;

/// Which checksums the device fills in or checks: bits of [`TRANSMIT`] and [`RECEIVE`], as their keywords have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Checksums {
    pub(crate) ip: u32,
    pub(crate) tcp: u32,
    pub(crate) udp: u32,
}

const TRANSMIT: u32 = 1;
const RECEIVE: u32 = 2;
/// Whether a protocol has said how its frames are encapsulated: nothing is said of received ones before.
const ENCAPSULATION_KNOWN: u32 = 1 << 6;

impl Checksums {
    const ALL: Self = Self { ip: 3, tcp: 3, udp: 3 };

    fn pack(self) -> u32 {
        (self.ip & 3) | (self.tcp & 3) << 2 | (self.udp & 3) << 4
    }

    fn unpack(word: u32) -> Self {
        Self { ip: word & 3, tcp: word >> 2 & 3, udp: word >> 4 & 3 }
    }

    /// Says it in NDIS's words.
    fn describe(self) -> NDIS_OFFLOAD {
        NDIS_OFFLOAD {
            Header: NDIS_OBJECT_HEADER {
                Type: NDIS_OBJECT_TYPE_OFFLOAD,
                Revision: NDIS_OFFLOAD_REVISION_2,
                Size: NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_2,
            },
            Checksum: NDIS_TCP_IP_CHECKSUM_OFFLOAD {
                IPv4Transmit: self.in_direction(TRANSMIT),
                IPv4Receive: self.in_direction(RECEIVE),
                ..NDIS_TCP_IP_CHECKSUM_OFFLOAD::default()
            },
            ..NDIS_OFFLOAD::default()
        }
    }

    fn in_direction(self, direction: u32) -> NDIS_CHECKSUM_OFFLOAD {
        let supported = |of: u32, at: u32| if of & direction != 0 { NDIS_OFFLOAD_SUPPORTED << at } else { 0 };
        let checksums = supported(self.ip, NDIS_CHECKSUM_OFFLOAD_IP_CHECKSUM)
            | supported(self.tcp, NDIS_CHECKSUM_OFFLOAD_TCP_CHECKSUM)
            | supported(self.udp, NDIS_CHECKSUM_OFFLOAD_UDP_CHECKSUM);
        if checksums == 0 {
            return NDIS_CHECKSUM_OFFLOAD::default();
        }
        NDIS_CHECKSUM_OFFLOAD {
            Encapsulation: NDIS_ENCAPSULATION_IEEE_802_3 | NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q_IN_OOB,
            Bits: checksums
                | supported(direction, NDIS_CHECKSUM_OFFLOAD_IP_OPTIONS_SUPPORTED)
                | supported(direction, NDIS_CHECKSUM_OFFLOAD_TCP_OPTIONS_SUPPORTED),
        }
    }

    /// Changes what OID_TCP_OFFLOAD_PARAMETERS wants changed; the status says why not.
    fn set(self, wanted: &NDIS_OFFLOAD_PARAMETERS) -> Result<Self, NDIS_STATUS> {
        let unsupported = [wanted.TCPIPv6Checksum, wanted.UDPIPv6Checksum, wanted.LsoV1, wanted.IPsecV1];
        let unsupported = unsupported.into_iter().chain([wanted.LsoV2IPv4, wanted.LsoV2IPv6]);
        if unsupported.into_iter().any(|value| value > NDIS_OFFLOAD_PARAMETERS_TX_RX_DISABLED) {
            return Err(NDIS_STATUS_NOT_SUPPORTED);
        }
        Ok(Self {
            ip: changed(self.ip, wanted.IPv4Checksum)?,
            tcp: changed(self.tcp, wanted.TCPIPv4Checksum)?,
            udp: changed(self.udp, wanted.UDPIPv4Checksum)?,
        })
    }
}

fn changed(now: u32, wanted: UCHAR) -> Result<u32, NDIS_STATUS> {
    match wanted {
        NDIS_OFFLOAD_PARAMETERS_NO_CHANGE => Ok(now),
        NDIS_OFFLOAD_PARAMETERS_TX_RX_DISABLED => Ok(0),
        NDIS_OFFLOAD_PARAMETERS_TX_ENABLED_RX_DISABLED => Ok(TRANSMIT),
        NDIS_OFFLOAD_PARAMETERS_RX_ENABLED_TX_DISABLED => Ok(RECEIVE),
        NDIS_OFFLOAD_PARAMETERS_TX_RX_ENABLED => Ok(TRANSMIT | RECEIVE),
        _ => Err(NDIS_STATUS_INVALID_DATA),
    }
}

/// What is switched on.
pub(crate) struct Offloads {
    now: AtomicU32,
    /// The device handles VLAN tags.
    tags: bool,
}

impl Offloads {
    pub(crate) fn new(checksums: Checksums, tags: bool) -> Self {
        Self { now: AtomicU32::new(checksums.pack()), tags }
    }

    /// Returns what is switched on, and what could be.
    pub(crate) fn describe(&self) -> [NDIS_OFFLOAD; 2] {
        [self.now(), Checksums::ALL].map(Checksums::describe)
    }

    /// Says whether the device handles VLAN tags.
    pub(crate) fn has_tags(&self) -> bool {
        self.tags
    }

    fn now(&self) -> Checksums {
        Checksums::unpack(self.now.load(Ordering::Acquire))
    }

    /// OID_TCP_OFFLOAD_PARAMETERS. NDIS sends one request at a time.
    pub(crate) fn set_parameters(
        &self,
        adapter: NDIS_HANDLE,
        set: &mut NDIS_OID_REQUEST_SET,
    ) -> Result<NDIS_STATUS, NDIS_STATUS> {
        const LEN: u32 = NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1 as u32;
        let mut wanted = NDIS_OFFLOAD_PARAMETERS::default();
        take(set, LEN, &mut wanted)?;
        let checksums = self.now().set(&wanted)?;
        let known = self.now.load(Ordering::Acquire) & ENCAPSULATION_KNOWN;
        self.now.store(checksums.pack() | known, Ordering::Release);
        status::indicate_offload(adapter, checksums.describe());
        Ok(NDIS_STATUS_SUCCESS)
    }

    /// OID_OFFLOAD_ENCAPSULATION: frames are as the device knows them, or nothing is left to it.
    pub(crate) fn set_encapsulation(
        &self,
        set: &mut NDIS_OID_REQUEST_SET,
    ) -> Result<NDIS_STATUS, NDIS_STATUS> {
        const LEN: u32 = NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1 as u32;
        let mut wanted = NDIS_OFFLOAD_ENCAPSULATION::default();
        take(set, LEN, &mut wanted)?;
        let NDIS_OFFLOAD_ENCAPSULATION_OF { Enabled, EncapsulationType, HeaderSize: _ } = wanted.IPv4;
        if Enabled == NDIS_OFFLOAD_SET_ON {
            if EncapsulationType != NDIS_ENCAPSULATION_IEEE_802_3 {
                return Err(NDIS_STATUS_NOT_SUPPORTED);
            }
            self.now.fetch_or(ENCAPSULATION_KNOWN, Ordering::AcqRel);
        }
        Ok(NDIS_STATUS_SUCCESS)
    }

    /// Returns what a frame's list asks of the device; `None` if the frame is not what the list says. What was switched
    /// off just now may still be asked for.
    pub(crate) fn asked(&self, frame: Frame) -> Option<Offload> {
        let Some(list) = frame.list() else { return Some(Offload::default()) };
        let vlan = Some(list.info(Ieee8021QNetBufferListInfo)).filter(|&tag| self.tags && tag != 0).map(tci);
        let checksums = checksums_asked(list, frame)?;
        Some(Offload { vlan, ..checksums })
    }

    /// Says of a received list what the device found.
    pub(crate) fn tell<D: DmaMemory>(&self, list: &mut NET_BUFFER_LIST, frame: &ReceivedFrame<'_, D>) {
        let mut write = |place: usize, word| {
            if let Some(info) = list.NetBufferListInfo.get_mut(place) {
                *info = core::ptr::without_provenance_mut(word);
            }
        };
        write(Ieee8021QNetBufferListInfo, frame.vlan().map_or(0, tag_header));
        write(TcpIpChecksumNetBufferListInfo, self.found(frame));
    }

    fn found<D: DmaMemory>(&self, frame: &ReceivedFrame<'_, D>) -> usize {
        let word = self.now.load(Ordering::Acquire);
        let found = frame.checksums();
        // What has no IPv4 header is not offered.
        let Some(ip_is_right) = found.ipv4.filter(|_| word & ENCAPSULATION_KNOWN != 0) else { return 0 };
        let now = Checksums::unpack(word);
        let ip = verdict(
            now.ip,
            Some(ip_is_right),
            NDIS_CHECKSUM_RECEIVE_IP_CHECKSUM_SUCCEEDED,
            NDIS_CHECKSUM_RECEIVE_IP_CHECKSUM_FAILED,
        );
        let transport = if found.is_udp {
            verdict(
                now.udp,
                found.transport,
                NDIS_CHECKSUM_RECEIVE_UDP_CHECKSUM_SUCCEEDED,
                NDIS_CHECKSUM_RECEIVE_UDP_CHECKSUM_FAILED,
            )
        } else {
            verdict(
                now.tcp,
                found.transport,
                NDIS_CHECKSUM_RECEIVE_TCP_CHECKSUM_SUCCEEDED,
                NDIS_CHECKSUM_RECEIVE_TCP_CHECKSUM_FAILED,
            )
        };
        ip | transport
    }
}

fn verdict(switched_on: u32, is_right: Option<bool>, succeeded: usize, failed: usize) -> usize {
    match is_right.filter(|_| switched_on & RECEIVE != 0) {
        Some(true) => succeeded,
        Some(false) => failed,
        None => 0,
    }
}

fn checksums_asked(list: List, frame: Frame) -> Option<Offload> {
    let info = list.info(TcpIpChecksumNetBufferListInfo);
    let asks = |bit| info & bit != 0;
    let any = NDIS_CHECKSUM_TRANSMIT_TCP_CHECKSUM
        | NDIS_CHECKSUM_TRANSMIT_UDP_CHECKSUM
        | NDIS_CHECKSUM_TRANSMIT_IP_HEADER_CHECKSUM;
    if !asks(NDIS_CHECKSUM_TRANSMIT_IS_IPV4) || !asks(any) {
        return Some(Offload::default());
    }
    // TcpHeaderOffset is for TCP alone; the header says it for both, and without either.
    let [.., version_and_len] = frame.first_bytes::<{ ETHERNET_LEN as usize + 1 }>()?;
    let header_len = (version_and_len & 0xf) * 4;
    let at = ETHERNET_LEN.wrapping_add(header_len);
    let transport = if asks(NDIS_CHECKSUM_TRANSMIT_TCP_CHECKSUM) {
        Some(Transport::Tcp(at))
    } else {
        asks(NDIS_CHECKSUM_TRANSMIT_UDP_CHECKSUM).then_some(Transport::Udp(at))
    };
    let ipv4_header_len = asks(NDIS_CHECKSUM_TRANSMIT_IP_HEADER_CHECKSUM).then_some(header_len);
    Some(Offload { vlan: None, ipv4_header_len, transport })
}

/// Turns an NDIS_NET_BUFFER_LIST_8021Q_INFO into the tag as it is in a frame.
fn tci(info: usize) -> u16 {
    let (priority, format, id) = (info & 7, info >> 3 & 1, info >> 4 & 0xfff);
    (priority << 13 | format << 12 | id) as u16
}

/// Turns a frame's tag into an NDIS_NET_BUFFER_LIST_8021Q_INFO.
fn tag_header(tci: u16) -> usize {
    let tci = usize::from(tci);
    tci >> 13 | (tci >> 12 & 1) << 3 | (tci & 0xfff) << 4
}

/// Reads what an OID sets, of which at least `len_min` bytes must be there.
fn take<T: Copy>(set: &mut NDIS_OID_REQUEST_SET, len_min: u32, to: &mut T) -> Result<(), NDIS_STATUS> {
    set.BytesNeeded = len_min;
    if set.InformationBufferLength < len_min {
        return Err(NDIS_STATUS_INVALID_LENGTH);
    }
    let len = (set.InformationBufferLength as usize).min(size_of::<T>());
    set.BytesRead = len as u32;
    let to: *mut u8 = (&raw mut *to).cast();
    // SAFETY: NDIS passes a buffer of this length; `T` is one of NDIS's structures of numbers, and as long.
    unsafe { core::ptr::copy_nonoverlapping(set.InformationBuffer.cast(), to, len) };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_the_same_there_and_back() {
        assert_eq!((tag_header(0xb007), tci(0x7d)), (0x7d, 0xb007), "priority 5, CFI, VLAN 7");
        for tag in (0..=u16::MAX).step_by(7) {
            assert_eq!(tci(tag_header(tag)), tag);
        }
    }

    #[test]
    fn what_is_switched_on_is_described_and_nothing_else() {
        let described = Checksums { ip: RECEIVE, tcp: TRANSMIT, udp: 0 }.describe().Checksum;
        assert_eq!(described.IPv4Transmit.Bits, 0b0001_0101);
        assert_eq!(described.IPv4Receive.Bits, 0b1_0000_0101);
        assert_eq!(described.IPv6Transmit, NDIS_CHECKSUM_OFFLOAD::default());
        let nothing = Checksums { ip: 0, tcp: 0, udp: 0 }.describe().Checksum;
        assert_eq!(nothing, NDIS_TCP_IP_CHECKSUM_OFFLOAD::default());
    }

    #[test]
    fn what_is_not_offered_cannot_be_switched_on() {
        let wanted = NDIS_OFFLOAD_PARAMETERS { IPv4Checksum: 3, UDPIPv4Checksum: 1, ..Default::default() };
        let set = Checksums::ALL.set(&wanted);
        assert_eq!(set, Ok(Checksums { ip: RECEIVE, tcp: 3, udp: 0 }));
        assert_eq!(Checksums::unpack(set.unwrap().pack()), set.unwrap());
        let strange = NDIS_OFFLOAD_PARAMETERS { TCPIPv4Checksum: 5, ..Default::default() };
        assert_eq!(Checksums::ALL.set(&strange), Err(NDIS_STATUS_INVALID_DATA));
        let more = NDIS_OFFLOAD_PARAMETERS { TCPIPv6Checksum: 4, ..Default::default() };
        assert_eq!(Checksums::ALL.set(&more), Err(NDIS_STATUS_NOT_SUPPORTED));
    }
}
