//! Which causes reach which source, in each interrupt mode.

use dirql::{Error, ErrorKind, Source};
use i82574::interrupt::{Cause, Ivar};

/// How the device signals, as it was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterruptMode {
    /// INTx, possibly shared.
    Line,
    /// MSI: one message.
    Msi,
    /// MSI-X.
    MsiX {
        /// 3: message 0 receives, 1 transmits, 2 is for the rest. 1: message 0 is for all.
        vectors: u16,
    },
}

const RECEIVE: Cause = Cause::RXT0.union(Cause::RXQ0);
const TRANSMIT: Cause = Cause::TXDW.union(Cause::TXQ0);
const LINK: Cause = Cause::LSC.union(Cause::OTHER);
const ALL_LEGACY: Cause = Cause::RXT0.union(Cause::TXDW).union(Cause::LSC);
const ALL_VECTORED: Cause = Cause::RXQ0.union(Cause::TXQ0).union(LINK);
/// What the device clears and masks by itself when it sends the message.
const AUTO_CLEARED: Cause = Cause::RXQ0.union(Cause::TXQ0);

impl InterruptMode {
    /// Refuses a number of vectors that the driver has no layout for.
    pub(crate) fn check(self) -> Result<(), Error> {
        match self {
            InterruptMode::MsiX { vectors: 1 | 3 } | InterruptMode::Line | InterruptMode::Msi => Ok(()),
            InterruptMode::MsiX { .. } => Err(ErrorKind::Unsupported.into()),
        }
    }

    /// The first of the mode's sources.
    pub(crate) const fn first_source(self) -> Source {
        match self {
            InterruptMode::Line => Source::Line,
            InterruptMode::Msi | InterruptMode::MsiX { .. } => Source::Message(0),
        }
    }

    /// The mode's sources.
    pub(crate) fn sources(self) -> impl Iterator<Item = Source> {
        let more = match self {
            InterruptMode::MsiX { vectors } => vectors,
            InterruptMode::Line | InterruptMode::Msi => 1,
        };
        core::iter::once(self.first_source()).chain((1..more).map(Source::Message))
    }

    pub(crate) const fn is_msix(self) -> bool {
        matches!(self, InterruptMode::MsiX { .. })
    }

    /// What `source` stands for; nothing if the mode does not use it.
    pub(crate) fn wiring(self, source: Source) -> Option<Wiring> {
        match (self, source) {
            (InterruptMode::Line, Source::Line) => Some(Wiring::by_cause_register(true)),
            (InterruptMode::Msi, Source::Message(0)) => Some(Wiring::by_cause_register(false)),
            (InterruptMode::MsiX { vectors: 1 }, Source::Message(0)) => {
                Some(Wiring::by_vector(ALL_VECTORED, ALL_VECTORED))
            }
            (InterruptMode::MsiX { vectors: 3 }, Source::Message(n)) => Wiring::of_three(n),
            _ => None,
        }
    }

    /// EIAC for this mode.
    pub(crate) const fn auto_cleared(self) -> Cause {
        if self.is_msix() { AUTO_CLEARED } else { Cause::empty() }
    }

    /// IVAR for this mode. TX interrupts come from RS alone, so bit 31 stays clear.
    pub(crate) fn vectors(self) -> Ivar {
        let none = Ivar(0);
        let all = none.with_rxq0_valid(true).with_txq0_valid(true).with_other_valid(true);
        match self {
            InterruptMode::MsiX { vectors: 3 } => all.with_txq0(1).with_other(2),
            InterruptMode::MsiX { .. } => all,
            InterruptMode::Line | InterruptMode::Msi => none,
        }
    }
}

/// What one source stands for while the driver runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wiring {
    /// The causes that raise it.
    pub(crate) causes: Cause,
    /// Whether ICR tells the cause: in INTx and MSI mode.
    pub(crate) reads_icr: bool,
    /// What the ISR masks; EIAC masks the rest.
    pub(crate) masked_by_isr: Cause,
    /// Whether it is a level, which must be seen to drop before the ISR returns (R61).
    pub(crate) is_level: bool,
}

impl Wiring {
    const fn by_cause_register(is_level: bool) -> Self {
        Self { causes: ALL_LEGACY, reads_icr: true, masked_by_isr: ALL_LEGACY, is_level }
    }

    const fn by_vector(causes: Cause, masked_by_isr: Cause) -> Self {
        Self { causes, reads_icr: false, masked_by_isr, is_level: false }
    }

    const fn of_three(message: u16) -> Option<Self> {
        match message {
            0 => Some(Self::by_vector(Cause::RXQ0, Cause::empty())),
            1 => Some(Self::by_vector(Cause::TXQ0, Cause::empty())),
            2 => Some(Self::by_vector(LINK, LINK)),
            _ => None,
        }
    }

    /// What the deferred routine has to do for `raised`.
    ///
    /// The rings are looked at whatever was raised: a look costs one word of memory, and no cause that got lost
    /// on the way can then stall them. The link costs a register read.
    pub(crate) const fn duties(self, raised: Cause) -> Duties {
        Duties {
            receive: self.causes.intersects(RECEIVE),
            transmit: self.causes.intersects(TRANSMIT),
            link: raised.intersects(LINK),
        }
    }
}

/// What a run of the deferred routine has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Duties {
    pub(crate) receive: bool,
    pub(crate) transmit: bool,
    pub(crate) link: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const MODES: [InterruptMode; 4] = [
        InterruptMode::Line,
        InterruptMode::Msi,
        InterruptMode::MsiX { vectors: 1 },
        InterruptMode::MsiX { vectors: 3 },
    ];

    #[test]
    fn every_mode_serves_every_duty_exactly_once() {
        for mode in MODES {
            let all: Vec<Wiring> = mode.sources().map(|s| mode.wiring(s).unwrap()).collect();
            let duties: Vec<Duties> = all.iter().map(|w| w.duties(w.causes)).collect();
            assert_eq!(duties.iter().filter(|d| d.receive).count(), 1, "{mode:?}");
            assert_eq!(duties.iter().filter(|d| d.transmit).count(), 1, "{mode:?}");
            assert_eq!(duties.iter().filter(|d| d.link).count(), 1, "{mode:?}");
            assert!(mode.check().is_ok());
        }
        assert!(InterruptMode::MsiX { vectors: 2 }.check().is_err());
    }

    #[test]
    fn ivar_agrees_with_the_wiring() {
        for mode in MODES.into_iter().filter(|m| m.is_msix()) {
            for source in mode.sources() {
                let Source::Message(n) = source else { panic!("MSI-X has no line") };
                let vectored = mode.wiring(source).unwrap().causes & Cause::VECTORED;
                for cause in vectored.iter() {
                    assert_eq!(mode.vectors().vector(cause), Some(n), "{mode:?} {cause:?}");
                }
            }
        }
    }

    #[test]
    fn every_cause_is_masked_by_the_device_or_by_the_isr() {
        for mode in MODES {
            for source in mode.sources() {
                let wiring = mode.wiring(source).unwrap();
                assert!((wiring.masked_by_isr | mode.auto_cleared()).contains(wiring.causes), "{mode:?}");
            }
        }
    }
}
