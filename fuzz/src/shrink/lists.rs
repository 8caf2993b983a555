//! The lists of a case, and how to cut a piece out of each.

use std::ops::Range;

use crate::case::{Case, Schedule};

/// One of the lists of a case.
#[derive(Clone, Copy)]
pub(super) struct List {
    pub(super) len: fn(&Case) -> usize,
    pub(super) cut: fn(&mut Case, Range<usize>),
}

pub(super) const SWITCHES: List = List { len: listed, cut: cut_switches };
pub(super) const SENDS: List =
    List { len: |case| case.sends.len(), cut: |case, range| drop(case.sends.drain(range)) };
pub(super) const CONTROLS: List =
    List { len: |case| case.controls.len(), cut: |case, range| drop(case.controls.drain(range)) };
pub(super) const WIRE: List =
    List { len: |case| case.wire.len(), cut: |case, range| drop(case.wire.drain(range)) };

fn listed(case: &Case) -> usize {
    match &case.schedule {
        Schedule::Seeded { .. } => 0,
        Schedule::Switches(switches) => switches.len(),
    }
}

/// Cuts switches out so that those behind keep their place in the run: each takes one decision after its gap.
fn cut_switches(case: &mut Case, range: Range<usize>) {
    let Schedule::Switches(switches) = &mut case.schedule else { return };
    let decisions =
        switches.drain(range.clone()).fold(0_u32, |sum, s| sum.saturating_add(s.gap).saturating_add(1));
    if let Some(next) = switches.get_mut(range.start) {
        next.gap = next.gap.saturating_add(decisions);
    }
}

/// Returns the case without some switches of its schedule.
pub(crate) fn without_switches(case: &Case, range: Range<usize>) -> Case {
    let mut case = case.clone();
    cut_switches(&mut case, range);
    case
}
