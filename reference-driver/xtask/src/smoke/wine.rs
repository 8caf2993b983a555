//! Wine, with a Windows folder of its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::image::{Image, Mode};
use crate::tool;

/// An installed Wine, and its folder.
pub(super) struct Wine {
    program: &'static str,
    server: &'static str,
    prefix: PathBuf,
}

/// Debian has the server in no folder of the PATH.
const SERVERS: [&str; 2] = ["wineserver", "/usr/lib/wine/wineserver"];

/// What stands in for the WDF loader, in its two roles.
const LOADER: &str = "drive_c/windows/system32/WDFLDR.SYS";
const HOST: &str = "drive_c/host.dll";

/// What Wine is to tell: of its loader, of its ntoskrnl.exe, and what programs say to a debugger.
const CHANNELS: &str = "fixme-all,trace+loaddll,trace+ntoskrnl,warn+debugstr";

impl Wine {
    /// Finds Wine. It makes the folder `prefix` on first use.
    pub(super) fn find(prefix: PathBuf) -> Option<Self> {
        let runs = |program: &&&str| tool::output(program, &["--version"]).is_some();
        let program = ["wine64", "wine"].iter().find(runs)?;
        Some(Self { program, server: SERVERS.iter().find(runs)?, prefix })
    }

    /// Returns its name and version.
    pub(super) fn version(&self) -> String {
        tool::output(self.program, &["--version"]).unwrap_or_default()
    }

    /// Puts a library in the place of the WDF loader, and of the host of UMDF drivers.
    pub(super) fn install(&self, stand_in: &Path) -> Result<(), Failure> {
        for place in [LOADER, HOST].map(|place| self.prefix.join(place)) {
            tool::create_folder(place.parent().unwrap_or(&self.prefix))?;
            tool::copy(stand_in, &place)?;
        }
        Ok(())
    }

    /// Has an image loaded, entered and unloaded. Returns the trace of that.
    pub(super) fn trace(&self, file: &Path, image: &Image) -> Result<String, Failure> {
        let script = self.prefix.join("smoke.bat");
        tool::write(&script, self.script(image, file))?;
        let log = self.prefix.join("trace.log");
        let mut command = self.command(self.program);
        command.args(["cmd", "/c"]).arg(windows_path(&script)).stderr(create(&log)?);
        // Services are children of the first program, so that all of them say what they do into the same file.
        self.end();
        let result = command.status();
        self.end();
        result.map_err(|e| Failure::Missing(format!("{}: {e}", self.program)))?;
        Ok(String::from_utf8_lossy(&tool::read(&log)?).into_owned())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("WINEPREFIX", &self.prefix).env("WINEDEBUG", CHANNELS);
        // Neither .NET nor a browser is asked for, nor a screen.
        command.env("WINEDLLOVERRIDES", "mscoree,mshtml=").env_remove("DISPLAY");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Ends what runs in the folder; that nothing does is no failure.
    fn end(&self) {
        for argument in ["--kill", "--wait"] {
            let _ = self.command(self.server).arg(argument).status();
        }
    }

    /// A driver is started and stopped as a service, a library is given to its host.
    fn script(&self, image: &Image, file: &Path) -> String {
        let (name, path) = (image.name(), windows_path(file));
        if image.mode == Mode::User {
            return format!("rundll32 \"{}\",host {path}\r\n", windows_path(&self.prefix.join(HOST)));
        }
        let lines = [
            format!("sc delete {name}"),
            format!("sc create {name} type= kernel start= demand binPath= \"{path}\""),
            format!("sc start {name}"),
            format!("sc stop {name}"),
        ];
        lines.iter().flat_map(|line: &String| [line, "\r\n"]).collect()
    }
}

/// Wine shows the whole file system as drive Z.
fn windows_path(path: &Path) -> String {
    format!("Z:{}", path.display()).replace('/', "\\")
}

fn create(path: &Path) -> Result<File, Failure> {
    File::create(path).map_err(|e| Failure::Missing(format!("cannot write {}: {e}", path.display())))
}
