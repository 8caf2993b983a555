//! WDFINTERRUPT.

use dirql_ddi::wdf::{
    PWDF_DRIVER_GLOBALS, PWDF_INTERRUPT_CONFIG, PWDF_INTERRUPT_INFO, PWDF_OBJECT_ATTRIBUTES,
    WDF_INTERRUPT_CONFIG, WDF_INTERRUPT_INFO, WDF_INTERRUPT_INFO_INIT, WDFDEVICE, WDFINTERRUPT,
    WdfUseDefault,
};
use dirql_ddi::{
    CM_PARTIAL_RESOURCE_DESCRIPTOR, FALSE, Latched, LevelSensitive, NTSTATUS, STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_PARAMETER, STATUS_SUCCESS, ULONG,
};

use super::constraints::{self, CallbackLock};
use super::deferred::{self, Deferred};
use super::device::{self, Framework, State};
use super::host::Host;
use super::object::{self, Kind, ObjectId};
use super::wake::Wake;
use super::{STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED, lock, objects, require_dispatch};
use crate::interrupt::{InterruptId, VectorId};
use crate::irql::PASSIVE;
use crate::kernel::{self, LockId, fail};

/// Where an interrupt's callbacks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// KMDF, at DIRQL, under a spin lock.
    Dirql,
    /// KMDF, in a thread of the kernel, under the kernel's event and a wait lock (R73).
    Passive,
    /// UMDF, in a thread of the host, under a wait lock (R87).
    Host,
}

/// An interrupt object.
#[derive(Clone, Copy)]
pub(super) struct Interrupt {
    pub(super) device: ObjectId,
    /// The creation index on the device (R80).
    pub(super) index: ULONG,
    pub(super) config: WDF_INTERRUPT_CONFIG,
    pub(super) level: Level,
    /// The spin lock or the wait lock.
    pub(super) lock: LockId,
    pub(super) deferred: Deferred,
    /// What the deferred routine is called under (R75).
    pub(super) callback_lock: Option<CallbackLock>,
    /// `None` if the device was assigned fewer interrupts than objects were created (R54).
    pub(super) vector: Option<VectorId>,
    pub(super) synchronize_irql: u8,
    /// The framework's own pointer to the kernel's interrupt object; `None` while it has none (R66).
    pub(super) kernel: Option<InterruptId>,
    /// The host's thread, in UMDF.
    pub(super) host: Host,
    pub(super) enabled: bool,
    /// WdfInterruptDisable was called: power-up leaves it alone (R70).
    pub(super) is_off: bool,
    pub(super) wake: Wake,
    /// The level before WdfInterruptAcquireLock.
    pub(super) old_irql: u8,
    in_prepare: bool,
}

impl Interrupt {
    pub(super) fn was_created_in_prepare(&self) -> bool {
        self.in_prepare
    }

    /// Says whether the interrupt is a line, not a message.
    pub(super) fn is_line(&self) -> bool {
        kernel::line_of(device::get(self.device).id) == self.vector
    }
}

/// Returns an interrupt.
pub(super) fn get(id: ObjectId) -> Interrupt {
    match objects(|o| o.get(id).cloned()) {
        Some(Kind::Interrupt(interrupt)) => interrupt,
        _ => fail("InvalidHandle", "the handle is no WDFINTERRUPT (0x10D/0x5)".into()),
    }
}

/// Changes an interrupt.
pub(super) fn change(id: ObjectId, act: impl FnOnce(&mut Interrupt)) {
    objects(|o| {
        if let Some(Kind::Interrupt(interrupt)) = o.get_mut(id) {
            act(interrupt);
        }
    });
}

/// Returns a device's interrupts in the order of their creation.
pub(super) fn of_device(device: ObjectId) -> Vec<ObjectId> {
    objects(|o| o.all(|kind| matches!(kind, Kind::Interrupt(interrupt) if interrupt.device == device)))
}

