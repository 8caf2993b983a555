//! Every interleaving of a few frames, a link change and interrupts with the ISR and two deferred runs, against
//! the interrupt registers of the chip: when nothing can happen any more, nothing is unseen.

use std::collections::BTreeSet;
use std::format;
use std::string::String;
use std::sync::{Arc, Mutex};
use std::vec::Vec;

use super::*;
use dirql::{Register, RegisterIo};

/// The interrupt registers, as the data sheet describes them (82574 data sheet, 7.4).
#[derive(Clone, Debug)]
struct Chip {
    state: Arc<Mutex<Causes>>,
}

#[derive(Clone, Debug)]
struct Causes {
    mode: InterruptMode,
    icr: Cause,
    ims: Cause,
    /// OTHER had its message: without EIAC it gets no second one before ICR is cleared.
    announced: bool,
    /// Messages sent and not yet delivered.
    sent: [bool; SOURCES],
}

impl Causes {
    fn raise(&mut self, cause: Cause) {
        self.icr |= cause;
        self.signal();
    }

    fn signal(&mut self) {
        let enabled = self.icr & self.ims;
        match self.mode {
            InterruptMode::Line => {}
            InterruptMode::Msi => self.sent[0] |= !enabled.is_empty(),
            InterruptMode::MsiX { .. } => (enabled & Cause::VECTORED).iter().for_each(|c| self.send(c)),
        }
    }

    fn send(&mut self, cause: Cause) {
        if cause == Cause::OTHER && core::mem::replace(&mut self.announced, true) {
            return;
        }
        let vector = self.mode.vectors().vector(cause).unwrap();
        self.sent[usize::from(vector)] = true;
        let cleared = cause & self.mode.auto_cleared();
        self.icr -= cleared;
        self.ims -= cleared;
    }

    fn read_icr(&mut self) -> Cause {
        if self.ims.is_empty() {
            return core::mem::take(&mut self.icr);
        }
        if (self.icr & self.ims).is_empty() {
            return self.icr;
        }
        core::mem::take(&mut self.icr) | Cause::INT_ASSERTED
    }
}

impl RegisterIo for Chip {
    fn read_u32(&self, offset: u32) -> u32 {
        let mut state = self.state.lock().unwrap();
        if offset == Icr::OFFSET { state.read_icr().bits() } else { 0 }
    }

    fn write_u32(&self, offset: u32, value: u32) {
        let mut state = self.state.lock().unwrap();
        let value = Cause::from_bits_retain(value);
        match offset {
            Icr::OFFSET => {
                state.icr -= value;
                state.announced &= state.icr.contains(Cause::OTHER);
            }
            Imc::OFFSET => state.ims -= value,
            Ics::OFFSET => state.raise(value),
            Ims::OFFSET => {
                state.ims |= value;
                state.signal();
            }
            _ => unreachable!("no other register is the section's to write"),
        }
    }
}

/// What can happen next.
#[derive(Clone, Copy, Debug)]
enum Action {
    Frame,
    LinkChange,
    /// The source interrupts: because the device says so, or for another device or for no reason.
    Interrupt(usize, Reason),
    /// The queued deferred run of a source starts.
    Start(usize),
    /// A deferred run takes its next step.
    Step(usize),
}

impl Action {
    /// Whether it need not happen, so that nothing may wait for it.
    fn is_external(self) -> bool {
        matches!(self, Action::Frame | Action::LinkChange | Action::Interrupt(_, Reason::Other))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Device,
    Other,
}

#[derive(Clone, Copy, Debug)]
enum Run {
    LookAtLink(usize, Duties),
    LookAtRing(usize, Duties),
    Finish(usize),
}

impl Run {
    fn source(self) -> usize {
        match self {
            Run::LookAtLink(n, _) | Run::LookAtRing(n, _) | Run::Finish(n) => n,
        }
    }
}

#[derive(Debug)]
struct World {
    shared: Shared<Chip>,
    chip: Chip,
    mode: InterruptMode,
    frames: u8,
    frames_seen: u8,
    link: u8,
    link_seen: u8,
    strays: u8,
    queued: [bool; SOURCES],
    runs: Vec<Run>,
}

impl World {
    fn new(mode: InterruptMode) -> Self {
        let causes = Causes {
            mode,
            icr: Cause::empty(),
            ims: Cause::empty(),
            announced: false,
            sent: [false; SOURCES],
        };
        let chip = Chip { state: Arc::new(Mutex::new(causes)) };
        let mut shared = Shared::new(chip.clone());
        for source in mode.sources() {
            shared.enable(source, true);
            shared.start(source, mode);
        }
        let (queued, runs) = ([false; SOURCES], Vec::new());
        Self { shared, chip, mode, frames: 0, frames_seen: 0, link: 0, link_seen: 0, strays: 0, queued, runs }
    }

