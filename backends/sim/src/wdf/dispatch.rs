//! When and where a queue's callbacks are called: at its execution level, under its lock, and not inside another
//! callback under that lock. If the running thread is not the one for it, a DPC or a work item is
//! (`fxioqueue.cpp`, CanThreadDispatchEventsLocked).

use dirql_ddi::TRUE;
use dirql_ddi::wdf::{WDFQUEUE, WDFREQUEST};

use super::connection::routine;
use super::constraints::{CallbackLock, serialized};
use super::object::ObjectId;
use super::{delivery, queue, wdf};
use crate::context::with;
use crate::dpc::DpcId;
use crate::irql::PASSIVE;
use crate::kernel;
use crate::moves::THREADS_MAX;
use crate::routine::Routine;
use crate::work::WorkId;

/// What the driver is to be told about one of its requests.
#[derive(Clone, Copy)]
pub(super) enum Notice {
    /// EvtRequestCancel.
    Cancel(ObjectId, unsafe extern "C-unwind" fn(WDFREQUEST)),
    /// EvtIoCanceledOnQueue.
    CanceledOnQueue(ObjectId, unsafe extern "C-unwind" fn(WDFQUEUE, WDFREQUEST)),
}

/// Who calls a queue's callbacks when the thread that has something for it may not.
#[derive(Clone, Copy)]
pub(super) enum Deputy {
    Dpc(DpcId),
    WorkItem(WorkId),
}

/// Gives the driver what it is time for. Inside one of a sequential queue's callbacks that is nothing: whoever made
/// that call goes on after it.
pub(super) fn dispatch(id: ObjectId) {
    if !may_call_here(id) {
        return defer(id);
    }
    while let Some(notice) = queue::next_notice(id) {
        delivery::tell(id, notice);
    }
    while let Some(request) = queue::present(id) {
        delivery::deliver(id, request);
        queue::left(id);
    }
}

/// Tells the driver of a request now, or as soon as a thread may.
pub(super) fn notify(id: ObjectId, notice: Notice) {
    if may_call_here(id) {
        return delivery::tell(id, notice);
    }
    queue::keep_notice(id, notice);
    defer(id);
}

/// A queue that is gone has nothing more to call.
fn may_call_here(id: ObjectId) -> bool {
    let Some((is_passive, lock)) = queue::look(id, |q| (q.is_passive, q.callback_lock)) else { return true };
    (!is_passive || kernel::irql() == PASSIVE) && !lock.is_some_and(CallbackLock::is_held_here)
}

fn defer(id: ObjectId) {
    match queue::deputy(id, || create_deputy(id)) {
        Deputy::Dpc(dpc) => kernel::insert_dpc(dpc, [0; 2]),
        Deputy::WorkItem(work) => kernel::queue_work_item(work),
    };
}

fn create_deputy(id: ObjectId) -> Deputy {
    let call = routine(run, id);
    if queue::look(id, |queue| queue.is_passive) == Some(true) {
        Deputy::WorkItem(kernel::create_work_item(call))
    } else {
        Deputy::Dpc(kernel::create_dpc(call))
    }
}

unsafe fn run(routine: &Routine) -> u8 {
    dispatch(ObjectId::of_number(routine.arguments()[0]));
    TRUE
}

/// How many request handlers each thread is in.
pub(super) type Handlers = [u8; THREADS_MAX];

fn count_handlers(act: impl FnOnce(&mut u8)) {
    let thread = with(|core| core.running);
    wdf(|wdf| act(&mut wdf.handlers[thread]));
}

/// Calls a request handler: a callback that comes in whatever thread a request brought (R79).
pub(super) fn handle(queue: ObjectId, callback: impl FnOnce()) {
    serialized(queue::callback_lock_of(queue), || {
        count_handlers(|handlers| *handlers += 1);
        callback();
        count_handlers(|handlers| *handlers -= 1);
    });
}

/// Says whether the running thread is an arbitrary one, in a request handler.
pub(super) fn is_in_request_handler() -> bool {
    let thread = with(|core| core.running);
    wdf(|wdf| wdf.handlers[thread] != 0)
}
