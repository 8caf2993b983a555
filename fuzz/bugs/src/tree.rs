//! A scratch copy of the tree, in which bugs are planted and built, one after the other.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ignore::WalkBuilder;

use crate::Bug;

/// The profile of the workspace by which planted trees are built.
const PROFILE: &str = "bugs";

/// A copy of the tree with one build folder, so that only what a bug touches is built again.
pub struct Tree {
    copy: PathBuf,
    build: PathBuf,
}

impl Tree {
    /// Copies the tree at `source`, without what version control ignores, into `scratch`. What is there already and
    /// equal stays, so that cargo knows it again.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn copy(source: &Path, scratch: &Path) -> io::Result<Self> {
        let tree = Self { copy: scratch.join("tree"), build: scratch.join("build") };
        let files =
            WalkBuilder::new(source).hidden(false).filter_entry(|entry| entry.file_name() != ".git").build();
        for entry in files {
            let entry = entry.map_err(io::Error::other)?;
            if entry.file_type().is_some_and(|kind| kind.is_file()) {
                let file = entry.path().strip_prefix(source).map_err(io::Error::other)?;
                tree.write(file, &fs::read(entry.path())?)?;
            }
        }
        Ok(tree)
    }

    /// Writes a file of the copy, if that changes it.
    fn write(&self, file: &Path, bytes: &[u8]) -> io::Result<()> {
        let path = self.copy.join(file);
        if fs::read(&path).is_ok_and(|found| found == bytes) {
            return Ok(());
        }
        fs::create_dir_all(path.parent().unwrap_or(&self.copy))?;
        fs::write(path, bytes)
    }

    /// Plants a bug, builds the `dirql` command, and takes the bug out again. Returns the command's path.
    ///
    /// # Errors
    /// If the bug does not fit, or what it makes of the tree does not compile.
    pub fn build_with(&self, bug: &Bug) -> Result<PathBuf, String> {
        let files = bug.planted(&self.copy)?;
        let mut clean = Vec::new();
        for (file, text) in &files {
            clean.push(fs::read(self.copy.join(file)).map_err(|e| e.to_string())?);
            self.write(file, text.as_bytes()).map_err(|e| e.to_string())?;
        }
        let built = self.build();
        for ((file, _), clean) in files.iter().zip(clean) {
            self.write(file, &clean).map_err(|e| e.to_string())?;
        }
        built.map_err(|e| format!("{}: {e}", bug.name))
    }

    /// Builds the `dirql` command of the tree as it is, and returns its path.
    ///
    /// # Errors
    /// What the compiler says.
    pub fn build(&self) -> Result<PathBuf, String> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.current_dir(&self.copy).args(["build", "--quiet", "--locked", "--profile", PROFILE]);
        cargo.args(["--package", "dirql-fuzz", "--bin", "dirql", "--target-dir"]).arg(&self.build);
        // What the compiler only warns of stays unsaid.
        let output = cargo.stdin(Stdio::null()).output().map_err(|e| e.to_string())?;
        if !output.status.success() {
            return Err(format!("it does not compile:\n{}", String::from_utf8_lossy(&output.stderr)));
        }
        Ok(self.build.join(PROFILE).join("dirql"))
    }
}
