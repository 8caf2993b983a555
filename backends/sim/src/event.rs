//! Events and timers: what threads wait for at PASSIVE_LEVEL.

use crate::core::{Core, Op, object};
use crate::irql::DISPATCH;
use crate::moves::THREADS_MAX;
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
    /// For each sleeper, the engines that were busy when it went to sleep and have not stepped since.
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

    /// Time has passed for the engine: it took a step, or has nothing to do.
    #[inline]
    pub(crate) fn engine_moved(&mut self, still_waiting: u32) {
        if self.sleepers != 0 {
            for waits in &mut self.waits_for {
                *waits &= still_waiting;
            }
        }
    }
}

impl Core {
    pub(crate) fn create_event(&mut self) -> EventId {
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
        self.visit(object::EVENT | u32::from(event.0), Op::Read);
        let set = core::mem::take(&mut self.events.signaled[event.0 as usize]);
        if !set {
            self.block(State::WaitsForEvent(event.0), "an event");
        }
        set
    }

    /// Puts the running thread to sleep. There is no clock: it wakes at any time after every engine that is busy
    /// now has taken a step, so that a bounded poll of a device cannot starve the device.
    pub(crate) fn sleep(&mut self) {
        let me = self.running;
        self.events.waits_for[me] = self.devices.engines();
        self.events.sleepers |= 1 << me;
        self.block(State::Sleeps, "a timer");
    }

    pub(crate) fn timer_may_expire(&self) -> bool {
        self.ripe_sleepers() != 0
    }

    fn ripe_sleepers(&self) -> u32 {
        let busy = self.devices.engines();
        (0..self.thread_count)
            .filter(|&t| self.events.sleepers & 1 << t != 0 && self.events.waits_for[t] & busy == 0)
            .fold(0, |set, t| set | 1 << t)
    }

    /// Wakes one of the sleepers whose time may have come.
    pub(crate) fn expire_timer(&mut self) {
        let ripe = crate::moves::Moves(self.ripe_sleepers());
        let pick = self.choose(ripe.len());
        let thread = ripe.nth(pick).0 as usize;
        self.events.sleepers &= !(1 << thread);
        self.log(What::TimerExpired { thread: thread as u8 });
        self.set_state(thread, State::Ready);
    }
}
