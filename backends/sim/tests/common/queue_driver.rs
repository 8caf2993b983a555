//! A KMDF driver with one default queue and one manual queue, whose callbacks a test chooses.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::cell::{Cell, RefCell};
use std::ptr::null_mut;

use dirql_ddi::kmdf::*;
use dirql_ddi::{NTSTATUS, PDRIVER_OBJECT, PUNICODE_STRING, STATUS_SUCCESS, ULONG};
use dirql_sim::wdf::{self, Framework, Io, Ticket};

use super::common::BUTTON;

/// What the driver does.
#[derive(Clone, Copy)]
pub struct Plan {
    pub dispatch: WDF_IO_QUEUE_DISPATCH_TYPE,
    pub power_managed: WDF_TRI_STATE,
    /// EvtIoDefault.
    pub io: fn(WDFREQUEST),
    pub stop: Option<unsafe extern "C-unwind" fn(WDFQUEUE, WDFREQUEST, ULONG)>,
    pub cancelled_on_queue: Option<unsafe extern "C-unwind" fn(WDFQUEUE, WDFREQUEST)>,
    /// What EvtDriverDeviceAdd does after all else.
    pub added: fn(PWDFDEVICE_INIT),
}

impl Plan {
    /// Takes requests as they come, and keeps them.
    pub const KEEP: Self = Self {
        dispatch: WdfIoQueueDispatchParallel,
        power_managed: WdfUseDefault,
        io: keep,
        stop: None,
        cancelled_on_queue: None,
        added: |_| {},
    };
}

thread_local! {
    static PLAN: Cell<Plan> = const { Cell::new(Plan::KEEP) };
    static QUEUES: Cell<[WDFQUEUE; 2]> = const { Cell::new([null_mut(); 2]) };
    static KEPT: RefCell<Vec<WDFREQUEST>> = const { RefCell::new(Vec::new()) };
    static CALLS: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// Starts the device with such a driver.
pub fn start(plan: Plan) {
    PLAN.set(plan);
    KEPT.take();
    CALLS.take();
    assert_eq!(wdf::load(Framework::Kernel, driver_entry), STATUS_SUCCESS);
    assert_eq!(wdf::add(BUTTON), STATUS_SUCCESS);
    assert_eq!(wdf::start(BUTTON, 0x1000), STATUS_SUCCESS);
}

/// Removes the device and the driver.
pub fn end() {
    wdf::remove(BUTTON);
    wdf::unload();
}

/// Returns the default queue.
pub fn queue() -> WDFQUEUE {
    QUEUES.get()[0]
}

/// Returns the manual queue.
pub fn manual() -> WDFQUEUE {
    QUEUES.get()[1]
}

/// Notes a request that the driver has.
pub fn keep(request: WDFREQUEST) {
    KEPT.with_borrow_mut(|kept| kept.push(request));
}

/// Returns the requests that were noted, the oldest first, and forgets them.
pub fn kept() -> Vec<WDFREQUEST> {
    KEPT.take()
}

/// Returns what the framework called about power.
pub fn calls() -> Vec<&'static str> {
    CALLS.take()
}

pub fn write() -> Ticket {
    wdf::submit(BUTTON, &Io::Write(&[1, 2, 3, 4]))
}

/// Takes what came of a request that is completed.
pub fn status(ticket: Ticket) -> NTSTATUS {
    wdf::take(ticket).expect("completed").status
}

pub fn complete(request: WDFREQUEST) {
    // SAFETY: whatever the request is, the framework says so.
    unsafe { WdfRequestComplete(request, STATUS_SUCCESS) };
}

pub fn forward(request: WDFREQUEST) -> NTSTATUS {
    // SAFETY: as above.
    unsafe { WdfRequestForwardToIoQueue(request, manual()) }
}

pub fn retrieve() -> Result<WDFREQUEST, NTSTATUS> {
    let mut request = null_mut();
    // SAFETY: the queue is alive as long as the device.
    let status = unsafe { WdfIoQueueRetrieveNextRequest(manual(), &raw mut request) };
    if status == STATUS_SUCCESS { Ok(request) } else { Err(status) }
}

/// EvtRequestCancel: completes the request.
pub unsafe extern "C-unwind" fn complete_cancelled(request: WDFREQUEST) {
    // SAFETY: the framework calls this for a request that is the driver's to complete.
    unsafe { WdfRequestComplete(request, dirql_ddi::STATUS_CANCELLED) };
}

pub fn mark(request: WDFREQUEST) -> NTSTATUS {
    // SAFETY: whatever the request is, the framework says so.
    unsafe { WdfRequestMarkCancelableEx(request, Some(complete_cancelled)) }
}

pub unsafe extern "C-unwind" fn driver_entry(driver: PDRIVER_OBJECT, path: PUNICODE_STRING) -> NTSTATUS {
    let mut config = WDF_DRIVER_CONFIG_INIT(Some(add));
    config.EvtDriverUnload = Some(unload);
    // SAFETY: the arguments are DriverEntry's.
    unsafe { WdfDriverCreate(driver, path, null_mut(), &raw mut config, null_mut()) }
}

