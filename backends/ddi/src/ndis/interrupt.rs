//! Interrupts and their DPCs.

use super::*;
use crate::*;

pub type MINIPORT_ISR_HANDLER = Option<
    unsafe extern "C-unwind" fn(
        MiniportInterruptContext: NDIS_HANDLE,
        QueueDefaultInterruptDpc: *mut BOOLEAN,
        TargetProcessors: *mut ULONG,
    ) -> BOOLEAN,
>;
pub type MINIPORT_INTERRUPT_DPC_HANDLER = Option<
    unsafe extern "C-unwind" fn(
        MiniportInterruptContext: NDIS_HANDLE,
        MiniportDpcContext: PVOID,
        ReceiveThrottleParameters: PVOID,
        NdisReserved2: PVOID,
    ),
>;
pub type MINIPORT_DISABLE_INTERRUPT_HANDLER =
    Option<unsafe extern "C-unwind" fn(MiniportInterruptContext: NDIS_HANDLE)>;
pub type MINIPORT_ENABLE_INTERRUPT_HANDLER =
    Option<unsafe extern "C-unwind" fn(MiniportInterruptContext: NDIS_HANDLE)>;
pub type MINIPORT_MESSAGE_INTERRUPT_HANDLER = Option<
    unsafe extern "C-unwind" fn(
        MiniportInterruptContext: NDIS_HANDLE,
        MessageId: ULONG,
        QueueDefaultInterruptDpc: *mut BOOLEAN,
        TargetProcessors: *mut ULONG,
    ) -> BOOLEAN,
>;
pub type MINIPORT_MESSAGE_INTERRUPT_DPC_HANDLER = Option<
    unsafe extern "C-unwind" fn(
        MiniportInterruptContext: NDIS_HANDLE,
        MessageId: ULONG,
        MiniportDpcContext: PVOID,
        ReceiveThrottleParameters: PVOID,
        NdisReserved2: PVOID,
    ),
>;
pub type MINIPORT_DISABLE_MESSAGE_INTERRUPT_HANDLER =
    Option<unsafe extern "C-unwind" fn(MiniportInterruptContext: NDIS_HANDLE, MessageId: ULONG)>;
pub type MINIPORT_ENABLE_MESSAGE_INTERRUPT_HANDLER =
    Option<unsafe extern "C-unwind" fn(MiniportInterruptContext: NDIS_HANDLE, MessageId: ULONG)>;
/// For a line and for messages alike.
pub type MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER =
    Option<unsafe extern "C-unwind" fn(SynchronizeContext: NDIS_HANDLE) -> BOOLEAN>;

pub type NDIS_INTERRUPT_TYPE = i32;
pub const NDIS_CONNECT_LINE_BASED: NDIS_INTERRUPT_TYPE = 1;
pub const NDIS_CONNECT_MESSAGE_BASED: NDIS_INTERRUPT_TYPE = 2;

/// What a miniport registers; the last two members are NDIS's answer.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS {
    pub Header: NDIS_OBJECT_HEADER,
    pub InterruptHandler: MINIPORT_ISR_HANDLER,
    pub InterruptDpcHandler: MINIPORT_INTERRUPT_DPC_HANDLER,
    pub DisableInterruptHandler: MINIPORT_DISABLE_INTERRUPT_HANDLER,
    pub EnableInterruptHandler: MINIPORT_ENABLE_INTERRUPT_HANDLER,
    pub MsiSupported: BOOLEAN,
    pub MsiSyncWithAllMessages: BOOLEAN,
    pub MessageInterruptHandler: MINIPORT_MESSAGE_INTERRUPT_HANDLER,
    pub MessageInterruptDpcHandler: MINIPORT_MESSAGE_INTERRUPT_DPC_HANDLER,
    pub DisableMessageInterruptHandler: MINIPORT_DISABLE_MESSAGE_INTERRUPT_HANDLER,
    pub EnableMessageInterruptHandler: MINIPORT_ENABLE_MESSAGE_INTERRUPT_HANDLER,
    pub InterruptType: NDIS_INTERRUPT_TYPE,
    pub MessageInfoTable: PIO_INTERRUPT_MESSAGE_INFO,
}

pub type PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS = *mut NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS;

pub const NDIS_MINIPORT_INTERRUPT_REVISION_1: UCHAR = 1;
pub const NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1: USHORT = 0x60;

/// Bounds the receive indications of one DPC (NDIS 6.20).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NDIS_RECEIVE_THROTTLE_PARAMETERS {
    pub MaxNblsToIndicate: ULONG,
    /// A bit field of one bit in C: bit 0.
    pub MoreNblsPending: ULONG,
}

pub type PNDIS_RECEIVE_THROTTLE_PARAMETERS = *mut NDIS_RECEIVE_THROTTLE_PARAMETERS;

pub const NDIS_INDICATE_ALL_NBLS: ULONG = ULONG::MAX;

ndis! {
    pub fn NdisMRegisterInterruptEx(
        MiniportAdapterHandle: NDIS_HANDLE,
        MiniportInterruptContext: NDIS_HANDLE,
        MiniportInterruptCharacteristics: PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS,
        NdisInterruptHandle: PNDIS_HANDLE,
    ) -> NDIS_STATUS;
    pub fn NdisMDeregisterInterruptEx(NdisInterruptHandle: NDIS_HANDLE);
    pub fn NdisMSynchronizeWithInterruptEx(
        NdisInterruptHandle: NDIS_HANDLE,
        MessageId: ULONG,
        SynchronizeFunction: MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER,
        SynchronizeContext: PVOID,
    ) -> BOOLEAN;
    pub fn NdisMQueueDpc(
        NdisInterruptHandle: NDIS_HANDLE,
        MessageId: ULONG,
        TargetProcessors: ULONG,
        MiniportDpcContext: PVOID,
    ) -> ULONG;
    /// NDIS 6.20 and later. Returns the processors on which the DPC was not queued yet.
    pub fn NdisMQueueDpcEx(
        NdisInterruptHandle: NDIS_HANDLE,
        MessageId: ULONG,
        TargetProcessors: PGROUP_AFFINITY,
        MiniportDpcContext: PVOID,
    ) -> KAFFINITY;
}

// ndis.h for NDIS 6.20 and later, on x64.
layout! {
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS: 0x60, align 8 {
        Header: 0x00,
        InterruptHandler: 0x08,
        InterruptDpcHandler: 0x10,
        DisableInterruptHandler: 0x18,
        EnableInterruptHandler: 0x20,
        MsiSupported: 0x28,
        MsiSyncWithAllMessages: 0x29,
        MessageInterruptHandler: 0x30,
        MessageInterruptDpcHandler: 0x38,
        DisableMessageInterruptHandler: 0x40,
        EnableMessageInterruptHandler: 0x48,
        InterruptType: 0x50,
        MessageInfoTable: 0x58,
    }
    NDIS_RECEIVE_THROTTLE_PARAMETERS: 0x08, align 4 { MaxNblsToIndicate: 0x00, MoreNblsPending: 0x04 }
}
