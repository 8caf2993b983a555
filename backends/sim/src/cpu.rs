//! Processors: level, what runs, and what is nested on it.

use crate::core::Core;
use crate::irql::DISPATCH;
use crate::moves::{CPUS_MAX, Move};
use crate::trace::What;

/// One processor.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cpu {
    pub(crate) irql: u8,
    /// How many interrupts and DPCs are nested on the current thread.
    pub(crate) depth: u8,
    /// How many of them are DPCs.
    pub(crate) dpc_depth: u8,
    /// The thread on whose stack this processor executes.
    pub(crate) current: usize,
    /// A bit for each thread that belongs here.
    pub(crate) threads: u32,
}

impl Core {
    /// Raises the level of the running processor and returns the old one.
    pub(crate) fn raise(&mut self, to: u8) -> u8 {
        let cpu = self.cpu();
        let old = self.cpus[cpu].irql;
        if to < old {
            self.fail("IrqlKeRaiseLower", |c| format!("{} raises to {to}, which is lower", c.here()));
        }
        if to != old {
            self.cpus[cpu].irql = to;
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
            self.cpus[cpu].irql = to;
            self.log(What::IrqlLowered { to });
        }
        to < DISPATCH && self.dpcs.any_on(cpu)
    }

    /// Returns everything that can happen next.
    #[inline]
    pub(crate) fn moves(&self) -> u32 {
        let mut moves = self.devices.moves();
        for cpu in 0..self.cpu_count.min(CPUS_MAX) {
            let c = &self.cpus[cpu];
            moves |= self.runnable & 1 << c.current;
            if c.irql < DISPATCH {
                moves |= self.runnable & c.threads;
            }
            if self.interrupt_waits(cpu) {
                moves |= Move::interrupt(cpu).bit();
            }
        }
        if self.events.any_armed() && self.events.ripe(moves) != 0 {
            moves |= Move::TIMER.bit();
        }
        moves
    }

    #[inline]
    fn interrupt_waits(&self, cpu: usize) -> bool {
        let irql = self.cpus[cpu].irql;
        irql < DISPATCH && self.dpcs.any_on(cpu) || self.interrupts.most_urgent(cpu, irql).is_some()
    }
}
