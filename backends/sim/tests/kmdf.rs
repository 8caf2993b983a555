//! KMDF: rules R5, R9, R49, R54, R63-R68, R80, R81, and what the framework refuses.

mod common;
mod framework {
    pub(super) use dirql_ddi::kmdf::*;
    pub(super) use dirql_sim::wdf::add_device as add;
}
#[path = "common/function_driver.rs"]
mod function_driver;

use std::cell::Cell;

use common::{BUTTON, LINE_IRQL, MESSAGE, Options, PULSE, acknowledge, at, fires, silent, sometimes_fires};
use dirql_ddi::kmdf::*;
use dirql_ddi::{
    FALSE, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_PARAMETER,
    STATUS_SUCCESS, STATUS_UNSUCCESSFUL, TRUE,
};
use dirql_sim::{Ordering, kernel, wdf};
use function_driver::Event::*;
use function_driver::{
    Driver, Event, LIFE_OF_TWO, interrupt_resource, queue_dpc, remove, spin_lock, synchronize,
};

fn messages(irqls: &[u8]) -> Options {
    Options { message_irqls: irqls.to_vec(), ..Options::default() }
}

/// Powers a device with interrupts up and down, and returns what the framework called.
fn life(count: usize, in_d0: impl FnOnce(&[WDFINTERRUPT])) -> Vec<Event> {
    let driver = Driver::new();
    let (device, interrupts) = driver.start(count);
    assert_eq!(wdf::power_up(device), STATUS_SUCCESS);
    in_d0(&interrupts);
    wdf::power_down(device, WdfPowerDeviceD3Final);
    remove(device);
    driver.events.take()
}

#[test]
fn r63_r64_interrupts_come_in_creation_order_and_go_in_reverse() {
    let (seen, _) = silent(&messages(&[6, 7]), || life(2, |_| {}));
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [LIFE_OF_TWO.to_vec()]);
}

#[test]
fn r54_objects_without_an_interrupt_are_left_alone() {
    let (seen, _) = silent(&Options::default(), || life(3, |_| {}));
    let wanted =
        [D0Entry, Enable(0), PostInterruptsEnabled, PreInterruptsDisabled, Disable(0), D0Exit].to_vec();
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [wanted]);
}

#[test]
fn r65_r66_before_enable_an_isr_may_run_but_not_before_the_framework_has_its_interrupt() {
    let (seen, counters) = silent(&Options::default(), || {
        let isr = |_, _| acknowledge(BUTTON);
        let driver = Driver { isr: &isr, ..Driver::new() };
        let (device, _) = driver.start(1);
        kernel::write_register(BUTTON, PULSE, 1);
        assert_eq!(wdf::power_up(device), STATUS_SUCCESS);
        kernel::quiesce();
        wdf::power_down(device, WdfPowerDeviceD3Final);
        remove(device);
        driver.events.take().into_iter().find(|e| matches!(e, Isr(_) | Enable(_)))
    });
    assert!(seen.contains(&Some(Isr(0))), "R65: {seen:?}");
    assert!(seen.contains(&Some(Enable(0))), "{seen:?}");
    // The ISR claims whatever it is called for, so these never reached it.
    assert!(counters.interrupts_unclaimed > 0, "R66: {counters:?}");
}

/// Where a DPC stands in a device's life, if there was one: after Disable, after D0Exit.
fn place_of_dpc(events: &[Event]) -> Option<(bool, bool)> {
    let place = |wanted| events.iter().position(|e| *e == wanted);
    place(Dpc(0)).map(|dpc| (Some(dpc) > place(Disable(0)), Some(dpc) > place(D0Exit)))
}

#[test]
fn r67_a_dpc_queued_before_disable_may_come_after_it_and_not_after_d0_exit() {
    let (seen, _) = silent(&Options::default(), || {
        place_of_dpc(&life(1, |interrupts| {
            queue_dpc(interrupts[0]);
        }))
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [Some((false, false)), Some((true, false))]);
}

#[test]
fn a_dpc_that_an_isr_queues_after_disable_may_come_after_d0_exit() {
    let (seen, _) = silent(&Options::default(), || {
        let interrupt = Cell::new(None);
        let isr = |_, _| {
            let mine = acknowledge(BUTTON);
            if mine {
                queue_dpc(interrupt.get().unwrap());
            }
            mine
        };
        let driver = Driver { isr: &isr, ..Driver::new() };
        let (device, interrupts) = driver.start(1);
        interrupt.set(Some(interrupts[0]));
        assert_eq!(wdf::power_up(device), STATUS_SUCCESS);
        kernel::write_register(BUTTON, PULSE, 1);
        wdf::power_down(device, WdfPowerDeviceD3Final);
        remove(device);
        place_of_dpc(&driver.events.take())
    });
    assert!(seen.contains(&Some((false, false))) && seen.contains(&Some((true, true))), "{seen:?}");
}

#[test]
fn r68_a_failing_enable_undoes_what_was_done() {
    let (seen, _) = silent(&messages(&[6, 6, 6]), || {
        let enable = |n| if n == 1 { STATUS_UNSUCCESSFUL } else { STATUS_SUCCESS };
        let driver = Driver { enable: &enable, ..Driver::new() };
        let (device, _) = driver.start(3);
        assert_eq!(wdf::power_up(device), STATUS_UNSUCCESSFUL);
        remove(device);
        driver.events.take()
    });
    let wanted = [D0Entry, Enable(0), Enable(1), Disable(0), D0Exit].to_vec();
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [wanted]);
}

