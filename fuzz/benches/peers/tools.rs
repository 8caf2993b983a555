//! The tools that are compared, by name.

use dirql_sim::Strategy;

use crate::job::{Job, Run};
use crate::{on_dirql, on_loom, on_shuttle, on_std};

/// A tool, and one of its ways to choose.
#[derive(Clone, Copy)]
pub struct Peer {
    /// Its name on the page.
    pub name: &'static str,
    /// Runs a job.
    pub run: fn(Job) -> Run,
    /// How often it looks for a bug, each time with another seed or order.
    pub seeds: u64,
    /// Whether a seed makes a difference.
    pub is_seeded: bool,
}

/// All of them; the first is what a campaign begins with by default.
pub const PEERS: [Peer; 10] = [
    Peer {
        name: "dirql, default",
        run: |job| on_dirql::run(Strategy::rotate, job),
        seeds: 30,
        is_seeded: true,
    },
    Peer {
        name: "dirql, random",
        run: |job| on_dirql::run(|_| Strategy::Random, job),
        seeds: 30,
        is_seeded: true,
    },
    Peer {
        name: "dirql, PCT 3",
        run: |job| on_dirql::run(|_| Strategy::Pct { depth: 3 }, job),
        seeds: 30,
        is_seeded: true,
    },
    Peer {
        name: "dirql, PCT 5",
        run: |job| on_dirql::run(|_| Strategy::Pct { depth: 5 }, job),
        seeds: 30,
        is_seeded: true,
    },
    Peer { name: "shuttle, random", run: |job| on_shuttle::run(None, job), seeds: 30, is_seeded: true },
    Peer { name: "shuttle, PCT 3", run: |job| on_shuttle::run(Some(3), job), seeds: 30, is_seeded: true },
    Peer { name: "shuttle, PCT 5", run: |job| on_shuttle::run(Some(5), job), seeds: 30, is_seeded: true },
    Peer { name: "loom, bound 2", run: |job| on_loom::run(Some(2), job), seeds: 6, is_seeded: false },
    Peer { name: "loom, bound 3", run: |job| on_loom::run(Some(3), job), seeds: 6, is_seeded: false },
    Peer { name: "std threads", run: on_std::run, seeds: 10, is_seeded: false },
];

/// Returns the peer of a name.
pub fn peer(name: &str) -> Option<Peer> {
    PEERS.into_iter().find(|peer| peer.name == name)
}
