//! What comes last: drained, disabled, silent.

use dirql::{Cx, Disable, Passive, Serialize, Source};
use dirql_backends::Granted;
use dirql_sim::kernel;

use crate::conformance::behaviour::{About, Behaviour};
use crate::conformance::bell::NEIGHBOUR;
use crate::conformance::history::{Edge, Event, Log, What};
use crate::conformance::probe::Script;
use crate::conformance::run::{LINE, Life, Platform, Run, Scene, messages, ring, ring_at};
use crate::stage::Stage;

const RETURNS: What = What::Step("unregister returns");

fn place(events: &[Event], what: What) -> Option<usize> {
    events.iter().position(|event| event.what == what)
}

/// Nothing is called after `unregister` has returned.
fn is_last(run: &Run) {
    let events = run.log.events();
    let after = place(&events, RETURNS).map(|at| &events[at + 1..]);
    run.equal("calls after unregister", after.map(<[Event]>::to_vec), Some(Vec::new()));
}

/// A deferred routine that is queued when the registration ends.
#[derive(Default)]
pub(super) struct Drained;

const LATE: &str = "a deferred routine that goes on while unregister waits";

impl Behaviour for Drained {
    const ABOUT: About = About {
        name: "unregister-drains",
        says: "unregister waits for deferred routines, queued or running, and for what they synchronize with",
        rules: "R21 R22 R37 R38 R67 B10",
        reach: &[LATE],
    };
    const PLATFORM: Platform = Platform::MESSAGES;
    const OF_MESSAGES: bool = false;
    const SCHEDULES: u64 = 1_000;
}

impl Scene for Drained {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let script = Script { visits: Some(Source::Message(2)), ..Script::PLAIN };
        let life = Life::<S>::begin(cx, run, messages(Serialize::PerSource), script);
        life.ring_all();
        (0..kernel::choose(40)).for_each(|_| kernel::pause());
        life.end(cx);
        kernel::quiesce();
        is_last(run);
        let events = run.log.events();
        let ends = place(&events, What::Step("unregister")).unwrap_or(events.len());
        let late =
            events[ends..].iter().any(|e| matches!(e.what, What::Deferred(_)) && e.edge == Edge::Leave);
        run.reach(late, LATE);
    }
}

/// A deferred routine that always wants to run again.
#[derive(Default)]
pub(super) struct NeverDone;

impl Behaviour for NeverDone {
    const ABOUT: About = About {
        name: "unregister-ends-again",
        says: "a deferred routine that is never done ends with the registration",
        rules: "R22 R45",
        reach: &[],
    };
    const SCHEDULES: u64 = 3_000;
    const FAIR: bool = true;
}

impl Scene for NeverDone {
    /// On the thread's own processor such a routine would starve the thread, here as on Windows.
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let script = Script { again: |_| kernel::cpu() != 0, ..Script::PLAIN };
        let life = Life::<S>::begin(cx, run, LINE, script);
        ring(0);
        (0..kernel::choose(40)).for_each(|_| kernel::pause());
        life.end(cx);
        kernel::quiesce();
        is_last(run);
    }
}

/// A device that nobody can silence.
#[derive(Default)]
pub(super) struct Silent;

const AT_END: &str = "an ISR that goes on while unregister waits";

impl Behaviour for Silent {
    const ABOUT: About = About {
        name: "nothing-after-unregister",
        says: "after disable the ISR of a source does not reach the driver, and nothing does after unregister",
        rules: "R20 R62",
        reach: &[AT_END],
    };
    const PLATFORM: Platform = Platform { unruly: true, ..Platform::MESSAGES };
}

impl Scene for Silent {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, messages(Serialize::PerSource), Script::PLAIN);
        (0..12).for_each(|n| ring(n % 3));
        (0..kernel::choose(40)).for_each(|_| kernel::pause());
        life.end(cx);
        kernel::quiesce();
        is_silent(run, Granted::Messages(3));
    }
}

/// No ISR reaches the driver after its source's disable, though one may come while the registration ends.
fn is_silent(run: &Run, granted: Granted) {
    is_last(run);
    let events = run.log.events();
    for source in granted.sources() {
        let disabled = place(&events, What::Disable(source, Disable::Normal));
        let last = events.iter().rposition(|e| e.what == What::Isr(source));
        run.expect(disabled.is_some() && last < disabled, || {
            format!("an ISR of {source:?} after its disable")
        });
    }
    let ends = place(&events, What::Step("unregister")).unwrap_or(events.len());
    run.reach(events[ends..].iter().any(|e| matches!(e.what, What::Isr(_))), AT_END);
}

/// A line on which another device goes on.
#[derive(Default)]
pub(super) struct SilentOnLine;

impl Behaviour for SilentOnLine {
    const ABOUT: About = About {
        name: "nothing-after-a-line-is-left",
        says: "on a line that others share the ISR does not reach the driver after disable, nor anything after unregister",
        rules: "R20 R60 R62",
        reach: &[AT_END],
    };
    const PLATFORM: Platform = Platform { neighbour: true, ..Platform::LINE };
}

impl Scene for SilentOnLine {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, LINE, Script::PLAIN);
        let sharer = Life::<S>::try_begin(cx, &Log::default(), NEIGHBOUR, LINE, Script::PLAIN);
        (0..6).for_each(|_| ring_at(NEIGHBOUR, 0));
        (0..kernel::choose(40)).for_each(|_| kernel::pause());
        life.end(cx);
        kernel::quiesce();
        is_silent(run, Granted::Line);
        sharer.expect("the neighbour has the line").end(cx);
    }
}

/// Returns whether each source was disabled once, for this reason and for no other.
fn disabled_once(run: &Run, granted: Granted, why: Disable) {
    for source in granted.sources() {
        let all = run.log.count(|what| matches!(what, What::Disable(s, _) if s == source));
        let so = run.log.count(|what| what == What::Disable(source, why));
        run.equal("times that a source is disabled, and so for the right reason", (all, so), (1, 1));
    }
}

/// Every source is disabled.
#[derive(Default)]
pub(super) struct DisabledOnce;

impl Behaviour for DisabledOnce {
    const ABOUT: About = About {
        name: "disabled-once",
        says: "unregister disables each granted source once, Normal",
        rules: "R46 R64 B18",
        reach: &[],
    };
    const PLATFORM: Platform = Platform::MESSAGES;
    const OF_MESSAGES: bool = false;
}

impl Scene for DisabledOnce {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, messages(Serialize::AllSources), Script::PLAIN);
        let granted = life.granted();
        life.ring_all();
        life.end(cx);
        disabled_once(run, granted, Disable::Normal);
    }
}

/// The device has gone.
#[derive(Default)]
pub(super) struct Gone;

impl Behaviour for Gone {
    const ABOUT: About = About {
        name: "surprise-removal",
        says: "a device that has gone is disabled once, Gone, and its deferred routines are drained",
        rules: "R81 R91 B19",
        reach: &[],
    };
    const PLATFORM: Platform = Platform::MESSAGES;
    const OF_MESSAGES: bool = false;
}

impl Scene for Gone {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, messages(Serialize::PerSource), Script::PLAIN);
        let granted = life.granted();
        life.ring_all();
        (0..kernel::choose(40)).for_each(|_| kernel::pause());
        life.end_gone(cx);
        kernel::quiesce();
        is_last(run);
        disabled_once(run, granted, Disable::Gone);
    }
}
