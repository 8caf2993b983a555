//! A WDF function driver, of the test file's `framework`, whose callbacks write down that they were called, and closures that they call.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr::{from_ref, null_mut};

use dirql_ddi::{
    BOOLEAN, CmResourceTypeInterrupt, FALSE, NTSTATUS, PCM_PARTIAL_RESOURCE_DESCRIPTOR, STATUS_SUCCESS, TRUE,
    ULONG,
};
use dirql_sim::wdf;

use super::common::BUTTON;
use super::framework::*;

/// What the framework called; of an interrupt, of which one, counted as they were created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    D0Entry,
    Enable(usize),
    PostInterruptsEnabled,
    Isr(usize),
    Dpc(usize),
    Work(usize),
    PreInterruptsDisabled,
    Disable(usize),
    D0Exit,
    SurpriseRemoval,
}

/// What the framework calls as a device with two interrupts is powered up and down again (R63, R64).
pub const LIFE_OF_TWO: [Event; 8] = [
    Event::D0Entry,
    Event::Enable(0),
    Event::Enable(1),
    Event::PostInterruptsEnabled,
    Event::PreInterruptsDisabled,
    Event::Disable(1),
    Event::Disable(0),
    Event::D0Exit,
];

/// The driver of one device.
pub struct Driver<'d> {
    /// Given the number of the interrupt object, and its MessageID.
    pub isr: &'d dyn Fn(usize, ULONG) -> bool,
    pub dpc: &'d dyn Fn(usize),
    pub work: &'d dyn Fn(usize),
    pub enable: &'d dyn Fn(usize) -> NTSTATUS,
    pub d0_entry: &'d dyn Fn() -> NTSTATUS,
    pub events: RefCell<Vec<Event>>,
}

/// The context of the device and of its interrupts.
#[repr(C)]
struct Context {
    driver: *const c_void,
    number: usize,
}

struct ContextType(WDF_OBJECT_CONTEXT_TYPE_INFO);

// SAFETY: never written; its pointers are to constants.
unsafe impl Sync for ContextType {}

static CONTEXT_TYPE: ContextType = ContextType(WDF_OBJECT_CONTEXT_TYPE_INFO {
    Size: size_of::<WDF_OBJECT_CONTEXT_TYPE_INFO>() as ULONG,
    ContextName: c"Test".as_ptr(),
    ContextSize: size_of::<Context>(),
    UniqueType: &raw const CONTEXT_TYPE.0,
    EvtDriverGetUniqueContextType: None,
});

fn attributes() -> WDF_OBJECT_ATTRIBUTES {
    WDF_OBJECT_ATTRIBUTES { ContextTypeInfo: &raw const CONTEXT_TYPE.0, ..WDF_OBJECT_ATTRIBUTES_INIT() }
}

fn context(object: *mut c_void) -> *mut Context {
    // SAFETY: every object here has this context.
    unsafe { WdfObjectGetTypedContextWorker(object, CONTEXT_TYPE.0.UniqueType) }.cast()
}

impl<'d> Driver<'d> {
    /// A driver that claims every interrupt, and whose DPC does nothing.
    pub fn new() -> Self {
        Self {
            isr: &|_, _| true,
            dpc: &|_| {},
            work: &|_| {},
            enable: &|_| STATUS_SUCCESS,
            d0_entry: &|| STATUS_SUCCESS,
            events: RefCell::default(),
        }
    }

    /// EvtDriverDeviceAdd.
    pub fn add(&self) -> WDFDEVICE {
        self.add_with(|_| {})
    }

    /// EvtDriverDeviceAdd, with the device's attributes changed.
    pub fn add_with(&self, change: impl FnOnce(&mut WDF_OBJECT_ATTRIBUTES)) -> WDFDEVICE {
        let mut attributes = attributes();
        change(&mut attributes);
        let mut callbacks = WDF_PNPPOWER_EVENT_CALLBACKS_INIT();
        callbacks.EvtDeviceD0Entry = Some(d0_entry);
        callbacks.EvtDeviceD0EntryPostInterruptsEnabled = Some(post);
        callbacks.EvtDeviceD0ExitPreInterruptsDisabled = Some(pre);
        callbacks.EvtDeviceD0Exit = Some(d0_exit);
        callbacks.EvtDeviceSurpriseRemoval = Some(surprise_removal);
        // SAFETY: the callbacks are those of this file, and the context type is a static.
        let device = unsafe { add(BUTTON, &callbacks, &mut attributes) };
        self.own(device.cast(), 0);
        device
    }

    /// Creates the `number`-th interrupt, its configuration changed by `change`.
    pub fn create(
        &self,
        device: WDFDEVICE,
        number: usize,
        change: impl FnOnce(&mut WDF_INTERRUPT_CONFIG),
    ) -> Result<WDFINTERRUPT, NTSTATUS> {
        self.create_with(device, number, change, |_| {})
    }

