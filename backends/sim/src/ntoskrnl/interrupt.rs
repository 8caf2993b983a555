//! IoConnectInterruptEx and what belongs to it.
//!
//! A PKINTERRUPT is a number: that of the machine's interrupt object, never 0.

use dirql_ddi::{
    BOOLEAN, CONNECT_FULLY_SPECIFIED, CONNECT_FULLY_SPECIFIED_GROUP, CONNECT_LINE_BASED,
    CONNECT_MESSAGE_BASED, FALSE, IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS,
    IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS, IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS, KIRQL,
    NTSTATUS, PIO_CONNECT_INTERRUPT_PARAMETERS, PIO_DISCONNECT_INTERRUPT_PARAMETERS,
    PIO_INTERRUPT_MESSAGE_INFO, PKINTERRUPT, PKMESSAGE_SERVICE_ROUTINE, PKSERVICE_ROUTINE, PKSPIN_LOCK,
    PKSYNCHRONIZE_ROUTINE, PVOID, STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER_1, STATUS_NOT_FOUND, STATUS_SUCCESS, ULONG,
};

use super::device_object::device_of;
use super::lock::lock_at;
use super::message::{MESSAGES_MAX, MessageTable};
use super::nt;
use crate::bus::DeviceId;
use crate::interrupt::{ConnectError, InterruptId, VectorId};
use crate::irql::PASSIVE;
use crate::kernel::{self, LockId, fail};
use crate::routine::{Call, Routine};

const HANDLE_STRIDE: usize = 0x100;

/// One successful call of IoConnectInterruptEx.
struct Connection {
    device: DeviceId,
    version: ULONG,
    /// What the driver names it by: a PKINTERRUPT, or the table.
    context: usize,
    interrupts: Vec<InterruptId>,
    /// Kept for the driver's sake; it lies at `context`.
    _table: Option<Box<MessageTable>>,
}

/// The connections of one run.
#[derive(Default)]
pub(super) struct Connections(Vec<Connection>);

impl Connections {
    /// Returns the interrupt objects behind a connection context.
    pub(super) fn interrupts(&self, context: PVOID) -> Option<Vec<InterruptId>> {
        self.0.iter().find(|c| c.context == context as usize).map(|c| c.interrupts.clone())
    }
}

/// Returns the number of an interrupt that a driver has connected for the device, if there is one.
pub(super) fn connected_to(device: DeviceId) -> Option<u16> {
    nt(|nt| {
        let connection = nt.connections.0.iter().find(|connection| connection.device == device)?;
        connection.interrupts.first().map(|id| id.0)
    })
}

pub(super) fn handle(id: InterruptId) -> PKINTERRUPT {
    core::ptr::without_provenance_mut((usize::from(id.0) + 1) * HANDLE_STRIDE)
}

fn interrupt_of(handle: PKINTERRUPT) -> InterruptId {
    match (handle as usize / HANDLE_STRIDE).checked_sub(1) {
        Some(id) if id <= usize::from(u16::MAX) => InterruptId(id as u16),
        _ => fail("SyncNotConnected", format!("{handle:?} is no interrupt object")),
    }
}

/// Calls a KSERVICE_ROUTINE with its interrupt object and context.
unsafe fn call_service(routine: &Routine) -> u8 {
    // SAFETY: `function` was made from a PKSERVICE_ROUTINE by `service`.
    let service: PKSERVICE_ROUTINE = unsafe { core::mem::transmute(routine.function()) };
    let [interrupt, device, _] = routine.arguments();
    kernel::count_isr(DeviceId(device as u8));
    let interrupt = core::ptr::without_provenance_mut(interrupt);
    // SAFETY: the driver gave this routine for these arguments.
    service.map_or(FALSE, |service| unsafe { service(interrupt, routine.context().cast()) })
}

