//! What a driver is built from, and whether it fits together.

use dirql::{DmaMemory, Error, ErrorKind};
use i82574::descriptor::{BASE_ALIGN, RING_COUNT_MAX, RING_COUNT_MIN};
use i82574::receive::Rctl;

use crate::ring::Ring;
use crate::{FRAME_LEN_MAX, Filter};

/// Most descriptors in the transmit ring. The driver keeps a record of each frame, and it allocates nothing.
pub const TRANSMIT_DESCRIPTORS_MAX: u16 = 256;

/// The device's memories, one common buffer each.
#[derive(Debug)]
pub struct Memories<D> {
    /// The transmit ring: 16 bytes for each descriptor, 16-byte aligned.
    pub transmit_ring: D,
    /// The receive ring: 16 bytes for each descriptor, 16-byte aligned.
    pub receive_ring: D,
    /// The receive buffers: one for each receive descriptor, one after the other.
    pub receive_buffers: D,
}

impl<D> Memories<D> {
    /// Allocates what the settings ask for.
    ///
    /// # Errors
    /// What `allocate` returns, which gets a length in bytes.
    pub fn allocate<E>(
        settings: &Settings,
        mut allocate: impl FnMut(u32) -> Result<D, E>,
    ) -> Result<Self, E> {
        Ok(Self {
            transmit_ring: allocate(settings.transmit_ring_len())?,
            receive_ring: allocate(settings.receive_ring_len())?,
            receive_buffers: allocate(settings.receive_buffers_len())?,
        })
    }
}

/// How a driver is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The MAC address; `None` takes the EEPROM's.
    pub mac: Option<[u8; 6]>,
    /// Descriptors in the transmit ring: a multiple of 8, 8 to [`TRANSMIT_DESCRIPTORS_MAX`].
    pub transmit_descriptors: u16,
    /// Descriptors in the receive ring: a multiple of 8, 8 to 4096.
    pub receive_descriptors: u16,
    /// Length of a receive buffer. A longer frame takes several.
    pub receive_buffer_size: BufferSize,
    /// How the device describes what it has received.
    pub receive_format: ReceiveFormat,
    /// Whether the device checks the checksums of received frames ([`ReceivedFrame::checksums`](crate::ReceivedFrame::checksums)).
    pub receive_checksums: bool,
    /// Whether the device takes VLAN tags out of received frames ([`ReceivedFrame::vlan`](crate::ReceivedFrame::vlan)) and puts them
    /// into sent ones ([`Offload::vlan`](crate::Offload::vlan)).
    pub vlan: bool,
    /// What to receive.
    pub filter: Filter,
    /// Shortest time between two interrupts of a source, in units of 256 ns; 0 is none.
    pub interrupt_interval_256ns: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Settings {
    /// Rings of 256 descriptors, buffers that hold a frame each, broadcast frames, and nothing that needs asking for.
    pub const DEFAULT: Self = Self {
        mac: None,
        transmit_descriptors: 256,
        receive_descriptors: 256,
        receive_buffer_size: BufferSize::Bytes2048,
        receive_format: ReceiveFormat::Extended,
        receive_checksums: false,
        vlan: false,
        filter: Filter::DEFAULT,
        interrupt_interval_256ns: 0,
    };

    /// Returns the settings with rings of about so many descriptors, as a user asked for them: what the device and the
    /// driver can have that is next to it.
    #[must_use]
    pub fn with_rings(self, transmit: u32, receive: u32) -> Self {
        Self {
            transmit_descriptors: ring_len(transmit, TRANSMIT_DESCRIPTORS_MAX.into()),
            receive_descriptors: ring_len(receive, RING_COUNT_MAX),
            ..self
        }
    }

    /// Returns how long [`Memories::transmit_ring`] must be, in bytes.
    pub const fn transmit_ring_len(&self) -> u32 {
        Ring::new(self.transmit_descriptors).bytes()
    }

    /// Returns how long [`Memories::receive_ring`] must be, in bytes.
    pub const fn receive_ring_len(&self) -> u32 {
        Ring::new(self.receive_descriptors).bytes()
    }

    /// Returns how long [`Memories::receive_buffers`] must be, in bytes.
    pub const fn receive_buffers_len(&self) -> u32 {
        (self.receive_descriptors as u32).wrapping_mul(self.receive_buffer_size.bytes())
    }

    /// Checks the settings, and that the memories are what they ask for.
    pub(crate) fn check<D: DmaMemory>(&self, memories: &Memories<D>) -> Result<(), Error> {
        let counts = is_ring_len(self.transmit_descriptors, TRANSMIT_DESCRIPTORS_MAX.into())
            && is_ring_len(self.receive_descriptors, RING_COUNT_MAX);
        let mac = self.mac.is_none_or(is_station_address);
        let rings = is_ring(&memories.transmit_ring, self.transmit_ring_len())
            && is_ring(&memories.receive_ring, self.receive_ring_len());
        let buffers = memories.receive_buffers.len() >= self.receive_buffers_len();
        if counts && mac && rings && buffers { Ok(()) } else { Err(ErrorKind::Unsupported.into()) }
    }
}

