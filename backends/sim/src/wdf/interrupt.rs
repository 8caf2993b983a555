//! WDFINTERRUPT.

use core::ptr::{null, null_mut};

use dirql_ddi::wdf::{
    PFN_WDF_INTERRUPT_ENABLE, PFN_WDF_INTERRUPT_SYNCHRONIZE, PWDF_DRIVER_GLOBALS, PWDF_INTERRUPT_CONFIG,
    PWDF_INTERRUPT_INFO, PWDF_OBJECT_ATTRIBUTES, WDF_INTERRUPT_CONFIG, WDF_INTERRUPT_INFO,
    WDF_INTERRUPT_INFO_INIT, WDFCONTEXT, WDFDEVICE, WDFINTERRUPT, WdfUseDefault,
};
use dirql_ddi::{
    BOOLEAN, CM_PARTIAL_RESOURCE_DESCRIPTOR, FALSE, Latched, LevelSensitive, NTSTATUS,
    STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED,
    STATUS_SUCCESS, TRUE, ULONG,
};

use super::device::{self, State};
use super::object::{self, Kind, ObjectId};
use super::{STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED, lock, objects, require_dispatch};
use crate::dpc::DpcId;
use crate::interrupt::{InterruptId, VectorId};
use crate::irql::DISPATCH;
use crate::kernel::{self, LockId, fail};
use crate::routine::{Call, Routine};

/// An interrupt object.
#[derive(Clone, Copy)]
pub(super) struct Interrupt {
    device: ObjectId,
    /// The creation index on the device (R80).
    index: ULONG,
    config: WDF_INTERRUPT_CONFIG,
    lock: LockId,
    dpc: Option<DpcId>,
    /// `None` if the device was assigned fewer interrupts than objects were created (R54).
    vector: Option<VectorId>,
    synchronize_irql: u8,
    /// The framework's own pointer to the kernel's interrupt object; `None` while it has none (R66).
    kernel: Option<InterruptId>,
    enabled: bool,
    in_prepare: bool,
}

impl Interrupt {
    pub(super) fn was_created_in_prepare(&self) -> bool {
        self.in_prepare
    }

    /// Waits for DPCs, as the framework does before it lets an interrupt object go.
    pub(super) fn run_down(&self) {
        kernel::flush_dpcs();
    }
}

fn get(id: ObjectId) -> Interrupt {
    match objects(|o| o.get(id).cloned()) {
        Some(Kind::Interrupt(interrupt)) => interrupt,
        _ => fail("InvalidHandle", "the handle is no WDFINTERRUPT (0x10D/0x5)".into()),
    }
}

fn change(id: ObjectId, act: impl FnOnce(&mut Interrupt)) {
    objects(|o| {
        if let Some(Kind::Interrupt(interrupt)) = o.get_mut(id) {
            act(interrupt);
        }
    });
}

/// Returns a device's interrupts in the order of their creation.
pub(super) fn of_device(device: ObjectId) -> Vec<ObjectId> {
    let is_interrupt = |id: &ObjectId| objects(|o| matches!(o.get(*id), Some(Kind::Interrupt(_))));
    objects(|o| o.children(device)).into_iter().rev().filter(is_interrupt).collect()
}

// --- creation ---

