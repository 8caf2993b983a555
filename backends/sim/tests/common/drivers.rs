//! Drivers that do something of everything, and drivers that do something wrong.

use core::cell::Cell;

use dirql_sim::kernel::{self, LockId};

use super::{BUTTON, LINE_IRQL, PULSE, acknowledge, connect_line, count, dpc, linger, lock_of, routine};

/// Something of everything, without fault.
pub fn busy(isrs: &Cell<u32>) {
    let lock = lock_of(&core::sync::atomic::AtomicUsize::new(0));
    let deferred = || {
        let old = kernel::acquire_spin_lock(lock);
        linger(1);
        kernel::release_spin_lock(lock, old);
        true
    };
    let dpc = dpc(&deferred);
    let isr = || {
        count(isrs);
        kernel::insert_dpc(dpc, [0; 2]);
        acknowledge(BUTTON)
    };
    let id = connect_line(&isr);
    kernel::write_register(BUTTON, PULSE, 3);
    kernel::scope(|s| {
        s.spawn(1, "other", || {
            kernel::synchronize(id, &routine(&|| true));
            kernel::sleep();
        });
        let old = kernel::acquire_spin_lock(lock);
        assert!(kernel::irql() < LINE_IRQL);
        kernel::release_spin_lock(lock, old);
    });
    kernel::quiesce();
    kernel::disconnect(id);
}

/// What a driver does wrong, and the rule that says so.
pub type Misdeed = (&'static str, fn());

pub const MISDEEDS: [Misdeed; 9] = [
    ("panic", panic_in_a_thread),
    ("panic", panic_in_a_dpc),
    ("panic", panic_in_an_isr),
    ("panic", panic_in_an_isr_on_an_idle_processor),
    ("panic", panic_under_a_lock),
    ("R10", synchronize_in_the_isr),
    ("R61", claim_nothing),
    ("quiescence", wait_for_nobody),
    ("PoolLeak", leak),
];

fn panic_in_a_thread() {
    kernel::scope(|s| {
        s.spawn(1, "other", || linger(20));
        linger(2);
        panic!("in a thread");
    });
}

pub fn panic_in_a_dpc() {
    let deferred = || panic!("in a DPC");
    kernel::insert_dpc(dpc(&deferred), [0; 2]);
    kernel::flush_dpcs();
}

/// The ISR is on top of whatever the one processor does.
fn panic_in_an_isr() {
    let isr = || panic!("in an ISR");
    connect_line(&isr);
    kernel::write_register(BUTTON, PULSE, 1);
    linger(1000);
}

fn panic_in_an_isr_on_an_idle_processor() {
    let isr = || panic!("in an ISR");
    connect_line(&isr);
    kernel::write_register(BUTTON, PULSE, 1);
    kernel::quiesce();
}

/// A guard that gives its lock back while the panic unwinds, as `dirql::Lock` does.
struct Guard(LockId, u8);

impl Drop for Guard {
    fn drop(&mut self) {
        kernel::release_spin_lock(self.0, self.1);
    }
}

fn panic_under_a_lock() {
    let word = core::sync::atomic::AtomicUsize::new(0);
    let lock = lock_of(&word);
    kernel::scope(|s| {
        s.spawn(1, "other", || {
            kernel::acquire_spin_lock(lock);
            linger(3);
            kernel::release_spin_lock(lock, 0);
        });
        let _guard = Guard(lock, kernel::acquire_spin_lock(lock));
        linger(2);
        panic!("under a lock");
    });
}

fn synchronize_in_the_isr() {
    let id = Cell::new(None);
    let isr = || kernel::synchronize(id.get().unwrap(), &routine(&|| true)) != 0;
    id.set(Some(connect_line(&isr)));
    kernel::write_register(BUTTON, PULSE, 1);
    kernel::quiesce();
}

fn claim_nothing() {
    connect_line(&|| false);
    kernel::write_register(BUTTON, PULSE, 1);
    kernel::quiesce();
}

fn wait_for_nobody() {
    kernel::wait_event(kernel::create_event());
}

fn leak() {
    kernel::allocate_pool(4096, 0);
}
