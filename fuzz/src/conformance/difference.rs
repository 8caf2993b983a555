//! The written list of what backends do differently.
//!
//! Who is not in the list gives the usual answer to every question, and the same history as the others to every
//! program. An entry says what one backend does instead, why, and what it means for a driver that is ported.

use std::collections::BTreeSet;

use super::program::{History, Program};
use super::question::Asked;
use crate::backend::Backend;

/// What a backend does that most do not.
pub struct Difference {
    /// The question that it answers differently.
    pub question: &'static str,
    /// Who does.
    pub backend: Backend,
    /// All its answers, in alphabetical order.
    pub answers: &'static [&'static str],
    /// Why: what its framework is like.
    pub why: &'static str,
    /// What to look after when a driver comes to this backend.
    pub porting: &'static str,
    /// Takes out of a program's history what may differ, if that shows in a history.
    pub(super) hide: Option<fn(&Program, &mut History)>,
}

impl Difference {
    /// Returns the entry for a backend's answer to a question.
    pub fn find<'d>(list: &'d [&Difference], question: &str, backend: Backend) -> Option<&'d Difference> {
        list.iter().copied().find(|entry| entry.question == question && entry.backend == backend)
    }

    /// Says whether a history can show it: one thing happens after the other there, as the scheduler has it.
    pub fn shows_in_histories(&self) -> bool {
        self.hide.is_some()
    }

    /// Returns the answers to expect of a backend, by a list of differences.
    pub fn expected(list: &[&Difference], asked: &Asked, backend: Backend) -> BTreeSet<String> {
        let answers = Self::find(list, asked.name, backend).map_or(asked.usual, |entry| entry.answers);
        answers.iter().map(ToString::to_string).collect()
    }

    /// Returns whether two backends' histories of a program are equal, but for what a list allows.
    pub fn agree(
        list: &[&Difference],
        program: &Program,
        (backend, history): (Backend, &History),
        (other, other_history): (Backend, &History),
    ) -> bool {
        let (mut history, mut other_history) = (history.clone(), other_history.clone());
        let concerned = list.iter().filter(|entry| entry.backend == backend || entry.backend == other);
        for hide in concerned.filter_map(|entry| entry.hide) {
            hide(program, &mut history);
            hide(program, &mut other_history);
        }
        history == other_history
    }
}

// What KMDF does, UMDF does too: these are of one framework.

const CONNECTED_AT_D0_ENTRY: Difference = Difference {
    question: "after-register",
    backend: Backend::Kmdf,
    answers: &["not enabled, a section is NotConnected"],
    why: "WdfInterruptCreate creates an object in EvtDevicePrepareHardware; the framework connects and enables \
              it at D0 entry, after EvtDeviceD0Entry",
    porting: "move what needs interrupts or sections out of start-up and into \
                  EvtDeviceD0EntryPostInterruptsEnabled",
    hide: Some(Program::hide_registered),
};

const ENABLED_IN_ORDER: Difference = Difference {
    question: "isr-before-an-earlier-source",
    backend: Backend::Kmdf,
    answers: &["after"],
    why: "the framework connects and enables one interrupt after the other, in the order of creation",
    porting: "to KMDF: nothing. From KMDF: a handler must not take it that an earlier message is enabled",
    hide: None,
};

const UNDONE_AT_D0_ENTRY: Difference = Difference {
    question: "who-is-undone",
    backend: Backend::Kmdf,
    answers: &["starting fails, disabled are 0"],
    why: "EvtInterruptEnable fails in the power-up, long after WdfInterruptCreate has succeeded; the framework \
              disables only what was enabled",
    porting: "do in enable itself what a failing enable has to undo; expect the device to be removed, not an \
                  error from register",
    hide: Some(Program::hide_undoing),
};

const TO_DX_AND_BACK: Difference = Difference {
    question: "of-its-own-accord",
    backend: Backend::Kmdf,
    answers: &["disable LowPower, enable"],
    why: "the framework takes an idle device to Dx and back: it disables, disconnects, connects and enables",
    porting: "sections are NotConnected meanwhile; enable must set up all that the device forgets in Dx",
    hide: Some(Program::hide_interludes),
};

const DISABLED_IN_REVERSE: Difference = Difference {
    question: "order-of-disabling",
    backend: Backend::Kmdf,
    answers: &["2 1 0"],
    why: "the framework disables and disconnects in reverse order of creation",
    porting: "disable must not count on an order among messages",
    hide: Some(Program::hide_order_of_disabling),
};

const DROPPED_BEFORE_ENABLE: Difference = Difference {
    question: "deferred-before-enable",
    backend: Backend::Kmdf,
    answers: &["it is dropped", "it runs"],
    why: "a DPC that runs before EvtInterruptEnable cannot synchronize: KMDF may not have the kernel's \
              interrupt object yet; the backend drops it",
    porting: "an ISR before enable answers NOT_MINE and asks for nothing, as it should anywhere",
    hide: None,
};

