//! libFuzzer on the umdf backend: cargo +nightly fuzz run umdf
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|case: dirql_fuzz::case::Case| {
    dirql_fuzz::target::check(dirql_fuzz::backend::Backend::Umdf, &case);
});

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("this is a libFuzzer target; run it with: cargo +nightly fuzz run umdf");
    std::process::exit(2);
}
