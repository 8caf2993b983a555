//~ E0596
//! Whoever clears a register owns its view.
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
impl ReadEffect for Icr {}
impl ReadPure for Tdt {}
impl In<Isr> for Icr {}
impl In<Isr> for Tdt {}

pub fn clear<R: RegisterIo>(view: &View<R, Isr>) -> u32 {
    #[cfg(wrong)]
    return view.take::<Icr>().0;
    #[cfg(not(wrong))]
    view.read::<Tdt>().0
}
