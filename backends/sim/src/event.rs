//! Events and timers: what threads wait for at PASSIVE_LEVEL.

use crate::core::{Core, Op, object};
use crate::explore::How;
use crate::irql::DISPATCH;
use crate::moves::{Move, Moves, THREADS_MAX};
use crate::thread::State;
use crate::trace::What;

/// Names an event object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventId(pub(crate) u16);

/// All events and timers of one run.
#[derive(Debug, Default)]
pub(crate) struct Events {
    signaled: Vec<bool>,
    /// A bit for each thread that sleeps.
    sleepers: u32,
    /// For each sleeper, the moves that were possible when it went to sleep and have not been made since.
    waits_for: [u32; THREADS_MAX],
}

impl Events {
    pub(crate) fn reset(&mut self) {
        self.signaled.clear();
        self.sleepers = 0;
    }

    #[inline]
    pub(crate) fn any_armed(&self) -> bool {
        self.sleepers != 0
    }

    /// Somebody moved: time has passed for them.
    #[inline]
    pub(crate) fn somebody_moved(&mut self, moved: Move) {
        if self.sleepers != 0 {
            self.let_time_pass(moved);
        }
    }

    #[inline(never)]
    fn let_time_pass(&mut self, moved: Move) {
        for waits in &mut self.waits_for {
            *waits &= !moved.bit();
        }
    }

    /// Returns a bit for each sleeper whose time may have come, given what else can move.
    #[inline(never)]
    pub(crate) fn ripe(&self, moves: u32) -> u32 {
        let ripe = |&t: &usize| self.sleepers & 1 << t != 0 && self.waits_for[t] & moves == 0;
        (0..THREADS_MAX).filter(ripe).fold(0, |set, t| set | 1 << t)
    }
}

impl Core {
    pub(crate) fn create_event(&mut self) -> EventId {
        self.touch(object::NAMES, How::Write);
        self.events.signaled.push(false);
        EventId(self.events.signaled.len() as u16 - 1)
    }

    /// Sets a synchronization event: one waiter goes on, or the next one will.
    pub(crate) fn set_event(&mut self, event: EventId) {
        let irql = self.irql();
        if irql > DISPATCH {
            return self.fail("IrqlKeSetEvent", |_| format!("KeSetEvent at IRQL {irql} (DV 0xC4/0x20016)"));
        }
        self.visit(object::EVENT | u32::from(event.0), Op::Write);
        self.log(What::EventSet { event: event.0 as u8 });
        let waiter = (0..self.thread_count).find(|&t| self.threads[t].state == State::WaitsForEvent(event.0));
        match waiter {
            Some(thread) => self.set_state(thread, State::Ready),
            None => self.events.signaled[event.0 as usize] = true,
        }
    }

    /// Returns whether the event was set, and clears it; else the running thread waits.
    pub(crate) fn wait_event(&mut self, event: EventId) -> bool {
        self.cover(object::EVENT | u32::from(event.0), Op::Read);
        self.touch(object::EVENT | u32::from(event.0), How::Write);
        let set = core::mem::take(&mut self.events.signaled[event.0 as usize]);
        if !set {
            self.block(State::WaitsForEvent(event.0), "an event");
        }
        set
    }

    /// Puts the running thread to sleep. There is no clock: it wakes at any time after everyone who can move now
    /// has moved once, so that a bounded poll cannot starve what it waits for.
    pub(crate) fn sleep(&mut self) {
        let me = self.running;
        self.block(State::Sleeps, "a timer");
        self.events.waits_for[me] = self.moves() & !Move::TIMER.bit();
        self.events.sleepers |= 1 << me;
    }

    /// Wakes one of the sleepers whose time may have come.
    #[inline(never)]
    pub(crate) fn expire_timer(&mut self) {
        let ripe = Moves(self.events.ripe(self.moves()));
        let pick = self.choose(ripe.len());
        let thread = ripe.nth(pick).0 as usize;
        self.events.sleepers &= !(1 << thread);
        self.log(What::TimerExpired { thread: thread as u8 });
        self.set_state(thread, State::Ready);
    }
}
