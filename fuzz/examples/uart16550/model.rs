//! A model of the 16550 UART in FIFO mode, and of the far end of its line.

use dirql_sim::{Bus, Device};
use std::collections::VecDeque;

const RECEIVE: u32 = 0; // the engine that takes bytes off the line
const TRANSMIT: u32 = 1; // the one that puts bytes on it
const FIFO: usize = 16;
const IIR_EMPTY: u32 = 0xc2;

/// The device, and what the far end of its line sends and sees.
#[derive(Default)]
pub struct Uart16550 {
    ier: u32,
    mcr: u32,
    receiver: VecDeque<u8>,
    transmitter: VecDeque<u8>,
    shifting: Option<u8>,
    overrun: bool,
    emptied: bool,
    pub incoming: VecDeque<u8>,
    pub lost: usize,
    pub sent: Vec<u8>,
}

impl Uart16550 {
    /// Returns the enabled interrupt of highest priority, as IIR shows it (PC16550D data sheet, 8.5).
    fn cause(&self) -> u32 {
        match self.ier {
            ier if ier & 4 != 0 && self.overrun => 0xc6,
            ier if ier & 1 != 0 && !self.receiver.is_empty() => 0xc4,
            ier if ier & 2 != 0 && self.emptied => IIR_EMPTY,
            _ => 0xc1,
        }
    }

    /// Drives the line from the interrupt, if OUT2 lets it through.
    fn drive(&self, bus: &mut Bus<'_>) {
        bus.pins.set_line(self.mcr & 8 != 0 && self.cause() & 1 == 0);
    }

    fn status(&self) -> u32 {
        let [ready, empty] = [!self.receiver.is_empty(), self.transmitter.is_empty()].map(u32::from);
        let idle = empty & u32::from(self.shifting.is_none());
        ready | u32::from(self.overrun) << 1 | empty << 5 | idle << 6
    }
}

impl Device for Uart16550 {
    fn name(&self) -> &'static str {
        "16550"
    }

    fn read(&mut self, offset: u32, bus: &mut Bus<'_>) -> u32 {
        let value = match offset / 4 {
            0 => self.receiver.pop_front().unwrap_or(0).into(),
            2 => self.cause(),
            5 => self.status(),
            _ => 0,
        };
        self.emptied &= (offset, value) != (8, IIR_EMPTY);
        self.overrun &= offset != 20;
        self.drive(bus);
        value
    }

    fn write(&mut self, offset: u32, value: u32, bus: &mut Bus<'_>) {
        match offset / 4 {
            0 if self.transmitter.len() < FIFO => self.transmitter.push_back(value as u8),
            1 => self.emptied |= value & !core::mem::replace(&mut self.ier, value) & 2 != 0,
            2 => {
                self.receiver.truncate(if value & 2 != 0 { 0 } else { FIFO });
                self.transmitter.truncate(if value & 4 != 0 { 0 } else { FIFO });
            }
            4 => self.mcr = value,
            _ => {}
        }
        self.emptied &= self.transmitter.is_empty();
        self.drive(bus);
    }

    fn ready(&self) -> u32 {
        let sends = self.shifting.is_some() || !self.transmitter.is_empty();
        let receives = self.mcr & 2 != 0 && !self.incoming.is_empty(); // the far end heeds RTS
        u32::from(receives) << RECEIVE | u32::from(sends) << TRANSMIT
    }

    fn step(&mut self, engine: u32, bus: &mut Bus<'_>) {
        match engine {
            RECEIVE if self.receiver.len() == FIFO => {
                self.overrun = self.incoming.pop_front().is_some();
                self.lost += 1;
            }
            RECEIVE => self.receiver.extend(self.incoming.pop_front()),
            _ if self.shifting.is_some() => self.sent.extend(self.shifting.take()),
            _ => {
                self.shifting = self.transmitter.pop_front();
                self.emptied |= self.transmitter.is_empty();
            }
        }
        self.drive(bus);
    }
}
