//! The images: one for each framework, and what its PE file must be. To add one, put its package and its INX file into
//! `reference-driver/images/` and a line into [`IMAGES`].

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::smoke::Outcome;

/// What loads an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Framework {
    /// NDIS 6.20.
    Ndis,
    /// KMDF 1.15.
    Kmdf,
    /// WDM.
    Wdm,
    /// UMDF 2.15.
    Umdf,
}

/// Where an image runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In the kernel: a `.sys`, entered at its entry point.
    Kernel,
    /// In a host process: a `.dll`, entered by an export.
    User,
}

/// Where the system's routines come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Provider {
    /// From names that dirql-ddi holds; needs neither a WDK nor Windows.
    RawDylib,
    /// From the libraries of a WDK, by Microsoft's wdk-sys; never run yet (docs/wdk.md).
    WdkSys,
}

/// An image to be built.
#[derive(Clone, Debug)]
pub struct Image {
    /// What loads it.
    pub framework: Framework,
    /// Where it runs.
    pub mode: Mode,
    /// The image's file name; those of the INF and PDB files differ in their extension.
    pub file: &'static str,
    /// The folder in `reference-driver/images/`.
    pub folder: &'static str,
    /// The symbols that it exports, in alphabetical order; the first is where it is entered.
    pub exports: &'static [&'static str],
    /// What it may import from.
    pub modules: &'static [&'static str],
    /// How far it gets under Wine.
    pub under_wine: Outcome,
}

/// Every image.
pub const IMAGES: [Image; 4] = [NDIS, KMDF, WDM, UMDF];

const NDIS: Image = Image {
    framework: Framework::Ndis,
    mode: Mode::Kernel,
    file: "nic-ndis.sys",
    folder: "ndis",
    exports: &["DriverEntry"],
    modules: &["ntoskrnl.exe", "NDIS.SYS"],
    // STATUS_NOT_IMPLEMENTED: IoAllocateDriverObjectExtension is a stub there.
    under_wine: Outcome::Refused(0xC000_0002),
};

const KMDF: Image = Image {
    framework: Framework::Kmdf,
    mode: Mode::Kernel,
    file: "nic-kmdf.sys",
    folder: "kmdf",
    exports: &["FxDriverEntry", "WdfDriverGlobals", "WdfFunctions_01015"],
    modules: &["ntoskrnl.exe", "WDFLDR.SYS"],
    under_wine: Outcome::Unloaded,
};

const WDM: Image = Image {
    framework: Framework::Wdm,
    mode: Mode::Kernel,
    file: "nic-wdm.sys",
    folder: "wdm",
    exports: &["DriverEntry"],
    modules: &["ntoskrnl.exe"],
    under_wine: Outcome::Unloaded,
};

const UMDF: Image = Image {
    framework: Framework::Umdf,
    mode: Mode::User,
    file: "nic-umdf.dll",
    folder: "umdf",
    exports: &["FxDriverEntryUm", "WdfDriverGlobals", "WdfFunctions_02015"],
    modules: &["kernel32.dll", "ntdll.dll"],
    under_wine: Outcome::Unloaded,
};

/// The exports of an image that links `wdk-sys`.
const BY_WDK_SYS: &[&str] =
    &["DriverEntry", "__CxxFrameHandler3", "__CxxFrameHandler4", "__GSHandlerCheck_EH4", "_fltused"];

impl Image {
    /// Returns the file's name without extension: the service's name.
    pub fn name(&self) -> &'static str {
        self.file.split_once('.').map_or(self.file, |(name, _)| name)
    }

    /// Returns the package, in the repository at `root`.
    pub fn package(&self, root: &Path) -> PathBuf {
        root.join("reference-driver/images").join(self.folder)
    }

    /// Returns the image as a provider makes it: Microsoft's stub binds a KMDF driver, and `wdk-sys` has symbols that
    /// leave every image.
    #[must_use]
    pub fn by(&self, provider: Provider) -> Self {
        match provider {
            Provider::RawDylib => self.clone(),
            Provider::WdkSys => Self { exports: BY_WDK_SYS, ..self.clone() },
        }
    }

    /// Returns the symbol by which it is entered, its own or that of Microsoft's stub.
    fn entry(&self) -> &'static str {
        match self.framework {
            Framework::Kmdf => "FxDriverEntry",
            _ => self.exports[0],
        }
    }

    /// Returns what the linker is told besides what rustc tells it.
    pub fn link_arguments(&self) -> Vec<String> {
        let mut arguments = link_arguments(self.mode, self.entry());
        arguments.push(format!("/PDBALTPATH:{}.pdb", self.name()));
        arguments
    }
}

/// Returns what the linker is told of an image for a mode, with the symbol by which it is entered.
pub fn link_arguments(mode: Mode, entry: &str) -> Vec<String> {
    let mut arguments: Vec<String> = match mode {
        Mode::Kernel => KERNEL.map(String::from).into(),
        Mode::User => USER.map(String::from).into(),
    };
    if mode == Mode::Kernel {
        arguments.push(format!("/ENTRY:{entry}"));
    }
    arguments.extend(LINK.map(String::from));
    arguments
}

/// A native program that the kernel loads, when its signature is right.
const KERNEL: [&str; 3] = ["/SUBSYSTEM:NATIVE,10.00", "/DRIVER:WDM", "/INTEGRITYCHECK"];

/// A library that does nothing when it is loaded.
const USER: [&str; 2] = ["/SUBSYSTEM:WINDOWS,10.00", "/NOENTRY"];

/// As `wdk-build` links a driver, and: the checksum (/RELEASE), no C runtime, and nothing that differs from one build to
/// the next.
const LINK: [&str; 10] = [
    "/NODEFAULTLIB",
    "/RELEASE",
    "/MANIFEST:NO",
    "/DYNAMICBASE",
    "/HIGHENTROPYVA",
    "/NXCOMPAT",
    "/OPT:REF,ICF",
    "/VERSION:10.0",
    "/OSVERSION:10.0",
    "/Brepro",
];
