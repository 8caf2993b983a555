//! The IRQL at which a driver's methods are entered and left.

use dirql::{Cx, Passive, Serialize, Source};
use dirql_sim::kernel;

use crate::conformance::behaviour::{About, Behaviour};
use crate::conformance::history::What;
use crate::conformance::probe::Script;
use crate::conformance::run::{LINE, LINE_IRQL, Life, MESSAGE_IRQL, Platform, Run, Scene, messages, ring};
use crate::stage::Stage;

const DISPATCH_LEVEL: u8 = 2;

/// Lets everything happen that has a level; `dirql` is the level of a source's ISR.
fn look<S: Stage>(cx: &mut Cx<'_, Passive>, run: &Run, life: Life<S>, dirql: fn(Source) -> u8) {
    let sources: Vec<Source> = life.granted().sources().collect();
    (0..sources.len() as u16).for_each(ring);
    for &source in &sources {
        run.equal("a section", life.section(cx, source, |_| ()), Ok(()));
        run.equal("IRQL after a section", kernel::irql(), 0);
    }
    kernel::quiesce();
    life.end(cx);
    run.equal("IRQL after unregistering", kernel::irql(), 0);
    let (isr, deferred) = if S::DIRQL { (dirql, DISPATCH_LEVEL) } else { (passive as fn(_) -> _, 0) };
    for event in run.log.events() {
        let wanted = match (event.what.locked(), event.what) {
            (Some(source), _) => isr(source),
            (None, What::Deferred(_)) => deferred,
            (None, What::Make(_)) => 0,
            _ => continue,
        };
        let what =
            || format!("{:?} ({:?}) at IRQL {} instead of {wanted}", event.what, event.edge, event.irql);
        run.expect(event.irql == wanted, what);
    }
    let deferred = run.log.count(|what| matches!(what, What::Deferred(_)));
    run.expect(deferred > 0, || "no deferred routine runs".into());
}

fn passive(_: Source) -> u8 {
    0
}

/// A line.
#[derive(Default)]
pub(super) struct OfOneSource;

impl Behaviour for OfOneSource {
    const ABOUT: About = About {
        name: "levels-of-a-line",
        says: "ISR, section, enable and disable run at DIRQL, a deferred routine at DISPATCH_LEVEL (of passive-level \
               interrupts, such as UMDF's: all at PASSIVE_LEVEL), and each is left at the level it was entered at",
        rules: "R1 R15 R33 B2 B14",
        reach: &[],
    };
}

impl Scene for OfOneSource {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, LINE, Script::PLAIN);
        look(cx, run, life, |_| LINE_IRQL);
    }
}

/// Messages, each at its own level.
#[derive(Default)]
pub(super) struct OfMessages;

impl Behaviour for OfMessages {
    const ABOUT: About = About {
        name: "levels-of-messages",
        says: "with a lock for each message, each runs at its own DIRQL",
        rules: "R1 R50",
        reach: &[],
    };
    const PLATFORM: Platform = Platform::MESSAGES;
}

impl Scene for OfMessages {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, messages(Serialize::PerSource), Script::PLAIN);
        look(cx, run, life, |source| match source {
            Source::Line => LINE_IRQL,
            Source::Message(n) => MESSAGE_IRQL + n as u8,
        });
    }
}

/// Messages under one lock, at one level.
#[derive(Default)]
pub(super) struct OfOneLock;

impl Behaviour for OfOneLock {
    const ABOUT: About = About {
        name: "levels-under-one-lock",
        says: "with one lock for all messages, all run at the highest DIRQL among them",
        rules: "R5",
        reach: &[],
    };
    const PLATFORM: Platform = Platform::MESSAGES;
}

impl Scene for OfOneLock {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, messages(Serialize::AllSources), Script::PLAIN);
        look(cx, run, life, |_| MESSAGE_IRQL + 2);
    }
}
