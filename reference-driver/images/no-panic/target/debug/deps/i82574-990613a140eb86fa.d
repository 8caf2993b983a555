/tmp/w-miniport/reference-driver/images/no-panic/target/debug/deps/i82574-990613a140eb86fa.d: /tmp/w-miniport/reference-driver/spec/src/lib.rs /tmp/w-miniport/reference-driver/spec/src/macros.rs /tmp/w-miniport/reference-driver/spec/src/descriptor.rs /tmp/w-miniport/reference-driver/spec/src/filter.rs /tmp/w-miniport/reference-driver/spec/src/general.rs /tmp/w-miniport/reference-driver/spec/src/interrupt.rs /tmp/w-miniport/reference-driver/spec/src/name.rs /tmp/w-miniport/reference-driver/spec/src/receive.rs /tmp/w-miniport/reference-driver/spec/src/statistics.rs /tmp/w-miniport/reference-driver/spec/src/transmit.rs

/tmp/w-miniport/reference-driver/images/no-panic/target/debug/deps/libi82574-990613a140eb86fa.rmeta: /tmp/w-miniport/reference-driver/spec/src/lib.rs /tmp/w-miniport/reference-driver/spec/src/macros.rs /tmp/w-miniport/reference-driver/spec/src/descriptor.rs /tmp/w-miniport/reference-driver/spec/src/filter.rs /tmp/w-miniport/reference-driver/spec/src/general.rs /tmp/w-miniport/reference-driver/spec/src/interrupt.rs /tmp/w-miniport/reference-driver/spec/src/name.rs /tmp/w-miniport/reference-driver/spec/src/receive.rs /tmp/w-miniport/reference-driver/spec/src/statistics.rs /tmp/w-miniport/reference-driver/spec/src/transmit.rs

/tmp/w-miniport/reference-driver/spec/src/lib.rs:
/tmp/w-miniport/reference-driver/spec/src/macros.rs:
/tmp/w-miniport/reference-driver/spec/src/descriptor.rs:
/tmp/w-miniport/reference-driver/spec/src/filter.rs:
/tmp/w-miniport/reference-driver/spec/src/general.rs:
/tmp/w-miniport/reference-driver/spec/src/interrupt.rs:
/tmp/w-miniport/reference-driver/spec/src/name.rs:
/tmp/w-miniport/reference-driver/spec/src/receive.rs:
/tmp/w-miniport/reference-driver/spec/src/statistics.rs:
/tmp/w-miniport/reference-driver/spec/src/transmit.rs:
