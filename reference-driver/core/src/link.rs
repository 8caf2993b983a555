//! The state of the link.

use dirql::sync::{AtomicU32, Ordering};
use dirql::{RegisterIo, View};
use i82574::GONE;
use i82574::general::Status;

use crate::registers::LinkGroup;

/// State of the link, as the PHY reported it last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// No link.
    #[default]
    Down,
    /// A link.
    Up {
        /// Speed in Mbit/s: 10, 100 or 1000.
        mbps: u16,
        /// Whether both sides may send at once.
        full_duplex: bool,
    },
}

const UP: u32 = 1 << 31;
const FULL_DUPLEX: u32 = 1 << 30;

impl Link {
    fn from_status(status: Status) -> Self {
        if !status.contains(Status::LU) {
            return Link::Down;
        }
        Link::Up { mbps: status.speed_mbps() as u16, full_duplex: status.contains(Status::FD) }
    }

    const fn pack(self) -> u32 {
        match self {
            Link::Down => 0,
            Link::Up { mbps, full_duplex: true } => UP | FULL_DUPLEX | mbps as u32,
            Link::Up { mbps, full_duplex: false } => UP | mbps as u32,
        }
    }

    const fn unpack(word: u32) -> Self {
        if word & UP == 0 {
            return Link::Down;
        }
        Link::Up { mbps: word as u16, full_duplex: word & FULL_DUPLEX != 0 }
    }
}

/// Watches the link. One context takes changes in at a time: the deferred run that owns the source of LSC, or `start`
/// before it unmasks that source; so no older state can replace a newer one.
#[derive(Debug)]
pub(crate) struct LinkWatch<R> {
    view: View<R, LinkGroup>,
    last: AtomicU32,
}

impl<R: RegisterIo> LinkWatch<R> {
    pub(crate) fn new(registers: R) -> Self {
        Self { view: View::new(registers), last: AtomicU32::new(Link::Down.pack()) }
    }

    pub(crate) fn state(&self) -> Link {
        Link::unpack(self.last.load(Ordering::Acquire))
    }

    /// Reads STATUS and returns the link if it is not what it was. A device that is gone changes nothing.
    pub(crate) fn look(&self) -> Option<Link> {
        let status = self.view.read::<Status>();
        if status.bits() == GONE {
            return None;
        }
        self.set(Link::from_status(status))
    }

    /// Reads STATUS and says whether frames can leave: the link is up, and no flow control is in the way. Any context.
    pub(crate) fn may_send(&self) -> bool {
        let status = self.view.read::<Status>();
        status.bits() != GONE && status.contains(Status::LU) && !status.contains(Status::TXOFF)
    }

    /// Records `link` and returns it if it is not what it was.
    pub(crate) fn set(&self, link: Link) -> Option<Link> {
        let before = self.last.swap(link.pack(), Ordering::AcqRel);
        (before != link.pack()).then_some(link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Registers;
    use dirql::Register;

    #[test]
    fn every_state_survives_packing() {
        for mbps in [10, 100, 1000] {
            for full_duplex in [false, true] {
                let link = Link::Up { mbps, full_duplex };
                assert_eq!(Link::unpack(link.pack()), link);
            }
        }
        assert_eq!(Link::unpack(Link::Down.pack()), Link::Down);
    }

    #[test]
    fn a_change_is_reported_once_and_all_ones_is_none() {
        let registers = Registers::default();
        let watch = LinkWatch::new(registers.clone());
        registers.set(Status::OFFSET, 0x83);
        let up = Link::Up { mbps: 1000, full_duplex: true };
        assert_eq!((watch.look(), watch.look()), (Some(up), None));
        registers.set(Status::OFFSET, GONE);
        assert_eq!((watch.look(), watch.state()), (None, up));
        registers.set(Status::OFFSET, 0);
        assert_eq!((watch.look(), watch.state()), (Some(Link::Down), Link::Down));
    }
}
