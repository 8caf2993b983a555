//! KMDF's passive interrupts, work items, and an interrupt that its driver turns off: rules R56, R58, R70-R74, R76-R78.

mod common;
mod framework {
    pub(super) use dirql_ddi::kmdf::*;
    pub(super) use dirql_sim::wdf::add_device as add;
}
#[path = "common/function_driver.rs"]
mod function_driver;

use std::cell::Cell;

use common::{BUTTON, LINE_IRQL, Options, PULSE, acknowledge, at, count, fires, linger, silent};
use dirql_ddi::kmdf::*;
use dirql_ddi::{FALSE, STATUS_INVALID_PARAMETER, STATUS_SUCCESS, TRUE};
use dirql_sim::{kernel, wdf};
use function_driver::Event::*;
use function_driver::{
    Driver, Event, locked, queue_work, remove, spin_lock, synchronize, try_lock, turn_off, turn_on,
    with_work_item,
};

fn passive(config: &mut WDF_INTERRUPT_CONFIG) {
    config.PassiveHandling = TRUE;
}

/// Lets `act` use an interrupt in D0, made as `change` says, of `driver`.
fn in_d0<R>(
    driver: &Driver<'_>,
    change: impl FnOnce(&mut WDF_INTERRUPT_CONFIG),
    act: impl FnOnce(WDFDEVICE, WDFINTERRUPT) -> R,
) -> R {
    let device = driver.add();
    let interrupt = driver.create(device, 0, change).unwrap();
    wdf::prepare_hardware(device, 0x1000);
    assert_eq!(wdf::power_up(device), STATUS_SUCCESS);
    let result = act(device, interrupt);
    wdf::power_down(device, WdfPowerDeviceD3Final);
    remove(device);
    result
}

#[test]
fn r56_shows_a_passive_isr_and_sections_exclude_each_other_at_passive_level() {
    let (seen, _) = silent(&Options::default(), || {
        let (inside, worst, level) = (Cell::new(0), Cell::new(0), Cell::new(0));
        let alone = || {
            count(&inside);
            worst.set(worst.get().max(inside.get()));
            level.set(level.get().max(kernel::irql()));
            linger(2);
            inside.set(inside.get() - 1);
        };
        let isr = |_, _| {
            alone();
            acknowledge(BUTTON)
        };
        let driver = Driver { isr: &isr, ..Driver::new() };
        in_d0(&driver, passive, |_, interrupt| {
            kernel::write_register(BUTTON, PULSE, 2);
            for _ in 0..2 {
                synchronize(interrupt, &|| {
                    alone();
                    true
                });
            }
            kernel::quiesce();
        });
        (worst.get(), level.get())
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(1, 0)]);
}

#[test]
fn r58_shows_a_passive_interrupt_takes_no_spin_lock() {
    silent(&Options::default(), || {
        let driver = Driver::new();
        let device = driver.add();
        let lock = spin_lock(device);
        let refused = driver.create(device, 0, |config| {
            passive(config);
            config.SpinLock = lock;
        });
        assert_eq!(refused.unwrap_err(), STATUS_INVALID_PARAMETER);
        remove(device);
    });
}

#[test]
fn r70_an_interrupt_that_was_disabled_comes_back_when_it_is_enabled() {
    let turning = |twice: bool| {
        let driver = Driver::new();
        in_d0(
            &driver,
            |_| {},
            |device, interrupt| {
                turn_off(interrupt);
                wdf::power_down(device, WdfPowerDeviceD3);
                assert_eq!(wdf::power_up(device), STATUS_SUCCESS);
                turn_on(interrupt);
                if twice {
                    turn_on(interrupt);
                }
            },
        );
        let of_interrupt = |e: &Event| matches!(e, Enable(_) | Disable(_));
        driver.events.take().into_iter().filter(of_interrupt).collect::<Vec<_>>()
    };
    fires("R70", &Options::default(), || drop(turning(true)));
    let (seen, _) = silent(&Options::default(), || turning(false));
    let wanted = [Enable(0), Disable(0), Enable(0), Disable(0)].to_vec();
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [wanted]);
}

