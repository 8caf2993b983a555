//! Small programs: threads, a DPC and an ISR on a machine with two processors, and what they log.

use core::cell::RefCell;
use std::collections::BTreeMap;

use dirql_sim::kernel::{self, LockId};
use dirql_sim::{
    Access, BufferId, Bus, Device, DeviceId, DpcId, EventId, InterruptId, Machine, Ordering, Parts, Rng,
    Routine, Scheduler, Setup, Wiring, WorkId, irql,
};

const CPUS: usize = 2;
const REGISTERS: u32 = 2;
const LOCKS: usize = 2;
const LINE_IRQL: u8 = 5;
const DEVICE: DeviceId = DeviceId::new(0);

/// One thing that a context does.
#[derive(Clone, Debug)]
enum Op {
    Read(u32),
    Write(u32),
    ReadMemory,
    WriteMemory,
    /// Makes the device assert its line, a step later.
    Press,
    InsertDpc,
    RemoveDpc,
    Flush,
    Set,
    QueueWork,
    Sleep,
    TryWaitLock,
    Locked(usize, Vec<Op>),
    WaitLocked(Vec<Op>),
    Synchronized(Vec<Op>),
    At(u8, Vec<Op>),
}

/// A program.
#[derive(Clone, Debug)]
pub struct Program {
    /// The processor and the code of each thread.
    threads: Vec<(usize, Vec<Op>)>,
    isr: Vec<Op>,
    dpc: Vec<Op>,
    /// The processor of the DPC; `None` if the machine chooses.
    dpc_cpu: Option<u8>,
    /// Whether the device says which registers are which.
    has_parts: bool,
    ordering: Ordering,
}

/// Two runs are the same interleaving if these are equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class {
    /// Per processor: who did what, and saw what.
    processors: Vec<Vec<Entry>>,
    /// Per object: each write, and who looked at it before the next one.
    objects: BTreeMap<Object, Vec<Vec<Who>>>,
    violation: Option<&'static str>,
}

