//! `cargo xtask`: makes driver packages of the reference driver.
//!
//! `cargo xtask drivers` builds each image of `reference-driver/images/`, checks what the linker wrote, stamps the INF
//! file, signs it when asked, and puts all into `target/drivers/`. `cargo xtask smoke` runs them under Wine. Exit codes: 0 all is well, 1 an image does not build
//! or is not as it must be, 2 wrong usage, or something is missing.

pub mod arch;
pub mod compile;
pub mod drivers;
pub mod exports;
pub mod failure;
pub mod image;
pub mod inf;
pub mod pe;
pub mod rules;
pub mod sign;
pub mod smoke;
pub mod tool;
pub mod toolchain;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Makes driver packages of the reference driver", after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 all is well, 1 an image does not build or is not as it must be, 2 wrong usage, or something is missing.";

#[derive(Subcommand)]
enum Command {
    /// Build the driver's images for Windows, check them, and put them into target/drivers.
    Drivers(drivers::Arguments),
    /// Load, enter and unload the images for x64 under Wine.
    Smoke(smoke::Arguments),
}

/// Carries out this process's command line.
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Drivers(arguments) => drivers::run(&arguments),
        Command::Smoke(arguments) => smoke::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            failure.exit_code()
        }
    }
}
