/tmp/w-miniport/reference-driver/images/no-panic/target/debug/deps/dirql-271b59216139f78a.d: /tmp/w-miniport/abstraction/src/lib.rs /tmp/w-miniport/abstraction/src/config.rs /tmp/w-miniport/abstraction/src/dma.rs /tmp/w-miniport/abstraction/src/error.rs /tmp/w-miniport/abstraction/src/interrupt.rs /tmp/w-miniport/abstraction/src/level.rs /tmp/w-miniport/abstraction/src/lock.rs /tmp/w-miniport/abstraction/src/platform.rs /tmp/w-miniport/abstraction/src/register.rs /tmp/w-miniport/abstraction/src/sync.rs /tmp/w-miniport/abstraction/src/../README.md

/tmp/w-miniport/reference-driver/images/no-panic/target/debug/deps/libdirql-271b59216139f78a.rmeta: /tmp/w-miniport/abstraction/src/lib.rs /tmp/w-miniport/abstraction/src/config.rs /tmp/w-miniport/abstraction/src/dma.rs /tmp/w-miniport/abstraction/src/error.rs /tmp/w-miniport/abstraction/src/interrupt.rs /tmp/w-miniport/abstraction/src/level.rs /tmp/w-miniport/abstraction/src/lock.rs /tmp/w-miniport/abstraction/src/platform.rs /tmp/w-miniport/abstraction/src/register.rs /tmp/w-miniport/abstraction/src/sync.rs /tmp/w-miniport/abstraction/src/../README.md

/tmp/w-miniport/abstraction/src/lib.rs:
/tmp/w-miniport/abstraction/src/config.rs:
/tmp/w-miniport/abstraction/src/dma.rs:
/tmp/w-miniport/abstraction/src/error.rs:
/tmp/w-miniport/abstraction/src/interrupt.rs:
/tmp/w-miniport/abstraction/src/level.rs:
/tmp/w-miniport/abstraction/src/lock.rs:
/tmp/w-miniport/abstraction/src/platform.rs:
/tmp/w-miniport/abstraction/src/register.rs:
/tmp/w-miniport/abstraction/src/sync.rs:
/tmp/w-miniport/abstraction/src/../README.md:
