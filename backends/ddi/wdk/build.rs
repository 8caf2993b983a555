//! Finds out the driver model from the top-level package, and tells the linker where the WDK has its libraries.

use wdk_build::{Config, ConfigError};

fn main() -> Result<(), ConfigError> {
    let config = Config::from_env_auto()?;
    config.configure_library_build()?;
    for path in config.library_paths()? {
        println!("cargo::rustc-link-search=native={}", path.display());
    }
    Ok(())
}
