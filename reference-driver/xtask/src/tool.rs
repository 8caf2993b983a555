//! Other programs, run and asked.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use crate::failure::Failure;

/// Returns what a program prints, without the end of the line; `None` if it cannot be run or fails.
pub fn output(program: impl AsRef<OsStr>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}

/// Runs a command that prints only when something is wrong.
///
/// # Errors
/// [`Failure::Missing`] with `hint` if the program is not there, [`Failure::Image`] with what it said if it fails.
pub fn run(command: &mut Command, hint: &str) -> Result<(), Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|e| Failure::Missing(format!("{program}: {e}; {hint}")))?;
    if output.status.success() {
        return Ok(());
    }
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(Failure::Image(format!("{program} failed:\n{}{}", out.trim_start(), err.trim_end())))
}

/// Reads a file.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|e| cannot("read", path, &e))
}

/// Writes a file.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|e| cannot("write", path, &e))
}

/// Copies a file.
pub fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    write(to, read(from)?)
}

/// Gives a file another name, in place of the one that had it.
pub fn rename(from: &Path, to: &Path) -> Result<(), Failure> {
    std::fs::rename(from, to).map_err(|e| cannot("write", to, &e))
}

/// Makes a folder and those above it.
pub fn create_folder(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|e| cannot("make", path, &e))
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::Missing(format!("cannot {what} {}: {error}", path.display()))
}
