//! NET_BUFFER_LISTs: frames as protocols and miniports exchange them.
//!
//! In `ndis.h` the heads of both structures are unions of the members here with list links and a wider length.

use super::*;
use crate::*;

/// A frame: a part of an MDL chain.
#[repr(C, align(16))]
pub struct NET_BUFFER {
    pub Next: PNET_BUFFER,
    pub CurrentMdl: PMDL,
    pub CurrentMdlOffset: ULONG,
    pub DataLength: ULONG64,
    pub MdlChain: PMDL,
    pub DataOffset: ULONG,
    pub __behind_DataOffset: ULONG,
    pub ChecksumBias: USHORT,
    pub Reserved: USHORT,
    pub NdisPoolHandle: NDIS_HANDLE,
    pub NdisReserved: [PVOID; 2],
    pub ProtocolReserved: [PVOID; 6],
    pub MiniportReserved: [PVOID; 4],
    pub DataPhysicalAddress: NDIS_PHYSICAL_ADDRESS,
    pub SharedMemoryInfo: PVOID,
}

pub type PNET_BUFFER = *mut NET_BUFFER;

/// How many entries the NetBufferListInfo has for a driver of NDIS 6.20.
pub const MaxNetBufferListInfo: usize = 18;
/// Where a protocol puts what it may cancel a send by.
pub const NetBufferListCancelId: usize = 5;

/// Frames that are sent, completed, indicated and returned together.
#[repr(C, align(16))]
pub struct NET_BUFFER_LIST {
    pub Next: PNET_BUFFER_LIST,
    pub FirstNetBuffer: PNET_BUFFER,
    pub Context: PVOID,
    pub ParentNetBufferList: PNET_BUFFER_LIST,
    pub NdisPoolHandle: NDIS_HANDLE,
    pub __before_NdisReserved: ULONG64,
    pub NdisReserved: [PVOID; 2],
    pub ProtocolReserved: [PVOID; 4],
    pub MiniportReserved: [PVOID; 2],
    pub Scratch: PVOID,
    pub SourceHandle: NDIS_HANDLE,
    pub NblFlags: ULONG,
    pub ChildRefCount: LONG,
    pub Flags: ULONG,
    pub Status: NDIS_STATUS,
    pub NetBufferListInfo: [PVOID; MaxNetBufferListInfo],
}

pub type PNET_BUFFER_LIST = *mut NET_BUFFER_LIST;

impl Default for NET_BUFFER {
    fn default() -> Self {
        // SAFETY: all members are numbers or pointers, of which zero is a value.
        unsafe { core::mem::zeroed() }
    }
}

impl Default for NET_BUFFER_LIST {
    fn default() -> Self {
        // SAFETY: as for NET_BUFFER.
        unsafe { core::mem::zeroed() }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NET_BUFFER_LIST_POOL_PARAMETERS {
    pub Header: NDIS_OBJECT_HEADER,
    pub ProtocolId: UCHAR,
    pub fAllocateNetBuffer: BOOLEAN,
    pub ContextSize: USHORT,
    pub PoolTag: ULONG,
    pub DataSize: ULONG,
}

pub const NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1: UCHAR = 1;
pub const NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1: USHORT = 0x10;

pub const NDIS_SEND_FLAGS_DISPATCH_LEVEL: ULONG = 1;
pub const NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL: ULONG = 1;
pub const NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL: ULONG = 1;
/// The miniport has the lists back when the indication returns.
pub const NDIS_RECEIVE_FLAGS_RESOURCES: ULONG = 2;
pub const NDIS_RETURN_FLAGS_DISPATCH_LEVEL: ULONG = 1;
pub const NDIS_DEFAULT_PORT_NUMBER: NDIS_PORT_NUMBER = 0;

ndis! {
    /// Null if there is no memory. At or below DISPATCH_LEVEL, as all of these.
    pub fn NdisAllocateNetBufferListPool(
        NdisHandle: NDIS_HANDLE,
        Parameters: *const NET_BUFFER_LIST_POOL_PARAMETERS,
    ) -> NDIS_HANDLE;
    pub fn NdisFreeNetBufferListPool(PoolHandle: NDIS_HANDLE);
    /// From a pool with `fAllocateNetBuffer`. Null if there is no memory.
    pub fn NdisAllocateNetBufferAndNetBufferList(
        PoolHandle: NDIS_HANDLE,
        ContextSize: USHORT,
        ContextBackFill: USHORT,
        MdlChain: PMDL,
        DataOffset: ULONG,
        DataLength: SIZE_T,
    ) -> PNET_BUFFER_LIST;
    pub fn NdisFreeNetBufferList(NetBufferList: PNET_BUFFER_LIST);
    /// Describes nonpaged memory. Null if there is no memory.
    pub fn NdisAllocateMdl(NdisHandle: NDIS_HANDLE, VirtualAddress: PVOID, Length: ULONG) -> PMDL;
    pub fn NdisFreeMdl(Mdl: PMDL);
    pub fn NdisMSendNetBufferListsComplete(
        MiniportAdapterHandle: NDIS_HANDLE,
        NetBufferList: PNET_BUFFER_LIST,
        SendCompleteFlags: ULONG,
    );
    pub fn NdisMIndicateReceiveNetBufferLists(
        MiniportAdapterHandle: NDIS_HANDLE,
        NetBufferList: PNET_BUFFER_LIST,
        PortNumber: NDIS_PORT_NUMBER,
        NumberOfNetBufferLists: ULONG,
        ReceiveFlags: ULONG,
    );
}

// ndis.h for NDIS 6.20 and later, on x64.
layout! {
    NET_BUFFER: 0xb0, align 16 {
        Next: 0x00,
        CurrentMdl: 0x08,
        CurrentMdlOffset: 0x10,
        DataLength: 0x18,
        MdlChain: 0x20,
        DataOffset: 0x28,
        __behind_DataOffset: 0x2c,
        ChecksumBias: 0x30,
        Reserved: 0x32,
        NdisPoolHandle: 0x38,
        NdisReserved: 0x40,
        ProtocolReserved: 0x50,
        MiniportReserved: 0x80,
        DataPhysicalAddress: 0xa0,
        SharedMemoryInfo: 0xa8,
    }
    NET_BUFFER_LIST: 0x120, align 16 {
        Next: 0x00,
        FirstNetBuffer: 0x08,
        Context: 0x10,
        ParentNetBufferList: 0x18,
        NdisPoolHandle: 0x20,
        __before_NdisReserved: 0x28,
        NdisReserved: 0x30,
        ProtocolReserved: 0x40,
        MiniportReserved: 0x60,
        Scratch: 0x70,
        SourceHandle: 0x78,
        NblFlags: 0x80,
        ChildRefCount: 0x84,
        Flags: 0x88,
        Status: 0x8c,
        NetBufferListInfo: 0x90,
    }
    NET_BUFFER_LIST_POOL_PARAMETERS: 0x10, align 4 {
        Header: 0x00,
        ProtocolId: 0x04,
        fAllocateNetBuffer: 0x05,
        ContextSize: 0x06,
        PoolTag: 0x08,
        DataSize: 0x0c,
    }
}
