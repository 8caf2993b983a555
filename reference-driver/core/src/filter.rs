//! What to receive: the filters, the station's address, and the counters that share their lock.

use dirql::{RegisterIo, View};
use i82574::filter::{Mta, Rah, Ral, receive_address};
use i82574::receive::Rctl;

use crate::Statistics;
use crate::registers::ConfigGroup;
use crate::settings::BufferSize;
use crate::statistics::HardwareCounters;

/// Which frames are received besides those to the station's own address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter {
    /// All frames.
    pub promiscuous: bool,
    /// All multicast frames.
    pub all_multicast: bool,
    /// Broadcast frames.
    pub broadcast: bool,
}

impl Default for Filter {
    /// Receives broadcast frames, which no protocol stack can do without.
    fn default() -> Self {
        Self { promiscuous: false, all_multicast: false, broadcast: true }
    }
}

impl Filter {
    fn rctl(self) -> Rctl {
        let mut bits = Rctl::empty();
        bits.set(Rctl::UPE, self.promiscuous);
        bits.set(Rctl::MPE, self.promiscuous || self.all_multicast);
        bits.set(Rctl::BAM, self.promiscuous || self.broadcast);
        bits
    }
}

/// What the driver was told to be, and whether the device has been told.
#[derive(Debug)]
pub(crate) struct Configuration<R> {
    registers: View<R, ConfigGroup>,
    /// From `open` to `close` changes go to the device; otherwise the next `open` brings them.
    live: bool,
    filter: Filter,
    mac: Option<[u8; 6]>,
    buffer_size: BufferSize,
    counters: HardwareCounters,
}

impl<R: RegisterIo> Configuration<R> {
    pub(crate) fn new(registers: R, filter: Filter, mac: Option<[u8; 6]>, buffer_size: BufferSize) -> Self {
        let counters = HardwareCounters::default();
        Self { registers: View::new(registers), live: false, filter, mac, buffer_size, counters }
    }

    pub(crate) fn mac(&self) -> Option<[u8; 6]> {
        self.mac
    }

    pub(crate) fn set_mac(&mut self, mac: [u8; 6]) {
        self.mac = Some(mac);
        if self.live {
            self.write_mac();
        }
    }

    pub(crate) fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
        if self.live {
            self.write_rctl();
        }
    }

    /// Starts to receive. The format of the descriptors must be set by now: the device takes it over here.
    pub(crate) fn open(&mut self) {
        self.live = true;
        for index in 0..Mta::COUNT {
            self.registers.write_at(index, Mta::STRIDE, Mta(0));
        }
        self.write_mac();
        self.write_rctl();
    }

    /// Stops to receive, and saves the counters from the reset that follows.
    pub(crate) fn close(&mut self) {
        self.count();
        self.live = false;
        self.registers.write(Rctl::empty());
    }

    /// The device is gone: it is told nothing any more.
    pub(crate) fn lost(&mut self) {
        self.live = false;
    }

    /// Brings the hardware's counters up to date.
    pub(crate) fn statistics(&mut self) -> Statistics {
        self.count();
        self.counters.totals()
    }

    fn count(&mut self) {
        if self.live {
            self.counters.collect(&mut self.registers);
        }
    }

    /// Writes the address, invalid in between: half of one and half of another must match nothing.
    fn write_mac(&mut self) {
        let Some(mac) = self.mac else { return };
        let (low, high) = receive_address(mac);
        self.registers.write(Rah(0));
        self.registers.write::<Ral>(low);
        self.registers.write(high);
    }

    fn write_rctl(&mut self) {
        let always = Rctl::EN | Rctl::SECRC;
        self.registers.write(always | self.buffer_size.rctl() | self.filter.rctl());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Registers;
    use dirql::Register;

    fn configuration(registers: &Registers) -> Configuration<Registers> {
        Configuration::new(registers.clone(), Filter::default(), None, BufferSize::Bytes512)
    }

    #[test]
    fn what_changes_while_closed_arrives_with_open() {
        let registers = Registers::default();
        let mut configuration = configuration(&registers);
        configuration.set_filter(Filter { promiscuous: true, all_multicast: false, broadcast: false });
        configuration.set_mac([2, 1, 2, 3, 4, 5]);
        assert!(registers.writes().is_empty(), "a closed device is told nothing");
        configuration.open();
        let rctl = Rctl::from_bits_retain(registers.get(Rctl::OFFSET));
        assert!(rctl.contains(Rctl::EN | Rctl::SECRC | Rctl::UPE | Rctl::MPE | Rctl::BAM));
        assert_eq!(rctl.buffer_len(), 512);
        assert_eq!(registers.get(Ral::OFFSET), 0x0302_0102);
        assert_eq!(registers.get(Rah::OFFSET), 0x8000_0504);
    }

    #[test]
    fn an_open_device_is_told_at_once_and_a_lost_one_never() {
        let registers = Registers::default();
        let mut configuration = configuration(&registers);
        configuration.open();
        configuration.set_filter(Filter { promiscuous: false, all_multicast: true, broadcast: false });
        let rctl = Rctl::from_bits_retain(registers.get(Rctl::OFFSET));
        assert!(rctl.contains(Rctl::MPE | Rctl::EN) && !rctl.intersects(Rctl::UPE | Rctl::BAM));
        configuration.lost();
        let before = registers.writes();
        configuration.set_mac([2, 0, 0, 0, 0, 1]);
        assert_eq!(registers.writes(), before);
    }

    #[test]
    fn the_address_is_invalid_while_it_changes() {
        let registers = Registers::default();
        let mut configuration = configuration(&registers);
        configuration.open();
        configuration.set_mac([2, 1, 2, 3, 4, 5]);
        let last: std::vec::Vec<u32> = registers.writes().iter().rev().take(3).map(|w| w.0).collect();
        assert_eq!(last, [Rah::OFFSET, Ral::OFFSET, Rah::OFFSET]);
    }
}
