//! Numbers for sources, where a backend has a DPC or a connection for each.

use dirql::{MESSAGES_MAX, Source};

const MESSAGES: usize = MESSAGES_MAX as usize;

/// How many sources one registration can have: the line and all messages.
pub(crate) const SOURCES: usize = MESSAGES + 1;

/// Numbers the sources of a registration.
pub(crate) fn index(source: Source) -> usize {
    match source {
        Source::Line => 0,
        Source::Message(n) => usize::from(n) + 1,
    }
}

/// Returns the source of a number.
pub(crate) fn source_at(index: usize) -> Source {
    match index.checked_sub(1) {
        None => Source::Line,
        Some(n) => Source::Message(n as u16),
    }
}
