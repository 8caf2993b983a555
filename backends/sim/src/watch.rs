//! What an exploration is told: which step touched what, and whose turn would lead to nothing.
//!
//! What a step changes in the state of processors and threads is found by comparison; everything else is told by those
//! who touch it, through [`Core::touch`].

use core::cell::RefCell;
use std::rc::Rc;

use crate::core::{Core, object};
use crate::explore::{End, How, Masked, Search, Situation, Touch};
use crate::irql::PASSIVE;
use crate::moves::{Actor, CPUS_MAX, Move, Moves, THREADS_MAX};

/// What is noted of the step under way.
pub(crate) struct Watch {
    search: Rc<RefCell<Search>>,
    touches: Vec<Touch>,
    cpus: [View; CPUS_MAX],
    runnable: u32,
    /// The next step comes after all others: nothing else could move.
    settled: bool,
    /// The search gave the run up.
    gave_up: bool,
}

/// What others can see of a processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct View {
    irql: u8,
    depth: u8,
    current: usize,
}

/// The lock that a thread wants at its next step.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted {
    lock: Option<u16>,
    /// How many contexts were nested below the one that wants it.
    depth: u8,
    /// It has raised its level and tried.
    tried: bool,
}

impl Watch {
    pub(crate) fn new(search: Rc<RefCell<Search>>) -> Self {
        Self {
            search,
            touches: Vec::new(),
            cpus: [View::default(); CPUS_MAX],
            runnable: 0,
            settled: false,
            gave_up: false,
        }
    }
}

impl Core {
    /// Notes that the step under way touches an object.
    #[inline]
    pub(crate) fn touch(&mut self, object: u32, how: How) {
        if self.watch.is_some() {
            self.note(Touch::one(object, how));
        }
    }

    /// Notes that the step under way touches the objects from `first` to `last`.
    #[inline]
    pub(crate) fn touch_all(&mut self, first: u32, last: u32, how: How) {
        if self.watch.is_some() {
            self.note(Touch { first, last, how });
        }
    }

    /// Out of the way of runs that nobody watches, which are nearly all.
    #[cold]
    fn note(&mut self, touch: Touch) {
        if let Some(watch) = &mut self.watch {
            watch.touches.push(touch);
        }
    }

    /// Notes that the step under way commutes with no other.
    pub(crate) fn touch_everything(&mut self) {
        self.touch_all(Touch::EVERYTHING.first, Touch::EVERYTHING.last, Touch::EVERYTHING.how);
    }

    /// Notes that a DPC of some processor is looked for, queued or taken.
    #[inline]
    pub(crate) fn touch_dpcs_of(&mut self, cpu: usize, how: How) {
        self.touch(object::DPC_QUEUE | cpu as u32, how);
    }

    /// Notes that nothing could move, and one that waited for that goes on.
    pub(crate) fn note_settled(&mut self) {
        if let Some(watch) = &mut self.watch {
            watch.settled = true;
        }
    }

    /// Notes which lock the running thread wants at its next step.
    #[inline]
    pub(crate) fn want(&mut self, lock: u16) {
        if self.watch.is_some() {
            let depth = self.cpus[self.cpu()].depth;
            self.threads[self.running].wanted = Wanted { lock: Some(lock), depth, tried: false };
        }
    }

    /// The running thread has tried to take the lock that it wanted.
    #[inline]
    pub(crate) fn tried(&mut self, lock: u16, taken: bool) {
        let wanted = &mut self.threads[self.running].wanted;
        if wanted.lock == Some(lock) {
            wanted.tried = true;
            if taken {
                wanted.lock = None;
            }
        }
    }

    /// Lets the exploration pick; `None` if it gives the run up.
    #[inline(never)]
    pub(crate) fn explore(&mut self, moves: Moves) -> Option<Move> {
        self.end_step();
        let futile = self.futile(moves);
        let open = if futile == moves.0 { moves } else { Moves(moves.0 & !futile) };
        let masked: Vec<Masked> = (0..self.cpu_count).filter_map(|cpu| self.masked(cpu, moves)).collect();
        let last = self.last;
        let watch = self.watch.as_mut()?;
        let settled = core::mem::take(&mut watch.settled);
        let state = Situation { enabled: open, last, settled, masked: &masked };
        let picked = watch.search.borrow_mut().decide(&state);
        watch.gave_up |= picked.is_none();
        self.begin_step(picked?);
        picked
    }

    /// Returns what a processor would take if its level were not too high.
    fn masked(&self, cpu: usize, moves: Moves) -> Option<Masked> {
        let interrupt = Move::interrupt(cpu);
        let vector = self.interrupts.most_urgent(cpu, PASSIVE).is_some();
        if moves.contains(interrupt) || !(vector || self.dpcs.any_on(cpu)) {
            return None;
        }
        let queue = object::DPC_QUEUE | cpu as u32;
        let (first, second) = match (vector, self.dpcs.any_on(cpu)) {
            (true, false) => (object::VECTORS, object::VECTORS),
            (false, true) => (queue, queue),
            _ => (object::VECTORS, queue),
        };
        let under = object::STACK | self.cpus[cpu].current as u32;
        let take =
            [under, object::CPU | cpu as u32, first, second].map(|object| Touch::one(object, How::Write));
        Some(Masked { interrupt, take })
    }

