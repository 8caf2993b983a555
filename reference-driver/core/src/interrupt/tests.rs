use super::*;
use crate::testing::Registers;
use dirql::Register;
use std::vec::Vec;

const MSIX: InterruptMode = InterruptMode::MsiX { vectors: 3 };
const RX: Source = Source::Message(0);
const OTHER: Source = Source::Message(2);

fn running(mode: InterruptMode) -> (Shared<Registers>, Registers) {
    let registers = Registers::default();
    let mut shared = Shared::new(registers.clone());
    for source in mode.sources() {
        shared.enable(source, false);
        shared.start(source, mode);
    }
    registers.forget();
    (shared, registers)
}

fn raise(registers: &Registers, causes: Cause) {
    registers.set(Icr::OFFSET, causes.bits());
}

/// The line is ours and receives.
const RECEIVED: Cause = Cause::RXT0.union(Cause::INT_ASSERTED);

#[test]
fn a_source_is_unmasked_by_whichever_of_enable_and_start_comes_last() {
    for start_first in [false, true] {
        let registers = Registers::default();
        let mut shared = Shared::new(registers.clone());
        if start_first {
            shared.start(Source::Line, InterruptMode::Line);
            assert_eq!(registers.get(Ims::OFFSET), 0);
            shared.enable(Source::Line, true);
        } else {
            shared.enable(Source::Line, false);
            assert_eq!(registers.get(Ims::OFFSET), 0);
            shared.start(Source::Line, InterruptMode::Line);
        }
        let causes = Cause::from_bits_retain(registers.get(Ims::OFFSET));
        assert!(causes.contains(Cause::RXT0 | Cause::TXDW | Cause::LSC));
    }
}

#[test]
fn what_is_not_running_touches_nothing() {
    let registers = Registers::default();
    let mut shared = Shared::new(registers.clone());
    raise(&registers, RECEIVED);
    assert_eq!(shared.isr(Source::Line), IsrOutcome::NOT_MINE);
    shared.enable(Source::Line, false);
    assert_eq!(shared.isr(Source::Line), IsrOutcome::NOT_MINE);
    shared.disable(Source::Line, Disable::Normal);
    assert_eq!((registers.reads(), registers.writes()), (Vec::new(), Vec::new()));
}

#[test]
fn the_line_is_claimed_only_if_this_device_asserts_it() {
    for not_ours in [0, Cause::RXT0.bits(), GONE] {
        let (mut shared, registers) = running(InterruptMode::Line);
        registers.set(Icr::OFFSET, not_ours);
        assert_eq!(shared.isr(Source::Line), IsrOutcome::NOT_MINE, "{not_ours:#x}");
        assert_eq!(shared.begin(Source::Line), None);
        assert!(registers.writes().is_empty());
    }
}

#[test]
fn the_line_is_masked_and_seen_to_drop_before_the_isr_returns() {
    let (mut shared, registers) = running(InterruptMode::Line);
    raise(&registers, RECEIVED);
    assert_eq!(shared.isr(Source::Line), IsrOutcome::DEFERRED);
    assert_eq!(registers.reads(), [Icr::OFFSET, Status::OFFSET]);
    let masked = Cause::RXT0 | Cause::TXDW | Cause::LSC;
    assert_eq!(registers.writes(), [(Imc::OFFSET, masked.bits())]);
}

#[test]
fn icr_is_not_read_for_another_devices_interrupt() {
    let (mut shared, registers) = running(InterruptMode::Line);
    raise(&registers, RECEIVED);
    assert_eq!(shared.isr(Source::Line), IsrOutcome::DEFERRED);
    registers.forget();
    assert_eq!(shared.isr(Source::Line), IsrOutcome::NOT_MINE, "while due");
    assert!(shared.begin(Source::Line).is_some());
    assert_eq!(shared.isr(Source::Line), IsrOutcome::NOT_MINE, "while polling");
    assert!(registers.reads().is_empty());
    assert_eq!(shared.finish(Source::Line, false), DeferredOutcome::Done);
    assert_eq!(shared.isr(Source::Line), IsrOutcome::DEFERRED, "unmasked again");
}

#[test]
fn a_vector_is_left_to_eiac_and_unmasked_after_the_last_look() {
    let (mut shared, registers) = running(MSIX);
    assert_eq!(shared.isr(RX), IsrOutcome::DEFERRED);
    assert_eq!((registers.reads(), registers.writes()), (Vec::new(), Vec::new()));
    let duties = shared.begin(RX).unwrap();
    assert_eq!(duties, Duties { receive: true, transmit: false, link: false });
    assert_eq!(shared.finish(RX, false), DeferredOutcome::Done);
    assert_eq!(registers.writes(), [(Ims::OFFSET, Cause::RXQ0.bits())]);
}

#[test]
fn one_vector_for_all_is_masked_by_hand() {
    let (mut shared, registers) = running(InterruptMode::MsiX { vectors: 1 });
    assert_eq!(shared.isr(RX), IsrOutcome::DEFERRED);
    let all = Cause::RXQ0 | Cause::TXQ0 | Cause::OTHER | Cause::LSC;
    assert_eq!(registers.writes(), [(Imc::OFFSET, all.bits())]);
    assert_eq!(shared.begin(RX), Some(Duties { receive: true, transmit: true, link: true }));
}