// --- creation ---

/// What WdfInterruptCreate refuses, in its own order (`fxinterruptapi.cpp`).
fn check(config: &WDF_INTERRUPT_CONFIG, parent: bool, device: &device::Device) -> Result<(), NTSTATUS> {
    let resources = (!config.InterruptRaw.is_null(), !config.InterruptTranslated.is_null());
    if config.Size as usize != size_of::<WDF_INTERRUPT_CONFIG>() {
        return Err(STATUS_INFO_LENGTH_MISMATCH);
    }
    if config.EvtInterruptIsr.is_none() {
        return Err(STATUS_INVALID_PARAMETER);
    }
    if parent && config.AutomaticSerialization == FALSE {
        return Err(STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED);
    }
    match (device.state, resources) {
        (State::Added, (false, false)) if config.CanWakeDevice == FALSE => {}
        (State::Added, _) => return Err(STATUS_INVALID_PARAMETER),
        (State::Preparing, (true, true)) if config.ShareVector == WdfUseDefault => {}
        _ => return Err(STATUS_INVALID_DEVICE_STATE),
    }
    if config.EvtInterruptDpc.is_some() && config.EvtInterruptWorkItem.is_some() {
        return Err(STATUS_INVALID_PARAMETER);
    }
    match (config.PassiveHandling != FALSE, config.SpinLock.is_null(), config.WaitLock.is_null()) {
        (false, _, _) if device.framework == Framework::User => {
            fail("R88", "a UMDF interrupt without PassiveHandling: the driver is stopped".into())
        }
        (false, _, true) | (true, true, _) => Ok(()),
        // R58 for a passive one with a spin lock.
        _ => Err(STATUS_INVALID_PARAMETER),
    }
}

