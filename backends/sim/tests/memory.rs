//! What drivers and devices share, when it arrives, and what is not given back.

mod common;

use core::cell::Cell;

use common::{
    ACK, BUTTON, Button, FETCH, FETCHED, Options, at, fires, free_pool, linger, run, setup, silent,
};
use dirql_sim::{BufferId, Machine, Ordering, Setup, kernel};

const TAG: u32 = u32::from_le_bytes(*b"test");

fn arm64() -> Options {
    Options { ordering: Ordering::Arm64, ..Options::default() }
}

/// Lends a DMA buffer of 64 bytes to `body`.
fn with_buffer<R>(body: impl FnOnce(BufferId) -> R) -> R {
    let buffer = kernel::allocate_common_buffer(64);
    let result = body(buffer);
    kernel::free_common_buffer(buffer);
    result
}

/// Has the device read the first word after the driver wrote it.
fn device_sees(publish: bool) -> u32 {
    with_buffer(|buffer| {
        kernel::write_dma(buffer, 0, 1);
        if publish {
            kernel::publish();
        }
        kernel::write_register(BUTTON, FETCH, 0);
        kernel::read_register(BUTTON, FETCHED)
    })
}

#[test]
fn an_arm64_store_may_be_late_unless_published() {
    let (seen, counters) = silent(&arm64(), || device_sees(false));
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 1]);
    assert!(counters.late_stores_seen > 0);
    let (seen, counters) = silent(&arm64(), || device_sees(true));
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [1]);
    assert_eq!(counters.late_stores_seen, 0);
}

#[test]
fn an_x64_store_is_never_late() {
    let (seen, _) = silent(&Options::default(), || device_sees(false));
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [1]);
}

/// Returns how many of two writes have arrived, some time later, and whether both have after a read.
fn arrived() -> (u32, u32) {
    let acks = || kernel::environment(BUTTON, |button: &mut Button, _| button.acks).unwrap();
    kernel::write_register(BUTTON, ACK, 1);
    kernel::write_register(BUTTON, ACK, 1);
    kernel::publish();
    let before = acks();
    kernel::read_register(BUTTON, 100);
    (before, acks())
}

#[test]
fn an_arm64_register_write_is_posted_until_a_read() {
    let (seen, counters) = silent(&arm64(), arrived);
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(0, 2), (1, 2), (2, 2)]);
    assert_eq!(counters.writes_posted, 600);
}

#[test]
fn an_x64_register_write_is_not_posted() {
    let (seen, counters) = silent(&Options::default(), arrived);
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(2, 2)]);
    assert_eq!(counters.writes_posted, 0);
}

#[test]
fn dmastray_fires_beyond_a_buffer_and_in_a_freed_one() {
    fires("DmaStray", &Options::default(), || {
        with_buffer(|_| kernel::write_register(BUTTON, FETCH, 62));
    });
    fires("DmaStray", &arm64(), || {
        with_buffer(|_| {});
        kernel::write_register(BUTTON, FETCH, 0);
        kernel::quiesce();
    });
}

#[test]
fn dmastray_silent_at_the_end_of_a_buffer() {
    silent(&Options::default(), || with_buffer(|_| kernel::write_register(BUTTON, FETCH, 60)));
}

#[test]
fn devicevalueunvalidated_fires_when_the_driver_leaves_a_buffer() {
    fires("DeviceValueUnvalidated", &Options::default(), || {
        with_buffer(|buffer| kernel::read_dma(buffer, 64));
    });
    fires("DeviceValueUnvalidated", &Options::default(), || {
        with_buffer(|buffer| kernel::write_dma(buffer, u32::MAX - 1, 0));
    });
    fires("DeviceValueUnvalidated", &Options::default(), || {
        with_buffer(|buffer| kernel::read_dma_bytes(buffer, 1, &mut [0; 64]));
    });
}

#[test]
fn devicevalueunvalidated_silent_inside_a_buffer() {
    silent(&Options::default(), || {
        with_buffer(|buffer| {
            kernel::write_dma_bytes(buffer, 0, &[7; 64]);
            assert_eq!(kernel::read_dma(buffer, 60), 0x0707_0707);
        });
    });
}

