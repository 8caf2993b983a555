//! The rules that the simulated machine knows.

use crate::outcome::Failure;

/// Returns each rule's name and what it says.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    std::iter::empty()
}

/// Describes a failure by its rule.
pub(crate) fn failure(rule: &str, message: String) -> Failure {
    Failure { rule: rule.into(), message, source: String::new(), on_windows: None }
}
