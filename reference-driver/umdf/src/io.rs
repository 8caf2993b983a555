//! EvtIoDeviceControl. All requests come through one queue, which the framework stops while the device is not in D0;
//! those that wait for the link to change wait in another.

use core::ffi::CStr;
use core::ptr::null_mut;

use dirql::{Cx, Passive};
use dirql_backends::umdf::status_of;
use dirql_ddi::umdf::*;
use dirql_ddi::{
    GUID, NTSTATUS, SIZE_T, STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_DEVICE_REQUEST, STATUS_SUCCESS, ULONG,
};
use nic::{Link, LinkListener};
use nic_shell::control::*;

use crate::adapter::Driver;
use crate::device;
use crate::entry::succeed;
use crate::request::{Queue, Request};

/// The interface class by which programs find the devices: {5F9C7A4E-6B0D-4B5C-9E0A-82574C0FFEE2}.
pub const GUID_DEVINTERFACE_NIC_MONITOR: GUID = GUID {
    Data1: 0x5F9C_7A4E,
    Data2: 0x6B0D,
    Data3: 0x4B5C,
    Data4: [0x9E, 0x0A, 0x82, 0x57, 0x4C, 0x0F, 0xFE, 0xE2],
};
pub(crate) const INTERFACE: GUID = GUID_DEVINTERFACE_NIC_MONITOR;
pub(crate) const CONTEXT_NAME: &CStr = c"NicMonitor";

/// The queue of the requests that wait for the link to change.
#[derive(Clone, Copy)]
pub(crate) struct Queues(Queue);

impl LinkListener for Queues {
    fn link_changed(&self, link: Link) {
        while let Some(request) = self.0.next() {
            request.answer(&LinkState::from(link).to_bytes());
        }
    }
}

/// Creates the queues of a device that was created just now.
pub(crate) fn create_queues(device: WDFDEVICE) -> Result<Queues, NTSTATUS> {
    let mut all = WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(WdfIoQueueDispatchParallel);
    all.EvtIoDeviceControl = Some(EvtIoDeviceControl);
    create(device, all)?;
    let waiting = create(device, WDF_IO_QUEUE_CONFIG_INIT(WdfIoQueueDispatchManual))?;
    // SAFETY: the queue is the device's, and manual.
    Ok(Queues(unsafe { Queue::new(waiting) }))
}

fn create(device: WDFDEVICE, mut config: WDF_IO_QUEUE_CONFIG) -> Result<WDFQUEUE, NTSTATUS> {
    let mut queue = null_mut();
    // SAFETY: the device is the driver's; the rest is ours.
    succeed(unsafe { WdfIoQueueCreate(device, &raw mut config, null_mut(), &raw mut queue) })?;
    Ok(queue)
}

/// # Safety
/// The framework calls this for a device in D0, with a request that is the driver's now.
unsafe extern "C-unwind" fn EvtIoDeviceControl(
    Queue: WDFQUEUE,
    Request: WDFREQUEST,
    _OutputBufferLength: SIZE_T,
    _InputBufferLength: SIZE_T,
    IoControlCode: ULONG,
) {
    // SAFETY: as the framework calls this.
    let request = unsafe { Request::new(Request) };
    // SAFETY: the framework calls this for a queue.
    let device = unsafe { WdfIoQueueGetDevice(Queue) };
    // SAFETY: the queue is power-managed: the device is in D0.
    let Some(adapter) = (unsafe { device::adapter(device) }) else {
        return request.complete(STATUS_INVALID_DEVICE_REQUEST);
    };
    // SAFETY: a UMDF driver runs at PASSIVE_LEVEL.
    unsafe { Cx::<Passive>::enter(|cx| control(cx, adapter.driver(), request, IoControlCode)) };
}

fn control(cx: &mut Cx<'_, Passive>, driver: &Driver, request: Request, code: ULONG) {
    match code {
        IOCTL_NIC_GET_LINK_STATE => request.answer(&LinkState::from(driver.link()).to_bytes()),
        IOCTL_NIC_AWAIT_LINK_CHANGE => request.forward(driver.upper().0),
        IOCTL_NIC_GET_STATISTICS => request.answer(&Counters::new(&driver.statistics(cx), 0).to_bytes()),
        IOCTL_NIC_READ_PHY => read_phy(cx, driver, request),
        IOCTL_NIC_WRITE_PHY => write_phy(cx, driver, request),
        _ => request.complete(STATUS_INVALID_DEVICE_REQUEST),
    }
}

/// Returns what a request is about. No register has a number that needs more bits.
fn phy(request: &Request) -> Option<(u8, u16)> {
    let PhyRegister { register, value } = PhyRegister::from_bytes(request.input())?;
    Some((u8::try_from(register).unwrap_or(u8::MAX), value))
}

fn read_phy(cx: &mut Cx<'_, Passive>, driver: &Driver, request: Request) {
    let Some((register, _)) = phy(&request) else { return request.complete(STATUS_BUFFER_TOO_SMALL) };
    match driver.read_phy(cx, register) {
        Ok(value) => request.answer(&PhyRegister { register: register.into(), value }.to_bytes()),
        Err(error) => request.complete(status_of(error)),
    }
}

fn write_phy(cx: &mut Cx<'_, Passive>, driver: &Driver, request: Request) {
    let Some((register, value)) = phy(&request) else { return request.complete(STATUS_BUFFER_TOO_SMALL) };
    match driver.write_phy(cx, register, value) {
        Ok(()) => request.complete(STATUS_SUCCESS),
        Err(error) => request.complete(status_of(error)),
    }
}
