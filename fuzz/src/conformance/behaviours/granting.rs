//! What a registration is granted, and what each source is called.

use dirql::{Config, Cx, Domain, ErrorKind, MESSAGES_MAX, Passive, Request, Serialize, Source, SyncError};
use dirql_backends::Granted;
use dirql_sim::kernel;

use crate::conformance::behaviour::{About, Behaviour};
use crate::conformance::bell::BELL;
use crate::conformance::history::{Edge, What};
use crate::conformance::probe::Script;
use crate::conformance::run::{LINE, Life, Platform, Run, Scene, messages, ring};
use crate::stage::Stage;

/// Rings one source after the other, and returns the sources of the ISRs and deferred routines that came.
fn served<S: Stage>(life: &Life<S>, order: &[u16]) -> (Vec<Source>, Vec<Source>) {
    let before = life.log.events().len();
    for &n in order {
        ring(n);
        kernel::quiesce();
    }
    let events = life.log.events();
    let of = |isr: bool| {
        let source = move |what| match what {
            What::Isr(source) if isr => Some(source),
            What::Deferred(source) if !isr => Some(source),
            _ => None,
        };
        let begun = events[before..].iter().filter(|e| e.edge == Edge::Enter);
        begun.filter_map(|e| source(e.what)).collect()
    };
    (of(true), of(false))
}

/// Messages by their index in the grant.
#[derive(Default)]
pub(super) struct MessageNumbers;

impl Behaviour for MessageNumbers {
    const ABOUT: About = About {
        name: "message-numbers",
        says: "message n of the device is Source::Message(n) in ISR, deferred routine and section, with its state",
        rules: "R47 R80 B8",
        reach: &[],
    };
    const PLATFORM: Platform = Platform::MESSAGES;
}

impl Scene for MessageNumbers {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, messages(Serialize::PerSource), Script::PLAIN);
        run.equal("the grant", life.granted(), Granted::Messages(3));
        let order = [2, 0, 1, 2];
        let wanted: Vec<Source> = order.map(Source::Message).into();
        run.equal("sources of ISRs and deferred routines", served(&life, &order), (wanted.clone(), wanted));
        for n in 0..3 {
            let state = life.section(cx, Source::Message(n), |shared| shared.domain);
            run.equal("the state of a message", state, Ok(Domain::Message(n)));
        }
        life.end(cx);
    }
}

/// The platform has fewer messages than asked for, or more.
#[derive(Default)]
pub(super) struct FewerMessages;

impl Behaviour for FewerMessages {
    const ABOUT: About = About {
        name: "as-many-messages-as-there-are",
        says: "of the messages asked for and those there are, the smaller number is granted",
        rules: "R53 R54",
        reach: &[],
    };
    const PLATFORM: Platform = Platform::MESSAGES;
}

impl Scene for FewerMessages {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        for (max, granted) in [(1, 1), (2, 2), (MESSAGES_MAX, 3)] {
            let config = Config { request: Request::Messages { max }, ..LINE };
            let life = Life::<S>::begin(cx, run, config, Script::PLAIN);
            run.equal("the grant", life.granted(), Granted::Messages(granted));
            let last = granted - 1;
            let source = vec![Source::Message(last)];
            run.equal("the last message", served(&life, &[last]), (source.clone(), source));
            life.end(cx);
        }
    }
}

/// Messages wanted, and only a line there.
#[derive(Default)]
pub(super) struct FallBack;

impl Behaviour for FallBack {
    const ABOUT: About = About {
        name: "fall-back-to-the-line",
        says: "messages asked for and not there: the line is granted, as Source::Line with its own state",
        rules: "R53 B8",
        reach: &[],
    };
}

impl Scene for FallBack {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        for serialize in [Serialize::PerSource, Serialize::AllSources] {
            let life = Life::<S>::begin(cx, run, messages(serialize), Script::PLAIN);
            run.equal("the grant", life.granted(), Granted::Line);
            let line = vec![Source::Line];
            run.equal("sources of ISR and deferred routine", served(&life, &[0]), (line.clone(), line));
            let state = life.section(cx, Source::Line, |shared| shared.domain);
            run.equal("the state of the line", state, Ok(Domain::Line));
            life.end(cx);
        }
    }
}

/// Sections of sources that there are not.
#[derive(Default)]
pub(super) struct NotGranted;

impl Behaviour for NotGranted {
    const ABOUT: About = About {
        name: "not-granted-not-connected",
        says: "synchronizing with a source that was not granted is NotConnected, and the section does not run",
        rules: "B20",
        reach: &[],
    };
    const PLATFORM: Platform = Platform::MESSAGES;
}

impl Scene for NotGranted {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let config = Config { request: Request::Messages { max: 2 }, ..LINE };
        let life = Life::<S>::begin(cx, run, config, Script::PLAIN);
        for source in
            [Source::Line, Source::Message(2), Source::Message(MESSAGES_MAX), Source::Message(u16::MAX)]
        {
            let refused = life.section(cx, source, |_| ());
            run.equal("a section of what was not granted", refused, Err(SyncError::NotConnected));
        }
        run.equal("a section of what was", life.section(cx, Source::Message(1), |_| ()), Ok(()));
        life.end(cx);
    }
}

/// Numbers of messages that nobody can be granted.
#[derive(Default)]
pub(super) struct OutOfRange;

impl Behaviour for OutOfRange {
    const ABOUT: About = About {
        name: "impossible-requests",
        says: "asking for no message, or for more than MESSAGES_MAX, is Unsupported and calls nothing",
        rules: "R54",
        reach: &[],
    };
    const PLATFORM: Platform = Platform::MESSAGES;
    const OF_MESSAGES: bool = false;
}

impl Scene for OutOfRange {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        for max in [0, MESSAGES_MAX + 1] {
            refused::<S>(cx, run, Request::Messages { max }, ErrorKind::Unsupported);
        }
    }
}

/// A device that cannot interrupt.
#[derive(Default)]
pub(super) struct NoInterrupt;

impl Behaviour for NoInterrupt {
    const ABOUT: About = About {
        name: "no-interrupt",
        says: "a device without interrupts is NoInterrupt, whatever is asked for, and nothing is called",
        rules: "R53",
        reach: &[],
    };
    const PLATFORM: Platform = Platform { line: false, ..Platform::LINE };
}

impl Scene for NoInterrupt {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        for request in [Request::Line, Request::Messages { max: 3 }] {
            refused::<S>(cx, run, request, ErrorKind::NoInterrupt);
        }
    }
}

fn refused<S: Stage>(cx: &mut Cx<'_, Passive>, run: &Run, request: Request, wanted: ErrorKind) {
    let begun = Life::<S>::try_begin(cx, &run.log, BELL, Config { request, ..LINE }, Script::PLAIN);
    run.equal("the error", begun.err().map(|error| error.kind()), Some(wanted));
    run.equal("calls of the driver", run.log.count(|what| what.locked().is_some()), 0);
}
