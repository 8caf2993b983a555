//! A worker process: does the tasks of a campaign that it is given, one after the other, and reports.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::sync::Arc;

use crate::capture::Frames;
use crate::case::Case;
use crate::clock::Stopwatch;
use crate::execute::Execute;
use crate::outcome::{Failure, Record};
use crate::pairs::Pairs;
use crate::protocol::{Event, Finding, Order, Slice, Task};
use crate::scheduler::Scheduler;
use crate::shrink::{Effort, Shrinker};
use crate::slots::Slots;

/// Reads an order and tasks from `input`, carries them out, and writes events to `output`.
pub(crate) fn serve<E: Execute>(mut input: impl BufRead, output: impl Write) -> io::Result<()> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    let order: Order = serde_json::from_str(&line)?;
    let frames = Frames::load(order.plan.pcap.as_deref()).map_err(io::Error::other)?;
    if !frames.identity().same_frames(&order.plan.frames) {
        return Err(io::Error::other("the capture has changed since the campaign began"));
    }
    let slots = Slots::open(&order.slots)?;
    // Ctrl-C goes to the whole group: the supervisor takes it, and stops the workers through the slots.
    ctrlc::set_handler(|| {}).map_err(io::Error::other)?;
    let frames = Arc::new(frames);
    Worker::new(E::new(Arc::clone(&frames)), frames, order, &slots, output).run(input)
}

struct Worker<'s, E, W> {
    engine: E,
    frames: Arc<Frames>,
    pairs: Vec<Pairs>,
    order: Order,
    slots: &'s Slots,
    output: W,
}

impl<'s, E: Execute, W: Write> Worker<'s, E, W> {
    fn new(engine: E, frames: Arc<Frames>, order: Order, slots: &'s Slots, output: W) -> Self {
        let pairs = vec![Pairs::default(); order.plan.items.len()];
        Self { engine, frames, pairs, order, slots, output }
    }

    fn run(mut self, tasks: impl BufRead) -> io::Result<()> {
        for line in tasks.lines() {
            let task: Task = serde_json::from_str(&line?)?;
            self.carry_out(&task)?;
        }
        self.send(&Event::Done)
    }

    fn carry_out(&mut self, task: &Task) -> io::Result<()> {
        let clock = Stopwatch::start();
        let mut slice = Slice { item: task.item, ..Slice::default() };
        // What this worker covers itself is known to it from the next generation on, like what others do.
        self.pairs[task.item].insert(&task.known);
        let mut known = self.pairs[task.item].clone();
        for nth in task.stretch.clone() {
            if self.slots.is_stopped() {
                break;
            }
            let index = self.order.plan.share.index(nth);
            if !task.skip.contains(&index) {
                self.execute(&mut slice, task, &mut known, index)?;
            }
        }
        slice.seconds = clock.seconds();
        self.send(&Event::Slice(Box::new(slice)))
    }

    fn execute(&mut self, slice: &mut Slice, task: &Task, known: &mut Pairs, index: u64) -> io::Result<()> {
        let item = self.order.plan.items[slice.item];
        let (case, scheduler) = task.guide.case(&self.order.plan, item, index);
        self.slots.enter(self.order.slot, slice.item, index);
        let outcome = self.engine.run(item.backend, &case, Record::Nothing);
        slice.totals.count(&outcome);
        self.compare(slice, known, scheduler);
        if let Some(failure) = outcome.failure {
            count(&mut slice.failures, &failure.rule);
            self.report(Finding { item: slice.item, index, failure, case })?;
        }
        self.slots.leave(self.order.slot);
        Ok(())
    }

    /// Tells of the first failure of a rule at once, as it was found, and again when it has been shrunk: shrinking
    /// runs code that is known to be broken, and may not survive it.
    fn report(&mut self, finding: Finding) -> io::Result<()> {
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

    /// Finds out what an execution has covered that is not `known`.
    fn compare(&mut self, slice: &mut Slice, known: &mut Pairs, scheduler: Scheduler) {
        let news = known.merge(&self.engine.take_pairs());
        let tried = &mut slice.trials[scheduler as usize];
        tried.executions += 1;
        tried.covering += u64::from(!news.is_empty());
        slice.pairs.extend(news);
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
