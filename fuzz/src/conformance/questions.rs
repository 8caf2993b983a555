//! The questions, by what they are about.

mod deferred;
mod lifecycle;
mod starting;

use super::question::Inquiry;

/// All questions, in the order of the report.
pub static QUESTIONS: &[Inquiry] = &[
    Inquiry::new::<starting::LineInsteadOfMessages>(),
    Inquiry::new::<starting::AllMessages>(),
    Inquiry::new::<starting::StatesOfARefusal>(),
    Inquiry::new::<starting::AfterRegister>(),
    Inquiry::new::<starting::BeforeAnEarlierOne>(),
    Inquiry::new::<starting::DeferredBeforeEnable>(),
    Inquiry::new::<starting::WhoIsUndone>(),
    Inquiry::new::<deferred::Budget>(),
    Inquiry::new::<deferred::Processor>(),
    Inquiry::new::<deferred::QueuedAtTheEnd>(),
    Inquiry::new::<lifecycle::OwnAccord>(),
    Inquiry::new::<lifecycle::OrderOfDisabling>(),
    Inquiry::new::<lifecycle::Levels>(),
    Inquiry::new::<lifecycle::LevelOfOneLock>(),
];
