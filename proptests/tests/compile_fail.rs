//! What must not compile does not, for the reason given; and without the wrong line it does.
//!
//! Each file of `compile-fail/` names its error codes in its first line and marks what is wrong with `cfg(wrong)`.
//! Codes are compared, not messages, so that a newer compiler may put them otherwise. The compiler is called
//! directly: `dirql` depends on nothing, so it is compiled anew in a moment, and no build folder is searched.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The codes of a compilation's errors; an error without one counts as its message.
type Codes = BTreeSet<String>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("compile-fail")
}

/// Type-checks a library into `out`.
fn check(source: &Path, out: &Path, arguments: &[&str]) -> Codes {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()));
    rustc.args(["--edition=2024", "--crate-type=rlib", "--emit=metadata", "--error-format=json"]);
    rustc.args(["--cap-lints=allow", "--check-cfg=cfg(wrong)"]).args(arguments);
    let output = rustc.arg("--out-dir").arg(out).arg(source).output().expect("cargo came with a rustc");
    let codes: Codes = String::from_utf8_lossy(&output.stderr).lines().filter_map(code_of).collect();
    assert_eq!(output.status.success(), codes.is_empty(), "{}: {codes:?}", source.display());
    codes
}

/// Returns the code of a diagnostic if it is an error.
fn code_of(line: &str) -> Option<String> {
    let diagnostic: Value = serde_json::from_str(line).ok()?;
    let message = diagnostic["message"].as_str()?;
    let counts = diagnostic["level"] == "error" && !message.starts_with("aborting due to");
    counts.then(|| diagnostic["code"]["code"].as_str().unwrap_or(message).into())
}

/// Returns the codes that a file's first line names.
fn expected(source: &Path) -> Codes {
    let text = std::fs::read_to_string(source).expect("it was listed");
    let header = text.lines().next().and_then(|line| line.strip_prefix("//~ "));
    let codes = header.unwrap_or_else(|| panic!("{} does not begin with //~", source.display()));
    codes.split_whitespace().filter(|&code| code != "ok").map(String::from).collect()
}

/// Says what is wrong with a file, if anything.
fn judge(source: &Path, out: &Path) -> Option<String> {
    let library = format!("dirql={}", out.join("libdirql.rmeta").display());
    let name = source.file_name()?.to_string_lossy();
    let right = check(source, out, &["--extern", &library]);
    if !right.is_empty() {
        return Some(format!("{name} does not compile even without what is wrong: {right:?}"));
    }
    let (found, expected) = (check(source, out, &["--extern", &library, "--cfg=wrong"]), expected(source));
    (found != expected).then(|| format!("{name} should give {expected:?} and gives {found:?}"))
}

#[test]
fn what_must_not_compile_does_not() {
    let out = tempfile::tempdir().unwrap();
    let dirql = Path::new(env!("CARGO_MANIFEST_DIR")).join("../abstraction/src/lib.rs");
    let library = check(&dirql, out.path(), &["--crate-name=dirql"]);
    assert_eq!(library, Codes::new(), "dirql itself does not compile");
    let mut sources: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    sources.sort();
    let wrong: Vec<String> = sources.iter().filter_map(|source| judge(source, out.path())).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(sources.len() >= 20, "only {} files were found", sources.len());
}
