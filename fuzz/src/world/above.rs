//! What lies above the driver in a run, and a look over its shoulder.

use std::sync::Arc;

use dirql::{
    Budget, Cx, DeferredOutcome, Disable, DmaMemory, Domain, Error, InterruptHandler, InterruptSync,
    IsrOutcome, Level, Platform, Source,
};
use dirql_sim::kernel;
use i82574_model::I82574;
use nic::{FRAME_LEN_MAX, Link, Nic, ReceivedFrame, SendStatus, Token, Upper};

use super::book::{Book, Problem};
use super::dress::put_tag;
use super::exclusion::{Exclusion, Observed};
use super::supervised::Supervised;
use super::{NIC, Scene};
use crate::reach::Counter;

/// Room for one frame to send, in the buffer that the senders share.
pub(super) const PACKET_STRIDE: u32 = 2048;
/// What the owner of a frame writes over it once it has it back.
const REUSED: [u8; FRAME_LEN_MAX as usize] = [0xa5; FRAME_LEN_MAX as usize];

/// The driver, on a platform that is watched.
pub(super) type Driver<P> = Nic<Supervised<P>, Above<<P as Platform>::Dma>>;

/// The upper layer: writes everything into the book.
pub(super) struct Above<D> {
    pub(super) book: Arc<Book>,
    /// The frames to send, which are the driver's until it gives them back.
    pub(super) packets: Arc<D>,
}

/// Ends the run if something is wrong.
pub(super) fn require<T>(checked: Result<T, Problem>) -> T {
    checked.unwrap_or_else(|(rule, message)| kernel::fail(rule, message))
}

/// Whatever the device says, the driver hands up no frame longer than Ethernet's, and none that is empty.
fn plausible(len: u32) -> Result<(), Problem> {
    match len {
        1..=FRAME_LEN_MAX => Ok(()),
        _ => Err(("DeviceValueUnvalidated", format!("a frame of {len} bytes is handed up"))),
    }
}

/// The upper layer may send from within; a lock of the driver that is held would then be taken twice.
pub(super) fn require_no_lock(what: &str) {
    if kernel::holds_lock() {
        kernel::fail("UpcallUnderLock", format!("{what} while the driver holds a lock"));
    }
}

impl<D: DmaMemory + 'static> Above<D> {
    /// Whoever gets a frame back uses its memory for something else, and at once.
    fn reuse(&self, token: Token) {
        let len = self.book.frame_len(token).min(REUSED.len());
        self.packets.write_bytes(token.0 as u32 * PACKET_STRIDE, &REUSED[..len]);
    }
}

impl<D: DmaMemory + 'static> Upper for Above<D> {
    fn received<L: Level, M: DmaMemory>(&self, _: &mut Cx<'_, L>, frame: &ReceivedFrame<'_, M>) {
        require_no_lock("a frame is handed up");
        require(plausible(frame.len()));
        let mut bytes = [0; FRAME_LEN_MAX as usize];
        let len = frame.copy_to(&mut bytes);
        kernel::note("hands up a frame of {} bytes", len as u64);
        require(self.book.check_checksums(&bytes[..len], frame.checksums()));
        let mut bytes = bytes[..len].to_vec();
        if let Some(tag) = frame.vlan() {
            put_tag(&mut bytes, tag);
        }
        require(self.book.received(&bytes));
    }

    fn sent<L: Level>(&self, _: &mut Cx<'_, L>, token: Token, status: SendStatus) {
        kernel::note("gives frame {} back", token.0);
        require_no_lock("a frame is given back");
        require(self.book.returned(token, status));
        self.reuse(token);
    }

    fn transmit_ready<L: Level>(&self, _: &mut Cx<'_, L>) {
        require_no_lock("room is announced");
        let mut n = 0;
        while let Some(event) = self.book.ready_event(n) {
            kernel::set_event(event);
            n += 1;
        }
    }

    fn link_changed<L: Level>(&self, _: &mut Cx<'_, L>, link: Link) {
        require_no_lock("the link is reported");
        require(self.book.link_changed(link));
    }
}

