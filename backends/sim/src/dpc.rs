//! Deferred procedure calls: a queue per processor, one place per DPC object (R27-R38).

use core::ops::Range;

use crate::core::{Core, Op, object};
use crate::cpu::Taken;
use crate::explore::How;
use crate::irql::{DISPATCH, PASSIVE};
use crate::moves::CPUS_MAX;
use crate::routine::Routine;
use crate::thread::State;
use crate::trace::What;

const QUEUE_MAX: usize = 32;

/// Names a DPC object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DpcId(pub(crate) u16);

/// Where in its queue a DPC goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Importance {
    /// At the tail; may be delayed.
    Low,
    /// At the tail.
    #[default]
    Medium,
    /// At the head.
    High,
}

#[derive(Clone, Copy, Debug)]
struct Dpc {
    routine: Routine,
    importance: Importance,
    target: Option<u8>,
    /// The processor in whose queue it is, and since when.
    queued: Option<(u8, u64)>,
    /// The interrupt whose ISR queued it.
    from: Option<Taken>,
    /// The sequence number of its run on each processor.
    running: [Option<u64>; CPUS_MAX],
}

#[derive(Clone, Copy, Debug, Default)]
struct Queue {
    items: [u16; QUEUE_MAX],
    len: usize,
}

impl Queue {
    fn insert(&mut self, at: usize, dpc: u16) {
        assert!(self.len < QUEUE_MAX, "more than {QUEUE_MAX} DPC objects queued on one processor");
        self.items.copy_within(at..self.len, at + 1);
        self.items[at] = dpc;
        self.len += 1;
    }

    fn remove(&mut self, dpc: u16) {
        if let Some(at) = self.items[..self.len].iter().position(|&d| d == dpc) {
            self.items.copy_within(at + 1..self.len, at);
            self.len -= 1;
        }
    }
}

/// All DPC objects and queues of one run.
#[derive(Debug, Default)]
pub(crate) struct Dpcs {
    objects: Vec<Dpc>,
    queues: [Queue; CPUS_MAX],
    /// The DPC object that runs on each processor.
    current: [Option<u16>; CPUS_MAX],
    next_sequence: u64,
    /// How many objects are queued, on whatever processor.
    queued: usize,
}

impl Dpcs {
    pub(crate) fn reset(&mut self) {
        self.objects.clear();
        for queue in &mut self.queues {
            queue.len = 0;
        }
        self.current = [None; CPUS_MAX];
        self.next_sequence = 0;
        self.queued = 0;
    }

    #[inline]
    pub(crate) fn any_queued(&self) -> bool {
        self.queued > 0
    }

    #[inline]
    pub(crate) fn any_on(&self, cpu: usize) -> bool {
        self.queues[cpu].len > 0
    }

    fn create(&mut self, routine: Routine) -> DpcId {
        self.objects.push(Dpc {
            routine,
            importance: Importance::default(),
            target: None,
            queued: None,
            from: None,
            running: [None; CPUS_MAX],
        });
        DpcId(self.objects.len() as u16 - 1)
    }

    fn set_importance(&mut self, id: DpcId, importance: Importance) {
        self.objects[id.0 as usize].importance = importance;
    }

    /// Applies to later inserts only (R31).
    fn set_target(&mut self, id: DpcId, cpu: u8) {
        self.objects[id.0 as usize].target = Some(cpu);
    }

    pub(crate) fn is_queued(&self, id: DpcId) -> bool {
        self.objects[id.0 as usize].queued.is_some()
    }

    /// Returns whether some processor runs this routine for the same context and first argument: by the same
    /// DPC object (R29), or by another one, as NDIS has for each processor (R43).
    fn runs_elsewhere(&self, routine: &Routine) -> bool {
        self.current.iter().flatten().any(|&id| self.objects[id as usize].routine.is_like(routine))
    }

    /// Returns whether a DPC is neither queued nor running.
    pub(crate) fn is_idle(&self, id: DpcId) -> bool {
        let dpc = &self.objects[id.0 as usize];
        dpc.queued.is_none() && dpc.running.iter().all(Option::is_none)
    }

    /// Returns whether a queued DPC has a context in `block`. A running one may free its own.
    pub(crate) fn any_with_context_in(&self, block: &Range<usize>) -> bool {
        self.objects.iter().any(|d| d.queued.is_some() && d.routine.has_context_in(block))
    }

    /// Returns whether a DPC queued before `sequence` is still queued or running.
    fn unfinished_before(&self, sequence: u64) -> bool {
        self.objects.iter().any(|d| {
            d.queued.is_some_and(|(_, s)| s < sequence)
                || d.running.iter().any(|r| r.is_some_and(|s| s < sequence))
        })
    }
}

impl Core {
    /// Makes a DPC object.
    pub(crate) fn create_dpc(&mut self, routine: Routine) -> DpcId {
        self.touch(object::NAMES, How::Write);
        self.dpcs.create(routine)
    }

    /// Sets where in its queue a DPC goes.
    pub(crate) fn set_dpc_importance(&mut self, id: DpcId, importance: Importance) {
        self.touch(object::DPC | u32::from(id.0), How::Write);
        self.dpcs.set_importance(id, importance);
    }

    /// Sets the processor for later inserts.
    pub(crate) fn set_dpc_target(&mut self, id: DpcId, cpu: u8) {
        self.touch(object::DPC | u32::from(id.0), How::Write);
        self.dpcs.set_target(id, cpu);
    }

