//! Locks: who gets them, and how not to use them. R3, R10 to R12, and the monitors of levels and spin locks.

mod common;

use core::cell::Cell;
use core::sync::atomic::AtomicUsize;

use common::{
    ACK, BUTTON, LINE_IRQL, MESSAGE, Options, PULSE, acknowledge, at, connect_line, connect_message, count,
    dpc, fires, linger, lock_of, routine, silent,
};
use dirql_sim::kernel::{self, LockId};

/// A word that a spin lock lives in.
#[derive(Default)]
struct Spin(AtomicUsize);

impl Spin {
    fn with<R>(&self, section: impl FnOnce() -> R) -> R {
        let old = kernel::acquire_spin_lock(self.id());
        let result = section();
        kernel::release_spin_lock(self.id(), old);
        result
    }

    fn id(&self) -> LockId {
        lock_of(&self.0)
    }
}

#[test]
fn r3_reaches_every_spinner() {
    let options = Options { cpus: 3, ..Options::default() };
    let (first, counters) = silent(&options, || {
        let lock = Spin::default();
        let order = Cell::new("");
        let enter = |name| lock.with(|| order.set(if order.get().is_empty() { name } else { order.get() }));
        kernel::scope(|s| {
            lock.with(|| {
                s.spawn(1, "one", || enter("one"));
                s.spawn(2, "two", || enter("two"));
                linger(20);
            });
        });
        order.get()
    });
    assert_eq!(first.into_iter().collect::<Vec<_>>(), ["one", "two"]);
    assert!(counters.spin_locks_contended > 0);
}

#[test]
fn r10_fires_when_an_isr_synchronizes_with_itself() {
    fires("R10", &Options::default(), || {
        let id = Cell::new(None);
        let isr = || kernel::synchronize(id.get().unwrap(), &routine(&|| true)) != 0;
        id.set(Some(connect_line(&isr)));
        kernel::write_register(BUTTON, PULSE, 1);
        kernel::quiesce();
    });
}

#[test]
fn r10_fires_through_another_interrupt_that_shares_the_lock() {
    let options = Options { message_irqls: vec![5, 7], ..Options::default() };
    fires("R10", &options, || {
        let isr = || true;
        let lock = LockId::for_interrupts();
        let ids = [0, 1].map(|n| connect_message(n, &isr, Some(lock), 7));
        kernel::synchronize(ids[0], &routine(&|| kernel::synchronize(ids[1], &routine(&|| true))));
    });
}

#[test]
fn r10_fires_when_an_isr_interrupts_a_holder_at_dispatch_level() {
    let options = Options { message_irqls: vec![5], cpus: 1, ..Options::default() };
    fires("R10", &options, || {
        let isr = || true;
        let lock = LockId::for_interrupts();
        let id = connect_message(0, &isr, Some(lock), 5);
        // A spin lock routine on an interrupt's lock does not keep its ISR out.
        let old = kernel::acquire_spin_lock(lock);
        kernel::write_register(BUTTON, MESSAGE, 0);
        linger(50);
        kernel::release_spin_lock(lock, old);
        kernel::disconnect(id);
    });
}

#[test]
fn r10_silent_when_an_isr_synchronizes_with_another() {
    let options = Options { message_irqls: vec![5, 7], ..Options::default() };
    let (nested, _) = silent(&options, || {
        let other = Cell::new(None);
        let sections = Cell::new(0);
        let section = || {
            count(&sections);
            true
        };
        let isr = || kernel::synchronize(other.get().unwrap(), &routine(&section)) != 0;
        let high = connect_message(1, &|| true, None, 7);
        other.set(Some(high));
        let low = connect_message(0, &isr, None, 5);
        kernel::write_register(BUTTON, MESSAGE, 0);
        kernel::write_register(BUTTON, MESSAGE, 1);
        kernel::quiesce();
        [low, high].into_iter().for_each(kernel::disconnect);
        sections.get()
    });
    assert_eq!(nested.into_iter().collect::<Vec<_>>(), [1]);
}

#[test]
fn r11_fires_when_two_locks_are_taken_in_both_orders() {
    fires("R11", &Options::default(), || {
        let (a, b) = (Spin::default(), Spin::default());
        // One after the other: no deadlock in this run, but in another one.
        a.with(|| b.with(|| {}));
        b.with(|| a.with(|| {}));
    });
}

