//! The workload: the transmit ring of a network adapter with its sender, its device and its DPC.
//!
//! It is written once, over [`Tool`]. Each register access and each acquisition of the interrupt lock is one
//! preemption point of the tool; all else is memory that the lock protects, or one actor owns. After the three
//! actors the adapter runs on until nothing moves, and then each packet must have been completed exactly once.
#![allow(clippy::disallowed_types, reason = "plain memory must stay invisible to both tools")]

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

/// What a tool brings.
pub trait Tool {
    /// Reads a register.
    fn read(&self, register: Register) -> u32;
    /// Writes a register.
    fn write(&self, register: Register, value: u32);
    /// Reads a register and clears it, in one access.
    fn take(&self, register: Register) -> u32;
    /// Sets bits of a register, in one access.
    fn set_bits(&self, register: Register, bits: u32);
    /// Runs `section` under the interrupt lock.
    fn locked<R>(&self, section: impl FnOnce() -> R) -> R;
    /// Lets others go first.
    fn pause(&self);
}

/// The registers of the adapter, and the word that says whether its DPC is queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// The causes that are pending.
    Icr,
    /// The causes that may interrupt.
    Ims,
    /// The tail of the ring, which the driver moves.
    Tdt,
    /// The head of the ring, which the device moves.
    Tdh,
    /// Whether the DPC is queued.
    Dpc,
}

/// How many [`Register`]s there are.
pub const REGISTERS: usize = 5;

/// What is wrong with the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Nothing.
    None,
    /// B1: the sender moves the tail without the lock.
    TornTail,
    /// B2: the DPC unmasks before its last look at the ring, and clears its flag at the end.
    LostWakeup,
    /// B3: the ISR takes the cause after it looked at the head.
    LateTake,
    /// B4: a full ring looks like an empty one.
    FullIsEmpty,
    /// B5: the DPC unmasks, finds nothing to do, and drops a cause that it takes for an old one.
    StaleCause,
}

impl Bug {
    /// B1 to B5.
    pub const ALL: [Bug; 5] =
        [Bug::TornTail, Bug::LostWakeup, Bug::LateTake, Bug::FullIsEmpty, Bug::StaleCause];
}

/// How much there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// How many packets are sent.
    pub packets: u32,
    /// How many of them at a time.
    pub chain: u32,
    /// How often in a row an actor finds nothing to do before it gives up.
    pub idle_max: u32,
}

impl Size {
    /// What is measured.
    pub const USUAL: Self = Self { packets: 8, chain: 2, idle_max: 8 };

    /// What can be explored: so many packets one by one, and no idle polls.
    pub const fn small(packets: u32) -> Self {
        Self { packets, chain: 1, idle_max: 0 }
    }
}

/// The most packets of a [`Size`].
const PACKETS_MAX: usize = 8;
const DESCRIPTORS: u32 = 8;
/// The descriptor was written back: the packet is on the wire.
const TXDW: u32 = 1;

/// A word of memory that is no preemption point.
#[derive(Default)]
struct Plain(AtomicU32);

impl Plain {
    fn get(&self) -> u32 {
        self.0.load(Relaxed)
    }

    fn set(&self, value: u32) {
        self.0.store(value, Relaxed);
    }

    fn add(&self, n: u32) {
        self.set(self.get() + n);
    }
}

#[derive(Default)]
struct Descriptor {
    packet: Plain,
    done: Plain,
}

/// The adapter and its driver.
pub struct Nic<T> {
    tool: T,
    bug: Bug,
    size: Size,
    points: Plain,
    // Under the lock.
    ring: [Descriptor; DESCRIPTORS as usize],
    queued: Plain,
    started: Plain,
    clean: Plain,
    head_seen: Plain,
    // The device's own.
    head: Plain,
    // The judge's.
    completions: [Plain; PACKETS_MAX],
    completed: Plain,
}

const fn next(index: u32) -> u32 {
    (index + 1) % DESCRIPTORS
}

// Each of these is one preemption point.
impl<T: Tool> Nic<T> {
    fn read(&self, register: Register) -> u32 {
        self.points.add(1);
        self.tool.read(register)
    }

    fn write(&self, register: Register, value: u32) {
        self.points.add(1);
        self.tool.write(register, value);
    }

    fn take(&self, register: Register) -> u32 {
        self.points.add(1);
        self.tool.take(register)
    }

    fn raise(&self, cause: u32) {
        self.points.add(1);
        self.tool.set_bits(Register::Icr, cause);
    }

    fn locked(&self, section: impl FnOnce()) {
        self.points.add(1);
        self.tool.locked(section);
    }
}

// The driver.
impl<T: Tool> Nic<T> {
    /// Makes an adapter that may interrupt, if `tool`'s IMS holds 1 and all else of it 0.
    pub fn new(tool: T, bug: Bug, size: Size) -> Self {
        Self {
            tool,
            bug,
            size,
            points: Plain::default(),
            ring: Default::default(),
            queued: Plain::default(),
            started: Plain::default(),
            clean: Plain::default(),
            head_seen: Plain::default(),
            head: Plain::default(),
            completions: Default::default(),
            completed: Plain::default(),
        }
    }

