//! One execution: the driver on a backend, the device, its neighbour, senders, the wire, and the judge.
//!
//! | Who | File |
//! |---|---|
//! | the platform under the driver | [`stage`](crate::stage), watched by [`supervised`] |
//! | whether an ISR and its sections exclude each other | [`exclusion`] |
//! | what lies above it | [`above`] |
//! | threads: senders, control, wire | [`actors`] |
//! | the other device on a shared line | [`neighbour`] |
//! | the order of things, from start to unregister | [`play`] |
//! | all of that for the register half, where there is no DMA | [`monitor`] |
//! | all of that for a whole miniport driver, under NDIS | [`miniport`] |
//! | all of that for a whole function driver, under KMDF, UMDF or WDM | [`function_driver`] |
//! | what must be true at rest | [`judge`] |
//! | whether the driver still works at the end | [`probe`] |
//! | what is known of every frame | [`book`] |
//! | what things are called in a timeline | [`names`] |

mod above;
mod actors;
mod book;
mod dress;
mod exclusion;
mod function_driver;
mod internet;
mod judge;
mod miniport;
mod monitor;
mod names;
mod neighbour;
mod play;
mod probe;
mod supervised;

use std::any::Any;
use std::sync::Arc;

use dirql_backends::{kmdf::Kmdf, mock::Mock, ndis::Ndis, umdf::Umdf, wdm::Wdm};
use dirql_sim::{
    Device, DeviceId, Machine, Ordering, Replay, Report, Scheduler, Seeded, Setup, Strategy, Wiring,
};
use i82574_model::{Config, I82574};

use crate::backend::Backend;
use crate::capture::Frames;
use crate::case::{Case, Interrupt, Memory, Schedule, Settings};
use crate::outcome::Record;
use crate::reach::Counter;
use crate::scheduler;
use crate::stage::WdmPassive;
use crate::timeline::Names;
use book::Book;
use neighbour::Neighbour;

/// The network adapter.
const NIC: DeviceId = DeviceId::new(0);
/// The other device on its line, if the line is shared.
const NEIGHBOUR: DeviceId = DeviceId::new(1);

/// A run that takes more steps is a livelock; the longest honest ones take a tenth.
const STEPS_MAX: u64 = 200_000;
const LINE_IRQL: u8 = 5;

/// What the contexts of a run share behind the machine's back, for an exploration. What only one of them writes, and
/// counters, are not named.
mod shared {
    /// Whether the driver may touch the device.
    pub(super) const HANDS_OFF: u16 = 0;
    /// Who has the receive buffers.
    pub(super) const OWNERSHIP: u16 = 1;
    /// Who is inside an interrupt's state.
    pub(super) const EXCLUSION: u16 = 2;
    /// Whether the driver may still call up.
    pub(super) const CLOSED: u16 = 3;
    /// Which frames arrived, and which were handed up.
    pub(super) const ARRIVALS: u16 = 4;
    /// The link, as it was reported.
    pub(super) const LINK: u16 = 5;
    /// Whether the card was pulled.
    pub(super) const REMOVED: u16 = 6;
    /// Whether a frame was given back; the first of as many as there are.
    pub(super) const FRAMES: u16 = 16;
}

/// What every part of a run can see.
struct Scene<'c> {
    case: &'c Case,
    book: Arc<Book>,
    frames: Arc<Frames>,
}

/// A machine with its devices, used for one case after the other.
pub(crate) struct World {
    pub(crate) machine: Machine,
    book: Arc<Book>,
    frames: Arc<Frames>,
    /// The model, between runs; a run in which it panics loses it.
    nic: Option<Box<I82574>>,
}

/// What a run came to, besides the machine's report.
pub(crate) struct Findings {
    pub(crate) report: Report,
    pub(crate) reach: crate::reach::Reach,
    pub(crate) device: i82574_model::Reach,
    pub(crate) frames_sent: u64,
    pub(crate) frames_received: u64,
    /// What the numbers in the report's trace stand for, if there is one.
    pub(crate) names: Names,
}

impl World {
    pub(crate) fn new(frames: Arc<Frames>) -> Self {
        let book = Arc::new(Book::new(Arc::clone(&frames)));
        Self { machine: Machine::new(), book, frames, nic: None }
    }

    /// Runs a case.
    ///
    /// # Panics
    /// If its scenario is not there on this backend.
    pub(crate) fn run(&mut self, backend: Backend, case: &Case, record: Record) -> Findings {
        self.run_by(scheduler(case), backend, case, record)
    }

