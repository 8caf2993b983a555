//! What code on the machine can do: the operations behind the mock backend and behind the simulated DDIs.
//!
//! Each one is a preemption point first and then one access. All of them must be called from code that runs on a
//! machine; while a panic of that code unwinds, they do nothing.

use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::bus::DeviceId;
use crate::context::{self, inert, point, run_dpcs, stop_if_failed, wait, with};
use crate::core::{Op, object};
use crate::device::{Bus, Device, InterruptMode};
use crate::dpc::{DpcId, Importance};
use crate::event::EventId;
use crate::interrupt::{ConnectError, InterruptId, VectorId};
use crate::irql::{DISPATCH, PASSIVE};
use crate::lock::LockKind;
use crate::memory::BufferId;
use crate::power::Power;
use crate::routine::Routine;
use crate::run::RunId;
use crate::thread::State;
use crate::trace::What;
use crate::work::WorkId;

/// Names a spin lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockId(pub(crate) u16);

impl LockId {
    /// Returns the lock that a word of memory stands for, or makes it stand for a new one if it is zero. It then
    /// belongs to this run, and ends any other that uses it.
    ///
    /// # Safety
    /// Nothing but this function writes the word once it was zero: whoever can forge a lock can release another's.
    pub unsafe fn of_word(word: &AtomicUsize) -> Self {
        Self::find(word, LockKind::Executive)
    }

    /// As [`of_word`](Self::of_word), for a wait lock.
    ///
    /// # Safety
    /// As for [`of_word`](Self::of_word).
    pub(crate) unsafe fn wait_of_word(word: &AtomicUsize) -> Self {
        Self::find(word, LockKind::Wait)
    }

    fn find(word: &AtomicUsize, kind: LockKind) -> Self {
        let value = match word.load(Relaxed) {
            0 => Self::claim(word, kind),
            value => value,
        };
        let found = with(|core| {
            let ours = value & !LOCK_MASK == run_bits(core.locks.run());
            let lock = u16::try_from((value & LOCK_MASK).wrapping_sub(1)).ok()?;
            (ours && core.locks.exists(lock)).then_some(lock)
        });
        match found {
            Some(lock) => Self(lock),
            // The value would name the run, and with it how many this process has seen.
            None => fail("SpinLock", "a lock's memory is another run's, or was overwritten".into()),
        }
    }

    /// Makes a lock for a word, unless a machine on another OS thread is faster.
    fn claim(word: &AtomicUsize, kind: LockKind) -> usize {
        let value = with(|core| {
            let lock = core.locks.create(kind);
            run_bits(core.locks.run()) | (usize::from(lock) + 1)
        });
        word.compare_exchange(0, value, Relaxed, Relaxed).map_or_else(|other| other, |_| value)
    }

    /// Makes a lock for DISPATCH_LEVEL.
    pub fn executive() -> Self {
        Self(with(|core| core.locks.create(LockKind::Executive)))
    }

    /// Makes a lock for interrupts.
    pub fn for_interrupts() -> Self {
        Self(with(|core| core.locks.create(LockKind::Interrupt)))
    }

    /// Makes a wait lock for passive interrupts.
    pub(crate) fn for_passive_interrupts() -> Self {
        Self(with(|core| core.locks.create(LockKind::PassiveInterrupt)))
    }

    /// Makes a wait lock.
    pub fn wait() -> Self {
        Self(with(|core| core.locks.create(LockKind::Wait)))
    }
}

/// In the word of a lock: its number plus one, below the number of its run.
const LOCK_BITS: u32 = 17;
const LOCK_MASK: usize = (1 << LOCK_BITS) - 1;

const fn run_bits(run: RunId) -> usize {
    run.number() << LOCK_BITS
}

/// Returns which run this is.
pub fn run() -> RunId {
    with(|core| core.locks.run())
}

// --- level ---

/// Returns the IRQL of the running processor.
pub fn irql() -> u8 {
    with(|core| core.irql())
}

/// Returns the running processor's number.
pub fn cpu() -> usize {
    with(|core| core.cpu())
}

/// Raises the IRQL and returns the old one.
pub fn raise_irql(to: u8) -> u8 {
    if inert() {
        return PASSIVE;
    }
    point();
    let old = with(|core| core.raise(to));
    stop_if_failed();
    old
}