#[test]
fn a_link_change_is_acknowledged_before_the_look_at_status() {
    let (mut shared, registers) = running(MSIX);
    assert_eq!(shared.isr(OTHER), IsrOutcome::DEFERRED);
    registers.forget();
    assert_eq!(shared.begin(OTHER), Some(Duties { receive: false, transmit: false, link: true }));
    let acknowledged = Cause::OTHER | Cause::OTHER_CAUSES;
    assert_eq!(registers.writes(), [(Icr::OFFSET, acknowledged.bits())]);
}

#[test]
fn a_message_during_a_run_keeps_it_from_unmasking() {
    let (mut shared, registers) = running(MSIX);
    assert_eq!(shared.isr(RX), IsrOutcome::DEFERRED);
    assert!(shared.begin(RX).is_some());
    assert_eq!(shared.isr(RX), IsrOutcome::DEFERRED);
    assert_eq!(shared.begin(RX), None, "a second run leaves the work to the first (R29)");
    assert_eq!(shared.finish(RX, false), DeferredOutcome::Again);
    assert!(registers.writes().is_empty());
    assert!(shared.begin(RX).is_some());
    assert_eq!(shared.finish(RX, false), DeferredOutcome::Done);
}

#[test]
fn an_exhausted_budget_leaves_the_source_masked_and_the_rest_due() {
    let (mut shared, registers) = running(InterruptMode::Line);
    raise(&registers, RECEIVED | Cause::LSC);
    assert_eq!(shared.isr(Source::Line), IsrOutcome::DEFERRED);
    assert_eq!(shared.begin(Source::Line), Some(Duties { receive: true, transmit: true, link: true }));
    registers.forget();
    assert_eq!(shared.finish(Source::Line, true), DeferredOutcome::Again);
    assert!(registers.writes().is_empty());
    assert_eq!(shared.begin(Source::Line), Some(Duties { receive: true, transmit: true, link: false }));
}

#[test]
fn an_empty_run_does_nothing() {
    let (mut shared, registers) = running(MSIX);
    assert_eq!(shared.begin(RX), None);
    assert_eq!(shared.finish(RX, false), DeferredOutcome::Done);
    assert!(registers.writes().is_empty());
}

#[test]
fn a_late_run_does_not_unmask_after_a_stop_or_a_removal() {
    for (why, masked) in [(Disable::Normal, 1), (Disable::Gone, 0)] {
        let (mut shared, registers) = running(MSIX);
        assert_eq!(shared.isr(RX), IsrOutcome::DEFERRED);
        assert!(shared.begin(RX).is_some());
        shared.stop(RX, why);
        assert_eq!(shared.finish(RX, false), DeferredOutcome::Done);
        assert_eq!(registers.writes().len(), masked, "{why:?}: IMC, and no IMS");
        assert_eq!(shared.isr(RX), IsrOutcome::NOT_MINE);
    }
}

#[test]
fn a_disabled_source_is_not_unmasked_until_it_is_enabled() {
    let (mut shared, registers) = running(MSIX);
    assert_eq!(shared.isr(RX), IsrOutcome::DEFERRED);
    assert!(shared.begin(RX).is_some());
    shared.disable(RX, Disable::Normal);
    assert_eq!(shared.finish(RX, false), DeferredOutcome::Done);
    assert_eq!(registers.writes(), [(Imc::OFFSET, Cause::RXQ0.bits())]);
    shared.enable(RX, true);
    let kicked = [(Ims::OFFSET, Cause::RXQ0.bits()), (Ics::OFFSET, Cause::RXQ0.bits())];
    assert_eq!(registers.writes()[1..], kicked);
}

#[test]
fn a_run_that_was_dropped_while_disabled_is_made_up_for() {
    let (mut shared, registers) = running(InterruptMode::Line);
    raise(&registers, RECEIVED);
    assert_eq!(shared.isr(Source::Line), IsrOutcome::DEFERRED);
    shared.disable(Source::Line, Disable::LowPower);
    registers.forget();
    shared.enable(Source::Line, true);
    assert!(registers.writes().iter().any(|w| w.0 == Ics::OFFSET), "the device interrupts once more");
    assert_eq!(shared.begin(Source::Line), None, "the old run comes late and finds nothing");
}

#[test]
fn gone_means_no_access() {
    let (mut shared, registers) = running(MSIX);
    shared.disable(RX, Disable::Gone);
    shared.stop(OTHER, Disable::Gone);
    assert_eq!((registers.reads(), registers.writes()), (Vec::new(), Vec::new()));
}

#[test]
fn a_source_that_no_mode_has_is_nobodys() {
    let (mut shared, registers) = running(MSIX);
    assert_eq!(shared.isr(Source::Message(9)), IsrOutcome::NOT_MINE);
    assert_eq!(shared.begin(Source::Message(u16::MAX)), None);
    shared.start(Source::Message(9), MSIX);
    shared.enable(Source::Message(9), true);
    assert!(registers.writes().is_empty());
}
