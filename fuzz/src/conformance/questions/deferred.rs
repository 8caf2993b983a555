//! Deferred routines: how much they may do, where they run, what becomes of them.

use dirql::{Cx, Disable, Passive, Serialize};
use dirql_sim::kernel;

use crate::conformance::history::{Edge, What};
use crate::conformance::probe::Script;
use crate::conformance::question::{Asked, Question};
use crate::conformance::run::{LINE, Life, Platform, Run, Scene, messages, ring};
use crate::stage::Stage;

/// How much a run may do.
#[derive(Default)]
pub(super) struct Budget;

impl Question for Budget {
    const ASKED: Asked = Asked {
        name: "budget-of-a-run",
        asks: "what budget does a deferred routine get, of the 4 items that the driver asked for?",
        rules: "R45 B25",
        usual: &["4"],
    };
}

impl Scene for Budget {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, LINE, Script::PLAIN);
        ring(0);
        kernel::quiesce();
        life.end(cx);
        for event in run.log.events() {
            if let What::Budget(items) = event.what {
                run.answer(items.to_string());
            }
        }
    }
}

/// Where a run is.
#[derive(Default)]
pub(super) struct Processor;

impl Question for Processor {
    const ASKED: Asked = Asked {
        name: "processor-of-a-run",
        asks: "on which processor does a deferred routine run?",
        rules: "R30 R40 R43 B11",
        usual: &["another one", "its ISR's"],
    };
}

impl Scene for Processor {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, LINE, Script::PLAIN);
        ring(0);
        kernel::quiesce();
        life.end(cx);
        let events = run.log.events();
        let cpu = |is: fn(What) -> bool| events.iter().find(|e| is(e.what)).map(|e| e.cpu);
        let (isr, deferred) = (cpu(|w| matches!(w, What::Isr(_))), cpu(|w| matches!(w, What::Deferred(_))));
        run.answer(if isr == deferred { "its ISR's" } else { "another one" });
    }
}

/// A run that has not begun when the registration ends.
#[derive(Default)]
pub(super) struct QueuedAtTheEnd;

impl Question for QueuedAtTheEnd {
    const ASKED: Asked = Asked {
        name: "queued-at-the-end",
        asks: "what becomes of a deferred routine that is queued when the source is disabled?",
        rules: "R22 R36 R67 B10 B24",
        usual: &["it is dropped", "it runs"],
    };
    const PLATFORM: Platform = Platform { cpus: 4, ..Platform::MESSAGES };
    const OF_MESSAGES: bool = false;
}

impl Scene for QueuedAtTheEnd {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, messages(Serialize::PerSource), Script::PLAIN);
        let granted = life.granted();
        life.ring_all();
        (0..kernel::choose(12)).for_each(|_| kernel::pause());
        life.end(cx);
        let events = run.log.events();
        let last = |what| events.iter().rposition(|e| e.edge == Edge::Enter && e.what == what);
        for source in granted.sources() {
            let disabled = last(What::Disable(source, Disable::Normal));
            match last(What::Deferred(source)) {
                None if last(What::Isr(source)).is_some() => run.answer("it is dropped"),
                deferred if deferred > disabled => run.answer("it runs"),
                _ => {}
            }
        }
    }
}