    fn descriptor(&self, index: u32) -> &Descriptor {
        &self.ring[index as usize]
    }

    /// Sends all packets, a chain at a time.
    pub fn sender(&self) {
        for _ in 0..self.size.packets / self.size.chain {
            let send = || {
                self.queued.add(self.size.chain);
                self.fill_ring();
            };
            if self.bug == Bug::TornTail { send() } else { self.locked(send) }
        }
    }

    /// Moves packets from the queue to the ring while both allow.
    fn fill_ring(&self) {
        loop {
            let tail = self.read(Register::Tdt);
            let full = next(tail) == self.clean.get() && self.bug != Bug::FullIsEmpty;
            let packet = self.started.get();
            if full || packet == self.queued.get() {
                return;
            }
            self.started.set(packet + 1);
            self.descriptor(tail).packet.set(packet);
            self.descriptor(tail).done.set(0);
            self.write(Register::Tdt, next(tail));
        }
    }

    fn isr(&self) {
        self.locked(|| {
            let (cause, head);
            if self.bug == Bug::LateTake {
                head = self.read(Register::Tdh);
                cause = self.take(Register::Icr);
            } else {
                cause = self.take(Register::Icr);
                head = self.read(Register::Tdh);
            }
            if cause & TXDW != 0 {
                self.write(Register::Ims, 0);
                self.head_seen.set(head);
                self.write(Register::Dpc, 1);
            }
        });
    }

    /// Completes what the ISR saw done, and uses the room.
    fn complete(&self) {
        self.locked(|| {
            while self.clean.get() != self.head_seen.get() {
                let descriptor = self.descriptor(self.clean.get());
                assert_eq!(descriptor.done.get(), 1, "a descriptor is cleaned before the device is done");
                self.completions[descriptor.packet.get() as usize].add(1);
                self.completed.add(1);
                self.clean.set(next(self.clean.get()));
            }
            self.fill_ring();
        });
    }

    /// Runs the DPC if it is queued.
    fn dpc_step(&self) -> bool {
        if self.read(Register::Dpc) == 0 {
            return false;
        }
        if self.bug == Bug::LostWakeup {
            self.complete();
            self.write(Register::Ims, TXDW);
            self.complete();
            self.write(Register::Dpc, 0);
        } else {
            self.take(Register::Dpc);
            self.complete();
            self.write(Register::Ims, TXDW);
        }
        if self.bug == Bug::StaleCause && self.read(Register::Tdh) == self.clean.get() {
            self.write(Register::Icr, 0);
        } else {
            self.interrupt();
        }
        true
    }

    /// Runs DPCs until all packets are completed.
    pub fn dpc(&self) {
        self.poll(|| self.completed.get() < self.size.packets, || self.dpc_step());
    }

    /// Takes steps while there is more to do; gives up after idling for a while.
    fn poll(&self, more: impl Fn() -> bool, step: impl Fn() -> bool) {
        let mut idle = 0;
        while more() {
            if step() {
                idle = 0;
            } else if idle == self.size.idle_max {
                return;
            } else {
                idle += 1;
                self.tool.pause();
            }
        }
    }
}

// The device.
impl<T: Tool> Nic<T> {
    /// Transmits what is in the ring until all packets are on the wire.
    pub fn device(&self) {
        let sent = Plain::default();
        let step = || {
            let steps = self.device_step();
            sent.add(steps.into());
            steps
        };
        self.poll(|| sent.get() < self.size.packets, step);
    }

    /// Transmits the packet at the head, if there is one.
    fn device_step(&self) -> bool {
        let head = self.head.get();
        if head == self.read(Register::Tdt) {
            return false;
        }
        self.descriptor(head).done.set(1);
        self.head.set(next(head));
        self.write(Register::Tdh, next(head));
        self.raise(TXDW);
        self.interrupt();
        true
    }

    /// Interrupts, if a cause is pending that may.
    fn interrupt(&self) {
        if self.read(Register::Icr) & self.read(Register::Ims) != 0 {
            self.isr();
        }
    }
}

// The judge.
impl<T: Tool> Nic<T> {
    /// Lets device and DPC run on until nothing moves, and judges. Returns the number of preemption points.
    ///
    /// # Panics
    /// If a packet was not completed exactly once.
    pub fn judge_at_rest(&self) -> u32 {
        let mut rounds = 0;
        while self.round() && rounds < 64 {
            rounds += 1;
        }
        for (packet, completions) in self.completions[..self.size.packets as usize].iter().enumerate() {
            assert_eq!(completions.get(), 1, "completions of packet {packet}");
        }
        self.points.get()
    }

    /// Runs everything once. Returns whether anything moved.
    fn round(&self) -> bool {
        let mut moved = false;
        // A ring that went wrong can be endless.
        while self.completed.get() < 4 * self.size.packets && self.device_step() {
            moved = true;
        }
        self.interrupt();
        while self.dpc_step() {
            moved = true;
        }
        moved
    }
}
