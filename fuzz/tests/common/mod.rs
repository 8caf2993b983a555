//! Runs a command line and keeps what it said.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::path::Path;
use std::process::{Command, Output};

/// What a command line gave.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
        let code = output.status.code().expect("it exits by itself");
        Self { code, out: text(output.stdout), err: text(output.stderr) }
    }
}

/// Runs `program` with `arguments`, separated by spaces, in `folder`.
pub(crate) fn run(program: &Path, folder: &Path, arguments: &str) -> Said {
    let mut command = Command::new(program);
    command.args(arguments.split_whitespace()).current_dir(folder);
    command.output().expect("the program starts").into()
}

impl Said {
    /// Returns the objects of a `--json` report, without what depends on the clock and on the number of workers.
    pub(crate) fn timeless(&self) -> Vec<serde_json::Value> {
        let mut objects = self.objects();
        for object in objects.iter_mut().map(|object| object.as_object_mut().expect("an object")) {
            for key in ["seconds", "executions_per_s", "points_per_s", "jobs"] {
                object.remove(key);
            }
            let failures = object.get_mut("failures").and_then(|failures| failures.as_array_mut());
            for failure in failures.into_iter().flatten().filter_map(|failure| failure.as_object_mut()) {
                failure.remove("seconds");
            }
        }
        objects
    }

    /// Returns the objects of a `--json` report.
    pub(crate) fn objects(&self) -> Vec<serde_json::Value> {
        self.out.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }
}
