//! The 82574 model on a leash: it sends as many frames as it is told to, so that a model can know how full the
//! transmit ring is; and takes one frame from the wire at a time, so that a model can know which ones get lost.

use dirql_sim::{Bus, Device};
use i82574_model::{Engine, I82574};

const TRANSMIT: u32 = 1 << Engine::Transmit as u32;
const RECEIVE: u32 = 1 << Engine::Receive as u32;
const WIRE: u32 = 1 << Engine::Wire as u32;
/// Steps from a frame's end to its interrupt: the write-back, and the causes.
const STEPS_AFTER_SEND: u32 = 2;

/// An 82574L that waits for permission to send.
#[derive(Debug)]
pub struct Chip {
    /// The model.
    pub nic: I82574,
    permits: u32,
    steps_left: u32,
}

impl Chip {
    /// Makes a chip that sends nothing yet.
    pub fn new(nic: I82574) -> Self {
        Self { nic, permits: 0, steps_left: 0 }
    }

    /// Lets the chip send up to `frames`, from now on.
    pub fn permit(&mut self, frames: u32) {
        self.permits = frames;
    }

    /// Does everything that can be done before any processor looks.
    pub fn run_ahead(&mut self, bus: &mut Bus<'_>) {
        while self.ready() != 0 {
            self.step(self.ready().trailing_zeros(), bus);
        }
    }

    fn may_transmit(&self) -> bool {
        self.permits > 0 || self.steps_left > 0
    }

    fn transmit(&mut self, bus: &mut Bus<'_>) {
        let before = self.nic.statistics().transmitted;
        self.nic.step(Engine::Transmit as u32, bus);
        self.steps_left = self.steps_left.saturating_sub(1);
        if self.nic.statistics().transmitted > before {
            self.permits = self.permits.saturating_sub(1);
            self.steps_left = STEPS_AFTER_SEND;
        }
    }
}

impl Device for Chip {
    fn name(&self) -> &'static str {
        self.nic.name()
    }

    fn read(&mut self, offset: u32, bus: &mut Bus<'_>) -> u32 {
        self.nic.read(offset, bus)
    }

    fn write(&mut self, offset: u32, value: u32, bus: &mut Bus<'_>) {
        self.nic.write(offset, value, bus);
    }

    fn ready(&self) -> u32 {
        let ready = self.nic.ready();
        let held_back = if self.may_transmit() { 0 } else { TRANSMIT };
        let waits = if ready & RECEIVE == 0 { 0 } else { WIRE };
        ready & !held_back & !waits
    }

    fn step(&mut self, engine: u32, bus: &mut Bus<'_>) {
        if engine == Engine::Transmit as u32 { self.transmit(bus) } else { self.nic.step(engine, bus) }
    }

    fn register_name(&self, offset: u32) -> &'static str {
        self.nic.register_name(offset)
    }
}
