//! A driver whose whole work is to write down who was there: its shared state is a log.
//!
//! A log tells every order from every other, so what it holds at the end says which serial order the interrupt
//! service routines, deferred routines and sections ran in, if it was one. Each entry is written in two halves with
//! a preemption point between them: whoever gets in between is lost or doubled.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use dirql::{
    AtMost, Budget, Config, Cx, DeferredOutcome, Disable, Dispatch, Domain, Error, InterruptHandler,
    InterruptSync, IsrOutcome, Passive, RegisterIo, Request, Serialize, Source,
};
use dirql_sim::{Bus, Device, Machine, Ordering, Report, Strategy, Wiring, kernel};

use crate::stage::{DEVICE, DmaStage, at_passive, setup};

/// Who wrote an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The ISR of a source.
    Isr(Source),
    /// The deferred routine of a source.
    Deferred(Source),
    /// A thread.
    Thread(usize),
}

/// An entry: who, and the how many-th of theirs.
pub type Entry = (Who, usize);

/// What one access to a log saw: where, its own entry, and how many were there before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whose log.
    pub domain: Domain,
    /// What it wrote.
    pub entry: Entry,
    /// How many entries it found.
    pub before: usize,
}

/// A small program of interrupts and sections, and how it is scheduled.
#[derive(Clone, Debug)]
pub struct Program {
    /// How many processors, 1 to 4.
    pub cpus: usize,
    /// How many messages the device has; 0 for a line.
    pub messages: u16,
    /// Which messages share a lock.
    pub serialize: Serialize,
    /// The messages that the device sends, in order, modulo their number.
    pub rings: Vec<u16>,
    /// For each thread the sources with whose domain it synchronizes, in order, modulo their number.
    pub threads: Vec<Vec<u16>>,
    /// How it is scheduled.
    pub strategy: Strategy,
    /// What the scheduler draws from.
    pub seed: u64,
}

/// What came of a run: every access, in the order in which they ended, and each domain's log at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// All accesses.
    pub accesses: Vec<Access>,
    /// The logs.
    pub logs: Vec<(Domain, Vec<Entry>)>,
}

impl Program {
    fn source(&self, n: u16) -> Source {
        if self.messages == 0 { Source::Line } else { Source::Message(n % self.messages) }
    }

    fn sources(&self) -> impl Iterator<Item = Source> {
        (0..self.messages.max(1)).map(|n| self.source(n))
    }

    fn domain(&self, source: Source) -> Domain {
        match (source, self.serialize) {
            (Source::Line, _) => Domain::Line,
            (Source::Message(_), Serialize::AllSources) => Domain::AllMessages,
            (Source::Message(n), Serialize::PerSource) => Domain::Message(n),
        }
    }

    fn config(&self) -> Config {
        let request = match self.messages {
            0 => Request::Line,
            max => Request::Messages { max },
        };
        Config { request, serialize: self.serialize, budget: Budget::UNLIMITED }
    }

    /// Runs the program on backend `S` and returns the machine's report with the history.
    pub fn run<S: DmaStage>(&self, machine: &mut Machine, record_trace: bool) -> (Report, History) {
        let setup = setup(self.cpus, Ordering::X64, self.strategy, self.seed);
        machine.prepare(dirql_sim::Setup { record_trace, ..setup });
        let line = Some(machine.add_line(5));
        let message_irqls = (0..self.messages).map(|n| 6 + n as u8).collect();
        let bell = Bell { rings: self.rings.iter().copied().collect(), ..Bell::default() };
        machine.attach(DEVICE.index(), Box::new(bell), &Wiring { line, message_irqls, msix: true });
        let mut history = History::default();
        let report = machine.run(|| at_passive(|cx| history = self.play::<S>(cx)));
        (report, history)
    }

    fn play<S: DmaStage>(&self, cx: &mut Cx<'_, Passive>) -> History {
        let device = S::open(cx, DEVICE).expect("the device is there");
        let ledger =
            Ledger { program: self.clone(), registers: S::registers(&device), accesses: Mutex::default() };
        let registration = S::connect(cx, &device, ledger, self.config()).expect("it can interrupt");
        let (ledger, interrupt) = (S::handler(&registration), S::interrupt(&registration));
        kernel::environment(DEVICE, |bell: &mut Bell, _| bell.armed = true);
        kernel::scope(|scope| {
            for (n, sections) in self.threads.iter().enumerate() {
                scope.spawn(n, "thread", move || at_passive(|cx| ledger.thread(cx, interrupt, n, sections)));
            }
        });
        kernel::quiesce();
        let mut logs: Vec<(Domain, Vec<Entry>)> = Vec::new();
        for source in self.sources() {
            let log = interrupt.synchronize(cx, source, |log| log.clone()).expect("it is connected");
            logs.push((self.domain(source), log));
        }
        logs.dedup();
        let accesses = S::unregister(cx, registration, false).accesses.into_inner();
        History { accesses: accesses.unwrap_or_else(PoisonError::into_inner), logs }
    }
}

