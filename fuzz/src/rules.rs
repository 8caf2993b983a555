//! The rules that the simulated machine and the scenarios know, as failures cite them.

use crate::outcome::Failure;

/// Returns each rule's name and what it says.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    dirql_sim::rules().iter().map(|rule| (rule.id, rule.says))
}

/// Describes a failure by its rule.
pub(crate) fn failure(rule: &str, message: String) -> Failure {
    let known = dirql_sim::rule(rule);
    Failure {
        rule: rule.into(),
        message,
        source: known.map_or("", |known| known.source).into(),
        on_windows: known.and_then(|known| known.on_windows).map(Into::into),
    }
}