#[test]
fn r11_fires_through_a_third_lock() {
    fires("R11", &Options::default(), || {
        let (a, b, c) = (Spin::default(), Spin::default(), Spin::default());
        a.with(|| b.with(|| {}));
        b.with(|| c.with(|| {}));
        c.with(|| a.with(|| {}));
    });
}

#[test]
fn r11_fires_when_a_nested_isr_closes_the_cycle() {
    let options = Options { message_irqls: vec![5, 7], cpus: 1, ..Options::default() };
    fires("R11", &options, || {
        let high = Cell::new(None);
        let low_isr = || kernel::synchronize(high.get().unwrap(), &routine(&|| true)) != 0;
        let low = connect_message(0, &low_isr, None, 7);
        high.set(Some(connect_message(1, &|| true, None, 7)));
        kernel::write_register(BUTTON, MESSAGE, 0);
        kernel::quiesce();
        kernel::synchronize(high.get().unwrap(), &routine(&|| kernel::synchronize(low, &routine(&|| true))));
    });
}

#[test]
fn r11_silent_when_all_keep_one_order() {
    let (_, counters) = silent(&Options::default(), || {
        let (a, b) = (Spin::default(), Spin::default());
        let isr = || acknowledge(BUTTON);
        let id = connect_line(&isr);
        kernel::write_register(BUTTON, PULSE, 2);
        let all = || a.with(|| b.with(|| kernel::synchronize(id, &routine(&|| true))));
        kernel::scope(|s| {
            s.spawn(1, "other", || {
                all();
                b.with(|| {});
            });
            all();
        });
        kernel::quiesce();
        kernel::disconnect(id);
    });
    assert!(counters.spin_locks_contended > 0);
}

#[test]
fn r12_fires_when_an_isr_takes_a_spin_lock() {
    fires("R12", &Options::default(), || {
        let lock = Spin::default();
        let isr = || {
            lock.with(|| {});
            acknowledge(BUTTON)
        };
        connect_line(&isr);
        kernel::write_register(BUTTON, PULSE, 1);
        kernel::quiesce();
    });
}

#[test]
fn r12_silent_when_a_dpc_takes_it() {
    silent(&Options::default(), || {
        let lock = Spin::default();
        let deferred = || {
            lock.with(|| {});
            true
        };
        let dpc = dpc(&deferred);
        let isr = || {
            kernel::insert_dpc(dpc, [0; 2]);
            acknowledge(BUTTON)
        };
        let id = connect_line(&isr);
        kernel::write_register(BUTTON, PULSE, 2);
        lock.with(|| {});
        kernel::quiesce();
        kernel::disconnect(id);
    });
}

#[test]
fn spinlock_fires_on_recursion() {
    fires("SpinLock", &Options::default(), || {
        let lock = Spin::default();
        lock.with(|| lock.with(|| {}));
    });
}

#[test]
fn spinlock_fires_when_a_thread_a_dpc_or_an_isr_keeps_a_lock() {
    let keep = |lock: &Spin| {
        kernel::acquire_spin_lock(lock.id());
    };
    fires("SpinLock", &Options::default(), || keep(&Spin::default()));
    fires("SpinLock", &Options::default(), || {
        let lock = Spin::default();
        let deferred = || {
            keep(&lock);
            true
        };
        kernel::insert_dpc(dpc(&deferred), [0; 2]);
        kernel::flush_dpcs();
    });
    let options = Options { message_irqls: vec![5, 5], ..Options::default() };
    fires("SpinLock", &options, || {
        let other = connect_message(1, &|| true, None, 5);
        let isr = || kernel::acquire_interrupt_lock(other) > 0;
        connect_message(0, &isr, None, 5);
        kernel::write_register(BUTTON, MESSAGE, 0);
        kernel::quiesce();
    });
}

#[test]
fn spinlock_silent_when_taken_again_after_its_release() {
    silent(&Options::default(), || {
        let lock = Spin::default();
        lock.with(|| {});
        kernel::scope(|s| {
            s.spawn(1, "other", || lock.with(|| {}));
            lock.with(|| {});
        });
    });
}

