//! The chip as a whole: its parts, its engines, and what the world may do to it.

use std::sync::Arc;

use dirql::Register;
use dirql_sim::{Access, Bus, Device, Parts};
use i82574::GONE;
use i82574::descriptor::DESCRIPTOR_SIZE;
use i82574::general::{Ctrl, Eerd, ExtcnfCtrl, Mdic, Swsm, Vet};
use i82574::interrupt::Cause;
use i82574::receive::Rctl;

use crate::filter::Filter;
use crate::interrupt::Interrupts;
use crate::lies::{Lies, Random};
use crate::outbox::Outbox;
use crate::receive::Receive;
use crate::slow::{Countdown, Phy};
use crate::statistics::Counters;
use crate::stored::Stored;
use crate::transmit::Transmit;
use crate::wire::{Happening, Wire};
use crate::{Config, Reach, Statistics};

/// Where CTRL is found a second time.
pub(crate) const CTRL_COPY: u32 = 0x0004;

/// What the chip does on its own; the value is the engine's number on the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Engine {
    /// Reads descriptors and data, sends frames, writes back.
    Transmit = 0,
    /// Writes received frames to memory.
    Receive = 1,
    /// The world outside: frames arrive, the link changes, the card is removed.
    Wire = 2,
    /// Ends throttle intervals and PHY accesses.
    Slow = 3,
}

/// An Intel 82574L.
///
/// [`Device::step`] takes an [`Engine`]'s number. One value serves many runs: [`reset`](Self::reset) powers it
/// on anew and keeps its allocations.
#[derive(Debug, Default)]
pub struct I82574 {
    pub(crate) config: Config,
    pub(crate) ctrl: Ctrl,
    pub(crate) eerd: Eerd,
    pub(crate) mdic: Mdic,
    pub(crate) swsm: Swsm,
    pub(crate) extcnf: ExtcnfCtrl,
    pub(crate) interrupts: Interrupts,
    pub(crate) transmit: Transmit,
    pub(crate) receive: Receive,
    pub(crate) filter: Filter,
    pub(crate) stored: Stored,
    pub(crate) phy: Phy,
    pub(crate) reset_polls: Countdown,
    pub(crate) nvm_load_polls: Countdown,
    pub(crate) eerd_polls: Countdown,
    pub(crate) mdic_polls: Countdown,
    pub(crate) cable: bool,
    pub(crate) gone: bool,
    pub(crate) wire: Wire,
    pub(crate) outbox: Outbox,
    pub(crate) lies: Lies,
    pub(crate) counters: Counters,
    pub(crate) statistics: Statistics,
    pub(crate) reach: Reach,
}

impl I82574 {
    /// Makes a chip and powers it on.
    pub fn new(config: Config) -> Self {
        let mut chip = Self::default();
        chip.reset(config);
        chip
    }

    /// Powers the chip on anew, as `config` says. Queues, statistics and reach counters start empty.
    pub fn reset(&mut self, config: Config) {
        self.config = config;
        self.cable = config.cable;
        self.gone = false;
        self.wire.clear();
        self.outbox.clear();
        self.lies = Lies::new(config.hostile, config.seed);
        self.filter.power_on(&mut Random::new(!config.seed));
        self.swsm = Swsm::empty();
        self.extcnf = ExtcnfCtrl::empty();
        self.phy = Phy::default();
        self.receive.held.resize(config.packet_buffer_frames);
        self.interrupts = Interrupts::default();
        if config.left_enabled {
            self.interrupts.leave_enabled();
            self.happen(Happening::LeftOver);
        }
        self.reset_registers();
        self.nvm_load_polls = Countdown::default();
        self.reset_polls = Countdown::default();
        self.statistics = Statistics::default();
        self.reach = Reach::default();
    }

    /// Puts a frame on its way to the chip, without FCS. The far end pads it to 60 bytes.
    pub fn arrive(&mut self, frame: Arc<[u8]>) {
        self.happen(Happening::Frame(frame));
    }

    /// Plugs or pulls the cable, after whatever is already on its way.
    pub fn set_link(&mut self, up: bool) {
        self.happen(Happening::Cable(up));
    }

    /// Removes the card without warning, after whatever is already on its way. From then on reads give all ones,
    /// writes go nowhere, and there is neither DMA nor an interrupt.
    pub fn remove(&mut self) {
        self.happen(Happening::Removal);
    }

    /// Hands out each frame sent since the last call, oldest first, without FCS.
    pub fn drain_transmitted(&mut self, each: impl FnMut(&[u8])) {
        self.outbox.drain(each);
    }

    /// Returns how many frames [`drain_transmitted`](Self::drain_transmitted) would hand out.
    pub fn transmitted(&self) -> usize {
        self.outbox.len()
    }

    /// Returns how many frames wait in the packet buffer, for descriptors or for the receiver to be enabled.
    pub fn held(&self) -> usize {
        self.receive.held.len()
    }

    /// Returns what became of the frames since power-on.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Returns what the run came across since power-on.
    pub fn reach(&self) -> Reach {
        Reach { lies: u64::from(self.lies.told()), ..self.reach }
    }

    /// Says whether the chip and the wire are quiet: nothing happens until somebody acts on the chip. Frames may
    /// still wait for the driver ([`held`](Self::held)), or a frame to send for the link.
    pub fn idle(&self) -> bool {
        self.ready() == 0
    }

    /// Says whether the chip can neither interrupt nor use memory: every cause is masked, and receiver and
    /// transmitter are off.
    pub fn is_quiet(&self) -> bool {
        let off = !self.receive.rctl.contains(Rctl::EN) && !self.transmit.is_enabled();
        off && self.interrupts.ims().is_empty() && !self.is_in_dma()
    }

