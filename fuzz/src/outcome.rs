//! What one execution of a case gives back.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::reach::Reach;
use crate::timeline::Timeline;

/// What an execution is to keep besides its counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// Nothing: the fast path.
    Nothing,
    /// The schedule, as switches that replay it.
    Schedule,
    /// What happened, as a timeline.
    Trace,
}

/// The result of one execution.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// How many preemption points there were.
    pub points: u64,
    /// How many steps the machine took.
    pub steps: u64,
    /// How many frames of the driver reached the far end.
    pub frames_sent: u64,
    /// How many frames of the far end reached the driver's receiver.
    pub frames_received: u64,
    /// What went wrong, if anything: the first violation.
    pub failure: Option<Failure>,
    /// Which of the situations worth reaching were reached.
    pub reach: Reach,
    /// The schedule, with [`Record::Schedule`].
    pub schedule: Option<Vec<Switch>>,
    /// How many entries of a replayed schedule did not fit the run.
    pub misfits: u64,
    /// What happened, with [`Record::Trace`].
    pub trace: Option<Timeline>,
}

/// One thing that went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The rule broken: `R10`, or a judge's name such as `quiescence`, `panic`, `livelock`, `crash`, `hang`.
    pub rule: String,
    /// What happened, in one sentence.
    pub message: String,
    /// Where the rule is documented.
    pub source: String,
    /// What Windows would have done, where that is documented.
    pub on_windows: Option<String>,
}

impl Failure {
    /// Returns what Windows would have done, or that nobody wrote it down.
    pub fn windows(&self) -> &str {
        self.on_windows.as_deref().unwrap_or("what would happen is not documented")
    }
}

impl fmt::Display for Failure {
    /// Writes rule and message, then source and consequence on lines of their own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.rule, self.message)?;
        write!(f, "  source    {}\n  Windows   {}", self.source, self.windows())
    }
}

/// One entry of a sparse schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "(u32, u8)", into = "(u32, u8)")]
pub struct Switch {
    /// How many decisions the default policy takes first.
    pub gap: u32,
    /// Which move or alternative is taken then.
    pub pick: u8,
}

impl From<(u32, u8)> for Switch {
    fn from((gap, pick): (u32, u8)) -> Self {
        Self { gap, pick }
    }
}

impl From<Switch> for (u32, u8) {
    fn from(switch: Switch) -> Self {
        (switch.gap, switch.pick)
    }
}