#[test]
fn dmaafterfree_fires_on_a_use_and_on_a_second_free() {
    fires("DmaAfterFree", &Options::default(), || {
        let buffer = with_buffer(|buffer| buffer);
        kernel::read_dma(buffer, 0);
    });
    fires("DmaAfterFree", &Options::default(), || {
        let buffer = with_buffer(|buffer| buffer);
        kernel::free_common_buffer(buffer);
    });
}

#[test]
fn dmaafterfree_silent_for_a_new_buffer() {
    silent(&Options::default(), || {
        let old = with_buffer(|buffer| buffer);
        with_buffer(|buffer| {
            assert_ne!(buffer, old, "a place is never given out again");
            kernel::read_dma(buffer, 0)
        });
    });
}

#[test]
fn dmaleak_fires_at_the_end() {
    fires("DmaLeak", &Options::default(), || {
        kernel::allocate_common_buffer(4);
    });
}

#[test]
fn dmaleak_silent_when_all_are_freed() {
    silent(&Options::default(), || with_buffer(|_| with_buffer(|_| {})));
}

#[test]
fn irqliopassive5_fires_above_passive_level() {
    fires("IrqlIoPassive5", &Options::default(), || {
        at(2, || kernel::allocate_common_buffer(4));
    });
}

#[test]
fn irqliopassive5_silent_at_passive_level() {
    silent(&Options::default(), || with_buffer(|_| {}));
}

#[test]
fn irqlexallocatepool_fires_above_dispatch_level() {
    fires("IrqlExAllocatePool", &Options::default(), || {
        at(3, || kernel::allocate_pool(16, TAG));
    });
}

#[test]
fn irqlexallocatepool_silent_at_dispatch_level() {
    silent(&Options::default(), || at(2, || free_pool(kernel::allocate_pool(16, TAG))));
}

#[test]
fn poolfree_fires_on_a_second_free_and_on_a_wrong_address() {
    fires("PoolFree", &Options::default(), || {
        let block = kernel::allocate_pool(16, TAG);
        free_pool(block);
        free_pool(block);
    });
    fires("PoolFree", &Options::default(), || {
        free_pool(kernel::allocate_pool(16, TAG).wrapping_add(8));
    });
}

#[test]
fn poolfree_silent_in_any_order() {
    silent(&Options::default(), || {
        let blocks = [16, 1, 4096].map(|size| kernel::allocate_pool(size, TAG));
        assert!(blocks.iter().all(|block| block.addr() % 16 == 0));
        [1, 0, 2].into_iter().for_each(|n| free_pool(blocks[n]));
    });
}

/// Allocates a block and ends like `end`.
fn pool_ends(end: impl Fn(*mut u8)) {
    let block = kernel::allocate_pool(16, TAG);
    end(block);
    linger(1);
}

#[test]
fn poolleak_fires_on_a_leak_and_names_its_tag() {
    let mut machine = Machine::new();
    let report = run(&mut machine, &Options::default(), 0, || pool_ends(|_| {}));
    let violation = report.violation.unwrap();
    assert_eq!(violation.rule, "PoolLeak");
    assert!(violation.message.contains("test"), "{violation}");
}

#[test]
fn poolleak_fires_on_a_write_after_free() {
    fires("PoolLeak", &Options::default(), || {
        pool_ends(|block| {
            free_pool(block);
            // SAFETY: the machine keeps freed blocks, poisoned, until the next run.
            unsafe { block.write(0) };
        });
    });
}

#[test]
fn poolleak_silent_when_written_and_then_freed() {
    silent(&Options::default(), || {
        pool_ends(|block| {
            // SAFETY: the block is 16 bytes long and has not been freed.
            unsafe { block.write_bytes(1, 16) };
            free_pool(block);
        });
    });
}

#[test]
fn pool_runs_out_when_it_is_told_to() {
    let mut machine = Machine::new();
    let got = Cell::new(None);
    machine.prepare(Setup { fail_allocation: Some(1), ..setup(&Options::default(), 0) });
    let report = machine.run(|| {
        let blocks = [0; 3].map(|_| kernel::allocate_pool(16, TAG));
        got.set(Some(blocks.map(|block| !block.is_null())));
        free_pool(blocks[0]);
    });
    assert_eq!(report.violation, None);
    assert_eq!(got.get(), Some([true, false, false]));
}
