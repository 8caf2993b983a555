//! The register half of the driver, for a platform without DMA (UMDF): the link, the PHY, filters and counters. The
//! device receives without descriptors, so what it counts is what goes by; it sends nothing.

use dirql::{
    AtMost, Budget, Cx, DeferredOutcome, Disable, Domain, Error, InterruptHandler, InterruptSync, IsrOutcome,
    Level, Lock, Passive, Platform, Source, SyncError,
};

use crate::bringup::Setup;
use crate::configuration::Configuration;
use crate::deferred::serve;
use crate::gate::Gate;
use crate::lifecycle::no_interrupt;
use crate::link::LinkWatch;
use crate::phase::{Phase, Phases};
use crate::{Filter, InterruptMode, Link, Settings, Shared, Statistics};

/// What is told of the link. Called from the deferred routine, or from `start`, `reset` and `removed`, with no lock
/// held; not after `stop` or `removed` returned.
pub trait LinkListener: Send + Sync + 'static {
    /// Says that the link went up or down, or changed speed or duplex mode.
    fn link_changed(&self, link: Link);
}

/// The 82574L driver without its rings: a [`dirql::InterruptHandler`] over platform `P`, below `U`.
///
/// Two locks, of which none is ever taken inside the other, and none is held while `U` is called.
pub struct Monitor<P: Platform, U: LinkListener> {
    registers: P::Registers,
    upper: U,
    phases: Phases<P>,
    gate: Gate,
    configuration: Lock<P::RawLock, Configuration<P::Registers>>,
    link: LinkWatch<P::Registers>,
}

impl<P: Platform, U: LinkListener> Monitor<P, U> {
    /// Makes a driver that is stopped, for a device whose interrupts it masks, as [`Nic::new`](crate::Nic::new).
    pub fn new(registers: P::Registers, filter: Filter, upper: U) -> Self {
        Shared::new(registers.clone()).silence();
        let configuration = Configuration::new(registers.clone(), &Settings { filter, ..Settings::DEFAULT });
        Self {
            upper,
            phases: Phases::stopped(),
            gate: Gate::closed(),
            configuration: Lock::new(configuration),
            link: LinkWatch::new(registers.clone()),
            registers,
        }
    }