pub(super) unsafe extern "C-unwind" fn interrupt_create(
    _: PWDF_DRIVER_GLOBALS,
    device: WDFDEVICE,
    config: PWDF_INTERRUPT_CONFIG,
    attributes: PWDF_OBJECT_ATTRIBUTES,
    out: *mut WDFINTERRUPT,
) -> NTSTATUS {
    require_dispatch("WdfInterruptCreate");
    let device = device::id_of(device);
    // SAFETY: the caller passes a configuration.
    let config = unsafe { *config };
    // SAFETY: the caller passes valid attributes or none.
    let parent = unsafe { attributes.as_ref() }.map(|a| a.ParentObject).filter(|parent| !parent.is_null());
    if let Err(status) = check(&config, parent.is_some(), &device::get(device)) {
        return status;
    }
    let mut interrupt = new(device, config);
    match callback_lock(&interrupt, parent.map_or(device, ObjectId::of)) {
        Ok(lock) => interrupt.callback_lock = lock,
        Err(status) => return status,
    }
    // SAFETY: the caller passes valid attributes or none.
    match unsafe { object::create(Kind::Interrupt(interrupt), Some(device), attributes) } {
        Ok(id) => {
            change(id, |interrupt| interrupt.deferred = deferred::create(id, interrupt.level, &config));
            // SAFETY: the caller guarantees a handle to write to.
            unsafe { out.write(id.handle()) };
            STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

fn new(device: ObjectId, config: WDF_INTERRUPT_CONFIG) -> Interrupt {
    let in_prepare = !config.InterruptTranslated.is_null();
    let vector = in_prepare.then(|| {
        device::vector_at(device, config.InterruptTranslated).unwrap_or_else(|| {
            fail("InvalidHandle", "InterruptTranslated is not from the device's resource list".into())
        })
    });
    let level = match (device::get(device).framework, config.PassiveHandling) {
        (Framework::User, _) => Level::Host,
        (Framework::Kernel, FALSE) => Level::Dirql,
        (Framework::Kernel, _) => Level::Passive,
    };
    Interrupt {
        device,
        index: of_device(device).len() as ULONG,
        config,
        level,
        lock: lock_of(&config),
        deferred: Deferred::default(),
        callback_lock: None,
        vector,
        synchronize_irql: 0,
        kernel: None,
        host: Host::default(),
        enabled: false,
        is_off: false,
        wake: Wake::Off,
        old_irql: 0,
        in_prepare,
    }
}

/// Returns what the deferred routine of an interrupt with this parent is to be called under. In the host all callbacks
/// come at PASSIVE_LEVEL.
fn callback_lock(interrupt: &Interrupt, parent: ObjectId) -> Result<Option<CallbackLock>, NTSTATUS> {
    let config = &interrupt.config;
    if config.AutomaticSerialization == FALSE {
        return Ok(None);
    }
    let is_passive = match interrupt.level {
        Level::Host => true,
        Level::Passive => config.EvtInterruptDpc.is_none(),
        Level::Dirql => config.EvtInterruptWorkItem.is_some(),
    };
    constraints::effective_lock(interrupt.device, parent, is_passive)
}

/// Returns the lock that the driver gave, or one of the interrupt's own.
fn lock_of(config: &WDF_INTERRUPT_CONFIG) -> LockId {
    match (config.PassiveHandling != FALSE, config.SpinLock.is_null(), config.WaitLock.is_null()) {
        (true, _, false) => lock::use_wait_lock(config.WaitLock),
        (true, _, true) => LockId::for_passive_interrupts(),
        (false, false, _) => lock::use_for_interrupt(config.SpinLock),
        (false, true, _) => LockId::for_interrupts(),
    }
}

/// Assigns the descriptors of interrupts to the objects that EvtDriverDeviceAdd created, in order; what is left
/// over on either side gets nothing.
pub(super) fn assign_in_order(device: ObjectId, descriptors: &[CM_PARTIAL_RESOURCE_DESCRIPTOR]) {
    let mut vectors = descriptors.iter().filter_map(device::vector_of);
    for id in of_device(device) {
        let vector = vectors.next();
        change(id, |interrupt| interrupt.vector = vector);
    }
}

/// Gives the interrupts that share a lock the highest level among them (R5).
pub(super) fn assign_synchronize_irqls(device: ObjectId) {
    let assigned: Vec<(LockId, u8)> = of_device(device)
        .into_iter()
        .map(get)
        .filter(|i| i.level == Level::Dirql)
        .filter_map(|i| Some((i.lock, kernel::vector_info(i.vector?).0)))
        .collect();
    for id in of_device(device) {
        let lock = get(id).lock;
        let highest = assigned.iter().filter(|(l, _)| *l == lock).map(|(_, irql)| *irql).max();
        change(id, |interrupt| interrupt.synchronize_irql = highest.unwrap_or(0));
    }
}

pub(super) unsafe extern "C-unwind" fn interrupt_get_info(
    _: PWDF_DRIVER_GLOBALS,
    interrupt: WDFINTERRUPT,
    info: PWDF_INTERRUPT_INFO,
) {
    require_dispatch("WdfInterruptGetInfo");
    let interrupt = get(ObjectId::of(interrupt));
    let unassigned = WDF_INTERRUPT_INFO { MessageNumber: interrupt.index, ..WDF_INTERRUPT_INFO_INIT() };
    let filled = interrupt.vector.map_or(unassigned, |vector| {
        let (irql, affinity) = kernel::vector_info(vector);
        let message = !interrupt.is_line();
        WDF_INTERRUPT_INFO {
            TargetProcessorSet: affinity.into(),
            Vector: device::vector_number(vector),
            Irql: if interrupt.level == Level::Dirql { irql } else { PASSIVE },
            Mode: if message { Latched } else { LevelSensitive },
            MessageSignaled: message.into(),
            ..unassigned
        }
    });
    // SAFETY: the caller guarantees a structure to fill in.
    unsafe { info.write(filled) };
}
