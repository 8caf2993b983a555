//! Threads: what they may wait for, who wakes them, and what ends a run. R13, and the judges of progress.

mod common;

use core::cell::{Cell, RefCell};

use common::{
    BUTTON, Button, LINE_IRQL, Options, PULSE, acknowledge, at, connect_line, count, dpc, fires, linger,
    silent, sometimes_fires,
};
use dirql_sim::kernel;

#[test]
fn r13_fires_when_a_thread_waits_at_dispatch_level() {
    fires("R13", &Options::default(), || at(2, || kernel::wait_event(kernel::create_event())));
    fires("R13", &Options::default(), || at(2, kernel::sleep));
}

#[test]
fn r13_fires_when_a_dpc_or_an_isr_waits() {
    fires("R13", &Options::default(), || {
        let event = kernel::create_event();
        let deferred = || {
            kernel::wait_event(event);
            true
        };
        kernel::insert_dpc(dpc(&deferred), [0; 2]);
        kernel::flush_dpcs();
    });
    fires("R13", &Options::default(), || {
        let isr = || {
            kernel::sleep();
            acknowledge(BUTTON)
        };
        connect_line(&isr);
        kernel::write_register(BUTTON, PULSE, 1);
        kernel::quiesce();
    });
}

#[test]
fn r13_silent_when_the_event_is_set_already() {
    silent(&Options::default(), || {
        let event = kernel::create_event();
        kernel::set_event(event);
        at(2, || kernel::wait_event(event));
    });
}

#[test]
fn r13_silent_at_apc_level_which_is_a_threads_own() {
    silent(&Options { cpus: 1, ..Options::default() }, || {
        let event = kernel::create_event();
        kernel::scope(|s| {
            s.spawn(0, "setter", || {
                assert_eq!(kernel::irql(), 0, "the other thread's level is not this one's");
                kernel::set_event(event);
            });
            at(1, || {
                kernel::wait_event(event);
                assert_eq!(kernel::irql(), 1);
            });
        });
    });
}

#[test]
fn irqlkesetevent_fires_in_an_isr() {
    fires("IrqlKeSetEvent", &Options::default(), || {
        let event = kernel::create_event();
        at(LINE_IRQL, || kernel::set_event(event));
    });
}

#[test]
fn irqlkesetevent_silent_in_a_dpc() {
    silent(&Options::default(), || {
        let event = kernel::create_event();
        let deferred = || {
            kernel::set_event(event);
            true
        };
        kernel::insert_dpc(dpc(&deferred), [0; 2]);
        kernel::wait_event(event);
    });
}

#[test]
fn irqlreturn_fires_when_a_thread_keeps_a_raised_level() {
    fires("IrqlReturn", &Options::default(), || {
        kernel::raise_irql(2);
    });
}

#[test]
fn irqlreturn_silent_when_it_gives_it_back() {
    silent(&Options::default(), || at(2, || {}));
}

#[test]
fn an_event_lets_one_waiter_go_and_remembers() {
    silent(&Options { cpus: 3, ..Options::default() }, || {
        let event = kernel::create_event();
        let through = Cell::new(0);
        kernel::scope(|s| {
            for cpu in [1, 2] {
                s.spawn(cpu, "waiter", || {
                    kernel::wait_event(event);
                    count(&through);
                });
            }
            kernel::set_event(event);
            kernel::quiesce();
            assert_eq!(through.get(), 1);
            kernel::set_event(event);
        });
    });
}

#[test]
fn quiescence_fires_when_nobody_sets_the_event() {
    fires("quiescence", &Options::default(), || kernel::wait_event(kernel::create_event()));
}

#[test]
fn quiescence_fires_on_a_deadlock_of_two_threads() {
    fires("quiescence", &Options::default(), || {
        let [a, b] = [(); 2].map(|()| kernel::create_event());
        kernel::scope(|s| {
            s.spawn(1, "other", || {
                kernel::wait_event(a);
                kernel::set_event(b);
            });
            kernel::wait_event(b);
            kernel::set_event(a);
        });
    });
}

