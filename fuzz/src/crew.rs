//! The worker processes as their supervisor sees them: started, listened to, watched, and started again.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::Sender;
use std::time::Duration;

use serde::Serialize;

use crate::clock::Stopwatch;
use crate::protocol::{Event, Order, Task};

/// What reaches the supervisor.
pub(crate) enum Message {
    /// A worker reported.
    Told(usize, Box<Event>),
    /// A worker printed something else.
    Babbled(usize, String),
    /// A worker's output ended.
    Closed(usize),
    /// The user pressed Ctrl-C.
    Interrupt,
}

/// One worker with its order and task, which a successor can carry on with.
pub(crate) struct Member {
    child: Child,
    /// Where it gets its tasks from; nothing when there are no more.
    input: Option<ChildStdin>,
    pub(crate) order: Order,
    pub(crate) task: Option<Task>,
    /// For each item, how many of the access pairs that are covered it was told of.
    pub(crate) told: Vec<usize>,
    pub(crate) restarts: u32,
    pub(crate) is_done: bool,
    pub(crate) is_hung: bool,
    /// The failure that it makes smaller right now: item and rule.
    pub(crate) shrinking: Option<(usize, String)>,
    seen: Option<(usize, u64)>,
    seen_since: Stopwatch,
}

impl Member {
    /// Starts a worker that carries out `order`.
    pub(crate) fn start(program: &Path, order: Order, sender: Sender<Message>) -> io::Result<Self> {
        let mut child = spawn(program)?;
        let mut input = child.stdin.take().expect("it is piped");
        write_line(&mut input, &order)?;
        let stdout = child.stdout.take().expect("it is piped");
        listen(order.slot, BufReader::new(stdout), sender);
        Ok(Self {
            child,
            input: Some(input),
            told: vec![0; order.plan.items.len()],
            order,
            task: None,
            restarts: 0,
            is_done: false,
            is_hung: false,
            shrinking: None,
            seen: None,
            seen_since: Stopwatch::start(),
        })
    }

    /// Starts a successor with the same order, and returns the task that is to be done again.
    pub(crate) fn restart(&mut self, program: &Path, sender: Sender<Message>) -> io::Result<Option<Task>> {
        let successor = Self::start(program, self.order.clone(), sender)?;
        let before = std::mem::replace(self, successor);
        self.restarts = before.restarts + 1;
        Ok(before.task)
    }

    /// Gives it a task.
    pub(crate) fn give(&mut self, task: Task) {
        if let Some(input) = &mut self.input {
            // If it has died, its output has ended too, which tells so.
            drop(write_line(input, &task));
            self.task = Some(task);
        }
    }

    /// Says whether it waits for a task.
    pub(crate) fn is_idle(&self) -> bool {
        self.input.is_some() && self.task.is_none()
    }

    /// Tells it that there are no tasks any more.
    pub(crate) fn dismiss(&mut self) {
        self.input = None;
    }

    /// Waits for the process, whose output has ended.
    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    /// Ends the process if it has stayed in the execution `current` for longer than `patience`.
    pub(crate) fn end_if_hung(&mut self, current: Option<(usize, u64)>, patience: Duration) {
        if current != self.seen {
            (self.seen, self.seen_since) = (current, Stopwatch::start());
        } else if current.is_some() && self.seen_since.elapsed() >= patience {
            self.is_hung = true;
            self.end();
        }
    }

    /// Ends the process; one that has ended already is left alone.
    pub(crate) fn end(&mut self) {
        drop(self.child.kill());
    }
}

fn spawn(program: &Path) -> io::Result<Child> {
    Command::new(program).arg("worker").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
}

fn write_line(input: &mut ChildStdin, what: &impl Serialize) -> io::Result<()> {
    input.write_all((serde_json::to_string(what)? + "\n").as_bytes())
}

/// Forwards what worker `k` says, from a thread of its own.
#[expect(clippy::disallowed_methods, reason = "a pipe is read, nothing is simulated")]
fn listen(k: usize, output: impl BufRead + Send + 'static, sender: Sender<Message>) {
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            if sender.send(understood(k, line)).is_err() {
                return;
            }
        }
        // Nobody listens any more once the campaign has failed.
        drop(sender.send(Message::Closed(k)));
    });
}

fn understood(k: usize, line: String) -> Message {
    match serde_json::from_str(&line) {
        Ok(event) => Message::Told(k, Box::new(event)),
        Err(_) => Message::Babbled(k, line),
    }
}
