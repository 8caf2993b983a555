//! What a driver asks for when it registers an interrupt.

/// Says which interrupt to ask for, and how its ISRs exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// What to ask for.
    pub request: Request,
    /// Which sources exclude each other.
    pub serialize: Serialize,
    /// How much one run of the deferred routine may do.
    pub budget: crate::Budget,
}

/// Names the kind of interrupt that a driver asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// The line.
    Line,
    /// Up to `max` messages; the line if none is granted (R53). How many were granted is
    /// a question to the registration.
    Messages {
        /// How many messages the driver can use, 1 to [`MESSAGES_MAX`].
        max: u16,
    },
}

/// The most messages that one registration may ask for. MSI allows 16 (`Introduction to Message-Signaled
/// Interrupts`); the 82574 has 5 vectors.
pub const MESSAGES_MAX: u16 = 16;

/// Says which sources share a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serialize {
    /// Each message has its own lock and its own `Shared` (R48).
    PerSource,
    /// One lock and one `Shared` for all messages (R49).
    AllSources,
}
