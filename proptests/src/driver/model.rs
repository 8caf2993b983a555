//! The reference: a queue of frames to send, a queue of frames on their way up, and what must be told of them.

use std::collections::VecDeque;

use dirql::ErrorKind;
use nic::{FRAME_LEN_MAX, FRAME_LEN_MIN, Filter, SendError, SendStatus};
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

use super::transition::{Setup, To, Transition, setup, transition};

/// The address in the device's NVM.
pub const NVM_MAC: [u8; 6] = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];
/// How many frames the device holds while it has no descriptor for them.
pub const HELD_MAX: u8 = 4;
/// The shortest frame on the wire, without FCS.
pub const WIRE_LEN_MIN: u32 = 60;

/// What a transition must do, as seen by whoever is above the driver and at the far end of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// What a send was answered.
    pub send: Option<Result<(), SendError>>,
    /// What a start, a reset or a new address was answered.
    pub control: Option<Result<(), ErrorKind>>,
    /// Frames given back, in order.
    pub returned: Vec<(u64, SendStatus)>,
    /// Frames at the far end, in order.
    pub transmitted: Vec<u64>,
    /// How often the driver said that there is room again.
    pub ready: u32,
    /// Frames handed up, in order.
    pub received: Vec<u64>,
    /// The link, each time that it was said to change.
    pub link: Vec<bool>,
}

/// A frame in the transmit ring.
#[derive(Clone, Copy, Debug)]
pub struct Queued {
    token: u64,
    descriptors: u16,
}

/// The driver, as far as its user knows.
#[derive(Clone, Debug)]
pub struct Model {
    /// How everything was set up.
    pub setup: Setup,
    /// Whether the driver runs.
    pub running: bool,
    /// Whether the cable is plugged in.
    pub cable: bool,
    /// What the driver said of the link last.
    pub told_link: bool,
    /// What is received.
    pub filter: Filter,
    /// The station's address, once it is known.
    pub mac: Option<[u8; 6]>,
    /// Frames accepted and not given back.
    pub in_flight: VecDeque<Queued>,
    /// Descriptors of the largest frame that was refused since there was room last.
    wanted: u16,
    /// Frames that were offered, and frames that came down the wire: each has its number.
    pub offered: u64,
    /// As `offered`, for the wire.
    pub arrived: u64,
    /// Frames given back as sent, given back as aborted, and handed up, in all.
    pub totals: [u64; 3],
    /// Descriptors used since the start: freed by completions, given to the device, and filled by it.
    pub transmit_clean: u32,
    /// As `transmit_clean`: what was given to the device.
    pub transmit_tail: u32,
    /// As `transmit_clean`: what the device received into.
    pub receive_head: u32,
    /// Whether the device may have begun a frame that the link keeps it from sending.
    pub stuck: bool,
    /// What the last transition must have done.
    pub effects: Effects,
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Self> {
        setup().prop_map(Self::new).boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Transition> {
        transition().boxed()
    }

    fn apply(mut model: Self, transition: &Transition) -> Self {
        model.effects = Effects::default();
        match transition {
            &Transition::Send { len, fragments } => model.send(len, fragments),
            &Transition::Complete { frames, .. } => model.complete(frames),
            Transition::Arrive { frames, at_once } => model.arrive(frames, *at_once),
            &Transition::Cable(plugged) => model.set_cable(plugged),
            &Transition::Filter(filter) => model.filter = filter,
            &Transition::Mac(mac) => model.set_mac(mac),
            Transition::Start => model.start(),
            Transition::Stop => model.stop(),
            Transition::Reset => model.reset(),
        }
        model
    }
}

impl Model {
    fn new(setup: Setup) -> Self {
        Self {
            setup,
            running: false,
            cable: true,
            told_link: false,
            filter: Filter::default(),
            mac: None,
            in_flight: VecDeque::new(),
            wanted: 0,
            offered: 0,
            arrived: 0,
            totals: [0; 3],
            transmit_clean: 0,
            transmit_tail: 0,
            receive_head: 0,
            stuck: false,
            effects: Effects::default(),
        }
    }

    // --- transmit: a bounded queue ---

    fn room(&self) -> u16 {
        self.setup.transmit - 1 - self.in_flight.iter().map(|frame| frame.descriptors).sum::<u16>()
    }