/// Lowers the IRQL; below DISPATCH_LEVEL, queued DPCs run first (R33).
pub fn lower_irql(to: u8) {
    point();
    context::lower(to);
}

/// Ends the run if the caller is not at PASSIVE_LEVEL.
pub(crate) fn require_passive(rule: &'static str, what: &str) {
    let irql = irql();
    if irql != PASSIVE && !inert() {
        fail(rule, format!("{what} is called at IRQL {irql}"));
    }
}

// --- interrupts ---

/// Returns the vector of a device's line.
pub fn line_of(device: DeviceId) -> Option<VectorId> {
    with(|core| core.interrupts.line_of(device.0 as usize))
}

/// Returns the vector of a device's message.
pub fn message_of(device: DeviceId, index: u16) -> Option<VectorId> {
    with(|core| core.interrupts.message_of(device.0 as usize, index))
}

/// Returns the IRQL at which a vector interrupts, and a bit for each processor that may take it.
pub fn vector_info(vector: VectorId) -> (u8, u8) {
    with(|core| (core.interrupts.irql_of(vector), core.interrupts.affinity_of(vector)))
}

/// Returns how a device's interrupts were configured.
pub fn interrupt_mode(device: DeviceId) -> InterruptMode {
    with(|core| core.interrupt_mode(device.0 as usize))
}

/// Connects a routine to a vector. The ISR can run before this returns, and before [`announce`] (R18).
///
/// # Errors
/// See [`ConnectError`].
pub fn connect(
    vector: VectorId,
    routine: Routine,
    lock: Option<LockId>,
    synchronize_irql: u8,
) -> Result<InterruptId, ConnectError> {
    connect_with(vector, |_| routine, lock, synchronize_irql)
}

/// As [`connect`], for a routine that is told its own interrupt object.
pub(crate) fn connect_with(
    vector: VectorId,
    routine: impl FnOnce(InterruptId) -> Routine,
    lock: Option<LockId>,
    synchronize_irql: u8,
) -> Result<InterruptId, ConnectError> {
    require_passive("R17", "connecting an interrupt");
    point();
    let connected = with(|core| {
        let routine = routine(core.interrupts.next_id());
        core.connect(vector, routine, lock.map(|l| l.0), synchronize_irql)
    });
    point();
    connected
}

/// Connects a passive routine to a vector: a thread runs it at PASSIVE_LEVEL, holding a wait lock, which is the
/// caller's or the interrupt's own (R56). It can run before this returns, and before [`announce`].
///
/// # Errors
/// See [`ConnectError`].
pub fn connect_passive(
    vector: VectorId,
    routine: Routine,
    lock: Option<LockId>,
) -> Result<InterruptId, ConnectError> {
    connect_passive_with(vector, |_| routine, lock)
}

/// As [`connect_passive`], for a routine that is told its own interrupt object.
pub(crate) fn connect_passive_with(
    vector: VectorId,
    routine: impl FnOnce(InterruptId) -> Routine,
    lock: Option<LockId>,
) -> Result<InterruptId, ConnectError> {
    require_passive("R17", "connecting an interrupt");
    point();
    let connected = with(|core| {
        let routine = routine(core.interrupts.next_id());
        core.connect_passive(vector, routine, lock.map(|l| l.0))
    });
    point();
    connected
}

/// Says whether an interrupt is connected, or was, as a passive one.
pub(crate) fn is_passive(id: InterruptId) -> bool {
    with(|core| core.interrupts.get(id).is_some_and(|interrupt| interrupt.is_passive()))
}

/// States that the caller of [`connect`] knows the interrupt now.
pub fn announce(id: InterruptId) {
    with(|core| core.announce(id));
}

/// Disconnects an interrupt; its ISR does not run after that (R20). Queued DPCs are untouched (R21).
pub fn disconnect(id: InterruptId) {
    require_passive("R17", "disconnecting an interrupt");
    point();
    if !inert() && !with(|core| core.disconnect(id)) {
        stop_if_failed();
        wait();
    }
}

/// Lets an interrupt's ISR be called again, or keeps it from being called (R92). Messages that come meanwhile find
/// nobody (R52); a line that is asserted fires when its ISR may be called again.
pub fn set_interrupt_active(id: InterruptId, active: bool) {
    if inert() {
        return;
    }
    point();
    with(|core| core.set_active(id, active));
}

