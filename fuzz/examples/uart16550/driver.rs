//! A driver for the 16550 UART, written against `dirql` alone: it names no framework and no simulation.
//! As in Windows' serial driver, the ISR empties the receiver, whose FIFO is short, and readers take from its
//! buffer in a section. After the PC16550D data sheet; the registers are 32 bit apart as in DesignWare's UART.

use std::collections::VecDeque;

use dirql::{
    AtMost, Budget, Cx, DeferredOutcome, Disable, Domain, Error, In, InterruptHandler, InterruptSync,
    IsrOutcome, Lock, Platform, ReadEffect, Register, RegisterIo, Source, View, Write,
};

/// The registers, all of which belong to whoever holds the interrupt's lock.
pub enum Owned {}

#[rustfmt::skip]
macro_rules! registers {
    ($($name:ident at $index:literal, $access:ident;)+) => {$(
        #[derive(Clone, Copy)] struct $name(u32);
        impl In<Owned> for $name {} impl $access for $name {}
        impl Register for $name {
            const OFFSET: u32 = $index * 4;
            fn from_bits(bits: u32) -> Self { Self(bits) }
            fn into_bits(self) -> u32 { self.0 }
        }
    )+};
}

registers! {
    Rbr at 0, ReadEffect; // receiver buffer: a read takes a byte
    Thr at 0, Write; // transmitter holding
    Ier at 1, Write; // interrupt enable
    Iir at 2, ReadEffect; // interrupt identification: a read drops "transmitter empty"
    Fcr at 2, Write; // FIFO control
    Mcr at 4, Write; // modem control
    Lsr at 5, ReadEffect; // line status: a read drops the errors
}

const IER_RECEIVED: u32 = 0x01;
const IER_EMPTY: u32 = 0x02;
const IER_ALL: u32 = 0x07; // these two and line status
const IIR_NONE: u32 = 0x01;
const IIR_RECEIVER: u32 = 0x04; // set in the codes for received and for line status
const LSR_READY: u32 = 0x01;
const LSR_EMPTY: u32 = 0x20;
const FIFO: usize = 16;
const WAITING_MAX: usize = 32;

/// What the ISR and its sections share.
pub struct Shared<R> {
    registers: View<R, Owned>,
    received: VecDeque<u8>,
    /// The LSR errors that no reader has seen.
    errors: u32,
    /// A deferred run fills the transmitter, and looks for more when done.
    filling: bool,
}

impl<R: RegisterIo> Shared<R> {
    /// Reads LSR for whoever asks, and keeps the errors that the read drops.
    fn status(&mut self) -> u32 {
        let Lsr(status) = self.registers.take();
        self.errors |= status & 0x1e;
        status
    }

    /// Empties the receiver. When the buffer is full, the rest waits in the FIFO until a reader makes room.
    fn receive(&mut self) {
        while self.status() & LSR_READY != 0 {
            if self.received.len() == FIFO {
                return self.registers.write(Ier(IER_ALL & !IER_RECEIVED));
            }
            let Rbr(byte) = self.registers.take();
            self.received.push_back(byte as u8);
        }
    }

    /// Takes received bytes, without waiting. Returns how many, and the LSR errors since the last call.
    pub fn read(&mut self, to: &mut [u8]) -> (usize, u32) {
        if self.received.len() == FIFO {
            self.registers.write(Ier(IER_ALL));
        }
        (take(&mut self.received, to), core::mem::take(&mut self.errors))
    }

    /// Makes the transmitter interrupt if it is empty, as enabling that interrupt does.
    fn kick(&mut self) {
        self.registers.write(Ier(IER_ALL & !IER_EMPTY));
        self.registers.write(Ier(IER_ALL));
    }

    /// Claims the transmitter, if it is empty and no other run has it (R29).
    fn begin_fill(&mut self) -> bool {
        let free = !self.filling && self.status() & LSR_EMPTY != 0;
        self.filling |= free;
        free
    }

    fn fill(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.registers.write(Thr(byte.into())));
        self.filling = false;
    }
}

