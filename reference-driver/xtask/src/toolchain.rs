//! Finds a compiler for Windows targets, and a linker.
//!
//! The targets' `core` comes from rustup. Where rustup's server cannot be reached, Debian's rustc-web builds it from
//! rust-web-src. `.ci/windows-toolchain` installs either.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arch::Arch;
use crate::failure::Failure;
use crate::tool;

/// Where Debian's packages put the compiler.
const DEBIAN: &str = "/usr/bin/rustc";

/// A compiler that has a target's `core`, and a linker.
pub struct Toolchain {
    compiler: Compiler,
    linker: PathBuf,
}

enum Compiler {
    /// The one that runs this, with `core` compiled.
    Rustup,
    /// Debian's, with the source of `core`.
    Debian,
}

impl Toolchain {
    /// Finds a toolchain for a processor.
    ///
    /// # Errors
    /// [`Failure::Missing`], with what to install.
    pub fn find(arch: Arch) -> Result<Self, Failure> {
        let sysroot = sysroot("rustc");
        let compiler = compiler(sysroot.as_deref(), arch.target())?;
        let linker = sysroot.as_deref().and_then(rust_lld).or_else(lld_link).ok_or_else(no_linker)?;
        Ok(Self { compiler, linker })
    }

    /// Returns the name, for people.
    pub fn name(&self) -> String {
        let (program, whose) = match self.compiler {
            Compiler::Rustup => ("rustc", "rustup"),
            Compiler::Debian => (DEBIAN, "Debian"),
        };
        let version = tool::output(program, &["--version"]).unwrap_or_default();
        let linker = self.linker.file_stem().unwrap_or_default();
        format!("{whose}'s {version}, {}", linker.display())
    }

    /// Adds what cargo needs to know, by environment.
    pub fn prepare(&self, cargo: &mut Command, arch: Arch) {
        let target = arch.target().to_uppercase().replace('-', "_");
        cargo.env(format!("CARGO_TARGET_{target}_LINKER"), &self.linker);
        if matches!(self.compiler, Compiler::Debian) {
            cargo.env("RUSTC", DEBIAN).env("RUSTC_BOOTSTRAP", "1");
        }
    }

    /// Returns what cargo needs to know by arguments.
    pub fn arguments(&self) -> &'static [&'static str] {
        match self.compiler {
            Compiler::Rustup => &[],
            Compiler::Debian => &["-Zbuild-std=core,compiler_builtins"],
        }
    }
}

fn compiler(sysroot: Option<&Path>, target: &str) -> Result<Compiler, Failure> {
    if sysroot.is_some_and(|root| has_core(root, target)) {
        return Ok(Compiler::Rustup);
    }
    if has_debian() {
        return Ok(Compiler::Debian);
    }
    Err(Failure::Missing(format!(
        "no compiler for {target}: run `rustup target add {target}`; where rustup's server cannot be reached, install \
         Debian's rustc-web, rust-web-src and libstd-rust-web-dev, {} or later",
        env!("CARGO_PKG_RUST_VERSION")
    )))
}

fn sysroot(rustc: &str) -> Option<PathBuf> {
    tool::output(rustc, &["--print", "sysroot"]).map(PathBuf::from)
}

fn has_core(sysroot: &Path, target: &str) -> bool {
    let folder = sysroot.join("lib/rustlib").join(target).join("lib");
    let Ok(files) = folder.read_dir() else { return false };
    files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libcore-"))
}

/// Says whether Debian's compiler is there, with the sources of `core`, and can build this workspace.
fn has_debian() -> bool {
    let version = tool::output(DEBIAN, &["--version"]);
    let Some(version) = version.as_deref().and_then(|v| v.split(' ').nth(1)) else { return false };
    let new_enough = number(version) >= number(env!("CARGO_PKG_RUST_VERSION"));
    new_enough && sysroot(DEBIAN).is_some_and(|root| root.join("lib/rustlib/src/rust/library/core").exists())
}

/// Reads `1.95.0` as (1, 95).
fn number(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Returns the linker that comes with rustup's compiler.
fn rust_lld(sysroot: &Path) -> Option<PathBuf> {
    let version = tool::output("rustc", &["-vV"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "))?;
    let path = sysroot
        .join("lib/rustlib")
        .join(host)
        .join("bin/rust-lld")
        .with_extension(std::env::consts::EXE_EXTENSION);
    path.exists().then_some(path)
}

/// Returns LLVM's linker, if it can write a checksum.
fn lld_link() -> Option<PathBuf> {
    let help = tool::output("lld-link", &["/help"])?;
    help.to_lowercase().contains("release").then(|| "lld-link".into())
}

fn no_linker() -> Failure {
    Failure::Missing(
        "no linker for Windows: rustup's toolchain comes with one (rust-lld); otherwise install LLVM's lld, 16 or \
         later, so that lld-link is in the PATH"
            .into(),
    )
}
