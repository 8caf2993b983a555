//! Deferred procedure calls.

use crate::*;

pub type PKDEFERRED_ROUTINE = Option<
    unsafe extern "C-unwind" fn(
        Dpc: PKDPC,
        DeferredContext: PVOID,
        SystemArgument1: PVOID,
        SystemArgument2: PVOID,
    ),
>;

/// Initialized by `KeInitializeDpc`; its memory stays put and allocated while it is queued (bug check 0xC7).
#[repr(C)]
pub struct KDPC {
    pub TargetInfoAsUlong: ULONG,
    pub DpcListEntry: *mut KDPC,
    pub ProcessorHistory: KAFFINITY,
    pub DeferredRoutine: PKDEFERRED_ROUTINE,
    pub DeferredContext: PVOID,
    pub SystemArgument1: PVOID,
    pub SystemArgument2: PVOID,
    pub DpcData: PVOID,
}

pub type PKDPC = *mut KDPC;
pub type PRKDPC = *mut KDPC;

pub type KDPC_IMPORTANCE = i32;
pub const LowImportance: KDPC_IMPORTANCE = 0;
pub const MediumImportance: KDPC_IMPORTANCE = 1;
pub const HighImportance: KDPC_IMPORTANCE = 2;

ntoskrnl! {
    pub fn KeInitializeDpc(Dpc: PRKDPC, DeferredRoutine: PKDEFERRED_ROUTINE, DeferredContext: PVOID);
    pub fn KeInsertQueueDpc(Dpc: PRKDPC, SystemArgument1: PVOID, SystemArgument2: PVOID) -> BOOLEAN;
    pub fn KeRemoveQueueDpc(Dpc: PRKDPC) -> BOOLEAN;
    pub fn KeFlushQueuedDpcs();
    pub fn KeSetImportanceDpc(Dpc: PRKDPC, Importance: KDPC_IMPORTANCE);
    pub fn KeSetTargetProcessorDpc(Dpc: PRKDPC, Number: i8);
}

// wdm.h.
layout! {
    KDPC: 0x40, align 8 {
        TargetInfoAsUlong: 0x00,
        DpcListEntry: 0x08,
        ProcessorHistory: 0x10,
        DeferredRoutine: 0x18,
        DeferredContext: 0x20,
        SystemArgument1: 0x28,
        SystemArgument2: 0x30,
        DpcData: 0x38,
    }
}
