//! One run: a machine with bells on it, the probe under test, and what was seen.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use dirql::{Budget, Config, Cx, Error, Passive, Request, Serialize, Source, SyncError};
use dirql_backends::Granted;
use dirql_sim::{DeviceId, Machine, Ordering, Report, Seeded, Setup, Strategy, Wiring, kernel};

use super::bell::{BELL, Bell, NEIGHBOUR};
use super::history::{Log, What};
use super::probe::{Probe, Script, Shared};
use crate::backend::Backend;
use crate::stage::{Play, Stage, at_passive, on};

/// The line's IRQL, and that of message 0; the others are above it.
pub(super) const LINE_IRQL: u8 = 5;
pub(super) const MESSAGE_IRQL: u8 = 6;
/// An honest run takes a hundredth.
const STEPS_MAX: u64 = 100_000;

/// The machine under a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Platform {
    pub(super) cpus: usize,
    pub(super) line: bool,
    pub(super) messages: u16,
    /// Whether a second bell is on the line.
    pub(super) neighbour: bool,
    /// Whether the bell interrupts though nobody armed it.
    pub(super) unruly: bool,
}

impl Platform {
    pub(super) const LINE: Self = Self { cpus: 2, line: true, messages: 0, neighbour: false, unruly: false };
    pub(super) const MESSAGES: Self = Self { messages: 3, ..Self::LINE };
}

/// Asks for the line, with a lock for each source.
pub(super) const LINE: Config =
    Config { request: Request::Line, serialize: Serialize::PerSource, budget: Budget::new(4) };

/// Asks for as many messages as the platform of [`Platform::MESSAGES`] has.
pub(super) const fn messages(serialize: Serialize) -> Config {
    Config { request: Request::Messages { max: 3 }, serialize, ..LINE }
}

/// The backend's `register` has returned.
pub(super) const REGISTERED: &str = "register returns";

/// What a run is told, and what it tells.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) log: Log,
    wrong: RefCell<Option<String>>,
    reached: RefCell<BTreeSet<&'static str>>,
    answers: RefCell<BTreeSet<String>>,
    not_applicable: Cell<Option<&'static str>>,
}

/// What a run came to.
pub(super) struct Seen {
    pub(super) report: Report,
    pub(super) run: Run,
}

impl Run {
    /// States what the backend must do. The first that it does not is what the run tells.
    pub(super) fn expect(&self, is_so: bool, what: impl FnOnce() -> String) {
        if !is_so {
            self.wrong.borrow_mut().get_or_insert_with(what);
        }
    }

    /// States what two values must have in common: everything.
    pub(super) fn equal<T: PartialEq + core::fmt::Debug>(&self, what: &str, got: T, wanted: T) {
        self.expect(got == wanted, || format!("{what}: {got:?} instead of {wanted:?}"));
    }

    /// Notes that something was seen that need not be seen in every run.
    pub(super) fn reach(&self, is_so: bool, what: &'static str) {
        if is_so {
            self.reached.borrow_mut().insert(what);
        }
    }

    /// Answers a question.
    pub(super) fn answer(&self, answer: impl Into<String>) {
        self.answers.borrow_mut().insert(answer.into());
    }

    /// States that the behaviour is not one of this backend's framework, and why.
    pub(super) fn not_applicable(&self, why: &'static str) {
        self.not_applicable.set(Some(why));
    }

    pub(super) fn is_not_applicable(&self) -> Option<&'static str> {
        self.not_applicable.get()
    }

    pub(super) fn wrong(&self) -> Option<String> {
        self.wrong.borrow().clone()
    }

    pub(super) fn reached(&self) -> BTreeSet<&'static str> {
        self.reached.borrow().clone()
    }

    pub(super) fn answers(&self) -> BTreeSet<String> {
        self.answers.borrow().clone()
    }
}

/// Something to play that reports to a run.
pub(super) trait Scene {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>, run: &Run);
}

struct Staged<'r, C> {
    scene: &'r C,
    run: &'r Run,
}

impl<C: Scene> Play for Staged<'_, C> {
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>) {
        self.scene.play::<S>(cx, self.run);
    }
}

/// Plays a scene once, on a backend and a platform, under a schedule.
pub(super) fn play(
    machine: &mut Machine,
    backend: Backend,
    platform: Platform,
    scene: &impl Scene,
    (strategy, seed): (Strategy, u64),
) -> Seen {
    set_up(machine, backend, platform, (strategy, seed));
    let run = Run::default();
    let report = machine.run(|| at_passive(|cx| on(backend, cx, &Staged { scene, run: &run })));
    Seen { report, run }
}

