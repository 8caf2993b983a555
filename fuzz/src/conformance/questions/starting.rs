//! From `register` to the first interrupt.

use dirql::{Config, Cx, IsrOutcome, Passive, Serialize, Source};
use dirql_sim::kernel;

use crate::conformance::bell::BELL;
use crate::conformance::history::{Edge, Event, What};
use crate::conformance::probe::Script;
use crate::conformance::question::{Asked, Question};
use crate::conformance::run::{LINE, Life, Platform, REGISTERED, Run, Scene, messages, ring};
use crate::stage::Stage;

/// The platform has assigned messages, and the driver wants none.
#[derive(Default)]
pub(super) struct LineInsteadOfMessages;

impl Question for LineInsteadOfMessages {
    const ASKED: Asked = Asked {
        name: "line-instead-of-messages",
        asks: "what does a driver get that asks for the line of a device with messages?",
        rules: "R53 R54",
        usual: &["Unsupported"],
    };
    const PLATFORM: Platform = Platform::MESSAGES;
    const OF_MESSAGES: bool = false;
}

impl Scene for LineInsteadOfMessages {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        grant::<S>(cx, run, LINE);
    }
}

fn grant<S: Stage>(cx: &mut Cx<'_, Passive>, run: &Run, config: Config) {
    match Life::<S>::try_begin(cx, &run.log, BELL, config, Script::PLAIN) {
        Ok(life) => {
            run.answer(format!("{:?}", life.granted()));
            life.end(cx);
        }
        Err(error) => run.answer(format!("{:?}", error.kind())),
    }
}

/// The platform has messages, and the driver wants all.
#[derive(Default)]
pub(super) struct AllMessages;

impl Question for AllMessages {
    const ASKED: Asked = Asked {
        name: "all-messages",
        asks: "what does a driver get that asks for all 3 messages of a device?",
        rules: "R53 R54",
        usual: &["Messages(3)"],
    };
    const PLATFORM: Platform = Platform::MESSAGES;
    const OF_MESSAGES: bool = false;
}

impl Scene for AllMessages {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        grant::<S>(cx, run, messages(Serialize::PerSource));
    }
}

/// A registration that cannot be.
#[derive(Default)]
pub(super) struct StatesOfARefusal;

impl Question for StatesOfARefusal {
    const ASKED: Asked = Asked {
        name: "states-of-a-refusal",
        asks: "does a driver make states for a registration that is refused, there being no interrupt?",
        rules: "R18 R19 B9",
        usual: &["no"],
    };
    const PLATFORM: Platform = Platform { line: false, ..Platform::LINE };
}

impl Scene for StatesOfARefusal {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        if Life::<S>::try_begin(cx, &run.log, BELL, LINE, Script::PLAIN).is_ok() {
            run.answer("it is not refused");
        }
        let made = run.log.count(|what| matches!(what, What::Make(_)));
        run.answer(if made == 0 { "no" } else { "yes" });
    }
}

/// Between `register` and what the framework does next.
#[derive(Default)]
pub(super) struct AfterRegister;

impl Question for AfterRegister {
    const ASKED: Asked = Asked {
        name: "after-register",
        asks: "is the source enabled when register has returned, and does a section run?",
        rules: "R19 R63 B9 B20",
        usual: &["enabled, a section runs"],
    };
}

impl Scene for AfterRegister {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::register(cx, &run.log, BELL, LINE, Script::PLAIN).expect("the bell has a line");
        let enabled = match run.log.count(|what| matches!(what, What::Enable(_))) {
            0 => "not enabled",
            _ => "enabled",
        };
        let section = match life.section(cx, Source::Line, |_| ()) {
            Ok(()) => "a section runs".into(),
            Err(error) => format!("a section is {error:?}"),
        };
        run.answer(format!("{enabled}, {section}"));
        life.start(cx).expect("it starts").end(cx);
    }
}

/// An unruly device while its sources are connected and enabled.
#[derive(Default)]
pub(super) struct BeforeAnEarlierOne;

impl Question for BeforeAnEarlierOne {
    const ASKED: Asked = Asked {
        name: "isr-before-an-earlier-source",
        asks: "does the ISR of message 2 run before message 0 is enabled, if the device is that fast?",
        rules: "R18 R19 R63 R65 B9",
        usual: &["after", "before"],
    };
    const PLATFORM: Platform = Platform { unruly: true, ..Platform::MESSAGES };
}

impl Scene for BeforeAnEarlierOne {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        (0..12).for_each(|_| ring(2));
        let life = Life::<S>::begin(cx, run, messages(Serialize::PerSource), Script::PLAIN);
        ring(2);
        kernel::quiesce();
        life.end(cx);
        let events = run.log.events();
        let first = |what| events.iter().position(|e| e.what == what);
        let isr = first(What::Isr(Source::Message(2)));
        let enable = first(What::Enable(Source::Message(0)));
        run.answer(if isr < enable { "before" } else { "after" });
    }
}

/// A deferred routine that is asked for too early.
#[derive(Default)]
pub(super) struct DeferredBeforeEnable;

impl Question for DeferredBeforeEnable {
    const ASKED: Asked = Asked {
        name: "deferred-before-enable",
        asks: "what becomes of a deferred routine that an ISR asks for before its source is enabled?",
        rules: "R18 R19 R65 B9",
        usual: &["it runs"],
    };
    const PLATFORM: Platform = Platform { unruly: true, ..Platform::MESSAGES };
}

impl Scene for DeferredBeforeEnable {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let script = Script { declines: IsrOutcome { claimed: false, defer: true }, ..Script::PLAIN };
        (0..4).for_each(|_| ring(0));
        let life = Life::<S>::begin(cx, run, messages(Serialize::PerSource), script);
        let (early, enabled) = (Source::Message(0), What::Enable(Source::Message(0)));
        kernel::quiesce();
        life.end(cx);
        let events = run.log.events();
        let enabled = events.iter().position(|e| e.what == enabled).unwrap_or(events.len());
        let is = |events: &[Event], what: What| events.iter().any(|e| e.what == what);
        let (before, after) = events.split_at(enabled);
        // An ISR that comes later asks for a run of its own.
        if is(before, What::Isr(early)) && !is(after, What::Isr(early)) {
            run.answer(if is(&events, What::Deferred(early)) { "it runs" } else { "it is dropped" });
        }
    }
}

/// A source that cannot be enabled.
#[derive(Default)]
pub(super) struct WhoIsUndone;

impl Question for WhoIsUndone {
    const ASKED: Asked = Asked {
        name: "who-is-undone",
        asks: "if message 1 of 3 cannot be enabled, what fails, and which messages are disabled?",
        rules: "R46 R68",
        usual: &["register fails, disabled are 0 1 2"],
    };
    const PLATFORM: Platform = Platform::MESSAGES;
}

impl Scene for WhoIsUndone {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let script = Script { refuses: Some(Source::Message(1)), ..Script::PLAIN };
        if Life::<S>::try_begin(cx, &run.log, BELL, messages(Serialize::PerSource), script).is_ok() {
            run.answer("nothing fails");
        }
        let events = run.log.events();
        let registered = events.iter().any(|e| e.what == What::Step(REGISTERED));
        let disabled: String = events.iter().filter_map(|e| disabled(e.edge, e.what)).collect();
        let fails = if registered { "starting" } else { "register" };
        run.answer(format!("{fails} fails, disabled are{disabled}"));
    }
}

fn disabled(edge: Edge, what: What) -> Option<String> {
    match (edge, what) {
        (Edge::Enter, What::Disable(Source::Message(n), _)) => Some(format!(" {n}")),
        _ => None,
    }
}
