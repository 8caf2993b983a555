//! One workload on several tools: how fast each is, and what it takes to find bugs. Writes `docs/bench/peers.md`.
//!
//! The workload is the interrupt logic of a transmit ring of 8 descriptors: 8 packets in chains of 2, with a sender,
//! a device that also takes the interrupts, and a DPC, judged at rest. Every register access and every acquired
//! lock is a preemption point on all tools.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "modules of a benchmark are nobody else's interface"
)]

mod aims;
mod child;
mod job;
mod on_dirql;
mod on_loom;
mod on_shuttle;
mod on_std;
mod page;
mod tally;
mod threads;
mod tools;
mod workload;

use tools::Peer;

fn main() -> std::io::Result<()> {
    // Where a tool finds a bug, it panics: that is counted, not shown.
    std::panic::set_hook(Box::new(|_| {}));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [what, name] if what == child::MEASURE => for_peer(name, child::measure_here),
        [what, name] if what == child::FIND => for_peer(name, child::find_here),
        _ => page::write(),
    }
}

fn for_peer(name: &str, act: fn(&Peer)) -> std::io::Result<()> {
    let peer = tools::peer(name);
    peer.as_ref().map(act).ok_or_else(|| std::io::Error::other(format!("no tool is called {name}")))
}