/// A producer sets the event only if somebody said that it waits; the consumer looks, says so, and waits.
fn hand_over(says_so_first: bool) {
    let event = kernel::create_event();
    let (made, waits) = (dirql::sync::AtomicBool::new(false), dirql::sync::AtomicBool::new(false));
    let order = dirql::sync::Ordering::SeqCst;
    kernel::scope(|s| {
        s.spawn(1, "producer", || {
            made.store(true, order);
            if waits.load(order) {
                kernel::set_event(event);
            }
        });
        if says_so_first {
            waits.store(true, order);
        }
        if !made.load(order) {
            waits.store(true, order);
            kernel::wait_event(event);
        }
    });
}

#[test]
fn quiescence_fires_on_a_lost_wakeup() {
    sometimes_fires("quiescence", &Options::default(), || hand_over(false));
}

#[test]
fn quiescence_silent_when_the_wakeup_cannot_be_lost() {
    silent(&Options::default(), || hand_over(true));
}

#[test]
fn quiescence_names_who_waits_for_what() {
    let mut machine = dirql_sim::Machine::new();
    let report = common::run(&mut machine, &Options::default(), 0, || {
        kernel::scope(|s| s.spawn(1, "reader", || kernel::wait_event(kernel::create_event())));
    });
    let message = report.violation.unwrap().message;
    assert!(
        message.contains("main waits for reader") || message.contains("reader waits for event"),
        "{message}"
    );
}

#[test]
fn livelock_fires_when_a_poll_never_ends() {
    fires("livelock", &Options::default(), || while kernel::read_register(BUTTON, 100) == 0 {});
    fires("livelock", &Options::default(), || {
        let dpc = Cell::new(None);
        let deferred = || kernel::insert_dpc(dpc.get().unwrap(), [0; 2]);
        dpc.set(Some(common::dpc(&deferred)));
        kernel::insert_dpc(dpc.get().unwrap(), [0; 2]);
        kernel::quiesce();
    });
}

#[test]
fn livelock_silent_when_a_poll_ends() {
    silent(&Options::default(), || {
        kernel::write_register(BUTTON, PULSE, 1);
        while kernel::read_register(BUTTON, common::STATUS) == 0 {}
    });
}

#[test]
fn a_sleeper_wakes_after_the_device_has_moved() {
    silent(&Options::default(), || {
        kernel::write_register(BUTTON, PULSE, 1);
        kernel::sleep();
        let asserted = kernel::environment(BUTTON, |button: &mut Button, _| button.asserted);
        assert_eq!(asserted, Some(true), "a bounded poll starved the device");
    });
}

#[test]
fn sleepers_wake_in_any_order() {
    let (orders, _) = silent(&Options { cpus: 3, ..Options::default() }, || {
        let order = RefCell::new(Vec::new());
        let nap = |name| {
            kernel::sleep();
            order.borrow_mut().push(name);
        };
        kernel::scope(|s| {
            s.spawn(1, "a", || nap("a"));
            s.spawn(2, "b", || nap("b"));
        });
        order.take()
    });
    assert_eq!(orders.into_iter().collect::<Vec<_>>(), [["a", "b"], ["b", "a"]]);
}

#[test]
fn threads_of_one_processor_take_turns_below_dispatch_level_only() {
    let (seen, _) = silent(&Options { cpus: 1, ..Options::default() }, || {
        let inside = Cell::new(0_u32);
        let most = Cell::new([0_u32; 2]);
        let visit = |level: u8| {
            at(level, || {
                inside.set(inside.get() + 1);
                linger(2);
                let mut seen = most.get();
                seen[usize::from(level == 2)] = seen[usize::from(level == 2)].max(inside.get());
                most.set(seen);
                inside.set(inside.get() - 1);
            });
        };
        for level in [0, 2] {
            kernel::scope(|s| {
                s.spawn(0, "other", || visit(level));
                visit(level);
            });
        }
        most.get()
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [[1, 1], [2, 1]]);
}
