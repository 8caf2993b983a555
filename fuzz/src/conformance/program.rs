//! A driver's life as data, and the history that it gives on a backend: the same on all, up to the list.

use core::fmt;

use dirql::{Budget, Config, Cx, ErrorKind, Passive, Request, Serialize, Source};
use dirql_sim::{Machine, Strategy, kernel};

use super::bell::BELL;
use super::history::{Edge, Event, What};
use super::probe::Script;
use super::run::{Life, Platform, REGISTERED, Run, Scene, play, ring};
use crate::backend::Backend;
use crate::stage::Stage;

/// What a device has, what a driver asks for, and what happens to both, one thing after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// How many processors there are, 1 to 4.
    pub cpus: usize,
    /// How many messages the device has besides its line, 0 to 3.
    pub messages: u16,
    /// What the driver asks for.
    pub request: Request,
    /// Which messages share a lock.
    pub serialize: Serialize,
    /// The message that the driver cannot enable.
    pub refuses: Option<u16>,
    /// Whether deferred routines run twice before they are done.
    pub again: bool,
    /// What happens. The machine comes to rest after each step.
    pub steps: Vec<Step>,
    /// Whether the device goes at the end.
    pub gone: bool,
    /// How often all of this happens, 1 or more.
    pub lives: u8,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The device interrupts through this source; a number that was not granted stands for another one.
    Ring(u16),
    /// A thread synchronizes with this message, granted or not.
    Section(u16),
    /// A thread synchronizes with the line, granted or not.
    LineSection,
    /// The framework does what it may do of its own accord.
    Interlude,
}

/// What a driver saw: its calls with their IRQL, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History(Vec<(What, u8)>);

const INTERLUDE: What = What::Step("the framework acts of its own accord");
const INTERLUDE_ENDS: What = What::Step("and is done");

impl Program {
    /// Runs the program on a backend.
    ///
    /// # Errors
    /// Returns what rule the run broke.
    pub fn run(&self, machine: &mut Machine, backend: Backend, seed: u64) -> Result<History, String> {
        let platform = Platform { cpus: self.cpus, messages: self.messages, ..Platform::LINE };
        let seen = play(machine, backend, platform, self, (Strategy::rotate(seed), seed));
        match seen.report.violation {
            Some(violation) => Err(violation.to_string()),
            None => Ok(History::new(&seen.run.log.events())),
        }
    }

    fn config(&self) -> Config {
        Config { request: self.request, serialize: self.serialize, budget: Budget::new(4) }
    }

    fn script(&self) -> Script {
        Script {
            refuses: self.refuses.map(Source::Message),
            again: if self.again { |runs| runs % 2 == 1 } else { |_| false },
            ..Script::PLAIN
        }
    }

    fn step<S: Stage>(&self, cx: &mut Cx<'_, Passive>, life: &Life<S>, step: Step) {
        match step {
            Step::Ring(n) => ring(n % life.granted().sources().count() as u16),
            Step::Section(n) => section(cx, life, Source::Message(n)),
            Step::LineSection => section(cx, life, Source::Line),
            Step::Interlude => {
                life.log.note(INTERLUDE);
                life.interlude();
                life.log.note(INTERLUDE_ENDS);
            }
        }
        kernel::quiesce();
    }
}

impl Scene for Program {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run) {
        for _ in 0..self.lives {
            match Life::<S>::try_begin(cx, &run.log, BELL, self.config(), self.script()) {
                Ok(life) => {
                    self.steps.iter().for_each(|&step| self.step(cx, &life, step));
                    if self.gone { life.end_gone(cx) } else { life.end(cx) }
                }
                Err(error) => run.log.note(What::Failed(error.kind())),
            }
        }
    }
}

fn section<S: Stage>(cx: &mut Cx<'_, Passive>, life: &Life<S>, source: Source) {
    if let Err(error) = life.section(cx, source, |shared| shared.visit()) {
        life.log.note(What::Refused(source, error));
    }
}

impl History {
    fn new(events: &[Event]) -> Self {
        let begun = events.iter().filter(|event| event.edge != Edge::Leave);
        Self(begun.map(|event| (event.what, event.irql)).collect())
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(what, irql)| writeln!(f, "{irql:2} {what:?}"))
    }
}

/// What the entries of the list take out.
impl Program {
    pub(super) fn hide_line_instead_of_messages(&self, history: &mut History) {
        if self.request == Request::Line && self.messages > 0 {
            history.0.clear();
        }
    }

    pub(super) fn hide_messages(&self, history: &mut History) {
        if matches!(self.request, Request::Messages { .. }) && self.messages > 0 {
            history.0.clear();
        }
    }

    pub(super) fn hide_states_of_a_refusal(&self, history: &mut History) {
        let mut kept: Vec<(What, u8)> = Vec::new();
        for &(what, irql) in &history.0 {
            while matches!((what, kept.last()), (What::Failed(_), Some((What::Make(_), _)))) {
                kept.pop();
            }
            kept.push((what, irql));
        }
        history.0 = kept;
    }

    pub(super) fn hide_registered(&self, history: &mut History) {
        history.0.retain(|(what, _)| *what != What::Step(REGISTERED));
    }

    /// From the enabling that fails to the failure that the driver is told.
    pub(super) fn hide_undoing(&self, history: &mut History) {
        let Some(refused) = self.refuses.map(Source::Message) else { return };
        let mut undoing = false;
        history.0.retain_mut(|(what, _)| {
            let kept = !undoing;
            match what {
                What::Enable(source) if *source == refused => undoing = true,
                What::Failed(kind) if undoing => {
                    *kind = ErrorKind::Device;
                    undoing = false;
                    return true;
                }
                _ => {}
            }
            kept
        });
    }

    pub(super) fn hide_budgets(&self, history: &mut History) {
        history.0.retain(|(what, _)| !matches!(what, What::Budget(_)));
    }

    pub(super) fn hide_interludes(&self, history: &mut History) {
        let mut inside = false;
        history.0.retain(|(what, _)| {
            inside = (inside || *what == INTERLUDE) && *what != INTERLUDE_ENDS;
            !inside
        });
    }

    pub(super) fn hide_level_of_one_lock(&self, history: &mut History) {
        let fewer = matches!(self.request, Request::Messages { max } if max < self.messages);
        if fewer && self.serialize == Serialize::AllSources {
            history.0.iter_mut().filter(|(what, _)| what.locked().is_some()).for_each(|(_, irql)| *irql = 0);
        }
    }

    pub(super) fn hide_levels(&self, history: &mut History) {
        history.0.iter_mut().for_each(|(_, irql)| *irql = 0);
    }

    pub(super) fn hide_order_of_disabling(&self, history: &mut History) {
        let disabled = |entry: &(What, u8)| match entry.0 {
            What::Disable(source, _) => Some(source),
            _ => None,
        };
        for run in history.0.chunk_by_mut(|a, b| disabled(a).is_some() && disabled(b).is_some()) {
            run.sort_by_key(disabled);
        }
    }
}
