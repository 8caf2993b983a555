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
}

/// An image to be built.
#[derive(Debug)]
pub struct Image {
    /// What loads it.
    pub framework: Framework,
    /// The image's file name; those of the INF and PDB files differ in their extension.
    pub file: &'static str,
    /// The folder in `reference-driver/images/`.
    pub folder: &'static str,
    /// Where the system enters it.
    pub entry: &'static str,
    /// The symbols that it exports, in alphabetical order.
    pub exports: &'static [&'static str],
    /// What it may import from.
    pub modules: &'static [&'static str],
    /// How far it gets under Wine.
    pub under_wine: Outcome,
}

/// Every image.
pub const IMAGES: [Image; 2] = [NDIS, KMDF];

const NDIS: Image = Image {
    framework: Framework::Ndis,
    file: "nic-ndis.sys",
    folder: "ndis",
    entry: "DriverEntry",
    exports: &["DriverEntry"],
    modules: &["ntoskrnl.exe", "NDIS.SYS"],
    // STATUS_NOT_IMPLEMENTED: IoAllocateDriverObjectExtension is a stub there.
    under_wine: Outcome::Refused(0xC000_0002),
};

const KMDF: Image = Image {
    framework: Framework::Kmdf,
    file: "nic-kmdf.sys",
    folder: "kmdf",
    entry: "FxDriverEntry",
    exports: &["FxDriverEntry", "WdfDriverGlobals", "WdfFunctions_01015"],
    modules: &["ntoskrnl.exe", "WDFLDR.SYS"],
    // There is no WDFLDR.SYS there.
    under_wine: Outcome::NotLoaded,
};

impl Image {
    /// Returns the file's name without extension: the service's name.
    pub fn name(&self) -> &'static str {
        self.file.split_once('.').map_or(self.file, |(name, _)| name)
    }

    /// Returns the package, in the repository at `root`.
    pub fn package(&self, root: &Path) -> PathBuf {
        root.join("reference-driver/images").join(self.folder)
    }

    /// Returns what the linker is told besides what rustc tells it.
    pub fn link_arguments(&self) -> Vec<String> {
        let mut arguments: Vec<String> = LINK.iter().map(|&argument| argument.into()).collect();
        arguments.push(format!("/ENTRY:{}", self.entry));
        arguments.push(format!("/PDBALTPATH:{}.pdb", self.name()));
        arguments
    }
}

/// As `wdk-build` links a driver, and: the checksum (/RELEASE), no C runtime, and nothing that differs from one build to
/// the next.
const LINK: [&str; 13] = [
    "/SUBSYSTEM:NATIVE,10.00",
    "/DRIVER:WDM",
    "/NODEFAULTLIB",
    "/RELEASE",
    "/INTEGRITYCHECK",
    "/MANIFEST:NO",
    "/DYNAMICBASE",
    "/HIGHENTROPYVA",
    "/NXCOMPAT",
    "/OPT:REF,ICF",
    "/VERSION:10.0",
    "/OSVERSION:10.0",
    "/Brepro",
];
