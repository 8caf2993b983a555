//! Low power, where the framework manages it.

use dirql::{Cx, Disable, Passive, Source, SyncError};
use dirql_sim::kernel;

use crate::conformance::behaviour::{About, Behaviour};
use crate::conformance::history::What;
use crate::conformance::probe::Script;
use crate::conformance::run::{LINE, Life, Run, Scene, ring};
use crate::stage::Stage;

const MANUAL: &str = "the driver powers its device down by itself, and stays registered (B18)";

/// A device in Dx.
#[derive(Default)]
pub(super) struct LowPower;

impl Behaviour for LowPower {
    const ABOUT: About = About {
        name: "low-power",
        says: "in Dx a source is disabled, LowPower, sections are NotConnected, and back in D0 all is as before",
        rules: "R63 R64 R69 B18 B20",
        reach: &[],
    };
}

impl Scene for LowPower {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, LINE, Script::PLAIN);
        ring(0);
        if life.suspend() {
            asleep(cx, run, &life);
        } else {
            run.not_applicable(MANUAL);
        }
        life.end(cx);
    }
}

fn asleep<S: Stage>(cx: &mut Cx<'_, Passive>, run: &Run, life: &Life<S>) {
    let low = run.log.count(|what| what == What::Disable(Source::Line, Disable::LowPower));
    run.equal("times disabled for low power", low, 1);
    let calls = run.log.events().len();
    ring(0);
    kernel::quiesce();
    run.equal("a section in Dx", life.section(cx, Source::Line, |_| ()), Err(SyncError::NotConnected));
    run.equal("calls in Dx", run.log.events().len(), calls);
    life.resume();
    kernel::quiesce();
    run.equal("a section in D0 again", life.section(cx, Source::Line, |_| ()), Ok(()));
    run.equal("times enabled", run.log.count(|what| what == What::Enable(Source::Line)), 2);
    run.equal("ISRs, before Dx and after", run.log.count(|what| matches!(what, What::Isr(_))), 2);
}

/// Threads that synchronize while the device goes to Dx and comes back.
#[derive(Default)]
pub(super) struct Idle;

const REFUSED: &str = "a section that is refused";
const WAITED_FOR: &str = "a section that runs while the device is on its way to Dx";

impl Behaviour for Idle {
    const ABOUT: About = About {
        name: "sections-across-low-power",
        says: "a thread that synchronizes while the device goes to Dx runs its section in time, or is told",
        rules: "R64 B20",
        reach: &[REFUSED, WAITED_FOR],
    };
    const SCHEDULES: u64 = 3_000;
}

impl Scene for Idle {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, LINE, Script::PLAIN);
        let managed = std::cell::Cell::new(true);
        kernel::scope(|scope| {
            scope.spawn(1, "section", || crate::stage::at_passive(|cx| sections(cx, run, &life)));
            run.log.note(What::Step("suspends"));
            managed.set(life.suspend());
            run.log.note(What::Step("is suspended"));
            life.resume();
        });
        if !managed.get() {
            run.not_applicable(MANUAL);
        }
        life.end(cx);
    }
}

fn sections<S: Stage>(cx: &mut Cx<'_, Passive>, run: &Run, life: &Life<S>) {
    for _ in 0..4 {
        let steps = |step| run.log.count(|what| what == What::Step(step));
        match life.section(cx, Source::Line, |shared| {
            shared.visit();
            steps("suspends") > steps("is suspended")
        }) {
            Ok(on_its_way) => run.reach(on_its_way, WAITED_FOR),
            Err(error) => {
                run.equal("the error of a section", error, SyncError::NotConnected);
                run.reach(true, REFUSED);
            }
        }
    }
}