/// The driver, with a count of what its handler answers and a watch on its interrupt state.
pub(super) struct Watched<N> {
    pub(super) nic: N,
    pub(super) exclusion: Exclusion,
    book: Arc<Book>,
    honest: bool,
}

impl<N> Watched<N> {
    pub(super) fn new(scene: &Scene<'_>, nic: N) -> Self {
        let honest = scene.case.settings.hostile == 0;
        Self { nic, exclusion: Exclusion::default(), book: Arc::clone(&scene.book), honest }
    }

    /// Watches the sections of the driver's interrupt.
    pub(super) fn observe<'i, I>(&'i self, interrupt: &'i I) -> Observed<'i, I> {
        Observed { interrupt, exclusion: &self.exclusion }
    }
}

/// The adapter's line: whether a cause is due there, how often one became so, and whether the adapter is there. One
/// that throttling holds back is the ISR's to claim if it is asked for its neighbour's sake.
#[derive(Clone, Copy, Default)]
struct Line {
    due: bool,
    dues: u64,
    gone: bool,
}

fn line() -> Line {
    let look = |nic: &I82574| {
        let (due, dues) = nic.line();
        Line { due, dues, gone: nic.is_gone() }
    };
    kernel::inspect(NIC, I82574::LINE, look).unwrap_or_default()
}

/// An ISR claims no interrupt of its neighbour's, and disowns none that it took from its own device (R60).
fn check_claim(claimed: bool, before: Line, after: Line) -> Result<(), Problem> {
    let due = before.due || after.dues != before.dues;
    let ended = before.due && !after.due && !after.gone;
    match claimed {
        true if !due => Err(("WrongClaim", "the ISR claims what its device did not raise".into())),
        false if ended => Err(("WrongClaim", "the ISR ends its interrupt and disowns it".into())),
        _ => Ok(()),
    }
}

impl<N: InterruptHandler> InterruptHandler for Watched<N> {
    type Shared = N::Shared;

    fn shared(&self, domain: Domain) -> Self::Shared {
        self.nic.shared(domain)
    }

    fn isr(&self, shared: &mut Self::Shared, source: Source) -> IsrOutcome {
        let before = line();
        let outcome = self.exclusion.within(shared, |shared| self.nic.isr(shared, source));
        if source == Source::Line && self.honest {
            require(check_claim(outcome.claimed, before, line()));
        }
        if !outcome.claimed {
            self.book.hit(Counter::NotMine);
        }
        outcome
    }

    fn deferred<I: InterruptSync<Shared = Self::Shared>>(
        &self,
        cx: &mut Cx<'_, I::Deferred>,
        interrupt: &I,
        source: Source,
        budget: Budget,
    ) -> DeferredOutcome {
        let outcome = self.nic.deferred(cx, &self.observe(interrupt), source, budget);
        if outcome == DeferredOutcome::Again {
            self.book.hit(Counter::BudgetExhausted);
        }
        outcome
    }

    fn enable(&self, shared: &mut Self::Shared, source: Source) -> Result<(), Error> {
        self.exclusion.within(shared, |shared| self.nic.enable(shared, source))
    }

    fn disable(&self, shared: &mut Self::Shared, source: Source, why: Disable) {
        self.exclusion.within(shared, |shared| self.nic.disable(shared, source, why));
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, check_claim};

    const QUIET: Line = Line { due: false, dues: 3, gone: false };
    const DUE: Line = Line { due: true, ..QUIET };

    #[test]
    fn an_isr_claims_its_own_interrupts_and_no_others() {
        assert!(check_claim(true, DUE, QUIET).is_ok());
        assert!(check_claim(true, QUIET, QUIET).is_err());
        assert!(check_claim(true, QUIET, Line { dues: 4, ..QUIET }).is_ok(), "it came meanwhile");
        assert!(check_claim(false, QUIET, QUIET).is_ok());
        assert!(check_claim(false, DUE, QUIET).is_err(), "it was taken and disowned");
        assert!(check_claim(false, DUE, DUE).is_ok(), "it is still there for the next ISR");
        assert!(check_claim(false, DUE, Line { gone: true, ..QUIET }).is_ok(), "the device went");
    }
}
