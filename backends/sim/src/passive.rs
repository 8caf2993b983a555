//! Passive-level interrupts: the processor masks or clears the vector, and a thread calls the ISRs (R56, R59).

use crate::core::Core;
use crate::interrupt::{ConnectError, InterruptId, VectorId};
use crate::irql::PASSIVE;
use crate::lock::LockKind;
use crate::routine::Routine;
use crate::trace::What;
use crate::work::Task;

/// What the thread does that serves a vector whose ISRs are passive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// Nothing.
    Idle,
    /// It calls the ISRs, or is about to.
    Due,
    /// As `Due`, and the vector fired again meanwhile, as only an edge can.
    DueAgain,
}

impl Core {
    /// Connects a passive routine to `vector`. `lock` is a wait lock of the caller's, or one of its own.
    pub(crate) fn connect_passive(
        &mut self,
        vector: VectorId,
        routine: Routine,
        lock: Option<u16>,
    ) -> Result<InterruptId, ConnectError> {
        let lock = lock.unwrap_or_else(|| self.create_lock(LockKind::PassiveInterrupt));
        self.use_for_interrupt(lock);
        self.join_chain(vector, routine, lock, PASSIVE)
    }

    /// Hands the vector, which the running processor has taken, to a thread if its ISRs are passive. A level stays
    /// masked until they have returned; an edge is cleared already, and may come again.
    pub(crate) fn hand_on(&mut self, v: u8) -> bool {
        if !self.interrupts.in_chain(v).next().is_some_and(|i| i.is_passive()) {
            return false;
        }
        self.touch_everything();
        self.log(What::InterruptHandedOn { vector: v });
        let service = &mut self.interrupts.vectors[v as usize].service;
        if *service == Service::Idle {
            *service = Service::Due;
            self.counters.isrs_in_threads += 1;
            self.hand_out(Task::Interrupt(v));
        } else {
            *service = Service::DueAgain;
        }
        true
    }

    /// The thread has called the ISRs: a level is unmasked, an edge that came meanwhile is served.
    pub(crate) fn end_passive_service(&mut self, v: u8, claimed: bool) {
        self.touch_everything();
        self.end_service(v, claimed);
        self.log(What::PassiveIsrsEnded { vector: v, claimed });
        let service = &mut self.interrupts.vectors[v as usize].service;
        let again = *service == Service::DueAgain;
        *service = if again { Service::Due } else { Service::Idle };
        if again {
            self.hand_out(Task::Interrupt(v));
        }
    }
}
