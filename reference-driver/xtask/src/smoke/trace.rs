//! Wine's trace of what its ntoskrnl.exe does with a driver, and what that comes to.

use std::fmt;

use crate::image::{Image, Mode};

/// How far a driver got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The image was not loaded.
    NotLoaded,
    /// The entry point was not called, or did not return as it should.
    NotEntered,
    /// The entry point returned this status, and the driver was gone afterwards.
    Refused(u32),
    /// The entry point returned success; the driver was not unloaded.
    NotUnloaded,
    /// The driver was entered and unloaded, and is gone.
    Unloaded,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLoaded => f.write_str("not loaded"),
            Self::NotEntered => f.write_str("loaded; its entry point did not return as it should"),
            Self::Refused(status) => write!(f, "loaded and entered; it returned {status:#010x}"),
            Self::NotUnloaded => f.write_str("loaded and entered; not unloaded"),
            Self::Unloaded => f.write_str("loaded, entered, unloaded"),
        }
    }
}

/// Returns how far an image got.
pub(super) fn read(trace: &str, image: &Image) -> Outcome {
    match image.mode {
        Mode::Kernel => driver(trace, image.name()),
        Mode::User => library(trace, image.file),
    }
}

/// Returns how far a library got in the stand-in for its host.
fn library(trace: &str, file: &str) -> Outcome {
    let end = format!(r"\\{file}");
    let says = |what: &str| trace.lines().any(|line| line.contains(what) && line.contains(&end));
    match (says("Loaded L\""), trace.contains("\"host: entered\""), says("Unloaded module")) {
        (false, ..) => Outcome::NotLoaded,
        (_, false, _) => Outcome::NotEntered,
        (.., false) => Outcome::NotUnloaded,
        _ => Outcome::Unloaded,
    }
}

/// Returns how far the driver of a service got.
fn driver(trace: &str, name: &str) -> Outcome {
    let after = |trace: &'_ str, what: &str| trace.find(what).map(|at| at + what.len());
    let Some(loaded) = after(trace, &format!("ldr_notify_callback loading L\"{name}.sys\"")) else {
        return Outcome::NotLoaded;
    };
    let trace = &trace[loaded..];
    let Some(entered) = after(trace, &format!("init_driver init done for L\"{name}\"")) else {
        return Outcome::NotEntered;
    };
    let trace = &trace[entered..];
    if let Some(status) = refused(trace, name) {
        return Outcome::Refused(status);
    }
    // What is deleted after the call of DriverUnload is the driver that returned from it.
    match after(trace, &format!(r#"unload_driver L"\\Driver\\{name}""#)) {
        Some(unloading) if trace[unloading..].contains("IoDeleteDriver") => Outcome::Unloaded,
        _ => Outcome::NotUnloaded,
    }
}

fn refused(trace: &str, name: &str) -> Option<u32> {
    let lines = trace.lines().filter(|line| line.contains("failed to create driver"));
    let status = lines.filter_map(|line| line.split_once(&format!(r#"\\{name}": "#))).next()?.1;
    u32::from_str_radix(status.trim(), 16).ok()
}

/// Returns the lines that tell of something wrong.
pub(super) fn problems(trace: &str) -> Vec<&str> {
    let wrong = ["err:ntoskrnl", "err:module", "err:seh", "unimplemented function", "exception", "\"host: "];
    trace.lines().filter(|line| wrong.iter().any(|what| line.contains(what))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOADED: &str = "0124:trace:ntoskrnl:load_driver loading driver L\"Z:\\\\mini.sys\"
0124:trace:ntoskrnl:ldr_notify_callback loading L\"NDIS.SYS\"
0124:trace:ntoskrnl:ldr_notify_callback loading L\"mini.sys\"\n";
    const ENTERED: &str = "0124:trace:ntoskrnl:init_driver init done for L\"mini\" obj 000000000034C1B0
0124:trace:ntoskrnl:init_driver - DriverUnload = 0000000180001050\n";
    const UNLOADING: &str = "0124:trace:ntoskrnl:unload_driver L\"\\\\Driver\\\\mini\"\n";
    const DELETED: &str = "0124:trace:ntoskrnl:IoDeleteDriver (000000000034C1B0)\n";
    const FAILED: &str = "0124:err:ntoskrnl:ZwLoadDriver failed to create driver L\"\\\\Registry\\\\Machine\\\\System\
        \\\\CurrentControlSet\\\\Services\\\\mini\": c0000002\n";

    fn outcome(parts: &[&str]) -> Outcome {
        driver(&parts.concat(), "mini")
    }

    #[test]
    fn a_trace_says_how_far_a_driver_got() {
        assert_eq!(outcome(&[FAILED]), Outcome::NotLoaded);
        assert_eq!(outcome(&[LOADED, DELETED]), Outcome::NotEntered);
        assert_eq!(outcome(&[LOADED, ENTERED, DELETED, FAILED]), Outcome::Refused(0xC000_0002));
        assert_eq!(outcome(&[LOADED, ENTERED]), Outcome::NotUnloaded);
        assert_eq!(outcome(&[LOADED, ENTERED, UNLOADING]), Outcome::NotUnloaded);
        assert_eq!(outcome(&[LOADED, ENTERED, UNLOADING, DELETED]), Outcome::Unloaded);
    }

    #[test]
    fn a_trace_says_how_far_a_library_got() {
        let loaded =
            "00f8:trace:loaddll:build_module Loaded L\"Z:\\\\nic.dll\" at 0000000180000000: native\n";
        let entered = "00f8:warn:debugstr:OutputDebugStringA \"host: entered\"\n";
        let unloaded = "00f8:trace:loaddll:free_modref Unloaded module L\"Z:\\\\nic.dll\" : native\n";
        let outcome = |parts: &[&str]| library(&parts.concat(), "nic.dll");
        assert_eq!(outcome(&[entered]), Outcome::NotLoaded);
        assert_eq!(outcome(&[loaded, unloaded]), Outcome::NotEntered);
        assert_eq!(outcome(&[loaded, entered]), Outcome::NotUnloaded);
        assert_eq!(outcome(&[loaded, entered, unloaded]), Outcome::Unloaded);
    }

    #[test]
    fn another_driver_counts_for_nothing() {
        assert_eq!(driver(&[LOADED, ENTERED, UNLOADING, DELETED].concat(), "min"), Outcome::NotLoaded);
    }

    #[test]
    fn what_is_wrong_is_shown() {
        let text = "wine: Call from 000 to unimplemented function ntoskrnl.exe.KeFoo, aborting";
        assert_eq!(problems(&format!("{LOADED}{text}\n{FAILED}")), [text, FAILED.trim_end()]);
    }
}
