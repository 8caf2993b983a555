//! An adapter's keywords in the registry.

#![allow(
    clippy::multiple_unsafe_ops_per_block,
    reason = "a driver as it would be in C: what makes a call of NDIS sound is the same for all in a test"
)]

mod common;

use std::ptr::null_mut;

use common::{BUTTON, Options, fires, silent};
use dirql_ddi::ndis::*;
use dirql_sim::ndis;

fn open() -> Result<NDIS_HANDLE, NDIS_STATUS> {
    let header = NDIS_OBJECT_HEADER {
        Type: NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT,
        Revision: NDIS_CONFIGURATION_OBJECT_REVISION_1,
        Size: NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1,
    };
    open_with(header)
}

fn open_with(header: NDIS_OBJECT_HEADER) -> Result<NDIS_HANDLE, NDIS_STATUS> {
    let adapter = ndis::adapter_handle(BUTTON);
    let mut object = NDIS_CONFIGURATION_OBJECT { Header: header, NdisHandle: adapter, Flags: 0 };
    let mut handle = null_mut();
    // SAFETY: object and place are ours.
    let status = unsafe { NdisOpenConfigurationEx(&raw mut object, &raw mut handle) };
    if status == NDIS_STATUS_SUCCESS { Ok(handle) } else { Err(status) }
}

fn read(handle: NDIS_HANDLE, keyword: &str) -> Result<PNDIS_CONFIGURATION_PARAMETER, NDIS_STATUS> {
    let mut units: Vec<u16> = keyword.encode_utf16().collect();
    let len = size_of_val(&units[..]) as u16;
    let mut name = NDIS_STRING { Length: len, MaximumLength: len, Buffer: units.as_mut_ptr() };
    let (mut status, mut value) = (NDIS_STATUS_FAILURE, null_mut());
    // SAFETY: name and places are ours.
    unsafe {
        NdisReadConfiguration(&raw mut status, &raw mut value, handle, &raw mut name, NdisParameterInteger);
    }
    if status == NDIS_STATUS_SUCCESS { Ok(value) } else { Err(status) }
}

fn integer(parameter: PNDIS_CONFIGURATION_PARAMETER) -> u32 {
    // SAFETY: what was read lives until the configuration is closed.
    unsafe { (*parameter).ParameterData.IntegerData }
}

fn close(handle: NDIS_HANDLE) {
    // SAFETY: nothing that was read is used any more.
    unsafe { NdisCloseConfiguration(handle) };
}

#[test]
fn keywords_are_found_without_regard_to_case() {
    silent(&Options::default(), || {
        ndis::configure(BUTTON, "*ReceiveBuffers", 7);
        ndis::configure(BUTTON, "*receivebuffers", 8);
        ndis::configure(BUTTON, "*TransmitBuffers", 9);
        let handle = open().unwrap();
        let (first, second) =
            (read(handle, "*RECEIVEBUFFERS").unwrap(), read(handle, "*TransmitBuffers").unwrap());
        assert_eq!((integer(first), integer(second)), (8, 9), "the first one is still there");
        assert_eq!(read(handle, "*JumboPacket"), Err(NDIS_STATUS_FAILURE));
        close(handle);
    });
}

#[test]
fn an_unknown_revision_is_refused() {
    silent(&Options::default(), || {
        let header =
            NDIS_OBJECT_HEADER { Type: NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, Revision: 2, Size: 0x14 };
        assert_eq!(open_with(header), Err(NDIS_STATUS_FAILURE));
    });
}

#[test]
fn poolleak_fires_for_a_configuration_that_stays_open() {
    fires("PoolLeak", &Options::default(), || {
        open().unwrap();
    });
}

#[test]
fn invalidhandle_fires_for_a_configuration_that_was_closed() {
    fires("InvalidHandle", &Options::default(), || {
        let handle = open().unwrap();
        close(handle);
        let _ = read(handle, "*ReceiveBuffers");
    });
}
