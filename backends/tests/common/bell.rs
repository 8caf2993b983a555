//! A bell, and handlers that do nothing but watch what they are told and when.
#![allow(unreachable_pub, reason = "a test's own module")]

use std::sync::Arc;

use dirql::sync::{AtomicBool, AtomicU32, Ordering};
use dirql::{
    Budget, Config, Cx, DeferredOutcome, Disable, Domain, Error, InterruptHandler, InterruptSync, IsrOutcome,
    RegisterIo, Request, Serialize, Source,
};
use dirql_backends::wdm::Registers;
use dirql_ddi::PASSIVE_LEVEL;
use dirql_sim::{Bus, DeviceId, kernel};

pub const BELL: DeviceId = DeviceId::new(0);
pub const RING: u32 = 0;
const QUIET: u32 = 4;
const ENABLE: u32 = 8;

/// A write to RING rings the bell, one to QUIET stops it; RING reads 1 meanwhile, and the line is asserted if
/// ENABLE was written last with 1.
#[derive(Default)]
pub struct Bell {
    rings: bool,
    enabled: bool,
}

impl dirql_sim::Device for Bell {
    fn name(&self) -> &'static str {
        "bell"
    }

    fn read(&mut self, offset: u32, _bus: &mut Bus<'_>) -> u32 {
        u32::from(offset == RING && self.rings)
    }

    fn write(&mut self, offset: u32, value: u32, bus: &mut Bus<'_>) {
        match offset {
            ENABLE => self.enabled = value != 0,
            offset => self.rings = offset == RING,
        }
        bus.pins.set_line(self.rings && self.enabled);
    }

    fn ready(&self) -> u32 {
        0
    }

    fn step(&mut self, _engine: u32, _bus: &mut Bus<'_>) {}
}

pub const LINE: Config =
    Config { request: Request::Line, serialize: Serialize::PerSource, budget: Budget::new(4) };

/// What the handler did.
#[derive(Default)]
pub struct Log {
    deferrals: AtomicU32,
    begun: AtomicU32,
    ended: AtomicU32,
    /// Set when no method may run any more.
    pub over: AtomicBool,
}

impl Log {
    pub fn deferrals(&self) -> u32 {
        self.deferrals.load(Ordering::SeqCst)
    }

    pub fn begun(&self) -> u32 {
        self.begun.load(Ordering::SeqCst)
    }

    pub fn ended(&self) -> u32 {
        self.ended.load(Ordering::SeqCst)
    }
}

/// Defers whatever comes, and wants to run again as long as `again` says so of the number of runs.
pub struct Ringer {
    pub registers: Registers,
    pub log: Arc<Log>,
    pub again: fn(u32) -> bool,
    pub enabled: Result<(), Error>,
}

impl Ringer {
    /// What holds in every method.
    fn check(&self) {
        assert_eq!(kernel::irql(), PASSIVE_LEVEL);
        assert!(!self.log.over.load(Ordering::SeqCst), "a method runs after unregistering");
    }

    /// What holds of everything that is handed the state. It takes some steps.
    pub fn alone(&self, inside: &mut bool) {
        self.check();
        assert!(!std::mem::replace(inside, true), "somebody else is inside");
        linger(&self.registers, 2);
        *inside = false;
    }
}

pub fn linger(registers: &Registers, steps: u32) {
    for _ in 0..steps {
        registers.read_u32(RING);
    }
}

impl InterruptHandler for Ringer {
    /// Whether somebody is inside.
    type Shared = bool;

    fn shared(&self, _: Domain) -> bool {
        false
    }

    fn isr(&self, inside: &mut bool, _: Source) -> IsrOutcome {
        self.alone(inside);
        if self.registers.read_u32(RING) == 0 {
            return IsrOutcome::NOT_MINE;
        }
        self.registers.write_u32(QUIET, 1);
        self.log.deferrals.fetch_add(1, Ordering::SeqCst);
        IsrOutcome::DEFERRED
    }

    fn deferred<I: InterruptSync<Shared = bool>>(
        &self,
        cx: &mut Cx<'_, I::Deferred>,
        interrupt: &I,
        source: Source,
        budget: Budget,
    ) -> DeferredOutcome {
        assert_eq!((source, budget), (Source::Line, LINE.budget));
        let runs = self.log.begun.fetch_add(1, Ordering::SeqCst) + 1;
        self.check();
        assert_eq!(interrupt.synchronize(cx, source, |inside| self.alone(inside)), Ok(()));
        linger(&self.registers, 2);
        self.check();
        self.log.ended.fetch_add(1, Ordering::SeqCst);
        match (self.again)(runs) {
            true => DeferredOutcome::Again,
            false => DeferredOutcome::Done,
        }
    }

    fn enable(&self, inside: &mut bool, _: Source) -> Result<(), Error> {
        self.alone(inside);
        self.registers.write_u32(ENABLE, 1);
        self.enabled
    }

    fn disable(&self, inside: &mut bool, _: Source, _: Disable) {
        self.alone(inside);
        self.registers.write_u32(ENABLE, 0);
    }
}

/// A driver whose device never interrupts.
pub struct Deaf;

impl InterruptHandler for Deaf {
    type Shared = ();

    fn shared(&self, _: Domain) {}

    fn isr(&self, (): &mut (), _: Source) -> IsrOutcome {
        IsrOutcome::NOT_MINE
    }

    fn deferred<I: InterruptSync<Shared = ()>>(
        &self,
        _: &mut Cx<'_, I::Deferred>,
        _: &I,
        _: Source,
        _: Budget,
    ) -> DeferredOutcome {
        DeferredOutcome::Done
    }

    fn enable(&self, (): &mut (), _: Source) -> Result<(), Error> {
        Ok(())
    }

    fn disable(&self, (): &mut (), _: Source, _: Disable) {}
}