#[test]
fn r81_after_a_surprise_interrupts_are_disabled_all_the_same() {
    let (seen, _) = silent(&Options::default(), || {
        let driver = Driver::new();
        let (device, _) = driver.start(1);
        wdf::power_up(device);
        wdf::surprise_removal(device);
        wdf::power_down(device, WdfPowerDeviceD3Final);
        remove(device);
        driver.events.take().split_off(3)
    });
    let wanted = [SurpriseRemoval, PreInterruptsDisabled, Disable(0), D0Exit].to_vec();
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [wanted]);
}

#[test]
fn r80_the_message_id_counts_objects_even_of_a_line() {
    let (seen, _) = silent(&Options::default(), || {
        let ids = Cell::new([None; 2]);
        let isr = |n: usize, id| {
            let mut all = ids.get();
            all[n] = Some(id);
            ids.set(all);
            n == 1 && acknowledge(BUTTON)
        };
        let driver = Driver { isr: &isr, ..Driver::new() };
        let device = driver.add();
        driver.create(device, 0, |_| {}).unwrap();
        let (raw, translated) = wdf::prepare_hardware(device, 0x1000);
        let second = driver.create(device, 1, |config| {
            config.InterruptRaw = interrupt_resource(raw);
            config.InterruptTranslated = interrupt_resource(translated);
        });
        second.unwrap();
        wdf::power_up(device);
        kernel::write_register(BUTTON, PULSE, 1);
        kernel::quiesce();
        wdf::power_down(device, WdfPowerDeviceD3Final);
        remove(device);
        ids.get()
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [[Some(0), Some(1)]]);
}

#[test]
fn r5_r49_interrupts_with_one_lock_share_the_highest_level_and_exclude_each_other() {
    let overlap = |shared: bool| {
        let (worst, _) = silent(&messages(&[6, 7]), || {
            let (inside, worst) = (Cell::new(0), Cell::new(0));
            let isr = |_, _| {
                inside.set(inside.get() + 1);
                worst.set(worst.get().max(inside.get()));
                kernel::read_register(BUTTON, PULSE);
                inside.set(inside.get() - 1);
                true
            };
            let driver = Driver { isr: &isr, ..Driver::new() };
            let device = driver.add();
            let lock = spin_lock(device);
            let create = |n| {
                driver
                    .create(device, n, |c| {
                        if shared {
                            c.SpinLock = lock
                        }
                    })
                    .unwrap()
            };
            let interrupts = [create(0), create(1)];
            wdf::prepare_hardware(device, 0x1000);
            wdf::power_up(device);
            let level = Cell::new(0);
            synchronize(interrupts[0], &|| {
                level.set(kernel::irql());
                true
            });
            kernel::scope(|s| {
                s.spawn(1, "other", || kernel::write_register(BUTTON, MESSAGE, 0));
                kernel::write_register(BUTTON, MESSAGE, 1);
            });
            kernel::quiesce();
            wdf::power_down(device, WdfPowerDeviceD3Final);
            remove(device);
            (level.get(), worst.get())
        });
        worst.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(overlap(true), [(7, 1)]);
    assert_eq!(overlap(false), [(6, 1), (6, 2)]);
}

#[test]
fn r27_a_dpc_is_queued_once() {
    let (seen, _) = silent(&Options::default(), || {
        let queued = Cell::new((false, false));
        let events = life(1, |interrupts| {
            at(LINE_IRQL, || queued.set((queue_dpc(interrupts[0]), queue_dpc(interrupts[0]))));
        });
        (queued.get().0, events.iter().filter(|e| **e == Dpc(0)).count())
    });
    // The second insert may find the first one begun on another processor, so its result is open.
    assert!(seen.iter().all(|(first, runs)| *first && (1..=2).contains(runs)), "{seen:?}");
    assert!(seen.contains(&(true, 1)), "{seen:?}");
}

#[test]
fn r9_synchronizing_is_for_dispatch_level_and_below() {
    let synchronizing = |level| {
        life(1, |interrupts| {
            at(level, || synchronize(interrupts[0], &|| true));
        })
    };
    fires("R9", &Options::default(), || drop(synchronizing(3)));
    silent(&Options::default(), || synchronizing(2));
}

#[test]
fn r7_wdf_interrupt_synchronize_returns_the_sections_value_unchanged() {
    let (seen, _) = silent(&Options::default(), || {
        let values = Cell::new([0; 4]);
        life(1, |i| values.set([0_u8, 1, 2, 0xa5].map(|value| synchronize(i[0], &|| value))));
        values.get()
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [[0, 1, 2, 0xa5]]);
}

#[test]
fn synchronizing_outside_of_d0_is_fatal() {
    fires("SyncNotConnected", &Options::default(), || {
        let driver = Driver::new();
        let (_, interrupts) = driver.start(1);
        synchronize(interrupts[0], &|| true);
    });
    sometimes_fires("SyncNotConnected", &Options::default(), || {
        let driver = Driver::new();
        let (device, interrupts) = driver.start(1);
        wdf::power_up(device);
        kernel::scope(|s| {
            s.spawn(1, "late", || {
                synchronize(interrupts[0], &|| true);
            });
            wdf::power_down(device, WdfPowerDeviceD3Final);
        });
        remove(device);
    });
}

#[test]
fn wdfinterruptspinlock_an_interrupts_lock_is_the_frameworks() {
    let taking = |used: bool| {
        let driver = Driver::new();
        let device = driver.add();
        let lock = spin_lock(device);
        driver
            .create(device, 0, |config| {
                if used {
                    config.SpinLock = lock
                }
            })
            .unwrap();
        // SAFETY: the lock is alive.
        unsafe { WdfSpinLockAcquire(lock) };
        // SAFETY: as above, and it is held.
        unsafe { WdfSpinLockRelease(lock) };
        remove(device);
    };
    fires("WdfInterruptSpinLock", &Options::default(), || taking(true));
    silent(&Options::default(), || taking(false));
}

#[test]
fn wdfobjectdelete_only_the_framework_deletes_an_interrupt() {
    fires("WdfObjectDelete", &Options::default(), || {
        let driver = Driver::new();
        let (_, interrupts) = driver.start(1);
        // SAFETY: refused.
        unsafe { WdfObjectDelete(interrupts[0].cast()) };
    });
    silent(&Options::default(), || {
        let driver = Driver::new();
        let device = driver.add();
        // SAFETY: the lock is alive and nobody's.
        unsafe { WdfObjectDelete(spin_lock(device).cast()) };
        remove(device);
    });
}

#[test]
fn wdfirql_objects_are_deleted_at_dispatch_level_or_below() {
    let deleting = |level| {
        let driver = Driver::new();
        let device = driver.add();
        let lock = spin_lock(device);
        // SAFETY: the lock is alive and nobody's; the level is what the rule is about.
        at(level, || unsafe { WdfObjectDelete(lock.cast()) });
        remove(device);
    };
    fires("WdfIrql", &Options::default(), || deleting(3));
    silent(&Options::default(), || deleting(2));
}

#[test]
fn a_device_that_is_not_removed_leaks() {
    fires("PoolLeak", &Options::default(), || {
        Driver::new().add();
    });
}

#[test]
fn create_refuses_what_the_framework_refuses() {
    silent(&Options::default(), || {
        let driver = Driver::new();
        let device = driver.add();
        let refused = |change: fn(&mut WDF_INTERRUPT_CONFIG)| driver.create(device, 0, change).unwrap_err();
        assert_eq!(refused(|c| c.Size = 0), STATUS_INFO_LENGTH_MISMATCH);
        assert_eq!(refused(|c| c.EvtInterruptIsr = None), STATUS_INVALID_PARAMETER);
        assert_eq!(refused(|c| c.CanWakeDevice = TRUE), STATUS_INVALID_PARAMETER);
        assert_eq!(refused(|c| c.EvtInterruptWorkItem = c.EvtInterruptDpc), STATUS_INVALID_PARAMETER);
        assert_eq!(refused(|c| c.WaitLock = std::ptr::dangling_mut()), STATUS_INVALID_PARAMETER);
        let (raw, translated) = wdf::prepare_hardware(device, 0x1000);
        assert_eq!(refused(|_| {}), STATUS_INVALID_DEVICE_STATE);
        let shared = driver.create(device, 0, |c| {
            c.InterruptRaw = interrupt_resource(raw);
            c.InterruptTranslated = interrupt_resource(translated);
            c.ShareVector = WdfTrue;
        });
        assert_eq!(shared.unwrap_err(), STATUS_INVALID_DEVICE_STATE);
        wdf::power_up(device);
        assert_eq!(refused(|_| {}), STATUS_INVALID_DEVICE_STATE);
        wdf::power_down(device, WdfPowerDeviceD3Final);
        remove(device);
    });
}

/// What an interrupt was assigned.
fn info_of(interrupt: WDFINTERRUPT) -> WDF_INTERRUPT_INFO {
    let mut info = WDF_INTERRUPT_INFO_INIT();
    // SAFETY: the interrupt is alive, and the structure ours.
    unsafe { WdfInterruptGetInfo(interrupt, &raw mut info) };
    info
}

#[test]
fn r80_shows_that_an_interrupts_info_counts_as_they_were_created() {
    silent(&messages(&[6, 7]), || {
        let (device, interrupts) = Driver::new().start(3);
        let infos = interrupts.into_iter().map(info_of).collect::<Vec<_>>();
        assert_eq!(infos.iter().map(|i| i.MessageNumber).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(infos.iter().map(|i| i.Irql).collect::<Vec<_>>(), [6, 7, 0]);
        assert!(infos[0].Vector != infos[1].Vector && infos[1].MessageSignaled == TRUE);
        assert_eq!((infos[2].Vector, infos[2].MessageSignaled), (0, FALSE), "R54: none was left for it");
        remove(device);
    });
}

/// Goes to Dx and back with an interrupt that `change` configures. Presses the button in D0, in Dx and in D0 again.
/// Returns how often the ISR was called in each.
fn through_dx(change: fn(&mut WDF_INTERRUPT_CONFIG), not_pageable: bool) -> [u32; 3] {
    let isrs = Cell::new(0);
    let isr = |_, _| {
        isrs.set(isrs.get() + 1);
        acknowledge(BUTTON)
    };
    let driver = Driver { isr: &isr, ..Driver::new() };
    let device = driver.add();
    driver.create(device, 0, change).unwrap();
    if not_pageable {
        wdf::set_power_not_pageable(device);
    }
    wdf::prepare_hardware(device, 0x1000);
    let press = || {
        kernel::write_register(BUTTON, PULSE, 1);
        kernel::quiesce();
        isrs.take()
    };
    assert_eq!(wdf::power_up(device), STATUS_SUCCESS);
    let in_d0 = press();
    wdf::power_down(device, WdfPowerDeviceD3);
    let in_dx = press();
    assert_eq!(wdf::power_up(device), STATUS_SUCCESS);
    kernel::quiesce();
    let again = isrs.take() + press();
    wdf::power_down(device, WdfPowerDeviceD3);
    remove(device);
    let wanted = [D0Entry, Enable(0), PostInterruptsEnabled, PreInterruptsDisabled, Disable(0), D0Exit];
    let events = driver.events.take().into_iter().filter(|event| *event != Isr(0));
    assert!(events.eq([wanted, wanted].concat()), "Enable and Disable are called all the same");
    [in_d0, in_dx, again]
}

#[test]
fn r69_shows_that_a_plain_interrupt_is_disconnected_in_dx() {
    let (isrs, _) = silent(&Options::default(), || through_dx(|_| {}, false));
    // The line stays asserted until somebody is there.
    assert!(isrs.iter().all(|[in_d0, in_dx, again]| (*in_d0, *in_dx) == (1, 0) && *again >= 2), "{isrs:?}");
}

#[test]
fn r69_shows_that_one_to_be_reported_inactive_is_inactive_in_dx() {
    let change = |c: &mut WDF_INTERRUPT_CONFIG| c.ReportInactiveOnPowerDown = WdfTrue;
    let (isrs, _) = silent(&Options::default(), || through_dx(change, false));
    assert_eq!(isrs.into_iter().collect::<Vec<_>>(), [[1, 0, 2]]);
}

/// What the framework does by default depends on the processor.
#[test]
fn r69_shows_that_a_plain_interrupt_is_inactive_in_dx_on_arm64() {
    let counts = [Ordering::X64, Ordering::Arm64].map(|ordering| {
        let options = Options { ordering, ..Options::default() };
        let (isrs, counters) = silent(&options, || through_dx(|_| {}, false));
        assert!(isrs.iter().all(|[_, in_dx, again]| *in_dx == 0 && *again >= 2), "{isrs:?}");
        counters.interrupts_inactive_in_dx
    });
    // Twice in each of 300 runs.
    assert_eq!(counts, [0, 600]);
}

#[test]
fn r69_shows_that_one_of_a_device_that_is_not_pageable_stays_connected_in_dx() {
    let (isrs, _) = silent(&Options::default(), || through_dx(|_| {}, true));
    assert_eq!(isrs.into_iter().collect::<Vec<_>>(), [[1, 1, 1]]);
}
