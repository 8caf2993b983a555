//! A worker process: runs its share of a campaign in short slices, one item after the other, and reports.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::time::Duration;

use crate::campaign::Limit;
use crate::capture::Frames;
use crate::case::Case;
use crate::clock::Stopwatch;
use crate::execute::Execute;
use crate::outcome::{Failure, Record};
use crate::pairs::Pairs;
use crate::protocol::{Event, Finding, Order, Slice};
use crate::shrink::{Effort, Shrinker};
use crate::slots::Slots;

/// How long one item runs before the next one's turn: with 5 backends and 7 scenarios, each has run within 1 s.
const SLICE: Duration = Duration::from_millis(25);

/// Reads an order from `input`, carries it out, and writes events to `output`.
pub(crate) fn serve<E: Execute>(input: impl BufRead, output: impl Write) -> io::Result<()> {
    let order: Order = serde_json::from_reader(input)?;
    let frames = Frames::load(order.plan.pcap.as_deref()).map_err(io::Error::other)?;
    if !frames.identity().same_frames(&order.plan.frames) {
        return Err(io::Error::other("the capture has changed since the campaign began"));
    }
    let slots = Slots::open(&order.slots)?;
    // Ctrl-C goes to the whole group: the supervisor takes it, and stops the workers through the slots.
    ctrlc::set_handler(|| {}).map_err(io::Error::other)?;
    let frames = Arc::new(frames);
    Worker::new(E::new(Arc::clone(&frames)), frames, order, &slots, output).run()
}

struct Worker<'s, E, W> {
    engine: E,
    frames: Arc<Frames>,
    next: Vec<u64>,
    pairs: Vec<Pairs>,
    order: Order,
    slots: &'s Slots,
    output: W,
    clock: Stopwatch,
}

impl<'s, E: Execute, W: Write> Worker<'s, E, W> {
    fn new(engine: E, frames: Arc<Frames>, order: Order, slots: &'s Slots, output: W) -> Self {
        let next = order.begin.clone();
        let pairs = vec![Pairs::default(); next.len()];
        Self { engine, frames, next, pairs, order, slots, output, clock: Stopwatch::start() }
    }

    fn run(mut self) -> io::Result<()> {
        let mut busy = true;
        while busy && !self.is_over() {
            busy = false;
            for item in 0..self.next.len() {
                if !self.is_over() && !self.order.plan.is_past_end(self.next[item]) {
                    busy = true;
                    self.slice(item)?;
                }
            }
        }
        self.send(&Event::Done)
    }

    fn is_over(&self) -> bool {
        let late = match self.order.plan.limit {
            Limit::Seconds(seconds) => self.clock.seconds() >= seconds,
            Limit::Executions(_) => false,
        };
        late || self.slots.is_stopped()
    }

    fn slice(&mut self, item: usize) -> io::Result<()> {
        let clock = Stopwatch::start();
        let mut slice = Slice { item, ..Slice::default() };
        loop {
            self.execute(&mut slice)?;
            let spent = clock.elapsed() >= SLICE || self.is_over();
            if spent || self.order.plan.is_past_end(self.next[item]) {
                break;
            }
        }
        slice.next = self.next[item];
        slice.seconds = clock.seconds();
        self.take_pairs(&mut slice);
        self.send(&Event::Slice(slice))
    }

    fn execute(&mut self, slice: &mut Slice) -> io::Result<()> {
        let index = self.next[slice.item];
        self.next[slice.item] += self.order.share.stride;
        if self.order.skip.contains(&(slice.item, index)) {
            return Ok(());
        }
        let item = self.order.plan.items[slice.item];
        let case = self.order.plan.case(item, index);
        self.slots.enter(self.order.slot, slice.item, index);
        let outcome = self.engine.run(item.backend, &case, Record::Nothing);
        slice.totals.count(&outcome);
        if let Some(failure) = outcome.failure {
            count(&mut slice.failures, &failure.rule);
            self.report(slice, Finding { item: slice.item, index, failure, case })?;
        }
        self.slots.leave(self.order.slot);
        Ok(())
    }

    /// Tells of the first failure of a rule at once, as it was found, and again when it has been shrunk: shrinking
    /// runs code that is known to be broken, and may not survive it.
    fn report(&mut self, slice: &mut Slice, finding: Finding) -> io::Result<()> {
        if !self.order.known.insert((finding.item, finding.failure.rule.clone())) {
            return Ok(());
        }
        self.send(&Event::Finding(finding.clone()))?;
        if self.order.first {
            self.slots.stop();
        }
        if !self.order.shrink {
            return Ok(());
        }
        self.take_pairs(slice);
        let finding = self.shrink(finding);
        // What shrinking covered is not the campaign's.
        drop(self.engine.take_pairs());
        self.send(&Event::Shrunk(finding))
    }

    fn shrink(&mut self, mut finding: Finding) -> Finding {
        let backend = self.order.plan.items[finding.item].backend;
        let run = |case: &Case, record| self.engine.run(backend, case, record);
        let mut shrinker = Shrinker::new(run, &finding.failure.rule, &self.frames, Effort::CAMPAIGN);
        let Some(smallest) = shrinker.shrink(&finding.case) else { return irreproducible(finding) };
        finding.case = smallest;
        // The message must be that of the case that is kept.
        let last = self.engine.run(backend, &finding.case, Record::Nothing);
        finding.failure = last.failure.unwrap_or(finding.failure);
        finding
    }

    fn take_pairs(&mut self, slice: &mut Slice) {
        let covered = self.engine.take_pairs();
        slice.pairs.extend(self.pairs[slice.item].merge(&covered));
    }

    fn send(&mut self, event: &Event) -> io::Result<()> {
        let line = serde_json::to_string(event)?;
        writeln!(self.output, "{line}")?;
        self.output.flush()
    }
}

fn irreproducible(finding: Finding) -> Finding {
    let message = format!("{} (a second run of the case did not fail alike)", finding.failure.message);
    Finding { failure: Failure { message, ..finding.failure }, ..finding }
}

fn count(failures: &mut BTreeMap<String, u64>, rule: &str) {
    *failures.entry(rule.to_owned()).or_default() += 1;
}
