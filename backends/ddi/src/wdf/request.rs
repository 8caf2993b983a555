//! Requests.

use super::*;

pub type WDF_REQUEST_TYPE = i32;
pub const WdfRequestTypeRead: WDF_REQUEST_TYPE = 3;
pub const WdfRequestTypeWrite: WDF_REQUEST_TYPE = 4;
pub const WdfRequestTypeDeviceControl: WDF_REQUEST_TYPE = 14;

/// At or below DISPATCH_LEVEL. The request was marked cancelable, and is the driver's to complete.
pub type PFN_WDF_REQUEST_CANCEL = Option<unsafe extern "C-unwind" fn(Request: WDFREQUEST)>;
