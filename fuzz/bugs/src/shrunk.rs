//! What `dirql shrink` makes of a failure.
#![expect(clippy::disallowed_types, reason = "it is timed; no simulation is involved")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;

/// A failure that was made small.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shrunk {
    /// How many switches are left.
    pub switches: usize,
    /// How long that took, with the start of the process.
    pub seconds: f64,
}

/// Shrinks a failure; `None` if it does not fail again, or ends the process, and what switched is not known.
///
/// # Errors
/// If the command cannot be run, or writes what it should not.
pub fn shrink(dirql: &Path, artifact: &Path) -> Result<Option<Shrunk>, String> {
    let output = dirql.with_file_name("shrunk.json");
    let start = Instant::now();
    let mut command = Command::new(dirql);
    command.arg("shrink").arg(artifact).arg("--output").arg(&output).stdout(Stdio::null());
    let status = command.stderr(Stdio::null()).status();
    let seconds = start.elapsed().as_secs_f64();
    if !status.map_err(|e| format!("{}: {e}", dirql.display()))?.success() {
        return Ok(None);
    }
    let text = fs::read_to_string(&output).map_err(|e| format!("{}: {e}", output.display()))?;
    Ok(switches(&text)?.map(|switches| Shrunk { switches, seconds }))
}

fn switches(artifact: &str) -> Result<Option<usize>, String> {
    let artifact: Value = serde_json::from_str(artifact).map_err(|e| format!("a shrunk artifact: {e}"))?;
    Ok(artifact["case"]["schedule"]["switches"].as_array().map(Vec::len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_counted() {
        let artifact = r#"{"case":{"schedule":{"switches":[{"gap":1,"pick":2},{"gap":0,"pick":1}]}}}"#;
        assert_eq!(switches(artifact), Ok(Some(2)));
        assert_eq!(switches(r#"{"case":{"schedule":{"seeded":{}}}}"#), Ok(None));
        assert!(switches("{").is_err());
    }
}
