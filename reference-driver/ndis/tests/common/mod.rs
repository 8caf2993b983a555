//! A machine with an 82574L and NDIS on it, and the miniport from its entry point.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

#[path = "../../../shell/tests/bench/mod.rs"]
mod bench;

pub use bench::*;

use dirql_ddi::NT_SUCCESS;
use dirql_ddi::ndis::*;
use dirql_sim::ndis;

pub fn load() {
    assert!(NT_SUCCESS(ndis::load(nic_ndis::driver_entry)));
}

/// From nothing to traffic.
pub fn bring_up() {
    load();
    assert_eq!(ndis::start(NIC, REGISTERS_LEN), NDIS_STATUS_SUCCESS);
    assert_eq!(ndis::restart(NIC), NDIS_STATUS_SUCCESS);
}

/// From traffic to nothing.
pub fn tear_down() {
    ndis::pause(NIC);
    ndis::halt(NIC, NdisHaltDeviceDisabled);
    ndis::unload();
}

/// Sends frames, each in a list of its own and in two pieces.
pub fn send(first: u64, frames: &[Vec<u8>]) -> bool {
    let pieces: Vec<[&[u8]; 2]> = frames.iter().map(|f| [&f[..20], &f[20..]]).collect();
    let lists: Vec<[&[&[u8]]; 1]> = pieces.iter().map(|p| [&p[..]]).collect();
    let lists: Vec<&[&[&[u8]]]> = lists.iter().map(|l| &l[..]).collect();
    ndis::send(NIC, first, 0, &lists)
}
