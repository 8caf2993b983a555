//! The `dirql` command, once more: cargo tells a test where to find programs of its own package only.

use std::process::ExitCode;

use dirql_fuzz::command;
use dirql_fuzz::run::Runner;

fn main() -> ExitCode {
    command::main::<Runner>(std::env::args_os())
}
