//! Delivery: a processor takes an interrupt, calls the ISRs of its vector, and goes back to what it did.

use super::{Interrupt, InterruptId, STORM, STORM_CLAIMED, Trigger};
use crate::core::{Core, Op, object};
use crate::device::InterruptMode;
use crate::explore::How;
use crate::irql::DISPATCH;
use crate::thread::State;
use crate::trace::What;

impl Core {
    /// The running processor takes its most urgent vector. Returns it, and the level to go back to.
    pub(crate) fn begin_interrupt(&mut self) -> Option<(u8, u8)> {
        let cpu = self.cpu();
        let old = self.cpus[cpu].irql;
        let v = self.interrupts.most_urgent(cpu, old)?;
        self.touch(object::VECTORS, How::Write);
        let vector = &mut self.interrupts.vectors[v as usize];
        vector.in_service = true;
        if vector.trigger == Trigger::Edge {
            vector.raised = 0;
        }
        let irql = vector.irql;
        let storms = self.interrupts.count_taken(v) > STORM_CLAIMED;
        self.interrupts.refresh(v);
        if storms {
            self.fail("R61", |_| {
                format!("vector {v} fires {STORM_CLAIMED} times and nothing else runs (0xF2)")
            });
        }
        let c = &mut self.cpus[cpu];
        self.counters.isrs_over_dpc += u64::from(c.dpc_depth > 0 && old == DISPATCH);
        self.counters.isrs_over_dirql += u64::from(old > DISPATCH);
        self.counters.interrupts_taken += 1;
        self.set_irql(cpu, irql);
        self.nest();
        self.set_taken(self.counters.interrupts_taken as u32);
        self.log(What::InterruptTaken { vector: v });
        Some((v, old))
    }

    /// The `place`-th ISR of the vector's chain is about to be called: its interrupt object.
    pub(crate) fn begin_isr(&mut self, vector: u8, place: usize) -> Option<(InterruptId, Interrupt)> {
        self.touch(object::VECTORS, How::Read);
        let id = (*self.interrupts.vectors[vector as usize].chain.get(place)?)?;
        self.touch(object::INTERRUPT | u32::from(id), How::Write);
        let object = &mut self.interrupts.objects[id as usize];
        if !object.active {
            return None;
        }
        object.running += 1;
        let found = *object;
        self.counters.isrs_before_connected += u64::from(!found.announced);
        let cpu = self.cpu();
        self.set_irql(cpu, found.synchronize_irql);
        Some((InterruptId(id), found))
    }

    /// The ISR holds its lock and starts. Returns the locks held, a bit each.
    pub(crate) fn enter_isr(&mut self, id: InterruptId) -> u64 {
        self.visit(object::INTERRUPT | u32::from(id.0), Op::Acquire);
        self.take_release();
        self.log(What::IsrEntered { interrupt: id.0 as u8 });
        self.threads[self.running].held
    }

    /// The ISR returned: R15 wants the level of its entry; and it keeps no lock that it took.
    pub(crate) fn leave_isr(&mut self, id: InterruptId, claimed: bool, held: u64) {
        let wanted = self.interrupts.objects[id.0 as usize].synchronize_irql;
        if self.irql() != wanted {
            self.fail("R15", |c| {
                format!("{} returns; it was entered at IRQL {wanted} (0xC8, DV 0xC4/0x111)", c.here())
            });
        }
        if self.threads[self.running].held != held {
            self.fail("SpinLock", |c| format!("{} returns holding other locks than at its entry", c.here()));
        }
        if self.take_release() && !claimed && self.is_level(id) {
            self.fail("WrongClaim", |c| {
                format!("{} made its device release the line, and says that it was another's", c.here())
            });
        }
        self.log(What::IsrLeft { interrupt: id.0 as u8, claimed });
    }

    fn is_level(&self, id: InterruptId) -> bool {
        let vector = self.interrupts.objects[id.0 as usize].vector;
        self.interrupts.vectors[vector as usize].trigger == Trigger::Level
    }

    /// The ISR has released its lock; its processor goes back to level `old`.
    pub(crate) fn end_isr(&mut self, id: InterruptId, old: u8) {
        self.touch(object::INTERRUPT | u32::from(id.0), How::Write);
        let object = &mut self.interrupts.objects[id.0 as usize];
        object.running -= 1;
        let idle = object.running == 0;
        let cpu = self.cpu();
        self.set_irql(cpu, old);
        if idle && !self.interrupts.objects[id.0 as usize].connected {
            for thread in 0..self.thread_count {
                if self.threads[thread].state == State::WaitsForIsr(id.0) {
                    self.set_state(thread, State::Ready);
                }
            }
        }
    }

    /// The chain was walked. Returns whether DPCs have to run before the interrupted code goes on.
    pub(crate) fn end_interrupt(&mut self, v: u8, claimed: bool, old: u8) -> bool {
        self.end_service(v, claimed);
        self.log(What::InterruptEnded { vector: v, claimed });
        self.end_trap(old)
    }

    /// All ISRs that had to be called were: the vector may fire again.
    pub(crate) fn end_service(&mut self, v: u8, claimed: bool) {
        self.touch(object::VECTORS, How::Write);
        let vector = &mut self.interrupts.vectors[v as usize];
        vector.in_service = false;
        let level = vector.trigger == Trigger::Level;
        vector.unclaimed = if claimed || !level || vector.raised == 0 { 0 } else { vector.unclaimed + 1 };
        let storms = vector.unclaimed > STORM;
        self.counters.interrupts_unclaimed += u64::from(!claimed);
        self.interrupts.refresh(v);
        if storms {
            self.fail("R61", |_| {
                format!("nobody claims vector {v}, which stays asserted: interrupt storm (0xF2)")
            });
        }
    }

    /// The processor goes back to what was interrupted, at level `old`. Returns whether DPCs have to run first.
    pub(crate) fn end_trap(&mut self, old: u8) -> bool {
        self.set_taken(0);
        self.unnest();
        self.lower(old)
    }

    /// One more context on the running processor's stack. Its thread runs now even if it idled or spun; one that
    /// spun looks at its lock again afterwards.
    pub(crate) fn nest(&mut self) {
        let cpu = self.cpu();
        self.cpus[cpu].depth += 1;
        self.set_state(self.running, State::Ready);
    }

    /// One less.
    pub(crate) fn unnest(&mut self) {
        let me = self.running;
        let cpu = self.cpu();
        self.cpus[cpu].depth -= 1;
        if me == cpu && self.cpus[cpu].depth == 0 {
            self.set_state(me, State::Idle);
        }
    }

    /// Returns how the device's interrupts were configured.
    pub(crate) fn interrupt_mode(&self, device: usize) -> InterruptMode {
        self.devices.mode(device)
    }
}