/// Moves bytes from a queue, and returns how many.
fn take(from: &mut VecDeque<u8>, to: &mut [u8]) -> usize {
    let moved = from.len().min(to.len());
    to.iter_mut().zip(from.drain(..moved)).for_each(|(place, byte)| *place = byte);
    moved
}

/// A 16550 UART. It calls `notify` at DISPATCH_LEVEL when there is something to read.
pub struct Uart<P: Platform, N> {
    registers: P::Registers,
    waiting: Lock<P::RawLock, VecDeque<u8>>,
    notify: N,
}

impl<P: Platform, N> Uart<P, N> {
    /// Makes the driver of the UART behind `registers`, and touches nothing.
    pub fn new(registers: P::Registers, notify: N) -> Self {
        Self { registers, waiting: Lock::new(VecDeque::with_capacity(WAITING_MAX)), notify }
    }

    /// Sends as many of `bytes` as there is room for, and returns how many.
    pub fn write<I, L>(&self, cx: &mut Cx<'_, L>, line: &I, bytes: &[u8]) -> usize
    where
        I: InterruptSync<Shared = Shared<P::Registers>>,
        L: AtMost<I::MaxCaller>,
    {
        let taken = self.waiting.with(cx, |waiting| {
            let room = WAITING_MAX - waiting.len();
            waiting.extend(bytes.iter().take(room));
            room.min(bytes.len())
        });
        if taken > 0 {
            _ = line.synchronize(cx, Source::Line, Shared::kick);
        }
        taken
    }
}

impl<P: Platform, N: Fn() + Send + Sync + 'static> InterruptHandler for Uart<P, N> {
    type Shared = Shared<P::Registers>;

    fn shared(&self, _: Domain) -> Self::Shared {
        let received = VecDeque::with_capacity(FIFO);
        Shared { registers: View::new(self.registers.clone()), received, errors: 0, filling: false }
    }

    /// Deals with one cause; if there are more, the level stays and interrupts again.
    fn isr(&self, shared: &mut Self::Shared, _: Source) -> IsrOutcome {
        let Iir(cause) = shared.registers.take();
        if cause & IIR_NONE != 0 {
            return IsrOutcome::NOT_MINE;
        }
        // Else the transmitter ran empty, which the read has dropped: LSR tells it again.
        if cause & IIR_RECEIVER != 0 {
            shared.receive();
        }
        IsrOutcome::DEFERRED
    }

    fn deferred<I: InterruptSync<Shared = Self::Shared>>(
        &self,
        cx: &mut Cx<'_, I::Deferred>,
        line: &I,
        source: Source,
        _: Budget,
    ) -> DeferredOutcome {
        if line.synchronize(cx, source, |shared| !shared.received.is_empty()) == Ok(true) {
            (self.notify)();
        }
        if line.synchronize(cx, source, Shared::begin_fill) != Ok(true) {
            return DeferredOutcome::Done;
        }
        let bytes = &mut [0; FIFO];
        let taken = self.waiting.with(cx, |waiting| take(waiting, bytes));
        _ = line.synchronize(cx, source, |shared| shared.fill(&bytes[..taken]));
        // Looks again: a run that came meanwhile left its work to this one.
        let waits = self.waiting.with(cx, |waiting| !waiting.is_empty());
        if waits { DeferredOutcome::Again } else { DeferredOutcome::Done }
    }

    fn enable(&self, shared: &mut Self::Shared, _: Source) -> Result<(), Error> {
        shared.registers.write(Fcr(0x07)); // both FIFOs on and emptied, an interrupt from the first byte on
        shared.registers.write(Mcr(0x0b)); // DTR, RTS, and OUT2, which lets interrupts through
        shared.registers.write(Ier(IER_ALL));
        Ok(())
    }

    fn disable(&self, shared: &mut Self::Shared, _: Source, _: Disable) {
        shared.registers.write(Ier(0));
        shared.registers.write(Mcr(0));
        // The read pushes the writes: the interrupt is low when this returns.
        let Iir(_) = shared.registers.take();
    }
}
