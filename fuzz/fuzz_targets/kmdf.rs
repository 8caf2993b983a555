//! libFuzzer on the kmdf backend: cargo +nightly fuzz run kmdf
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
dirql_fuzz::libfuzzer_target!(Kmdf);

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("this is a libFuzzer target; run it with: cargo +nightly fuzz run kmdf");
    std::process::exit(2);
}
