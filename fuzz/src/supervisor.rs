//! The parent of the workers: gives them tasks, sums up what they report, and outlives them.
//!
//! A worker that dies in an execution, or stays in one for too long, has found a failure: the shared slots tell which.
//! Another takes its place, and its task but for that execution.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use crate::artifact::Artifact;
use crate::campaign::{Limit, Plan};
use crate::clock::Stopwatch;
use crate::crew::{Member, Message};
use crate::fatal;
use crate::guide::Learner;
use crate::outcome::Failure;
use crate::protocol::{Event, Finding, Order, Slice, Task};
use crate::rotation::{Rotation, Stretch};
use crate::slots::OwnedSlots;
use crate::tally::Tally;

/// How many times one worker is replaced; a driver that dies more often is broken enough.
const RESTARTS_MAX: u32 = 64;
const TICK: Duration = Duration::from_millis(100);

/// Sees a campaign going on.
pub(crate) trait View {
    /// Shows the sums so far, about ten times a second.
    fn tick(&mut self, plan: &Plan, tally: &Tally, seconds: f64);
    /// Shows a failure when it is first found.
    fn found(&mut self, plan: &Plan, finding: &Finding);
    /// Shows a remark about the campaign itself.
    fn note(&mut self, text: &str);
}

/// How a campaign ended.
pub(crate) struct Ended {
    pub(crate) tally: Tally,
    pub(crate) seconds: f64,
    pub(crate) interrupted: bool,
    /// Whether a worker died so often that its item was given up.
    pub(crate) incomplete: bool,
}

/// What a campaign needs besides its plan.
pub(crate) struct Means<'a> {
    /// Workers are this program with the argument `worker`.
    pub(crate) program: &'a Path,
    /// Where failing cases go.
    pub(crate) artifacts: &'a Path,
    /// How long an execution may take.
    pub(crate) patience: Duration,
    /// Whether the first failure ends the campaign.
    pub(crate) first: bool,
    /// Whether failing cases are made smaller.
    pub(crate) shrink: bool,
    pub(crate) view: &'a mut dyn View,
}

/// Runs one campaign.
pub(crate) struct Supervisor<'a> {
    plan: &'a Plan,
    means: Means<'a>,
    rotation: Rotation,
    learners: Vec<Learner>,
    slots: OwnedSlots,
    crew: Vec<Member>,
    running: usize,
    sender: Sender<Message>,
    receiver: Receiver<Message>,
    clock: Stopwatch,
    ended: Ended,
}

