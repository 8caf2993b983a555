//! libFuzzer on the ndis backend: cargo +nightly fuzz run ndis
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|case: dirql_fuzz::case::Case| {
    dirql_fuzz::target::check(dirql_fuzz::backend::Backend::Ndis, &case);
});

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("this is a libFuzzer target; run it with: cargo +nightly fuzz run ndis");
    std::process::exit(2);
}
