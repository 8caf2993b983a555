//! A machine with an 82574L and the I/O manager on it, and the driver from its entry point.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

#[path = "../../../shell/tests/bench/mod.rs"]
mod bench;

pub use bench::*;

use dirql_ddi::*;
use dirql_sim::ntoskrnl::{self, Completed, File, Interrupts};

pub const READ_LEN: usize = 1518;

pub fn load() {
    assert_eq!(ntoskrnl::load(nic_wdm::driver_entry), STATUS_SUCCESS);
    assert_eq!(ntoskrnl::add_device(NIC), STATUS_SUCCESS);
}

/// From nothing to an open handle.
pub fn bring_up() -> File {
    load();
    assert_eq!(ntoskrnl::start_device(NIC, REGISTERS_LEN, Interrupts::Messages), STATUS_SUCCESS);
    ntoskrnl::open(NIC).expect("the interface is enabled")
}

/// From an open handle to nothing.
pub fn tear_down(file: File) {
    ntoskrnl::close(file);
    assert!(ntoskrnl::query_remove(NIC));
    ntoskrnl::remove(NIC);
    ntoskrnl::unload();
}

/// Takes what came back, in the order of the requests' numbers.
pub fn completed(file: File) -> Vec<Completed> {
    let mut all = ntoskrnl::take_completed(file);
    all.sort_by_key(|completed| completed.number);
    all
}

/// The statuses of what came back.
pub fn statuses(file: File) -> Vec<NTSTATUS> {
    completed(file).iter().map(|completed| completed.status).collect()
}