/// A context, its processor, and which of its accesses there.
type Who = (&'static str, usize, usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    who: Who,
    value: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Object {
    Register(u32),
    Memory,
    Lock(usize),
    WaitLock,
    InterruptLock,
    Dpc,
    Event,
    Nothing,
}

const NAMES: [&str; 3] = ["one", "two", "three"];

impl Program {
    /// Draws a program.
    pub fn draw(rng: &mut Rng) -> Self {
        let threads = if rng.one_in(4) { 3 } else { 2 };
        let length = if threads == 2 { 3 } else { 1 };
        Self {
            threads: (0..threads)
                .map(|i| {
                    let cpu = if rng.one_in(3) { rng.below(CPUS as u32) as usize } else { i % CPUS };
                    (cpu, code(rng, length, irql::PASSIVE))
                })
                .collect(),
            isr: harmless(rng, LINE_IRQL),
            dpc: harmless(rng, irql::DISPATCH),
            dpc_cpu: if rng.one_in(3) { None } else { Some(rng.below(CPUS as u32) as u8) },
            has_parts: !rng.one_in(4),
            ordering: if rng.one_in(4) { Ordering::Arm64 } else { Ordering::X64 },
        }
    }

    /// Runs the program once. Returns which interleaving that was; `None` if the scheduler gave it up.
    pub fn run(&self, machine: &mut Machine, scheduler: Box<dyn Scheduler>) -> Option<Class> {
        machine.prepare(Setup {
            cpus: CPUS,
            ordering: self.ordering,
            scheduler,
            step_limit: 10_000,
            fail_allocation: None,
            record_schedule: false,
            record_trace: false,
        });
        let line = Some(machine.add_line(LINE_IRQL));
        let wiring = Wiring { line, message_irqls: Vec::new(), msix: false };
        machine.attach(0, Box::new(Registers { has_parts: self.has_parts, ..Registers::default() }), &wiring);
        let log = RefCell::new(Log::default());
        let report = machine.run(|| self.play(&log));
        let log = log.into_inner();
        (log.is_complete || report.violation.is_some()).then(|| log.class(report.violation.map(|v| v.rule)))
    }

    fn play(&self, log: &RefCell<Log>) {
        let things = Things {
            log,
            locks: core::array::from_fn(|_| LockId::executive()),
            wait_lock: LockId::wait(),
            event: kernel::create_event(),
            memory: kernel::allocate_common_buffer(4),
            deferred: RefCell::new(None),
            interrupt: RefCell::new(None),
        };
        let dpc = || {
            things.run("dpc", &self.dpc);
            0
        };
        let work = || {
            things.log("work", Object::Nothing, false, 0);
            0
        };
        let isr = || {
            let mine = kernel::read_register(DEVICE, STATUS) != 0;
            if mine {
                kernel::write_register(DEVICE, ACK, 1);
                things.run("isr", &self.isr);
            }
            mine.into()
        };
        let id = kernel::create_dpc(routine(&dpc));
        if let Some(cpu) = self.dpc_cpu {
            kernel::set_dpc_target(id, cpu);
        }
        *things.deferred.borrow_mut() = Some((id, kernel::create_work_item(routine(&work))));
        let interrupt =
            kernel::connect(kernel::line_of(DEVICE).unwrap(), routine(&isr), None, LINE_IRQL).unwrap();
        kernel::announce(interrupt);
        *things.interrupt.borrow_mut() = Some(interrupt);
        kernel::scope(|scope| {
            for (name, (cpu, ops)) in NAMES.iter().zip(&self.threads) {
                let things = &things;
                scope.spawn(*cpu, name, move || things.run(name, ops));
            }
        });
        kernel::quiesce();
        kernel::disconnect(interrupt);
        kernel::free_common_buffer(things.memory);
        log.borrow_mut().is_complete = true;
    }
}

/// As [`code`], for what interrupts: it must not cause itself.
fn harmless(rng: &mut Rng, level: u8) -> Vec<Op> {
    let is_harmless = |ops: &Vec<Op>| {
        let text = format!("{ops:?}");
        !text.contains("Press") && (level > irql::DISPATCH || !text.contains("InsertDpc"))
    };
    core::iter::repeat_with(|| code(rng, 1, level)).find(is_harmless).expect("most code is harmless")
}

/// Draws code that may run at `level`, in brackets.
fn code(rng: &mut Rng, length: u32, level: u8) -> Vec<Op> {
    (0..1 + rng.below(length)).map(|_| op(rng, level, 0, 1)).collect()
}

fn op(rng: &mut Rng, level: u8, locks_from: usize, depth: u32) -> Op {
    let passive = level == irql::PASSIVE;
    let register = rng.below(REGISTERS);
    match rng.below(if depth == 0 { 9 } else { 14 }) {
        0 | 1 => Op::Read(register),
        2 => Op::Write(register),
        3 => Op::ReadMemory,
        4 => Op::WriteMemory,
        5 => Op::Press,
        6 => Op::InsertDpc,
        7 if level <= irql::DISPATCH => Op::Set,
        8 if passive => one_of(rng, [Op::Flush, Op::Sleep, Op::TryWaitLock, Op::QueueWork, Op::RemoveDpc]),
        9 if passive => Op::WaitLocked(vec![op(rng, level, locks_from, depth - 1)]),
        10 if level < LINE_IRQL => Op::Synchronized(vec![op(rng, LINE_IRQL, LOCKS, depth - 1)]),
        11 | 12 if level <= irql::DISPATCH && locks_from < LOCKS => {
            let lock = locks_from + rng.below((LOCKS - locks_from) as u32) as usize;
            Op::Locked(lock, vec![op(rng, irql::DISPATCH, lock + 1, depth - 1)])
        }
        13 if passive => {
            let to = if rng.one_in(2) { irql::DISPATCH } else { LINE_IRQL };
            Op::At(to, vec![op(rng, to, locks_from, depth - 1)])
        }
        _ => Op::Write(register),
    }
}

fn one_of<const N: usize>(rng: &mut Rng, ops: [Op; N]) -> Op {
    ops[rng.below(N as u32) as usize].clone()
}

/// What the contexts of a run share.
struct Things<'l> {
    log: &'l RefCell<Log>,
    locks: [LockId; LOCKS],
    wait_lock: LockId,
    event: EventId,
    memory: BufferId,
    deferred: RefCell<Option<(DpcId, WorkId)>>,
    interrupt: RefCell<Option<InterruptId>>,
}

impl Things<'_> {
    fn log(&self, who: &'static str, object: Object, write: bool, value: u32) {
        self.log.borrow_mut().push(who, kernel::cpu(), object, write, value);
    }

    fn run(&self, who: &'static str, ops: &[Op]) {
        ops.iter().for_each(|op| self.execute(who, op));
    }

    fn execute(&self, who: &'static str, op: &Op) {
        let log = |object, write, value| self.log(who, object, write, value);
        let (dpc, work) = self.deferred.borrow().unwrap();
        match op {
            Op::Read(r) => log(Object::Register(*r), false, kernel::read_register(DEVICE, r * 4)),
            Op::Write(r) => {
                let value = fresh(who);
                kernel::write_register(DEVICE, r * 4, value);
                log(Object::Register(*r), true, value);
            }
            Op::ReadMemory => log(Object::Memory, false, kernel::read_dma(self.memory, 0)),
            Op::WriteMemory => {
                let value = fresh(who);
                kernel::write_dma(self.memory, 0, value);
                log(Object::Memory, true, value);
            }
            Op::Press => kernel::write_register(DEVICE, PULSE, 1),
            Op::InsertDpc => {
                let queued = kernel::insert_dpc(dpc, [0; 2]);
                log(Object::Dpc, true, queued.into());
            }
            Op::RemoveDpc => log(Object::Dpc, true, kernel::remove_dpc(dpc).into()),
            Op::Flush => {
                kernel::flush_dpcs();
                log(Object::Nothing, false, 0);
            }
            Op::Set => {
                kernel::set_event(self.event);
                log(Object::Event, true, 0);
            }
            Op::QueueWork => log(Object::Nothing, false, kernel::queue_work_item(work).into()),
            Op::Sleep => {
                kernel::sleep();
                log(Object::Nothing, false, 0);
            }
            Op::TryWaitLock => {
                let taken = kernel::try_wait_lock(self.wait_lock);
                log(Object::WaitLock, taken, taken.into());
                if taken {
                    kernel::release_wait_lock(self.wait_lock);
                }
            }
            Op::Locked(lock, ops) => {
                let old = kernel::acquire_spin_lock(self.locks[*lock]);
                log(Object::Lock(*lock), true, 0);
                self.run(who, ops);
                kernel::release_spin_lock(self.locks[*lock], old);
            }
            Op::WaitLocked(ops) => {
                if !kernel::holds(self.wait_lock) {
                    kernel::acquire_wait_lock(self.wait_lock);
                    log(Object::WaitLock, true, 1);
                    self.run(who, ops);
                    kernel::release_wait_lock(self.wait_lock);
                }
            }
            Op::Synchronized(ops) => {
                let section = || {
                    log(Object::InterruptLock, true, 0);
                    self.run(who, ops);
                    0
                };
                let interrupt = self.interrupt.borrow().unwrap();
                kernel::synchronize(interrupt, &routine(&section));
            }
            Op::At(level, ops) => {
                let old = kernel::raise_irql(*level);
                self.run(who, ops);
                kernel::lower_irql(old);
            }
        }
    }
}