impl<'a> Supervisor<'a> {
    /// Prepares a campaign.
    pub(crate) fn new(plan: &'a Plan, means: Means<'a>) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let tally = Tally::new(plan);
        Ok(Self {
            plan,
            means,
            rotation: Rotation::new(plan.items.len(), plan.len()),
            learners: plan.items.iter().map(|_| Learner::default()).collect(),
            slots: OwnedSlots::create()?,
            crew: Vec::new(),
            running: 0,
            sender,
            receiver,
            clock: Stopwatch::start(),
            ended: Ended { tally, seconds: 0.0, interrupted: false, incomplete: false },
        })
    }

    /// Runs the campaign on `jobs` workers to its end, or until Ctrl-C.
    pub(crate) fn run(mut self, jobs: usize) -> io::Result<Ended> {
        self.stop_on_ctrl_c()?;
        for k in 0..jobs {
            let order = self.order(k);
            self.crew.push(Member::start(self.means.program, order, self.sender.clone())?);
            self.running += 1;
        }
        let result = self.attend();
        self.crew.iter_mut().for_each(Member::end);
        self.ended.seconds = self.clock.seconds();
        result.map(|()| self.ended)
    }

    fn order(&self, k: usize) -> Order {
        Order {
            plan: self.plan.clone(),
            known: BTreeSet::new(),
            shrink: self.means.shrink,
            first: self.means.first,
            slots: self.slots.path(),
            slot: k,
        }
    }

    fn stop_on_ctrl_c(&self) -> io::Result<()> {
        let sender = self.sender.clone();
        let mut presses = 0;
        let handler = move || {
            presses += 1;
            if presses > 1 || sender.send(Message::Interrupt).is_err() {
                std::process::exit(130);
            }
        };
        ctrlc::set_handler(handler).map_err(io::Error::other)
    }

    fn attend(&mut self) -> io::Result<()> {
        let mut tick = Stopwatch::start();
        self.hand_out_tasks();
        while self.running > 0 {
            match self.receiver.recv_timeout(TICK) {
                Ok(message) => self.handle(message)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if tick.elapsed() >= TICK {
                tick = Stopwatch::start();
                self.end_hung_workers();
                self.look_at_the_clock();
                self.means.view.tick(self.plan, &self.ended.tally, self.clock.seconds());
            }
        }
        Ok(())
    }

    fn handle(&mut self, message: Message) -> io::Result<()> {
        match message {
            Message::Told(k, event) => self.hear(k, *event),
            Message::Babbled(k, line) => self.means.view.note(&format!("worker {k} said: {line}")),
            Message::Closed(k) => return self.bury(k),
            Message::Interrupt => {
                self.ended.interrupted = true;
                self.stop();
            }
        }
        Ok(())
    }

    /// Gives tasks to those who wait for one, as far as there are any.
    fn hand_out_tasks(&mut self) {
        for k in 0..self.crew.len() {
            if !self.crew[k].is_idle() {
                continue;
            }
            if self.slots.is_stopped() || self.rotation.is_finished() {
                self.crew[k].dismiss();
            } else if let Some(stretch) = self.rotation.next() {
                self.give(k, stretch, Vec::new());
            }
        }
    }

    /// Gives worker `k` a stretch to do, with what it needs to know.
    fn give(&mut self, k: usize, Stretch { item, executions }: Stretch, skip: Vec<u64>) {
        let (learner, member) = (&self.learners[item], &mut self.crew[k]);
        let known = learner.known()[member.told[item]..].to_vec();
        member.told[item] = learner.known().len();
        member.give(Task { item, stretch: executions, skip, guide: learner.guide().clone(), known });
    }

    fn look_at_the_clock(&mut self) {
        if matches!(self.plan.limit, Limit::Seconds(limit) if self.clock.seconds() >= limit) {
            self.stop();
        }
    }

    /// Ends the campaign: workers end their tasks early, and get no others.
    fn stop(&mut self) {
        self.slots.stop();
        self.hand_out_tasks();
    }

    fn hear(&mut self, k: usize, event: Event) {
        match event {
            Event::Slice(slice) => {
                self.crew[k].task = None;
                self.learn(&slice);
                self.ended.tally.add(&slice);
                self.hand_out_tasks();
            }
            Event::Finding(finding) => {
                if self.means.shrink {
                    self.crew[k].shrinking = Some((finding.item, finding.failure.rule.clone()));
                }
                self.keep(finding);
            }
            Event::Shrunk(finding) => {
                self.crew[k].shrinking = None;
                self.keep(finding);
            }
            Event::Done => self.crew[k].is_done = true,
        }
    }

    fn learn(&mut self, slice: &Slice) {
        let learner = &mut self.learners[slice.item];
        learner.hear(&slice.trials, &slice.pairs);
        if self.rotation.done(slice.item) {
            learner.learn();
        }
    }

    fn keep(&mut self, finding: Finding) {
        if !self.ended.tally.is_first(&finding) {
            return;
        }
        let artifact = self.write_artifact(&finding);
        if self.ended.tally.keep(finding.clone(), artifact, self.clock.seconds()) {
            self.means.view.found(self.plan, &finding);
        }
    }

    fn write_artifact(&mut self, finding: &Finding) -> Option<PathBuf> {
        let backend = self.plan.items[finding.item].backend;
        let artifact =
            Artifact::new(backend, &finding.failure, self.plan.frames.clone(), finding.case.clone())
                .found_by(self.plan.seed, finding.index);
        let path = self.means.artifacts.join(artifact.file_name());
        match artifact.write(&path) {
            Ok(()) => Some(path),
            Err(e) => {
                let note = format!("cannot write {}: {e}; choose a folder with --artifacts", path.display());
                self.means.view.note(&note);
                None
            }
        }
    }

    /// Deals with a worker whose output ended.
    fn bury(&mut self, k: usize) -> io::Result<()> {
        let status = self.crew[k].wait()?;
        self.running -= 1;
        if self.crew[k].is_done && status.success() {
            return Ok(());
        }
        let Some((item, index)) = self.slots.current(k) else {
            return Err(io::Error::other(format!("worker {k} ended outside of an execution ({status})")));
        };
        if let Some(known) = self.crew[k].shrinking.take() {
            // The failure is kept as it was found, and the successor counts it without shrinking it.
            self.crew[k].order.known.insert(known);
        } else {
            self.keep_fatal(item, index, self.fatal(k, status));
            self.crew[k].task.iter_mut().for_each(|task| task.skip.push(index));
        }
        self.replace(k)
    }

    fn fatal(&self, k: usize, status: ExitStatus) -> Failure {
        if self.crew[k].is_hung { fatal::hang(self.means.patience) } else { fatal::crash(status) }
    }

    fn keep_fatal(&mut self, item: usize, index: u64, failure: Failure) {
        self.ended.tally.add_fatal(item, &failure.rule);
        let (case, _) = self.learners[item].guide().case(self.plan, self.plan.items[item], index);
        self.keep(Finding { item, index, failure, case });
        if self.means.first {
            self.stop();
        }
    }

    fn replace(&mut self, k: usize) -> io::Result<()> {
        if self.slots.is_stopped() {
            return Ok(());
        }
        if self.crew[k].restarts == RESTARTS_MAX {
            self.give_up(k);
            return Ok(());
        }
        self.slots.leave(k);
        let task = self.crew[k].restart(self.means.program, self.sender.clone())?;
        self.running += 1;
        if let Some(Task { item, stretch: executions, skip, .. }) = task {
            self.give(k, Stretch { item, executions }, skip);
        }
        Ok(())
    }

    /// Carries on without worker `k`, and without what it kept dying of.
    fn give_up(&mut self, k: usize) {
        self.ended.incomplete = true;
        if let Some(task) = self.crew[k].task.take() {
            self.rotation.give_up(task.item);
            let (item, times) = (self.plan.items[task.item], RESTARTS_MAX + 1);
            self.means
                .view
                .note(&format!("worker {k} died {times} times; what is left of {item} is given up"));
        }
        self.crew[k].dismiss();
        self.hand_out_tasks();
    }

    fn end_hung_workers(&mut self) {
        for (k, member) in self.crew.iter_mut().enumerate() {
            member.end_if_hung(self.slots.current(k), self.means.patience);
        }
    }
}