/// The list.
pub static DIFFERENCES: &[Difference] = &[
    Difference {
        question: "line-instead-of-messages",
        backend: Backend::Mock,
        answers: &["Line"],
        why: "the machine has no resource lists: a device's line stays usable beside its messages",
        porting: "do not count on it: ask for messages, and take the line as the fall-back",
        hide: Some(Program::hide_line_instead_of_messages),
    },
    Difference {
        question: "states-of-a-refusal",
        backend: Backend::Wdm,
        answers: &["yes"],
        why: "only IoConnectInterruptEx says what there is, and the ISR can run before it returns",
        porting: "shared must have no effect but its result, which is dropped again",
        hide: Some(Program::hide_states_of_a_refusal),
    },
    Difference {
        question: "states-of-a-refusal",
        backend: Backend::Ndis,
        answers: &["yes"],
        why: "only NdisMRegisterInterruptEx says what there is, and the ISR can run before it returns",
        porting: "shared must have no effect but its result, which is dropped again",
        hide: Some(Program::hide_states_of_a_refusal),
    },
    Difference {
        question: "line-instead-of-messages",
        backend: Backend::WdmPassive,
        answers: &["Line"],
        why: "whether a device is assigned messages says its INF; a driver with a passive-level ISR does not ask for \
              any, so its device keeps the line",
        porting: "to passive-level interrupts: take MessageSignaledInterruptProperties out of the INF",
        hide: Some(Program::hide_line_instead_of_messages),
    },
    Difference {
        question: "all-messages",
        backend: Backend::WdmPassive,
        answers: &["Line"],
        why: "a passive-level ISR is for lines: messages want an ISR at DIRQL",
        porting: "to passive-level interrupts: one source, one lock, and a line that may be shared",
        hide: Some(Program::hide_messages),
    },
    CONNECTED_AT_D0_ENTRY,
    Difference { backend: Backend::Umdf, ..CONNECTED_AT_D0_ENTRY },
    ENABLED_IN_ORDER,
    Difference { backend: Backend::Umdf, ..ENABLED_IN_ORDER },
    DROPPED_BEFORE_ENABLE,
    Difference { backend: Backend::Umdf, ..DROPPED_BEFORE_ENABLE },
    UNDONE_AT_D0_ENTRY,
    Difference { backend: Backend::Umdf, ..UNDONE_AT_D0_ENTRY },
    Difference {
        question: "budget-of-a-run",
        backend: Backend::Ndis,
        answers: &["1", "4"],
        why: "NDIS throttles receives: MaxNblsToIndicate may be less than what the driver asked for, and NDIS calls \
              again (MoreNblsPending)",
        porting: "obey the budget that is passed, not the one that was configured",
        hide: Some(Program::hide_budgets),
    },
    Difference {
        question: "processor-of-a-run",
        backend: Backend::Ndis,
        answers: &["its ISR's"],
        why: "NDIS has a DPC for each message on each processor, and QueueDefaultInterruptDpc names the current one",
        porting: "to NDIS: expect runs of one source on several processors at once. From NDIS: what is kept for \
                  each processor is not where its ISR left it",
        hide: None,
    },
    Difference {
        question: "queued-at-the-end",
        backend: Backend::Ndis,
        answers: &["it runs"],
        why: "NdisMDeregisterInterruptEx waits until all DPCs have run, and there is no way to take one back",
        porting: "a deferred routine must bear to run after disable; elsewhere, the last one may never come",
        hide: None,
    },
    Difference {
        question: "queued-at-the-end",
        backend: Backend::WdmPassive,
        answers: &["it runs"],
        why: "a deferred routine is a work item, and the kernel gives none back: it is waited for",
        porting: "a deferred routine must bear to run after disable; elsewhere, the last one may never come",
        hide: None,
    },
    Difference {
        question: "of-its-own-accord",
        backend: Backend::Ndis,
        answers: &["disable Normal, enable"],
        why: "NDIS disables and enables interrupts for diagnosis; power is OID_PNP_SET_POWER, which the driver handles",
        porting: "disable and enable come in pairs at any time in a life; the registration stays in Dx, and its ISR \
                  must answer there",
        hide: Some(Program::hide_interludes),
    },
    TO_DX_AND_BACK,
    Difference { backend: Backend::Umdf, ..TO_DX_AND_BACK },
    DISABLED_IN_REVERSE,
    Difference { backend: Backend::Umdf, ..DISABLED_IN_REVERSE },
    Difference {
        question: "level-of-one-lock",
        backend: Backend::Wdm,
        answers: &["a higher one"],
        why: "IoConnectInterruptEx connects all of the device's messages, at the highest level among them",
        porting: "none but the time that other interrupts wait",
        hide: Some(Program::hide_level_of_one_lock),
    },
    Difference {
        question: "level-of-one-lock",
        backend: Backend::Ndis,
        answers: &["a higher one"],
        why: "NDIS connects all of the device's messages, at the highest level among them",
        porting: "none but the time that other interrupts wait",
        hide: Some(Program::hide_level_of_one_lock),
    },
    Difference {
        question: "levels",
        backend: Backend::Umdf,
        answers: &["PASSIVE_LEVEL, PASSIVE_LEVEL"],
        why: "a host process has no levels: EvtInterruptIsr runs in a thread under a wait lock, and for a DPC there is a \
              work item",
        porting: "to UMDF: threads preempt ISRs and sections, and the device goes on meanwhile. From UMDF: nothing may \
                  block any more in ISRs, sections and deferred routines",
        hide: Some(Program::hide_levels),
    },
    Difference {
        question: "levels",
        backend: Backend::WdmPassive,
        answers: &["PASSIVE_LEVEL, PASSIVE_LEVEL"],
        why: "the ISR runs in a thread of the kernel under an event, and for a DPC there is a work item",
        porting: "to passive-level interrupts: threads preempt ISRs and sections, and the line stays masked meanwhile. \
                  From them: nothing may block any more in ISRs, sections and deferred routines",
        hide: Some(Program::hide_levels),
    },
];
