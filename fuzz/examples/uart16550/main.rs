//! "Fuzz your own driver", worked out: the driver in `driver.rs` against the device in `model.rs`.
//!
//!     cargo run --release --example uart16550 -- --executions 100000 --seed 7
//!
//! Two ports share a line. At each a program writes and another reads, while the far end sends; once nothing
//! moves any more, every byte must have arrived, once and in order. Some runs close the ports in mid-traffic.
#![allow(unreachable_pub, reason = "the driver is written as the crate that it would be")]

mod driver;
mod model;
mod port;

use std::process::ExitCode;

use clap::Parser;
use dirql::{Cx, Passive};
use dirql_sim::{DeviceId, Machine, Ordering, Report, Rng, Seeded, Setup, Strategy, Wiring, kernel};

use model::Uart16550;
use port::Port;

/// Fuzzes the example's driver.
#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value_t = 10_000)]
    executions: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    let Arguments { executions, seed } = Arguments::parse();
    let mut machine = Machine::new();
    let mut points = 0;
    for index in 0..executions {
        let report = execute(&mut machine, index, Rng::derive(seed, index));
        points += report.points;
        if let Some(violation) = report.violation {
            let switches = report.schedule.map_or(0, |schedule| schedule.len());
            eprintln!("execution {index} of --seed {seed} fails after {switches} switches\n{violation}");
            return ExitCode::FAILURE;
        }
    }
    let pairs = machine.pairs().count();
    println!("{executions} executions, {points} preemption points, {pairs} access pairs: nothing found");
    ExitCode::SUCCESS
}

fn execute(machine: &mut Machine, index: u64, seed: u64) -> Report {
    machine.prepare(Setup {
        cpus: 2,
        ordering: if (index / 8).is_multiple_of(2) { Ordering::X64 } else { Ordering::Arm64 },
        scheduler: Box::new(Seeded::new(Strategy::rotate(index), seed)),
        step_limit: 50_000,
        fail_allocation: None,
        record_schedule: true,
        record_trace: false,
    });
    let line = machine.add_line(5);
    for n in 0..2 {
        let wiring = Wiring { line: Some(line), message_irqls: vec![], msix: false };
        machine.attach(n, Box::<Uart16550>::default(), &wiring);
    }
    machine.run(|| passive(scenario))
}

/// Runs `body` with the token of a thread.
fn passive<R>(body: impl FnOnce(&mut Cx<'_, Passive>) -> R) -> R {
    // SAFETY: every thread of the machine runs at PASSIVE_LEVEL, and may block.
    unsafe { Cx::enter(body) }
}

fn scenario(cx: &mut Cx<'_, Passive>) {
    let ports = [0, 1].map(|n| Port::open(cx, DeviceId::new(n)));
    let in_traffic = kernel::choose(4) == 1;
    kernel::scope(|scope| {
        for port in &ports {
            scope.spawn(0, "writer", || passive(|cx| port.write(cx)));
            scope.spawn(1, "reader", || passive(|cx| port.read(cx)));
        }
        if !in_traffic {
            kernel::quiesce();
            ports.iter().for_each(Port::judge_at_rest);
        }
        ports.iter().for_each(Port::stop_reading);
    });
    ports.into_iter().for_each(|port| port.close(cx));
}
