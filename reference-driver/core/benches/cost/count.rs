//! Counts instructions: runs this program again under valgrind's callgrind, which collects inside of [`counted`] only.

use std::io;
use std::process::Command;

use crate::cases::Case;

/// The argument by which this program runs a case.
pub const CHILD: &str = "run";
/// How often a case is repeated.
pub const ROUNDS: u32 = 100;

/// Runs what is counted. A function of its own, since callgrind knows it by its name.
#[inline(never)]
pub fn counted(act: &mut dyn FnMut()) {
    act();
}

/// Counts instructions, without those that counting itself takes.
pub struct Counter {
    of_nothing: f64,
}

impl Counter {
    /// Counts nothing, to know what that costs.
    ///
    /// # Errors
    /// If valgrind is not there.
    pub fn new() -> io::Result<Self> {
        Ok(Self { of_nothing: total(&Case::NOTHING)? })
    }

    /// Returns how many instructions one round of a case takes.
    ///
    /// # Errors
    /// If the case fails.
    pub fn count(&self, case: &Case) -> io::Result<f64> {
        Ok((total(case)? - self.of_nothing) / f64::from(ROUNDS))
    }
}

fn total(case: &Case) -> io::Result<f64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"]);
    valgrind
        .arg("--toggle-collect=*count*counted*")
        .arg(std::env::current_exe()?)
        .arg(CHILD)
        .args(case.arguments());
    let output = valgrind
        .output()
        .map_err(|e| io::Error::other(format!("valgrind: {e}; apt-get install valgrind")))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    collected.filter(|_| output.status.success()).ok_or_else(|| io::Error::other(format!("{case:?}: {text}")))
}
