//! Device registers: 32 bit wide, typed, and split by who may use them.

use core::fmt;
use core::marker::PhantomData;

/// A device's register window, 32-bit accesses only.
///
/// Any IRQL. Maps to `READ_REGISTER_ULONG` and `WRITE_REGISTER_ULONG` in the kernel frameworks and to
/// `WdfDeviceReadFromHardware` in UMDF. Accesses of one caller reach the device in program order; a write may
/// reach it late (posted), until a read of the same device returns.
///
/// Driver code does not use this directly: it holds a [`View`].
pub trait RegisterIo: Send + Sync {
    /// Reads the register at byte `offset`. Outside the window it returns all ones, as a PCI bus would.
    fn read_u32(&self, offset: u32) -> u32;
    /// Writes the register at byte `offset`. Outside the window it does nothing.
    fn write_u32(&self, offset: u32, value: u32);
}

/// One register: its place and its type.
pub trait Register: Copy {
    /// Byte offset in the window.
    const OFFSET: u32;
    /// Makes the typed value; every bit pattern is one, since the device may send any.
    fn from_bits(bits: u32) -> Self;
    /// Returns the bits to write.
    fn into_bits(self) -> u32;
}

/// A register whose read changes nothing.
pub trait ReadPure: Register {}

/// A register whose read has a side effect (ICR clears itself): reading takes `&mut`.
pub trait ReadEffect: Register {}

/// A register that may be written.
pub trait Write: Register {}

/// States that a register belongs to group `G`: the ISR's, the transmit path's, ...
pub trait In<G>: Register {}

/// A register window narrowed to the registers of group `G`.
///
/// A driver makes one view per group and gives each to the owner of that part: the ISR's view lives in its
/// `Shared`, the transmit view beside the transmit ring under its lock. What is not in the group does not
/// compile:
///
/// ```compile_fail,E0277
/// # use dirql::{Register, ReadPure, RegisterIo, View};
/// enum Isr {}
/// #[derive(Clone, Copy)]
/// struct Status(u32);
/// impl Register for Status {
///     const OFFSET: u32 = 8;
///     fn from_bits(bits: u32) -> Self { Status(bits) }
///     fn into_bits(self) -> u32 { self.0 }
/// }
/// impl ReadPure for Status {} // but not In<Isr>
/// fn read<R: RegisterIo>(view: &View<R, Isr>) -> u32 {
///     view.read::<Status>().0
/// }
/// ```
pub struct View<R, G> {
    io: R,
    _group: PhantomData<fn() -> G>,
}

impl<R: RegisterIo, G> View<R, G> {
    /// Narrows `io` to group `G`.
    pub fn new(io: R) -> Self {
        Self { io, _group: PhantomData }
    }

    /// Reads a register whose read changes nothing.
    pub fn read<T: ReadPure + In<G>>(&self) -> T {
        T::from_bits(self.io.read_u32(T::OFFSET))
    }

    /// Reads a register whose read has a side effect.
    pub fn take<T: ReadEffect + In<G>>(&mut self) -> T {
        T::from_bits(self.io.read_u32(T::OFFSET))
    }

    /// Writes a register.
    pub fn write<T: Write + In<G>>(&mut self, value: T) {
        self.io.write_u32(T::OFFSET, value.into_bits());
    }

    /// Writes element `index` of an array of registers that starts at `T` (such as the 82574's MTA), `stride`
    /// bytes apart.
    pub fn write_at<T: Write + In<G>>(&mut self, index: u32, stride: u32, value: T) {
        self.io.write_u32(T::OFFSET.wrapping_add(index.wrapping_mul(stride)), value.into_bits());
    }
}

impl<R, G> fmt::Debug for View<R, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("View")
    }
}
