//! The worker processes as their supervisor sees them: started, listened to, watched, and started again.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::Sender;
use std::time::Duration;

use crate::clock::Stopwatch;
use crate::protocol::{Event, Order};

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

/// One worker and the order that it has, kept such that a successor can carry on with it.
pub(crate) struct Member {
    child: Child,
    pub(crate) order: Order,
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
        let child = start(program, &order, sender)?;
        Ok(Self {
            child,
            order,
            restarts: 0,
            is_done: false,
            is_hung: false,
            shrinking: None,
            seen: None,
            seen_since: Stopwatch::start(),
        })
    }

    /// Starts a successor, whose order is what is left of this one's.
    pub(crate) fn restart(&mut self, program: &Path, sender: Sender<Message>) -> io::Result<()> {
        let successor = Self::start(program, self.order.clone(), sender)?;
        *self = Self { restarts: self.restarts + 1, ..successor };
        Ok(())
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

fn start(program: &Path, order: &Order, sender: Sender<Message>) -> io::Result<Child> {
    let mut child =
        Command::new(program).arg("worker").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(serde_json::to_string(order)?.as_bytes())?;
    let stdout = child.stdout.take().expect("it is piped");
    listen(order.slot, BufReader::new(stdout), sender);
    Ok(child)
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
