//! Counters: the device's, which clear when read, and the driver's own.

use dirql::{In, ReadEffect, RegisterIo, View};
use i82574::GONE;
use i82574::statistics::{Crcerrs, Gprc, Gptc, Mpc, Rnbc};

use crate::registers::ConfigGroup;

/// Counters since the driver was made, in frames. They survive stop, start and reset, and wrap at 2^64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Frames that the device received without error (GPRC).
    pub device_received: u64,
    /// Frames that the device sent (GPTC).
    pub device_sent: u64,
    /// Frames that the device lost because its packet buffer was full (MPC).
    pub missed: u64,
    /// Frames that found no receive descriptor (RNBC).
    pub no_buffer: u64,
    /// Frames with a wrong FCS (CRCERRS).
    pub crc_errors: u64,
    /// Frames handed to [`Upper::received`](crate::Upper::received).
    pub received: u64,
    /// Frames that the driver dropped because the device reported an error.
    pub receive_errors: u64,
    /// Frames that the driver dropped because the device described what cannot be: a length beyond the buffer,
    /// an empty frame, a frame over too many buffers.
    pub receive_malformed: u64,
    /// Frames given back as [`Sent`](crate::SendStatus::Sent).
    pub sent: u64,
    /// Frames given back as [`Aborted`](crate::SendStatus::Aborted).
    pub aborted: u64,
}

/// Running totals of the device's counters.
#[derive(Debug, Default)]
pub(crate) struct HardwareCounters {
    totals: Statistics,
}

impl HardwareCounters {
    /// Adds what the device has counted since the last time.
    pub(crate) fn collect<R: RegisterIo>(&mut self, registers: &mut View<R, ConfigGroup>) {
        let totals = &mut self.totals;
        add::<R, Gprc>(registers, &mut totals.device_received);
        add::<R, Gptc>(registers, &mut totals.device_sent);
        add::<R, Mpc>(registers, &mut totals.missed);
        add::<R, Rnbc>(registers, &mut totals.no_buffer);
        add::<R, Crcerrs>(registers, &mut totals.crc_errors);
    }

    pub(crate) fn totals(&self) -> Statistics {
        self.totals
    }
}

/// Adds one counter, unless it reads as a device that is gone.
fn add<R: RegisterIo, T: ReadEffect + In<ConfigGroup>>(
    registers: &mut View<R, ConfigGroup>,
    total: &mut u64,
) {
    let count = registers.take::<T>().into_bits();
    if count != GONE {
        *total = total.wrapping_add(count.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Registers;
    use dirql::Register;

    #[test]
    fn counts_add_up_and_a_device_that_is_gone_counts_nothing() {
        let registers = Registers::default();
        let mut view = View::new(registers.clone());
        let mut counters = HardwareCounters::default();
        registers.set(Gprc::OFFSET, 5);
        counters.collect(&mut view);
        registers.set(Gprc::OFFSET, GONE);
        registers.set(Mpc::OFFSET, 2);
        counters.collect(&mut view);
        assert_eq!((counters.totals().device_received, counters.totals().missed), (5, 2));
    }
}
