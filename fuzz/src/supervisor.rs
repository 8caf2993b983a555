//! The parent of the workers: starts them, sums up what they report, and outlives them.
//!
//! A worker that dies in an execution, or stays in one for too long, has found a failure: the shared slots tell which.
//! Another takes its place behind that execution.

use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use crate::artifact::Artifact;
use crate::campaign::{Limit, Plan, Share};
use crate::clock::Stopwatch;
use crate::fatal;
use crate::outcome::Failure;
use crate::protocol::{Event, Finding, Order};
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
    /// Whether a worker died so often that its share was given up.
    pub(crate) incomplete: bool,
}

enum Message {
    Told(usize, Box<Event>),
    Babbled(usize, String),
    Closed(usize),
    Interrupt,
}

struct Worker {
    child: Child,
    share: Share,
    /// For each item, the execution behind the last that was reported.
    next: Vec<u64>,
    skip: Vec<(usize, u64)>,
    restarts: u32,
    is_done: bool,
    is_hung: bool,
    seen: Option<(usize, u64)>,
    seen_since: Stopwatch,
}

/// What a campaign needs besides its plan.
pub(crate) struct Means<'a> {
    /// Workers are this program with the argument `worker`.
    pub(crate) program: &'a Path,
    /// Where failing cases go.
    pub(crate) artifacts: &'a Path,
    /// How long an execution may take.
    pub(crate) patience: Duration,
    pub(crate) view: &'a mut dyn View,
}

/// Runs one campaign.
pub(crate) struct Supervisor<'a> {
    plan: &'a Plan,
    means: Means<'a>,
    slots: OwnedSlots,
    workers: Vec<Worker>,
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
            slots: OwnedSlots::create()?,
            workers: Vec::new(),
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
            let share = self.plan.share.part(k as u64, jobs as u64);
            let next = vec![share.first; self.plan.items.len()];
            let worker = self.spawn(k, share, next, Vec::new())?;
            self.workers.push(worker);
        }
        let result = self.attend();
        if result.is_err() {
            self.workers.iter_mut().for_each(|worker| drop(worker.child.kill()));
        }
        self.ended.seconds = self.clock.seconds();
        result.map(|()| self.ended)
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
        while self.running > 0 {
            match self.receiver.recv_timeout(TICK) {
                Ok(message) => self.handle(message)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if tick.elapsed() >= TICK {
                tick = Stopwatch::start();
                self.end_hung_workers();
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
                self.slots.stop();
            }
        }
        Ok(())
    }

    fn hear(&mut self, k: usize, event: Event) {
        match event {
            Event::Slice(slice) => {
                self.workers[k].next[slice.item] = slice.next;
                self.ended.tally.add(&slice);
            }
            Event::Finding(finding) => self.keep(finding),
            Event::Done => self.workers[k].is_done = true,
        }
    }

    fn keep(&mut self, finding: Finding) {
        if !self.ended.tally.is_first(&finding) {
            return;
        }
        let artifact = self.write_artifact(&finding);
        if self.ended.tally.keep(finding.clone(), artifact) {
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
                self.means
                    .view
                    .note(&format!("cannot write {}: {e}; choose a folder with --artifacts", path.display()));
                None
            }
        }
    }

    /// Deals with a worker whose output ended.
    fn bury(&mut self, k: usize) -> io::Result<()> {
        let status = self.workers[k].child.wait()?;
        self.running -= 1;
        if self.workers[k].is_done && status.success() {
            return Ok(());
        }
        let Some((item, index)) = self.slots.current(k) else {
            return Err(io::Error::other(format!("worker {k} ended outside of an execution ({status})")));
        };
        let failure =
            if self.workers[k].is_hung { fatal::hang(self.means.patience) } else { fatal::crash(status) };
        self.keep_fatal(item, index, failure);
        self.workers[k].skip.push((item, index));
        self.replace(k)
    }

    fn keep_fatal(&mut self, item: usize, index: u64, failure: Failure) {
        self.ended.tally.add_fatal(item, &failure.rule);
        let case = self.plan.case(self.plan.items[item], index);
        self.keep(Finding { item, index, failure, case });
    }

    fn replace(&mut self, k: usize) -> io::Result<()> {
        if self.ended.interrupted {
            return Ok(());
        }
        let restarts = self.workers[k].restarts + 1;
        if restarts > RESTARTS_MAX {
            self.ended.incomplete = true;
            self.means
                .view
                .note(&format!("worker {k} died {restarts} times; the rest of its share is given up"));
            return Ok(());
        }
        let (next, skip) = (self.workers[k].next.clone(), self.workers[k].skip.clone());
        let worker = self.spawn(k, self.workers[k].share, next, skip)?;
        self.workers[k] = Worker { restarts, ..worker };
        Ok(())
    }

    fn spawn(
        &mut self,
        k: usize,
        share: Share,
        next: Vec<u64>,
        skip: Vec<(usize, u64)>,
    ) -> io::Result<Worker> {
        self.slots.leave(k);
        let order = Order {
            plan: Plan { limit: self.limit_left(), ..self.plan.clone() },
            share,
            begin: next.clone(),
            skip: skip.clone(),
            slots: self.slots.path(),
            slot: k,
        };
        let mut child = start(self.means.program, &order)?;
        listen(k, &mut child, self.sender.clone());
        self.running += 1;
        let seen_since = Stopwatch::start();
        Ok(Worker {
            child,
            share,
            next,
            skip,
            restarts: 0,
            is_done: false,
            is_hung: false,
            seen: None,
            seen_since,
        })
    }

    fn limit_left(&self) -> Limit {
        match self.plan.limit {
            Limit::Seconds(seconds) => Limit::Seconds((seconds - self.clock.seconds()).max(0.0)),
            executions => executions,
        }
    }

    fn end_hung_workers(&mut self) {
        for (k, worker) in self.workers.iter_mut().enumerate() {
            let current = self.slots.current(k);
            if current != worker.seen {
                (worker.seen, worker.seen_since) = (current, Stopwatch::start());
            } else if current.is_some() && worker.seen_since.elapsed() >= self.means.patience {
                worker.is_hung = true;
                drop(worker.child.kill());
            }
        }
    }
}

fn start(program: &Path, order: &Order) -> io::Result<Child> {
    let mut child =
        Command::new(program).arg("worker").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(serde_json::to_string(order)?.as_bytes())?;
    Ok(child)
}

/// Forwards what a worker says, from a thread of its own.
#[expect(clippy::disallowed_methods, reason = "a pipe is read, nothing is simulated")]
fn listen(k: usize, child: &mut Child, sender: Sender<Message>) {
    let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    std::thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            let message = serde_json::from_str(&line)
                .map_or(Message::Babbled(k, line), |event| Message::Told(k, Box::new(event)));
            if sender.send(message).is_err() {
                return;
            }
        }
        // Nobody listens any more once the campaign has failed.
        drop(sender.send(Message::Closed(k)));
    });
}
