//! UMDF: rules R10, R63-R65, R83-R89, its registers and its wait locks.

mod common;
mod framework {
    pub(super) use dirql_ddi::umdf::*;
    pub(super) use dirql_sim::wdf::add_user_device as add;
}
#[path = "common/function_driver.rs"]
mod function_driver;

use std::cell::Cell;
use std::ptr::null_mut;

use common::{
    BUTTON, MESSAGE, NEIGHBOUR, Options, PULSE, STATUS, acknowledge, connect_line, count, fires, linger,
    routine, silent,
};
use dirql_ddi::umdf::*;
use dirql_ddi::{FALSE, STATUS_SUCCESS, STATUS_TIMEOUT, TRUE};
use dirql_sim::ntoskrnl::register_space;
use dirql_sim::{kernel, wdf};
use function_driver::Event::*;
use function_driver::{
    Driver, Event, LIFE_OF_TWO, queue_dpc, queue_work, remove, synchronize, turn_off, turn_on, with_work_item,
};

fn messages(count: usize) -> Options {
    Options { message_irqls: [6, 7][..count].to_vec(), ..Options::default() }
}

/// Powers a device with interrupts up and down, and returns what the framework called.
fn life(driver: &Driver<'_>, count: usize, in_d0: impl FnOnce(&[WDFINTERRUPT])) -> Vec<Event> {
    let (device, interrupts) = driver.start(count);
    assert_eq!(wdf::power_up(device), STATUS_SUCCESS);
    in_d0(&interrupts);
    wdf::power_down(device, WdfPowerDeviceD3Final);
    remove(device);
    driver.events.take()
}

#[test]
fn r63_r64_interrupts_come_in_creation_order_and_go_in_reverse() {
    let (seen, _) = silent(&messages(2), || life(&Driver::new(), 2, |_| {}));
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [LIFE_OF_TWO.to_vec()]);
}

