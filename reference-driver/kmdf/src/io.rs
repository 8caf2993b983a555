//! EvtIoRead, EvtIoWrite and EvtIoDeviceControl. All requests come through one queue, which the framework stops while
//! the device is not in D0; those that have to wait wait in two others.

use core::ffi::CStr;
use core::ptr::null_mut;

use dirql::{Cx, Dispatch};
use dirql_backends::at_dispatch;
use dirql_ddi::kmdf::*;
use dirql_ddi::{
    GUID, NTSTATUS, SIZE_T, STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_PARAMETER,
    STATUS_SUCCESS, ULONG,
};
use nic::{FRAME_LEN_MAX, FRAME_LEN_MIN};
use nic_shell::control::*;

use crate::device;
use crate::driver::Driver;
use crate::entry::succeed;
use crate::request::{Queue, Request};

/// The interface class by which programs find the devices: {5F9C7A4E-6B0D-4B5C-9E0A-82574C0FFEE1}.
pub const GUID_DEVINTERFACE_NIC_RAW: GUID = GUID {
    Data1: 0x5F9C_7A4E,
    Data2: 0x6B0D,
    Data3: 0x4B5C,
    Data4: [0x9E, 0x0A, 0x82, 0x57, 0x4C, 0x0F, 0xFE, 0xE1],
};
pub(crate) const INTERFACE: GUID = GUID_DEVINTERFACE_NIC_RAW;
pub(crate) const CONTEXT_NAME: &CStr = c"NicDevice";

/// The queues in which requests wait.
#[derive(Clone, Copy)]
pub(crate) struct Queues {
    pub(crate) reads: Queue,
    pub(crate) writes: Queue,
}

/// Creates the queues of a device that was created just now.
pub(crate) fn create_queues(device: WDFDEVICE) -> Result<Queues, NTSTATUS> {
    let mut all = WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(WdfIoQueueDispatchParallel);
    all.EvtIoRead = Some(EvtIoRead);
    all.EvtIoWrite = Some(EvtIoWrite);
    all.EvtIoDeviceControl = Some(EvtIoDeviceControl);
    create(device, all)?;
    // SAFETY: both are the device's, and manual; here and below.
    let manual = || create(device, WDF_IO_QUEUE_CONFIG_INIT(WdfIoQueueDispatchManual));
    // SAFETY: as above.
    let reads = unsafe { Queue::new(manual()?) };
    // SAFETY: as above.
    let writes = unsafe { Queue::new(manual()?) };
    Ok(Queues { reads, writes })
}

fn create(device: WDFDEVICE, mut config: WDF_IO_QUEUE_CONFIG) -> Result<WDFQUEUE, NTSTATUS> {
    let mut queue = null_mut();
    // SAFETY: the device is the driver's; the rest is ours.
    succeed(unsafe { WdfIoQueueCreate(device, &raw mut config, null_mut(), &raw mut queue) })?;
    Ok(queue)
}

/// Returns the driver of a queue's device.
///
/// # Safety
/// The caller is a callback of the queue, or of one of its requests.
pub(crate) unsafe fn driver<'d>(queue: WDFQUEUE) -> Option<&'d Driver> {
    // SAFETY: the caller guarantees the queue.
    let device = unsafe { WdfIoQueueGetDevice(queue) };
    // SAFETY: the queue is power-managed: the device is in D0, or the framework waits for the request.
    unsafe { device::adapter(device) }.map(|adapter| adapter.driver())
}

/// # Safety
/// The framework calls this for a device in D0, at or below DISPATCH_LEVEL, with a request that is the driver's now.
unsafe extern "C-unwind" fn EvtIoRead(Queue: WDFQUEUE, Request: WDFREQUEST, _Length: SIZE_T) {
    // SAFETY: as the framework calls this.
    let request = unsafe { Request::new(Request) };
    // SAFETY: this is a callback of the queue.
    let Some(driver) = (unsafe { driver(Queue) }) else {
        return request.complete(STATUS_INVALID_DEVICE_REQUEST);
    };
    // SAFETY: at or below DISPATCH_LEVEL.
    unsafe { at_dispatch(|cx| driver.above().reads.take(cx, request)) };
}

/// # Safety
/// As for [`EvtIoRead`].
unsafe extern "C-unwind" fn EvtIoWrite(Queue: WDFQUEUE, Request: WDFREQUEST, Length: SIZE_T) {
    // SAFETY: as the framework calls this.
    let request = unsafe { Request::new(Request) };
    if !(FRAME_LEN_MIN as usize..=FRAME_LEN_MAX as usize).contains(&Length) {
        return request.complete(STATUS_INVALID_PARAMETER);
    }
    // SAFETY: this is a callback of the queue.
    let Some(driver) = (unsafe { driver(Queue) }) else {
        return request.complete(STATUS_INVALID_DEVICE_REQUEST);
    };
    driver.above().writes.wait(request);
    // SAFETY: at or below DISPATCH_LEVEL.
    unsafe { at_dispatch(|cx| driver.pump(cx)) };
}

/// # Safety
/// As for [`EvtIoRead`].
unsafe extern "C-unwind" fn EvtIoDeviceControl(
    Queue: WDFQUEUE,
    Request: WDFREQUEST,
    _OutputBufferLength: SIZE_T,
    _InputBufferLength: SIZE_T,
    IoControlCode: ULONG,
) {
    // SAFETY: as the framework calls this.
    let request = unsafe { Request::new(Request) };
    // SAFETY: this is a callback of the queue.
    match unsafe { driver(Queue) } {
        // SAFETY: at or below DISPATCH_LEVEL.
        Some(driver) => unsafe { at_dispatch(|cx| control(cx, driver, request, IoControlCode)) },
        None => request.complete(STATUS_INVALID_DEVICE_REQUEST),
    }
}

fn control(cx: &mut Cx<'_, Dispatch>, driver: &Driver, request: Request, code: ULONG) {
    match code {
        IOCTL_NIC_GET_LINK_STATE => request.answer(&LinkState::from(driver.nic.link()).to_bytes()),
        IOCTL_NIC_GET_STATISTICS => {
            let unread = driver.above().reads.dropped(cx);
            request.answer(&Counters::new(&driver.nic.statistics(cx), unread).to_bytes());
        }
        IOCTL_NIC_SET_FILTER => match filter_from_bytes(request.input()) {
            Some(filter) => {
                driver.nic.set_filter(cx, filter);
                request.complete(STATUS_SUCCESS);
            }
            None => request.complete(STATUS_BUFFER_TOO_SMALL),
        },
        _ => request.complete(STATUS_INVALID_DEVICE_REQUEST),
    }
}
