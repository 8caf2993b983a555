//! Wine, with a Windows folder of its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::image::{Image, Mode};
use crate::tool;

/// An installed Wine.
pub(super) struct Wine {
    program: &'static str,
    server: &'static str,
}

/// Debian has the server in no folder of the PATH.
const SERVERS: [&str; 2] = ["wineserver", "/usr/lib/wine/wineserver"];

impl Wine {
    /// Finds Wine.
    pub(super) fn find() -> Option<Self> {
        let runs = |program: &&&str| tool::output(program, &["--version"]).is_some();
        let program = ["wine64", "wine"].iter().find(runs)?;
        Some(Self { program, server: SERVERS.iter().find(runs)? })
    }

    /// Returns its name and version.
    pub(super) fn version(&self) -> String {
        tool::output(self.program, &["--version"]).unwrap_or_default()
    }

    /// Has an image loaded, in the Windows folder at `prefix`, which is made on first use. Returns
    /// the trace of Wine's loader and of its ntoskrnl.exe.
    pub(super) fn trace(&self, file: &Path, image: &Image, prefix: &Path) -> Result<String, Failure> {
        tool::create_folder(prefix)?;
        let script = prefix.join("smoke.bat");
        tool::write(&script, script_of(image, file))?;
        let log = prefix.join("trace.log");
        // Services are children of the first program, so that all of them say what they do into the same file.
        self.end(prefix);
        let result = self
            .command(self.program, prefix)
            .args(["cmd", "/c"])
            .arg(windows_path(&script))
            .stderr(create(&log)?)
            .status();
        self.end(prefix);
        result.map_err(|e| Failure::Missing(format!("{}: {e}", self.program)))?;
        Ok(String::from_utf8_lossy(&tool::read(&log)?).into_owned())
    }

    fn command(&self, program: &str, prefix: &Path) -> Command {
        let mut command = Command::new(program);
        command.env("WINEPREFIX", prefix).env("WINEDEBUG", "fixme-all,trace+ntoskrnl,trace+loaddll");
        // Neither .NET nor a browser is asked for, nor a screen.
        command.env("WINEDLLOVERRIDES", "mscoree,mshtml=").env_remove("DISPLAY");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Ends what runs in the Windows folder; that nothing does is no failure.
    fn end(&self, prefix: &Path) {
        for argument in ["--kill", "--wait"] {
            let _ = self.command(self.server, prefix).arg(argument).status();
        }
    }
}

/// A driver is started and stopped as a service; of a library a function is called that it does not have.
fn script_of(image: &Image, file: &Path) -> String {
    let (name, path) = (image.name(), windows_path(file));
    if image.mode == Mode::User {
        return format!("rundll32 \"{path}\",none\r\n");
    }
    let lines = [
        format!("sc delete {name}"),
        format!("sc create {name} type= kernel start= demand binPath= \"{path}\""),
        format!("sc start {name}"),
        format!("sc stop {name}"),
    ];
    lines.iter().flat_map(|line: &String| [line, "\r\n"]).collect()
}

/// Wine shows the whole file system as drive Z.
fn windows_path(path: &Path) -> String {
    format!("Z:{}", path.display()).replace('/', "\\")
}

fn create(path: &PathBuf) -> Result<File, Failure> {
    File::create(path).map_err(|e| Failure::Missing(format!("cannot write {}: {e}", path.display())))
}
