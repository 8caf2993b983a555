//! What is not the driver's: choices, accesses of the environment, violations, notes.

use crate::bus::DeviceId;
use crate::context::{self, inert, point, stop_if_failed, with};
use crate::core::{Op, object};
use crate::device::{Bus, Device, Parts};
use crate::explore::How;
use crate::moves::Move;
use crate::run::RunId;
use crate::trace::What;

/// Returns which run this is.
pub fn run() -> RunId {
    with(|core| core.locks.run())
}

/// A preemption point and nothing else.
pub fn pause() {
    point();
}

/// A preemption point for code that polls: it has nothing to do until others have moved.
pub fn give_way() {
    if !inert() {
        with(|core| core.choices.give_way(Move::thread(core.running)));
        point();
    }
}

/// Lets the environment act on a device model: a frame arrives, a cable is pulled. `None` if the device is not
/// a `D`.
pub fn environment<D: Device, R>(device: DeviceId, act: impl FnOnce(&mut D, &mut Bus<'_>) -> R) -> Option<R> {
    environment_of(device, Parts::ALL, act)
}

/// Lets the environment look at a device model, but for these parts at nothing. `None` if the device is not a `D`.
pub fn inspect<D: Device, R>(device: DeviceId, parts: Parts, look: impl FnOnce(&D) -> R) -> Option<R> {
    environment_of(device, Parts { writes: 0, ..parts }, |device: &mut D, _| look(device))
}

fn environment_of<D: Device, R>(
    device: DeviceId,
    parts: Parts,
    act: impl FnOnce(&mut D, &mut Bus<'_>) -> R,
) -> Option<R> {
    if inert() {
        return None;
    }
    let result = with(|core| core.environment(device, parts, act));
    stop_if_failed();
    result
}

/// Tells an [`Exploration`](crate::Exploration) that the step under way looks at number `what` of the things that a
/// scenario's contexts share and the machine does not see: what a judge wrote down, say.
pub fn looks_at(what: u16) {
    touch(what, How::Read);
}

/// As [`looks_at`], of a step that changes it.
pub fn changes(what: u16) {
    touch(what, How::Write);
}

fn touch(what: u16, how: How) {
    if context::is_free() {
        with(|core| core.touch(object::SHARED | u32::from(what), how));
    }
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
