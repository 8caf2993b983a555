//! An 82574 that is asked, never acts by itself, and is never hostile.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use dirql::{DmaMemory, Register, RegisterIo, Source};
use i82574::descriptor::{RxRead, RxStatus, RxWriteBack, TxCommand, TxLegacy};
use i82574::general::{Ctrl, Eecd, Eerd, ExtcnfCtrl, Mdic, Status};
use i82574::interrupt::{Cause, Icr, Ics, Imc, Ims, Ivar};
use i82574::receive::{Rctl, Rdh, Rdlen, Rdt};
use i82574::transmit::{Tctl, Tdh, Tdlen, Tdt};
use nic::InterruptMode;

use super::Memory;

pub(crate) const MAC: [u8; 6] = [0x52, 0x54, 0, 0x12, 0x34, 0x56];

/// The device. Clones are the same device.
#[derive(Clone)]
pub(crate) struct Device {
    state: Arc<Mutex<State>>,
}

/// Its registers.
pub(crate) type Registers = Device;

struct State {
    mode: InterruptMode,
    registers: BTreeMap<u32, u32>,
    memories: Vec<Memory>,
    messages: Vec<u16>,
    gone: bool,
    accesses: usize,
    link: Status,
    phy: [u16; 32],
    writes: Vec<(u32, u32)>,
}

