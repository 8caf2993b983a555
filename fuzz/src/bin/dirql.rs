//! The `dirql` command on the simulated machine.

use std::process::ExitCode;

use dirql_fuzz::command;
use dirql_fuzz::run::Runner;

fn main() -> ExitCode {
    command::main::<Runner>(std::env::args_os())
}
