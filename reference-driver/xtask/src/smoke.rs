//! `cargo xtask smoke`: loads, enters and unloads the images that ship under Wine.
//!
//! Wine's ntoskrnl.exe has no interrupts, and much of it are stubs; for the WDF loader `images/wdf-stand-in` stands in. What
//! this shows is that a loader other than ours takes the images: headers, relocations, imports, the ABI of the entry
//! point, and the stubs that bind to WDF. It says nothing of IRQLs and timing.

mod trace;
mod wine;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::arch::Arch;
use crate::compile::compile;
use crate::drivers::root;
use crate::failure::Failure;
use crate::image::{Framework, IMAGES, Image, Mode, Provider, link_arguments};
use crate::toolchain::Toolchain;
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
    let root = root();
    let Some(wine) = Wine::find(root.join("target/wine")) else { return no_wine(arguments) };
    let drivers = root.join("target/drivers").join(Arch::X86_64.name());
    println!("{}", wine.version());
    wine.install(&stand_in(&root)?)?;
    for image in &IMAGES {
        let outcome = smoke(image, &wine, &drivers.join(image.name()))?;
        println!("  {}: {outcome}{}", image.file, on_what(image));
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

/// Builds what stands in for the WDF loader.
fn stand_in(root: &Path) -> Result<PathBuf, Failure> {
    let (arch, link_arguments) = (Arch::X86_64, link_arguments(Mode::User, "host"));
    let toolchain = Toolchain::find(arch)?;
    Ok(compile(root, "wdf-stand-in", &link_arguments, Provider::RawDylib, arch, &toolchain)?.image)
}

fn on_what(image: &Image) -> &'static str {
    match image.framework {
        Framework::Ndis | Framework::Wdm => "",
        Framework::Kmdf | Framework::Umdf => " (a stand-in for the framework's loader)",
    }
}

fn smoke(image: &Image, wine: &Wine, package: &Path) -> Result<Outcome, Failure> {
    let file = package.join(image.file);
    if !file.exists() {
        return Err(Failure::Missing(format!("there is no {}: run `cargo xtask drivers`", file.display())));
    }
    let trace = wine.trace(&file, image)?;
    let outcome = trace::read(&trace, image);
    if outcome == image.under_wine {
        return Ok(outcome);
    }
    let problems = trace::problems(&trace).join("\n  ");
    let what = format!("{} under Wine: {outcome}, instead of: {}", image.file, image.under_wine);
    Err(Failure::Image(format!("{what}\n  {problems}")))
}
