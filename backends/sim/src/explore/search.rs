//! The depth-first search over the interleavings of one program, a run at a time.
//!
//! It is source-DPOR with sleep sets: Abdulla, Aronis, Jonsson, Sagonas, "Optimal Dynamic Partial Order Reduction"
//! (POPL 2014), algorithm 1. After each run every pair of steps that conflict and could have come in the other order
//! makes the search try that order later; sleep sets keep two equivalent runs from both coming to their end.

use super::clock::Clock;
use super::footprint::{FootprintId, Footprints, Touch};
use super::{Counts, End};
use crate::moves::{Move, Moves};

/// A state on the current path, and the step that leaves it.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// What could move.
    pub(super) enabled: u32,
    /// What has to be tried.
    pub(super) wanted: u32,
    /// What was tried, here or before, and would lead to nothing new: with what it touches.
    sleep: Vec<(Move, FootprintId)>,
    /// Nothing else could move, and a thread waited for just that.
    pub(super) settled: bool,
    pub(super) kept_back: Vec<KeptBack>,
    /// Who went last before.
    last: Move,
    pub(super) pick: Move,
    pub(super) step: FootprintId,
    pub(super) clock: Clock,
    /// What the step chose so far, and out of how many.
    choices: Vec<(u32, u32)>,
    /// What the step touched when it chose otherwise.
    touched: Vec<FootprintId>,
    /// How many preemptions there were before.
    preemptions: u32,
}

impl Node {
    /// Returns whether the pick takes the turn from one that could have gone on.
    fn preempts(&self) -> bool {
        self.pick != self.last && Moves(self.enabled).contains(self.last)
    }

    /// Returns what sleeps.
    pub(super) fn asleep(&self) -> u32 {
        self.sleep.iter().fold(0, |set, (m, _)| set | m.bit())
    }

    /// Takes the next of the step's choices; says whether there was one.
    fn choose_next(&mut self) -> bool {
        while let Some((choice, of)) = self.choices.pop() {
            if choice + 1 < of {
                self.choices.push((choice + 1, of));
                return true;
            }
        }
        false
    }
}

/// What the machine tells of a state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation<'w> {
    pub(crate) enabled: Moves,
    /// Who went last.
    pub(crate) last: Move,
    /// Nothing could move, and a thread waited for just that.
    pub(crate) settled: bool,
    /// The interrupts that a processor's level keeps back.
    pub(crate) masked: &'w [Masked],
}

/// A processor's interrupt that its level keeps back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Masked {
    pub(crate) interrupt: Move,
    /// What it would touch if it were taken.
    pub(crate) take: [Touch; 4],
}

/// As [`Masked`].
#[derive(Clone, Copy, Debug)]
pub(super) struct KeptBack {
    pub(super) interrupt: Move,
    pub(super) take: FootprintId,
    /// Of that, what makes it pending.
    pub(super) cause: FootprintId,
}

/// How much of the tree is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reduction {
    /// One run of each class of equivalent ones.
    Dynamic,
    /// Every run, or every one with at most that many preemptions.
    None { preemptions_max: u32 },
}

/// The path to the current state of a depth-first search, and what is left to do along it.
#[derive(Debug)]
pub(crate) struct Search {
    reduction: Reduction,
    pub(super) nodes: Vec<Node>,
    /// How many nodes the current run has entered.
    depth: usize,
    /// How many nodes the current run was given.
    given: usize,
    /// What could still move when the current run was over.
    pub(super) left: u32,
    /// How many choices the current step has made.
    chosen: usize,
    pub(super) footprints: Footprints,
    counts: Counts,
    finished: bool,
}

