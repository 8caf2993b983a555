//! Frames both ways, in every interrupt mode.

mod fake;

use dirql::{Budget, DeferredOutcome, Source};
use fake::{Event, MODES, Machine};
use i82574::general::Status;
use i82574::interrupt::{Cause, Ims};
use nic::{InterruptMode, Link, SendError, SendStatus};

fn sent(token: u64) -> Event {
    Event::Sent(token, SendStatus::Sent)
}

fn bytes(seed: u8, len: usize) -> Vec<u8> {
    (0..len).map(|n| seed.wrapping_add(n as u8)).collect()
}

#[test]
fn frames_cross_in_every_mode() {
    for mode in MODES {
        let machine = Machine::running(mode);
        for round in 0..40u8 {
            let frame = bytes(round, 60 + 30 * usize::from(round));
            assert!(machine.device.receive(&frame), "{mode:?} {round}");
            assert_eq!(machine.events(), [Event::Received(frame)], "{mode:?} {round}");
            machine.send(round.into(), 1 + u64::from(round % 3)).unwrap();
            machine.device.transmit();
            assert_eq!(machine.events(), [sent(round.into())], "{mode:?} {round}");
        }
    }
}

#[test]
fn many_frames_cost_few_interrupts() {
    for mode in MODES {
        let machine = Machine::running(mode);
        for token in 0..7 {
            machine.send(token, 1).unwrap();
            assert!(machine.device.receive(&bytes(token as u8, 60)));
        }
        machine.device.transmit();
        assert!(machine.settle() <= 4, "{mode:?}");
        assert_eq!(machine.nic.upper().take().len(), 14, "{mode:?}");
    }
}

#[test]
fn a_frame_that_comes_after_the_last_look_interrupts_again() {
    for mode in MODES {
        let machine = Machine::running(mode);
        assert!(machine.device.receive(&bytes(1, 60)));
        let source = machine.device.take_interrupt().unwrap();
        assert!(machine.isr(source));
        assert!(machine.device.receive(&bytes(2, 60)));
        assert_eq!(machine.deferred(source), DeferredOutcome::Done);
        assert!(machine.device.receive(&bytes(3, 60)));
        assert_eq!(machine.events().len(), 3, "{mode:?}");
    }
}

#[test]
fn a_small_budget_loses_nothing() {
    for mode in MODES {
        let mut machine = Machine::running(mode);
        machine.budget = Budget::new(1);
        for token in 0..5 {
            machine.send(token, 1).unwrap();
            assert!(machine.device.receive(&bytes(token as u8, 60)));
        }
        machine.device.transmit();
        let events = machine.events();
        assert_eq!(events.iter().filter(|e| matches!(e, Event::Received(_))).count(), 5, "{mode:?}");
        assert!(events.iter().filter(|e| matches!(e, Event::Sent(..))).cloned().eq((0..5).map(sent)));
    }
}

#[test]
fn a_refused_sender_is_called_once_there_is_room() {
    for mode in MODES {
        let machine = Machine::running(mode);
        (0..7).for_each(|token| machine.send(token, 1).unwrap());
        assert_eq!(machine.send(7, 1), Err(SendError::Full));
        assert_eq!(machine.send(7, 1), Err(SendError::Full));
        assert_eq!(machine.events(), []);
        machine.device.transmit();
        let events = machine.events();
        assert_eq!(events.iter().filter(|e| **e == Event::TransmitReady).count(), 1, "{mode:?}");
        machine.send(7, 1).unwrap();
        machine.device.transmit();
        assert_eq!(machine.events(), [sent(7)], "{mode:?}");
    }
}

#[test]
fn a_link_change_is_told_once() {
    for mode in MODES {
        let machine = Machine::running(mode);
        assert_eq!(machine.nic.link(), Link::Up { mbps: 1000, full_duplex: true });
        machine.device.set_link(Status::empty());
        assert_eq!(machine.events(), [Event::Link(Link::Down)], "{mode:?}");
        machine.device.set_link(Status::empty());
        assert_eq!(machine.events(), [], "{mode:?}");
        machine.device.set_link(Status::LU | Status::from_bits_retain(0x40));
        let up = Link::Up { mbps: 100, full_duplex: false };
        assert_eq!(machine.events(), [Event::Link(up)], "{mode:?}");
        assert_eq!(machine.nic.link(), up);
    }
}

#[test]
fn spurious_messages_and_empty_runs_do_no_harm() {
    let machine = Machine::running(InterruptMode::MsiX { vectors: 3 });
    for message in [0, 1, 2, 2, 1, 0, 3, 4] {
        machine.device.spurious(message);
        machine.settle();
        assert_eq!(machine.deferred(Source::Message(message)), DeferredOutcome::Done);
    }
    let unmasked: Ims = machine.device.register();
    assert!(unmasked.0.contains(Cause::RXQ0 | Cause::TXQ0 | Cause::OTHER));
    assert!(machine.device.receive(&bytes(1, 60)));
    assert_eq!(machine.events().len(), 1);
}

#[test]
fn a_spurious_message_during_a_run_cannot_hide_a_frame() {
    let machine = Machine::running(InterruptMode::MsiX { vectors: 3 });
    let source = Source::Message(0);
    // Nothing caused this one, so the device has not masked the vector.
    assert!(machine.isr(source));
    assert!(machine.device.receive(&bytes(1, 60)));
    assert!(machine.isr(machine.device.take_interrupt().unwrap()));
    assert_eq!(machine.deferred(source), DeferredOutcome::Done);
    assert!(machine.device.receive(&bytes(2, 60)));
    assert_eq!(machine.events().len(), 2);
}
