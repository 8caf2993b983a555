//! Deferred routines: when they run, how often, and with whom.

use dirql::{Cx, Passive, Serialize, Source};
use dirql_sim::kernel;

use crate::conformance::behaviour::{About, Behaviour};
use crate::conformance::history::{Edge, Event, What, overlaps};
use crate::conformance::probe::Script;
use crate::conformance::run::{LINE, Life, Platform, Run, Scene, messages, ring};
use crate::stage::Stage;

fn is_isr(what: What) -> bool {
    matches!(what, What::Isr(_))
}

fn is_deferred(what: What) -> bool {
    matches!(what, What::Deferred(_))
}

/// Lets a line ring some times in a row, and returns what happened.
fn rung<S: Stage>(cx: &mut Cx<'_, Passive>, run: &Run) -> Vec<Event> {
    let life = Life::<S>::begin(cx, run, LINE, Script::PLAIN);
    (0..5).for_each(|_| ring(0));
    kernel::quiesce();
    let events = run.log.events();
    life.end(cx);
    events
}

/// Many ISRs, fewer runs, none lost.
#[derive(Default)]
pub(super) struct Coalesced;

const MERGED: &str = "one run for several ISRs";

impl Behaviour for Coalesced {
    const ABOUT: About = About {
        name: "deferred-coalesces",
        says: "a run may stand for many ISRs, there is none without an ISR, and one begins after the last ISR began",
        rules: "R27 R28 R34 R42 B12 B13",
        reach: &[MERGED],
    };
}

impl Scene for Coalesced {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let events = rung::<S>(cx, run);
        let begun = |is: fn(What) -> bool| events.iter().filter(move |e| e.edge == Edge::Enter && is(e.what));
        let (isrs, runs) = (begun(is_isr).count(), begun(is_deferred).count());
        run.equal("ISRs for five assertions of the line", isrs, 5);
        run.expect(runs <= isrs, || format!("{runs} runs for {isrs} ISRs"));
        run.reach(runs < isrs, MERGED);
        let last = |is: fn(What) -> bool| events.iter().rposition(|e| e.edge == Edge::Enter && is(e.what));
        run.expect(last(is_deferred) > last(is_isr), || "no run begins after the last ISR".into());
    }
}

/// Two runs at once.
#[derive(Default)]
pub(super) struct WithItself;

const TWICE: &str = "two runs of one deferred routine at once";

impl Behaviour for WithItself {
    const ABOUT: About = About {
        name: "deferred-overlaps-itself",
        says: "a deferred routine can run on two processors at once",
        rules: "R29 R43 R77 B11",
        reach: &[TWICE],
    };
}

impl Scene for WithItself {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let events = rung::<S>(cx, run);
        run.reach(overlaps(&events).iter().any(|&(a, b)| is_deferred(a) && is_deferred(b)), TWICE);
    }
}

/// ISRs come in between.
#[derive(Default)]
pub(super) struct UnderIsrs;

const BETWEEN: &str = "an ISR during a run of its deferred routine";

impl Behaviour for UnderIsrs {
    const ABOUT: About = About {
        name: "isr-during-deferred",
        says: "an ISR can run during its own deferred routine, on the same processor or on another",
        rules: "R4 R33",
        reach: &[BETWEEN],
    };
}

impl Scene for UnderIsrs {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let events = rung::<S>(cx, run);
        run.reach(overlaps(&events).iter().any(|&(a, b)| is_deferred(a) && is_isr(b)), BETWEEN);
    }
}

/// A budget that runs out.
#[derive(Default)]
pub(super) struct UntilDone;

impl Behaviour for UntilDone {
    const ABOUT: About = About {
        name: "deferred-until-done",
        says: "a run that answers Again is followed by another, until one is Done; none has more budget than asked",
        rules: "R45 B25",
        reach: &[],
    };
}

const RUNS: usize = 5;

impl Scene for UntilDone {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let script = Script { again: |runs| runs < RUNS, ..Script::PLAIN };
        let life = Life::<S>::begin(cx, run, LINE, script);
        ring(0);
        kernel::quiesce();
        run.equal("runs until it is done", run.log.count(is_deferred), RUNS);
        run.equal("ISRs", run.log.count(is_isr), 1);
        for event in run.log.events() {
            let What::Budget(items) = event.what else { continue };
            run.expect((1..=LINE.budget.items()).contains(&items), || format!("a budget of {items} items"));
        }
        life.end(cx);
    }
}

/// Sections of other sources.
#[derive(Default)]
pub(super) struct OtherDomains;

impl Behaviour for OtherDomains {
    const ABOUT: About = About {
        name: "sections-in-deferred",
        says: "a deferred routine synchronizes with its own source and with the others",
        rules: "R9 R33",
        reach: &[],
    };
    const PLATFORM: Platform = Platform::MESSAGES;
}

impl Scene for OtherDomains {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        for serialize in [Serialize::PerSource, Serialize::AllSources] {
            let before = run.log.count(|what| what == What::Section(Source::Message(2)));
            let script = Script { visits: Some(Source::Message(2)), ..Script::PLAIN };
            let life = Life::<S>::begin(cx, run, messages(serialize), script);
            ring(0);
            kernel::quiesce();
            let sections = run.log.count(|what| what == What::Section(Source::Message(2)));
            run.equal("sections of another message", sections - before, 1);
            run.equal("sections refused", run.log.count(|what| matches!(what, What::Refused(..))), 0);
            life.end(cx);
        }
    }
}