impl Search {
    pub(super) fn new(reduction: Reduction) -> Self {
        Self {
            reduction,
            nodes: Vec::new(),
            depth: 0,
            given: 0,
            left: 0,
            chosen: 0,
            footprints: Footprints::default(),
            counts: Counts::default(),
            finished: false,
        }
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    pub(super) fn reduction(&self) -> Reduction {
        self.reduction
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }

    /// Picks the next move; `None` if every run from here on is equivalent to one that was run.
    pub(crate) fn decide(&mut self, state: &Situation<'_>) -> Option<Move> {
        let Situation { enabled, last, settled, masked } = *state;
        self.chosen = 0;
        if self.depth < self.given {
            let node = &self.nodes[self.depth];
            assert_eq!(
                node.enabled, enabled.0,
                "an explored program did not do the same under the same schedule"
            );
            self.depth += 1;
            return Some(node.pick);
        }
        let mut node = Node { enabled: enabled.0, last, settled, ..Node::default() };
        node.kept_back.extend(masked.iter().map(|masked| self.footprints.keep_back(masked)));
        self.come_to(&mut node);
        let awake = Moves(enabled.0 & !node.asleep());
        if awake.is_empty() {
            self.left = enabled.0;
            return None;
        }
        node.pick = if awake.contains(last) { last } else { awake.nth(0) };
        node.wanted |= node.pick.bit();
        self.nodes.push(node);
        self.depth += 1;
        Some(self.nodes[self.depth - 1].pick)
    }

    /// Lets a new node inherit what its predecessor's step leaves asleep, or spent.
    fn come_to(&mut self, node: &mut Node) {
        let before = self.nodes.last();
        match self.reduction {
            Reduction::Dynamic => {
                if let Some(before) = before {
                    node.sleep.clone_from(&before.sleep);
                    self.footprints.wake(&mut node.sleep, before.step);
                }
            }
            Reduction::None { preemptions_max } => {
                node.preemptions = before.map_or(0, |b| b.preemptions + u32::from(b.preempts()));
                let must_go_on =
                    node.preemptions == preemptions_max && Moves(node.enabled).contains(node.last);
                node.wanted = if must_go_on { node.last.bit() } else { node.enabled };
            }
        }
    }

    /// Notes what the step under way has touched: it is over.
    pub(crate) fn stepped(&mut self, touches: &[Touch]) {
        if let Some(index) = self.depth.checked_sub(1)
            && self.depth >= self.given
        {
            self.nodes[index].step = self.footprints.intern(touches);
        }
    }

    /// Chooses among `alternatives` outcomes of the step under way.
    pub(crate) fn choose(&mut self, alternatives: u32) -> u32 {
        let node = self.nodes[..self.depth].last_mut().expect("nothing is chosen before the first step");
        if self.chosen == node.choices.len() {
            node.choices.push((0, alternatives));
        }
        let (choice, of) = node.choices[self.chosen];
        assert_eq!(of, alternatives, "an explored program did not choose the same under the same schedule");
        self.chosen += 1;
        choice
    }

    /// Notes that the run is over, and prepares the next one.
    pub(crate) fn ended(&mut self, end: End) {
        match end {
            End::Complete => self.counts.complete += 1,
            End::Failed => self.counts.failed += 1,
            End::Redundant => self.counts.redundant += 1,
        }
        if self.reduction == Reduction::Dynamic {
            self.learn(self.given.saturating_sub(1));
        }
        self.turn_back();
    }

    /// Goes back to the last node that has something left to try.
    fn turn_back(&mut self) {
        self.depth = 0;
        self.left = 0;
        while let Some(node) = self.nodes.last_mut() {
            node.touched.push(node.step);
            if !node.choose_next() {
                let pick = node.pick;
                node.sleep.extend(node.touched.drain(..).map(|touched| (pick, touched)));
                let left = Moves(node.wanted & !node.asleep());
                if left.is_empty() {
                    self.nodes.pop();
                    continue;
                }
                node.pick = left.nth(0);
            }
            self.given = self.nodes.len();
            return;
        }
        self.finished = true;
    }
}

impl Footprints {
    fn keep_back(&mut self, masked: &Masked) -> KeptBack {
        let [_, _, cause @ ..] = &masked.take;
        KeptBack { interrupt: masked.interrupt, take: self.intern(&masked.take), cause: self.intern(cause) }
    }

    /// Wakes the sleepers that a step concerns.
    fn wake(&mut self, sleep: &mut Vec<(Move, FootprintId)>, step: FootprintId) {
        let mut woken = 0;
        for &(sleeper, touched) in sleep.iter() {
            woken |= if self.commute(touched, step) { 0 } else { sleeper.bit() };
        }
        sleep.retain(|(sleeper, _)| woken & sleeper.bit() == 0);
    }
}
