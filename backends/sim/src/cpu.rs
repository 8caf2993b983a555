//! Processors: level, what runs, and what is nested on it.

use crate::core::Core;
use crate::explore::How;
use crate::irql::DISPATCH;
use crate::moves::Move;
use crate::trace::What;

/// The deepest nesting that is told apart.
const DEPTH_MAX: usize = 16;

/// An interrupt that a processor takes, as long as it does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    cpu: usize,
    depth: usize,
    number: u32,
}

/// One processor.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cpu {
    pub(crate) irql: u8,
    /// How many interrupts and DPCs are nested on the current thread.
    pub(crate) depth: u8,
    /// How many of them are DPCs.
    pub(crate) dpc_depth: u8,
    /// The number of the interrupt at each depth of nesting; 0 where there is none.
    pub(crate) interrupts: [u32; DEPTH_MAX],
    /// Whether the ISR at each depth made an honest device release its line.
    pub(crate) releases: [bool; DEPTH_MAX],
    /// The thread on whose stack this processor executes.
    pub(crate) current: usize,
    /// A bit for each thread that belongs here.
    pub(crate) threads: u32,
}

impl Core {
    /// Returns the innermost interrupt that the running processor takes, if that is what it does.
    pub(crate) fn taken(&self) -> Option<Taken> {
        let cpu = self.cpu();
        let depth = self.cpus[cpu].depth as usize % DEPTH_MAX;
        let number = self.cpus[cpu].interrupts[depth];
        (number != 0).then_some(Taken { cpu, depth, number })
    }

    /// Notes that the innermost context of the running processor is interrupt number `number`; 0 if it ends.
    pub(crate) fn set_taken(&mut self, number: u32) {
        let cpu = &mut self.cpus[self.running_on];
        cpu.interrupts[cpu.depth as usize % DEPTH_MAX] = number;
    }

    /// Notes that an access of the running code made an honest device release its line.
    pub(crate) fn note_release(&mut self) {
        *self.release_flag() = true;
    }

    /// Whether the running code made a device release its line: an ISR on a processor, or the thread, which may run
    /// a passive one.
    fn release_flag(&mut self) -> &mut bool {
        match self.taken() {
            Some(Taken { cpu, depth, .. }) => &mut self.cpus[cpu].releases[depth],
            None => &mut self.threads[self.running].releases,
        }
    }

    /// Returns whether that was noted for the running ISR, and forgets it.
    pub(crate) fn take_release(&mut self) -> bool {
        core::mem::take(self.release_flag())
    }

    /// Returns whether the interrupt has not ended.
    pub(crate) fn still_taken(&self, taken: Taken) -> bool {
        self.cpus[taken.cpu].interrupts[taken.depth] == taken.number
    }

    /// Sets the level of a processor. From DISPATCH_LEVEL on it keeps its other threads back.
    #[inline]
    pub(crate) fn set_irql(&mut self, cpu: usize, irql: u8) {
        let c = &mut self.cpus[cpu];
        c.irql = irql;
        let others = c.threads & !(1 << c.current);
        if irql < DISPATCH { self.held_back &= !others } else { self.held_back |= others }
    }

    /// Raises the level of the running processor and returns the old one.
    pub(crate) fn raise(&mut self, to: u8) -> u8 {
        let cpu = self.cpu();
        let old = self.cpus[cpu].irql;
        if to < old {
            self.fail("IrqlKeRaiseLower", |c| format!("{} raises to {to}, which is lower", c.here()));
        }
        if to != old {
            self.set_irql(cpu, to);
            self.log(What::IrqlRaised { to });
        }
        old
    }

    /// Lowers the level of the running processor. Returns whether DPCs have to run now (R33).
    pub(crate) fn lower(&mut self, to: u8) -> bool {
        let cpu = self.cpu();
        let old = self.cpus[cpu].irql;
        if to > old {
            self.fail("IrqlKeRaiseLower", |c| format!("{} lowers to {to}, which is higher", c.here()));
        }
        if to < DISPATCH && self.cpus[cpu].depth > 0 {
            self.fail("IrqlKeRaiseLower", |c| format!("{} lowers to {to}, below its entry", c.here()));
        }
        if to != old {
            self.set_irql(cpu, to);
            self.log(What::IrqlLowered { to });
        }
        if to < DISPATCH {
            self.touch_dpcs_of(cpu, How::Read);
        }
        to < DISPATCH && self.dpcs.any_on(cpu)
    }

    /// Returns whether nothing is on its way and only this thread can go on, at a glance.
    #[inline]
    pub(crate) fn can_only_be(&self, thread: Move) -> bool {
        let interrupts = self.interrupts.any_pending() || self.interrupts.any_in_a_row();
        let awaited = interrupts || self.dpcs.any_queued() || self.events.any_armed();
        !awaited && self.devices.moves() | self.runnable & !self.held_back == thread.bit()
    }

    /// Returns everything that can happen next.
    #[inline]
    pub(crate) fn moves(&self) -> u32 {
        let mut moves = self.devices.moves() | self.runnable & !self.held_back;
        if self.interrupts.any_pending() || self.dpcs.any_queued() {
            moves |= self.interrupt_moves();
        }
        if self.events.any_armed() && self.events.ripe(moves) != 0 {
            moves |= Move::TIMER.bit();
        }
        moves
    }

    #[inline(never)]
    fn interrupt_moves(&self) -> u32 {
        let waits = |&cpu: &usize| {
            let irql = self.cpus[cpu].irql;
            irql < DISPATCH && self.dpcs.any_on(cpu) || self.interrupts.most_urgent(cpu, irql).is_some()
        };
        (0..self.cpu_count).filter(waits).fold(0, |set, cpu| set | Move::interrupt(cpu).bit())
    }
}