#[test]
fn spinlockrelease_fires_without_the_lock() {
    fires("SpinLockRelease", &Options::default(), || {
        let lock = Spin::default();
        at(2, || kernel::release_spin_lock(lock.id(), 2));
    });
}

#[test]
fn spinlockrelease_fires_in_another_thread() {
    fires("SpinLockRelease", &Options::default(), || {
        let lock = Spin::default();
        let old = kernel::acquire_spin_lock(lock.id());
        let deferred = || {
            kernel::release_spin_lock(lock.id(), 2);
            true
        };
        let dpc = dpc(&deferred);
        kernel::set_dpc_target(dpc, 1);
        kernel::insert_dpc(dpc, [0; 2]);
        // Never comes to this: the other processor releases the lock, or it cannot.
        kernel::release_spin_lock(lock.id(), old);
        kernel::flush_dpcs();
    });
}

#[test]
fn spinlockrelease_silent_for_its_holder() {
    silent(&Options::default(), || Spin::default().with(|| {}));
}

#[test]
fn irqlkereleasespinlock_fires_below_dispatch_level() {
    fires("IrqlKeReleaseSpinLock", &Options::default(), || {
        let lock = Spin::default();
        let old = kernel::acquire_spin_lock(lock.id());
        kernel::lower_irql(old);
        kernel::release_spin_lock(lock.id(), old);
    });
}

#[test]
fn irqlkereleasespinlock_fires_when_locks_are_released_in_the_order_of_their_acquisition() {
    fires("IrqlKeReleaseSpinLock", &Options::default(), || {
        let locks = [Spin::default(), Spin::default()];
        let old = locks.each_ref().map(|lock| kernel::acquire_spin_lock(lock.id()));
        kernel::release_spin_lock(locks[0].id(), old[0]);
        kernel::release_spin_lock(locks[1].id(), old[1]);
    });
}

#[test]
fn irqlkereleasespinlock_silent_for_nested_locks() {
    silent(&Options::default(), || Spin::default().with(|| Spin::default().with(|| {})));
}

#[test]
fn irqlkeraiselower_fires_on_raising_downward_and_lowering_upward() {
    fires("IrqlKeRaiseLower", &Options::default(), || {
        at(4, || kernel::raise_irql(3));
    });
    fires("IrqlKeRaiseLower", &Options::default(), || kernel::lower_irql(1));
}

#[test]
fn irqlkeraiselower_fires_when_a_dpc_goes_below_dispatch_level() {
    fires("IrqlKeRaiseLower", &Options::default(), || {
        let deferred = || {
            kernel::lower_irql(0);
            kernel::raise_irql(2);
            true
        };
        kernel::insert_dpc(dpc(&deferred), [0; 2]);
        kernel::flush_dpcs();
    });
}

#[test]
fn irqlkeraiselower_silent_up_and_down() {
    silent(&Options::default(), || {
        at(1, || at(2, || at(LINE_IRQL, || assert_eq!(kernel::irql(), LINE_IRQL))))
    });
}

/// The holder of a spin lock needs the interrupt lock before it lets go, and the ISR that has that one
/// interrupted a processor that spins for the spin lock: the ISR goes on, so there is no deadlock.
#[test]
fn an_isr_runs_on_top_of_a_spinner() {
    let over_a_spinner = Cell::new(0);
    silent(&Options::default(), || {
        let lock = Spin::default();
        let spins = Cell::new(false);
        let isr = || {
            if spins.get() && kernel::cpu() == 1 {
                count(&over_a_spinner);
            }
            kernel::read_register(BUTTON, 100);
            acknowledge(BUTTON)
        };
        let id = connect_line(&isr);
        kernel::write_register(BUTTON, PULSE, 3);
        kernel::scope(|s| {
            s.spawn(1, "spinner", || {
                spins.set(true);
                lock.with(|| spins.set(false));
            });
            lock.with(|| {
                kernel::read_register(BUTTON, 100);
                kernel::synchronize(id, &routine(&|| true));
            });
        });
        kernel::quiesce();
        kernel::write_register(BUTTON, ACK, 1);
        kernel::disconnect(id);
    });
    assert!(over_a_spinner.get() > 0, "no schedule interrupted the spinner");
}
