//! NdisMRegisterInterruptEx.
//!
//! The platform decides what is granted: messages if it has any for the device, else the line (R53). The
//! reference page names the statuses SUCCESS and RESOURCES and leaves the others open; here they are what
//! connecting the interrupt would have given.

use dirql_ddi::ndis::{
    NDIS_CONNECT_LINE_BASED, NDIS_CONNECT_MESSAGE_BASED, NDIS_HANDLE, NDIS_INTERRUPT_TYPE,
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS as Characteristics, NDIS_MINIPORT_INTERRUPT_REVISION_1,
    NDIS_OBJECT_HEADER, NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT,
    NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1, NDIS_STATUS, NDIS_STATUS_BAD_CHARACTERISTICS,
    NDIS_STATUS_BAD_VERSION, NDIS_STATUS_FAILURE, NDIS_STATUS_RESOURCES, NDIS_STATUS_SUCCESS, PNDIS_HANDLE,
    PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS,
};
use dirql_ddi::{FALSE, STATUS_NOT_FOUND};

use super::handle::{device_of, interrupt_handle};
use super::{Registration, Stage, deregister, dpc, isr, ndis, registration};
use crate::bus::DeviceId;
use crate::interrupt::{ConnectError, VectorId};
use crate::kernel::{self, LockId};
use crate::ntoskrnl::{MESSAGES_MAX, MessageTable};

const HEADER: NDIS_OBJECT_HEADER = NDIS_OBJECT_HEADER {
    Type: NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT,
    Revision: NDIS_MINIPORT_INTERRUPT_REVISION_1,
    Size: NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1,
};

/// What the platform grants: the line's vector, or one for each message.
struct Grant {
    kind: NDIS_INTERRUPT_TYPE,
    vectors: Vec<VectorId>,
}

/// Line handlers are mandatory, message handlers too if messages are supported.
fn check(c: &Characteristics) -> Result<(), NDIS_STATUS> {
    if c.Header != HEADER {
        return Err(NDIS_STATUS_BAD_VERSION);
    }
    let line = c.InterruptHandler.is_some()
        && c.InterruptDpcHandler.is_some()
        && c.DisableInterruptHandler.is_some()
        && c.EnableInterruptHandler.is_some();
    let messages = c.MessageInterruptHandler.is_some()
        && c.MessageInterruptDpcHandler.is_some()
        && c.DisableMessageInterruptHandler.is_some()
        && c.EnableMessageInterruptHandler.is_some();
    let complete = line && (messages || c.MsiSupported == FALSE);
    if complete { Ok(()) } else { Err(NDIS_STATUS_BAD_CHARACTERISTICS) }
}

/// A driver that has message resources and supports the line only is refused (MSI-X Resource Filtering).
fn grant(device: DeviceId, c: &Characteristics) -> Result<Grant, NDIS_STATUS> {
    let messages = (0..MESSAGES_MAX as u16).map_while(|n| kernel::message_of(device, n));
    let messages: Vec<_> = messages.collect();
    if messages.is_empty() {
        let line = kernel::line_of(device).ok_or(STATUS_NOT_FOUND)?;
        return Ok(Grant { kind: NDIS_CONNECT_LINE_BASED, vectors: vec![line] });
    }
    if c.MsiSupported == FALSE {
        return Err(NDIS_STATUS_FAILURE);
    }
    Ok(Grant { kind: NDIS_CONNECT_MESSAGE_BASED, vectors: messages })
}

/// Makes the registration, complete but for its interrupt objects: as soon as there is one, its ISR can run.
fn create(device: DeviceId, context: NDIS_HANDLE, handlers: &Characteristics, grant: &Grant) -> usize {
    let number = ndis(|ndis| ndis.registrations.len());
    let slots = |n| dpc::create_slots(handlers, grant.kind, context, dpc::Place { number, n });
    let slots = (0..grant.vectors.len()).map(slots).collect();
    let limit = dpc::choose_limit();
    ndis(|ndis| {
        ndis.registrations.push(Registration {
            device,
            stage: Stage::Registering,
            handlers: *handlers,
            context,
            interrupts: Vec::new(),
            limit,
            slots,
            table: None,
        });
    });
    number
}

/// Returns the one lock of all messages and the level at which they use it (R5), if the driver wants one
/// (R49).
fn shared_lock(grant: &Grant, c: &Characteristics) -> Option<(LockId, u8)> {
    let wanted = grant.kind == NDIS_CONNECT_MESSAGE_BASED && c.MsiSyncWithAllMessages != FALSE;
    let highest = grant.vectors.iter().map(|&v| kernel::vector_info(v).0).max()?;
    wanted.then(|| (LockId::for_interrupts(), highest))
}

/// Connects the ISR to each vector; it can run from then on (R19).
fn connect(number: usize, grant: &Grant, c: &Characteristics) -> Result<Box<MessageTable>, ConnectError> {
    let shared = shared_lock(grant, c);
    let mut table = MessageTable::new();
    for (n, &vector) in grant.vectors.iter().enumerate() {
        let own = kernel::vector_info(vector).0;
        let (lock, irql) = shared.map_or((None, own), |(lock, highest)| (Some(lock), highest));
        let routine = isr::routine(number, n, grant.kind);
        let id = kernel::connect_with(vector, |_| routine, lock, irql)?;
        registration(number, |r| r.interrupts.push(id));
        table.push(vector, id, irql);
    }
    Ok(table)
}

/// Answers the driver, after the ISR could have run: it may know the handle only now.
fn announce(number: usize, grant: &Grant, table: Box<MessageTable>, c: &mut Characteristics) -> NDIS_HANDLE {
    let messages = grant.kind == NDIS_CONNECT_MESSAGE_BASED;
    c.InterruptType = grant.kind;
    c.MessageInfoTable = if messages { table.address() } else { core::ptr::null_mut() };
    let interrupts = registration(number, |r| {
        r.stage = Stage::Registered;
        r.table = messages.then_some(table);
        r.interrupts.clone()
    });
    interrupts.into_iter().for_each(kernel::announce);
    interrupt_handle(number)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMRegisterInterruptEx(
    MiniportAdapterHandle: NDIS_HANDLE,
    MiniportInterruptContext: NDIS_HANDLE,
    MiniportInterruptCharacteristics: PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS,
    NdisInterruptHandle: PNDIS_HANDLE,
) -> NDIS_STATUS {
    kernel::require_passive("R17", "NdisMRegisterInterruptEx");
    let device = device_of(MiniportAdapterHandle);
    // SAFETY: the caller passes its own characteristics for the length of the call.
    let c = unsafe { &mut *MiniportInterruptCharacteristics };
    let grant = match check(c).and_then(|()| grant(device, c)) {
        Ok(grant) => grant,
        Err(status) => return status,
    };
    if kernel::is_denied() {
        return NDIS_STATUS_RESOURCES;
    }
    let number = create(device, MiniportInterruptContext, c, &grant);
    match connect(number, &grant, c) {
        Ok(table) => {
            let handle = announce(number, &grant, table, c);
            // SAFETY: the caller guarantees a handle to write to.
            unsafe { NdisInterruptHandle.write(handle) };
            NDIS_STATUS_SUCCESS
        }
        Err(_) => {
            deregister::end(number);
            NDIS_STATUS_FAILURE
        }
    }
}

const _: () = {
    let _ = [NdisMRegisterInterruptEx, dirql_ddi::ndis::NdisMRegisterInterruptEx];
};