    /// The move has been picked: notes what it depends on.
    fn begin_step(&mut self, picked: Move) {
        if self.events.any_armed() {
            // A sleeper wakes when all others have moved, whoever they are.
            self.touch_everything();
        }
        match picked.actor() {
            Actor::Thread(thread) => {
                self.touch(object::STACK | thread as u32, How::Write);
                self.touch(object::CPU | self.threads[thread].cpu as u32, How::Read);
            }
            Actor::Interrupt(cpu) => {
                let under = self.cpus[cpu].current as u32;
                self.touch(object::STACK | under, How::Write);
                self.touch(object::CPU | cpu as u32, How::Write);
                self.touch(object::VECTORS, How::Read);
                self.touch_dpcs_of(cpu, How::Read);
            }
            // Their steps are the device's, and it says what they touch.
            Actor::Engine(..) | Actor::Posted(_) => {}
            Actor::Timer => self.touch_everything(),
        }
    }

    /// The step under way is over: finds what it has changed, and tells.
    fn end_step(&mut self) {
        let views = self.views();
        let sleepers = self.events.any_armed();
        let Some(watch) = &mut self.watch else { return };
        if sleepers {
            watch.touches.push(Touch::EVERYTHING);
        }
        for (cpu, (old, new)) in watch.cpus.iter_mut().zip(views).enumerate() {
            if *old != new {
                *old = new;
                watch.touches.push(Touch::one(object::CPU | cpu as u32, How::Write));
            }
        }
        let mut woken = core::mem::replace(&mut watch.runnable, self.runnable) ^ self.runnable;
        while woken != 0 {
            watch.touches.push(Touch::one(object::STACK | woken.trailing_zeros(), How::Write));
            woken &= woken - 1;
        }
        watch.touches.sort_unstable();
        watch.touches.dedup();
        watch.search.borrow_mut().stepped(&watch.touches);
        watch.touches.clear();
    }

    fn views(&self) -> [View; CPUS_MAX] {
        self.cpus.map(|cpu| View { irql: cpu.irql, depth: cpu.depth, current: cpu.current })
    }

    /// Returns the moves of threads that would only find a lock taken, where nobody could tell that they had looked:
    /// whoever spins has raised its level, which others on its processor see.
    fn futile(&self, moves: Moves) -> u32 {
        let is_futile = |&thread: &usize| {
            let wanted = &self.threads[thread].wanted;
            moves.contains(Move::thread(thread))
                && wanted.lock.is_some_and(|lock| self.locks.owner(lock).is_some_and(|owner| owner != thread))
                && wanted.depth == self.depth_of(thread)
                && (wanted.tried || moves.0 & self.moves_beside(thread) == 0)
        };
        (0..self.thread_count).filter(is_futile).fold(0, |set, thread| set | Move::thread(thread).bit())
    }

    fn depth_of(&self, thread: usize) -> u8 {
        let cpu = &self.cpus[self.threads[thread].cpu];
        if cpu.current == thread { cpu.depth } else { 0 }
    }

    /// Returns the moves on a thread's processor that are not its own.
    fn moves_beside(&self, thread: usize) -> u32 {
        let cpu = self.threads[thread].cpu;
        self.cpus[cpu].threads & !Move::thread(thread).bit() | Move::interrupt(cpu).bit()
    }

    /// A lock was found taken: that somebody could tell depends on who else could go on at this processor.
    pub(crate) fn touch_neighbours(&mut self) {
        let cpu = self.cpu();
        self.touch(object::VECTORS, How::Read);
        self.touch_dpcs_of(cpu, How::Read);
        let threads = self.cpus[cpu].threads;
        for thread in (0..THREADS_MAX as u32).filter(|t| threads & 1 << t != 0) {
            self.touch(object::STACK | thread, How::Read);
        }
    }

    /// Returns whether the run was given up midway, since it can only end as another one did.
    pub(crate) fn is_given_up(&self) -> bool {
        self.watch.as_ref().is_some_and(|watch| watch.gave_up)
    }

    /// The run is over.
    pub(crate) fn end_exploring(&mut self) {
        if !self.is_given_up() {
            self.end_step();
        }
        let end = match &self.watch {
            None => return,
            Some(watch) if watch.gave_up => End::Redundant,
            Some(_) if self.violation.is_some() => End::Failed,
            Some(_) => End::Complete,
        };
        if let Some(watch) = self.watch.take() {
            watch.search.borrow_mut().ended(end);
        }
    }
}