impl Device {
    pub(crate) fn new(mode: InterruptMode) -> Self {
        let link = Status::LU | Status::FD | Status::from_bits_retain(0x80);
        let registers = BTreeMap::new();
        let state = State {
            mode,
            registers,
            memories: Vec::new(),
            messages: Vec::new(),
            gone: false,
            accesses: 0,
            link,
            phy: [0; 32],
            writes: Vec::new(),
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn registers(&self) -> Registers {
        self.clone()
    }

    pub(crate) fn attach(&self, memories: [&Memory; 3]) {
        self.state().memories = memories.map(Memory::clone).to_vec();
    }

    pub(crate) fn remove(&self) {
        self.state().gone = true;
    }

    /// How many register accesses there were.
    pub(crate) fn accesses(&self) -> usize {
        self.state().accesses
    }

    pub(crate) fn register<T: Register>(&self) -> T {
        T::from_bits(self.state().get::<T>())
    }

    pub(crate) fn writes(&self) -> Vec<(u32, u32)> {
        self.state().writes.clone()
    }

    pub(crate) fn set_link(&self, link: Status) {
        let mut state = self.state();
        state.link = link;
        state.raise(Cause::LSC);
    }

    /// Sends everything up to the tail, and reports it.
    pub(crate) fn transmit(&self) {
        let mut state = self.state();
        let size = state.get::<Tdlen>() / 16;
        while state.runs::<Tctl>(Tctl::EN.bits()) && state.get::<Tdh>() != state.get::<Tdt>() {
            let at = state.get::<Tdh>();
            let words = state.read_descriptor(0, at);
            if TxLegacy::from_words(words).cmd.contains(TxCommand::RS) {
                state.write_descriptor(0, at, [words[0], words[1], words[2], words[3] | 1]);
            }
            state.set::<Tdh>((at + 1) % size);
        }
        let done = if state.is_msix() { Cause::TXQ0 } else { Cause::TXDW };
        state.raise(done);
    }

    /// Receives a frame, if there are buffers for it.
    pub(crate) fn receive(&self, frame: &[u8]) -> bool {
        let mut state = self.state();
        let (size, length) =
            (state.get::<Rdlen>() / 16, Rctl::from_bits_retain(state.get::<Rctl>()).buffer_len());
        let free = (state.get::<Rdt>() + size - state.get::<Rdh>()) % size.max(1);
        let parts = frame.chunks(length as usize).count();
        if !state.runs::<Rctl>(Rctl::EN.bits()) || (free as usize) < parts {
            return false;
        }
        for (n, part) in frame.chunks(length as usize).enumerate() {
            let at = state.get::<Rdh>();
            state.write_back(at, part, n + 1 == parts);
            state.set::<Rdh>((at + 1) % size);
        }
        let done = if state.is_msix() { Cause::RXQ0 } else { Cause::RXT0 };
        state.raise(done);
        true
    }

    /// Takes the next interrupt, if one is asserted.
    pub(crate) fn take_interrupt(&self) -> Option<Source> {
        let mut state = self.state();
        match state.mode {
            InterruptMode::Line => (state.enabled() != Cause::empty()).then_some(Source::Line),
            _ => state.messages.pop().map(Source::Message),
        }
    }

    /// Sends a message that nothing caused.
    pub(crate) fn spurious(&self, message: u16) {
        self.state().post(message);
    }
}

impl State {
    fn get<T: Register>(&self) -> u32 {
        self.registers.get(&T::OFFSET).copied().unwrap_or(0)
    }

    fn set<T: Register>(&mut self, value: u32) {
        self.registers.insert(T::OFFSET, value);
    }

    fn runs<T: Register>(&self, enable: u32) -> bool {
        !self.gone && self.get::<T>() & enable != 0
    }

    fn is_msix(&self) -> bool {
        matches!(self.mode, InterruptMode::MsiX { .. })
    }

    fn enabled(&self) -> Cause {
        Cause::from_bits_retain(self.get::<Icr>() & self.get::<Ims>())
    }

    fn raise(&mut self, cause: Cause) {
        let other = if self.is_msix() && cause.intersects(Cause::OTHER_CAUSES) {
            Cause::OTHER
        } else {
            Cause::empty()
        };
        self.set::<Icr>(self.get::<Icr>() | (cause | other).bits());
        self.signal();
    }

    /// Sends the messages of enabled causes; with EIAC they leave ICR and IMS.
    fn signal(&mut self) {
        let enabled = self.enabled();
        match self.mode {
            InterruptMode::Line => {}
            InterruptMode::Msi if enabled.is_empty() => {}
            InterruptMode::Msi => self.post(0),
            InterruptMode::MsiX { .. } => {
                for cause in (enabled & Cause::VECTORED).iter() {
                    self.send(cause);
                }
            }
        }
    }

    fn send(&mut self, cause: Cause) {
        let vector = Ivar(self.get::<Ivar>()).vector(cause).expect("IVAR names no vector");
        self.post(vector);
        if cause != Cause::OTHER {
            self.set::<Icr>(self.get::<Icr>() & !cause.bits());
            self.set::<Ims>(self.get::<Ims>() & !cause.bits());
        }
    }

    /// Several messages before one is taken are one (R51).
    fn post(&mut self, message: u16) {
        if !self.messages.contains(&message) {
            self.messages.push(message);
        }
    }

    fn read_icr(&mut self) -> u32 {
        let asserted = if self.enabled().is_empty() { 0 } else { Cause::INT_ASSERTED.bits() };
        let value = self.get::<Icr>() | asserted;
        self.set::<Icr>(0);
        value
    }

    fn read_descriptor(&self, ring: usize, index: u32) -> [u32; 4] {
        std::array::from_fn(|n| self.memories[ring].read_u32(16 * index + 4 * n as u32))
    }

    fn write_descriptor(&self, ring: usize, index: u32, words: [u32; 4]) {
        for (n, word) in words.into_iter().enumerate() {
            self.memories[ring].write_u32(16 * index + 4 * n as u32, word);
        }
    }

    fn write_back(&self, index: u32, part: &[u8], is_last: bool) {
        let address = RxRead::from_words(self.read_descriptor(1, index)).address;
        self.memories[2].write_bytes((address - self.memories[2].device_address()) as u32, part);
        let end = if is_last { RxStatus::EOP } else { RxStatus::empty() };
        let status = RxStatus::DD | end;
        let done = RxWriteBack { status, length: part.len() as u16, ..RxWriteBack::default() };
        self.write_descriptor(1, index, done.to_words());
    }

    fn reset(&mut self) {
        self.registers.clear();
        self.messages.clear();
        self.set::<Eecd>(Eecd::AUTO_RD.bits());
    }

    fn status(&self) -> Status {
        let disabled = self.get::<Ctrl>() & Ctrl::GIO_MASTER_DISABLE.bits() != 0;
        if disabled { self.link } else { self.link | Status::GIO_MASTER_EN }
    }

    /// Only PHY 1 is there.
    fn access_phy(&mut self, asked: Mdic) {
        let register = &mut self.phy[asked.register() as usize];
        if asked.op() == Mdic::WRITE {
            *register = asked.data() as u16;
        }
        let answer = asked.with_data((*register).into()).with_ready(true);
        self.set::<Mdic>(answer.with_error(asked.phy() != Mdic::PHY).0);
    }

    fn write_effect(&mut self, offset: u32, value: u32) {
        match offset {
            Ctrl::OFFSET if value & Ctrl::RST.bits() != 0 => self.reset(),
            Eerd::OFFSET => {
                let at = 2 * Eerd(value).address() as usize;
                let word = u16::from_le_bytes([MAC[at], MAC[at + 1]]);
                self.set::<Eerd>(Eerd(value).with_data(word.into()).with_done(true).0);
            }
            Mdic::OFFSET => self.access_phy(Mdic(value)),
            Ims::OFFSET => {
                self.set::<Ims>(self.get::<Ims>() | value);
                self.signal();
            }
            Imc::OFFSET => self.set::<Ims>(self.get::<Ims>() & !value),
            Ics::OFFSET => self.raise(Cause::from_bits_retain(value)),
            Icr::OFFSET => self.set::<Icr>(self.get::<Icr>() & !value),
            _ => {
                self.registers.insert(offset, value);
            }
        }
    }
}

impl RegisterIo for Device {
    fn read_u32(&self, offset: u32) -> u32 {
        let mut state = self.state();
        state.accesses += 1;
        match offset {
            _ if state.gone => u32::MAX,
            Icr::OFFSET => state.read_icr(),
            Status::OFFSET => state.status().bits(),
            ExtcnfCtrl::OFFSET => state.get::<ExtcnfCtrl>(),
            _ => state.registers.get(&offset).copied().unwrap_or(0),
        }
    }

    fn write_u32(&self, offset: u32, value: u32) {
        let mut state = self.state();
        state.accesses += 1;
        if !state.gone {
            state.writes.push((offset, value));
            state.write_effect(offset, value);
        }
    }
}
