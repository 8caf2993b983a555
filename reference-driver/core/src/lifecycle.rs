//! Start, stop, reset and removal.

use dirql::{AtMost, Cx, Disable, Error, ErrorKind, InterruptSync, Passive, Platform, SyncError};

use crate::bringup::Setup;
use crate::phase::Phase;
use crate::settings::is_station_address;
use crate::{InterruptMode, Link, Nic, Shared, Upper};

impl<P: Platform, U: Upper> Nic<P, U> {
    /// Brings the device up and lets it interrupt through those of the mode's sources that are enabled, and
    /// through the others once they are.
    ///
    /// PASSIVE_LEVEL, the interrupt registered. Frames may arrive, and the link be reported, before it returns.
    ///
    /// # Errors
    /// `Unsupported` if it runs already, or the mode has other than 1 or 3 vectors; `NoInterrupt` if the
    /// interrupt lacks one of the mode's sources; `Device` or `Gone` as the device answers. The driver is
    /// then stopped.
    pub fn start<I>(&self, cx: &mut Cx<'_, Passive>, interrupt: &I, mode: InterruptMode) -> Result<(), Error>
    where
        I: InterruptSync<Shared = Shared<P::Registers>>,
        Passive: AtMost<I::MaxCaller>,
    {
        self.phases.start(cx, |cx| self.bring_up(cx, interrupt, mode))
    }

    /// Stops the driver. When it returns the device neither interrupts nor touches memory, every accepted send
    /// has been given back, and the upper layer is called no more. Does nothing if it is stopped.
    ///
    /// PASSIVE_LEVEL. The interrupt may be disconnected by then, if the backend disabled it first.
    pub fn stop<I>(&self, cx: &mut Cx<'_, Passive>, interrupt: &I)
    where
        I: InterruptSync<Shared = Shared<P::Registers>>,
        Passive: AtMost<I::MaxCaller>,
    {
        self.phases.stop(cx, |cx, mode| self.shut_down(cx, interrupt, mode, Disable::Normal));
    }

    /// Stops and starts again in the same mode, while senders go on: they see
    /// [`Stopped`](crate::SendError::Stopped) for a while, and what was under way comes back as sent or aborted.
    /// Does nothing if the driver is stopped or the device gone.
    ///
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

    /// Gives everything back after the device was removed, without asking it for anything: as
    /// [`stop`](Self::stop), and for good (R81, R91). A start or stop under way ends first; all its waits are
    /// bounded.
    ///
    /// PASSIVE_LEVEL.
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
                self.upper.link_changed(cx, link);
            }
        });
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

    /// Resets the device and programs it. Formats come before RCTL.EN, which takes them over, and buffers after.
    fn program<I>(&self, cx: &mut Cx<'_, Passive>, interrupt: &I, mode: InterruptMode) -> Result<(), Error>
    where
        I: InterruptSync<Shared = Shared<P::Registers>>,
        Passive: AtMost<I::MaxCaller>,
    {
        self.reset_device(cx, interrupt, mode)?;
        self.learn_mac(cx)?;
        let mut setup = Setup::<P>::new(self.registers.clone());
        setup.work_around_errata();
        setup.route(mode);
        self.transmit.with(cx, |ring| ring.program());
        self.receive.with(cx, |ring| ring.program(!mode.is_msix()));
        self.configuration.with(cx, |c| c.open());
        self.receive.with(cx, |ring| ring.replenish());
        setup.set_link_up(self.vlan);
        Ok(())
    }

    /// Lets frames flow. The order matters: the link is looked at while nobody else does; the gate opens before
    /// the first interrupt, whose deferred run would be lost otherwise; sends are accepted last, so that a
    /// failure has nothing to give back.
    fn go<I>(&self, cx: &mut Cx<'_, Passive>, interrupt: &I, mode: InterruptMode) -> Result<(), Error>
    where
        I: InterruptSync<Shared = Shared<P::Registers>>,
        Passive: AtMost<I::MaxCaller>,
    {
        self.watch_link(cx);
        self.gate.open();
        for source in mode.sources() {
            interrupt.synchronize(cx, source, |shared| shared.start(source, mode)).map_err(no_interrupt)?;
        }
        let room = self.transmit.with(cx, |ring| {
            ring.open();
            ring.take_room()
        });
        if room {
            self.upper.transmit_ready(cx);
        }
        Ok(())
    }

    /// Makes the device quiet and gives everything back. The order matters: no new frames; no new deferred runs;
    /// none inside; no DMA; and only then are the senders' buffers theirs again.
    fn shut_down<I>(&self, cx: &mut Cx<'_, Passive>, interrupt: &I, mode: InterruptMode, why: Disable)
    where
        I: InterruptSync<Shared = Shared<P::Registers>>,
        Passive: AtMost<I::MaxCaller>,
    {
        self.transmit.with(cx, |ring| ring.close());
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
            Setup::<P>::new(self.registers.clone()).release();
        }
        self.give_back(cx);
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
        let source = mode.first_source();
        let before = interrupt.synchronize(cx, source, Shared::silence);
        self.configuration.with(cx, |c| c.close());
        self.transmit.with(cx, |ring| ring.turn_off());
        let reset = Setup::<P>::new(self.registers.clone()).reset(cx);
        let after = interrupt.synchronize(cx, source, Shared::silence);
        before.and(after).map_err(no_interrupt)?;
        Ok(reset?)
    }

    /// Returns the station's address before the first start: the EEPROM's, unless somebody set one. A framework
    /// wants to know it while the interrupt is not registered yet.
    ///
    /// PASSIVE_LEVEL, the driver stopped.
    ///
    /// # Errors
    /// `Device` or `Gone` as the device answers.
    pub fn read_mac_address(&self, cx: &mut Cx<'_, Passive>) -> Result<[u8; 6], Error> {
        self.learn_mac(cx)?;
        self.mac_address(cx).ok_or(ErrorKind::Device.into())
    }

    /// Takes the EEPROM's address if there is none yet.
    fn learn_mac(&self, cx: &mut Cx<'_, Passive>) -> Result<(), Error> {
        if self.configuration.with(cx, |c| c.mac()).is_some() {
            return Ok(());
        }
        let mac = Setup::<P>::new(self.registers.clone()).read_mac(cx)?;
        if !is_station_address(mac) {
            return Err(ErrorKind::Device.into());
        }
        self.configuration.with(cx, |c| c.set_mac(mac));
        Ok(())
    }

    /// Gives back every frame that is still in the closed ring.
    fn give_back(&self, cx: &mut Cx<'_, Passive>) {
        loop {
            let done = self.transmit.with(cx, |ring| ring.abandon());
            if done.is_empty() {
                return;
            }
            for (token, status) in done.iter() {
                self.upper.sent(cx, token, status);
            }
        }
    }
}

pub(crate) fn no_interrupt(_: SyncError) -> Error {
    ErrorKind::NoInterrupt.into()
}
