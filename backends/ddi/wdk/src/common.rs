//! What every driver model has: basic types, resources, status codes.

use core::mem::offset_of;

use dirql_ddi as ours;
use wdk_sys as theirs;

use crate::proof::size_of_field;

// An interrupt has a Level of 16 bits and a Group here, as NT_PROCESSOR_GROUPS makes it; `wdk-sys` does not define that.
same_structures! {
    UNICODE_STRING { Length, MaximumLength, Buffer }
    GUID { Data1, Data2, Data3, Data4 }
    LARGE_INTEGER { QuadPart }
    LIST_ENTRY { Flink, Blink }
    PROCESSOR_NUMBER { Group, Number, Reserved }
    GROUP_AFFINITY { Mask, Group, Reserved }
    CM_PARTIAL_RESOURCE_DESCRIPTOR {
        Type, ShareDisposition, Flags, u.Interrupt.Vector, u.Interrupt.Affinity, u.Memory.Start,
        u.Memory.Length,
    }
    CM_PARTIAL_RESOURCE_LIST { Version, Revision, Count, PartialDescriptors }
    CM_FULL_RESOURCE_DESCRIPTOR { InterfaceType, BusNumber, PartialResourceList }
    CM_RESOURCE_LIST { Count, List }
}

same_values! {
    TRUE, FALSE, STATUS_SUCCESS, STATUS_TIMEOUT, STATUS_PENDING, STATUS_BUFFER_OVERFLOW,
    STATUS_NO_MORE_ENTRIES, STATUS_UNSUCCESSFUL, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_PARAMETER,
    STATUS_INVALID_DEVICE_REQUEST, STATUS_MORE_PROCESSING_REQUIRED, STATUS_BUFFER_TOO_SMALL,
    STATUS_DELETE_PENDING, STATUS_INSUFFICIENT_RESOURCES, STATUS_DEVICE_NOT_READY, STATUS_NOT_SUPPORTED,
    STATUS_CANCELLED, STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_PARAMETER_1, STATUS_REQUEST_ABORTED,
    STATUS_NOT_FOUND, STATUS_DEVICE_REMOVED,
}
