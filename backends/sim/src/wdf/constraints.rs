//! At which level an object's callbacks run, and which of them exclude each other: WDF_EXECUTION_LEVEL and
//! WDF_SYNCHRONIZATION_SCOPE (`fxdriver.cpp`, `fxdevicebase.cpp`, `fxioqueue.cpp`, `fxobject.cpp`).
//!
//! Without a word from the driver KMDF's callbacks may come at DISPATCH_LEVEL, UMDF's at PASSIVE_LEVEL, and nothing
//! excludes anything.

use dirql_ddi::NTSTATUS;
use dirql_ddi::STATUS_INVALID_PARAMETER;
use dirql_ddi::wdf::{
    WDF_EXECUTION_LEVEL, WDF_OBJECT_ATTRIBUTES, WDF_SYNCHRONIZATION_SCOPE, WdfExecutionLevelDispatch,
    WdfExecutionLevelInheritFromParent, WdfExecutionLevelPassive, WdfSynchronizationScopeDevice,
    WdfSynchronizationScopeInheritFromParent, WdfSynchronizationScopeNone, WdfSynchronizationScopeQueue,
};

use super::device::{self, Framework};
use super::object::{self, Kind, ObjectId};
use super::{
    STATUS_WDF_EXECUTION_LEVEL_INVALID, STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL,
    STATUS_WDF_OBJECT_ATTRIBUTES_INVALID, STATUS_WDF_SYNCHRONIZATION_SCOPE_INVALID, driver, queue,
};
use crate::kernel::{self, LockId};

/// What an object's attributes and those above it come to.
#[derive(Clone, Copy)]
pub(super) struct Constraints {
    level: WDF_EXECUTION_LEVEL,
    scope: WDF_SYNCHRONIZATION_SCOPE,
}

impl Constraints {
    /// Returns a device's.
    fn of_device(device: ObjectId) -> Self {
        let level = match device::get(device).framework {
            Framework::Kernel => WdfExecutionLevelDispatch,
            Framework::User => WdfExecutionLevelPassive,
        };
        let driver = driver::loaded().map(|(driver, _)| object::attributes(driver));
        let default = Self { level, scope: WdfSynchronizationScopeNone };
        driver.iter().fold(default, Self::below).below(&object::attributes(device))
    }

    /// Returns those of a queue that is being created.
    pub(super) fn of_queue(device: ObjectId, attributes: &WDF_OBJECT_ATTRIBUTES) -> Self {
        Self::of_device(device).below(attributes)
    }

    /// Returns those of an object with such attributes, whose parent's these are.
    fn below(mut self, attributes: &WDF_OBJECT_ATTRIBUTES) -> Self {
        if attributes.ExecutionLevel != WdfExecutionLevelInheritFromParent {
            self.level = attributes.ExecutionLevel;
        }
        if attributes.SynchronizationScope != WdfSynchronizationScopeInheritFromParent {
            self.scope = attributes.SynchronizationScope;
        }
        self
    }

    /// Says whether callbacks come at PASSIVE_LEVEL only.
    pub(super) fn is_passive(self) -> bool {
        self.level == WdfExecutionLevelPassive
    }
}

/// Refuses attributes that no object may have, or not one of this kind (FxValidateObjectAttributes).
pub(super) fn check(kind: &Kind, attributes: &WDF_OBJECT_ATTRIBUTES) -> Result<(), NTSTATUS> {
    let WDF_OBJECT_ATTRIBUTES { ExecutionLevel: level, SynchronizationScope: scope, .. } = *attributes;
    let levels = WdfExecutionLevelInheritFromParent..=WdfExecutionLevelDispatch;
    let scopes = WdfSynchronizationScopeInheritFromParent..=WdfSynchronizationScopeNone;
    let is_constrained = matches!(kind, Kind::Driver(_) | Kind::Device(_) | Kind::Queue(_));
    if !levels.contains(&level) || !scopes.contains(&scope) {
        Err(STATUS_WDF_OBJECT_ATTRIBUTES_INVALID)
    } else if is_constrained {
        Ok(())
    } else if [WdfSynchronizationScopeDevice, WdfSynchronizationScopeQueue].contains(&scope) {
        Err(STATUS_WDF_SYNCHRONIZATION_SCOPE_INVALID)
    } else if level != WdfExecutionLevelInheritFromParent {
        Err(STATUS_WDF_EXECUTION_LEVEL_INVALID)
    } else {
        Ok(())
    }
}

/// The lock under which a device's or a queue's callbacks are called: a spin lock or, if they are all at PASSIVE_LEVEL, a
/// mutex.
#[derive(Clone, Copy)]
pub(super) struct CallbackLock {
    lock: LockId,
    is_passive: bool,
}

impl CallbackLock {
    fn new(is_passive: bool) -> Self {
        let lock = if is_passive { LockId::wait() } else { LockId::executive() };
        Self { lock, is_passive }
    }

    /// Returns a device's, which all have who are synchronized with it.
    fn of_device(device: ObjectId) -> Self {
        let is_passive = Constraints::of_device(device).is_passive();
        let lock = device::get(device).callback_lock.unwrap_or_else(|| Self::new(is_passive));
        device::change(device, |device| device.callback_lock = Some(lock));
        lock
    }

    /// Says whether the running thread is in a callback that the lock is held for.
    pub(super) fn is_held_here(self) -> bool {
        kernel::holds(self.lock)
    }
}

/// Calls a callback under a lock, if there is one.
pub(super) fn serialized<R>(lock: Option<CallbackLock>, callback: impl FnOnce() -> R) -> R {
    match lock {
        None => callback(),
        Some(CallbackLock { lock, is_passive: false }) => {
            let old = kernel::acquire_spin_lock(lock);
            let result = callback();
            kernel::release_spin_lock(lock, old);
            result
        }
        Some(CallbackLock { lock, is_passive: true }) => {
            kernel::acquire_wait_lock(lock);
            let result = callback();
            kernel::release_wait_lock(lock);
            result
        }
    }
}

/// Returns the lock of a queue that is being created: its device's, one of its own, or none.
pub(super) fn lock_of_queue(
    device: ObjectId,
    constraints: Constraints,
) -> Result<Option<CallbackLock>, NTSTATUS> {
    let is_passive = constraints.is_passive();
    match constraints.scope {
        WdfSynchronizationScopeDevice if Constraints::of_device(device).is_passive() != is_passive => {
            Err(STATUS_INVALID_PARAMETER)
        }
        WdfSynchronizationScopeDevice => Ok(Some(CallbackLock::of_device(device))),
        WdfSynchronizationScopeQueue => Ok(Some(CallbackLock::new(is_passive))),
        _ => Ok(None),
    }
}

/// Returns the lock of a deferred routine with AutomaticSerialization, whose interrupt has this parent: a device, or a
/// queue of it (_GetEffectiveLock). A routine that is called at the other level than the parent's is refused.
pub(super) fn effective_lock(
    device: ObjectId,
    parent: ObjectId,
    is_passive: bool,
) -> Result<Option<CallbackLock>, NTSTATUS> {
    let constraints = match parent {
        parent if parent == device => Constraints::of_device(device),
        parent => queue::constraints_of(parent, device).ok_or(STATUS_INVALID_PARAMETER)?,
    };
    if constraints.scope == WdfSynchronizationScopeNone {
        Ok(None)
    } else if constraints.is_passive() != is_passive {
        Err(STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL)
    } else if parent == device {
        Ok(Some(CallbackLock::of_device(device)))
    } else {
        Ok(queue::callback_lock_of(parent))
    }
}