fn set_up(machine: &mut Machine, backend: Backend, platform: Platform, (strategy, seed): (Strategy, u64)) {
    machine.prepare(Setup {
        cpus: platform.cpus,
        ordering: Ordering::X64,
        scheduler: Box::new(Seeded::new(strategy, seed)),
        step_limit: STEPS_MAX,
        fail_allocation: None,
        record_schedule: false,
        record_trace: false,
    });
    let line = platform.line.then(|| machine.add_line(LINE_IRQL));
    let messages = if backend.has_messages() { platform.messages } else { 0 };
    let message_irqls = (0..messages).map(|n| MESSAGE_IRQL + n as u8).collect();
    let bell = if platform.unruly { Bell::unruly() } else { Bell::default() };
    machine.attach(BELL.index(), Box::new(bell), &Wiring { line, message_irqls, msix: true });
    if platform.neighbour {
        let wiring = Wiring { line, message_irqls: Vec::new(), msix: false };
        machine.attach(NEIGHBOUR.index(), Box::<Bell>::default(), &wiring);
    }
}

/// Lets a bell ring through source `n`, when the scheduler says so.
pub(super) fn ring_at(device: DeviceId, n: u16) {
    kernel::environment(device, |bell: &mut Bell, _| bell.ring(n));
}

/// As [`ring_at`], for the bell under test.
pub(super) fn ring(n: u16) {
    ring_at(BELL, n);
}

/// A driver between registration and removal.
pub(super) struct Life<S: Stage> {
    registration: S::Registration<Probe<S::Registers>>,
    device: S::Device,
    at: DeviceId,
    pub(super) log: Log,
}

impl<S: Stage> Life<S> {
    /// Opens the bell, registers a probe with the run's log, and starts it.
    pub(super) fn begin(cx: &mut Cx<'_, Passive>, run: &Run, config: Config, script: Script) -> Self {
        Self::try_begin(cx, &run.log, BELL, config, script).expect("the bell can interrupt so")
    }

    /// As [`begin`](Self::begin), for any bell, with a log of its own, and it may fail.
    pub(super) fn try_begin(
        cx: &mut Cx<'_, Passive>,
        log: &Log,
        at: DeviceId,
        config: Config,
        script: Script,
    ) -> Result<Self, Error> {
        Self::register(cx, log, at, config, script)?.start(cx)
    }

    /// The first half of [`try_begin`](Self::try_begin): calls the backend's `register`.
    pub(super) fn register(
        cx: &mut Cx<'_, Passive>,
        log: &Log,
        at: DeviceId,
        config: Config,
        script: Script,
    ) -> Result<Self, Error> {
        let device = S::open(cx, at)?;
        let probe = Probe { registers: S::registers(&device), log: log.clone(), script };
        let registration = S::register(cx, &device, probe, config)?;
        log.note(What::Step(REGISTERED));
        Ok(Self { registration, device, at, log: log.clone() })
    }

    /// The second half: lets the framework start the device.
    pub(super) fn start(self, cx: &mut Cx<'_, Passive>) -> Result<Self, Error> {
        let Self { registration, device, at, log } = self;
        Ok(Self { registration: S::start(cx, registration)?, device, at, log })
    }

    pub(super) fn granted(&self) -> Granted {
        S::granted(&self.registration)
    }

    /// Rings once through each granted source.
    pub(super) fn ring_all(&self) {
        (0..self.granted().sources().count() as u16).for_each(ring);
    }

    /// Runs a section from a thread; the log shows it if it runs.
    pub(super) fn section<R>(
        &self,
        cx: &mut Cx<'_, Passive>,
        source: Source,
        section: impl FnOnce(&mut Shared) -> R,
    ) -> Result<R, SyncError> {
        S::section(cx, &self.registration, source, |shared| {
            self.log.within(What::Section(source), || section(shared))
        })
    }

    /// Starts one thread for each of `sources`, which visits its domain `times` times; `meanwhile` goes on.
    pub(super) fn with_threads(&self, sources: &[Source], times: usize, meanwhile: impl FnOnce()) {
        kernel::scope(|scope| {
            for (n, &source) in sources.iter().enumerate() {
                scope.spawn(n, "section", move || at_passive(|cx| self.visit(cx, source, times)));
            }
            meanwhile();
        });
    }

    fn visit(&self, cx: &mut Cx<'_, Passive>, source: Source, times: usize) {
        for _ in 0..times {
            self.section(cx, source, Shared::visit).expect("the interrupt is connected");
        }
    }

    /// As [`Stage::suspend`]. Says whether the framework does so.
    pub(super) fn suspend(&self) -> bool {
        S::suspend(&self.registration);
        S::MANAGES_POWER
    }

    /// As [`Stage::resume`].
    pub(super) fn resume(&self) {
        S::resume(&self.registration);
    }

    /// As [`Stage::interlude`].
    pub(super) fn interlude(&self) {
        S::interlude(self.at, &self.registration);
    }

    /// Unregisters, and closes the device.
    pub(super) fn end(self, cx: &mut Cx<'_, Passive>) {
        self.end_because(cx, false);
    }

    /// As [`end`](Self::end), of a device that has gone.
    pub(super) fn end_gone(self, cx: &mut Cx<'_, Passive>) {
        kernel::environment(self.at, Bell::vanish);
        self.end_because(cx, true);
    }

    fn end_because(self, cx: &mut Cx<'_, Passive>, gone: bool) {
        self.log.note(What::Step("unregister"));
        drop(S::unregister(cx, self.registration, gone));
        self.log.note(What::Step("unregister returns"));
        drop(self.device);
    }
}
