//! libFuzzer on the mock backend: cargo +nightly fuzz run mock
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
dirql_fuzz::libfuzzer_target!(Mock);

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("this is a libFuzzer target; run it with: cargo +nightly fuzz run mock");
    std::process::exit(2);
}