    /// Says whether a cause is due on the chip's line, though throttling may hold it back, and how often one became so
    /// since power-on.
    pub fn line(&self) -> (bool, u64) {
        self.interrupts.line()
    }

    /// Ends the lies: from here on the chip is honest.
    pub fn be_honest(&mut self) {
        self.config.hostile = 0;
        self.lies.end();
    }

    /// Makes the transmitter hang: it finishes what it has, and fetches no more until the driver resets the chip.
    pub fn hang_transmitter(&mut self) {
        self.transmit.hung = true;
    }

    /// Says whether the transmitter hangs.
    pub fn is_transmitter_hung(&self) -> bool {
        self.transmit.hung
    }

    /// Says whether the card was removed.
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    /// Says whether the link is up: the cable is plugged in and the driver set CTRL.SLU.
    pub fn link_is_up(&self) -> bool {
        self.cable && self.ctrl.contains(Ctrl::SLU)
    }

    fn happen(&mut self, happening: Happening) {
        if !self.gone {
            self.wire.push_back(happening);
        }
    }

    pub(crate) fn is_master(&self) -> bool {
        !self.ctrl.contains(Ctrl::GIO_MASTER_DISABLE)
    }

    /// Returns the EtherType of the tags that the chip puts in and takes out, if it does (CTRL.VME).
    pub(crate) fn tag_type(&self) -> Option<u16> {
        self.ctrl.contains(Ctrl::VME).then(|| self.stored.read(Vet::OFFSET).unwrap_or_default() as u16)
    }

    pub(crate) fn is_in_dma(&self) -> bool {
        self.transmit.is_in_dma() || self.receive.is_in_dma()
    }

    /// Raises causes, unless a lie keeps them back.
    pub(crate) fn raise(&mut self, causes: Cause, bus: &mut Bus<'_>) {
        if !self.lies.tempted() {
            self.interrupts.raise(causes, bus, &mut self.reach);
        }
    }

    /// CTRL.RST: all registers to their defaults, whatever is in flight abandoned, the MAC address loaded from
    /// the NVM. The link partner, the PHY and the semaphores do not notice. QEMU before 8.0 resets only RAL0 and
    /// RAH0.
    pub(crate) fn software_reset(&mut self, bus: &mut Bus<'_>) {
        self.reach.reset_in_dma += u64::from(self.is_in_dma());
        self.reset_registers();
        self.interrupts.reset(bus);
        self.reset_polls = self.polls(bus);
        self.nvm_load_polls = self.polls(bus);
    }

    fn reset_registers(&mut self) {
        self.abandon();
        self.ctrl = Ctrl::FD;
        self.eerd = Eerd::default();
        self.mdic = Mdic::default().with_ready(true);
        self.stored = Stored::default();
        self.counters = Counters::default();
        self.filter.reset(self.config.mac);
    }

    /// Drops whatever the engines are doing.
    pub(crate) fn abandon(&mut self) {
        self.transmit.reset();
        self.statistics.abandoned += self.receive.reset();
    }

    pub(crate) fn dma_read_descriptor(&mut self, address: u64, bus: &mut Bus<'_>) -> [u32; 4] {
        let mut bytes = [0; DESCRIPTOR_SIZE as usize];
        if self.is_let_through(address, DESCRIPTOR_SIZE, bus) {
            bus.dma_read(address, &mut bytes);
        }
        let (words, _) = bytes.as_chunks::<4>();
        core::array::from_fn(|n| u32::from_le_bytes(words[n]))
    }

    pub(crate) fn dma_write_word(&mut self, address: u64, word: u32, bus: &mut Bus<'_>) {
        if self.is_let_through(address, 4, bus) {
            bus.dma_write_u32(address, word);
        }
    }

    /// An honest chip uses the addresses it was given, and a wrong one is the driver's fault. After a lie chip
    /// and driver disagree about the rings, so that a stale address is the chip's: an IOMMU stops it.
    fn is_let_through(&self, address: u64, len: u32, bus: &Bus<'_>) -> bool {
        self.lies.told() == 0 || bus.reaches(address, len)
    }
}

impl Device for I82574 {
    fn name(&self) -> &'static str {
        "82574L"
    }

    fn read(&mut self, offset: u32, bus: &mut Bus<'_>) -> u32 {
        if self.gone {
            return GONE;
        }
        let value = self.read_register(offset, bus);
        self.interrupts.end_spurious(bus, &mut self.reach);
        if self.lies.tempted() { self.lies.distort(value) } else { value }
    }

    fn write(&mut self, offset: u32, value: u32, bus: &mut Bus<'_>) {
        if !self.gone {
            self.write_register(offset, value, bus);
        }
    }

    fn lies(&self) -> bool {
        self.config.hostile != 0
    }

    fn ready(&self) -> u32 {
        if self.gone {
            return 0;
        }
        let master = self.is_master();
        u32::from(self.transmit.is_ready(master, self.link_is_up())) << Engine::Transmit as u32
            | u32::from(self.receive.is_ready(master)) << Engine::Receive as u32
            | u32::from(!self.wire.is_empty()) << Engine::Wire as u32
            | u32::from(self.interrupts.is_throttled() || !self.mdic.ready()) << Engine::Slow as u32
    }

    fn step(&mut self, engine: u32, bus: &mut Bus<'_>) {
        if self.ready() & 1 << engine == 0 {
            return;
        }
        if self.lies.tempted() {
            self.misbehave(bus);
        }
        match engine {
            0 => self.step_transmit(bus),
            1 => self.step_receive(bus),
            2 => self.step_wire(bus),
            _ => self.step_slow(bus),
        }
    }

    fn parts(&self, access: Access) -> Parts {
        self.parts_of(access)
    }

    fn register_name(&self, offset: u32) -> &'static str {
        i82574::register_name(offset)
    }
}
