/tmp/w-miniport/reference-driver/images/no-panic/target/debug/deps/nic-be03b2cafdeb985a.d: /tmp/w-miniport/reference-driver/core/src/lib.rs /tmp/w-miniport/reference-driver/core/src/batch.rs /tmp/w-miniport/reference-driver/core/src/bringup.rs /tmp/w-miniport/reference-driver/core/src/deferred.rs /tmp/w-miniport/reference-driver/core/src/filter.rs /tmp/w-miniport/reference-driver/core/src/frame.rs /tmp/w-miniport/reference-driver/core/src/gate.rs /tmp/w-miniport/reference-driver/core/src/in_flight.rs /tmp/w-miniport/reference-driver/core/src/interrupt.rs /tmp/w-miniport/reference-driver/core/src/lifecycle.rs /tmp/w-miniport/reference-driver/core/src/link.rs /tmp/w-miniport/reference-driver/core/src/monitor.rs /tmp/w-miniport/reference-driver/core/src/nic.rs /tmp/w-miniport/reference-driver/core/src/phase.rs /tmp/w-miniport/reference-driver/core/src/phy.rs /tmp/w-miniport/reference-driver/core/src/receive.rs /tmp/w-miniport/reference-driver/core/src/registers.rs /tmp/w-miniport/reference-driver/core/src/ring.rs /tmp/w-miniport/reference-driver/core/src/settings.rs /tmp/w-miniport/reference-driver/core/src/statistics.rs /tmp/w-miniport/reference-driver/core/src/transmit.rs /tmp/w-miniport/reference-driver/core/src/upper.rs /tmp/w-miniport/reference-driver/core/src/wiring.rs /tmp/w-miniport/reference-driver/core/src/../README.md

/tmp/w-miniport/reference-driver/images/no-panic/target/debug/deps/libnic-be03b2cafdeb985a.rmeta: /tmp/w-miniport/reference-driver/core/src/lib.rs /tmp/w-miniport/reference-driver/core/src/batch.rs /tmp/w-miniport/reference-driver/core/src/bringup.rs /tmp/w-miniport/reference-driver/core/src/deferred.rs /tmp/w-miniport/reference-driver/core/src/filter.rs /tmp/w-miniport/reference-driver/core/src/frame.rs /tmp/w-miniport/reference-driver/core/src/gate.rs /tmp/w-miniport/reference-driver/core/src/in_flight.rs /tmp/w-miniport/reference-driver/core/src/interrupt.rs /tmp/w-miniport/reference-driver/core/src/lifecycle.rs /tmp/w-miniport/reference-driver/core/src/link.rs /tmp/w-miniport/reference-driver/core/src/monitor.rs /tmp/w-miniport/reference-driver/core/src/nic.rs /tmp/w-miniport/reference-driver/core/src/phase.rs /tmp/w-miniport/reference-driver/core/src/phy.rs /tmp/w-miniport/reference-driver/core/src/receive.rs /tmp/w-miniport/reference-driver/core/src/registers.rs /tmp/w-miniport/reference-driver/core/src/ring.rs /tmp/w-miniport/reference-driver/core/src/settings.rs /tmp/w-miniport/reference-driver/core/src/statistics.rs /tmp/w-miniport/reference-driver/core/src/transmit.rs /tmp/w-miniport/reference-driver/core/src/upper.rs /tmp/w-miniport/reference-driver/core/src/wiring.rs /tmp/w-miniport/reference-driver/core/src/../README.md

/tmp/w-miniport/reference-driver/core/src/lib.rs:
/tmp/w-miniport/reference-driver/core/src/batch.rs:
/tmp/w-miniport/reference-driver/core/src/bringup.rs:
/tmp/w-miniport/reference-driver/core/src/deferred.rs:
/tmp/w-miniport/reference-driver/core/src/filter.rs:
/tmp/w-miniport/reference-driver/core/src/frame.rs:
/tmp/w-miniport/reference-driver/core/src/gate.rs:
/tmp/w-miniport/reference-driver/core/src/in_flight.rs:
/tmp/w-miniport/reference-driver/core/src/interrupt.rs:
/tmp/w-miniport/reference-driver/core/src/lifecycle.rs:
/tmp/w-miniport/reference-driver/core/src/link.rs:
/tmp/w-miniport/reference-driver/core/src/monitor.rs:
/tmp/w-miniport/reference-driver/core/src/nic.rs:
/tmp/w-miniport/reference-driver/core/src/phase.rs:
/tmp/w-miniport/reference-driver/core/src/phy.rs:
/tmp/w-miniport/reference-driver/core/src/receive.rs:
/tmp/w-miniport/reference-driver/core/src/registers.rs:
/tmp/w-miniport/reference-driver/core/src/ring.rs:
/tmp/w-miniport/reference-driver/core/src/settings.rs:
/tmp/w-miniport/reference-driver/core/src/statistics.rs:
/tmp/w-miniport/reference-driver/core/src/transmit.rs:
/tmp/w-miniport/reference-driver/core/src/upper.rs:
/tmp/w-miniport/reference-driver/core/src/wiring.rs:
/tmp/w-miniport/reference-driver/core/src/../README.md:
