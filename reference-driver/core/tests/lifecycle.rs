//! Start, stop, reset and removal, with frames on their way.

mod fake;

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use dirql::{DeferredOutcome, ErrorKind, Register, Source};
use fake::{Event, MODES, Machine, Recorder, device::MAC, passive, while_waiting};
use i82574::filter::Rah;
use i82574::general::{Ctrl, CtrlExt};
use i82574::interrupt::{Ims, Ivar};
use i82574::receive::{Rctl, Rdt, Rfctl};
use i82574::transmit::Tctl;
use nic::{InterruptMode, Link, SendError, SendStatus};

fn aborted(token: u64) -> Event {
    Event::Sent(token, SendStatus::Aborted)
}

#[test]
fn a_start_takes_the_address_and_reports_the_link() {
    let machine = Machine::new(InterruptMode::Line, Recorder::default());
    assert_eq!(passive(|cx| machine.nic.mac_address(cx)), None);
    machine.start().unwrap();
    assert_eq!(passive(|cx| machine.nic.mac_address(cx)), Some(MAC));
    assert!(machine.device.register::<Rah>().valid());
    let up = Link::Up { mbps: 1000, full_duplex: true };
    assert_eq!(machine.nic.upper().take(), [Event::Link(up)]);
}

#[test]
fn the_order_of_bring_up_is_the_data_sheets() {
    let machine = Machine::running(InterruptMode::MsiX { vectors: 3 });
    let writes = machine.device.writes();
    let place = |offset, bits| writes.iter().rposition(|w| w.0 == offset && w.1 & bits == bits).unwrap();
    let reset = place(Ctrl::OFFSET, Ctrl::RST.bits());
    let format = place(Rfctl::OFFSET, Rfctl::EXTEN.bits());
    let receive = place(Rctl::OFFSET, Rctl::EN.bits());
    let buffers = place(Rdt::OFFSET, 7);
    let vectors = place(Ivar::OFFSET, 0);
    let unmask = place(Ims::OFFSET, 0);
    assert!(reset < vectors && vectors < unmask);
    assert!(reset < format && format < receive && receive < buffers && buffers < unmask);
}

#[test]
fn a_stop_gives_everything_back_and_leaves_the_device_quiet() {
    for mode in MODES {
        let machine = Machine::running(mode);
        machine.send(1, 2).unwrap();
        machine.device.transmit();
        machine.send(2, 1).unwrap();
        machine.stop();
        let events = machine.nic.upper().take();
        assert_eq!(events, [Event::Sent(1, SendStatus::Sent), aborted(2)], "{mode:?}");
        assert_eq!(machine.send(3, 1), Err(SendError::Stopped));
        assert!(machine.device.register::<Ims>().0.is_empty());
        assert!(!machine.device.register::<Tctl>().contains(Tctl::EN));
        assert!(!machine.device.register::<CtrlExt>().contains(CtrlExt::DRV_LOAD));
        assert!(!machine.device.receive(&[1; 60]));
        assert_eq!(machine.events(), []);
    }
}

#[test]
fn a_stopped_driver_starts_again() {
    for mode in MODES {
        let machine = Machine::running(mode);
        for round in 0..5 {
            machine.send(round, 3).unwrap();
            assert!(machine.device.receive(&[round as u8; 700]));
            machine.stop();
            machine.stop();
            assert_eq!(machine.nic.upper().take(), [aborted(round)], "{mode:?}");
            machine.start().unwrap();
            assert!(machine.device.receive(&[7; 700]));
            assert_eq!(machine.events(), [Event::Received(vec![7; 700])], "{mode:?}");
        }
    }
}

#[test]
fn senders_go_on_during_a_reset() {
    for mode in MODES {
        let machine = Arc::new(Machine::running(mode));
        (0..7).for_each(|token| machine.send(token, 1).unwrap());
        assert_eq!(machine.send(7, 1), Err(SendError::Full));
        let sender = machine.clone();
        let hook = move || assert_eq!(sender.send(8, 1), Err(SendError::Stopped));
        while_waiting(hook, || machine.reset()).unwrap();
        let mut expected: Vec<Event> = (0..7).map(aborted).collect();
        expected.push(Event::TransmitReady);
        assert_eq!(machine.nic.upper().take(), expected, "{mode:?}: the refused sender is called");
        machine.send(9, 1).unwrap();
        machine.device.transmit();
        assert_eq!(machine.events(), [Event::Sent(9, SendStatus::Sent)], "{mode:?}");
    }
}

#[test]
fn a_stop_waits_for_a_run_that_holds_frames() {
    let (let_go, held) = channel::<()>();
    let held = Mutex::new(held);
    let hook = move |event: &Event| {
        if matches!(event, Event::Sent(1, _)) {
            held.lock().unwrap().recv().unwrap();
        }
    };
    let machine = Machine::new(InterruptMode::Line, Recorder::with_hook(hook));
    machine.start().unwrap();
    machine.nic.upper().take();
    machine.send(1, 1).unwrap();
    machine.device.transmit();
    machine.send(2, 1).unwrap();
    assert!(machine.isr(Source::Line));
    std::thread::scope(|scope| {
        scope.spawn(|| machine.deferred(Source::Line));
        // The run is inside once the transmit ring gave it the frame; then the stop must wait for it.
        while passive(|cx| machine.nic.statistics(cx)).sent == 0 {
            std::thread::yield_now();
        }
        let mut waits = 0;
        let release = move || {
            waits += 1;
            if waits == 3 {
                let_go.send(()).unwrap();
            }
        };
        while_waiting(release, || machine.stop());
        let told = machine.nic.upper().take();
        assert_eq!(told, [Event::Sent(1, SendStatus::Sent), aborted(2)]);
    });
}