/// Runs `routine` at the interrupt's SynchronizeIrql, holding its lock, and returns its value (R7, R8).
pub fn synchronize(id: InterruptId, routine: &Routine) -> u8 {
    if inert() {
        return 0;
    }
    point();
    let old = enter_interrupt_lock(id);
    with(|core| core.log(What::SectionEntered { interrupt: id.0 as u8 }));
    // SAFETY: this runs the routine, which whoever made it promised to be sound.
    let value = unsafe { routine.value() };
    with(|core| core.log(What::SectionLeft { interrupt: id.0 as u8 }));
    leave_interrupt_lock(id, old);
    value
}

/// Raises to the interrupt's SynchronizeIrql and takes its lock. Returns the old IRQL.
pub fn acquire_interrupt_lock(id: InterruptId) -> u8 {
    point();
    enter_interrupt_lock(id)
}

/// Gives an interrupt's lock back and lowers the IRQL to `old`.
///
/// # Safety
/// The caller took the lock, and uses no more what it guards. (Ids can be forged, so this cannot be left to them.)
pub unsafe fn release_interrupt_lock(id: InterruptId, old: u8) {
    leave_interrupt_lock(id, old);
}

fn enter_interrupt_lock(id: InterruptId) -> u8 {
    if inert() {
        return PASSIVE;
    }
    let (lock, level) = with(|core| core.check_synchronize(id));
    stop_if_failed();
    let old = with(|core| core.raise(level));
    context::acquire(lock);
    old
}

fn leave_interrupt_lock(id: InterruptId, old: u8) {
    if inert() {
        return;
    }
    let lock = with(|core| core.check_section_end(id));
    stop_if_failed();
    context::release_and_lower(lock, old);
}

// --- DISPATCH-level locks ---

/// Takes a spin lock at DISPATCH_LEVEL and returns the old IRQL (R12).
pub fn acquire_spin_lock(lock: LockId) -> u8 {
    if inert() {
        return PASSIVE;
    }
    wait();
    let (old, taken) = with(|core| {
        core.check_executive_irql(lock.0);
        let old = core.raise(DISPATCH);
        let taken = !core.stopped && core.try_acquire(lock.0);
        (old, taken && !core.stopped)
    });
    if !taken {
        context::spin(lock.0);
        stop_if_failed();
    }
    old
}

/// Says whether the running code holds a lock.
pub fn holds_lock() -> bool {
    with(|core| core.threads[core.running].held != 0)
}

/// Gives a spin lock back and lowers the IRQL to `old`.
pub fn release_spin_lock(lock: LockId, old: u8) {
    if inert() {
        return;
    }
    let irql = irql();
    if irql != DISPATCH {
        fail("IrqlKeReleaseSpinLock", format!("a spin lock is released at IRQL {irql} (DV 0xC4/0x20015)"));
    }
    context::release_and_lower(lock.0, old);
}

// --- wait locks ---

/// Takes a wait lock. At PASSIVE_LEVEL; blocks while another thread holds it (R13).
pub fn acquire_wait_lock(lock: LockId) {
    if !inert() {
        point();
        context::acquire(lock.0);
    }
}

/// Takes a wait lock if it is free, and says whether it did.
pub fn try_wait_lock(lock: LockId) -> bool {
    if inert() {
        return false;
    }
    point();
    let taken = with(|core| core.locks.owner(lock.0).is_none() && core.try_acquire(lock.0));
    stop_if_failed();
    taken
}

/// Gives a wait lock back.
pub fn release_wait_lock(lock: LockId) {
    if !inert() {
        context::release(lock.0);
    }
}

/// Makes a driver's lock an interrupt's.
pub(crate) fn use_for_interrupt(lock: LockId) {
    with(|core| core.use_for_interrupt(lock.0));
}

/// Says whether the running thread holds a lock.
pub fn holds(lock: LockId) -> bool {
    with(|core| core.locks.owner(lock.0) == Some(core.running))
}

// --- work items ---

/// Makes a work item.
pub fn create_work_item(routine: Routine) -> WorkId {
    with(|core| core.work.create(routine))
}

