//! Work at PASSIVE_LEVEL that somebody else's thread does: work items, and the ISRs of passive interrupts.

use std::collections::VecDeque;

use crate::context;
use crate::core::{Core, Op, object};
use crate::moves::THREADS_MAX;
use crate::routine::Routine;
use crate::thread::State;
use crate::trace::What;

/// No more worker threads from this number of threads on: those that the environment starts later need room.
const WORKERS_UP_TO: usize = THREADS_MAX - 3;

/// Names a work item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkId(pub(crate) u16);

/// What a worker thread does next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
    /// Calls the passive ISRs of a vector.
    Interrupt(u8),
    /// Runs a work item.
    Item(WorkId, Routine),
}

#[derive(Clone, Copy, Debug)]
struct Item {
    routine: Routine,
    /// It waits for a thread; queueing it again changes nothing.
    queued: bool,
    /// How many threads run it (R77).
    running: u32,
}

/// All work items of one run, and the threads that do them.
#[derive(Debug, Default)]
pub(crate) struct Work {
    items: Vec<Item>,
    /// What each worker thread is to begin with.
    given: [Option<Task>; THREADS_MAX],
    /// What whoever is done first takes.
    queue: VecDeque<Task>,
    /// A bit for each worker thread.
    workers: u32,
    /// The work item that each thread runs.
    current: [Option<WorkId>; THREADS_MAX],
}

impl Work {
    pub(crate) fn reset(&mut self) {
        self.items.clear();
        self.given = [None; THREADS_MAX];
        self.queue.clear();
        self.workers = 0;
        self.current = [None; THREADS_MAX];
    }

    pub(crate) fn create(&mut self, routine: Routine) -> WorkId {
        self.items.push(Item { routine, queued: false, running: 0 });
        WorkId(self.items.len() as u16 - 1)
    }

    fn is_idle(&self, id: WorkId) -> bool {
        let Item { queued, running, .. } = self.items[id.0 as usize];
        !queued && running == 0
    }
}

impl Core {
    /// Queues a work item unless it is queued already.
    pub(crate) fn queue_work_item(&mut self, id: WorkId) -> bool {
        self.touch_everything();
        self.visit(object::WORK | u32::from(id.0), Op::Queue);
        let item = &mut self.work.items[id.0 as usize];
        let queued = !core::mem::replace(&mut item.queued, true);
        let routine = item.routine;
        self.log(What::WorkQueued { item: id.0 as u8, queued });
        if queued {
            self.hand_out(Task::Item(id, routine));
        } else {
            self.counters.work_items_coalesced += 1;
        }
        queued
    }

    /// Gives a task to a worker thread that is idle, or to a new one; if there are enough, to whoever is done first.
    pub(crate) fn hand_out(&mut self, task: Task) {
        self.touch_everything();
        let idle = |&t: &usize| self.work.workers & 1 << t != 0 && self.threads[t].state == State::Done;
        let idle = (0..self.thread_count).find(idle);
        let cpu = (self.cpu() + self.choose(self.cpu_count as u32) as usize) % self.cpu_count;
        let worker = match idle {
            Some(worker) => {
                self.move_thread(worker, cpu);
                worker
            }
            None if self.thread_count < WORKERS_UP_TO || self.work.workers == 0 => {
                self.add_thread(cpu, "worker", State::Ready)
            }
            None => return self.work.queue.push_back(task),
        };
        self.work.workers |= 1 << worker;
        self.work.given[worker] = Some(task);
        self.jobs[worker] = Some(Box::new(context::work));
        self.set_state(worker, State::Ready);
    }

    /// Takes the next task for the running thread. A work item leaves the queue before it runs, so it can be queued
    /// again at once (R77).
    pub(crate) fn begin_task(&mut self) -> Option<Task> {
        self.touch_everything();
        let task = self.work.given[self.running].take().or_else(|| self.work.queue.pop_front())?;
        if let Task::Item(id, _) = task {
            let item = &mut self.work.items[id.0 as usize];
            item.queued = false;
            item.running += 1;
            self.counters.work_items_overlapping += u64::from(item.running > 1);
            self.counters.work_items_run += 1;
            self.work.current[self.running] = Some(id);
            self.visit(object::WORK | u32::from(id.0), Op::Acquire);
            self.log(What::WorkStarted { item: id.0 as u8 });
        }
        Some(task)
    }

    /// The work item returned: who waited for it goes on, unless it was queued again.
    pub(crate) fn end_work_item(&mut self, id: WorkId) {
        self.touch_everything();
        self.work.items[id.0 as usize].running -= 1;
        self.work.current[self.running] = None;
        self.log(What::WorkEnded { item: id.0 as u8 });
        if !self.work.is_idle(id) {
            return;
        }
        for thread in 0..self.thread_count {
            if self.threads[thread].state == State::WaitsForWork(id.0) {
                self.set_state(thread, State::Ready);
            }
        }
    }

    /// Returns whether the work item is neither queued nor running; else the running thread waits for that.
    pub(crate) fn flush_work_item(&mut self, id: WorkId) -> bool {
        self.touch_everything();
        self.visit(object::WORK | u32::from(id.0), Op::Read);
        let idle = self.work.is_idle(id);
        if !idle {
            self.block(State::WaitsForWork(id.0), "a work item");
        }
        idle
    }

    /// Returns whether the running thread runs the work item.
    pub(crate) fn is_in_work_item(&self, id: WorkId) -> bool {
        self.work.current[self.running] == Some(id)
    }
}
