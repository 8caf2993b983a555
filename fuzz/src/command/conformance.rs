//! `dirql conformance`: what backends do alike, and what not.

use clap::Args;

use super::{FAILURE_FOUND, NOTHING_FOUND, Program, chosen, print};
use crate::backend::Backend;
use crate::conformance::Matrix;

#[derive(Args)]
pub(super) struct Arguments {
    /// Backends to try [default: all]. Two are compared: what a driver that goes from one to the other must look after.
    #[arg(long, value_name = "B,..", value_delimiter = ',')]
    backend: Vec<Backend>,
    /// Print JSON, one object per behaviour and question and a summary.
    #[arg(long)]
    json: bool,
}

/// Tries every behaviour, asks every question, and prints what came of it.
pub(super) fn run(arguments: &Arguments, program: &Program) -> Result<u8, String> {
    let matrix = Matrix::of(&program.path, &chosen(&arguments.backend, Backend::ALL))
        .map_err(|e| format!("cannot start {}: {e}", program.path.display()))?;
    let text = if arguments.json { matrix.json().map_err(|e| e.to_string())? } else { matrix.to_string() };
    print(&text)?;
    Ok(exit_code(matrix.failures()))
}

fn exit_code(failures: usize) -> u8 {
    if failures > 0 { FAILURE_FOUND } else { NOTHING_FOUND }
}

#[cfg(test)]
mod tests {
    use super::exit_code;

    #[test]
    fn what_is_not_as_written_fails() {
        assert_eq!([0, 1, 300].map(exit_code), [0, 1, 1]);
    }
}
