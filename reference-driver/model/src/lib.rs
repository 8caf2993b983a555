//! The 82574L as a device of the simulated machine, honest or hostile.
//!
//! [`I82574`] behaves as the data sheet describes the chip, not as an emulator of it does; where the two differ,
//! a comment says so. What the chip does on its own is split into [`Engine`]s of tiny steps, so that a scheduler
//! can place the driver's accesses between any two of them. With [`Config::hostile`] it lies, within a bound.
//!
//! A scenario acts on the model between the driver's accesses: it lets frames arrive, pulls the cable or the
//! device ([`I82574::arrive`], [`I82574::set_link`], [`I82574::remove`]), and looks at what came of it
//! ([`I82574::drain_transmitted`], [`I82574::statistics`], [`I82574::reach`]).
//!
//! Not modelled: time (throttling and delay timers only say that something happens later), checksum offloads,
//! advanced transmit descriptors, TXD_LOW, packet split, RSS and the second queues, flow control, loopback, and
//! the tables of MSI-X with their mask and pending bits (PBACLR), which are the bus's.
#![forbid(unsafe_code)]

mod checksum;
mod chip;
mod config;
mod filter;
mod interrupt;
mod lies;
mod misbehave;
mod outbox;
mod packet_buffer;
mod parts;
mod reach;
mod read;
mod receive;
mod ring;
mod slow;
mod statistics;
mod stored;
mod transmit;
mod wire;
mod write;

pub use chip::{Engine, I82574};
pub use config::Config;
pub use lies::LIES_MAX;
pub use reach::Reach;
pub use statistics::Statistics;
