//! The level and the processor of the running code.

use super::fail;
use crate::context::{self, inert, point, stop_if_failed, with};
use crate::irql::PASSIVE;

/// Returns the IRQL of the running processor.
pub fn irql() -> u8 {
    with(|core| core.irql())
}

/// Returns the running processor's number.
pub fn cpu() -> usize {
    with(|core| core.cpu())
}

/// Raises the IRQL and returns the old one.
pub fn raise_irql(to: u8) -> u8 {
    if inert() {
        return PASSIVE;
    }
    point();
    let old = with(|core| core.raise(to));
    stop_if_failed();
    old
}

/// Lowers the IRQL; below DISPATCH_LEVEL, queued DPCs run first (R33).
pub fn lower_irql(to: u8) {
    point();
    context::lower(to);
}

/// Ends the run if the caller is not at PASSIVE_LEVEL.
pub(crate) fn require_passive(rule: &'static str, what: &str) {
    let irql = irql();
    if irql != PASSIVE && !inert() {
        fail(rule, format!("{what} is called at IRQL {irql}"));
    }
}
