//! What a registration got.

use dirql::Source;

/// What a registration was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granted {
    /// The line.
    Line,
    /// This many messages.
    Messages(u16),
}

impl Granted {
    /// Returns the sources of the grant, in order.
    pub fn sources(self) -> impl Iterator<Item = Source> {
        let (line, messages) = match self {
            Granted::Line => (Some(Source::Line), 0),
            Granted::Messages(n) => (None, n),
        };
        line.into_iter().chain((0..messages).map(Source::Message))
    }
}
