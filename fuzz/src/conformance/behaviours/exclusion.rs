//! ISRs and sections of one domain exclude each other; those of two may not.

use dirql::{Cx, Passive, Serialize, Source};

use crate::conformance::behaviour::{About, Behaviour};
use crate::conformance::history::{What, domain, overlaps};
use crate::conformance::probe::Script;
use crate::conformance::run::{LINE, Life, Platform, Run, Scene, messages, ring};
use crate::stage::Stage;

const MESSAGES: [Source; 3] = [Source::Message(0), Source::Message(1), Source::Message(2)];

/// Lets ISRs, deferred routines and threads at the domains of `sources`, and looks at what they left.
fn crowd<S: Stage>(cx: &mut Cx<'_, Passive>, run: &Run, life: Life<S>, sources: &[Source], s: Serialize) {
    life.with_threads(sources, 2, || (0..4).for_each(|n| ring(n % sources.len() as u16)));
    dirql_sim::kernel::quiesce();
    let mut domains: Vec<_> = sources.iter().map(|&source| domain(source, s)).collect();
    domains.dedup();
    for (n, &of) in domains.iter().enumerate() {
        let is_one = |what: What| what.locked().is_some_and(|source| domain(source, s) == of);
        let wanted = life.log.count(is_one);
        let kept = life.section(cx, sources[n], |shared| shared.visits);
        run.equal("visits that the state has kept", kept, Ok(wanted));
    }
    life.end(cx);
    for (a, b) in overlaps(&run.log.events()) {
        let (Some(first), Some(second)) = (a.locked(), b.locked()) else { continue };
        let together = domain(first, s) == domain(second, s);
        run.expect(!together, || format!("{b:?} runs during {a:?}"));
        run.reach(first != second, OVERLAP);
    }
}

const OVERLAP: &str = "an ISR or section of one message during one of another";

/// One source: nothing in its domain overlaps, on any processor.
#[derive(Default)]
pub(super) struct IsrAndSections;

impl Behaviour for IsrAndSections {
    const ABOUT: About = About {
        name: "isr-excludes-section",
        says: "the ISR, sections, enable and disable of a source exclude each other",
        rules: "R1 R2",
        reach: &[],
    };
    const PLATFORM: Platform = Platform { cpus: 3, ..Platform::LINE };
}

impl Scene for IsrAndSections {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, LINE, Script::PLAIN);
        crowd(cx, run, life, &[Source::Line], Serialize::PerSource);
    }
}

/// One lock for all messages.
#[derive(Default)]
pub(super) struct AllSources;

impl Behaviour for AllSources {
    const ABOUT: About = About {
        name: "one-lock-for-all-messages",
        says: "asked for, ISRs and sections of all messages exclude each other, and share a state",
        rules: "R5 R49 B6 B7",
        reach: &[],
    };
    const PLATFORM: Platform = Platform { cpus: 3, ..Platform::MESSAGES };
}

impl Scene for AllSources {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, messages(Serialize::AllSources), Script::PLAIN);
        crowd(cx, run, life, &MESSAGES, Serialize::AllSources);
    }
}

/// A lock for each message.
#[derive(Default)]
pub(super) struct PerSource;

impl Behaviour for PerSource {
    const ABOUT: About = About {
        name: "a-lock-for-each-message",
        says: "a message excludes itself only: the ISR of another one can run at the same time",
        rules: "R2 R6 R48 B6",
        reach: &[OVERLAP],
    };
    const PLATFORM: Platform = Platform { cpus: 3, ..Platform::MESSAGES };
}

impl Scene for PerSource {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, messages(Serialize::PerSource), Script::PLAIN);
        crowd(cx, run, life, &MESSAGES, Serialize::PerSource);
    }
}
