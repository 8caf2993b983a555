//! `cargo xtask drivers`: images into driver packages.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::arch::Arch;
use crate::compile::compile;
use crate::failure::Failure;
use crate::image::{Framework, IMAGES, Image, Mode, Provider};
use crate::inf::{self, Inf};
use crate::pe::Pe;
use crate::rules;
use crate::sign::Certificate;
use crate::tool;
use crate::toolchain::Toolchain;

/// What is to be built.
#[derive(Args)]
pub struct Arguments {
    /// For these frameworks only.
    #[arg(long, value_delimiter = ',', value_name = "FRAMEWORK")]
    framework: Vec<Framework>,
    /// For these processors only.
    #[arg(long, value_delimiter = ',', value_name = "ARCH", default_value = "x86_64,aarch64")]
    arch: Vec<Arch>,
    /// Where the system's routines come from; wdk-sys wants Windows with a WDK, and has no UMDF image.
    #[arg(long, value_name = "PROVIDER", default_value = "raw-dylib")]
    provider: Provider,
    /// Sign with a test certificate, made on first use (needs openssl and osslsigncode).
    #[arg(long)]
    sign: bool,
}

const NO_WDK: &str = "wdk-sys is built on Windows with a WDK, and nowhere else: docs/wdk.md says how; without \
                      --provider the images need neither";
const NO_UMDF: &str = "there is no UMDF image by wdk-sys: its stub wants a C runtime (docs/wdk.md); leave out --provider \
                       or name other frameworks";

impl Arguments {
    fn images(&self) -> impl Iterator<Item = Image> {
        let asked = |image: &&Image| self.framework.is_empty() || self.framework.contains(&image.framework);
        let possible = |image: &&Image| self.provider == Provider::RawDylib || image.mode == Mode::Kernel;
        IMAGES.iter().filter(asked).filter(possible).map(|image| image.by(self.provider))
    }

    /// Says what is in the way of the provider that was asked for.
    fn check(&self) -> Result<(), Failure> {
        if self.provider == Provider::RawDylib {
            return Ok(());
        }
        if self.framework.contains(&Framework::Umdf) {
            return Err(Failure::Missing(NO_UMDF.into()));
        }
        if !cfg!(windows) {
            return Err(Failure::Missing(NO_WDK.into()));
        }
        Ok(())
    }
}

/// Builds what was asked for.
///
/// # Errors
/// What went wrong first.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    arguments.check()?;
    let root = root();
    let folder = root.join("target/drivers");
    let certificate =
        arguments.sign.then(|| Certificate::in_folder(&folder.join("test-certificate"))).transpose()?;
    for &arch in &arguments.arch {
        let toolchain = Toolchain::find(arch)?;
        println!("{}: {}", arch.target(), toolchain.name());
        for image in arguments.images() {
            let package = folder.join(arch.name()).join(image.name());
            make(&root, &image, arguments.provider, arch, &toolchain, &package)?;
            certificate.as_ref().map_or(Ok(()), |c| c.sign(&package.join(image.file)))?;
            println!("{}", describe(&image, arch, &package)?);
        }
    }
    Ok(())
}

/// The repository: this package is two folders below it.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new(".")).into()
}

/// Makes a driver package: image, symbols and INF file.
fn make(
    root: &Path,
    image: &Image,
    provider: Provider,
    arch: Arch,
    toolchain: &Toolchain,
    package: &Path,
) -> Result<(), Failure> {
    let built = compile(root, image.folder, &image.link_arguments(), provider, arch, toolchain)?;
    tool::create_folder(package)?;
    tool::copy(&built.image, &package.join(image.file))?;
    tool::copy(&built.symbols, &package.join(image.name()).with_extension("pdb"))?;
    let inx = tool::read(&image.package(root).join(image.name()).with_extension("inx"))?;
    let inf = inf::stamp(&String::from_utf8_lossy(&inx), arch);
    tool::write(&package.join(image.name()).with_extension("inf"), inf)
}

/// Checks what lies in a package, as it lies there, and says in a line what it is.
fn describe(image: &Image, arch: Arch, package: &Path) -> Result<String, Failure> {
    let bytes = tool::read(&package.join(image.file))?;
    let pe = Pe::parse(&bytes).map_err(|e| Failure::Image(format!("{}: {e}", image.file)))?;
    let (build, newest) = rules::oldest_build(&pe);
    let inf = tool::read(&package.join(image.name()).with_extension("inf"))?;
    let mut problems = rules::problems(&pe, image, arch);
    problems.extend(Inf::parse(&String::from_utf8_lossy(&inf)).problems(image.file, build));
    if !problems.is_empty() {
        let what = problems.join("\n  ");
        return Err(Failure::Image(format!(
            "{} for {} is not as it must be:\n  {what}",
            image.file,
            arch.name()
        )));
    }
    let imports: Vec<String> =
        pe.imports.iter().map(|i| format!("{} from {}", i.functions.len(), i.module)).collect();
    let since = if build == 0 { String::new() } else { format!("; Windows build {build} for {newest}") };
    let (len, root) = (bytes.len(), root());
    let package = package.strip_prefix(&root).unwrap_or(package);
    Ok(format!("  {}: {len} bytes, imports {}{since}: {}", image.file, imports.join(", "), package.display()))
}
