//! Queues of requests.

use super::*;
use crate::*;

pub type WDF_IO_QUEUE_DISPATCH_TYPE = i32;
/// One request at a time is the driver's.
pub const WdfIoQueueDispatchSequential: WDF_IO_QUEUE_DISPATCH_TYPE = 1;
/// Requests are delivered as they come.
pub const WdfIoQueueDispatchParallel: WDF_IO_QUEUE_DISPATCH_TYPE = 2;
/// The driver takes requests out.
pub const WdfIoQueueDispatchManual: WDF_IO_QUEUE_DISPATCH_TYPE = 3;

/// The device leaves D0, and comes back.
pub const WdfRequestStopActionSuspend: ULONG = 1;
/// The device goes.
pub const WdfRequestStopActionPurge: ULONG = 2;
/// A flag beside the action: the request is marked cancelable.
pub const WdfRequestStopRequestCancelable: ULONG = 0x1000_0000;

pub type PFN_WDF_IO_QUEUE_IO_DEFAULT =
    Option<unsafe extern "C-unwind" fn(Queue: WDFQUEUE, Request: WDFREQUEST)>;
pub type PFN_WDF_IO_QUEUE_IO_READ =
    Option<unsafe extern "C-unwind" fn(Queue: WDFQUEUE, Request: WDFREQUEST, Length: SIZE_T)>;
pub type PFN_WDF_IO_QUEUE_IO_WRITE = PFN_WDF_IO_QUEUE_IO_READ;
pub type PFN_WDF_IO_QUEUE_IO_DEVICE_CONTROL = Option<
    unsafe extern "C-unwind" fn(
        Queue: WDFQUEUE,
        Request: WDFREQUEST,
        OutputBufferLength: SIZE_T,
        InputBufferLength: SIZE_T,
        IoControlCode: ULONG,
    ),
>;
pub type PFN_WDF_IO_QUEUE_IO_STOP =
    Option<unsafe extern "C-unwind" fn(Queue: WDFQUEUE, Request: WDFREQUEST, ActionFlags: ULONG)>;
pub type PFN_WDF_IO_QUEUE_IO_RESUME = PFN_WDF_IO_QUEUE_IO_DEFAULT;
pub type PFN_WDF_IO_QUEUE_IO_CANCELED_ON_QUEUE = PFN_WDF_IO_QUEUE_IO_DEFAULT;

/// What a driver creates a queue with.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct WDF_IO_QUEUE_CONFIG {
    pub Size: ULONG,
    pub DispatchType: WDF_IO_QUEUE_DISPATCH_TYPE,
    pub PowerManaged: WDF_TRI_STATE,
    pub AllowZeroLengthRequests: BOOLEAN,
    pub DefaultQueue: BOOLEAN,
    pub EvtIoDefault: PFN_WDF_IO_QUEUE_IO_DEFAULT,
    pub EvtIoRead: PFN_WDF_IO_QUEUE_IO_READ,
    pub EvtIoWrite: PFN_WDF_IO_QUEUE_IO_WRITE,
    pub EvtIoDeviceControl: PFN_WDF_IO_QUEUE_IO_DEVICE_CONTROL,
    pub EvtIoInternalDeviceControl: PFN_WDF_IO_QUEUE_IO_DEVICE_CONTROL,
    pub EvtIoStop: PFN_WDF_IO_QUEUE_IO_STOP,
    pub EvtIoResume: PFN_WDF_IO_QUEUE_IO_RESUME,
    pub EvtIoCanceledOnQueue: PFN_WDF_IO_QUEUE_IO_CANCELED_ON_QUEUE,
    /// Settings.Parallel.NumberOfPresentedRequests, the one member of the union that there is.
    pub NumberOfPresentedRequests: ULONG,
    pub Driver: WDFDRIVER,
}

pub type PWDF_IO_QUEUE_CONFIG = *mut WDF_IO_QUEUE_CONFIG;

/// Returns the configuration of a queue without callbacks (inline in `wdfio.h`).
pub const fn WDF_IO_QUEUE_CONFIG_INIT(DispatchType: WDF_IO_QUEUE_DISPATCH_TYPE) -> WDF_IO_QUEUE_CONFIG {
    WDF_IO_QUEUE_CONFIG {
        Size: size_of::<WDF_IO_QUEUE_CONFIG>() as ULONG,
        DispatchType,
        PowerManaged: WdfUseDefault,
        AllowZeroLengthRequests: FALSE,
        DefaultQueue: FALSE,
        EvtIoDefault: None,
        EvtIoRead: None,
        EvtIoWrite: None,
        EvtIoDeviceControl: None,
        EvtIoInternalDeviceControl: None,
        EvtIoStop: None,
        EvtIoResume: None,
        EvtIoCanceledOnQueue: None,
        NumberOfPresentedRequests: if DispatchType == WdfIoQueueDispatchParallel { ULONG::MAX } else { 0 },
        Driver: core::ptr::null_mut(),
    }
}

/// Returns the configuration of the queue that gets what no other is for (inline in `wdfio.h`).
pub const fn WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(
    DispatchType: WDF_IO_QUEUE_DISPATCH_TYPE,
) -> WDF_IO_QUEUE_CONFIG {
    WDF_IO_QUEUE_CONFIG { DefaultQueue: TRUE, ..WDF_IO_QUEUE_CONFIG_INIT(DispatchType) }
}

// wdfio.h; the union Settings is at 0x50.
layout! {
    WDF_IO_QUEUE_CONFIG: 0x60, align 8 {
        Size: 0x00,
        DispatchType: 0x04,
        PowerManaged: 0x08,
        AllowZeroLengthRequests: 0x0c,
        DefaultQueue: 0x0d,
        EvtIoDefault: 0x10,
        EvtIoRead: 0x18,
        EvtIoWrite: 0x20,
        EvtIoDeviceControl: 0x28,
        EvtIoInternalDeviceControl: 0x30,
        EvtIoStop: 0x38,
        EvtIoResume: 0x40,
        EvtIoCanceledOnQueue: 0x48,
        NumberOfPresentedRequests: 0x50,
        Driver: 0x58,
    }
}