#[test]
fn r65_reaches_an_isr_before_enable() {
    let (seen, _) = silent(&Options::default(), || {
        let isr = |_, _| acknowledge(BUTTON);
        let driver = Driver { isr: &isr, ..Driver::new() };
        kernel::write_register(BUTTON, PULSE, 1);
        let events = life(&driver, 1, |_| kernel::quiesce());
        events.into_iter().find(|e| matches!(e, Isr(_) | Enable(_)))
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [Some(Enable(0)), Some(Isr(0))]);
}

#[test]
fn r83_shows_messages_during_the_isr_give_one_more_call_that_does_not_overlap() {
    let (seen, _) = silent(&messages(1), || {
        let (calls, inside, overlaps) = (Cell::new(0), Cell::new(false), Cell::new(false));
        let isr = |_, _| {
            count(&calls);
            overlaps.set(overlaps.get() || inside.replace(true));
            if calls.get() == 1 {
                (0..5).for_each(|_| kernel::write_register(BUTTON, MESSAGE, 0));
                // Their DPCs have run by then.
                linger(5);
                kernel::flush_dpcs();
            }
            inside.set(false);
            true
        };
        let driver = Driver { isr: &isr, ..Driver::new() };
        life(&driver, 1, |_| {
            kernel::write_register(BUTTON, MESSAGE, 0);
            kernel::quiesce();
        });
        (calls.get(), overlaps.get())
    });
    // A third call if the last message is still on its way to the kernel when the ISR returns.
    assert!(seen.contains(&(2, false)), "{seen:?}");
    assert!(seen.iter().all(|(calls, overlaps)| (2..=3).contains(calls) && !overlaps), "{seen:?}");
}

#[test]
fn r83_shows_isrs_of_different_interrupts_may_overlap() {
    let (seen, _) = silent(&messages(2), || {
        let (inside, worst) = (Cell::new(0), Cell::new(0));
        let isr = |_, _| {
            count(&inside);
            worst.set(worst.get().max(inside.get()));
            linger(3);
            inside.set(inside.get() - 1);
            true
        };
        let driver = Driver { isr: &isr, ..Driver::new() };
        life(&driver, 2, |_| {
            (0..2).for_each(|n| kernel::write_register(BUTTON, MESSAGE, n));
            kernel::quiesce();
        });
        worst.get()
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [1, 2]);
}

/// Says whether an ISR ran after EvtInterruptDisable, and after EvtDeviceD0Exit.
fn late_isr(options: &Options, press: fn()) -> Vec<(bool, bool)> {
    let (seen, _) = silent(options, || {
        let isr = |_, _| {
            acknowledge(BUTTON);
            true
        };
        let driver = Driver { isr: &isr, ..Driver::new() };
        let events = life(&driver, 1, |_| press());
        let after = |event: Event| {
            let at = events.iter().position(|e| *e == event);
            events.iter().rposition(|e| *e == Isr(0)).is_some_and(|isr| Some(isr) > at)
        };
        (after(Disable(0)), after(D0Exit))
    });
    seen.into_iter().collect()
}

#[test]
fn r84_reaches_an_isr_after_disable_and_none_after_d0_exit() {
    let wanted = [(false, false), (true, false)];
    assert_eq!(late_isr(&Options::default(), || kernel::write_register(BUTTON, PULSE, 1)), wanted);
    assert_eq!(late_isr(&messages(1), || kernel::write_register(BUTTON, MESSAGE, 0)), wanted);
}

#[test]
fn r84_shows_a_work_item_is_waited_for_before_d0_exit() {
    let (seen, _) = silent(&Options::default(), || {
        let driver = Driver::new();
        let device = driver.add();
        let interrupt = driver.create(device, 0, with_work_item).unwrap();
        wdf::prepare_hardware(device, 0x1000);
        wdf::power_up(device);
        queue_work(interrupt);
        wdf::power_down(device, WdfPowerDeviceD3Final);
        remove(device);
        let events = driver.events.take();
        let place = |event: Event| events.iter().position(|e| *e == event);
        (place(Work(0)) > place(Disable(0)), place(Work(0)) < place(D0Exit))
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(false, true), (true, true)]);
}

#[test]
fn r85_shows_a_line_is_masked_until_the_host_has_answered() {
    let options = Options { neighbour: true, ..Options::default() };
    let (seen, _) = silent(&options, || {
        let (calls, served) = (Cell::new(0), Cell::new(0));
        let isr = |_, _| {
            count(&calls);
            // Asserted all the while, and nobody is called again.
            linger(5);
            assert_eq!(calls.get(), 1);
            calls.set(0);
            acknowledge(BUTTON)
        };
        let sharer = || {
            let mine = acknowledge(NEIGHBOUR);
            served.set(served.get() + u32::from(mine));
            mine
        };
        let driver = Driver { isr: &isr, ..Driver::new() };
        life(&driver, 1, |_| {
            let line = kernel::line_of(NEIGHBOUR).unwrap();
            let id = kernel::connect_passive(line, routine(&sharer), None).unwrap();
            kernel::announce(id);
            kernel::write_register(BUTTON, PULSE, 1);
            kernel::write_register(NEIGHBOUR, PULSE, 2);
            kernel::quiesce();
            kernel::disconnect(id);
        });
        served.get()
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [2], "what the ISR disowns is its sharer's");
}

#[test]
fn r86_shows_evtinterruptdpc_runs_at_passive_level() {
    let (seen, counters) = silent(&Options::default(), || {
        let level = Cell::new(9);
        let dpc = |_| level.set(kernel::irql());
        let driver = Driver { dpc: &dpc, ..Driver::new() };
        life(&driver, 1, |interrupts| {
            queue_dpc(interrupts[0]);
        });
        level.get()
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0]);
    assert_eq!((counters.dpcs_run, counters.work_items_run), (0, 300));
}

#[test]
fn r87_shows_synchronizing_needs_no_connection() {
    let (seen, _) = silent(&Options::default(), || {
        let driver = Driver::new();
        let (device, interrupts) = driver.start(1);
        let before = synchronize(interrupts[0], &|| kernel::irql() == 0);
        wdf::power_up(device);
        let inside = synchronize(interrupts[0], &|| false);
        wdf::power_down(device, WdfPowerDeviceD3Final);
        remove(device);
        (before, inside)
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(TRUE, FALSE)]);
}

#[test]
fn r87_shows_a_section_excludes_the_isr_and_not_the_device() {
    let (seen, counters) = silent(&Options::default(), || {
        let (inside, asserted) = (Cell::new(false), Cell::new(0));
        let isr = |_, _| {
            assert!(!inside.get(), "the ISR runs inside of a section");
            acknowledge(BUTTON)
        };
        let section = || {
            inside.set(true);
            kernel::write_register(BUTTON, PULSE, 1);
            linger(4);
            asserted.set(kernel::read_register(BUTTON, STATUS));
            inside.set(false);
            true
        };
        let driver = Driver { isr: &isr, ..Driver::new() };
        life(&driver, 1, |interrupts| {
            synchronize(interrupts[0], &section);
            kernel::quiesce();
        });
        asserted.get()
    });
    assert!(seen.contains(&1), "the line is asserted in the middle of a section: {seen:?}");
    assert!(counters.sections_contended > 0, "{counters:?}");
}

#[test]
fn r10_fires_for_a_section_in_a_section() {
    fires("R10", &Options::default(), || {
        let driver = Driver::new();
        let (_, interrupts) = driver.start(1);
        synchronize(interrupts[0], &|| synchronize(interrupts[0], &|| true));
    });
}

#[test]
fn r88_fires_without_passive_handling() {
    fires("R88", &Options::default(), || {
        let driver = Driver::new();
        let device = driver.add();
        let _stopped = driver.create(device, 0, |config| config.PassiveHandling = FALSE);
    });
}

#[test]
fn r88_an_interrupt_is_enabled_only_after_it_was_disabled() {
    let enabling = |off: bool| {
        life(&Driver::new(), 1, |interrupts| {
            if off {
                turn_off(interrupts[0]);
            }
            turn_on(interrupts[0]);
        })
    };
    fires("R88", &Options::default(), || drop(enabling(false)));
    let (seen, _) = silent(&Options::default(), || enabling(true));
    let wanted = [
        D0Entry,
        Enable(0),
        PostInterruptsEnabled,
        Disable(0),
        Enable(0),
        PreInterruptsDisabled,
        Disable(0),
        D0Exit,
    ];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [wanted.to_vec()]);
}

/// Presses the button, and has its interrupt disabled by the ISR, by the work item, or by neither.
fn disable(from_isr: bool, from_work: bool) {
    let interrupt = Cell::new(null_mut());
    let isr = |_, _| {
        let mine = acknowledge(BUTTON);
        queue_work(interrupt.get());
        if from_isr {
            turn_off(interrupt.get());
        }
        mine
    };
    let work = |_| {
        if from_work {
            turn_off(interrupt.get());
        }
    };
    let driver = Driver { isr: &isr, work: &work, ..Driver::new() };
    let device = driver.add();
    interrupt.set(driver.create(device, 0, with_work_item).unwrap());
    wdf::prepare_hardware(device, 0x1000);
    wdf::power_up(device);
    kernel::write_register(BUTTON, PULSE, 1);
    kernel::quiesce();
    turn_off(interrupt.get());
    wdf::power_down(device, WdfPowerDeviceD3Final);
    remove(device);
}

#[test]
fn r89_fires_for_an_isr_that_disables_its_interrupt() {
    fires("R89", &Options::default(), || disable(true, false));
}

#[test]
fn r89_fires_for_a_work_item_that_disables_its_interrupt() {
    fires("R89", &Options::default(), || disable(false, true));
}

#[test]
fn r89_silent_for_a_thread_that_disables_it() {
    silent(&Options::default(), || disable(false, false));
}

#[test]
fn registers_are_read_and_written_through_the_framework() {
    silent(&Options::default(), || {
        let driver = Driver::new();
        let (device, _) = driver.start(0);
        let mut base = null_mut();
        // SAFETY: the space is the button's.
        let status = unsafe {
            WdfDeviceMapIoSpace(device, register_space(BUTTON), 0x1000, MmNonCached, &raw mut base)
        };
        assert_eq!(status, STATUS_SUCCESS);
        let status = base.wrapping_byte_add(STATUS as usize).cast();
        let id = connect_line(&|| acknowledge(BUTTON));
        // SAFETY: mapped just now; here and below.
        unsafe { WDF_WRITE_REGISTER_ULONG(device, base.cast(), 1) };
        kernel::quiesce();
        // SAFETY: as above.
        assert_eq!(unsafe { WDF_READ_REGISTER_ULONG(device, status) }, 0, "the ISR has acknowledged it");
        // SAFETY: as above.
        unsafe { WdfDeviceUnmapIoSpace(device, base, 0x1000) };
        kernel::disconnect(id);
        remove(device);
    });
}

#[test]
fn a_wait_lock_that_is_held_times_out() {
    let (seen, _) = silent(&Options::default(), || {
        let mut lock = null_mut();
        // SAFETY: the out-parameter is ours.
        assert_eq!(unsafe { WdfWaitLockCreate(null_mut(), &raw mut lock) }, STATUS_SUCCESS);
        // SAFETY: created just now; here and below.
        let acquire = |timeout: *mut i64| unsafe { WdfWaitLockAcquire(lock, timeout) };
        // SAFETY: as above.
        let release = || unsafe { WdfWaitLockRelease(lock) };
        assert_eq!(acquire(null_mut()), STATUS_SUCCESS);
        let later = Cell::new(STATUS_SUCCESS);
        kernel::scope(|s| {
            s.spawn(1, "other", || {
                let (mut now, mut soon) = (0, -10);
                assert_eq!(acquire(&raw mut now), STATUS_TIMEOUT);
                later.set(acquire(&raw mut soon));
                if later.get() == STATUS_SUCCESS {
                    release();
                }
            });
            kernel::quiesce();
            release();
        });
        // SAFETY: nobody uses it any more.
        unsafe { WdfObjectDelete(lock.cast()) };
        later.get()
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [STATUS_SUCCESS, STATUS_TIMEOUT]);
}
