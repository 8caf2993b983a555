//! Control codes of the shells that are no network adapters, and what they read and write.
//!
//! All are METHOD_BUFFERED. Numbers are little-endian and of fixed size, without padding, so that a program of any
//! bitness can use them. A buffer that is too short is refused with STATUS_BUFFER_TOO_SMALL.

use nic::{Filter, Link, Statistics};

/// Vendors' device types begin at 0x8000, their functions at 0x800 (learn.microsoft.com: Defining I/O Control Codes).
const DEVICE_TYPE: u32 = 0x8257;
const FIRST_FUNCTION: u32 = 0x800;
const FILE_READ_DATA: u32 = 1;
const FILE_WRITE_DATA: u32 = 2;

/// CTL_CODE, with METHOD_BUFFERED.
const fn code(function: u32, access: u32) -> u32 {
    DEVICE_TYPE << 16 | access << 14 | (FIRST_FUNCTION + function) << 2
}

/// Reads a [`LinkState`].
pub const IOCTL_NIC_GET_LINK_STATE: u32 = code(0, FILE_READ_DATA);
/// Reads [`Counters`].
pub const IOCTL_NIC_GET_STATISTICS: u32 = code(1, FILE_READ_DATA);
/// Reads a register of the PHY: takes a [`PhyRegister`] without regard to its value, and returns it with the value.
pub const IOCTL_NIC_READ_PHY: u32 = code(2, FILE_READ_DATA);
/// Writes a register of the PHY: takes a [`PhyRegister`].
pub const IOCTL_NIC_WRITE_PHY: u32 = code(3, FILE_WRITE_DATA);
/// Waits for the link's next change and reads a [`LinkState`]. To miss none, ask again before looking at the state.
pub const IOCTL_NIC_AWAIT_LINK_CHANGE: u32 = code(4, FILE_READ_DATA);
/// Chooses which frames are received: takes a number of the bits below. Frames to the station always are.
pub const IOCTL_NIC_SET_FILTER: u32 = code(5, FILE_WRITE_DATA);

/// A bit of IOCTL_NIC_SET_FILTER: all frames.
pub const NIC_FILTER_PROMISCUOUS: u32 = 1;
/// A bit of IOCTL_NIC_SET_FILTER: all multicast frames.
pub const NIC_FILTER_ALL_MULTICAST: u32 = 2;
/// A bit of IOCTL_NIC_SET_FILTER: broadcast frames.
pub const NIC_FILTER_BROADCAST: u32 = 4;

/// Reads what IOCTL_NIC_SET_FILTER takes; `None` if that is too short.
pub fn filter_from_bytes(bytes: &[u8]) -> Option<Filter> {
    let bits = u32::from_le_bytes(*bytes.first_chunk()?);
    Some(Filter {
        promiscuous: bits & NIC_FILTER_PROMISCUOUS != 0,
        all_multicast: bits & NIC_FILTER_ALL_MULTICAST != 0,
        broadcast: bits & NIC_FILTER_BROADCAST != 0,
    })
}

/// What IOCTL_NIC_GET_LINK_STATE and IOCTL_NIC_AWAIT_LINK_CHANGE return.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkState {
    /// 1 with a link, otherwise 0.
    pub is_up: u32,
    /// Speed in Mbit/s; 0 without a link.
    pub mbps: u32,
    /// 1 if both sides may send at once, otherwise 0.
    pub is_full_duplex: u32,
}

impl From<Link> for LinkState {
    fn from(link: Link) -> Self {
        match link {
            Link::Down => Self { is_up: 0, mbps: 0, is_full_duplex: 0 },
            Link::Up { mbps, full_duplex } => {
                Self { is_up: 1, mbps: mbps.into(), is_full_duplex: full_duplex.into() }
            }
        }
    }
}

impl LinkState {
    /// Returns what goes into the request's buffer.
    pub fn to_bytes(self) -> [u8; 12] {
        join([self.is_up, self.mbps, self.is_full_duplex].map(u32::to_le_bytes))
    }
}

/// What IOCTL_NIC_GET_STATISTICS returns: frames since the driver was loaded.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Frames that the device received without error.
    pub device_received: u64,
    /// Frames that the device sent.
    pub device_sent: u64,
    /// Frames that the device had no room for.
    pub device_missed: u64,
    /// Frames with an error.
    pub receive_errors: u64,
    /// Frames that the driver received.
    pub received: u64,
    /// Frames that came back as sent.
    pub sent: u64,
    /// Frames that came back unsent.
    pub aborted: u64,
    /// Frames that nobody read.
    pub unread: u64,
}

