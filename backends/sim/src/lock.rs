//! Locks: spin locks at DISPATCH_LEVEL, interrupt locks, and those that a thread waits for at PASSIVE_LEVEL.

use crate::core::{Core, Op, object};
use crate::explore::How;
use crate::irql::DISPATCH;
use crate::run::RunId;
use crate::thread::State;
use crate::trace::What;

const TRACKED: usize = 64;

/// What a lock protects against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockKind {
    /// KSPIN_LOCK and its like, taken at or below DISPATCH_LEVEL.
    Executive,
    /// An interrupt's lock, taken at its SynchronizeIrql.
    Interrupt,
    /// A wait lock: whoever wants it blocks.
    Wait,
    /// A passive interrupt's lock, which is a wait lock too (R56).
    PassiveInterrupt,
}

impl LockKind {
    fn is_interrupts(self) -> bool {
        matches!(self, Self::Interrupt | Self::PassiveInterrupt)
    }

    fn blocks(self) -> bool {
        matches!(self, Self::Wait | Self::PassiveInterrupt)
    }
}

#[derive(Clone, Copy, Debug)]
struct Lock {
    kind: LockKind,
    owner: Option<usize>,
    /// A bit for each thread that spins or waits for it.
    waiters: u32,
    /// A bit for each lock that was once taken while this one was held.
    before: u64,
}

/// All locks of one run.
#[derive(Debug)]
pub(crate) struct Locks {
    run: RunId,
    all: Vec<Lock>,
}

impl Default for Locks {
    fn default() -> Self {
        Self { run: RunId::next(), all: Vec::new() }
    }
}

impl Locks {
    pub(crate) fn reset(&mut self) {
        self.run = RunId::next();
        self.all.clear();
    }

    /// Returns the run that the locks belong to.
    pub(crate) fn run(&self) -> RunId {
        self.run
    }

    fn create(&mut self, kind: LockKind) -> u16 {
        self.all.push(Lock { kind, owner: None, waiters: 0, before: 0 });
        (self.all.len() - 1) as u16
    }

    pub(crate) fn owner(&self, lock: u16) -> Option<usize> {
        self.all[lock as usize].owner
    }

    pub(crate) fn exists(&self, lock: u16) -> bool {
        (lock as usize) < self.all.len()
    }

    /// Returns whether `to` was ever taken, directly or through others, while `from` was held.
    fn reaches(&self, from: u64, to: u64) -> bool {
        let mut seen = from;
        let mut open = from;
        while open != 0 {
            let lock = open.trailing_zeros() as usize;
            open &= open - 1;
            let next = self.all.get(lock).map_or(0, |l| l.before);
            if next & to != 0 {
                return true;
            }
            open |= next & !seen;
            seen |= next;
        }
        false
    }
}

const fn bit(lock: u16) -> u64 {
    if (lock as usize) < TRACKED { 1 << lock } else { 0 }
}

impl Core {
    /// Makes a lock.
    pub(crate) fn create_lock(&mut self, kind: LockKind) -> u16 {
        self.touch(object::NAMES, How::Write);
        self.locks.create(kind)
    }

    /// Tries to take a lock for the running thread; if it cannot, the thread spins, or blocks, until it is released.
    /// Whoever goes on first then gets it: the order is the scheduler's (R3).
    pub(crate) fn try_acquire(&mut self, lock: u16) -> bool {
        let me = self.running;
        let l = &mut self.locks.all[lock as usize];
        let kind = l.kind;
        match l.owner {
            None => {
                l.owner = Some(me);
                self.visit(object::LOCK | u32::from(lock), Op::Acquire);
                self.log(What::LockTaken { lock: lock as u8 });
                self.check_order(lock);
                self.threads[me].held |= bit(lock);
                self.tried(lock, true);
                true
            }
            Some(owner) if owner == me => {
                self.fail_recursion(lock, kind);
                false
            }
            Some(_) => {
                let first = u64::from(l.waiters & 1 << me == 0);
                l.waiters |= 1 << me;
                match kind {
                    LockKind::Interrupt | LockKind::PassiveInterrupt => {
                        self.counters.sections_contended += first;
                    }
                    LockKind::Executive => self.counters.spin_locks_contended += first,
                    LockKind::Wait => self.counters.wait_locks_contended += first,
                }
                if kind.blocks() {
                    self.block(State::WaitsForLock(lock), "a wait lock");
                } else {
                    self.log(What::LockWanted { lock: lock as u8, contended: true });
                    self.set_state(me, State::Spins(lock));
                }
                self.touch(object::LOCK | u32::from(lock), How::Read);
                self.touch_neighbours();
                self.tried(lock, false);
                false
            }
        }
    }

    /// Gives a lock back.
    pub(crate) fn release(&mut self, lock: u16) {
        let me = self.running;
        let l = &mut self.locks.all[lock as usize];
        if l.owner != Some(me) {
            return self
                .fail("SpinLockRelease", |c| format!("{} releases lock {lock} without having it", c.here()));
        }
        l.owner = None;
        let mut waiters = core::mem::take(&mut l.waiters);
        while waiters != 0 {
            let thread = waiters.trailing_zeros() as usize;
            waiters &= waiters - 1;
            // An ISR on top of a spinner may be spinning for another lock.
            if [State::Spins(lock), State::WaitsForLock(lock)].contains(&self.threads[thread].state) {
                self.set_state(thread, State::Ready);
            }
        }
        self.threads[me].held &= !bit(lock);
        self.visit(object::LOCK | u32::from(lock), Op::Release);
        self.log(What::LockReleased { lock: lock as u8 });
    }

    /// R10: code that holds an interrupt lock wants it again; likewise any spin lock.
    fn fail_recursion(&mut self, lock: u16, kind: LockKind) {
        let describe = |c: &Self| {
            let (kind, code) = match kind {
                LockKind::Interrupt => ("interrupt", " (0x0F)"),
                LockKind::Executive => ("spin", " (0x0F)"),
                LockKind::PassiveInterrupt => ("passive interrupt", ""),
                LockKind::Wait => ("wait", ""),
            };
            format!("{} takes {kind} lock {lock}, which it holds already: self-deadlock{code}", c.here())
        };
        match kind {
            kind if kind.is_interrupts() => self.fail("R10", describe),
            LockKind::Wait => self.fail("WaitLock", describe),
            _ => self.fail("SpinLock", describe),
        }
    }

    /// Makes a driver's lock an interrupt's.
    pub(crate) fn use_for_interrupt(&mut self, lock: u16) {
        let kind = &mut self.locks.all[lock as usize].kind;
        *kind = if kind.blocks() { LockKind::PassiveInterrupt } else { LockKind::Interrupt };
    }

    /// R11: two locks taken in both orders.
    fn check_order(&mut self, lock: u16) {
        let held = self.threads[self.running].held;
        if held == 0 {
            return;
        }
        let mut each = held;
        while each != 0 {
            let outer = each.trailing_zeros() as usize;
            each &= each - 1;
            if self.locks.reaches(bit(lock), 1 << outer) {
                self.fail("R11", |c| {
                    let here = c.here();
                    format!("{here} takes lock {lock} holding {outer}; both orders occur (DV 0xC4/0x1001)")
                });
            }
            self.locks.all[outer].before |= bit(lock);
        }
    }

    /// R12: no executive lock above DISPATCH_LEVEL.
    pub(crate) fn check_executive_irql(&mut self, lock: u16) {
        let irql = self.irql();
        if irql > DISPATCH {
            self.fail("R12", |c| format!("{} acquires spin lock {lock} (DV 0xC4/0x42)", c.here()));
        }
    }
}