    /// Queues a DPC unless it is queued already (R27). Without a target it goes to the inserting processor,
    /// or to any: a choice (R30).
    pub(crate) fn insert_dpc(&mut self, id: DpcId, arguments: [usize; 2]) -> bool {
        self.visit(object::DPC | u32::from(id.0), Op::Queue);
        let dpc = self.dpcs.objects[id.0 as usize];
        if let Some((cpu, _)) = dpc.queued {
            self.counters.dpcs_coalesced += 1;
            self.log(What::DpcQueued { dpc: id.0 as u8, cpu, queued: false });
            return false;
        }
        let own = self.cpu();
        let cpu = match dpc.target {
            Some(cpu) => (cpu as usize).min(self.cpu_count - 1),
            None => (own + self.choose(self.cpu_count as u32) as usize) % self.cpu_count,
        };
        let sequence = self.dpcs.next_sequence;
        self.dpcs.next_sequence += 1;
        let from = self.taken();
        let object = &mut self.dpcs.objects[id.0 as usize];
        object.queued = Some((cpu as u8, sequence));
        object.from = from;
        object.routine = object.routine.queued_with(arguments);
        let queue = &mut self.dpcs.queues[cpu];
        let at = if dpc.importance == Importance::High { 0 } else { queue.len };
        queue.insert(at, id.0);
        self.touch_dpcs_of(cpu, How::Write);
        self.dpcs.queued += 1;
        self.log(What::DpcQueued { dpc: id.0 as u8, cpu: cpu as u8, queued: true });
        true
    }

    /// Takes a DPC out of its queue; says whether it was there (R36).
    pub(crate) fn remove_dpc(&mut self, id: DpcId) -> bool {
        self.visit(object::DPC | u32::from(id.0), Op::Write);
        let queued = self.dpcs.objects[id.0 as usize].queued.take();
        if let Some((cpu, _)) = queued {
            self.dpcs.queues[cpu as usize].remove(id.0);
            self.touch_dpcs_of(cpu.into(), How::Write);
            self.dpcs.queued -= 1;
            self.wake_flushers();
        }
        self.log(What::DpcRemoved { dpc: id.0 as u8, removed: queued.is_some() });
        queued.is_some()
    }

    /// Returns whether every DPC queued so far has finished (R37); else the running thread waits for that.
    pub(crate) fn flush_dpcs(&mut self) -> bool {
        let irql = self.irql();
        if irql != PASSIVE {
            self.fail("R37", |c| format!("{} waits for queued DPCs", c.here()));
            return true;
        }
        self.touch_all(object::DPC, object::DPC | 0xffff, How::Read);
        let sequence = self.dpcs.next_sequence;
        let waits = self.dpcs.unfinished_before(sequence);
        if waits {
            self.log(What::FlushWaits);
            self.block(State::WaitsForDpcs(sequence), "queued DPCs");
        }
        !waits
    }

    /// Takes the next DPC of the running processor's queue: it leaves the queue before it runs, so it can be
    /// queued again at once, here or elsewhere (R29).
    pub(crate) fn begin_dpc(&mut self) -> Option<(DpcId, Routine)> {
        let cpu = self.cpu();
        self.touch_dpcs_of(cpu, How::Write);
        let queue = &mut self.dpcs.queues[cpu];
        let id = *queue.items[..queue.len].first()?;
        queue.remove(id);
        self.dpcs.queued -= 1;
        let dpc = &mut self.dpcs.objects[id as usize];
        let (_, sequence) = dpc.queued.take()?;
        dpc.running[cpu] = Some(sequence);
        let (routine, from) = (dpc.routine, dpc.from);
        self.counters.dpcs_overlapping += u64::from(self.dpcs.runs_elsewhere(&routine));
        self.counters.dpcs_run += 1;
        self.dpcs.current[cpu] = Some(id);
        self.counters.dpcs_before_isr_end += u64::from(from.is_some_and(|taken| self.still_taken(taken)));
        self.set_irql(cpu, DISPATCH);
        self.cpus[cpu].dpc_depth += 1;
        self.nest();
        self.visit(object::DPC | u32::from(id), Op::Acquire);
        self.log(What::DpcStarted { dpc: id as u8 });
        Some((DpcId(id), routine))
    }

    /// The DPC returned, at DISPATCH_LEVEL or it is a violation, with no other locks than the thread under it has.
    /// The processor goes back to level `old`.
    pub(crate) fn end_dpc(&mut self, id: DpcId, old: u8, held: u64) {
        let irql = self.irql();
        if irql != DISPATCH {
            self.fail("R33", |c| format!("{} returns at another level than DISPATCH_LEVEL", c.here()));
        }
        if self.threads[self.running].held != held {
            self.fail("SpinLock", |c| format!("{} returns holding a lock", c.here()));
        }
        let cpu = self.cpu();
        self.touch(object::DPC | u32::from(id.0), How::Write);
        self.dpcs.objects[id.0 as usize].running[cpu] = None;
        self.dpcs.current[cpu] = None;
        self.cpus[cpu].dpc_depth -= 1;
        self.set_irql(cpu, old);
        self.log(What::DpcEnded { dpc: id.0 as u8 });
        self.unnest();
        self.wake_flushers();
    }

    fn wake_flushers(&mut self) {
        for thread in 0..self.thread_count {
            if let State::WaitsForDpcs(sequence) = self.threads[thread].state
                && !self.dpcs.unfinished_before(sequence)
            {
                self.set_state(thread, State::Ready);
            }
        }
    }

    /// R38: memory that holds a queued DPC object is freed.
    pub(crate) fn check_dpc_freed(&mut self, id: DpcId) {
        if self.dpcs.is_queued(id) {
            self.fail("R38", |_| "memory with a queued DPC object is freed (0xC7/0x1)".into());
        }
    }
}
