//! What the driver was told to be: filters, groups, the station's address and the interrupts' pace, with the counters
//! that share their lock.

use dirql::{RegisterIo, View};
use i82574::filter::{Rah, Ral, receive_address};
use i82574::interrupt::{Eitr, Itr};
use i82574::receive::Rctl;

use crate::filter::{Filter, Groups};
use crate::registers::ConfigGroup;
use crate::settings::{BufferSize, Settings};
use crate::statistics::{HardwareCounters, Statistics};

/// What the driver was told to be, and whether the device has been told.
#[derive(Debug)]
pub(crate) struct Configuration<R> {
    registers: View<R, ConfigGroup>,
    /// From `open` to `close` changes go to the device; otherwise the next `open` brings them.
    live: bool,
    filter: Filter,
    groups: Groups,
    mac: Option<[u8; 6]>,
    interval_256ns: u16,
    buffer_size: BufferSize,
    counters: HardwareCounters,
}

impl<R: RegisterIo> Configuration<R> {
    pub(crate) fn new(registers: R, settings: &Settings) -> Self {
        Self {
            registers: View::new(registers),
            live: false,
            filter: settings.filter,
            groups: Groups::NONE,
            mac: settings.mac,
            interval_256ns: settings.interrupt_interval_256ns,
            buffer_size: settings.receive_buffer_size,
            counters: HardwareCounters::default(),
        }
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

    pub(crate) fn set_groups(&mut self, groups: Groups) {
        if self.live {
            groups.write(Some(&self.groups), &mut self.registers);
        }
        self.groups = groups;
    }

    pub(crate) fn interval(&self) -> u16 {
        self.interval_256ns
    }

    pub(crate) fn set_interval(&mut self, interval_256ns: u16) {
        self.interval_256ns = interval_256ns;
        if self.live {
            self.write_interval();
        }
    }

    /// Starts to receive. The format of the descriptors must be set by now: the device takes it over here.
    pub(crate) fn open(&mut self) {
        self.live = true;
        self.groups.write(None, &mut self.registers);
        self.write_interval();
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

    /// Writes both kinds: which of them the device heeds depends on how it interrupts.
    fn write_interval(&mut self) {
        let interval = self.interval_256ns.into();
        self.registers.write(Itr(interval));
        for vector in 0..Eitr::COUNT {
            self.registers.write_at(vector, Eitr::STRIDE, Eitr(interval));
        }
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
    use i82574::filter::Mta;

    fn configuration(registers: &Registers) -> Configuration<Registers> {
        let settings = Settings { receive_buffer_size: BufferSize::Bytes512, ..Settings::DEFAULT };
        Configuration::new(registers.clone(), &settings)
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
    fn groups_and_intervals_arrive_with_open_or_at_once() {
        let registers = Registers::default();
        let mut configuration = configuration(&registers);
        configuration.set_groups(Groups::of(&[[1, 0, 0x5e, 0, 0, 0xfb]]));
        configuration.set_interval(488);
        assert!(registers.writes().is_empty(), "a closed device is told nothing");
        configuration.open();
        assert_eq!(registers.get(Mta::OFFSET + 4 * 0x7d), 1 << 16);
        assert_eq!([Itr::OFFSET, Eitr::OFFSET, Eitr::OFFSET + 16].map(|at| registers.get(at)), [488; 3]);
        registers.forget();
        configuration.set_groups(Groups::NONE);
        assert_eq!(registers.writes(), [(Mta::OFFSET + 4 * 0x7d, 0)], "what has not changed is not written");
        configuration.set_interval(0);
        assert_eq!(registers.get(Eitr::OFFSET + 4), 0);
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
