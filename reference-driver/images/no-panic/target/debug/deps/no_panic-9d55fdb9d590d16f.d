/tmp/w-miniport/reference-driver/images/no-panic/target/debug/deps/no_panic-9d55fdb9d590d16f.d: src/lib.rs src/os.rs

/tmp/w-miniport/reference-driver/images/no-panic/target/debug/deps/libno_panic-9d55fdb9d590d16f.rmeta: src/lib.rs src/os.rs

src/lib.rs:
src/os.rs:
