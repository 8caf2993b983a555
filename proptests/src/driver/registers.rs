//! What the device's registers must hold when all is quiet: they fit the driver's stage, its rings and what it
//! was told. Everything is read without side effects, so of ICR only its copy, ICS.

use dirql::Register;
use dirql_sim::{Device, kernel};
use i82574::filter::{Rah, Ral, receive_address};
use i82574::interrupt::{Cause, Eiac, Ics, Ims};
use i82574::receive::{Rctl, Rdh, Rdlen, Rdt};
use i82574::transmit::{Tctl, Tdh, Tdlen, Tdt};
use nic::InterruptMode;

use super::chip::Chip;
use super::model::Model;
use crate::stage::DEVICE;

/// Compares the registers with what `model` knows.
///
/// # Panics
/// If they differ.
pub fn check(model: &Model) {
    check_interrupts(model);
    check_transmit(model);
    check_receive(model);
    check_address(model);
}

fn read<T: Register>() -> T {
    let bits = kernel::environment(DEVICE, |chip: &mut Chip, bus| chip.read(T::OFFSET, bus));
    T::from_bits(bits.expect("the chip is attached"))
}

/// Armed at rest means: the mode's causes are enabled, and none of them waits.
fn check_interrupts(model: &Model) {
    let (Ims(enabled), Ics(pending), Eiac(auto)) = (read(), read(), read());
    let msix = matches!(model.setup.mode, InterruptMode::MsiX { .. });
    let (causes, auto_cleared) = match (model.running, msix) {
        (false, _) => (Cause::empty(), Cause::empty()),
        (true, false) => (Cause::RXT0 | Cause::TXDW | Cause::LSC, Cause::empty()),
        (true, true) => (Cause::RXQ0 | Cause::TXQ0 | Cause::LSC | Cause::OTHER, Cause::RXQ0 | Cause::TXQ0),
    };
    assert_eq!(enabled, causes, "IMS");
    // OTHER alone is no interrupt: what set it may be a cause that is not enabled (82574 data sheet, 7.4).
    assert_eq!(pending & enabled.difference(Cause::OTHER), Cause::empty(), "an enabled cause waits in ICR");
    assert_eq!(auto, auto_cleared, "EIAC");
}

fn check_transmit(model: &Model) {
    let (Tdh(head), Tdt(tail), Tdlen(len)) = (read(), read(), read());
    assert_eq!(read::<Tctl>().contains(Tctl::EN), model.running, "TCTL.EN");
    let count = u32::from(model.setup.transmit);
    if !model.running {
        return assert_eq!((head, tail, len), (0, 0, 0), "TDH, TDT and TDLEN after a reset");
    }
    assert_eq!((tail, len), (model.transmit_tail % count, 16 * count), "TDT and TDLEN");
    if !model.stuck {
        assert_eq!(head, model.transmit_clean % count, "TDH");
    }
    let ahead = (head + count - model.transmit_clean % count) % count;
    assert!(ahead <= model.transmit_tail - model.transmit_clean, "TDH is past TDT");
}

/// At rest the device has every descriptor but one.
fn check_receive(model: &Model) {
    let (Rdh(head), Rdt(tail), Rdlen(len), rctl) = (read(), read(), read(), read::<Rctl>());
    let count = u32::from(model.setup.receive);
    if !model.running {
        return assert_eq!((head, tail, len, rctl), (0, 0, 0, Rctl::empty()), "receive after a reset");
    }
    assert_eq!((head, len), (model.receive_head % count, 16 * count), "RDH and RDLEN");
    assert_eq!(tail, (head + count - 1) % count, "RDT");
    let nic::Filter { promiscuous, all_multicast, broadcast } = model.filter;
    let flags = [
        (Rctl::EN, true),
        (Rctl::SECRC, true),
        (Rctl::UPE, promiscuous),
        (Rctl::MPE, promiscuous || all_multicast),
        (Rctl::BAM, promiscuous || broadcast),
    ];
    for (flag, set) in flags {
        assert_eq!(rctl.contains(flag), set, "RCTL, {flag:?}");
    }
    assert_eq!(rctl.buffer_len(), model.setup.buffer.bytes(), "RCTL.BSIZE");
}

fn check_address(model: &Model) {
    if let (Some(mac), true) = (model.mac, model.running) {
        assert_eq!((read::<Ral>(), read::<Rah>()), receive_address(mac), "RAL and RAH");
    }
}
