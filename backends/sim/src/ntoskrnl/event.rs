//! KEVENT: the header's first word holds the number of the machine's event, SignalState its type.

use dirql_ddi::{
    BOOLEAN, EVENT_TYPE, FALSE, KEVENT, KPROCESSOR_MODE, KWAIT_REASON, LARGE_INTEGER, NTSTATUS,
    NotificationEvent, PRKEVENT, PVOID, STATUS_SUCCESS,
};

use crate::event::EventId;
use crate::kernel::{self, fail};

/// # Safety
/// `event` points to an initialized KEVENT.
pub(super) unsafe fn event_at(event: PRKEVENT) -> EventId {
    // SAFETY: the caller's promise.
    EventId(unsafe { (*event).Header.Lock } as u16)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeInitializeEvent(Event: PRKEVENT, Type: EVENT_TYPE, State: BOOLEAN) {
    let id = kernel::create_event();
    // SAFETY: the caller guarantees memory for an event.
    let header = unsafe { &mut (*Event).Header };
    (header.Lock, header.SignalState) = (id.0.into(), Type);
    if State != FALSE {
        kernel::set_event(id);
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeWaitForSingleObject(
    Object: PVOID,
    _WaitReason: KWAIT_REASON,
    _WaitMode: KPROCESSOR_MODE,
    _Alertable: BOOLEAN,
    Timeout: *mut LARGE_INTEGER,
) -> NTSTATUS {
    if !Timeout.is_null() {
        fail("InvalidHandle", "KeWaitForSingleObject with a timeout: there is no clock".into());
    }
    let event: PRKEVENT = Object.cast::<KEVENT>();
    // SAFETY: the caller guarantees an initialized event; here and below.
    let id = unsafe { event_at(event) };
    kernel::wait_event(id);
    // SAFETY: as above.
    if unsafe { (*event).Header.SignalState } == NotificationEvent {
        kernel::set_event(id);
    }
    STATUS_SUCCESS
}

const _: () = {
    let _ = [KeInitializeEvent, dirql_ddi::KeInitializeEvent];
    let _ = [KeWaitForSingleObject, dirql_ddi::KeWaitForSingleObject];
};
