//! Runs cases.

use std::sync::Arc;

use dirql_sim::Violation;

use crate::backend::Backend;
use crate::capture::Frames;
use crate::case::Case;
use crate::execute::Execute;
use crate::outcome::{Failure, Outcome, Record, Switch};
use crate::reach::{Counter, Reach};
use crate::timeline::Timeline;
use crate::world::{Findings, World};

/// Runs cases on the simulated machine, one at a time.
pub struct Runner {
    world: World,
}

impl Execute for Runner {
    fn new(frames: Arc<Frames>) -> Self {
        Self { world: World::new(frames) }
    }

    fn run(&mut self, backend: Backend, case: &Case, record: Record) -> Outcome {
        let findings = self.world.run(backend, case, record);
        let reach = reach(&findings);
        let trace = timeline(&findings);
        let Findings { report, frames_sent, frames_received, .. } = findings;
        Outcome {
            points: report.points,
            steps: report.steps,
            frames_sent,
            frames_received,
            failure: report.violation.map(failure),
            reach,
            schedule: report
                .schedule
                .map(|s| s.iter().map(|s| Switch { gap: s.gap, pick: s.pick }).collect()),
            misfits: report.misfits,
            trace,
        }
    }

    fn take_pairs(&mut self) -> Vec<u64> {
        self.world.machine.pairs().take()
    }
}

/// Describes a violation by its rule.
fn failure(violation: Violation) -> Failure {
    let known = dirql_sim::rule(violation.rule);
    Failure {
        rule: violation.rule.into(),
        message: violation.message,
        source: known.map_or("", |known| known.source).into(),
        on_windows: known.and_then(|known| known.on_windows).map(Into::into),
    }
}

/// Draws the run, if its events were recorded.
fn timeline(findings: &Findings) -> Option<Timeline> {
    let events = findings.report.trace.as_deref()?;
    Some(Timeline::new(events, &findings.names))
}

/// Adds up what the scenario, the machine and the device have counted.
fn reach(findings: &Findings) -> Reach {
    let mut reach = findings.reach.clone();
    let machine = &findings.report.counters;
    let device = &findings.device;
    reach[Counter::SectionContended] += machine.sections_contended;
    reach[Counter::IsrNestedOverDpc] += machine.isrs_over_dpc;
    reach[Counter::IsrOverSectionOtherLock] += machine.isrs_over_dirql;
    reach[Counter::DpcOnTwoCpus] += machine.dpcs_overlapping;
    reach[Counter::LateStoresSeen] += machine.late_stores_seen;
    reach[Counter::PostedWrites] += machine.writes_posted;
    reach[Counter::CauseWhileMasked] += device.cause_while_masked;
    reach[Counter::CauseDuringUnmask] += device.cause_by_ims_write;
    reach[Counter::InterruptsThrottled] += device.throttled;
    reach[Counter::VlanTags] += device.tags_put_in + device.tags_taken_out;
    reach[Counter::ChecksumOffloads] += device.checksums_filled_in + device.checksums_checked;
    reach[Counter::RxOutOfDescriptors] += device.rx_no_descriptor;
    reach[Counter::RemovalInMidDma] += device.removed_in_dma;
    reach[Counter::LiesTold] += device.lies;
    reach
}
