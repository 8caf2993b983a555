//! Another device on the same line, and its driver: it interrupts, and that is all it does.

use dirql::sync::{AtomicU32, Ordering};
use dirql::{
    Budget, Cx, DeferredOutcome, Disable, Domain, Error, InterruptHandler, InterruptSync, IsrOutcome,
    RegisterIo, Source,
};
use dirql_sim::{Bus, Device};

/// Reads 1 while the device asserts the line.
const STATUS: u32 = 0;
/// Writing it releases the line.
const ACKNOWLEDGE: u32 = 4;

/// The device.
#[derive(Debug, Default)]
pub(super) struct Neighbour {
    wanted: u32,
    asserted: bool,
}

impl Neighbour {
    /// Makes the device interrupt once more.
    pub(super) fn press(&mut self) {
        self.wanted += 1;
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.wanted == 0 && !self.asserted
    }
}

impl Device for Neighbour {
    fn name(&self) -> &'static str {
        "neighbour"
    }

    fn read(&mut self, offset: u32, _: &mut Bus<'_>) -> u32 {
        if offset == STATUS { u32::from(self.asserted) } else { 0 }
    }

    fn write(&mut self, offset: u32, _: u32, bus: &mut Bus<'_>) {
        if offset == ACKNOWLEDGE {
            self.asserted = false;
            bus.pins.set_line(false);
        }
    }

    fn ready(&self) -> u32 {
        u32::from(self.wanted > 0 && !self.asserted)
    }

    fn step(&mut self, _: u32, bus: &mut Bus<'_>) {
        self.wanted -= 1;
        self.asserted = true;
        bus.pins.set_line(true);
    }

    fn register_name(&self, offset: u32) -> &'static str {
        if offset == STATUS { "STATUS" } else { "ACKNOWLEDGE" }
    }
}

/// The driver.
pub(super) struct NeighbourDriver<R> {
    registers: R,
    served: AtomicU32,
}

impl<R: RegisterIo + 'static> NeighbourDriver<R> {
    pub(super) fn new(registers: R) -> Self {
        Self { registers, served: AtomicU32::new(0) }
    }

    pub(super) fn served(&self) -> u32 {
        self.served.load(Ordering::Relaxed)
    }
}

impl<R: RegisterIo + 'static> InterruptHandler for NeighbourDriver<R> {
    type Shared = ();

    fn shared(&self, _: Domain) {}

    fn isr(&self, (): &mut (), _: Source) -> IsrOutcome {
        if self.registers.read_u32(STATUS) == 0 {
            return IsrOutcome::NOT_MINE;
        }
        self.registers.write_u32(ACKNOWLEDGE, 1);
        // The line must have dropped when the ISR returns; a read makes the posted write arrive.
        let _still = self.registers.read_u32(STATUS);
        self.served.fetch_add(1, Ordering::Relaxed);
        IsrOutcome::HANDLED
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
