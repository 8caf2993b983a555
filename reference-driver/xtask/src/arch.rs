//! The processors that images are built for.

use clap::ValueEnum;
use object::pe::{IMAGE_FILE_MACHINE_AMD64, IMAGE_FILE_MACHINE_ARM64, Machine};

/// A processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Arch {
    /// x64.
    #[value(name = "x86_64")]
    X86_64,
    /// ARM64.
    #[value(name = "aarch64")]
    Aarch64,
}

impl Arch {
    /// Returns rustc's name of the processor, which is also that of the folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
        }
    }

    /// Returns rustc's name of the target.
    pub const fn target(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-pc-windows-msvc",
            Self::Aarch64 => "aarch64-pc-windows-msvc",
        }
    }

    /// Returns the machine in a PE file header.
    pub const fn machine(self) -> Machine {
        match self {
            Self::X86_64 => IMAGE_FILE_MACHINE_AMD64,
            Self::Aarch64 => IMAGE_FILE_MACHINE_ARM64,
        }
    }

    /// Returns what stands after `NT` in the decoration of an INF section.
    pub const fn decoration(self) -> &'static str {
        match self {
            Self::X86_64 => "amd64",
            Self::Aarch64 => "arm64",
        }
    }
}
