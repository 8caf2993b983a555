//! The machine and the day, as each page of results names them.

use std::process::Command;

/// Returns one sentence: the day, the commit, the machine, and the compiler.
pub fn where_and_when() -> String {
    let today = jiff::Zoned::now().date();
    let commit = said("git", &["rev-parse", "--short=10", "HEAD"]);
    let commit = commit.map_or("no commit".into(), |commit| format!("commit {commit}"));
    let compiler = said("rustc", &["--version"]).unwrap_or("an unknown compiler".into());
    format!("{today}, {commit}, {}, {compiler}", machine())
}

fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{} with {processors} processors, {}", model(), std::env::consts::OS)
}

fn model() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or(std::env::consts::ARCH.into(), |(_, name)| name.trim().into())
}

/// Returns what a program says in one line; nothing if it is not there or fails.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok().filter(|o| o.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().into())
}
