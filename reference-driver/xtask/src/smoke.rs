//! `cargo xtask smoke`: loads, enters and unloads the images that ship under Wine.
//!
//! Wine's ntoskrnl.exe has no interrupts, and much of it are stubs. What this shows is that a loader other than ours
//! takes the image: its headers, relocations and imports, and the ABI of its entry point. It says nothing of IRQLs and
//! timing.

mod trace;
mod wine;

use std::path::Path;

use clap::Args;

use crate::arch::Arch;
use crate::drivers::root;
use crate::failure::Failure;
use crate::image::{IMAGES, Image};
pub use trace::Outcome;
use wine::Wine;

/// What is to be done.
#[derive(Args)]
pub struct Arguments {
    /// Fail where Wine is not installed.
    #[arg(long)]
    require_wine: bool,
}

/// Runs what `cargo xtask drivers` built for x64.
///
/// # Errors
/// [`Failure::Image`] if an image does not do under Wine what it should; [`Failure::Missing`] if it is not built.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Some(wine) = Wine::find() else { return no_wine(arguments) };
    let root = root();
    let drivers = root.join("target/drivers").join(Arch::X86_64.name());
    let prefix = root.join("target/wine");
    println!("{}", wine.version());
    for image in &IMAGES {
        println!("  {}: {}", image.file, smoke(image, &wine, &drivers.join(image.name()), &prefix)?);
    }
    Ok(())
}

fn no_wine(arguments: &Arguments) -> Result<(), Failure> {
    let text = "no image was run: there is no Wine; install Debian's wine and wine64";
    if arguments.require_wine {
        return Err(Failure::Missing(text.into()));
    }
    println!("skipped: {text}");
    Ok(())
}

fn smoke(image: &Image, wine: &Wine, package: &Path, prefix: &Path) -> Result<Outcome, Failure> {
    let file = package.join(image.file);
    if !file.exists() {
        return Err(Failure::Missing(format!("there is no {}: run `cargo xtask drivers`", file.display())));
    }
    let trace = wine.trace(&file, image, prefix)?;
    let outcome = trace::read(&trace, image);
    if outcome == image.under_wine {
        return Ok(outcome);
    }
    let problems = trace::problems(&trace).join("\n  ");
    let what = format!("{} under Wine: {outcome}, instead of: {}", image.file, image.under_wine);
    Err(Failure::Image(format!("{what}\n  {problems}")))
}
