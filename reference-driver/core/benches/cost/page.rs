//! The page with the counts, and what must hold of them.

use std::io;

use dirql_bench::{Table, where_and_when, write_page};
use nic::InterruptMode;

use crate::cases::{Case, MODES, Work};
use crate::count::Counter;

const RINGS: [u16; 3] = [8, 64, 256];
const FRAMES: [u32; 5] = [1, 4, 16, 32, 64];
/// By how many instructions counts may differ that ought to be equal: a ring wraps more or less often.
const SLACK: f64 = 4.0;

/// Counts everything, and writes `docs/bench/cost.md`.
///
/// # Errors
/// If something cannot be counted, or the page not be written.
pub fn write() -> io::Result<()> {
    let counter = Counter::new()?;
    let page = format!(
        "# What the driver costs\n\nWritten by `cargo bench -p nic --bench cost`: {}.\n\n\
         Instructions of the driver's core on x86-64, counted by callgrind. Below it is a machine whose registers and \
         memory are words, whose locks and levels are nothing: what a framework adds is not in here (for sections, see \
         ARCHITECTURE.md). Frames lie in one descriptor, unless said otherwise. The upper layer does nothing with them.\n\n\
         ## Sending, for each frame\n\n{}\n## Interrupts, by what signals them\n\nAn ISR, and a deferred run that \
         hands one received frame up; rings of 256.\n\n{}\n## Deferred runs, by frames in each\n\nFrom the start of the \
         deferred routine to its end; MSI-X with 3 messages, rings of 256.\n\n{}\n## Deferred runs with one received \
         frame, by length of the ring\n\n{}",
        where_and_when(),
        sends(&counter)?,
        modes(&counter)?,
        batches(&counter)?,
        rings(&counter)?
    );
    let path = write_page("cost.md", &page)?;
    println!("{page}\nwritten to {}", path.display());
    Ok(())
}

const MSI_X: InterruptMode = InterruptMode::MsiX { vectors: 3 };

fn work(work: Work, frames: u32, ring: u16) -> Case {
    Case { work, frames, mode: MSI_X, ring }
}

fn cells(counter: &Counter, cases: impl IntoIterator<Item = Case>) -> io::Result<Vec<String>> {
    cases.into_iter().map(|case| counter.count(&case).map(|n| format!("{n:.1}"))).collect()
}

fn sends(counter: &Counter) -> io::Result<Table> {
    let mut table = Table::new(["fragments", "ring of 8", "ring of 64", "ring of 256"]);
    for fragments in [1, 2, 4] {
        let row = cells(counter, RINGS.map(|ring| work(Work::Send(fragments), 1, ring)))?;
        table.row(std::iter::once(fragments.to_string()).chain(row));
    }
    Ok(table)
}

fn modes(counter: &Counter) -> io::Result<Table> {
    let mut table = Table::new(["signalled by", "ISR", "deferred run"]);
    for (name, mode) in MODES {
        let row = cells(
            counter,
            [Work::Isr, Work::Received].map(|work| Case { work, frames: 1, mode, ring: 256 }),
        )?;
        table.row(std::iter::once(name.into()).chain(row));
    }
    Ok(table)
}

fn batches(counter: &Counter) -> io::Result<Table> {
    let mut table = Table::new(["frames", "sent, the run", "each", "received, the run", "each"]);
    for frames in FRAMES {
        let mut row = vec![frames.to_string()];
        for kind in [Work::Transmitted, Work::Received] {
            let run = counter.count(&work(kind, frames, 256))?;
            row.extend([run, run / f64::from(frames)].map(|n| format!("{n:.1}")));
        }
        table.row(row);
    }
    Ok(table)
}

fn rings(counter: &Counter) -> io::Result<Table> {
    let mut table = Table::new(["", "8", "64", "256", "1024", "4096"]);
    let row = cells(counter, [8, 64, 256, 1024, 4096].map(|ring| work(Work::Received, 1, ring)))?;
    table.row(std::iter::once("instructions".into()).chain(row));
    Ok(table)
}

/// Checks that costs grow with nothing but frames.
///
/// # Errors
/// If one does, or cannot be counted.
pub fn check() -> io::Result<()> {
    let counter = Counter::new()?;
    let count = |case| counter.count(&case);
    for kind in [Work::Send(1), Work::Received, Work::Transmitted] {
        let (short, long) = (count(work(kind, 1, 8))?, count(work(kind, 1, 256))?);
        println!("{kind:?}: {short:.1} instructions in a ring of 8, {long:.1} in one of 256");
        require((short - long).abs() <= SLACK, || format!("{kind:?} depends on the length of the ring"))?;
    }
    for kind in [Work::Received, Work::Transmitted] {
        let of = |frames| count(work(kind, frames, 256));
        let (one, each) = (of(1)?, (of(64)? - of(32)?) / 32.0);
        println!("{kind:?}: {one:.1} instructions for one frame, {each:.1} for each of many");
        require(each < one, || format!("{kind:?} costs more for each of many frames than for one alone"))?;
    }
    Ok(())
}

fn require(holds: bool, or: impl FnOnce() -> String) -> io::Result<()> {
    if holds { Ok(()) } else { Err(io::Error::other(or())) }
}
