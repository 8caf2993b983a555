//! What the registry says of an adapter: the keywords of its INF file. All at PASSIVE_LEVEL.

use super::*;
use crate::*;

pub type NDIS_STRING = UNICODE_STRING;
pub type PNDIS_STRING = *mut NDIS_STRING;

pub type NDIS_PARAMETER_TYPE = i32;
pub const NdisParameterInteger: NDIS_PARAMETER_TYPE = 0;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NDIS_CONFIGURATION_OBJECT {
    pub Header: NDIS_OBJECT_HEADER,
    pub NdisHandle: NDIS_HANDLE,
    pub Flags: ULONG,
}

pub type PNDIS_CONFIGURATION_OBJECT = *mut NDIS_CONFIGURATION_OBJECT;

pub const NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT: UCHAR = 0xa9;
pub const NDIS_CONFIGURATION_OBJECT_REVISION_1: UCHAR = 1;
pub const NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1: USHORT = 0x14;

/// `ParameterType` says which.
#[repr(C)]
#[derive(Clone, Copy)]
pub union NDIS_CONFIGURATION_PARAMETER_DATA {
    pub IntegerData: ULONG,
    pub StringData: NDIS_STRING,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct NDIS_CONFIGURATION_PARAMETER {
    pub ParameterType: NDIS_PARAMETER_TYPE,
    pub ParameterData: NDIS_CONFIGURATION_PARAMETER_DATA,
}

pub type PNDIS_CONFIGURATION_PARAMETER = *mut NDIS_CONFIGURATION_PARAMETER;

ndis! {
    /// Fails if there is no memory, or no key of the adapter.
    pub fn NdisOpenConfigurationEx(
        ConfigObject: PNDIS_CONFIGURATION_OBJECT,
        ConfigurationHandle: PNDIS_HANDLE,
    ) -> NDIS_STATUS;
    /// The parameter lives until the configuration is closed. A keyword that is not there is a failure.
    pub fn NdisReadConfiguration(
        Status: *mut NDIS_STATUS,
        ParameterValue: *mut PNDIS_CONFIGURATION_PARAMETER,
        ConfigurationHandle: NDIS_HANDLE,
        Keyword: PNDIS_STRING,
        ParameterType: NDIS_PARAMETER_TYPE,
    );
    pub fn NdisCloseConfiguration(ConfigurationHandle: NDIS_HANDLE);
}

// ntddndis.h and ndis.h, on x64.
layout! {
    NDIS_CONFIGURATION_OBJECT: 0x18, align 8 { Header: 0x00, NdisHandle: 0x08, Flags: 0x10 }
    NDIS_CONFIGURATION_PARAMETER: 0x18, align 8 { ParameterType: 0x00, ParameterData: 0x08 }
}

union_layout! {
    NDIS_CONFIGURATION_PARAMETER_DATA: 0x10, align 8 { IntegerData, StringData }
}
