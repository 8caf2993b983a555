//! Runs cases.

use std::ops::ControlFlow;
use std::sync::Arc;

use dirql_sim::{Counts, Exploration, Move, Moves, Scheduler, Violation};

use crate::backend::Backend;
use crate::capture::Frames;
use crate::case::Case;
use crate::execute::Execute;
use crate::explore::{Explored, Extent};
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
        outcome(self.world.run(backend, case, record))
    }

    fn explore(
        &mut self,
        backend: Backend,
        case: &Case,
        extent: Extent,
        each: &mut dyn FnMut(&Explored, Outcome) -> ControlFlow<()>,
    ) -> Option<Explored> {
        let exploration = extent.preemptions.map_or_else(Exploration::new, Exploration::bounded);
        while !exploration.is_finished() {
            let scheduler = Explorer { exploration: exploration.clone(), choices: extent.choices };
            let findings = self.world.run_by(Box::new(scheduler), backend, case, Record::Schedule);
            if each(&explored(&exploration), outcome(findings)).is_break() {
                break;
            }
        }
        Some(explored(&exploration))
    }

    fn take_pairs(&mut self) -> Vec<u64> {
        self.world.machine.pairs().take()
    }
}

/// An exploration that leaves to the plain outcome what could be chosen, if it is told to.
struct Explorer {
    exploration: Exploration,
    choices: bool,
}

impl Scheduler for Explorer {
    fn pick(&mut self, moves: Moves, default: Move, forced: bool) -> Move {
        self.exploration.pick(moves, default, forced)
    }

    fn choose(&mut self, alternatives: u32) -> u32 {
        if self.choices { self.exploration.choose(alternatives) } else { 0 }
    }

    fn exploration(&self) -> Option<Exploration> {
        Some(self.exploration.clone())
    }
}

fn explored(exploration: &Exploration) -> Explored {
    let Counts { complete, redundant, failed } = exploration.counts();
    Explored {
        runs: complete + redundant + failed,
        is_finished: exploration.is_finished(),
        statement: exploration.to_string(),
    }
}

fn outcome(findings: Findings) -> Outcome {
    let reach = reach(&findings);
    let trace = timeline(&findings);
    let Findings { report, frames_sent, frames_received, .. } = findings;
    let switches =
        |s: Vec<dirql_sim::Switch>| s.iter().map(|s| Switch { gap: s.gap, pick: s.pick }).collect();
    Outcome {
        points: report.points,
        steps: report.steps,
        frames_sent,
        frames_received,
        failure: report.violation.map(failure),
        reach,
        schedule: report.schedule.map(switches),
        misfits: report.misfits,
        trace,
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
    reach[Counter::IsrInDx] += machine.isrs_in_dx;
    reach[Counter::InterruptsKept] += machine.interrupts_kept_in_dx;
    reach[Counter::InterruptsInactive] += machine.interrupts_inactive_in_dx;
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
