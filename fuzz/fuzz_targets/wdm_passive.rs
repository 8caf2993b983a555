//! libFuzzer on the wdm-passive backend: cargo +nightly fuzz run wdm-passive
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
dirql_fuzz::libfuzzer_target!(WdmPassive);

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("this is a libFuzzer target; run it with: cargo +nightly fuzz run wdm-passive");
    std::process::exit(2);
}
