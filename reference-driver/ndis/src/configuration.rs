//! What the registry says of the adapter: standardized keywords of its INF file (WDK guide, "Standardized INF Keywords
//! for Network Devices"). What is missing or makes no sense is left as the driver would have it.

use core::ptr;

use dirql::{Cx, Passive};
use dirql_ddi::ndis::*;
use nic::Settings;

use crate::moderation;

/// In descriptors.
const TRANSMIT_BUFFERS: [u16; 16] = utf16(b"*TransmitBuffers");
const RECEIVE_BUFFERS: [u16; 15] = utf16(b"*ReceiveBuffers");
/// 0 or 1.
const INTERRUPT_MODERATION: [u16; 20] = utf16(b"*InterruptModeration");

const fn utf16<const N: usize>(ascii: &[u8; N]) -> [u16; N] {
    let mut units = [0; N];
    let mut at = 0;
    while at < N {
        units[at] = ascii[at] as u16;
        at += 1;
    }
    units
}

/// Returns the settings that the adapter's keywords ask for.
pub(crate) fn settings(cx: &Cx<'_, Passive>, adapter: NDIS_HANDLE) -> Settings {
    let configuration = Configuration::open(cx, adapter);
    let integer = |keyword, missing| {
        configuration.as_ref().and_then(|configuration| configuration.integer(keyword)).unwrap_or(missing)
    };
    let interrupt_interval_256ns =
        if integer(&INTERRUPT_MODERATION, 1) == 0 { 0 } else { moderation::INTERVAL_256NS };
    Settings { interrupt_interval_256ns, ..Settings::DEFAULT }
        .with_rings(integer(&TRANSMIT_BUFFERS, 64), integer(&RECEIVE_BUFFERS, 64))
}

/// Owns the adapter's open key. Lives at PASSIVE_LEVEL.
struct Configuration(NDIS_HANDLE);

impl Configuration {
    fn open(_: &Cx<'_, Passive>, adapter: NDIS_HANDLE) -> Option<Self> {
        let header = NDIS_OBJECT_HEADER {
            Type: NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT,
            Revision: NDIS_CONFIGURATION_OBJECT_REVISION_1,
            Size: NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1,
        };
        let mut object = NDIS_CONFIGURATION_OBJECT { Header: header, NdisHandle: adapter, Flags: 0 };
        let mut handle = ptr::null_mut();
        // SAFETY: the token proves PASSIVE_LEVEL; the adapter's handle is valid, and the places are ours.
        let status = unsafe { NdisOpenConfigurationEx(&raw mut object, &raw mut handle) };
        (status == NDIS_STATUS_SUCCESS).then(|| Self(handle))
    }

    fn integer(&self, keyword: &[u16]) -> Option<u32> {
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
