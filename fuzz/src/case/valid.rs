//! Which values a case may have. Drawn and decoded cases keep to them; JSON comes from outside and is checked.

use std::fmt;

use super::*;

/// Lengths of a ring, in descriptors. The 82574 wants multiples of 8 (data sheet, 10.2.5.6 RDLEN, 10.2.6.7 TDLEN).
pub(super) const RING_LENGTHS: [u16; 3] = [8, 16, 32];
/// Sizes of a receive buffer, in bytes (RCTL.BSIZE with BSEX clear).
pub(super) const BUFFER_SIZES: [u16; 4] = [256, 512, 1024, 2048];
pub(super) const CPUS_MIN: u8 = 2;
pub(super) const CPUS_MAX: u8 = 4;
pub(super) const BUDGET_MAX: u8 = 64;
pub(super) const SENDERS: u8 = 2;
pub(super) const FRAGMENTS_MAX: u8 = 4;

/// Names the field of a case whose value is out of range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidCase(&'static str);

impl fmt::Display for InvalidCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the case's {} is out of range", self.0)
    }
}

impl std::error::Error for InvalidCase {}

impl Case {
    /// Checks that every value is in range.
    ///
    /// # Errors
    /// Names the first field that is not.
    pub fn validate(&self) -> Result<(), InvalidCase> {
        let checks = [
            ("settings.cpus", (CPUS_MIN..=CPUS_MAX).contains(&self.settings.cpus)),
            ("settings.tx_descriptors", RING_LENGTHS.contains(&self.settings.tx_descriptors)),
            ("settings.rx_descriptors", RING_LENGTHS.contains(&self.settings.rx_descriptors)),
            ("settings.rx_buffer_size", BUFFER_SIZES.contains(&self.settings.rx_buffer_size)),
            ("settings.budget", (1..=BUDGET_MAX).contains(&self.settings.budget)),
            ("sends", self.sends.len() <= SENDS_MAX && self.sends.iter().all(Send::is_valid)),
            ("controls", self.controls.len() <= CONTROLS_MAX),
            ("wire", self.wire.len() <= WIRE_MAX),
            ("schedule", self.schedule.is_valid()),
        ];
        checks.iter().find(|(_, sound)| !sound).map_or(Ok(()), |(field, _)| Err(InvalidCase(field)))
    }
}

impl Send {
    fn is_valid(&self) -> bool {
        self.sender < SENDERS && (1..=FRAGMENTS_MAX).contains(&self.fragments)
    }
}

impl Schedule {
    fn is_valid(&self) -> bool {
        match self {
            Self::Seeded { .. } => true,
            Self::Switches(switches) => switches.len() <= SWITCHES_MAX,
        }
    }
}
