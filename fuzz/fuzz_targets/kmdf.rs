//! libFuzzer on the kmdf backend: cargo +nightly fuzz run kmdf
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|case: dirql_fuzz::case::Case| {
    dirql_fuzz::target::check(dirql_fuzz::backend::Backend::Kmdf, &case);
});

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("this is a libFuzzer target; run it with: cargo +nightly fuzz run kmdf");
    std::process::exit(2);
}