/// Queues a work item: a thread will run it at PASSIVE_LEVEL. Returns false, and changes nothing, if it is queued
/// already. Any IRQL.
pub fn queue_work_item(id: WorkId) -> bool {
    if inert() {
        return false;
    }
    point();
    with(|core| core.queue_work_item(id))
}

/// Waits until a work item is neither queued nor running. At PASSIVE_LEVEL.
pub fn flush_work_item(id: WorkId) {
    point();
    while !inert() && !with(|core| core.flush_work_item(id)) {
        stop_if_failed();
        wait();
    }
    stop_if_failed();
}

/// Says whether the running thread runs a work item.
pub fn is_in_work_item(id: WorkId) -> bool {
    with(|core| core.is_in_work_item(id))
}

// --- DPCs ---

/// Makes a DPC object.
pub fn create_dpc(routine: Routine) -> DpcId {
    with(|core| core.dpcs.create(routine))
}

/// Queues a DPC. Returns false, and changes nothing, if it is queued already (R27).
pub fn insert_dpc(id: DpcId, arguments: [usize; 2]) -> bool {
    if inert() {
        return false;
    }
    point();
    let (queued, now) = with(|core| {
        let queued = core.insert_dpc(id, arguments);
        (queued, core.irql() < DISPATCH && core.dpcs.any_on(core.cpu()))
    });
    if now {
        run_dpcs();
    }
    queued
}

/// Takes a DPC out of its queue. Returns whether it was queued; a run may still be going on (R36).
pub fn remove_dpc(id: DpcId) -> bool {
    point();
    !inert() && with(|core| core.remove_dpc(id))
}

/// Waits until every DPC queued before this call has finished (R37).
pub fn flush_dpcs() {
    point();
    if !inert() && !with(|core| core.flush_dpcs()) {
        stop_if_failed();
        wait();
    }
    stop_if_failed();
}

/// Sets where in its queue a DPC goes (R32).
pub fn set_dpc_importance(id: DpcId, importance: Importance) {
    with(|core| core.dpcs.set_importance(id, importance));
}

/// Sets the processor for later inserts (R31).
pub fn set_dpc_target(id: DpcId, cpu: u8) {
    with(|core| core.dpcs.set_target(id, cpu));
}

// --- registers and DMA ---

/// States that the driver has brought its device into another power state.
pub fn set_power(device: DeviceId, power: Power) {
    if inert() {
        return;
    }
    point();
    with(|core| core.set_power(device, power));
    stop_if_failed();
}

/// Reads a 32-bit register.
pub fn read_register(device: DeviceId, offset: u32) -> u32 {
    if inert() {
        return u32::MAX;
    }
    wait();
    let (value, stopped) = with(|core| (core.read_register(device, offset), core.stopped));
    if stopped {
        stop_if_failed();
    }
    value
}

/// Writes a 32-bit register.
pub fn write_register(device: DeviceId, offset: u32, value: u32) {
    if inert() {
        return;
    }
    wait();
    if with(|core| {
        core.write_register(device, offset, value);
        core.stopped
    }) {
        stop_if_failed();
    }
}

/// Allocates a zeroed common buffer.
pub fn allocate_common_buffer(len: u32) -> BufferId {
    require_passive("IrqlIoPassive5", "allocating a common buffer");
    with(|core| core.memory.allocate(len))
}

/// Frees a common buffer.
pub fn free_common_buffer(buffer: BufferId) {
    if inert() {
        return;
    }
    point();
    with(|core| {
        core.memory.free(buffer);
        core.check_memory();
    });
    stop_if_failed();
}

/// Returns a buffer's address as its device sees it.
pub fn device_address(buffer: BufferId) -> u64 {
    with(|core| core.memory.device_address(buffer))
}

/// Returns a buffer's length in bytes.
pub fn buffer_len(buffer: BufferId) -> u32 {
    with(|core| core.memory.len(buffer))
}

/// Reads an aligned word of a common buffer.
pub fn read_dma(buffer: BufferId, offset: u32) -> u32 {
    if inert() {
        return 0;
    }
    wait();
    let (value, stopped) = with(|core| (core.dma_read_u32(buffer, offset), core.stopped));
    if stopped {
        stop_if_failed();
    }
    value
}