/// Calls a KMESSAGE_SERVICE_ROUTINE with its interrupt object, context and message number.
unsafe fn call_message_service(routine: &Routine) -> u8 {
    // SAFETY: `function` was made from a PKMESSAGE_SERVICE_ROUTINE by `message_service`.
    let service: PKMESSAGE_SERVICE_ROUTINE = unsafe { core::mem::transmute(routine.function()) };
    let [interrupt, message, _] = routine.arguments();
    let interrupt = core::ptr::without_provenance_mut(interrupt);
    // SAFETY: the driver gave this routine for these arguments.
    service.map_or(FALSE, |s| unsafe { s(interrupt, routine.context().cast(), message as ULONG) })
}

/// An ISR of the driver, and what it is told besides its interrupt object.
#[derive(Clone, Copy)]
struct Isr {
    call: Call,
    function: *const (),
    context: PVOID,
    /// The message, or of a line the device.
    number: usize,
}

fn service(device: DeviceId, function: PKSERVICE_ROUTINE, context: PVOID) -> Option<Isr> {
    let number = device.index();
    Some(Isr { call: call_service, function: function? as *const (), context, number: number.into() })
}

fn message_service(function: PKMESSAGE_SERVICE_ROUTINE, context: PVOID, message: usize) -> Option<Isr> {
    Some(Isr { call: call_message_service, function: function? as *const (), context, number: message })
}

/// Where an ISR runs, and what it excludes.
#[derive(Clone, Copy)]
enum Critical {
    /// At SynchronizeIrql, holding a spin lock: the driver's, or one of its own.
    AtDirql(Option<LockId>, KIRQL),
    /// In a thread, holding an event of the kernel's own (R56).
    Passive,
}

/// Connects, and tells the ISR its own interrupt object: it can run before the driver knows it.
///
/// # Safety
/// The driver keeps the ISR's context until it disconnects.
unsafe fn connect(vector: VectorId, isr: Isr, critical: Critical) -> Result<InterruptId, ConnectError> {
    let with_own = |id| {
        let arguments = [handle(id) as usize, isr.number, 0];
        // SAFETY: the caller's promise; `service` and `message_service` match function and call.
        unsafe { Routine::new(isr.call, isr.function, isr.context.cast(), arguments) }
    };
    match critical {
        Critical::AtDirql(lock, irql) => kernel::connect_with(vector, with_own, lock, irql),
        Critical::Passive => kernel::connect_passive_with(vector, with_own, None),
    }
}

/// # Safety
/// `lock` is null or points to an initialized KSPIN_LOCK.
unsafe fn given_lock(lock: PKSPIN_LOCK) -> Option<LockId> {
    // SAFETY: the caller guarantees an initialized lock if there is one.
    (!lock.is_null()).then(|| unsafe { lock_at(lock) })
}

fn status(error: ConnectError) -> NTSTATUS {
    match error {
        ConnectError::ChainFull => STATUS_INVALID_DEVICE_REQUEST,
        ConnectError::SynchronizeIrqlTooLow | ConnectError::MixedLevels => STATUS_INVALID_PARAMETER,
    }
}

/// Connects one ISR to one vector and writes the handle: after the ISR could have run (R18).
///
/// # Safety
/// `out` is valid for writing a handle; the rest is as for [`connect`].
unsafe fn connect_one(
    device: DeviceId,
    vector: VectorId,
    isr: Option<Isr>,
    critical: Critical,
    out: *mut PKINTERRUPT,
    version: ULONG,
) -> NTSTATUS {
    let Some(isr) = isr else { return STATUS_INVALID_PARAMETER };
    // SAFETY: the caller's promise.
    match unsafe { connect(vector, isr, critical) } {
        Ok(id) => {
            // SAFETY: the caller guarantees a handle to write to.
            unsafe { out.write(handle(id)) };
            kernel::announce(id);
            let context = handle(id) as usize;
            nt(|nt| {
                nt.connections.0.push(Connection {
                    device,
                    version,
                    context,
                    interrupts: vec![id],
                    _table: None,
                });
            });
            STATUS_SUCCESS
        }
        Err(error) => status(error),
    }
}

