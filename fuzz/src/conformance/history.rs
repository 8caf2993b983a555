//! What a driver sees: who called which of its methods, in which order, at which level.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dirql::{Disable, Domain, ErrorKind, Serialize, Source, SyncError};
use dirql_sim::kernel;

/// A call of the driver, or what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// `shared` makes a domain's state.
    Make(Domain),
    Isr(Source),
    /// A synchronized section.
    Section(Source),
    Deferred(Source),
    Enable(Source),
    Disable(Source, Disable),
    /// The ISR found that the interrupt was not its device's.
    Declined,
    /// How many items a deferred run may handle.
    Budget(u32),
    /// A step of the script that calls the backend.
    Step(&'static str),
    /// A registration that failed.
    Failed(ErrorKind),
    /// A section that did not run.
    Refused(Source, SyncError),
}

/// Which end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Enter,
    Leave,
    /// Not a call: it takes no time.
    Point,
}

/// One event, with where it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) what: What,
    pub(super) edge: Edge,
    pub(super) irql: u8,
    pub(super) cpu: usize,
}

/// Where a driver's methods write down that they were called.
#[derive(Clone, Debug, Default)]
pub(super) struct Log(Arc<Mutex<Vec<Event>>>);

impl Log {
    /// Returns what happened so far.
    pub(super) fn events(&self) -> Vec<Event> {
        self.lock().clone()
    }

    /// Writes down that something is so.
    pub(super) fn note(&self, what: What) {
        self.push(what, Edge::Point);
    }

    /// Runs `body` as a call of the driver.
    pub(super) fn within<R>(&self, what: What, body: impl FnOnce() -> R) -> R {
        self.push(what, Edge::Enter);
        let result = body();
        self.push(what, Edge::Leave);
        result
    }

    /// Returns how many calls began that `is` one of.
    pub(super) fn count(&self, is: impl Fn(What) -> bool) -> usize {
        self.lock().iter().filter(|e| e.edge != Edge::Leave && is(e.what)).count()
    }

    fn push(&self, what: What, edge: Edge) {
        let event = Event { what, edge, irql: kernel::irql(), cpu: kernel::cpu() };
        self.lock().push(event);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Event>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl What {
    /// Returns the source in whose lock the driver is called, if it is.
    pub(super) fn locked(self) -> Option<Source> {
        match self {
            What::Isr(source) | What::Section(source) | What::Enable(source) | What::Disable(source, _) => {
                Some(source)
            }
            _ => None,
        }
    }
}

/// Returns the domain of a source.
pub(super) fn domain(source: Source, serialize: Serialize) -> Domain {
    match (source, serialize) {
        (Source::Line, _) => Domain::Line,
        (Source::Message(_), Serialize::AllSources) => Domain::AllMessages,
        (Source::Message(n), Serialize::PerSource) => Domain::Message(n),
    }
}

/// Returns each pair of calls of which the second began while the first went on.
pub(super) fn overlaps(events: &[Event]) -> Vec<(What, What)> {
    let mut open: Vec<What> = Vec::new();
    let mut pairs = Vec::new();
    for event in events {
        match event.edge {
            Edge::Enter => {
                pairs.extend(open.iter().map(|&before| (before, event.what)));
                open.push(event.what);
            }
            Edge::Leave => {
                if let Some(at) = open.iter().rposition(|&what| what == event.what) {
                    open.remove(at);
                }
            }
            Edge::Point => {}
        }
    }
    pairs
}
