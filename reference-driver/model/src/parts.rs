//! Which parts of the chip an access looks at and changes, so that an exploration knows which accesses commute.
//!
//! Only what is plain here is told apart: rings, interrupts, counters, and the far end. Whatever is slow, configures, or
//! lies is everything. Counters of [`Reach`](crate::Reach) are nobody's part: only their sums count.

use dirql::Register;
use dirql_sim::{Access, Parts};
use i82574::general::Status;
use i82574::interrupt::{Icr, Ics, Imc, Ims};
use i82574::receive::{Rctl, Rdbal, Rdt};
use i82574::statistics::{Mpc, Rnbc};
use i82574::transmit::{Tctl, Tdbal, Tdt};

use crate::wire::Happening;
use crate::{Engine, I82574};

/// The transmitter: its ring, its engine, the frames that it has sent.
const TRANSMIT: u64 = 1 << 0;
/// The receiver: its ring, its engine, the packet buffer.
const RECEIVE: u64 = 1 << 1;
/// Causes, masks, and what was signalled.
const INTERRUPTS: u64 = 1 << 2;
/// The counters that the driver reads.
const COUNTERS: u64 = 1 << 3;
/// What is still to happen at the far end.
const WIRE: u64 = 1 << 4;
/// All else: how the chip is configured, whether its link is up, whether it is there.
const REST: u64 = 1 << 5;

/// An access to some parts; how the chip is configured matters to each.
const fn to(parts: u64) -> Parts {
    Parts { reads: REST, writes: parts }
}

impl I82574 {
    /// What [`line`](Self::line) and [`is_gone`](Self::is_gone) look at.
    pub const LINE: Parts = Parts { reads: INTERRUPTS | REST, writes: 0 };

    pub(crate) fn parts_of(&self, access: Access) -> Parts {
        if self.config.hostile != 0 || self.lies.told() != 0 {
            return Parts::ALL;
        }
        match access {
            Access::Read(offset) | Access::Write(offset) if Self::is_interrupts(offset) => to(INTERRUPTS),
            Access::Read(offset) | Access::Write(offset) => self.parts_of_register(offset, access),
            Access::Step(engine) => self.parts_of_step(engine),
        }
    }

    const fn is_interrupts(offset: u32) -> bool {
        matches!(offset, Icr::OFFSET | Ics::OFFSET | Ims::OFFSET | Imc::OFFSET)
    }

    fn parts_of_register(&self, offset: u32, access: Access) -> Parts {
        match offset {
            Tdbal::OFFSET..=Tdt::OFFSET | Tctl::OFFSET => to(TRANSMIT),
            Rdbal::OFFSET..=Rdt::OFFSET | Rctl::OFFSET => to(RECEIVE),
            Mpc::OFFSET..=Rnbc::OFFSET if access == Access::Read(offset) => to(COUNTERS),
            // Without its master bit it says too whether DMA is in flight.
            Status::OFFSET if access == Access::Read(offset) && self.is_master() => to(0),
            _ => Parts::ALL,
        }
    }

    fn parts_of_step(&self, engine: u32) -> Parts {
        const TRANSMITS: u32 = Engine::Transmit as u32;
        const RECEIVES: u32 = Engine::Receive as u32;
        const HAPPENS: u32 = Engine::Wire as u32;
        match engine {
            TRANSMITS if self.transmit.raises() => to(TRANSMIT | INTERRUPTS),
            TRANSMITS if self.transmit.waits_for_link() => to(TRANSMIT | COUNTERS),
            TRANSMITS => to(TRANSMIT),
            RECEIVES if self.receive.raises() => to(RECEIVE | INTERRUPTS),
            RECEIVES => to(RECEIVE),
            // A frame for which there is no room interrupts.
            HAPPENS if matches!(self.wire.front(), Some(Happening::Frame(_))) => {
                to(WIRE | RECEIVE | COUNTERS | INTERRUPTS)
            }
            _ => Parts::ALL,
        }
    }
}