/// # Safety
/// As for IoConnectInterruptEx with CONNECT_LINE_BASED.
unsafe fn connect_line(p: &IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS) -> NTSTATUS {
    let device = device_of(p.PhysicalDeviceObject);
    if kernel::message_of(device, 0).is_some() {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    let Some(line) = kernel::line_of(device) else { return STATUS_NOT_FOUND };
    let irql = kernel::vector_info(line).0.max(p.SynchronizeIrql);
    let isr = service(device, p.ServiceRoutine, p.ServiceContext);
    // SAFETY: the caller passes valid parameters (IO_CONNECT_INTERRUPT_PARAMETERS page).
    let lock = unsafe { given_lock(p.SpinLock) };
    let critical = Critical::AtDirql(lock, irql);
    // SAFETY: likewise.
    unsafe { connect_one(device, line, isr, critical, p.InterruptObject, CONNECT_LINE_BASED) }
}

/// # Safety
/// As for IoConnectInterruptEx with CONNECT_FULLY_SPECIFIED.
unsafe fn connect_fully_specified(
    p: &IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS,
    version: ULONG,
) -> NTSTATUS {
    let device = device_of(p.PhysicalDeviceObject);
    let Some(vector) = vector_numbered(device, p.Vector) else { return STATUS_NOT_FOUND };
    // SAFETY: the caller passes valid parameters.
    let lock = unsafe { given_lock(p.SpinLock) };
    let critical = match (p.Irql, p.SynchronizeIrql) {
        (PASSIVE, PASSIVE) if lock.is_none() => Critical::Passive,
        // A passive one with a spin lock is refused (R58).
        (PASSIVE, PASSIVE) => return STATUS_INVALID_PARAMETER,
        (irql, level) if level < irql || kernel::vector_info(vector).0 != irql => {
            return STATUS_INVALID_PARAMETER;
        }
        (_, level) => Critical::AtDirql(lock, level),
    };
    let isr = service(device, p.ServiceRoutine, p.ServiceContext);
    // SAFETY: the caller passes valid parameters.
    unsafe { connect_one(device, vector, isr, critical, p.InterruptObject, version) }
}

/// Finds a vector of the device by the number that its resources give.
fn vector_numbered(device: DeviceId, number: ULONG) -> Option<VectorId> {
    let messages = (0..MESSAGES_MAX as u16).map_while(|n| kernel::message_of(device, n));
    kernel::line_of(device).into_iter().chain(messages).find(|v| ULONG::from(v.0) == number)
}

/// # Safety
/// As for IoConnectInterruptEx with CONNECT_MESSAGE_BASED. `version` is its Version.
unsafe fn connect_messages(
    p: &IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS,
    version: &mut ULONG,
) -> NTSTATUS {
    let device = device_of(p.PhysicalDeviceObject);
    let count = (0..MESSAGES_MAX as u16).take_while(|&n| kernel::message_of(device, n).is_some()).count();
    if count == 0 {
        *version = CONNECT_LINE_BASED;
        // SAFETY: the caller passes valid parameters.
        return unsafe { connect_fall_back(p) };
    }
    // SAFETY: likewise.
    unsafe { connect_each_message(p, device, count as u16) }
}

/// The platform granted a line (R53): same context, same lock.
///
/// # Safety
/// As for [`connect_messages`].
unsafe fn connect_fall_back(p: &IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS) -> NTSTATUS {
    if p.FallBackServiceRoutine.is_none() {
        return STATUS_NOT_FOUND;
    }
    let line = IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS {
        PhysicalDeviceObject: p.PhysicalDeviceObject,
        // SAFETY: all members of the union are pointers to where the result goes.
        InterruptObject: unsafe { p.ConnectionContext.InterruptObject },
        ServiceRoutine: p.FallBackServiceRoutine,
        ServiceContext: p.ServiceContext,
        SpinLock: p.SpinLock,
        SynchronizeIrql: p.SynchronizeIrql,
        FloatingSave: p.FloatingSave,
    };
    // SAFETY: the caller passes valid parameters.
    unsafe { connect_line(&line) }
}

/// # Safety
/// As for [`connect_messages`].
unsafe fn connect_each_message(
    p: &IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS,
    device: DeviceId,
    count: u16,
) -> NTSTATUS {
    // SAFETY: the caller passes valid parameters.
    let lock = unsafe { given_lock(p.SpinLock) };
    let vectors: Vec<VectorId> = (0..count).filter_map(|n| kernel::message_of(device, n)).collect();
    let highest = vectors.iter().map(|&v| kernel::vector_info(v).0).max().unwrap_or(0);
    let mut table = MessageTable::new();
    let mut interrupts = Vec::new();
    for (n, &vector) in vectors.iter().enumerate() {
        // With neither a lock nor a level given, each message has its own of both (conflict 6.17: the worse
        // case).
        let own = lock.is_none() && p.SynchronizeIrql == 0;
        let irql = if own { kernel::vector_info(vector).0 } else { highest.max(p.SynchronizeIrql) };
        let Some(isr) = message_service(p.MessageServiceRoutine, p.ServiceContext, n) else {
            return STATUS_INVALID_PARAMETER;
        };
        // SAFETY: the caller passes valid parameters.
        match unsafe { connect(vector, isr, Critical::AtDirql(lock, irql)) } {
            Ok(id) => interrupts.push(id),
            Err(error) => {
                interrupts.into_iter().for_each(kernel::disconnect);
                return status(error);
            }
        }
        table.push(vector, interrupts[n], irql);
    }
    // SAFETY: all members of the union are pointers to where the result goes.
    let out = unsafe { p.ConnectionContext.InterruptMessageTable };
    // SAFETY: the caller passes a place for the table's address.
    unsafe { publish_table(device, out, table, interrupts) }
    STATUS_SUCCESS
}

/// # Safety
/// `out` is valid for writing a pointer.
unsafe fn publish_table(
    device: DeviceId,
    out: *mut PIO_INTERRUPT_MESSAGE_INFO,
    table: Box<MessageTable>,
    interrupts: Vec<InterruptId>,
) {
    let address = table.address();
    // SAFETY: the caller guarantees a place to write to.
    unsafe { out.write(address) };
    interrupts.iter().copied().for_each(kernel::announce);
    let context = address as usize;
    let version = CONNECT_MESSAGE_BASED;
    let _table = Some(table);
    nt(|nt| nt.connections.0.push(Connection { device, version, context, interrupts, _table }));
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoConnectInterruptEx(Parameters: PIO_CONNECT_INTERRUPT_PARAMETERS) -> NTSTATUS {
    // SAFETY: the caller passes valid parameters, its own for the length of the call.
    let parameters = unsafe { &mut *Parameters };
    if kernel::is_denied() {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    let variant = &parameters.__bindgen_anon_1;
    match parameters.Version {
        // SAFETY: Version says which member the caller filled in; here and below.
        CONNECT_LINE_BASED => unsafe { connect_line(&variant.LineBased) },
        version @ (CONNECT_FULLY_SPECIFIED | CONNECT_FULLY_SPECIFIED_GROUP) => {
            // SAFETY: as above.
            unsafe { connect_fully_specified(&variant.FullySpecified, version) }
        }
        // SAFETY: as above.
        CONNECT_MESSAGE_BASED => unsafe { connect_messages(&variant.MessageBased, &mut parameters.Version) },
        _ => {
            parameters.Version = CONNECT_FULLY_SPECIFIED_GROUP;
            STATUS_INVALID_PARAMETER_1
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoDisconnectInterruptEx(Parameters: PIO_DISCONNECT_INTERRUPT_PARAMETERS) {
    // SAFETY: the caller passes valid parameters, its own for the length of the call.
    let parameters = unsafe { &*Parameters };
    // SAFETY: all members of the union are pointers.
    let context = unsafe { parameters.ConnectionContext.Generic } as usize;
    let version = parameters.Version;
    let found = nt(|nt| {
        let at = nt.connections.0.iter().position(|c| c.context == context)?;
        Some((nt.connections.0[at].version, nt.connections.0.remove(at)))
    });
    match found {
        None => fail("SyncNotConnected", "IoDisconnectInterruptEx of what is not connected".into()),
        Some((connected, _)) if connected != version => fail(
            "R25",
            format!("connected as version {connected}, disconnected as {version} (bug check 0xCA/0x9)"),
        ),
        Some((_, connection)) => connection.interrupts.iter().copied().for_each(kernel::disconnect),
    }
}

/// Calls a KSYNCHRONIZE_ROUTINE with its context.
unsafe fn call_synchronize(routine: &Routine) -> u8 {
    // SAFETY: `function` was made from a PKSYNCHRONIZE_ROUTINE by `section`.
    let section: PKSYNCHRONIZE_ROUTINE = unsafe { core::mem::transmute(routine.function()) };
    // SAFETY: the driver gave this routine for this context.
    section.map_or(FALSE, |section| unsafe { section(routine.context().cast()) })
}

/// Makes the routine of a KSYNCHRONIZE_ROUTINE, or ends the run if there is none.
///
/// # Safety
/// The driver gave this function for this context, which lives until the section has run.
pub(crate) unsafe fn section(function: PKSYNCHRONIZE_ROUTINE, context: PVOID) -> Routine {
    let Some(function) = function else { fail("InvalidHandle", "a section without a routine".into()) };
    // SAFETY: the caller's promise; `call_synchronize` takes the function for what it is.
    unsafe { Routine::new(call_synchronize, function as *const (), context.cast(), [0; 3]) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeSynchronizeExecution(
    Interrupt: PKINTERRUPT,
    SynchronizeRoutine: PKSYNCHRONIZE_ROUTINE,
    SynchronizeContext: PVOID,
) -> BOOLEAN {
    // SAFETY: the caller's routine and context are valid for the length of the call.
    let routine = unsafe { section(SynchronizeRoutine, SynchronizeContext) };
    kernel::synchronize(interrupt_of(Interrupt), &routine)
}

/// Returns an interrupt whose lock is a spin lock (R57).
fn spinning(handle: PKINTERRUPT) -> InterruptId {
    let id = interrupt_of(handle);
    if kernel::is_passive(id) {
        fail("R57", "an interrupt spin lock routine is used on a passive-level interrupt (0x13B, 1)".into());
    }
    id
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeAcquireInterruptSpinLock(Interrupt: PKINTERRUPT) -> KIRQL {
    kernel::acquire_interrupt_lock(spinning(Interrupt))
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeReleaseInterruptSpinLock(Interrupt: PKINTERRUPT, OldIrql: KIRQL) {
    // SAFETY: the caller holds the lock, and uses no more what it guards.
    unsafe { kernel::release_interrupt_lock(spinning(Interrupt), OldIrql) };
}

const _: () = {
    let _ = [IoConnectInterruptEx, dirql_ddi::IoConnectInterruptEx];
    let _ = [IoDisconnectInterruptEx, dirql_ddi::IoDisconnectInterruptEx];
    let _ = [KeSynchronizeExecution, dirql_ddi::KeSynchronizeExecution];
    let _ = [KeAcquireInterruptSpinLock, dirql_ddi::KeAcquireInterruptSpinLock];
    let _ = [KeReleaseInterruptSpinLock, dirql_ddi::KeReleaseInterruptSpinLock];
};
