//! The register half of the driver: the link, the PHY, and its life.

mod fake;

use std::sync::{Arc, Mutex};

use dirql::{Budget, DeferredOutcome, Domain, ErrorKind, InterruptHandler, Source};
use fake::{Device, Fake, Interrupt, MODES, passive};
use i82574::general::Status;
use i82574::interrupt::{Cause, Ims};
use i82574::receive::Rctl;
use nic::{Filter, InterruptMode, Link, LinkListener, Monitor};

const UP: Link = Link::Up { mbps: 1000, full_duplex: true };

/// What the driver told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<Link>>>);

impl LinkListener for Told {
    fn link_changed(&self, link: Link) {
        self.0.lock().unwrap().push(link);
    }
}

/// The driver on its machine.
struct Machine {
    monitor: Monitor<Fake, Told>,
    interrupt: Interrupt,
    device: Device,
    mode: InterruptMode,
}

impl Machine {
    fn new(mode: InterruptMode) -> Self {
        let device = Device::new(mode);
        let monitor = Monitor::new(device.registers(), Filter::default(), Told::default());
        let interrupt = Interrupt::new(monitor.shared(Domain::AllMessages));
        let machine = Self { monitor, interrupt, device, mode };
        for n in 0..3 {
            let source = if mode == InterruptMode::Line { Source::Line } else { Source::Message(n) };
            machine.interrupt.alone(|shared| machine.monitor.enable(shared, source)).unwrap();
        }
        machine
    }

    fn running(mode: InterruptMode) -> Self {
        let machine = Self::new(mode);
        passive(|cx| machine.monitor.start(cx, &machine.interrupt, mode)).unwrap();
        machine
    }

    /// Delivers interrupts until there is none.
    fn settle(&self) {
        while let Some(source) = self.device.take_interrupt() {
            let outcome = self.interrupt.alone(|shared| self.monitor.isr(shared, source));
            if outcome.defer {
                let budget = Budget::new(1);
                let done = fake::dispatch(|cx| self.monitor.deferred(cx, &self.interrupt, source, budget));
                assert_eq!(done, DeferredOutcome::Done);
            }
        }
    }

    fn stop(&self) {
        passive(|cx| self.monitor.stop(cx, &self.interrupt));
    }

    fn read_phy(&self, register: u8) -> Result<u16, ErrorKind> {
        passive(|cx| self.monitor.read_phy(cx, register)).map_err(|error| error.kind())
    }

    fn told(&self) -> Vec<Link> {
        self.monitor.upper().0.lock().unwrap().clone()
    }
}

#[test]
fn every_change_of_the_link_is_told_once_in_every_mode() {
    for mode in MODES {
        let machine = Machine::running(mode);
        assert_eq!(machine.told(), [UP], "{mode:?}");
        machine.device.set_link(Status::empty());
        machine.settle();
        machine.device.set_link(Status::LU | Status::FD);
        machine.settle();
        machine.settle();
        let slow = Link::Up { mbps: 10, full_duplex: true };
        assert_eq!(machine.told(), [UP, Link::Down, slow], "{mode:?}");
        assert_eq!(machine.monitor.link(), slow);
    }
}

#[test]
fn a_stopped_driver_is_quiet_and_tells_nothing() {
    for mode in MODES {
        let machine = Machine::running(mode);
        machine.stop();
        let ims: Ims = machine.device.register();
        assert_eq!(ims.0, Cause::empty());
        assert_eq!(machine.device.register::<Rctl>(), Rctl::empty());
        machine.device.set_link(Status::empty());
        machine.settle();
        assert_eq!(machine.told(), [UP]);
        assert_eq!(machine.read_phy(1), Err(ErrorKind::Unsupported));
        passive(|cx| machine.monitor.start(cx, &machine.interrupt, machine.mode)).unwrap();
        assert_eq!(machine.told(), [UP, Link::Down], "it looks when it starts");
    }
}

#[test]
fn a_reset_keeps_the_filter_and_looks_at_the_link_again() {
    let machine = Machine::running(InterruptMode::Line);
    passive(|cx| {
        machine.monitor.set_filter(cx, Filter { promiscuous: true, all_multicast: false, broadcast: false });
        machine.monitor.reset(cx, &machine.interrupt)
    })
    .unwrap();
    let rctl: Rctl = machine.device.register();
    assert!(rctl.contains(Rctl::EN | Rctl::UPE));
    machine.device.set_link(Status::empty());
    machine.settle();
    assert_eq!(machine.told(), [UP, Link::Down]);
}

#[test]
fn the_phy_is_read_and_written_while_the_driver_runs() {
    let machine = Machine::running(InterruptMode::Line);
    passive(|cx| machine.monitor.write_phy(cx, 4, 0x0de1)).unwrap();
    assert_eq!((machine.read_phy(4), machine.read_phy(5)), (Ok(0x0de1), Ok(0)));
    assert_eq!(machine.read_phy(32), Err(ErrorKind::Unsupported), "there is no such register");
}

#[test]
fn a_device_that_is_gone_is_asked_no_more() {
    let machine = Machine::running(InterruptMode::MsiX { vectors: 3 });
    machine.device.remove();
    assert_eq!(machine.read_phy(1), Err(ErrorKind::Gone), "its registers say so");
    let before = machine.device.accesses();
    passive(|cx| machine.monitor.removed(cx, &machine.interrupt));
    assert_eq!(machine.told(), [UP, Link::Down]);
    assert_eq!(machine.read_phy(1), Err(ErrorKind::Gone), "the driver knows");
    passive(|cx| machine.monitor.statistics(cx));
    assert_eq!(machine.device.accesses(), before);
}
