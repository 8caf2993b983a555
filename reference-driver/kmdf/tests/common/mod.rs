//! A machine with an 82574L and KMDF on it, and the driver from its entry point.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

#[path = "../../../shell/tests/bench/mod.rs"]
mod bench;

pub use bench::*;

use dirql_ddi::STATUS_SUCCESS;
use dirql_sim::wdf::{self, Completed, Framework, Io, Ticket};

/// From nothing to a driver with its device.
pub fn load() {
    assert_eq!(wdf::load(Framework::Kernel, nic_kmdf::driver_entry), STATUS_SUCCESS);
    assert_eq!(wdf::add(NIC), STATUS_SUCCESS);
}

/// From nothing to traffic.
pub fn bring_up() {
    load();
    assert_eq!(wdf::start(NIC, REGISTERS_LEN), STATUS_SUCCESS);
}

/// From traffic to nothing.
pub fn tear_down() {
    wdf::remove(NIC);
    wdf::unload();
    assert_eq!(wdf::outstanding(), 0, "a request is left");
}

pub fn write(frame: &[u8]) -> Ticket {
    wdf::submit(NIC, &Io::Write(frame))
}

pub fn read() -> Ticket {
    wdf::submit(NIC, &Io::Read(2048))
}

/// Makes a request with a control code, and waits for the answer.
pub fn control(code: u32, input: &[u8], room: usize) -> Completed {
    let ticket = wdf::submit(NIC, &Io::Control(code, input, room));
    wdf::wait(ticket).expect("the run goes on")
}

/// What came of these requests, all of which are completed.
pub fn outcomes(tickets: &[Ticket]) -> Vec<Completed> {
    tickets.iter().map(|&ticket| wdf::take(ticket).expect("completed")).collect()
}