#[test]
fn a_run_that_comes_after_the_stop_does_nothing() {
    for mode in MODES {
        let machine = Machine::running(mode);
        assert!(machine.device.receive(&[1; 60]));
        let source = machine.device.take_interrupt().unwrap();
        assert!(machine.isr(source));
        machine.stop();
        let before = machine.device.accesses();
        assert_eq!(machine.deferred(source), DeferredOutcome::Done);
        assert_eq!(machine.device.accesses(), before, "{mode:?}");
        assert_eq!(machine.nic.upper().take(), []);
        machine.start().unwrap();
        assert_eq!(machine.deferred(source), DeferredOutcome::Done, "not even after the next start");
        assert!(machine.device.receive(&[2; 60]));
        assert_eq!(machine.events(), [Event::Received(vec![2; 60])], "{mode:?}");
    }
}

#[test]
fn a_removal_gives_everything_back_without_the_device() {
    for mode in MODES {
        let machine = Machine::running(mode);
        (0..3).for_each(|token| machine.send(token, 2).unwrap());
        machine.device.remove();
        let before = machine.device.accesses();
        machine.removed();
        machine.removed();
        assert_eq!(machine.device.accesses(), before, "{mode:?}");
        let told = machine.nic.upper().take();
        assert_eq!(told, [aborted(0), aborted(1), aborted(2), Event::Link(Link::Down)]);
        assert_eq!(machine.send(3, 1), Err(SendError::Stopped));
        assert_eq!(machine.start().map_err(|e| e.kind()), Err(ErrorKind::Gone));
        machine.stop();
        assert_eq!(machine.reset(), Ok(()));
        assert_eq!(machine.device.accesses(), before, "{mode:?}");
    }
}

#[test]
fn everything_ends_when_the_device_is_gone() {
    for mode in MODES {
        let machine = Machine::running(mode);
        machine.send(1, 1).unwrap();
        machine.device.remove();
        for source in machine.sources() {
            machine.isr(source);
            assert_eq!(machine.deferred(source), DeferredOutcome::Done, "{mode:?}");
        }
        assert_eq!(machine.reset().map_err(|e| e.kind()), Err(ErrorKind::Gone), "{mode:?}");
        assert_eq!(machine.nic.upper().take(), [aborted(1)]);
        assert_eq!(machine.start().map_err(|e| e.kind()), Err(ErrorKind::Gone));
        machine.removed();
    }
}

#[test]
fn a_stop_works_after_the_interrupt_was_disconnected() {
    let machine = Machine::running(InterruptMode::Line);
    machine.send(1, 1).unwrap();
    machine.disconnect();
    machine.stop();
    assert_eq!(machine.nic.upper().take(), [aborted(1)]);
    assert!(machine.device.register::<Ims>().0.is_empty(), "the reset masked it");
    assert_eq!(machine.start().map_err(|e| e.kind()), Err(ErrorKind::NoInterrupt));
    assert_eq!(machine.send(2, 1), Err(SendError::Stopped));
}

#[test]
fn a_second_start_is_refused_and_changes_nothing() {
    let machine = Machine::running(InterruptMode::Line);
    assert_eq!(machine.start().map_err(|e| e.kind()), Err(ErrorKind::Unsupported));
    assert!(machine.device.receive(&[1; 60]));
    assert_eq!(machine.events().len(), 1);
}

#[test]
fn two_vectors_are_refused() {
    let machine = Machine::new(InterruptMode::Line, Recorder::default());
    let two = InterruptMode::MsiX { vectors: 2 };
    let result = passive(|cx| machine.nic.start(cx, &machine.interrupt, two));
    assert_eq!(result.map_err(|e| e.kind()), Err(ErrorKind::Unsupported));
    machine.start().unwrap();
}

#[test]
fn what_was_accepted_comes_back_once_whoever_starts_and_stops() {
    let machine = Machine::running(InterruptMode::Line);
    let accepted = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for first in [0, 1000] {
            let (machine, accepted) = (&machine, &accepted);
            scope.spawn(move || {
                for token in first..first + 100 {
                    if machine.send(token, 1).is_ok() {
                        accepted.lock().unwrap().push(token);
                    }
                    let _ = machine.reset();
                    machine.stop();
                    let _ = machine.start();
                }
            });
        }
    });
    machine.removed();
    let mut accepted = accepted.into_inner().unwrap();
    let told = machine.nic.upper().take();
    let mut returned: Vec<u64> =
        told.iter().filter_map(|e| if let Event::Sent(token, _) = e { Some(*token) } else { None }).collect();
    accepted.sort_unstable();
    returned.sort_unstable();
    assert!(!accepted.is_empty());
    assert_eq!(returned, accepted);
}
