//! What the framework does to a driver: in its life, and at its end.

use dirql::{Config, Cx, Passive, Request, Serialize, Source};
use dirql_sim::kernel;

use crate::conformance::history::{Edge, What};
use crate::conformance::probe::Script;
use crate::conformance::question::{Asked, Question};
use crate::conformance::run::{LINE, Life, MESSAGE_IRQL, Platform, Run, Scene, messages, ring};
use crate::stage::Stage;

/// What comes without anyone having asked.
#[derive(Default)]
pub(super) struct OwnAccord;

impl Question for OwnAccord {
    const ASKED: Asked = Asked {
        name: "of-its-own-accord",
        asks: "what may the framework do to a running driver of its own accord?",
        rules: "R46 R63 R64 B18",
        usual: &["nothing"],
    };
}

impl Scene for OwnAccord {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, LINE, Script::PLAIN);
        let before = run.log.events().len();
        life.interlude();
        let events = &run.log.events()[before..];
        let calls: Vec<String> =
            events.iter().filter(|e| e.edge == Edge::Enter).filter_map(|e| call(e.what)).collect();
        life.end(cx);
        run.answer(if calls.is_empty() { "nothing".into() } else { calls.join(", ") });
    }
}

fn call(what: What) -> Option<String> {
    match what {
        What::Enable(_) => Some("enable".into()),
        What::Disable(_, why) => Some(format!("disable {why:?}")),
        _ => None,
    }
}

/// The way back.
#[derive(Default)]
pub(super) struct OrderOfDisabling;

impl Question for OrderOfDisabling {
    const ASKED: Asked = Asked {
        name: "order-of-disabling",
        asks: "in which order are 3 messages disabled when the registration ends?",
        rules: "R64",
        usual: &["0 1 2"],
    };
    const PLATFORM: Platform = Platform::MESSAGES;
}

impl Scene for OrderOfDisabling {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, messages(Serialize::PerSource), Script::PLAIN);
        life.end(cx);
        let order: Vec<String> = run
            .log
            .events()
            .iter()
            .filter_map(|e| match (e.edge, e.what) {
                (Edge::Enter, What::Disable(Source::Message(n), _)) => Some(n.to_string()),
                _ => None,
            })
            .collect();
        run.answer(order.join(" "));
    }
}

/// What may be done where.
#[derive(Default)]
pub(super) struct Levels;

impl Question for Levels {
    const ASKED: Asked = Asked {
        name: "levels",
        asks: "at which level do ISRs and sections run, and at which deferred routines?",
        rules: "R1 R33 R86 B2 B3 B14",
        usual: &["DIRQL, DISPATCH_LEVEL"],
    };
}

impl Scene for Levels {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, LINE, Script::PLAIN);
        ring(0);
        kernel::quiesce();
        life.end(cx);
        let events = run.log.events();
        let level =
            |is: fn(What) -> bool| events.iter().find(|e| is(e.what)).map_or("never", |e| name(e.irql));
        let isr = level(|what| matches!(what, What::Isr(_)));
        run.answer(format!("{isr}, {}", level(|what| matches!(what, What::Deferred(_)))));
    }
}

fn name(irql: u8) -> &'static str {
    match irql {
        0 => "PASSIVE_LEVEL",
        1 => "APC_LEVEL",
        2 => "DISPATCH_LEVEL",
        _ => "DIRQL",
    }
}

/// A lock for more messages than the driver uses.
#[derive(Default)]
pub(super) struct LevelOfOneLock;

impl Question for LevelOfOneLock {
    const ASKED: Asked = Asked {
        name: "level-of-one-lock",
        asks: "of 3 messages a driver asks for 1, with one lock for all: at which level does it run?",
        rules: "R5 R49 R54",
        usual: &["its own"],
    };
    const PLATFORM: Platform = Platform::MESSAGES;
}

impl Scene for LevelOfOneLock {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let config = Config { request: Request::Messages { max: 1 }, ..messages(Serialize::AllSources) };
        let life = Life::<S>::begin(cx, run, config, Script::PLAIN);
        life.section(cx, Source::Message(0), |_| {
            let own = !S::DIRQL || kernel::irql() == MESSAGE_IRQL;
            run.answer(if own { "its own" } else { "a higher one" });
        })
        .expect("it is connected");
        life.end(cx);
    }
}
