//! The threads of a run that moves frames: two writers, a reader, who cancels, who asks with control codes, PnP, and the
//! wire.

use dirql_sim::kernel;
use dirql_sim::wdf::Io;
use nic::Filter;
use nic_shell::control::*;

use super::manager::Completed;
use super::{Function, Stand};
use crate::case::{Control, Interrupt, Wire};
use crate::world::actors::{act, press_neighbour, turn_link};

/// How often who waits for an answer looks for it, before he cancels his question.
const LOOKS: u32 = 40;
/// Longer than any frame.
pub(super) const READ_LEN: usize = 2048;
const REQUESTS: u32 = 2;
/// How many reads are made beyond the frames that arrive.
const SPARE_READS: usize = 4;
const CANCELS: usize = 4;

/// Runs all threads to their ends.
pub(super) fn run(device: &Function<'_>) {
    kernel::scope(|scope| {
        scope.spawn(0, "writer 0", || device.write_all(0));
        scope.spawn(1, "writer 1", || device.write_all(1));
        scope.spawn(0, "reader", || device.read_all());
        if device.bits(10, 1) == 1 {
            scope.spawn(1, "canceller", || device.cancel_some());
        }
        scope.spawn(1, "requester", || device.request_all());
        if !device.scene.case.controls.is_empty() {
            scope.spawn(0, "pnp", || device.control_all());
        }
        scope.spawn(2, "wire", || device.wire());
    });
}

/// What the case wants to hear.
pub(super) fn filter(device: &Function<'_>) -> Filter {
    let promiscuous = device.bits(8, 3) != 0;
    Filter { promiscuous, all_multicast: promiscuous, broadcast: true }
}

pub(super) fn set_filter(device: &Function<'_>, filter: Filter) {
    let bits = [
        (filter.promiscuous, NIC_FILTER_PROMISCUOUS),
        (filter.all_multicast, NIC_FILTER_ALL_MULTICAST),
        (filter.broadcast, NIC_FILTER_BROADCAST),
    ];
    let bits = bits.iter().filter(|(wanted, _)| *wanted).fold(0_u32, |all, (_, bit)| all | bit);
    kernel::note("sets the filter", 0);
    device.ask(IOCTL_NIC_SET_FILTER, &bits.to_le_bytes(), 0);
}

impl Function<'_> {
    /// Makes a request with a control code, and waits for the answer; not for ever, since the device may never come
    /// back to D0.
    pub(super) fn ask(&self, code: u32, input: &[u8], room: usize) -> Option<Completed> {
        let ticket = self.manager.submit(&Io::Control(code, input, room));
        for _ in 0..LOOKS {
            if let Some(completed) = self.manager.take(ticket) {
                return Some(completed);
            }
            kernel::sleep();
        }
        self.manager.cancel(ticket);
        self.manager.take(ticket)
    }

    /// Writes a writer's frames: now and then each several times, so that more wait than the ring takes.
    fn write_all(&self, writer: u8) {
        let copies = if self.bits(60, 7) == 0 { 5 } else { 1 };
        for send in self.scene.case.sends.iter().filter(|send| send.sender == writer) {
            for _ in 0..copies {
                self.write(send.frame);
            }
        }
    }

    fn write(&self, frame: u16) {
        let ticket = self.manager.submit(&Io::Write(self.scene.frames.get(frame)));
        self.ledger.borrow_mut().wrote(ticket, frame);
    }

    fn read_all(&self) {
        let arrivals = self.scene.case.wire.iter().filter(|event| matches!(event, Wire::Frame(_))).count();
        for _ in 0..arrivals + SPARE_READS {
            let ticket = self.manager.submit(&Io::Read(READ_LEN));
            self.ledger.borrow_mut().asked_for_a_frame(ticket);
        }
    }

    fn cancel_some(&self) {
        for n in 0..CANCELS {
            let newest = self.manager.newest().filter(|_| n % 2 == 1);
            let Some(ticket) = newest.or_else(|| self.ledger.borrow().pending(n * 7)) else { continue };
            kernel::note("cancels request {}", ticket.number());
            self.ledger.borrow_mut().cancels(ticket);
            self.manager.cancel(ticket);
        }
    }

    fn request_all(&self) {
        for _ in 0..REQUESTS {
            self.ask(IOCTL_NIC_GET_STATISTICS, &[], size_of::<Counters>());
            self.ask(IOCTL_NIC_GET_LINK_STATE, &[], size_of::<LinkState>());
        }
    }

    pub(super) fn control_all(&self) {
        for (number, control) in (0..).zip(&self.scene.case.controls) {
            match *control {
                Control::Filter { .. } | Control::Statistics => {
                    self.ask(IOCTL_NIC_GET_STATISTICS, &[], size_of::<Counters>());
                }
                Control::Reset => self.alone(|| self.leave_d0_and_come_back(0)),
                Control::Restart => {
                    self.alone(|| self.leave_d0_and_come_back(self.bits(44 + 2 * (number % 8), 3)));
                }
            }
        }
    }

    pub(super) fn wire(&self) {
        for event in &self.scene.case.wire {
            kernel::pause();
            match *event {
                Wire::Frame(frame) => self.arrive(frame),
                Wire::Link(up) => turn_link(up),
                Wire::Neighbour if self.scene.case.settings.interrupt == Interrupt::SharedLine => {
                    press_neighbour(self.scene);
                }
                Wire::Neighbour => {}
                Wire::Remove if self.stand.get() != Stand::Removed => self.remove(),
                Wire::Remove => {}
            }
        }
        // Only with the cable in every frame is owed.
        act(|nic| nic.set_link(true));
    }

    fn arrive(&self, frame: u16) {
        self.scene.book.arrives(frame);
        self.ledger.borrow_mut().arrives(self.scene.frames.get(frame));
        let bytes = self.scene.frames.share(frame);
        kernel::note("a frame of {} bytes comes down the wire", bytes.len() as u64);
        act(|nic| nic.arrive(bytes));
    }
}