    fn send(&mut self, len: u32, fragments: u16) {
        let token = self.offered;
        self.offered += 1;
        let valid = (FRAME_LEN_MIN..=FRAME_LEN_MAX).contains(&len) && fragments < self.setup.transmit;
        let answer = if !valid || fragments == 0 {
            Err(SendError::Invalid)
        } else if !self.running {
            Err(SendError::Stopped)
        } else if fragments > self.room() {
            self.wanted = self.wanted.max(fragments);
            Err(SendError::Full)
        } else {
            self.in_flight.push_back(Queued { token, descriptors: fragments });
            self.transmit_tail += u32::from(fragments);
            Ok(())
        };
        self.effects.send = Some(answer);
    }

    fn complete(&mut self, frames: u32) {
        if !self.running || !self.cable {
            self.stuck |= self.running && !self.in_flight.is_empty();
            return;
        }
        for _ in 0..frames {
            let Some(frame) = self.in_flight.pop_front() else { break };
            self.stuck = false;
            self.transmit_clean += u32::from(frame.descriptors);
            self.effects.transmitted.push(frame.token);
            self.give_back(frame, SendStatus::Sent);
        }
        self.offer_room();
    }

    fn give_back(&mut self, frame: Queued, status: SendStatus) {
        self.totals[usize::from(status == SendStatus::Aborted)] += 1;
        self.effects.returned.push((frame.token, status));
    }

    fn offer_room(&mut self) {
        if self.wanted != 0 && self.wanted <= self.room() {
            self.wanted = 0;
            self.effects.ready += 1;
        }
    }

    // --- receive: what passes the filter, and does not find the device full ---

    fn passes(&self, to: To) -> bool {
        let Filter { promiscuous, all_multicast, broadcast } = self.filter;
        match to {
            To::Own => true,
            To::Other => promiscuous,
            To::Group => promiscuous || all_multicast,
            To::All => promiscuous || all_multicast || broadcast,
        }
    }

    fn arrive(&mut self, frames: &[(To, u32)], at_once: bool) {
        let mut device = Burst { free: self.setup.receive - 1, held: VecDeque::new() };
        for &(to, len) in frames {
            let number = self.arrived;
            self.arrived += 1;
            let descriptors = len.max(WIRE_LEN_MIN).div_ceil(self.setup.buffer.bytes()) as u16;
            let lost = at_once && self.passes(to) && !device.take(descriptors);
            if self.running && self.cable && self.passes(to) && !lost {
                self.receive_head += u32::from(descriptors);
                self.totals[2] += 1;
                self.effects.received.push(number);
            }
        }
    }

    // --- control ---

    fn set_cable(&mut self, plugged: bool) {
        self.cable = plugged;
        if self.running {
            self.tell_link();
        }
    }

    fn tell_link(&mut self) {
        if self.told_link != self.cable {
            self.told_link = self.cable;
            self.effects.link.push(self.cable);
        }
    }

    fn set_mac(&mut self, mac: [u8; 6]) {
        let sound = mac[0] & 1 == 0 && mac != [0; 6];
        self.effects.control = Some(if sound { Ok(()) } else { Err(ErrorKind::Unsupported) });
        if sound {
            self.mac = Some(mac);
        }
    }

    fn start(&mut self) {
        if self.running {
            self.effects.control = Some(Err(ErrorKind::Unsupported));
        } else {
            self.bring_up();
        }
    }

    fn bring_up(&mut self) {
        self.running = true;
        self.mac.get_or_insert(NVM_MAC);
        (self.transmit_clean, self.transmit_tail, self.receive_head) = (0, 0, 0);
        self.stuck = false;
        self.tell_link();
        self.offer_room();
        self.effects.control = Some(Ok(()));
    }

    fn stop(&mut self) {
        self.running = false;
        for frame in core::mem::take(&mut self.in_flight) {
            self.give_back(frame, SendStatus::Aborted);
        }
    }

    fn reset(&mut self) {
        self.effects.control = Some(Ok(()));
        if self.running {
            self.stop();
            self.bring_up();
        }
    }
}

/// The device while no driver looks: frames fill descriptors, then the packet buffer, and then get lost.
struct Burst {
    free: u16,
    held: VecDeque<u16>,
}

impl Burst {
    /// Takes a frame of so many descriptors, if there is room to hold it.
    fn take(&mut self, descriptors: u16) -> bool {
        if self.held.len() == usize::from(HELD_MAX) {
            return false;
        }
        self.held.push_back(descriptors);
        while let Some(wanted) = self.held.front_mut() {
            let given = self.free.min(*wanted);
            self.free -= given;
            *wanted -= given;
            if *wanted > 0 {
                break;
            }
            self.held.pop_front();
        }
        true
    }
}
