//! Systematic exploration of one case: what can be claimed of it, and what came of it.

pub(crate) mod process;

use serde::{Deserialize, Serialize};

use crate::backend::Backend;
use crate::case::{Case, Interrupt, Memory, Schedule, Send, Serialization, Settings, Wire};
use crate::scenario::Scenario;
use crate::scheduler::Scheduler;

/// How much is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// The most preemptions of a schedule; without a bound, one of each set of equivalent interleavings is run.
    pub preemptions: Option<u32>,
    /// Whether what the machine and the device may choose is tried too; else the plain outcome is what happens.
    pub choices: bool,
}

/// How far an exploration is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explored {
    /// All runs, also those that were given up midway.
    pub runs: u64,
    /// Whether nothing is left to run.
    pub is_finished: bool,
    /// What has been run, and what that proves.
    pub statement: String,
}

impl Extent {
    /// Checks that what this would say of a case on `backend` is true.
    ///
    /// # Errors
    /// Why it is not, and what to do instead.
    pub fn check(self, backend: Backend) -> Result<(), String> {
        if self.preemptions.is_some() || backend == Backend::Mock {
            return Ok(());
        }
        Err(format!(
            "which interleavings are equivalent is known on mock only: on {backend} the simulated framework keeps things \
             for itself, and the exploration is not told who touches them; give --preemptions K, which takes no two \
             schedules for equivalent"
        ))
    }
}

/// The smallest case that is worth it: so many frames out and in, on two processors.
pub(crate) fn small_case(interrupt: Interrupt, sends: u8, arrivals: u8) -> Case {
    Case {
        scenario: Scenario::Traffic,
        settings: Settings {
            cpus: 2,
            memory: Memory::X64,
            interrupt,
            serialize: Serialization::PerSource,
            tx_descriptors: 8,
            rx_descriptors: 8,
            rx_buffer_size: 2048,
            budget: 64,
            hostile: 0,
            device_seed: WELL_BEHAVED,
        },
        sends: (0..sends).map(|frame| Send { sender: 0, frame: frame.into(), fragments: 1 }).collect(),
        controls: Vec::new(),
        wire: (0..arrivals).map(|frame| Wire::Frame(frame.into())).collect(),
        schedule: Schedule::Seeded { scheduler: Scheduler::RunToCompletion, seed: 0 },
    }
}

/// Promiscuous, asks for the line if there is one, comes to rest and is judged before it stops, finds no interrupt
/// enabled, and is not asked then whether it would still work: that is one more life to explore.
const WELL_BEHAVED: u64 = 1 << 8 | 1 << 16 | 1 << 20 | 1 << 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bound_allows_other_backends_than_the_mock() {
        let extent = |preemptions| Extent { preemptions, choices: false };
        for &backend in Backend::ALL {
            assert_eq!(extent(Some(1)).check(backend), Ok(()));
            assert_eq!(extent(None).check(backend).is_ok(), backend == Backend::Mock);
        }
    }

    #[test]
    fn a_small_case_is_valid_and_judged() {
        let case = small_case(Interrupt::MsiX3, 2, 1);
        assert_eq!(case.validate(), Ok(()));
        assert!(!case.ends_abruptly() && case.rounds() == 1 && (case.sends.len(), case.wire.len()) == (2, 1));
    }
}