unsafe extern "C-unwind" fn unload(_: WDFDRIVER) {
    CALLS.with_borrow_mut(|calls| calls.push("EvtDriverUnload"));
}

unsafe extern "C-unwind" fn add(_: WDFDRIVER, mut init: PWDFDEVICE_INIT) -> NTSTATUS {
    let given = init;
    let mut callbacks = callbacks();
    // SAFETY: the structure is the driver's until the device is created; here and below.
    unsafe { WdfDeviceInitSetPnpPowerEventCallbacks(init, &raw mut callbacks) };
    let mut attributes = WDF_OBJECT_ATTRIBUTES_INIT();
    // SAFETY: as above.
    unsafe { WdfDeviceInitSetRequestAttributes(init, &raw mut attributes) };
    let mut device = null_mut();
    // SAFETY: as above.
    let status = unsafe { WdfDeviceCreate(&raw mut init, null_mut(), &raw mut device) };
    assert_eq!((status, init), (STATUS_SUCCESS, null_mut()));
    QUEUES.set([create(device, default_queue()), create(device, manual_queue())]);
    (PLAN.get().added)(given);
    STATUS_SUCCESS
}

fn default_queue() -> WDF_IO_QUEUE_CONFIG {
    let plan = PLAN.get();
    let mut config = WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(plan.dispatch);
    config.PowerManaged = plan.power_managed;
    config.EvtIoDefault = Some(io);
    config.EvtIoStop = plan.stop;
    config.EvtIoResume = Some(resume);
    config
}

fn manual_queue() -> WDF_IO_QUEUE_CONFIG {
    let mut config = WDF_IO_QUEUE_CONFIG_INIT(WdfIoQueueDispatchManual);
    config.EvtIoCanceledOnQueue = PLAN.get().cancelled_on_queue;
    config
}

fn create(device: WDFDEVICE, mut config: WDF_IO_QUEUE_CONFIG) -> WDFQUEUE {
    let mut queue = null_mut();
    // SAFETY: everything lent is ours for the length of the call.
    let status = unsafe { WdfIoQueueCreate(device, &raw mut config, null_mut(), &raw mut queue) };
    assert_eq!(status, STATUS_SUCCESS);
    queue
}

unsafe extern "C-unwind" fn io(_: WDFQUEUE, request: WDFREQUEST) {
    (PLAN.get().io)(request);
}

unsafe extern "C-unwind" fn resume(_: WDFQUEUE, _: WDFREQUEST) {
    CALLS.with_borrow_mut(|calls| calls.push("EvtIoResume"));
}

macro_rules! events {
    ($($name:ident($($argument:ty),*) $(-> $status:ident)?;)*) => {
        $(unsafe extern "C-unwind" fn $name(_: WDFDEVICE $(, _: $argument)*) $(-> $status)? {
            CALLS.with_borrow_mut(|calls| calls.push(stringify!($name)));
            $({ let status: $status = STATUS_SUCCESS; status })?
        })*
    };
}

events! {
    PrepareHardware(WDFCMRESLIST, WDFCMRESLIST) -> NTSTATUS;
    ReleaseHardware(WDFCMRESLIST) -> NTSTATUS;
    D0Entry(WDF_POWER_DEVICE_STATE) -> NTSTATUS;
    D0Exit(WDF_POWER_DEVICE_STATE) -> NTSTATUS;
    SurpriseRemoval();
    SelfManagedIoInit() -> NTSTATUS;
    SelfManagedIoSuspend() -> NTSTATUS;
    SelfManagedIoRestart() -> NTSTATUS;
    SelfManagedIoFlush();
    SelfManagedIoCleanup();
}

fn callbacks() -> WDF_PNPPOWER_EVENT_CALLBACKS {
    WDF_PNPPOWER_EVENT_CALLBACKS {
        EvtDevicePrepareHardware: Some(PrepareHardware),
        EvtDeviceReleaseHardware: Some(ReleaseHardware),
        EvtDeviceD0Entry: Some(D0Entry),
        EvtDeviceD0Exit: Some(D0Exit),
        EvtDeviceSurpriseRemoval: Some(SurpriseRemoval),
        EvtDeviceSelfManagedIoInit: Some(SelfManagedIoInit),
        EvtDeviceSelfManagedIoSuspend: Some(SelfManagedIoSuspend),
        EvtDeviceSelfManagedIoRestart: Some(SelfManagedIoRestart),
        EvtDeviceSelfManagedIoFlush: Some(SelfManagedIoFlush),
        EvtDeviceSelfManagedIoCleanup: Some(SelfManagedIoCleanup),
        ..WDF_PNPPOWER_EVENT_CALLBACKS_INIT()
    }
}
