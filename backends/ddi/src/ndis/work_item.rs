//! Work items: calls at PASSIVE_LEVEL.

use super::*;
use crate::*;

pub type NDIS_IO_WORKITEM_ROUTINE =
    Option<unsafe extern "C-unwind" fn(WorkItemContext: PVOID, NdisIoWorkItemHandle: NDIS_HANDLE)>;

ndis! {
    /// Null if there is no memory. At or below DISPATCH_LEVEL, as all of these.
    pub fn NdisAllocateIoWorkItem(NdisObjectHandle: NDIS_HANDLE) -> NDIS_HANDLE;
    pub fn NdisFreeIoWorkItem(NdisIoWorkItemHandle: NDIS_HANDLE);
    pub fn NdisQueueIoWorkItem(
        NdisIoWorkItemHandle: NDIS_HANDLE,
        Routine: NDIS_IO_WORKITEM_ROUTINE,
        WorkItemContext: PVOID,
    );
}