/// The driver.
struct Ledger<R> {
    program: Program,
    registers: R,
    accesses: Mutex<Vec<Access>>,
}

impl<R: RegisterIo + 'static> Ledger<R> {
    fn thread<I>(&self, cx: &mut Cx<'_, Passive>, interrupt: &I, thread: usize, sections: &[u16])
    where
        I: InterruptSync<Shared = Vec<Entry>, MaxCaller = Dispatch>,
    {
        for &n in sections {
            self.enter(cx, interrupt, self.program.source(n), Who::Thread(thread));
        }
    }

    /// Writes an entry in a section.
    fn enter<L, I>(&self, cx: &mut Cx<'_, L>, interrupt: &I, source: Source, who: Who)
    where
        L: AtMost<I::MaxCaller>,
        I: InterruptSync<Shared = Vec<Entry>>,
    {
        let done = interrupt.synchronize(cx, source, |log| self.write(log, source, who));
        assert_eq!(done, Ok(()), "the interrupt is connected");
    }

    /// Writes an entry: reads the log, lets others go on, and puts back what it read with its own entry.
    fn write(&self, log: &mut Vec<Entry>, source: Source, who: Who) {
        let number = self.accesses().iter().filter(|access| access.entry.0 == who).count();
        let mut copy = log.clone();
        kernel::pause();
        let before = copy.len();
        copy.push((who, number));
        *log = copy;
        let domain = self.program.domain(source);
        self.accesses().push(Access { domain, entry: (who, number), before });
    }

    fn accesses(&self) -> std::sync::MutexGuard<'_, Vec<Access>> {
        self.accesses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R: RegisterIo + 'static> InterruptHandler for Ledger<R> {
    type Shared = Vec<Entry>;

    fn shared(&self, _: Domain) -> Vec<Entry> {
        Vec::new()
    }

    fn isr(&self, log: &mut Vec<Entry>, source: Source) -> IsrOutcome {
        if source == Source::Line {
            if self.registers.read_u32(STATUS) == 0 {
                return IsrOutcome::NOT_MINE;
            }
            self.registers.write_u32(ACKNOWLEDGE, 1);
        }
        self.write(log, source, Who::Isr(source));
        IsrOutcome::DEFERRED
    }

    fn deferred<I: InterruptSync<Shared = Vec<Entry>>>(
        &self,
        cx: &mut Cx<'_, I::Deferred>,
        interrupt: &I,
        source: Source,
        _: Budget,
    ) -> DeferredOutcome {
        self.enter(cx, interrupt, source, Who::Deferred(source));
        DeferredOutcome::Done
    }

    fn enable(&self, _: &mut Vec<Entry>, _: Source) -> Result<(), Error> {
        Ok(())
    }

    fn disable(&self, _: &mut Vec<Entry>, _: Source, _: Disable) {}
}

/// Reads 1 while the line is asserted.
const STATUS: u32 = 0;
/// A write releases the line.
const ACKNOWLEDGE: u32 = 4;

/// The device: it interrupts as often as it was told to, and that is all it does.
#[derive(Debug, Default)]
struct Bell {
    rings: VecDeque<u16>,
    armed: bool,
    asserted: bool,
}

impl Device for Bell {
    fn name(&self) -> &'static str {
        "bell"
    }

    fn read(&mut self, offset: u32, _: &mut Bus<'_>) -> u32 {
        if offset == STATUS { self.asserted.into() } else { 0 }
    }

    fn write(&mut self, offset: u32, _: u32, bus: &mut Bus<'_>) {
        if offset == ACKNOWLEDGE {
            self.asserted = false;
            bus.pins.set_line(false);
        }
    }

    fn ready(&self) -> u32 {
        (self.armed && !self.asserted && !self.rings.is_empty()).into()
    }

    fn step(&mut self, _: u32, bus: &mut Bus<'_>) {
        match (self.rings.pop_front(), bus.pins.mode) {
            (Some(n), dirql_sim::InterruptMode::MsiX(messages)) => bus.pins.send_message(n % messages),
            (Some(_), _) => {
                self.asserted = true;
                bus.pins.set_line(true);
            }
            (None, _) => {}
        }
    }
}