    /// Brings the device up and watches its link. PASSIVE_LEVEL, the interrupt registered.
    ///
    /// # Errors
    /// As [`Nic::start`](crate::Nic::start); the driver is then stopped.
    pub fn start<I>(&self, cx: &mut Cx<'_, Passive>, interrupt: &I, mode: InterruptMode) -> Result<(), Error>
    where
        I: InterruptSync<Shared = Shared<P::Registers>>,
        Passive: AtMost<I::MaxCaller>,
    {
        self.phases.start(cx, |cx| self.bring_up(cx, interrupt, mode))
    }

    /// Stops the driver: when it returns the device does not interrupt, and the upper layer is called no more. Does
    /// nothing if it is stopped. PASSIVE_LEVEL.
    pub fn stop<I>(&self, cx: &mut Cx<'_, Passive>, interrupt: &I)
    where
        I: InterruptSync<Shared = Shared<P::Registers>>,
        Passive: AtMost<I::MaxCaller>,
    {
        self.phases.stop(cx, |cx, mode| self.shut_down(cx, interrupt, mode, Disable::Normal));
    }

    /// Stops and starts again in the same mode. Does nothing if the driver is stopped or the device gone.
    /// PASSIVE_LEVEL.
    ///
    /// # Errors
    /// As [`start`](Self::start); the driver is then stopped.
    pub fn reset<I>(&self, cx: &mut Cx<'_, Passive>, interrupt: &I) -> Result<(), Error>
    where
        I: InterruptSync<Shared = Shared<P::Registers>>,
        Passive: AtMost<I::MaxCaller>,
    {
        self.phases.reset(cx, |cx, mode| {
            self.shut_down(cx, interrupt, mode, Disable::Normal);
            self.bring_up(cx, interrupt, mode)
        })
    }

    /// Ends as [`stop`](Self::stop), without asking the device, and for good (R81, R91). PASSIVE_LEVEL.
    pub fn removed<I>(&self, cx: &mut Cx<'_, Passive>, interrupt: &I)
    where
        I: InterruptSync<Shared = Shared<P::Registers>>,
        Passive: AtMost<I::MaxCaller>,
    {
        self.phases.give_up(cx, |cx, mode| {
            if let Some(mode) = mode {
                self.shut_down(cx, interrupt, mode, Disable::Gone);
            }
            if let Some(link) = self.link.set(Link::Down) {
                self.upper.link_changed(link);
            }
        });
    }

    /// Reads a register of the PHY, 0 to 31. PASSIVE_LEVEL; requests take turns with each other and with starts,
    /// stops and resets.
    ///
    /// # Errors
    /// `Unsupported` if there is no such register or the driver does not run; `Device` if the PHY does not answer;
    /// `Gone`.
    pub fn read_phy(&self, cx: &mut Cx<'_, Passive>, register: u8) -> Result<u16, Error> {
        self.phases.running(cx, |cx| self.setup().read_phy(cx, register))
    }

    /// Writes a register of the PHY, as [`read_phy`](Self::read_phy).
    ///
    /// # Errors
    /// As [`read_phy`](Self::read_phy).
    pub fn write_phy(&self, cx: &mut Cx<'_, Passive>, register: u8, value: u16) -> Result<(), Error> {
        self.phases.running(cx, |cx| self.setup().write_phy(cx, register, value))
    }

    /// Chooses which frames are counted. At the level of the platform's locks; kept over stop, start and reset.
    pub fn set_filter<L: Level>(&self, cx: &mut Cx<'_, L>, filter: Filter) {
        self.configuration.with(cx, |c| c.set_filter(filter));
    }

    /// Returns the device's counters; the driver's own stay zero. At the level of the platform's locks.
    pub fn statistics<L: Level>(&self, cx: &mut Cx<'_, L>) -> Statistics {
        self.configuration.with(cx, |c| c.statistics())
    }

    /// Returns the link's state as it was seen last.
    pub fn link(&self) -> Link {
        self.link.state()
    }

    /// Returns what lies above.
    pub fn upper(&self) -> &U {
        &self.upper
    }

    fn setup(&self) -> Setup<P> {
        Setup::new(self.registers.clone())
    }

    fn watch_link(&self) {
        if let Some(link) = self.link.look() {
            self.upper.link_changed(link);
        }
    }

    fn bring_up<I>(
        &self,
        cx: &mut Cx<'_, Passive>,
        interrupt: &I,
        mode: InterruptMode,
    ) -> (Phase, Result<(), Error>)
    where
        I: InterruptSync<Shared = Shared<P::Registers>>,
        Passive: AtMost<I::MaxCaller>,
    {
        if let Err(error) = mode.check() {
            return (Phase::Stopped, Err(error));
        }
        let running = self.program(cx, interrupt, mode).and_then(|()| self.go(cx, interrupt, mode));
        if running.is_err() {
            self.shut_down(cx, interrupt, mode, Disable::Normal);
            return (Phase::Stopped, running);
        }
        (Phase::Running(mode), running)
    }

    fn program<I>(&self, cx: &mut Cx<'_, Passive>, interrupt: &I, mode: InterruptMode) -> Result<(), Error>
    where
        I: InterruptSync<Shared = Shared<P::Registers>>,
        Passive: AtMost<I::MaxCaller>,
    {
        self.reset_device(cx, interrupt, mode)?;
        let mut setup = self.setup();
        setup.work_around_errata();
        setup.route(mode);
        self.configuration.with(cx, |c| c.open());
        setup.set_link_up(false);
        Ok(())
    }

    /// Lets the link be watched: it is looked at while nobody else does, and the gate opens before the first
    /// interrupt, whose deferred run would be lost otherwise.
    fn go<I>(&self, cx: &mut Cx<'_, Passive>, interrupt: &I, mode: InterruptMode) -> Result<(), Error>
    where
        I: InterruptSync<Shared = Shared<P::Registers>>,
        Passive: AtMost<I::MaxCaller>,
    {
        self.watch_link();
        self.gate.open();
        mode.sources().try_for_each(|source| {
            let started = interrupt.synchronize(cx, source, |shared| shared.start(source, mode));
            started.map_err(no_interrupt)
        })
    }

    fn shut_down<I>(&self, cx: &mut Cx<'_, Passive>, interrupt: &I, mode: InterruptMode, why: Disable)
    where
        I: InterruptSync<Shared = Shared<P::Registers>>,
        Passive: AtMost<I::MaxCaller>,
    {
        for source in mode.sources() {
            // A disconnected source has no ISR to tell.
            let _ = interrupt.synchronize(cx, source, |shared| shared.stop(source, why));
        }
        self.gate.close_and_drain::<P>(cx);
        if why == Disable::Gone {
            self.configuration.with(cx, |c| c.lost());
        } else {
            // Whatever went wrong, nothing better can be done about the device than the reset that was tried.
            let _ = self.reset_device(cx, interrupt, mode);
            self.setup().release();
        }
    }

    /// Turns everything off and resets the device. The interrupt registers are only its section's to touch.
    fn reset_device<I>(
        &self,
        cx: &mut Cx<'_, Passive>,
        interrupt: &I,
        mode: InterruptMode,
    ) -> Result<(), Error>
    where
        I: InterruptSync<Shared = Shared<P::Registers>>,
        Passive: AtMost<I::MaxCaller>,
    {
        let silence = |cx: &mut Cx<'_, Passive>| -> Result<(), SyncError> {
            interrupt.synchronize(cx, mode.first_source(), Shared::silence)
        };
        let before = silence(cx);
        self.configuration.with(cx, |c| c.close());
        let reset = self.setup().reset(cx);
        before.and(silence(cx)).map_err(no_interrupt)?;
        Ok(reset?)
    }
}

impl<P: Platform, U: LinkListener> InterruptHandler for Monitor<P, U> {
    type Shared = Shared<P::Registers>;

    fn shared(&self, _domain: Domain) -> Self::Shared {
        Shared::new(self.registers.clone())
    }

    fn isr(&self, shared: &mut Self::Shared, source: Source) -> IsrOutcome {
        shared.isr(source)
    }

    /// Looks at the link if that is what was raised, and unmasks.
    fn deferred<I: InterruptSync<Shared = Self::Shared>>(
        &self,
        cx: &mut Cx<'_, I::Deferred>,
        interrupt: &I,
        source: Source,
        _: Budget,
    ) -> DeferredOutcome {
        serve(&self.gate, cx, interrupt, source, |_, duties| {
            if duties.link {
                self.watch_link();
            }
            false
        })
    }

    fn enable(&self, shared: &mut Self::Shared, source: Source) -> Result<(), Error> {
        shared.enable(source, self.gate.is_open());
        Ok(())
    }

    fn disable(&self, shared: &mut Self::Shared, source: Source, why: Disable) {
        shared.disable(source, why);
    }
}
