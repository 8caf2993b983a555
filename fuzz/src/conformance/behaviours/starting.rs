//! What comes first: states, ISRs, enabling; and what is left of a start that fails.

use dirql::{Cx, Passive, Serialize, Source};
use dirql_sim::kernel;

use crate::conformance::behaviour::{About, Behaviour};
use crate::conformance::bell::BELL;
use crate::conformance::history::{Edge, What};
use crate::conformance::probe::Script;
use crate::conformance::run::{LINE, Life, Platform, Run, Scene, messages, ring};
use crate::stage::Stage;

/// States are complete before an ISR can want them.
#[derive(Default)]
pub(super) struct StateFirst;

impl Behaviour for StateFirst {
    const ABOUT: About = About {
        name: "states-come-first",
        says: "the state of each domain that could be granted is made once, before any other call of the driver",
        rules: "R18 R19 B9",
        reach: &[],
    };
    const PLATFORM: Platform = Platform { unruly: true, ..Platform::MESSAGES };
}

impl Scene for StateFirst {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        (0..3).for_each(ring);
        let life = Life::<S>::begin(cx, run, messages(Serialize::PerSource), Script::PLAIN);
        kernel::quiesce();
        life.end(cx);
        let events = run.log.events();
        let last_made = events.iter().rposition(|e| matches!(e.what, What::Make(_)));
        let first_call = events.iter().position(|e| e.edge == Edge::Enter);
        run.expect(last_made < first_call, || format!("a state is made after a call: {events:?}"));
        run.equal("states made", run.log.count(|what| matches!(what, What::Make(_))), 4);
    }
}

/// An interrupt that came too early.
#[derive(Default)]
pub(super) struct IsrBeforeEnable;

const EARLY: &str = "an ISR before its source is enabled";

impl Behaviour for IsrBeforeEnable {
    const ABOUT: About = About {
        name: "isr-before-enable",
        says: "an ISR can be called before its source is enabled: what it needs is there, and what it does counts",
        rules: "R18 R19 R65 B9",
        reach: &[EARLY],
    };
    const PLATFORM: Platform = Platform { unruly: true, ..Platform::MESSAGES };
}

impl Scene for IsrBeforeEnable {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        (0..4).for_each(|_| ring(0));
        let life = Life::<S>::begin(cx, run, messages(Serialize::PerSource), Script::PLAIN);
        ring(0);
        kernel::quiesce();
        life.end(cx);
        let events = run.log.events();
        let first = |what| events.iter().position(|e| e.what == what);
        let source = Source::Message(0);
        run.expect(first(What::Deferred(source)).is_some(), || "no interrupt is served".into());
        run.reach(first(What::Isr(source)).is_some_and(|isr| Some(isr) < first(What::Enable(source))), EARLY);
    }
}

/// Each granted source is enabled once.
#[derive(Default)]
pub(super) struct EnabledOnce;

impl Behaviour for EnabledOnce {
    const ABOUT: About = About {
        name: "enabled-once",
        says: "each granted source is enabled once, and no other, before the driver is told that it has started",
        rules: "R46 R63 B18",
        reach: &[],
    };
    const PLATFORM: Platform = Platform::MESSAGES;
    const OF_MESSAGES: bool = false;
}

impl Scene for EnabledOnce {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        for serialize in [Serialize::PerSource, Serialize::AllSources] {
            let before = run.log.events().len();
            let life = Life::<S>::begin(cx, run, messages(serialize), Script::PLAIN);
            let mut enabled: Vec<What> = run.log.events()[before..].iter().map(|e| e.what).collect();
            enabled.retain(|what| matches!(what, What::Enable(_)));
            // Entered and left.
            let wanted = life.granted().sources().flat_map(|s| [What::Enable(s); 2]).collect();
            run.equal("sources enabled", enabled, wanted);
            life.end(cx);
        }
    }
}

/// A source that cannot be enabled.
#[derive(Default)]
pub(super) struct Undone;

impl Behaviour for Undone {
    const ABOUT: About = About {
        name: "a-refusal-undoes-all",
        says: "if a source cannot be enabled, starting fails, the enabled ones are disabled, and no call follows",
        rules: "R68",
        reach: &[],
    };
    const PLATFORM: Platform = Platform::MESSAGES;
}

impl Scene for Undone {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let script = Script { refuses: Some(Source::Message(1)), ..Script::PLAIN };
        (0..3).for_each(ring);
        let begun = Life::<S>::try_begin(cx, &run.log, BELL, messages(Serialize::PerSource), script);
        run.expect(begun.is_err(), || "starting succeeds".into());
        let after = run.log.events().len();
        (0..3).for_each(ring);
        kernel::quiesce();
        run.equal("calls after starting has failed", run.log.events().len() - after, 0);
        let disabled = run.log.count(|w| matches!(w, What::Disable(Source::Message(0), _)));
        run.equal("how often the enabled source is disabled", disabled, 1);
        let life = Life::<S>::begin(cx, run, messages(Serialize::PerSource), Script::PLAIN);
        kernel::quiesce();
        let served = run.log.count(|w| matches!(w, What::Isr(Source::Message(2))));
        run.expect(served > 0, || "the next registration does not work".into());
        life.end(cx);
    }
}

/// A second life.
#[derive(Default)]
pub(super) struct Again;

impl Behaviour for Again {
    const ABOUT: About = About {
        name: "registering-again",
        says: "after unregister the device can be registered again, with states made anew",
        rules: "R20 B10",
        reach: &[],
    };
}

impl Scene for Again {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        for life_number in 1..=3 {
            let life = Life::<S>::begin(cx, run, LINE, Script::PLAIN);
            ring(0);
            kernel::quiesce();
            let isrs = run.log.count(|w| matches!(w, What::Isr(_)));
            run.equal("ISRs in all lives", isrs, life_number);
            let visits = life.section(cx, Source::Line, |shared| shared.visits);
            run.equal("visits to this life's state: enable, ISR, deferred routine", visits, Ok(3));
            life.end(cx);
        }
    }
}
