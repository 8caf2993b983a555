//~ E0277
//! A register that the data sheet calls read-only.
use dirql::*;

pub enum Isr {}

#[derive(Clone, Copy)]
pub struct Icr(u32);

#[derive(Clone, Copy)]
pub struct Tdt(u32);

macro_rules! register {
    ($name:ident @ $offset:literal) => {
        impl Register for $name {
            const OFFSET: u32 = $offset;
            fn from_bits(bits: u32) -> Self {
                Self(bits)
            }
            fn into_bits(self) -> u32 {
                self.0
            }
        }
    };
}

register!(Icr @ 0xc0);
register!(Tdt @ 0x3818);
impl ReadPure for Tdt {}
impl Write for Icr {}
impl In<Isr> for Icr {}
impl In<Isr> for Tdt {}

pub fn write<R: RegisterIo>(view: &mut View<R, Isr>) {
    view.write(Icr(1));
    #[cfg(wrong)]
    view.write(Tdt(1));
}