/// Returns a value that nobody else writes at the same time.
fn fresh(who: &'static str) -> u32 {
    let name = who.bytes().fold(0, |name, byte| name * 31 + u32::from(byte));
    name << 4 | kernel::cpu() as u32
}

/// A routine that calls a closure, which must outlive it.
fn routine<F: Fn() -> u8>(call: &F) -> Routine {
    unsafe fn enter<F: Fn() -> u8>(routine: &Routine) -> u8 {
        // SAFETY: `routine` put a `&F` here, and its caller keeps it alive.
        unsafe { (*routine.context().cast::<F>())() }
    }
    let context = core::ptr::from_ref(call).cast_mut().cast();
    // SAFETY: `enter` is made for this closure.
    unsafe { Routine::new(enter::<F>, core::ptr::null(), context, [0; 3]) }
}

/// What was seen in one run.
#[derive(Debug, Default)]
struct Log {
    accesses: BTreeMap<(&'static str, usize), usize>,
    processors: [Vec<Entry>; CPUS],
    objects: BTreeMap<Object, Vec<Vec<Who>>>,
    is_complete: bool,
}

impl Log {
    fn push(&mut self, who: &'static str, cpu: usize, object: Object, write: bool, value: u32) {
        let count = self.accesses.entry((who, cpu)).or_default();
        *count += 1;
        let who = (who, cpu, *count);
        self.processors[cpu].push(Entry { who, value });
        if object == Object::Nothing {
            return;
        }
        let versions = self.objects.entry(object).or_insert_with(|| vec![Vec::new()]);
        if write {
            versions.push(vec![who]);
        } else {
            versions.last_mut().unwrap().push(who);
        }
    }

    fn class(mut self, violation: Option<&'static str>) -> Class {
        for versions in self.objects.values_mut().flatten() {
            versions.sort_unstable();
        }
        Class { processors: self.processors.into(), objects: self.objects, violation }
    }
}

const PULSE: u32 = 0x40;
const STATUS: u32 = 0x44;
const ACK: u32 = 0x48;

/// The part of the device that interrupts; the registers are a part each.
const INTERRUPTS: u64 = 1 << 32;

/// Registers, and a button: each press asserts the line a step later.
#[derive(Debug, Default)]
struct Registers {
    has_parts: bool,
    values: [u32; REGISTERS as usize],
    presses: u32,
    asserted: bool,
}

impl Device for Registers {
    fn name(&self) -> &'static str {
        "registers"
    }

    fn read(&mut self, offset: u32, _: &mut Bus<'_>) -> u32 {
        match offset {
            STATUS => self.asserted.into(),
            _ => self.values[offset as usize / 4],
        }
    }

    fn write(&mut self, offset: u32, value: u32, bus: &mut Bus<'_>) {
        match offset {
            PULSE => self.presses += 1,
            ACK => {
                self.asserted = false;
                bus.pins.set_line(false);
            }
            _ => self.values[offset as usize / 4] = value,
        }
    }

    fn parts(&self, access: Access) -> Parts {
        match access {
            _ if !self.has_parts => Parts::ALL,
            Access::Read(STATUS) => Parts { reads: INTERRUPTS, writes: 0 },
            Access::Write(PULSE | ACK) | Access::Step(_) => Parts { reads: INTERRUPTS, writes: INTERRUPTS },
            Access::Read(offset) => Parts { reads: 1 << (offset / 4), writes: 0 },
            Access::Write(offset) => Parts { reads: 0, writes: 1 << (offset / 4) },
        }
    }

    fn ready(&self) -> u32 {
        (self.presses > 0 && !self.asserted).into()
    }

    fn step(&mut self, _: u32, bus: &mut Bus<'_>) {
        self.presses -= 1;
        self.asserted = true;
        bus.pins.set_line(true);
    }
}