#[test]
fn r71_the_lock_of_a_dirql_interrupt_is_there_while_it_is_connected() {
    fires("R71", &Options::default(), || {
        let driver = Driver::new();
        let (_, interrupts) = driver.start(1);
        locked(interrupts[0], || ());
    });
    let (levels, _) = silent(&Options::default(), || {
        in_d0(&Driver::new(), |_| {}, |_, interrupt| locked(interrupt, kernel::irql))
    });
    assert_eq!(levels.into_iter().collect::<Vec<_>>(), [LINE_IRQL]);
}

#[test]
fn r72_shows_above_passive_level_a_passive_interrupt_is_not_synchronized_with() {
    let (seen, _) = silent(&Options::default(), || {
        let runs = Cell::new(0);
        let section = || {
            count(&runs);
            true
        };
        let results = in_d0(&Driver::new(), passive, |_, interrupt| {
            (at(2, || synchronize(interrupt, &section)), synchronize(interrupt, &section))
        });
        (results, runs.get())
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [((FALSE, TRUE), 1)]);
}

#[test]
fn r73_the_holder_of_a_passive_lock_does_not_synchronize() {
    let synchronizing = |inside: bool| {
        in_d0(&Driver::new(), passive, |_, interrupt| {
            let section = || synchronize(interrupt, &|| true);
            let before = locked(interrupt, || if inside { section() } else { FALSE });
            (before, section())
        })
    };
    fires("R73", &Options::default(), || _ = synchronizing(true));
    silent(&Options::default(), || synchronizing(false));
}

#[test]
fn r74_shows_trying_is_for_passive_locks() {
    let (seen, _) = silent(&Options::default(), || {
        let dirql = in_d0(&Driver::new(), |_| {}, |_, interrupt| try_lock(interrupt));
        (dirql, in_d0(&Driver::new(), passive, |_, interrupt| try_lock(interrupt)))
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(false, true)]);
}

#[test]
fn r76_shows_at_dirql_a_work_item_is_queued_by_way_of_a_dpc() {
    let (seen, counters) = silent(&Options::default(), || {
        let level = Cell::new(9);
        let work = |_| level.set(kernel::irql());
        let driver = Driver { work: &work, ..Driver::new() };
        let first = in_d0(&driver, with_work_item, |_, interrupt| {
            let first = at(LINE_IRQL, || {
                let first = queue_work(interrupt);
                queue_work(interrupt);
                first
            });
            first && queue_work(interrupt) | true
        });
        (first, level.get())
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(true, 0)]);
    assert!(counters.dpcs_coalesced > 0, "a second DPC is none: {counters:?}");
    assert!(counters.work_items_coalesced > 0, "and its work item may be queued already: {counters:?}");
}

#[test]
fn r77_reaches_runs_of_a_work_item_that_overlap() {
    let (seen, _) = silent(&Options::default(), || {
        let (inside, worst) = (Cell::new(0), Cell::new(0));
        let work = |_| {
            count(&inside);
            worst.set(worst.get().max(inside.get()));
            linger(4);
            inside.set(inside.get() - 1);
        };
        let driver = Driver { work: &work, ..Driver::new() };
        in_d0(&driver, with_work_item, |_, interrupt| {
            for _ in 0..3 {
                queue_work(interrupt);
                linger(2);
            }
        });
        worst.get()
    });
    assert!(seen.contains(&1) && seen.contains(&2), "{seen:?}");
}

#[test]
fn r78_a_work_item_does_not_disable_its_interrupt() {
    let disabling = |by_itself: bool| {
        let interrupt = Cell::new(std::ptr::null_mut());
        let work = |_| {
            if by_itself {
                turn_off(interrupt.get());
            }
        };
        let driver = Driver { work: &work, ..Driver::new() };
        in_d0(&driver, with_work_item, |_, created| {
            interrupt.set(created);
            queue_work(created);
            kernel::quiesce();
            turn_off(created);
        });
    };
    fires("R78", &Options::default(), || disabling(true));
    silent(&Options::default(), || disabling(false));
}
