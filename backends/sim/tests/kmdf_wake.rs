//! KMDF's wake interrupts: rule R82.

mod common;
mod framework {
    pub(super) use dirql_ddi::kmdf::*;
    pub(super) use dirql_sim::wdf::add_device as add;
}
#[path = "common/function_driver.rs"]
mod function_driver;

use std::cell::Cell;

use common::{BUTTON, MESSAGE, Options, silent};
use dirql_ddi::kmdf::*;
use dirql_ddi::{NTSTATUS, STATUS_SUCCESS, STATUS_UNSUCCESSFUL, TRUE};
use dirql_sim::{kernel, wdf};
use function_driver::Event::*;
use function_driver::{Driver, Event, interrupt_resource, remove};

/// A device in D0, whose interrupt is one message and can wake it.
fn start(driver: &Driver<'_>) -> WDFDEVICE {
    let device = driver.add();
    let (raw, translated) = wdf::prepare_hardware(device, 0x1000);
    let interrupt = driver.create(device, 0, |c| {
        c.InterruptRaw = interrupt_resource(raw);
        c.InterruptTranslated = interrupt_resource(translated);
        c.PassiveHandling = TRUE;
        c.CanWakeDevice = TRUE;
    });
    interrupt.unwrap();
    assert_eq!(wdf::power_up(device), STATUS_SUCCESS);
    device
}

/// Puts the device into Dx, lets its interrupt wake it, and returns what the framework called from then on, and what
/// `power_up` said. D0Entry returns `status`.
fn woken(status: NTSTATUS) -> (Vec<Event>, NTSTATUS) {
    let result = Cell::new(STATUS_SUCCESS);
    let d0_entry = || result.get();
    let driver = Driver { d0_entry: &d0_entry, ..Driver::new() };
    let device = start(&driver);
    wdf::power_down_armed(device);
    driver.events.take();
    kernel::write_register(BUTTON, MESSAGE, 0);
    wdf::wait_for_wake(device);
    result.set(status);
    let powered = wdf::power_up(device);
    let events = driver.events.take();
    if powered == STATUS_SUCCESS {
        wdf::power_down(device, WdfPowerDeviceD3Final);
    }
    remove(device);
    (events, powered)
}

fn message() -> Options {
    Options { message_irqls: vec![6], ..Options::default() }
}

#[test]
fn r82_shows_that_a_wake_isr_waits_for_d0_entry() {
    let (seen, _) = silent(&message(), || woken(STATUS_SUCCESS));
    let wanted = [D0Entry, Isr(0), PostInterruptsEnabled].to_vec();
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(wanted, STATUS_SUCCESS)]);
}

#[test]
fn r82_shows_that_it_is_not_called_if_d0_entry_fails() {
    let (seen, _) = silent(&message(), || woken(STATUS_UNSUCCESSFUL));
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(vec![D0Entry], STATUS_UNSUCCESSFUL)]);
}

#[test]
fn r82_shows_that_one_that_did_not_fire_is_an_interrupt_like_others() {
    let (seen, _) = silent(&message(), || {
        let driver = Driver::new();
        let device = start(&driver);
        wdf::power_down_armed(device);
        driver.events.take();
        assert_eq!(wdf::power_up(device), STATUS_SUCCESS);
        kernel::write_register(BUTTON, MESSAGE, 0);
        kernel::quiesce();
        wdf::power_down(device, WdfPowerDeviceD3Final);
        remove(device);
        driver.events.take()
    });
    let wanted = [D0Entry, PostInterruptsEnabled, Isr(0), PreInterruptsDisabled, Disable(0), D0Exit];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [wanted.to_vec()]);
}