fn ring_len(asked: u32, max: u32) -> u16 {
    let granules = asked.div_ceil(RING_COUNT_MIN).clamp(1, max / RING_COUNT_MIN);
    (granules * RING_COUNT_MIN) as u16
}

fn is_ring_len(count: u16, max: u32) -> bool {
    let count = u32::from(count);
    count.is_multiple_of(RING_COUNT_MIN) && (RING_COUNT_MIN..=max).contains(&count)
}

fn is_ring<D: DmaMemory>(memory: &D, len: u32) -> bool {
    memory.len() >= len && memory.device_address().is_multiple_of(BASE_ALIGN.into())
}

/// Says whether `mac` can be a station's address: not zero, and not a group's.
pub(crate) fn is_station_address(mac: [u8; 6]) -> bool {
    let [first, ..] = mac;
    mac != [0; 6] && first & 1 == 0
}

/// How the device describes what it has received (82574 data sheet, 7.1.4 and 7.1.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReceiveFormat {
    /// Extended descriptors: the device overwrites the buffer's address.
    #[default]
    Extended,
    /// Legacy descriptors: the device keeps it, and says less.
    Legacy,
}

/// Length of a receive buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BufferSize {
    /// 256 bytes: the longest frame takes six.
    Bytes256,
    /// 512 bytes.
    Bytes512,
    /// 1024 bytes.
    Bytes1024,
    /// 2048 bytes: every frame takes one.
    #[default]
    Bytes2048,
}

impl BufferSize {
    /// Returns the length in bytes.
    pub const fn bytes(self) -> u32 {
        match self {
            BufferSize::Bytes256 => 256,
            BufferSize::Bytes512 => 512,
            BufferSize::Bytes1024 => 1024,
            BufferSize::Bytes2048 => 2048,
        }
    }

    /// How many buffers the longest frame takes.
    pub(crate) const fn per_frame_max(self) -> u16 {
        FRAME_LEN_MAX.div_ceil(self.bytes()) as u16
    }

    /// The BSIZE field.
    pub(crate) const fn rctl(self) -> Rctl {
        Rctl::from_bits_retain(match self {
            BufferSize::Bytes256 => 3 << 16,
            BufferSize::Bytes512 => 2 << 16,
            BufferSize::Bytes1024 => 1 << 16,
            BufferSize::Bytes2048 => 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Memory;

    fn check(settings: Settings) -> bool {
        let memories = Memories::allocate(&Settings::default(), |len| Ok::<_, ()>(Memory::new(len as usize)));
        settings.check(&memories.unwrap()).is_ok()
    }

    #[test]
    fn the_defaults_fit_and_each_wrong_setting_is_refused() {
        let good = Settings::default();
        assert!(check(good));
        for count in [0, 4, 12, 264, u16::MAX] {
            assert!(!check(Settings { transmit_descriptors: count, ..good }));
        }
        assert!(!check(Settings { receive_descriptors: 264, ..good }), "the ring's memory is too short");
        assert!(!check(Settings { mac: Some([1, 0, 0, 0, 0, 1]), ..good }), "a group's address");
        assert!(!check(Settings { mac: Some([0; 6]), ..good }));
    }

    #[test]
    fn rings_are_the_next_that_device_and_driver_can_have() {
        let rings = |asked| {
            let settings = Settings::default().with_rings(asked, asked);
            (settings.transmit_descriptors, settings.receive_descriptors)
        };
        assert_eq!([0, 8, 9].map(rings), [(8, 8), (8, 8), (16, 16)]);
        assert_eq!([300, u32::MAX].map(rings), [(256, 304), (256, 4096)]);
    }

    #[test]
    fn rctl_says_the_same_size() {
        for size in [BufferSize::Bytes256, BufferSize::Bytes512, BufferSize::Bytes1024, BufferSize::Bytes2048]
        {
            assert_eq!(size.rctl().buffer_len(), size.bytes());
            assert!(u32::from(size.per_frame_max()) * size.bytes() >= FRAME_LEN_MAX);
            assert!(u32::from(size.per_frame_max()) < RING_COUNT_MIN, "the smallest ring holds a frame");
        }
    }
}
