//! libFuzzer on the ndis backend: cargo +nightly fuzz run ndis
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
dirql_fuzz::libfuzzer_target!(Ndis);

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("this is a libFuzzer target; run it with: cargo +nightly fuzz run ndis");
    std::process::exit(2);
}
