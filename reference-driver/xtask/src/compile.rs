//! Builds an image: each in a cargo call of its own, so that no other image's features get into it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arch::Arch;
use crate::failure::Failure;
use crate::image::Provider;
use crate::tool;
use crate::toolchain::Toolchain;

/// What the linker wrote.
pub struct Built {
    /// A .dll, as rustc names it.
    pub image: PathBuf,
    /// A .pdb.
    pub symbols: PathBuf,
}

/// Builds the package in a folder of `reference-driver/images/`.
///
/// # Errors
/// [`Failure::Image`] with what the compiler and the linker said.
pub fn compile(
    root: &Path,
    folder: &str,
    link_arguments: &[String],
    provider: Provider,
    arch: Arch,
    toolchain: &Toolchain,
) -> Result<Built, Failure> {
    let package = root.join("reference-driver/images").join(folder);
    let target = match provider {
        Provider::RawDylib => root.join("target/images"),
        // Where `wdk-build` looks for the package that says which driver model it is: above its output.
        Provider::WdkSys => package.join("target"),
    };
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["rustc", "--quiet", "--release", "--target", arch.target()]);
    cargo.arg("--manifest-path").arg(package.join("Cargo.toml"));
    cargo.arg("--target-dir").arg(&target).args(toolchain.arguments());
    if provider == Provider::WdkSys {
        cargo.args(["--features", "wdk-sys"]);
    }
    cargo.arg("--").args(link_arguments.iter().map(|argument| format!("-Clink-arg={argument}")));
    toolchain.prepare(&mut cargo, arch);
    tool::run(&mut cargo, "it comes with rustup")?;
    let built =
        target.join(arch.target()).join("release").join(format!("{}_image", folder.replace('-', "_")));
    Ok(Built { image: built.with_extension("dll"), symbols: built.with_extension("pdb") })
}
