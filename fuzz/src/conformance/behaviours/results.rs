//! What a section returns.

use dirql::{Cx, Passive, Source, SyncError};
use dirql_sim::kernel;

use crate::conformance::behaviour::{About, Behaviour};
use crate::conformance::probe::Script;
use crate::conformance::run::{LINE, Life, Run, Scene, ring};
use crate::stage::Stage;

/// Results of every shape.
#[derive(Default)]
pub(super) struct AnyType;

impl Behaviour for AnyType {
    const ABOUT: About = About {
        name: "results-return",
        says: "a section's result comes back unchanged, whatever its type; also FALSE, and errors of its own",
        rules: "R7 B1",
        reach: &[],
    };
}

impl Scene for AnyType {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, LINE, Script::PLAIN);
        ring(0);
        run.equal("unit", life.section(cx, Source::Line, |_| ()), Ok(()));
        for value in [0, 1, 2, u8::MAX] {
            run.equal("a byte", life.section(cx, Source::Line, |_| value), Ok(value));
        }
        for value in [false, true] {
            run.equal("a boolean", life.section(cx, Source::Line, |_| value), Ok(value));
        }
        let big: [u64; 64] = std::array::from_fn(|n| !(n as u64));
        run.equal("512 bytes", life.section(cx, Source::Line, |_| big), Ok(big));
        let owned = || String::from("on the heap");
        let moved = owned();
        run.equal("what owns memory", life.section(cx, Source::Line, |_| moved), Ok(owned()));
        let failed: Result<u8, SyncError> = Err(SyncError::NotRun);
        run.equal("an error of its own", life.section(cx, Source::Line, |_| failed), Ok(failed));
        kernel::quiesce();
        life.end(cx);
    }
}

/// Once, before the call returns, and on the caller's processor.
#[derive(Default)]
pub(super) struct OnceOnItsProcessor;

impl Behaviour for OnceOnItsProcessor {
    const ABOUT: About = About {
        name: "sections-run-once",
        says: "a section runs once, on its caller's processor, before synchronize returns",
        rules: "R8",
        reach: &[],
    };
}

impl Scene for OnceOnItsProcessor {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        let life = Life::<S>::begin(cx, run, LINE, Script::PLAIN);
        for n in 1..4 {
            ring(0);
            let mut times = 0;
            let caller = kernel::cpu();
            let ran_on = life.section(cx, Source::Line, |_| {
                times += 1;
                kernel::cpu()
            });
            run.equal("processor of a section", ran_on, Ok(caller));
            run.equal("runs of a section", (n, times), (n, 1));
        }
        kernel::quiesce();
        life.end(cx);
    }
}
