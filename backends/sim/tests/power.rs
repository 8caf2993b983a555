//! Devices in Dx: R62, R90.

mod common;
#[path = "common/miniport.rs"]
mod miniport;

use std::cell::Cell;

use common::{
    ACK, BUTTON, LINE_IRQL, NEIGHBOUR, Options, PULSE, acknowledge, connect_line, count, fires, routine,
    silent, sometimes_fires,
};
use dirql_sim::ndis::{began_set_power_d0, completed_set_power_d3};
use dirql_sim::{Power, kernel};
use miniport::{Answer, Miniport, press};

/// Lets the neighbour fire on the line of the button, which is in Dx. Returns how often the button's ISR was called.
fn sharer_fires(isr_looks: bool) -> u32 {
    let isrs = Cell::new(0);
    let isr = || {
        count(&isrs);
        isr_looks && acknowledge(BUTTON)
    };
    let first = connect_line(&isr);
    let second = || acknowledge(NEIGHBOUR);
    let line = kernel::line_of(NEIGHBOUR).unwrap();
    let second = kernel::connect(line, routine(&second), None, LINE_IRQL).unwrap();
    kernel::set_power(BUTTON, Power::Dx);
    kernel::write_register(NEIGHBOUR, PULSE, 1);
    kernel::quiesce();
    kernel::disconnect(first);
    kernel::disconnect(second);
    isrs.get()
}

fn shared() -> Options {
    Options { neighbour: true, ..Options::default() }
}

#[test]
fn r62_fires_when_the_isr_looks_at_its_device() {
    fires("R62", &shared(), || {
        sharer_fires(true);
    });
}

#[test]
fn r62_silent_when_it_knows_without_looking() {
    let (isrs, _) = silent(&shared(), || sharer_fires(false));
    assert_eq!(isrs.into_iter().collect::<Vec<_>>(), [1], "it is called all the same");
}

#[test]
fn a_device_in_dx_reads_as_ones_and_ignores_writes() {
    silent(&Options::default(), || {
        kernel::set_power(BUTTON, Power::Dx);
        assert_eq!(kernel::read_register(BUTTON, common::STATUS), u32::MAX);
        kernel::write_register(BUTTON, PULSE, 1);
        kernel::set_power(BUTTON, Power::D0);
        kernel::quiesce();
        assert_eq!(kernel::read_register(BUTTON, common::STATUS), 0, "it was never pressed");
    });
}

/// Presses the button, puts its miniport through D3, and presses again. Returns how often the ISR was called.
fn through_d3(waits: bool) -> u32 {
    let isrs = Cell::new(0);
    let isr = |_| {
        count(&isrs);
        press(Answer::HANDLED)
    };
    let miniport = Miniport::new(&isr);
    miniport.register();
    kernel::write_register(BUTTON, PULSE, 1);
    if waits {
        kernel::quiesce();
    }
    completed_set_power_d3(BUTTON);
    kernel::quiesce();
    began_set_power_d0(BUTTON);
    kernel::write_register(BUTTON, PULSE, 1);
    kernel::quiesce();
    kernel::write_register(BUTTON, ACK, 1);
    miniport.deregister();
    isrs.get()
}

#[test]
fn r90_fires_when_the_device_can_still_interrupt() {
    sometimes_fires("R90", &Options::default(), || {
        through_d3(false);
    });
}

#[test]
fn r90_silent_when_it_cannot_and_the_registration_persists() {
    let (isrs, _) = silent(&Options::default(), || through_d3(true));
    assert_eq!(isrs.into_iter().collect::<Vec<_>>(), [2]);
}
