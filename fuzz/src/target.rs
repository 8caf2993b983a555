//! What the libFuzzer targets do: run an input, count what it covers, and make new ones.
//!
//! libFuzzer sees the coverage of code. What an interleaving adds is access pairs, and these it gets as counters of
//! their own, in the section that it looks for. What it changes are schedules, by [`mutate()`].

use std::cell::RefCell;
use std::sync::Arc;

use crate::backend::Backend;
use crate::capture::Frames;
use crate::case::Case;
use crate::execute::Execute;
use crate::mutate;
use crate::outcome::Record;
use crate::run::Runner;

thread_local! {
    static RUNNER: RefCell<Runner> = RefCell::new(Runner::new(Arc::new(Frames::builtin())));
}

/// Runs `case` on `backend`, if its scenario is there, and counts the access pairs that it covers.
///
/// # Panics
/// If the case fails: that is how libFuzzer learns of it. `dirql replay` takes the input that it then keeps.
pub fn check(backend: Backend, case: &Case) {
    if !case.scenario.runs_on(backend) {
        return;
    }
    let (outcome, pairs) = RUNNER.with_borrow_mut(|runner| {
        let outcome = Execute::run(runner, backend, case, Record::Nothing);
        (outcome, runner.take_pairs())
    });
    #[cfg(fuzzing)]
    counters::set(&pairs);
    #[cfg(not(fuzzing))]
    drop(pairs);
    if let Some(failure) = outcome.failure {
        panic!("{backend}: {failure}");
    }
}

/// Makes another case of the one in the first `size` bytes of `data`, in place, and returns its length.
pub fn mutate(data: &mut [u8], size: usize, seed: u32) -> usize {
    let case = mutate::mutated(&Case::from_bytes(&data[..size]), seed.into());
    write(&case, data)
}

/// Makes a case of two, in `out`, and returns its length.
pub fn cross_over(first: &[u8], then: &[u8], out: &mut [u8], seed: u32) -> usize {
    let case = mutate::spliced(&Case::from_bytes(first), &Case::from_bytes(then), seed.into());
    write(&case, out)
}

/// Writes as much of a case as there is room for: any bytes are one.
fn write(case: &Case, out: &mut [u8]) -> usize {
    let bytes = case.to_bytes();
    let size = bytes.len().min(out.len());
    out[..size].copy_from_slice(&bytes[..size]);
    size
}

/// Says what libFuzzer is to do on a backend. One change in four is libFuzzer's own, to the bytes, so that operations
/// and settings change too.
#[macro_export]
macro_rules! libfuzzer_target {
    ($backend:ident) => {
        libfuzzer_sys::fuzz_target!(|case: $crate::case::Case| {
            $crate::target::check($crate::backend::Backend::$backend, &case);
        });

        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            match seed % 4 {
                0 => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
                _ => $crate::target::mutate(&mut data[..max_size], size, seed),
            }
        });

        libfuzzer_sys::fuzz_crossover!(|first: &[u8], then: &[u8], out: &mut [u8], seed: u32| {
            $crate::target::cross_over(first, then, out, seed)
        });
    };
}

#[cfg(fuzzing)]
mod counters {
    //! A byte for each access pair, where libFuzzer looks for more counters than the compiler's. It clears them before
    //! each run.
    #![expect(clippy::disallowed_types, reason = "libFuzzer reads them; no simulation is involved")]

    use core::sync::atomic::{AtomicU8, Ordering};

    use crate::pairs::PAIRS;

    // Nothing here reads it, so that the compiler would leave it out.
    // SAFETY: the section is an array of bytes to libFuzzer, and this is one; nothing else is in it.
    #[used]
    #[unsafe(link_section = "__libfuzzer_extra_counters")]
    static COUNTERS: [AtomicU8; PAIRS] = [const { AtomicU8::new(0) }; PAIRS];

    pub(super) fn set(pairs: &[u64]) {
        for (word, &bits) in pairs.iter().enumerate() {
            let mut bits = bits;
            while bits != 0 {
                COUNTERS[word * 64 + bits.trailing_zeros() as usize].store(1, Ordering::Relaxed);
                bits &= bits - 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;
    use crate::scheduler::Scheduler;

    #[test]
    fn what_a_fuzzer_makes_fits_and_is_another_case() {
        let case = Case::generate(Scenario::Msix, 1, 1, Scheduler::Random);
        let mut data = [0; 300];
        let size = write(&case, &mut data);
        let mutated = mutate(&mut data, size, 5);
        assert!(mutated <= data.len());
        let other = Case::from_bytes(&data[..mutated]);
        assert_ne!(other.schedule, case.schedule);
        assert_eq!(other.sends, case.sends);
        let mut small = [0; 40];
        assert_eq!(cross_over(&case.to_bytes(), &data[..mutated], &mut small, 5), 40);
    }
}