    fn source(&self, n: usize) -> Source {
        if self.mode == InterruptMode::Line { Source::Line } else { Source::Message(n as u16) }
    }

    fn interrupts(&self, n: usize) -> bool {
        let state = self.chip.state.lock().unwrap();
        let line = self.mode == InterruptMode::Line && n == 0 && state.icr.intersects(state.ims);
        line || state.sent[n]
    }

    fn possible(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.frames < 2 {
            actions.push(Action::Frame);
        }
        if self.link < 2 {
            actions.push(Action::LinkChange);
        }
        for n in 0..self.mode.sources().count() {
            if self.interrupts(n) {
                actions.push(Action::Interrupt(n, Reason::Device));
            }
            if self.strays < 1 {
                actions.push(Action::Interrupt(n, Reason::Other));
            }
            if self.queued[n] && self.runs.len() < 2 {
                actions.push(Action::Start(n));
            }
        }
        actions.extend((0..self.runs.len()).map(Action::Step));
        actions
    }

    fn act(&mut self, action: Action) {
        let is_msix = self.mode.is_msix();
        match action {
            Action::Frame => {
                self.frames += 1;
                self.raise(if is_msix { Cause::RXQ0 } else { Cause::RXT0 });
            }
            Action::LinkChange => {
                self.link += 1;
                self.raise(if is_msix { Cause::LSC | Cause::OTHER } else { Cause::LSC });
            }
            Action::Interrupt(n, reason) => {
                match reason {
                    Reason::Device => self.chip.state.lock().unwrap().sent[n] = false,
                    Reason::Other => self.strays += 1,
                }
                let outcome = self.shared.isr(self.source(n));
                let is_ours = self.mode == InterruptMode::Line && reason == Reason::Device;
                assert!(outcome.claimed || !is_ours, "nobody claims the line");
                self.queued[n] |= outcome.defer;
            }
            Action::Start(n) => {
                self.queued[n] = false;
                let duties = self.shared.begin(self.source(n));
                self.runs.extend(duties.map(|duties| Run::LookAtLink(n, duties)));
            }
            Action::Step(k) => self.step(k),
        }
    }

    fn raise(&self, cause: Cause) {
        self.chip.state.lock().unwrap().raise(cause);
    }

    fn step(&mut self, k: usize) {
        self.runs[k] = match self.runs[k] {
            Run::LookAtLink(n, duties) => {
                if duties.link {
                    self.link_seen = self.link;
                }
                Run::LookAtRing(n, duties)
            }
            Run::LookAtRing(n, duties) => {
                if duties.receive {
                    self.frames_seen = self.frames;
                }
                Run::Finish(n)
            }
            Run::Finish(n) => {
                self.runs.remove(k);
                self.queued[n] |= self.shared.finish(self.source(n), false) == DeferredOutcome::Again;
                return;
            }
        };
    }

    fn judge(&self, is_quiet: bool, path: &[Action]) {
        let owners: Vec<usize> = self.runs.iter().map(|run| run.source()).collect();
        assert!(owners.first() != owners.get(1) || owners.is_empty(), "two runs at one source: {path:?}");
        if is_quiet {
            assert_eq!(self.frames_seen, self.frames, "a frame is unseen: {path:?}");
            assert_eq!(self.link_seen, self.link, "a link change is unseen: {path:?}");
        }
    }

    fn key(&self) -> String {
        let sources = self.shared.sources.map(|s| s.stage);
        let seen = (self.frames, self.frames_seen, self.link, self.link_seen, self.strays);
        format!("{sources:?} {:?} {seen:?} {:?} {:?}", self.chip, self.queued, self.runs)
    }
}

/// Visits every state that can be reached, and returns how many there are.
fn explore(mode: InterruptMode) -> usize {
    let mut visited = BTreeSet::new();
    let mut open: Vec<Vec<Action>> = std::vec![Vec::new()];
    while let Some(path) = open.pop() {
        let mut world = World::new(mode);
        path.iter().for_each(|&action| world.act(action));
        if !visited.insert(world.key()) {
            continue;
        }
        let possible = world.possible();
        world.judge(possible.iter().all(|action| action.is_external()), &path);
        open.extend(possible.into_iter().map(|action| {
            let mut longer = path.clone();
            longer.push(action);
            longer
        }));
    }
    visited.len()
}

#[test]
fn no_interleaving_loses_a_cause_on_a_shared_line() {
    assert!(explore(InterruptMode::Line) > 100);
}

#[test]
fn no_interleaving_loses_a_cause_with_one_msi() {
    assert!(explore(InterruptMode::Msi) > 100);
}

#[test]
fn no_interleaving_loses_a_cause_with_one_vector() {
    assert!(explore(InterruptMode::MsiX { vectors: 1 }) > 100);
}

#[test]
fn no_interleaving_loses_a_cause_with_three_vectors() {
    assert!(explore(InterruptMode::MsiX { vectors: 3 }) > 1000);
}
