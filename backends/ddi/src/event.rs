//! Events. There is no `KeSetEvent`: those here are set by the I/O manager, when a request is completed.

use crate::*;

pub type EVENT_TYPE = i32;
pub const NotificationEvent: EVENT_TYPE = 0;

pub type KWAIT_REASON = i32;
pub const Executive: KWAIT_REASON = 0;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct DISPATCHER_HEADER {
    pub Lock: LONG,
    pub SignalState: LONG,
    pub WaitListHead: LIST_ENTRY,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct KEVENT {
    pub Header: DISPATCHER_HEADER,
}

pub type PRKEVENT = *mut KEVENT;

ntoskrnl! {
    /// Any IRQL.
    pub fn KeInitializeEvent(Event: PRKEVENT, Type: EVENT_TYPE, State: BOOLEAN);
    /// Waits for an event; without a timeout, as long as it takes. At or below APC_LEVEL.
    pub fn KeWaitForSingleObject(
        Object: PVOID,
        WaitReason: KWAIT_REASON,
        WaitMode: KPROCESSOR_MODE,
        Alertable: BOOLEAN,
        Timeout: *mut LARGE_INTEGER,
    ) -> NTSTATUS;
}

// wdm.h.
layout! {
    DISPATCHER_HEADER: 0x18, align 8 { Lock: 0x00, SignalState: 0x04, WaitListHead: 0x08 }
    KEVENT: 0x18, align 8 { Header: 0x00 }
}
