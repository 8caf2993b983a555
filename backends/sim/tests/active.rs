//! ISRs that are reported inactive, as rule R92 wants them.

mod common;
#[path = "common/line_driver.rs"]
mod line_driver;

use std::cell::Cell;

use common::{BUTTON, NEIGHBOUR, Options, PULSE, acknowledge, at, count, fires, linger, routine, silent};
use dirql_sim::kernel;
use line_driver::Line;

/// Presses the button, and lets everything happen that can.
fn press() {
    kernel::write_register(BUTTON, PULSE, 1);
    kernel::quiesce();
}

#[test]
fn r92_shows_that_an_inactive_isr_is_called_once_it_is_active() {
    silent(&Options::default(), || {
        let isrs = Cell::new(0);
        let line = Line::connect(&isrs);
        line.report_inactive();
        line.report_inactive();
        press();
        assert_eq!(isrs.get(), 0);
        line.report_active();
        line.report_active();
        kernel::quiesce();
        assert_eq!(isrs.get(), 1, "the line was asserted all the time");
        line.disconnect();
    });
}

#[test]
fn r92_shows_that_a_sharers_isr_is_called_all_the_same() {
    silent(&Options { neighbour: true, ..Options::default() }, || {
        let (isrs, neighbours) = (Cell::new(0), Cell::new(0));
        let line = Line::connect(&isrs);
        let isr = || {
            count(&neighbours);
            acknowledge(NEIGHBOUR)
        };
        let vector = kernel::line_of(NEIGHBOUR).unwrap();
        let neighbour = kernel::connect(vector, routine(&isr), None, common::LINE_IRQL).unwrap();
        line.report_inactive();
        kernel::write_register(NEIGHBOUR, PULSE, 1);
        kernel::quiesce();
        assert_eq!((isrs.get(), neighbours.get()), (0, 1));
        kernel::disconnect(neighbour);
        line.disconnect();
    });
}

#[test]
fn r92_shows_that_an_inactive_interrupt_can_be_disconnected() {
    silent(&Options::default(), || {
        let isrs = Cell::new(0);
        let line = Line::connect(&isrs);
        line.report_inactive();
        line.disconnect();
        press();
        assert_eq!(isrs.get(), 0);
    });
}

/// What a message tells while nobody listens, nobody hears later.
#[test]
fn r92_shows_that_a_message_to_an_inactive_isr_is_lost() {
    let options = Options { message_irqls: vec![5], ..Options::default() };
    silent(&options, || {
        let isrs = Cell::new(0);
        let isr = || {
            count(&isrs);
            true
        };
        let message = common::connect_message(0, &isr, None, 5);
        kernel::set_interrupt_active(message, false);
        kernel::write_register(BUTTON, common::MESSAGE, 0);
        linger(20);
        kernel::set_interrupt_active(message, true);
        kernel::quiesce();
        assert_eq!(isrs.get(), 0);
        kernel::write_register(BUTTON, common::MESSAGE, 0);
        kernel::quiesce();
        assert_eq!(isrs.get(), 1);
        kernel::disconnect(message);
    });
}

fn report_at(irql: u8) {
    let isrs = Cell::new(0);
    let line = Line::connect(&isrs);
    at(irql, || line.report_inactive());
    line.disconnect();
}

#[test]
fn irqlioreportinterrupt_fires_above_dispatch_level() {
    fires("IrqlIoReportInterrupt", &Options::default(), || report_at(3));
}

#[test]
fn irqlioreportinterrupt_silent_at_dispatch_level() {
    silent(&Options::default(), || report_at(2));
}
