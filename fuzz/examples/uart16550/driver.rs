//! A driver for the 16550 UART, written against `dirql` alone: nothing here names a framework or a simulation.
//!
//! "DS" is the PC16550D data sheet, section 8; the registers are 32 bit apart, as in Synopsys' DesignWare UART.
//! As in Windows' serial driver, the ISR empties the receiver, whose FIFO is short, and readers take from its
//! buffer in a synchronized section.

use dirql::{
    AtMost, Budget, Cx, DeferredOutcome, Disable, Domain, Error, In, InterruptHandler, InterruptSync, IsrOutcome,
    Level, Lock, Platform, ReadEffect, ReadPure, Register, RegisterIo, Source, View, Write,
};

/// The registers of the interrupt and receive paths, which live in [`Shared`].
pub enum Isr {}
/// The registers of the transmit path, which live under its lock.
pub enum Transmit {}

macro_rules! registers {
    ($($name:ident at $index:literal, of $group:ident: $($access:ident),+;)+) => {$(
        #[derive(Clone, Copy)]
        struct $name(u32);
        impl Register for $name {
            const OFFSET: u32 = $index * 4;
            fn from_bits(bits: u32) -> Self {
                Self(bits)
            }
            fn into_bits(self) -> u32 {
                self.0
            }
        }
        impl In<$group> for $name {}
        $(impl $access for $name {})+
    )+};
}

registers! {
    Rbr at 0, of Isr: ReadEffect;       // receiver buffer: a read takes a byte
    Thr at 0, of Transmit: Write;       // transmitter holding
    Ier at 1, of Isr: Write;            // interrupt enable
    Iir at 2, of Isr: ReadEffect;       // interrupt identification: a read drops "transmitter empty"
    Fcr at 2, of Isr: Write;            // FIFO control
    Lcr at 3, of Isr: ReadPure, Write;  // line control
    Mcr at 4, of Isr: Write;            // modem control
    Lsr at 5, of Isr: ReadEffect;       // line status: a read drops the errors
}

const IER_RECEIVED: u32 = 1;
const IER_EMPTY: u32 = 2;
const IER_STATUS: u32 = 4;
const IIR_NONE: u32 = 1;
const IIR_ID: u32 = 0b1110;
const IIR_RECEIVED: u32 = 0b0100;
const IIR_TIMEOUT: u32 = 0b1100;
/// Both FIFOs on and emptied, an interrupt from 8 received bytes on.
const FCR_START: u32 = 0x87;
/// Both FIFOs emptied and off.
const FCR_STOP: u32 = 0x06;
const LCR_8N1: u32 = 3;
/// DTR, RTS, and OUT2, which lets the interrupt through.
const MCR_START: u32 = 0b1011;
const LSR_READY: u32 = 1;
const LSR_OVERRUN: u32 = 2;
const LSR_FRAMING: u32 = 8;
const LSR_EMPTY: u32 = 0x20;

/// The depth of each FIFO.
const FIFO: usize = 16;
/// Bounds one ISR: a level that is still there interrupts again.
const CAUSES_MAX: u32 = 8;

/// A queue of at most `N` bytes.
struct Ring<const N: usize> {
    bytes: [u8; N],
    first: usize,
    len: usize,
}

impl<const N: usize> Ring<N> {
    const EMPTY: Self = Self { bytes: [0; N], first: 0, len: 0 };

    /// Takes as many of `bytes` as fit, and returns how many.
    fn push(&mut self, bytes: &[u8]) -> usize {
        let fit = bytes.len().min(N - self.len);
        for &byte in &bytes[..fit] {
            self.bytes[(self.first + self.len) % N] = byte;
            self.len += 1;
        }
        fit
    }

    fn pop(&mut self) -> Option<u8> {
        self.len = self.len.checked_sub(1)?;
        let byte = self.bytes[self.first];
        self.first = (self.first + 1) % N;
        Some(byte)
    }
}

/// What the ISR and its sections share.
pub struct Shared<R> {
    registers: View<R, Isr>,
    received: Ring<FIFO>,
    enabled: u32,
    /// Somebody writes to the transmitter, and looks for more when done.
    filling: bool,
    errors: Errors,
}

/// What the line status register told, DS 8.5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Errors {
    /// Times that the receiver lost one or more bytes.
    pub overruns: u32,
    /// Bytes without a valid stop bit.
    pub framing: u32,
}

impl<R: RegisterIo> Shared<R> {
    /// Reads LSR for whoever asks: the read drops the errors, so they are counted here.
    fn status(&mut self) -> u32 {
        let Lsr(status) = self.registers.take();
        self.errors.overruns += u32::from(status & LSR_OVERRUN != 0);
        self.errors.framing += u32::from(status & LSR_FRAMING != 0);
        status
    }

    fn enable(&mut self, interrupts: u32) {
        self.enabled = interrupts;
        self.registers.write(Ier(interrupts));
    }

    /// Empties the receiver. If the buffer fills up, the rest waits in the FIFO until a reader makes room.
    fn receive(&mut self) {
        for _ in 0..FIFO {
            if self.received.len == FIFO {
                return self.enable(self.enabled & !IER_RECEIVED);
            }
            if self.status() & LSR_READY == 0 {
                return;
            }
            let Rbr(byte) = self.registers.take();
            self.received.push(&[byte as u8]);
        }
    }

    fn take(&mut self, to: &mut [u8]) -> usize {
        let taken = to.iter_mut().map_while(|place| self.received.pop().map(|byte| *place = byte)).count();
        if taken > 0 && self.enabled & IER_RECEIVED == 0 {
            self.enable(self.enabled | IER_RECEIVED);
        }
        taken
    }

    /// Claims the transmitter for one writer, if it is empty.
    fn begin_fill(&mut self) -> bool {
        self.filling = !self.filling && self.status() & LSR_EMPTY != 0 || self.filling && return false;
        self.filling
    }
}

struct Transmitter<R> {
    registers: View<R, Transmit>,
    waiting: Ring<64>,
}

impl<R: RegisterIo> Transmitter<R> {
    /// Fills the empty FIFO.
    fn fill(&mut self) {
        for byte in (0..FIFO).map_while(|_| self.waiting.pop()) {
            self.registers.write(Thr(byte.into()));
        }
    }
}

/// The driver of one UART. `notify` is called at DISPATCH_LEVEL when there is something to read.
pub struct Uart<P: Platform, N> {
    registers: P::Registers,
    transmitter: Lock<P::RawLock, Transmitter<P::Registers>>,
    notify: N,
}
