//! What the libFuzzer targets do with an input.

use std::cell::RefCell;
use std::sync::Arc;

use crate::backend::Backend;
use crate::capture::Frames;
use crate::case::Case;
use crate::execute::Execute;
use crate::outcome::Record;
use crate::run::Runner;

thread_local! {
    static RUNNER: RefCell<Runner> = RefCell::new(Runner::new(Arc::new(Frames::builtin())));
}

/// Runs `case` on `backend`, if its scenario is there.
///
/// # Panics
/// If the case fails: that is how libFuzzer learns of it. `dirql replay` takes the input that it then keeps.
pub fn check(backend: Backend, case: &Case) {
    if !case.scenario.runs_on(backend) {
        return;
    }
    let outcome = RUNNER.with_borrow_mut(|runner| Execute::run(runner, backend, case, Record::Nothing));
    if let Some(failure) = outcome.failure {
        panic!("{backend}: {failure}");
    }
}
