//! libFuzzer on the umdf backend: cargo +nightly fuzz run umdf
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
dirql_fuzz::libfuzzer_target!(Umdf);

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("this is a libFuzzer target; run it with: cargo +nightly fuzz run umdf");
    std::process::exit(2);
}