impl Counters {
    /// Makes them of the driver's counters, and of how many frames nobody read.
    pub fn new(counted: &Statistics, unread: u64) -> Self {
        Self {
            device_received: counted.device_received,
            device_sent: counted.device_sent,
            device_missed: counted.missed.wrapping_add(counted.no_buffer),
            receive_errors: counted
                .crc_errors
                .wrapping_add(counted.receive_errors)
                .wrapping_add(counted.receive_malformed),
            received: counted.received,
            sent: counted.sent,
            aborted: counted.aborted,
            unread,
        }
    }

    /// Returns what goes into the request's buffer.
    pub fn to_bytes(self) -> [u8; 64] {
        let counts = [
            self.device_received,
            self.device_sent,
            self.device_missed,
            self.receive_errors,
            self.received,
            self.sent,
            self.aborted,
            self.unread,
        ];
        join(counts.map(u64::to_le_bytes))
    }
}

/// What IOCTL_NIC_READ_PHY and IOCTL_NIC_WRITE_PHY take.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhyRegister {
    /// The register's number, 0 to 31.
    pub register: u16,
    /// Its value.
    pub value: u16,
}

impl PhyRegister {
    /// Reads it from the request's buffer; `None` if that is too short.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let &[a, b, c, d] = bytes.first_chunk()?;
        Some(Self { register: u16::from_le_bytes([a, b]), value: u16::from_le_bytes([c, d]) })
    }

    /// Returns what goes into the request's buffer.
    pub fn to_bytes(self) -> [u8; 4] {
        join([self.register, self.value].map(u16::to_le_bytes))
    }
}

fn join<const N: usize, const M: usize, const LEN: usize>(parts: [[u8; N]; M]) -> [u8; LEN] {
    const { assert!(N * M == LEN, "every byte comes from a part") };
    let mut bytes = [0; LEN];
    bytes.iter_mut().zip(parts.as_flattened()).for_each(|(to, from)| *to = *from);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_ctl_code() {
        assert_eq!(IOCTL_NIC_GET_LINK_STATE, 0x8257_6000);
        assert_eq!(IOCTL_NIC_GET_STATISTICS, 0x8257_6004);
        assert_eq!(IOCTL_NIC_READ_PHY, 0x8257_6008);
        assert_eq!(IOCTL_NIC_WRITE_PHY, 0x8257_a00c);
        assert_eq!(IOCTL_NIC_AWAIT_LINK_CHANGE, 0x8257_6010);
        assert_eq!(IOCTL_NIC_SET_FILTER, 0x8257_a014);
    }

    #[test]
    fn a_filter_is_its_bits() {
        let filter = Filter { promiscuous: false, all_multicast: true, broadcast: true };
        assert_eq!(filter_from_bytes(&[6, 0, 0, 0]), Some(filter));
        assert_eq!(filter_from_bytes(&[1; 3]), None);
    }

    #[test]
    fn the_bytes_are_the_structures() {
        let up = LinkState::from(Link::Up { mbps: 1000, full_duplex: true });
        assert_eq!(up.to_bytes(), [1, 0, 0, 0, 0xe8, 3, 0, 0, 1, 0, 0, 0]);
        assert_eq!(up.to_bytes().len(), size_of::<LinkState>());
        assert_eq!(LinkState::from(Link::Down).to_bytes(), [0; 12]);
        let counted = Statistics { sent: 258, missed: 1, no_buffer: 2, ..Statistics::default() };
        let bytes = Counters::new(&counted, 3).to_bytes();
        assert_eq!(bytes.len(), size_of::<Counters>());
        assert_eq!((bytes[16], &bytes[40..42], bytes[56]), (3, &[2, 1][..], 3));
        let phy = PhyRegister { register: 2, value: 0x0141 };
        assert_eq!(phy.to_bytes(), [2, 0, 0x41, 1]);
        assert_eq!(PhyRegister::from_bytes(&phy.to_bytes()), Some(phy));
        assert_eq!(PhyRegister::from_bytes(&[0; 3]), None);
    }
}
