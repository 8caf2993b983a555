//! Schedules as data: written down, and followed.

use super::{Scheduler, Switch};
use crate::moves::{Move, Moves};

/// Follows a list of switches, recorded or invented, and the default policy between and after them.
#[derive(Clone, Debug)]
pub struct Replay {
    switches: Vec<Switch>,
    next: usize,
    gap: u32,
    misfits: u64,
}

impl Replay {
    /// Starts to follow `switches`.
    pub const fn new(switches: Vec<Switch>) -> Self {
        Self { switches, next: 0, gap: 0, misfits: 0 }
    }

    fn next(&mut self) -> Option<u8> {
        let switch = self.switches.get(self.next)?;
        if self.gap < switch.gap {
            self.gap += 1;
            return None;
        }
        self.next += 1;
        self.gap = 0;
        Some(switch.pick)
    }
}

impl Scheduler for Replay {
    fn pick(&mut self, moves: Moves, default: Move, _forced: bool) -> Move {
        match self.next() {
            None => default,
            Some(pick) if pick < 32 && moves.contains(Move(pick)) => Move(pick),
            Some(pick) => {
                self.misfits += 1;
                moves.nth(u32::from(pick) % moves.len())
            }
        }
    }

    fn choose(&mut self, alternatives: u32) -> u32 {
        let Some(pick) = self.next() else { return 0 };
        self.misfits += u64::from(u32::from(pick) >= alternatives);
        u32::from(pick) % alternatives
    }

    fn misfits(&self) -> u64 {
        self.misfits + (self.switches.len() - self.next) as u64
    }
}

/// Writes down in what a run deviates from the default policy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder {
    switches: Vec<Switch>,
    gap: u32,
}

impl Recorder {
    pub(crate) fn note(&mut self, deviates: bool, pick: u8) {
        if deviates {
            self.switches.push(Switch { gap: self.gap, pick });
            self.gap = 0;
        } else {
            self.gap += 1;
        }
    }

    pub(crate) fn take(&mut self) -> Vec<Switch> {
        self.gap = 0;
        core::mem::take(&mut self.switches)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Seeded, Strategy};
    use super::*;

    const THREE: Moves = Moves(0b10110);

    #[test]
    fn replay_follows_its_gaps_and_counts_what_does_not_fit() {
        let switches = [Switch { gap: 2, pick: 4 }, Switch { gap: 0, pick: 3 }];
        let mut replay = Replay::new(switches.to_vec());
        let picks: Vec<u8> = (0..5).map(|_| replay.pick(THREE, Move(1), false).0).collect();
        assert_eq!(picks, [1, 1, 4, 1, 1]);
        assert_eq!(replay.misfits(), 1);
    }

    #[test]
    fn what_a_recorder_notes_replays_the_same() {
        let mut scheduler = Seeded::new(Strategy::Random, 7);
        let mut recorder = Recorder::default();
        let picks: Vec<Move> = (0..200)
            .map(|_| {
                let pick = scheduler.pick(THREE, Move(2), false);
                recorder.note(pick != Move(2), pick.0);
                pick
            })
            .collect();
        let switches = recorder.take();
        let mut replay = Replay::new(switches.to_vec());
        let again: Vec<Move> = (0..200).map(|_| replay.pick(THREE, Move(2), false)).collect();
        assert_eq!(picks, again);
        assert_eq!(replay.misfits(), 0);
    }
}
