//! What the registry says of an adapter.

use core::ptr;

use dirql::{Cx, Passive};
use dirql_ddi::ndis::*;

/// Owns the adapter's open key (`NdisOpenConfigurationEx`). Lives at PASSIVE_LEVEL.
#[derive(Debug)]
pub struct Configuration(NDIS_HANDLE);

impl Configuration {
    /// Opens the key; `None` if NDIS cannot.
    ///
    /// # Safety
    /// `adapter` is a MiniportAdapterHandle, or that of an adapter in MiniportInitializeEx.
    pub unsafe fn open(_: &Cx<'_, Passive>, adapter: NDIS_HANDLE) -> Option<Self> {
        let header = NDIS_OBJECT_HEADER {
            Type: NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT,
            Revision: NDIS_CONFIGURATION_OBJECT_REVISION_1,
            Size: NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1,
        };
        let mut object = NDIS_CONFIGURATION_OBJECT { Header: header, NdisHandle: adapter, Flags: 0 };
        let mut handle = ptr::null_mut();
        // SAFETY: the token proves PASSIVE_LEVEL; the caller guarantees the adapter; the places are ours.
        let status = unsafe { NdisOpenConfigurationEx(&raw mut object, &raw mut handle) };
        (status == NDIS_STATUS_SUCCESS).then(|| Self(handle))
    }

    /// Returns the number that belongs to a keyword in UTF-16, if it has one.
    pub fn integer(&self, keyword: &[u16]) -> Option<u32> {
        let len = size_of_val(keyword) as u16;
        let mut name = NDIS_STRING { Length: len, MaximumLength: len, Buffer: keyword.as_ptr().cast_mut() };
        let (mut status, mut value) = (NDIS_STATUS_FAILURE, ptr::null_mut());
        // SAFETY: the configuration is open, at PASSIVE_LEVEL since it was opened there; the name is only read.
        unsafe {
            NdisReadConfiguration(
                &raw mut status,
                &raw mut value,
                self.0,
                &raw mut name,
                NdisParameterInteger,
            );
        }
        if status != NDIS_STATUS_SUCCESS {
            return None;
        }
        // SAFETY: the parameter lives until the configuration is closed.
        let data = unsafe { (*value).ParameterData };
        // SAFETY: NDIS read an integer, as it was asked to.
        Some(unsafe { data.IntegerData })
    }
}

impl Drop for Configuration {
    fn drop(&mut self) {
        // SAFETY: opened in `open`; nobody uses what was read from it any more.
        unsafe { NdisCloseConfiguration(self.0) };
    }
}
