//! libFuzzer on the wdm backend: cargo +nightly fuzz run wdm
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
dirql_fuzz::libfuzzer_target!(Wdm);

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("this is a libFuzzer target; run it with: cargo +nightly fuzz run wdm");
    std::process::exit(2);
}
