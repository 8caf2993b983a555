//! What the device can do to a frame on its way out, and what it says of one that came in.

use i82574::descriptor::{RxStatus, TxCommand};
use i82574::offload::{TxContext, TxContextCommand, TxOptions};
use i82574::{HEADER_LEN, VLAN_TAG_LEN};

use crate::{FRAME_LEN_MAX, FRAME_LEN_MIN};

/// What the device does to a frame on its way out. The default is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offload {
    /// Inserts this tag behind the addresses: priority, CFI and VLAN ID (IEEE 802.1Q). Wants
    /// [`Settings::vlan`](crate::Settings::vlan), and a frame without one.
    pub vlan: Option<u16>,
    /// Fills in the checksum of the IPv4 header, which is so many bytes long, is the first thing behind the Ethernet
    /// header, and has zero in that place.
    pub ipv4_header_len: Option<u8>,
    /// Fills in TCP's or UDP's checksum. In its place the frame has the sum of the pseudo-header, not complemented.
    pub transport: Option<Transport>,
}

/// A transport header, so many bytes from the start of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    Tcp(u8),
    /// UDP.
    Udp(u8),
}

impl Transport {
    /// Returns where the header starts, where in it the checksum is, and how long it is at least.
    const fn place(self) -> (u8, u8, u8) {
        match self {
            Transport::Tcp(at) => (at, 16, 20),
            Transport::Udp(at) => (at, 6, 8),
        }
    }

    fn lies_in(self, len: u32) -> bool {
        let (at, _, header_len) = self.place();
        u32::from(at) >= HEADER_LEN && u32::from(at).wrapping_add(header_len.into()) <= len && at < 200
    }
}

impl Offload {
    /// Says whether a frame of `len` bytes can be sent so.
    pub(crate) fn fits(&self, len: u32) -> bool {
        let tag_len = if self.vlan.is_some() { VLAN_TAG_LEN } else { 0 };
        let ip_lies_in =
            |ip_len: u8| (20..=60).contains(&ip_len) && HEADER_LEN.wrapping_add(ip_len.into()) <= len;
        (FRAME_LEN_MIN..=FRAME_LEN_MAX.wrapping_sub(tag_len)).contains(&len)
            && self.ipv4_header_len.is_none_or(ip_lies_in)
            && self.transport.is_none_or(|transport| transport.lies_in(len))
    }

    /// Returns which checksums are wanted; with any a context descriptor goes before the frame's.
    pub(crate) fn options(&self) -> TxOptions {
        let mut options = TxOptions::empty();
        options.set(TxOptions::IXSM, self.ipv4_header_len.is_some());
        options.set(TxOptions::TXSM, self.transport.is_some());
        options
    }

    /// Returns the command of the frame's last descriptor, and the tag in it.
    pub(crate) fn tag(&self) -> (TxCommand, u16) {
        self.vlan.map_or((TxCommand::empty(), 0), |tag| (TxCommand::VLE, tag))
    }

    /// Returns the context. What is not asked for is somewhere, where it does no harm.
    pub(crate) fn context(&self) -> TxContext {
        let mut tucmd = TxContextCommand::DEXT;
        tucmd.set(TxContextCommand::IP, self.ipv4_header_len.is_some());
        tucmd.set(TxContextCommand::TCP, matches!(self.transport, Some(Transport::Tcp(_))));
        let ip_len = self.ipv4_header_len.unwrap_or(20);
        let (tucss, checksum_at, _) = self.transport.unwrap_or(Transport::Tcp(34)).place();
        TxContext {
            ipcss: HEADER_LEN as u8,
            ipcso: HEADER_LEN as u8 + 10,
            ipcse: (HEADER_LEN as u16).wrapping_add(ip_len.into()).wrapping_sub(1),
            tucss,
            tucso: tucss.wrapping_add(checksum_at),
            tucse: 0,
            tucmd,
        }
    }
}

/// What the device found of a received frame's checksums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checksums {
    /// The IPv4 header's: whether it is right. `None` if it was not checked.
    pub ipv4: Option<bool>,
    /// TCP's or UDP's.
    pub transport: Option<bool>,
    /// Whether that is UDP's.
    pub is_udp: bool,
}

impl Checksums {
    pub(crate) fn of(status: RxStatus) -> Self {
        let found = |checked: RxStatus, wrong: RxStatus| {
            let holds = status.contains(checked) && !status.contains(RxStatus::IXSM);
            holds.then(|| !status.contains(wrong))
        };
        let (ipv4, transport) = (found(RxStatus::IPCS, RxStatus::IPE), found(RxStatus::L4CS, RxStatus::TCPE));
        Self { ipv4, transport, is_udp: transport.is_some() && status.contains(RxStatus::UDPCS) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_lie_in_the_frame_does_not_fit() {
        let ip = |len| Offload { ipv4_header_len: Some(len), ..Offload::default() };
        let transport = |t| Offload { transport: Some(t), ..Offload::default() };
        assert!(ip(20).fits(34) && !ip(20).fits(33) && !ip(19).fits(60) && !ip(61).fits(90));
        assert!(transport(Transport::Tcp(34)).fits(54) && !transport(Transport::Tcp(34)).fits(53));
        assert!(transport(Transport::Udp(34)).fits(42) && !transport(Transport::Udp(34)).fits(41));
        assert!(!transport(Transport::Udp(13)).fits(60) && !transport(Transport::Udp(255)).fits(300));
        let tag = Offload { vlan: Some(1), ..Offload::default() };
        assert!(tag.fits(FRAME_LEN_MAX - 4) && !tag.fits(FRAME_LEN_MAX - 3));
        assert!(Offload::default().fits(FRAME_LEN_MAX) && !Offload::default().fits(FRAME_LEN_MAX + 1));
        assert!(!Offload::default().fits(FRAME_LEN_MIN - 1));
    }

    #[test]
    fn the_context_says_where_the_checksums_are() {
        let wanted =
            Offload { ipv4_header_len: Some(24), transport: Some(Transport::Udp(38)), ..Offload::default() };
        let context = wanted.context();
        assert_eq!((context.ipcss, context.ipcso, context.ipcse), (14, 24, 37));
        assert_eq!((context.tucss, context.tucso, context.tucse), (38, 44, 0));
        assert_eq!(context.tucmd, TxContextCommand::DEXT | TxContextCommand::IP);
    }

    #[test]
    fn what_the_device_did_not_check_says_nothing() {
        let checked = RxStatus::IPCS | RxStatus::L4CS | RxStatus::TCPE;
        assert_eq!(
            Checksums::of(checked),
            Checksums { ipv4: Some(true), transport: Some(false), is_udp: false }
        );
        assert_eq!(Checksums::of(checked | RxStatus::IXSM), Checksums::default());
        assert_eq!(Checksums::of(RxStatus::IPE | RxStatus::TCPE), Checksums::default());
    }
}
