//! The step loop allocates nothing: what a run allocates does not depend on how long it is.

mod common;

use common::{ACK, BUTTON, FETCH, Options, PULSE, STATUS, acknowledge, attach, connect_line, dpc, setup};
use dirql_sim::kernel::{self, LockId};
use dirql_sim::{BufferId, InterruptId, Machine, Ordering, Setup, Strategy};

/// Interrupts, DPCs, sections, locks, DMA, registers and waits, `rounds` times on each of two processors.
fn rounds(rounds: u32) {
    let deferred = || kernel::read_register(BUTTON, STATUS) <= 1;
    let dpc = dpc(&deferred);
    let isr = || {
        kernel::insert_dpc(dpc, [0; 2]);
        acknowledge(BUTTON)
    };
    let interrupt = connect_line(&isr);
    let lock = LockId::executive();
    let buffer = kernel::allocate_common_buffer(64);
    let round = || round(interrupt, lock, buffer);
    kernel::scope(|s| {
        s.spawn(1, "other", || (0..rounds).for_each(|_| round()));
        (0..rounds).for_each(|_| round());
    });
    kernel::quiesce();
    kernel::disconnect(interrupt);
    kernel::free_common_buffer(buffer);
}

fn round(interrupt: InterruptId, lock: LockId, buffer: BufferId) {
    kernel::write_register(BUTTON, PULSE, 1);
    let old = kernel::acquire_interrupt_lock(interrupt);
    kernel::write_register(BUTTON, ACK, 1);
    // SAFETY: it was taken above, and what follows does not need it.
    unsafe { kernel::release_interrupt_lock(interrupt, old) };
    let old = kernel::acquire_spin_lock(lock);
    kernel::release_spin_lock(lock, old);
    kernel::write_dma(buffer, 0, 1);
    kernel::write_register(BUTTON, FETCH, 0);
    kernel::publish();
    kernel::read_dma(buffer, 0);
    kernel::sleep();
}

fn allocations(machine: &mut Machine, strategy: Strategy, ordering: Ordering, n: u32) -> (u64, u64) {
    let options = Options { strategy, ordering, step_limit: u64::MAX, ..Options::default() };
    machine.prepare(Setup { record_schedule: false, ..setup(&options, 1) });
    attach(machine, &options);
    let mut steps = 0;
    let counted = allocation_counter::measure(|| {
        let report = machine.run(|| rounds(n));
        assert!(report.violation.is_none(), "{:?}", report.violation);
        steps = report.steps;
    });
    (counted.count_total, steps)
}

#[test]
fn a_run_of_a_thousand_rounds_allocates_no_more_than_one_of_ten() {
    for strategy in
        [Strategy::Random, Strategy::Sticky, Strategy::Pct { depth: 3 }, Strategy::RunToCompletion]
    {
        for ordering in [Ordering::X64, Ordering::Arm64] {
            let mut machine = Machine::new();
            allocations(&mut machine, strategy, ordering, 1000);
            let (long, many) = allocations(&mut machine, strategy, ordering, 1000);
            let (short, few) = allocations(&mut machine, strategy, ordering, 10);
            assert!(many > 20 * few, "{many} steps are not much more than {few}");
            assert_eq!(long, short, "{strategy:?}, {ordering:?}");
        }
    }
}