/// What WdfInterruptCreate refuses, in its own order (`fxinterruptapi.cpp`).
fn check(config: &WDF_INTERRUPT_CONFIG, parent: bool, state: State) -> Result<(), NTSTATUS> {
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
    match (state, resources) {
        (State::Added, (false, false)) if config.CanWakeDevice == FALSE => {}
        (State::Added, _) => return Err(STATUS_INVALID_PARAMETER),
        (State::Preparing, (true, true)) if config.ShareVector == WdfUseDefault => {}
        _ => return Err(STATUS_INVALID_DEVICE_STATE),
    }
    if config.EvtInterruptDpc.is_some() && config.EvtInterruptWorkItem.is_some() {
        return Err(STATUS_INVALID_PARAMETER);
    }
    match (config.PassiveHandling != FALSE, config.SpinLock.is_null(), config.WaitLock.is_null()) {
        (false, _, true) => Ok(()),
        // As before Windows 8.
        (true, true, _) => Err(STATUS_NOT_SUPPORTED),
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
    let parent = unsafe { attributes.as_ref() }.is_some_and(|a| !a.ParentObject.is_null());
    if let Err(status) = check(&config, parent, device::get(device).state) {
        return status;
    }
    let interrupt = new(device, config);
    // SAFETY: the caller passes valid attributes or none.
    match unsafe { object::create(Kind::Interrupt(interrupt), Some(device), attributes) } {
        Ok(id) => {
            change(id, |interrupt| interrupt.dpc = create_dpc(id, &config));
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
    Interrupt {
        device,
        index: of_device(device).len() as ULONG,
        config,
        lock: if config.SpinLock.is_null() {
            LockId::for_interrupts()
        } else {
            lock::use_for_interrupt(config.SpinLock)
        },
        dpc: None,
        vector,
        synchronize_irql: 0,
        kernel: None,
        enabled: false,
        in_prepare,
    }
}

fn create_dpc(id: ObjectId, config: &WDF_INTERRUPT_CONFIG) -> Option<DpcId> {
    config.EvtInterruptDpc?;
    Some(kernel::create_dpc(own_routine(call_dpc, id)))
}

/// Makes a routine of the framework's own, which finds the driver's callback by the object.
fn own_routine(call: Call, id: ObjectId) -> Routine {
    // SAFETY: `call_isr` and `call_dpc` want the object's number and nothing else.
    unsafe { Routine::new(call, null(), null_mut(), [id.number() as usize, 0, 0]) }
}

/// Makes a routine that calls `function` for an object under its interrupt's lock.
///
/// # Safety
/// `call` takes `function` for what it is, and `context` is valid as long as the routine runs.
unsafe fn locked_routine(call: Call, id: ObjectId, function: *const (), context: *mut ()) -> Routine {
    // SAFETY: the caller's promise.
    unsafe { Routine::new(call, function, context, [id.number() as usize, 0, 0]) }
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
        .filter_map(|i| Some((i.lock, kernel::vector_info(i.vector?).0)))
        .collect();
    for id in of_device(device) {
        let lock = get(id).lock;
        let highest = assigned.iter().filter(|(l, _)| *l == lock).map(|(_, irql)| *irql).max();
        change(id, |interrupt| interrupt.synchronize_irql = highest.unwrap_or(0));
    }
}

// --- connection ---

/// Connects, and enables. Nothing happens to an object without a resource.
pub(super) fn connect(id: ObjectId) -> Result<(), NTSTATUS> {
    let interrupt = get(id);
    let Some(vector) = interrupt.vector else { return Ok(()) };
    let isr = own_routine(call_isr, id);
    let connected = kernel::connect(vector, isr, Some(interrupt.lock), interrupt.synchronize_irql)
        .map_err(|_| STATUS_INVALID_PARAMETER)?;
    change(id, |interrupt| interrupt.kernel = Some(connected));
    kernel::announce(connected);
    call_in_lock(id, connected, interrupt.config.EvtInterruptEnable)?;
    change(id, |interrupt| interrupt.enabled = true);
    Ok(())
}

/// Disables, waits for DPCs, and disconnects (R64). The pointer goes first, so that late ISRs are nobody's.
pub(super) fn disconnect(id: ObjectId) {
    let interrupt = get(id);
    let Some(connected) = interrupt.kernel else { return };
    if interrupt.enabled {
        // A failure is remembered by the framework and changes nothing.
        let _remembered = call_in_lock(id, connected, interrupt.config.EvtInterruptDisable);
        change(id, |interrupt| interrupt.enabled = false);
    }
    kernel::flush_dpcs();
    change(id, |interrupt| interrupt.kernel = None);
    kernel::disconnect(connected);
}

/// Calls EvtInterruptEnable or EvtInterruptDisable, which have one type, holding the interrupt's lock.
fn call_in_lock(
    id: ObjectId,
    connected: InterruptId,
    event: PFN_WDF_INTERRUPT_ENABLE,
) -> Result<(), NTSTATUS> {
    let Some(event) = event else { return Ok(()) };
    let mut status = STATUS_SUCCESS;
    let context = (&raw mut status).cast();
    // SAFETY: `call_event` takes this function and this variable, which outlives the call.
    let call = unsafe { locked_routine(call_event, id, event as *const (), context) };
    kernel::synchronize(connected, &call);
    if status < 0 { Err(status) } else { Ok(()) }
}

// --- what the machine calls ---

unsafe fn call_event(routine: &Routine) -> u8 {
    let id = ObjectId::of_number(routine.arguments()[0]);
    // SAFETY: `call_in_lock` made `function` from this type.
    let event: PFN_WDF_INTERRUPT_ENABLE = unsafe { core::mem::transmute(routine.function()) };
    // SAFETY: the driver gave this callback for its interrupt.
    let status = event.map_or(STATUS_SUCCESS, |event| unsafe { event(id.handle(), get(id).device.handle()) });
    // SAFETY: `call_in_lock` waits for this call with the variable.
    unsafe { routine.context().cast::<NTSTATUS>().write(status) };
    TRUE
}

/// The framework's own service routine (`_InterruptThunk`).
unsafe fn call_isr(routine: &Routine) -> u8 {
    let id = ObjectId::of_number(routine.arguments()[0]);
    let interrupt = get(id);
    match (interrupt.kernel, interrupt.config.EvtInterruptIsr) {
        // SAFETY: the driver gave this callback for its interrupt.
        (Some(_), Some(isr)) => unsafe { isr(id.handle(), interrupt.index) },
        _ => FALSE,
    }
}

unsafe fn call_dpc(routine: &Routine) -> u8 {
    let id = ObjectId::of_number(routine.arguments()[0]);
    let interrupt = get(id);
    if let Some(dpc) = interrupt.config.EvtInterruptDpc {
        // SAFETY: the driver gave this callback for its interrupt.
        unsafe { dpc(id.handle(), interrupt.device.handle()) };
    }
    TRUE
}

/// Calls an EvtInterruptSynchronize with its interrupt and its context.
unsafe fn call_section(routine: &Routine) -> u8 {
    let id = ObjectId::of_number(routine.arguments()[0]);
    // SAFETY: `interrupt_synchronize` made `function` from this type.
    let section: PFN_WDF_INTERRUPT_SYNCHRONIZE = unsafe { core::mem::transmute(routine.function()) };
    // SAFETY: the driver gave this callback for this context.
    section.map_or(FALSE, |section| unsafe { section(id.handle(), routine.context().cast()) })
}

// --- functions ---

/// R9: at or below DISPATCH_LEVEL. An interrupt that is not connected has no kernel object: the framework passes
/// null to KeSynchronizeExecution.
pub(super) unsafe extern "C-unwind" fn interrupt_synchronize(
    _: PWDF_DRIVER_GLOBALS,
    interrupt: WDFINTERRUPT,
    callback: PFN_WDF_INTERRUPT_SYNCHRONIZE,
    context: WDFCONTEXT,
) -> BOOLEAN {
    let id = ObjectId::of(interrupt);
    let irql = kernel::irql();
    if irql > DISPATCH {
        fail("R9", format!("WdfInterruptSynchronize is called at IRQL {irql}, above DISPATCH_LEVEL"));
    }
    let Some(callback) = callback else {
        fail("InvalidHandle", "WdfInterruptSynchronize without a callback (0x10D/0x4)".into())
    };
    let Some(connected) = get(id).kernel else {
        fail("SyncNotConnected", "WdfInterruptSynchronize of an interrupt that is not connected".into())
    };
    // SAFETY: `call_section` takes this function; the caller's context is valid for the length of the call.
    let call = unsafe { locked_routine(call_section, id, callback as *const (), context.cast()) };
    kernel::synchronize(connected, &call)
}

pub(super) unsafe extern "C-unwind" fn interrupt_queue_dpc(
    _: PWDF_DRIVER_GLOBALS,
    interrupt: WDFINTERRUPT,
) -> BOOLEAN {
    match get(ObjectId::of(interrupt)).dpc {
        Some(dpc) => BOOLEAN::from(kernel::insert_dpc(dpc, [0; 2])),
        None => fail("InvalidHandle", "WdfInterruptQueueDpcForIsr without EvtInterruptDpc".into()),
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
        let message = kernel::line_of(device::get(interrupt.device).id) != Some(vector);
        WDF_INTERRUPT_INFO {
            TargetProcessorSet: affinity.into(),
            Vector: device::vector_number(vector),
            Irql: irql,
            Mode: if message { Latched } else { LevelSensitive },
            MessageSignaled: message.into(),
            ..unassigned
        }
    });
    // SAFETY: the caller guarantees a structure to fill in.
    unsafe { info.write(filled) };
}
