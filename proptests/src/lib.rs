//! What the properties in `tests/` share.
//!
//! | Property | Test | Shared part |
//! |---|---|---|
//! | what must not compile does not | `compile_fail` | `compile-fail/*.rs` |
//! | tokens, locks, views and atomics do as they say | `abstraction` | |
//! | the driver's rings are queues, and its registers fit its stage | `driver` | [`driver`] |
//! | sections and ISRs leave the state as some serial order would | `serial_order` | [`ledger`] |
//! | a case survives its forms | `case_forms` | [`cases`] |
//! | a run is a function of its case, and replays | `determinism` | [`cases`] |
//! | the shipped driver breaks no rule | `shipped_driver` | [`cases`] |
//! | equal cases give equal frames on all backends | `backends_agree` | [`cases`] |
//! | every backend has every behaviour of the suite | `conformance` | [`dirql_fuzz::conformance`] |
//! | backends differ where the list says so, and nowhere else | `differences` | [`dirql_fuzz::conformance`] |
//! | a failure shrinks to a case that `dirql replay` takes | `shrinking` | [`cases`] |

pub mod cases;
pub mod driver;
pub mod ledger;
pub mod stage;

use proptest::prelude::ProptestConfig;
use proptest::test_runner::FileFailurePersistence::WithSource;

/// Returns how often a property is tried: `cases` times, so that all of them together take a minute at most, or
/// as often as the environment's `PROPTEST_CASES` says.
pub fn config(cases: u32) -> ProptestConfig {
    let chosen = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig {
        cases: chosen.unwrap_or(cases),
        failure_persistence: Some(Box::new(WithSource("proptest-regressions"))),
        ..ProptestConfig::default()
    }
}