/// Writes an aligned word of a common buffer.
pub fn write_dma(buffer: BufferId, offset: u32, value: u32) {
    if inert() {
        return;
    }
    wait();
    if with(|core| {
        core.dma_write_u32(buffer, offset, value);
        core.stopped
    }) {
        stop_if_failed();
    }
}

/// Copies bytes out of a common buffer.
pub fn read_dma_bytes(buffer: BufferId, offset: u32, to: &mut [u8]) {
    if inert() {
        return to.fill(0);
    }
    point();
    with(|core| {
        core.memory.driver_read(buffer, offset, to);
        core.dma_copy(buffer, offset, to.len() as u32, false);
    });
    stop_if_failed();
}

/// Copies bytes into a common buffer.
pub fn write_dma_bytes(buffer: BufferId, offset: u32, from: &[u8]) {
    if inert() {
        return;
    }
    point();
    with(|core| {
        core.memory.driver_write(buffer, offset, from);
        core.dma_copy(buffer, offset, from.len() as u32, true);
    });
    stop_if_failed();
}

/// Makes every store into common buffers visible to devices.
pub fn publish() {
    if inert() {
        return;
    }
    // A doorbell that was rung too early can arrive before the barrier.
    point();
    with(|core| {
        core.memory.publish();
        core.log(What::Publish);
    });
}

// --- pool ---

/// Allocates zeroed nonpaged pool, at or below DISPATCH_LEVEL; null if it runs out.
pub fn allocate_pool(size: usize, tag: u32) -> *mut u8 {
    let irql = irql();
    if irql > DISPATCH && !inert() {
        fail("IrqlExAllocatePool", format!("pool is allocated at IRQL {irql}"));
    }
    with(|core| core.pool.allocate(size, tag))
}

/// Says whether a routine that takes something else than pool fails, as an allocation at its place would.
pub(crate) fn is_denied() -> bool {
    with(|core| core.pool.is_denied())
}

/// Frees nonpaged pool: overwrites it, and gives it to nobody else in this run.
///
/// # Safety
/// Nobody uses the block at `address`, if there is one, any more.
pub unsafe fn free_pool(address: *mut u8) {
    if inert() {
        return;
    }
    point();
    let block = address as usize..address as usize + pool_block_len(address);
    with(|core| core.check_context_freed(&block));
    stop_if_failed();
    if let Err(error) = with(|core| core.pool.free(address)) {
        fail("PoolFree", format!("ExFreePoolWithTag: {error:?} (0xC2)"));
    }
}

/// Returns the length of the pool block at `address`; 0 if there is none.
pub(crate) fn pool_block_len(address: *mut u8) -> usize {
    with(|core| core.pool.block_len(address))
}

/// Ends the run if a DPC object that is about to go is queued (R38).
pub fn check_dpc_freed(id: DpcId) {
    with(|core| core.check_dpc_freed(id));
    stop_if_failed();
}

// --- threads, events, time ---

/// Makes a synchronization event, not set.
pub fn create_event() -> EventId {
    with(|core| core.create_event())
}

/// Sets an event: one waiter goes on, or the next one will. At or below DISPATCH_LEVEL.
pub fn set_event(event: EventId) {
    if inert() {
        return;
    }
    point();
    with(|core| core.set_event(event));
    stop_if_failed();
}

/// Waits for an event and clears it. At PASSIVE_LEVEL (R13).
pub fn wait_event(event: EventId) {
    point();
    if !inert() && !with(|core| core.wait_event(event)) {
        stop_if_failed();
        wait();
    }
}

/// Sleeps: everyone who can move now moves at least once before this returns (`KeDelayExecutionThread`).
pub fn sleep() {
    point();
    if !inert() {
        with(|core| core.sleep());
        stop_if_failed();
        wait();
    }
}

/// Waits until nothing else can happen: all that was owed has come, or never will.
pub fn quiesce() {
    if !inert() {
        with(|core| core.block(State::WaitsForQuiescence, "quiescence"));
        stop_if_failed();
        wait();
    }
}

/// Starts a thread at PASSIVE_LEVEL.
pub(crate) fn spawn(cpu: usize, name: &'static str, job: Box<dyn FnOnce()>) -> usize {
    with(|core| {
        let cpu = cpu % core.cpu_count;
        let thread = core.add_thread(cpu, name, State::Ready);
        core.jobs[thread] = Some(job);
        thread
    })
}