    /// As [`create`](Self::create), with its attributes changed too.
    pub fn create_with(
        &self,
        device: WDFDEVICE,
        number: usize,
        change: impl FnOnce(&mut WDF_INTERRUPT_CONFIG),
        change_attributes: impl FnOnce(&mut WDF_OBJECT_ATTRIBUTES),
    ) -> Result<WDFINTERRUPT, NTSTATUS> {
        let mut config = WDF_INTERRUPT_CONFIG_INIT(Some(isr), Some(dpc));
        config.EvtInterruptEnable = Some(enable);
        config.EvtInterruptDisable = Some(disable);
        change(&mut config);
        let mut attributes = attributes();
        change_attributes(&mut attributes);
        let mut interrupt = null_mut();
        // SAFETY: everything lent is ours for the length of the call.
        let status =
            unsafe { WdfInterruptCreate(device, &raw mut config, &raw mut attributes, &raw mut interrupt) };
        if status < 0 {
            return Err(status);
        }
        self.own(interrupt.cast(), number);
        Ok(interrupt)
    }

    /// Adds the device with `count` interrupts, and gives it its resources.
    pub fn start(&self, count: usize) -> (WDFDEVICE, Vec<WDFINTERRUPT>) {
        let device = self.add();
        let interrupts = (0..count).map(|n| self.create(device, n, |_| {}).unwrap()).collect();
        wdf::prepare_hardware(device, 0x1000);
        (device, interrupts)
    }

    fn own(&self, object: *mut c_void, number: usize) {
        // SAFETY: the framework made the context this large, and calls nobody back yet.
        unsafe { context(object).write(Context { driver: from_ref(self).cast(), number }) };
    }

    fn happened(&self, event: Event) {
        self.events.borrow_mut().push(event);
    }
}

/// Takes a device away that is not in D0.
pub fn remove(device: WDFDEVICE) {
    wdf::release_hardware(device);
    wdf::remove_device(device);
}

/// Returns the first interrupt in a list of resources.
pub fn interrupt_resource(list: WDFCMRESLIST) -> PCM_PARTIAL_RESOURCE_DESCRIPTOR {
    // SAFETY: the list is alive.
    let count = unsafe { WdfCmResourceListGetCount(list) };
    let all = (0..count).map(|n| {
        // SAFETY: as above.
        unsafe { WdfCmResourceListGetDescriptor(list, n) }
    });
    // SAFETY: descriptors live as long as the list.
    all.into_iter().find(|d| unsafe { (**d).Type } == CmResourceTypeInterrupt).unwrap()
}

/// Synchronizes with an interrupt; returns what `section` returned.
pub fn synchronize<V: Into<BOOLEAN>, F: Fn() -> V>(interrupt: WDFINTERRUPT, section: &F) -> BOOLEAN {
    unsafe extern "C-unwind" fn run<V: Into<BOOLEAN>, F: Fn() -> V>(
        _: WDFINTERRUPT,
        context: *mut c_void,
    ) -> BOOLEAN {
        // SAFETY: `synchronize` passes its own closure.
        unsafe { (*context.cast::<F>())() }.into()
    }
    // SAFETY: the closure outlives the call.
    unsafe { WdfInterruptSynchronize(interrupt, Some(run::<V, F>), from_ref(section).cast_mut().cast()) }
}

/// Queues an interrupt's DPC; says whether it was not queued yet.
pub fn queue_dpc(interrupt: WDFINTERRUPT) -> bool {
    // SAFETY: the tests have no other interrupts than live ones.
    unsafe { WdfInterruptQueueDpcForIsr(interrupt) != FALSE }
}

/// Queues an interrupt's work item; says whether it was not queued yet.
pub fn queue_work(interrupt: WDFINTERRUPT) -> bool {
    // SAFETY: the tests have no other interrupts than live ones.
    unsafe { WdfInterruptQueueWorkItemForIsr(interrupt) != FALSE }
}

/// Disables an interrupt.
pub fn turn_off(interrupt: WDFINTERRUPT) {
    // SAFETY: as above.
    unsafe { WdfInterruptDisable(interrupt) };
}

/// Enables an interrupt.
pub fn turn_on(interrupt: WDFINTERRUPT) {
    // SAFETY: as above.
    unsafe { WdfInterruptEnable(interrupt) };
}

/// Runs `act` under the lock that WdfInterruptAcquireLock takes.
pub fn locked<R>(interrupt: WDFINTERRUPT, act: impl FnOnce() -> R) -> R {
    // SAFETY: as above.
    unsafe { WdfInterruptAcquireLock(interrupt) };
    let result = act();
    // SAFETY: acquired just now.
    unsafe { WdfInterruptReleaseLock(interrupt) };
    result
}

