//! The interrupt handler: the ISR's entry, and the deferred routine.

use dirql::{
    Budget, Cx, DeferredOutcome, Disable, Domain, Error, InterruptHandler, InterruptSync, IsrOutcome, Level,
    Platform, RegisterIo, Source,
};

use crate::gate::Gate;
use crate::wiring::Duties;
use crate::{Nic, ReceivedFrame, Shared, Upper};

impl<P: Platform, U: Upper> InterruptHandler for Nic<P, U> {
    type Shared = Shared<P::Registers>;

    fn shared(&self, _domain: Domain) -> Self::Shared {
        Shared::new(self.registers.clone())
    }

    fn isr(&self, shared: &mut Self::Shared, source: Source) -> IsrOutcome {
        shared.isr(source)
    }

    /// Takes what the ISR recorded, does the work, and unmasks. It may come late: after a stop or a removal it
    /// finds the gate closed, and after a restart it finds nothing due.
    fn deferred<I: InterruptSync<Shared = Self::Shared>>(
        &self,
        cx: &mut Cx<'_, I::Deferred>,
        interrupt: &I,
        source: Source,
        budget: Budget,
    ) -> DeferredOutcome {
        serve(&self.gate, cx, interrupt, source, |cx, duties| self.work(cx, duties, budget))
    }

    fn enable(&self, shared: &mut Self::Shared, source: Source) -> Result<(), Error> {
        shared.enable(source, self.gate.is_open());
        Ok(())
    }

    fn disable(&self, shared: &mut Self::Shared, source: Source, why: Disable) {
        shared.disable(source, why);
    }
}

/// Runs the deferred routine of a source: takes its duties, does the `work`, which says whether its budget ran out,
/// and unmasks.
pub(crate) fn serve<R: RegisterIo, I: InterruptSync<Shared = Shared<R>>>(
    gate: &Gate,
    cx: &mut Cx<'_, I::Deferred>,
    interrupt: &I,
    source: Source,
    work: impl FnOnce(&mut Cx<'_, I::Deferred>, Duties) -> bool,
) -> DeferredOutcome {
    let Some(_pass) = gate.enter() else { return DeferredOutcome::Done };
    let begun = interrupt.synchronize(cx, source, |shared| shared.begin(source));
    let Ok(Some(duties)) = begun else { return DeferredOutcome::Done };
    let exhausted = work(cx, duties);
    let ended = interrupt.synchronize(cx, source, |shared| shared.finish(source, exhausted));
    ended.unwrap_or(DeferredOutcome::Done)
}

impl<P: Platform, U: Upper> Nic<P, U> {
    /// Does what is to be done, and says whether the budget ran out. Completions come first, since they free
    /// memory, but take at most half where frames wait too.
    fn work<L: Level>(&self, cx: &mut Cx<'_, L>, duties: Duties, budget: Budget) -> bool {
        if duties.link {
            self.watch_link(cx);
        }
        let items = budget.items();
        let share = if duties.receive { items.div_ceil(2) } else { items };
        let completed = if duties.transmit { self.complete(cx, share) } else { 0 };
        let rest = items.saturating_sub(completed);
        let received = if duties.receive { self.receive(cx, rest) } else { 0 };
        (duties.transmit && completed >= share) || (duties.receive && received >= rest)
    }

    /// Tells the upper layer if the link changed.
    pub(crate) fn watch_link<L: Level>(&self, cx: &mut Cx<'_, L>) {
        if let Some(link) = self.link.look() {
            self.upper.link_changed(cx, link);
        }
    }

    /// Gives up to `max` sent frames back, and returns how many.
    fn complete<L: Level>(&self, cx: &mut Cx<'_, L>, max: u32) -> u32 {
        let mut count: u32 = 0;
        loop {
            let rest = max.saturating_sub(count);
            let (done, room) = self.transmit.with(cx, |ring| (ring.reap(rest), ring.take_room()));
            for (token, status) in done.iter() {
                self.upper.sent(cx, token, status);
            }
            if room {
                self.upper.transmit_ready(cx);
            }
            count = count.saturating_add(done.len() as u32);
            if !done.is_full() {
                return count;
            }
        }
    }

    /// Hands the frames of up to `max` descriptors up, and returns of how many. The last look finds nothing, and
    /// returns the buffers of the one before.
    fn receive<L: Level>(&self, cx: &mut Cx<'_, L>, max: u32) -> u32 {
        let mut count: u32 = 0;
        loop {
            let rest = max.saturating_sub(count);
            let (harvest, ring) = self.receive.with(cx, |ring| (ring.harvest(rest), ring.ring()));
            if harvest.descriptors == 0 {
                return count;
            }
            for span in harvest.frames.iter() {
                let size = self.receive_buffer_size.bytes();
                self.upper.received(cx, &ReceivedFrame::new(&self.receive_buffers, ring, size, span));
            }
            count = count.saturating_add(harvest.descriptors);
        }
    }
}