    /// Runs a case by another scheduler than its own.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub(crate) fn run_by(
        &mut self,
        scheduler: Box<dyn Scheduler>,
        backend: Backend,
        case: &Case,
        record: Record,
    ) -> Findings {
        assert!(case.scenario.runs_on(backend), "{} is not there on {backend}", case.scenario);
        self.set_up(scheduler, backend, case, record);
        let scene = Scene { case, book: Arc::clone(&self.book), frames: Arc::clone(&self.frames) };
        let report = self.machine.run(|| match backend {
            Backend::Ndis if case.is_of_whole_driver() => miniport::play(&scene),
            Backend::Kmdf if case.is_of_whole_driver() => function_driver::play::<Kmdf>(&scene, backend),
            Backend::Umdf if case.is_of_whole_driver() => function_driver::play::<Umdf>(&scene, backend),
            Backend::Wdm if case.is_of_whole_driver() => function_driver::play::<Wdm>(&scene, backend),
            Backend::Mock => play::play::<Mock>(&scene),
            Backend::Wdm => play::play::<Wdm>(&scene),
            Backend::Ndis => play::play::<Ndis>(&scene),
            Backend::Kmdf => play::play::<Kmdf>(&scene),
            Backend::Umdf => monitor::play::<Umdf>(&scene),
            Backend::WdmPassive => monitor::play::<WdmPassive>(&scene),
        });
        let names = names::names(&self.machine, &report, case);
        self.nic = self.machine.detach(NIC).and_then(|device| {
            let device: Box<dyn Any> = device;
            device.downcast().ok()
        });
        let device = self.nic.as_ref().map(|nic| nic.reach()).unwrap_or_default();
        let reach = self.book.reach();
        let (frames_sent, frames_received) = (reach[Counter::FramesOut], self.book.frames_received());
        Findings { report, reach, device, frames_sent, frames_received, names }
    }

    fn set_up(&mut self, scheduler: Box<dyn Scheduler>, backend: Backend, case: &Case, record: Record) {
        let settings = &case.settings;
        self.book.start(case);
        self.machine.prepare(Setup {
            cpus: settings.cpus.into(),
            ordering: match settings.memory {
                Memory::X64 => Ordering::X64,
                Memory::Arm64 => Ordering::Arm64,
            },
            scheduler,
            step_limit: STEPS_MAX,
            fail_allocation: case.fail_allocation(),
            record_schedule: record == Record::Schedule,
            record_trace: record == Record::Trace,
        });
        let line = self.machine.add_line(LINE_IRQL);
        let message_irqls = if backend.has_messages() { message_irqls(settings) } else { Vec::new() };
        let msix = settings.interrupt != Interrupt::Msi;
        let wiring = Wiring { line: Some(line), message_irqls, msix };
        let mut nic = self.nic.take().unwrap_or_default();
        nic.reset(Config {
            hostile: settings.hostile,
            seed: settings.device_seed,
            cable: case.begins_with_cable(),
            left_enabled: case.finds_interrupts_enabled(),
            ..Config::default()
        });
        self.machine.attach(NIC.index(), nic as Box<dyn Device>, &wiring);
        if settings.interrupt == Interrupt::SharedLine {
            let wiring = Wiring { line: Some(line), message_irqls: Vec::new(), msix: false };
            self.machine.attach(NEIGHBOUR.index(), Box::<Neighbour>::default(), &wiring);
        }
    }
}

/// Messages of one device mostly have different levels, so that their ISRs can nest (R50).
fn message_irqls(settings: &Settings) -> Vec<u8> {
    let equal = settings.device_seed & 3 == 0;
    let count = match settings.interrupt {
        Interrupt::Line | Interrupt::SharedLine => 0,
        Interrupt::Msi | Interrupt::MsiX1 => 1,
        Interrupt::MsiX3 => 3,
    };
    (0..count).map(|n| if equal { 6 } else { 6 + n }).collect()
}

fn scheduler(case: &Case) -> Box<dyn Scheduler> {
    match &case.schedule {
        Schedule::Seeded { scheduler, seed } => {
            Box::new(Seeded::expecting(strategy(*scheduler), Some(case.decisions_expected()), *seed))
        }
        Schedule::Switches(switches) => {
            let switches = switches.iter().map(|s| dirql_sim::Switch { gap: s.gap, pick: s.pick });
            Box::new(Replay::new(switches.collect()))
        }
    }
}

fn strategy(scheduler: scheduler::Scheduler) -> Strategy {
    match scheduler {
        scheduler::Scheduler::Random => Strategy::Random,
        scheduler::Scheduler::Sticky => Strategy::Sticky,
        scheduler::Scheduler::Pct2 => Strategy::Pct { depth: 2 },
        scheduler::Scheduler::Pct3 => Strategy::Pct { depth: 3 },
        scheduler::Scheduler::Pct5 => Strategy::Pct { depth: 5 },
        scheduler::Scheduler::RunToCompletion => Strategy::RunToCompletion,
        scheduler::Scheduler::Pct => Strategy::PctRounds,
        scheduler::Scheduler::Pos => Strategy::Pos,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Strategy, World, strategy};
    use crate::backend::Backend;
    use crate::capture::Frames;
    use crate::case::Case;
    use crate::outcome::Record;
    use crate::scenario::Scenario;
    use crate::scheduler::Scheduler;

    /// The campaign may not know the machine, so it has a list of its own.
    #[test]
    fn the_campaign_begins_with_the_shares_of_the_machines_rotation() {
        for &scheduler in Scheduler::ALL {
            let turns = Strategy::PORTFOLIO.iter().filter(|&&turn| turn == strategy(scheduler));
            assert_eq!(turns.count() as u64, scheduler.share(), "{scheduler}");
        }
    }

    #[test]
    fn the_length_of_most_executions_is_estimated_within_a_factor_of_two() {
        let mut world = World::new(Arc::new(Frames::builtin()));
        for scenario in [Scenario::Traffic, Scenario::Msix, Scenario::Lifecycle, Scenario::Link] {
            let close = (0..60).filter(|&index| {
                let case = Case::generate(scenario, 3, index, Scheduler::Pct3);
                let points = world.run(Backend::Mock, &case, Record::Nothing).report.points;
                let expected = u64::from(case.decisions_expected());
                (expected / 2..expected * 2).contains(&points)
            });
            let close = close.count();
            assert!(close >= 45, "{scenario}: {close} of 60");
        }
    }
}