/// Tries to take an interrupt's lock, and gives it back if that succeeded.
pub fn try_lock(interrupt: WDFINTERRUPT) -> bool {
    // SAFETY: as above.
    let taken = unsafe { WdfInterruptTryToAcquireLock(interrupt) } != FALSE;
    if taken {
        // SAFETY: acquired just now.
        unsafe { WdfInterruptReleaseLock(interrupt) };
    }
    taken
}

/// Makes a WDFSPINLOCK, which goes with the run.
pub fn spin_lock(parent: WDFDEVICE) -> WDFSPINLOCK {
    let mut attributes =
        WDF_OBJECT_ATTRIBUTES { ParentObject: parent.cast(), ..WDF_OBJECT_ATTRIBUTES_INIT() };
    let mut lock = null_mut();
    // SAFETY: everything lent is ours for the length of the call.
    assert_eq!(unsafe { WdfSpinLockCreate(&raw mut attributes, &raw mut lock) }, STATUS_SUCCESS);
    lock
}

/// Returns the driver of an object, and the object's number.
unsafe fn driver<'d>(object: *mut c_void) -> (&'d Driver<'d>, usize) {
    // SAFETY: `own` wrote it before the framework could call back.
    let Context { driver, number } = unsafe { context(object).read() };
    // SAFETY: a test's driver outlives its device.
    (unsafe { &*driver.cast() }, number)
}

/// Writes an event of a device down.
unsafe fn note(device: WDFDEVICE, event: Event) -> NTSTATUS {
    // SAFETY: as the framework calls back.
    unsafe { driver(device.cast()) }.0.happened(event);
    STATUS_SUCCESS
}

macro_rules! device_events {
    ($($name:ident = $event:ident;)*) => {
        $(unsafe extern "C-unwind" fn $name(device: WDFDEVICE, _: WDF_POWER_DEVICE_STATE) -> NTSTATUS {
            // SAFETY: as the framework calls back.
            unsafe { note(device, Event::$event) }
        })*
    };
}

device_events! {
    post = PostInterruptsEnabled;
    pre = PreInterruptsDisabled;
    d0_exit = D0Exit;
}

unsafe extern "C-unwind" fn d0_entry(device: WDFDEVICE, _: WDF_POWER_DEVICE_STATE) -> NTSTATUS {
    // SAFETY: as the framework calls back.
    let (driver, _) = unsafe { driver(device.cast()) };
    driver.happened(Event::D0Entry);
    (driver.d0_entry)()
}

unsafe extern "C-unwind" fn surprise_removal(device: WDFDEVICE) {
    // SAFETY: as the framework calls back.
    unsafe { note(device, Event::SurpriseRemoval) };
}

unsafe extern "C-unwind" fn isr(interrupt: WDFINTERRUPT, message: ULONG) -> BOOLEAN {
    // SAFETY: as the framework calls back.
    let (driver, number) = unsafe { driver(interrupt.cast()) };
    driver.happened(Event::Isr(number));
    if (driver.isr)(number, message) { TRUE } else { FALSE }
}

unsafe extern "C-unwind" fn dpc(interrupt: WDFINTERRUPT, _: *mut c_void) {
    // SAFETY: as the framework calls back.
    let (driver, number) = unsafe { driver(interrupt.cast()) };
    driver.happened(Event::Dpc(number));
    (driver.dpc)(number);
}

unsafe extern "C-unwind" fn work(interrupt: WDFINTERRUPT, _: *mut c_void) {
    // SAFETY: as the framework calls back.
    let (driver, number) = unsafe { driver(interrupt.cast()) };
    driver.happened(Event::Work(number));
    (driver.work)(number);
}

/// Makes an interrupt have a work item instead of a DPC.
pub fn with_work_item(config: &mut WDF_INTERRUPT_CONFIG) {
    config.EvtInterruptDpc = None;
    config.EvtInterruptWorkItem = Some(work);
}

unsafe extern "C-unwind" fn enable(interrupt: WDFINTERRUPT, _: WDFDEVICE) -> NTSTATUS {
    // SAFETY: as the framework calls back.
    let (driver, number) = unsafe { driver(interrupt.cast()) };
    driver.happened(Event::Enable(number));
    (driver.enable)(number)
}

unsafe extern "C-unwind" fn disable(interrupt: WDFINTERRUPT, _: WDFDEVICE) -> NTSTATUS {
    // SAFETY: as the framework calls back.
    let (driver, number) = unsafe { driver(interrupt.cast()) };
    driver.happened(Event::Disable(number));
    STATUS_SUCCESS
}
