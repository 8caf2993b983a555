//! A line that two devices share, and what an ISR says about it.

use dirql::{Cx, IsrOutcome, Passive};
use dirql_sim::kernel;

use crate::conformance::behaviour::{About, Behaviour};
use crate::conformance::bell::{BELL, NEIGHBOUR};
use crate::conformance::history::{Log, What};
use crate::conformance::probe::Script;
use crate::conformance::run::{LINE, Life, Platform, Run, Scene, ring, ring_at};
use crate::stage::Stage;

fn count(log: &Log, is: fn(What) -> bool) -> usize {
    log.count(is)
}

fn isrs(log: &Log) -> usize {
    count(log, |what| matches!(what, What::Isr(_)))
}

fn declined(log: &Log) -> usize {
    count(log, |what| what == What::Declined)
}

/// NOT_MINE lets the next one look.
#[derive(Default)]
pub(super) struct Declined;

const ASKED: &str = "an ISR that is asked first, for another device's interrupt";

impl Behaviour for Declined {
    const ABOUT: About = About {
        name: "declined-goes-on",
        says: "an interrupt of another device on the line, declined by the first ISR, reaches the next one",
        rules: "R60 R61",
        reach: &[ASKED],
    };
    const PLATFORM: Platform = Platform { neighbour: true, ..Platform::LINE };
}

impl Scene for Declined {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let other = Log::default();
        let life = Life::<S>::begin(cx, run, LINE, Script::PLAIN);
        let neighbour = Life::<S>::try_begin(cx, &other, NEIGHBOUR, LINE, Script::PLAIN).expect("it starts");
        for _ in 0..2 {
            ring_at(NEIGHBOUR, 0);
            ring_at(BELL, 0);
        }
        kernel::quiesce();
        for log in [&run.log, &other] {
            run.equal("interrupts served", isrs(log) - declined(log), 2);
        }
        run.reach(declined(&run.log) > 0, ASKED);
        neighbour.end(cx);
        life.end(cx);
    }
}

/// A claimed interrupt is claimed.
#[derive(Default)]
pub(super) struct ClaimedOnce;

impl Behaviour for ClaimedOnce {
    const ABOUT: About = About {
        name: "claimed-ends-there",
        says: "an interrupt that the first ISR claims is not shown to the next one",
        rules: "R60",
        reach: &[],
    };
    const PLATFORM: Platform = Platform { neighbour: true, ..Platform::LINE };
}

impl Scene for ClaimedOnce {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let other = Log::default();
        let life = Life::<S>::begin(cx, run, LINE, Script::PLAIN);
        let neighbour = Life::<S>::try_begin(cx, &other, NEIGHBOUR, LINE, Script::PLAIN).expect("it starts");
        for _ in 0..3 {
            ring(0);
            kernel::quiesce();
        }
        run.equal("interrupts served", isrs(&run.log), 3);
        run.equal("calls of the neighbour's ISR", isrs(&other), 0);
        neighbour.end(cx);
        life.end(cx);
    }
}

/// Claiming and deferring have nothing to do with each other.
#[derive(Default)]
pub(super) struct DeferredUnclaimed;

impl Behaviour for DeferredUnclaimed {
    const ABOUT: About = About {
        name: "outcomes-are-independent",
        says: "an ISR may claim and not defer, and defer for an interrupt that it does not claim",
        rules: "R40 R41 B15 B16",
        reach: &[],
    };
    const PLATFORM: Platform = Platform { neighbour: true, ..Platform::LINE };
}

impl Scene for DeferredUnclaimed {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let other = Log::default();
        let declines = IsrOutcome { claimed: false, defer: true };
        let script = Script { outcome: IsrOutcome::HANDLED, declines, ..Script::PLAIN };
        let life = Life::<S>::begin(cx, run, LINE, script);
        let neighbour = Life::<S>::try_begin(cx, &other, NEIGHBOUR, LINE, Script::PLAIN).expect("it starts");
        ring(0);
        kernel::quiesce();
        run.equal("deferred routines after an interrupt of its own", deferred(&run.log), 0);
        ring_at(NEIGHBOUR, 0);
        kernel::quiesce();
        run.equal("deferred routines after one of the neighbour's", deferred(&run.log), 1);
        run.equal("deferred routines of the neighbour", deferred(&other), 1);
        neighbour.end(cx);
        life.end(cx);
    }
}

fn deferred(log: &Log) -> usize {
    count(log, |what| matches!(what, What::Deferred(_)))
}