fn join(thread: usize) {
    if inert() {
        return;
    }
    let waits = with(|core| {
        let running = core.threads[thread].state != State::Done;
        if running {
            core.block(State::Joins(thread), "a thread's end");
        }
        running
    });
    if waits {
        stop_if_failed();
        wait();
    }
}

/// Starts threads that may borrow from its caller.
pub struct Scope<'env> {
    threads: core::cell::RefCell<Vec<usize>>,
    _borrows: core::marker::PhantomData<&'env mut &'env ()>,
}

impl<'env> Scope<'env> {
    /// Starts a thread at PASSIVE_LEVEL on processor `cpu`, modulo the number of processors.
    pub fn spawn(&self, cpu: usize, name: &'static str, job: impl FnOnce() + 'env) {
        let job: Box<dyn FnOnce() + 'env> = Box::new(job);
        // SAFETY: the job is called, if at all, before `scope` returns: that joins every thread. If the run ends
        // earlier, by a violation or a panic, no thread of the machine ever goes on.
        let job: Box<dyn FnOnce()> = unsafe { core::mem::transmute(job) };
        self.threads.borrow_mut().push(spawn(cpu, name, job));
    }
}

impl Drop for Scope<'_> {
    /// If a panic unwinds, threads that have not started never will; what they own goes before what they borrow.
    fn drop(&mut self) {
        let threads = self.threads.take();
        let ended = |&thread: &usize| with(|core| core.threads[thread].state == State::Done);
        if !inert() && !threads.iter().all(ended) {
            panic_aside("a scope unwinds without a panic (resume_unwind), and its threads run");
        }
        for thread in threads {
            context::discard(with(|core| core.jobs[thread].take()));
        }
    }
}

/// Panics for the hook alone: from here to the root of this context nothing that is called does anything, and nobody
/// else goes on.
fn panic_aside(message: &str) {
    let _caught = std::panic::catch_unwind(|| panic!("{message}"));
}

/// Runs `body`, which may start threads, and waits for them to end.
pub fn scope<'env, R>(body: impl FnOnce(&Scope<'env>) -> R) -> R {
    let scope = Scope { threads: Default::default(), _borrows: core::marker::PhantomData };
    let result = body(&scope);
    for &thread in scope.threads.borrow().iter() {
        join(thread);
    }
    result
}

// --- the environment ---

/// A preemption point and nothing else.
pub fn pause() {
    point();
}

/// Lets the environment act on a device model: a frame arrives, a cable is pulled. `None` if the device is not
/// a `D`.
pub fn environment<D: Device, R>(device: DeviceId, act: impl FnOnce(&mut D, &mut Bus<'_>) -> R) -> Option<R> {
    if inert() {
        return None;
    }
    let result = with(|core| core.environment(device, act));
    stop_if_failed();
    result
}

/// Lets the scheduler choose among `alternatives`; 0 is the plain one.
pub fn choose(alternatives: u32) -> u32 {
    with(|core| core.choose(alternatives))
}

/// Ends the run with a violation that the environment found; while a panic unwinds, with that panic, which came
/// first. It panics only for a job that is dropped without having started.
pub fn fail(rule: &'static str, message: String) -> ! {
    context::stop_unwinding();
    with(|core| core.fail(rule, |_| message));
    stop_if_failed();
    panic!("{rule} while a job is discarded")
}

/// Writes a note into the trace; `{}` in it stands for `value`.
pub fn note(text: &'static str, value: u64) {
    with(|core| core.log(What::Note { text, value }));
}

/// A preemption point for code that shares plain data with nobody but wants to be interruptible.
pub fn visit_atomic(operation: dirql::sync::Operation) {
    if !context::is_free() || inert() {
        return;
    }
    point();
    let (op, name) = match operation {
        dirql::sync::Operation::Load => (Op::Read, "load"),
        dirql::sync::Operation::Store => (Op::Write, "store"),
        dirql::sync::Operation::Update => (Op::Update, "update"),
    };
    with(|core| {
        core.visit(object::ATOMIC, op);
        core.log(What::Atomic { operation: name });
    });
}
