//! Counts the driver's instructions, and writes `docs/bench/cost.md`; with `--check`, checks how they grow.
#![allow(missing_docs, unreachable_pub, reason = "modules of a benchmark are nobody else's interface")]

mod cases;
mod count;
mod machine;
mod page;

use std::io;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [child, case @ ..] if child == count::CHILD => {
            let case = cases::Case::from_arguments(case).ok_or_else(|| io::Error::other("no such case"))?;
            case.run();
            Ok(())
        }
        arguments if arguments.iter().any(|argument| argument == "--check") => page::check(),
        _ => page::write(),
    }
}
