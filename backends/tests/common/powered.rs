//! What only the WDF backends do: power that comes and goes under a registered interrupt.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ptr::{from_ref, null};
use std::sync::{Arc, Mutex};

use dirql::sync::{AtomicU32, Ordering};
use dirql::{
    Budget, Config, Cx, DeferredOutcome, Disable, Domain, Error, ErrorKind, InterruptHandler, InterruptSync,
    IsrOutcome, Passive, Request, Serialize, Source, SyncError,
};
use dirql_backends::Granted;
use dirql_ddi::{NTSTATUS, STATUS_SUCCESS, ULONG};
use dirql_sim::{Bus, DeviceId, Machine, Report, Seeded, Setup, Strategy, Wiring, kernel, wdf};

use super::framework::backend::{self, Device, Registration};
use super::framework::*;

const BELL: DeviceId = DeviceId::new(0);

/// Writing `n` to any register sends message `n`.
struct Bell;

impl dirql_sim::Device for Bell {
    fn name(&self) -> &'static str {
        "bell"
    }

    fn read(&mut self, _offset: u32, _bus: &mut Bus<'_>) -> u32 {
        0
    }

    fn write(&mut self, _offset: u32, value: u32, bus: &mut Bus<'_>) {
        bus.pins.send_message(value as u16);
    }

    fn ready(&self) -> u32 {
        0
    }

    fn step(&mut self, _engine: u32, _bus: &mut Bus<'_>) {}
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Enabled(u16),
    Deferred(u16),
    Disabled(u16),
    Exited,
}

type Events = Arc<Mutex<Vec<Event>>>;

fn happened(events: &Events, event: Event) {
    events.lock().unwrap().push(event);
}

/// Hardly ever has enough: deferred runs want another one, and look at all messages.
struct Ringer {
    events: Events,
    /// The message that cannot be enabled.
    broken: Option<u16>,
    why: Arc<Mutex<Vec<Disable>>>,
    runs: AtomicU32,
}

/// A routine that queues itself for ever can keep a processor from its threads.
const RUNS_MAX: u32 = 30;

/// Whether the message was disabled, and not enabled again.
#[derive(Default)]
struct Disabled(bool);

fn number(source: Source) -> u16 {
    match source {
        Source::Line => 0,
        Source::Message(n) => n,
    }
}

impl InterruptHandler for Ringer {
    type Shared = Disabled;

    fn shared(&self, _: Domain) -> Disabled {
        Disabled::default()
    }

    fn isr(&self, shared: &mut Disabled, _: Source) -> IsrOutcome {
        assert!(!shared.0, "an ISR after disable");
        IsrOutcome::DEFERRED
    }

    fn deferred<I: InterruptSync<Shared = Disabled>>(
        &self,
        cx: &mut Cx<'_, I::Deferred>,
        interrupt: &I,
        source: Source,
        _: Budget,
    ) -> DeferredOutcome {
        happened(&self.events, Event::Deferred(number(source)));
        for n in 0..2 {
            let _not_any_more = interrupt.synchronize(cx, Source::Message(n), |_| ());
        }
        match self.runs.fetch_add(1, Ordering::SeqCst) {
            0..RUNS_MAX => DeferredOutcome::Again,
            _ => DeferredOutcome::Done,
        }
    }

    fn enable(&self, shared: &mut Disabled, source: Source) -> Result<(), Error> {
        if self.broken == Some(number(source)) {
            return Err(ErrorKind::Device.into());
        }
        happened(&self.events, Event::Enabled(number(source)));
        shared.0 = false;
        Ok(())
    }

    fn disable(&self, shared: &mut Disabled, source: Source, why: Disable) {
        happened(&self.events, Event::Disabled(number(source)));
        self.why.lock().unwrap().push(why);
        shared.0 = true;
    }
}

/// A driver of the bell: what its callbacks reach by the device's context.
#[derive(Default)]
struct Driver {
    registration: RefCell<Option<Registration<Ringer>>>,
    events: Events,
    why: Arc<Mutex<Vec<Disable>>>,
}

struct ContextType(WDF_OBJECT_CONTEXT_TYPE_INFO);

// SAFETY: never written; its pointers are to constants.
unsafe impl Sync for ContextType {}

static CONTEXT_TYPE: ContextType = ContextType(WDF_OBJECT_CONTEXT_TYPE_INFO {
    Size: size_of::<WDF_OBJECT_CONTEXT_TYPE_INFO>() as ULONG,
    ContextName: c"Bell".as_ptr(),
    ContextSize: size_of::<*const Driver>(),
    UniqueType: &raw const CONTEXT_TYPE.0,
    EvtDriverGetUniqueContextType: None,
});

fn context(device: WDFDEVICE) -> *mut *const Driver {
    // SAFETY: `add` made the device.
    unsafe { WdfObjectGetTypedContextWorker(device.cast(), CONTEXT_TYPE.0.UniqueType) }.cast()
}

fn driver<'d>(device: WDFDEVICE) -> &'d Driver {
    // SAFETY: `add` wrote the context.
    let driver = unsafe { context(device).read() };
    // SAFETY: a driver outlives its device.
    unsafe { &*driver }
}

unsafe extern "C-unwind" fn post(device: WDFDEVICE, _: WDF_POWER_DEVICE_STATE) -> NTSTATUS {
    if let Some(registration) = &*driver(device).registration.borrow() {
        // SAFETY: this is that callback.
        unsafe { registration.d0_entry_post_interrupts_enabled() };
    }
    STATUS_SUCCESS
}

unsafe extern "C-unwind" fn pre(device: WDFDEVICE, target: WDF_POWER_DEVICE_STATE) -> NTSTATUS {
    if let Some(registration) = &*driver(device).registration.borrow() {
        // SAFETY: this is that callback.
        at_passive(|cx| unsafe { registration.d0_exit_pre_interrupts_disabled(cx, target) });
    }
    STATUS_SUCCESS
}

unsafe extern "C-unwind" fn exit(device: WDFDEVICE, _: WDF_POWER_DEVICE_STATE) -> NTSTATUS {
    happened(&driver(device).events, Event::Exited);
    STATUS_SUCCESS
}

unsafe extern "C-unwind" fn surprise_removal(device: WDFDEVICE) {
    if let Some(registration) = &*driver(device).registration.borrow() {
        registration.surprise_removal();
    }
}

fn at_passive<R>(act: impl FnOnce(&mut Cx<'_, Passive>) -> R) -> R {
    // SAFETY: the machine's threads start at PASSIVE_LEVEL and stay there between calls.
    unsafe { Cx::enter(act) }
}

impl Driver {
    fn add(&self) -> WDFDEVICE {
        let mut callbacks = WDF_PNPPOWER_EVENT_CALLBACKS_INIT();
        callbacks.EvtDeviceD0EntryPostInterruptsEnabled = Some(post);
        callbacks.EvtDeviceD0ExitPreInterruptsDisabled = Some(pre);
        callbacks.EvtDeviceD0Exit = Some(exit);
        callbacks.EvtDeviceSurpriseRemoval = Some(surprise_removal);
        let mut attributes = WDF_OBJECT_ATTRIBUTES_INIT();
        attributes.ContextTypeInfo = &raw const CONTEXT_TYPE.0;
        // SAFETY: the callbacks are this file's, and the context type is a static.
        let device = unsafe { add(BELL, &callbacks, &mut attributes) };
        // SAFETY: the framework made the context this large.
        unsafe { context(device).write(from_ref(self)) };
        device
    }

    /// Prepares the device, lets `act` use it with its registration, and releases it.
    fn with<R>(
        &self,
        broken: Option<u16>,
        request: Request,
        act: impl FnOnce(WDFDEVICE) -> R,
    ) -> Result<R, Error> {
        let handle = self.add();
        let (raw, translated) = wdf::prepare_hardware(handle, 0x1000);
        let result = at_passive(|cx| {
            // SAFETY: this is the time of EvtDevicePrepareHardware, and the device goes before the lists do.
            let device = unsafe { Device::prepare(cx, handle, raw, translated) }?;
            let config = Config { request, serialize: Serialize::PerSource, budget: Budget::UNLIMITED };
            let ringer = Ringer {
                events: Arc::clone(&self.events),
                broken,
                why: Arc::clone(&self.why),
                runs: AtomicU32::new(0),
            };
            *self.registration.borrow_mut() = Some(backend::register(cx, &device, ringer, config)?);
            let result = act(handle);
            let registration = self.registration.take();
            // SAFETY: `act` has left D0.
            drop(registration.map(|registration| unsafe { registration.unregister(cx) }));
            Ok(result)
        });
        wdf::release_hardware(handle);
        wdf::remove_device(handle);
        result
    }

    fn synchronize(&self, n: u16) -> Result<(), SyncError> {
        // The registration stays while anybody synchronizes; a borrow would be in the way of the callbacks.
        let registration = self.registration.borrow().as_ref().map_or(null(), from_ref);
        // SAFETY: as just said.
        let registration = unsafe { &*registration };
        at_passive(|cx| registration.interrupt().synchronize(cx, Source::Message(n), |_| ()))
    }

    fn granted(&self) -> Option<Granted> {
        self.registration.borrow().as_ref().map(Registration::granted)
    }
}

const BOTH: Request = Request::Messages { max: 2 };

/// No single one finds everything.
const STRATEGIES: [Strategy; 3] = [Strategy::Random, Strategy::Sticky, Strategy::Pct { depth: 3 }];

fn run(machine: &mut Machine, messages: usize, seed: u64, main: impl FnOnce()) -> Report {
    machine.prepare(Setup {
        cpus: 2,
        ordering: dirql_sim::Ordering::X64,
        scheduler: Box::new(Seeded::new(STRATEGIES[seed as usize % STRATEGIES.len()], seed)),
        step_limit: 50_000,
        fail_allocation: None,
        record_schedule: false,
        record_trace: false,
    });
    let line = machine.add_line(5);
    machine.attach(
        0,
        Box::new(Bell),
        &Wiring { line: Some(line), message_irqls: [6, 7][..messages].to_vec(), msix: true },
    );
    machine.run(main)
}

/// Runs `main` under 1500 schedules, which must break no rule, and returns all that it returned.
#[track_caller]
fn all<T: Ord>(messages: usize, main: impl Fn() -> T) -> Vec<T> {
    let mut machine = Machine::new();
    let mut returned = BTreeSet::new();
    for seed in 0..1500 {
        let mut value = None;
        let report = run(&mut machine, messages, seed, || value = Some(main()));
        assert_eq!(report.violation, None, "seed {seed}");
        returned.extend(value);
    }
    returned.into_iter().collect()
}

#[test]
fn no_handler_method_runs_after_d0_exit() {
    let after_disable = all(2, || {
        let driver = Driver::default();
        let done = driver.with(None, BOTH, |device| {
            assert_eq!(wdf::power_up(device), STATUS_SUCCESS);
            kernel::scope(|scope| {
                scope.spawn(1, "ringer", || (0..4).for_each(|n| kernel::write_register(BELL, 0, n % 2)));
                wdf::power_down(device, WdfPowerDeviceD3Final);
            });
        });
        done.unwrap();
        let events = driver.events.lock().unwrap();
        let exited = events.iter().position(|e| *e == Event::Exited).unwrap();
        assert_eq!(events.len(), exited + 1, "{events:?}");
        let disabled = events.iter().position(|e| matches!(e, Event::Disabled(_))).unwrap();
        events[disabled..].iter().any(|e| matches!(e, Event::Deferred(_)))
    });
    assert_eq!(after_disable, [false, true], "no schedule has a deferred run of the other message");
}

#[test]
fn threads_synchronize_in_d0_only() {
    let results = all(2, || {
        let driver = Driver::default();
        let act = |device| {
            let before = driver.synchronize(0);
            wdf::power_up(device);
            let (inside, not_granted) = (driver.synchronize(1), driver.synchronize(2));
            wdf::power_down(device, WdfPowerDeviceD3);
            let between = driver.synchronize(0);
            wdf::power_up(device);
            let again = driver.synchronize(0);
            wdf::power_down(device, WdfPowerDeviceD3Final);
            [before, inside, not_granted, between, again].map(|result| result.is_ok())
        };
        driver.with(None, BOTH, act).unwrap()
    });
    assert_eq!(results, [[false, true, false, false, true]]);
}

#[test]
fn a_thread_that_comes_late_is_served_or_refused() {
    let results = all(2, || {
        let driver = Driver::default();
        let act = |device| {
            wdf::power_up(device);
            let served = RefCell::new(Vec::new());
            kernel::scope(|scope| {
                scope.spawn(1, "late", || {
                    for n in [0, 1] {
                        let result = driver.synchronize(n);
                        served.borrow_mut().push(result.is_ok());
                    }
                });
                wdf::power_down(device, WdfPowerDeviceD3Final);
            });
            served.take()
        };
        driver.with(None, BOTH, act).unwrap()
    });
    assert_eq!(results, [[false, false], [true, false], [true, true]]);
}

#[test]
fn r68_a_failed_power_up_leaves_nothing_enabled() {
    let results = all(2, || {
        let driver = Driver::default();
        let act = |device| {
            assert!(wdf::power_up(device) < 0);
            driver.synchronize(0)
        };
        assert_eq!(driver.with(Some(1), BOTH, act).unwrap(), Err(SyncError::NotConnected));
        let events = driver.events.lock().unwrap();
        events.clone()
    });
    assert_eq!(results, [[Event::Enabled(0), Event::Disabled(0), Event::Exited]]);
}

#[test]
fn the_handler_learns_why_it_is_disabled() {
    let learned = |leave: fn(WDFDEVICE)| {
        let why = RefCell::new(Vec::new());
        all(1, || {
            let driver = Driver::default();
            let act = |device| {
                wdf::power_up(device);
                leave(device);
            };
            driver.with(None, BOTH, act).unwrap();
            why.replace(driver.why.lock().unwrap().clone());
        });
        why.take()
    };
    let final_exit = |device| wdf::power_down(device, WdfPowerDeviceD3Final);
    assert_eq!(learned(final_exit), [Disable::Normal]);
    assert_eq!(learned(|device| wdf::power_down(device, WdfPowerDeviceD3)), [Disable::LowPower]);
    let gone = learned(|device| {
        wdf::surprise_removal(device);
        wdf::power_down(device, WdfPowerDeviceD3Final);
    });
    assert_eq!(gone, [Disable::Gone]);
}

#[test]
fn what_is_granted_is_what_the_resources_have() {
    let granted = |messages, request| {
        let found = RefCell::new(None);
        all(messages, || {
            let driver = Driver::default();
            found.replace(Some(driver.with(None, request, |_| driver.granted()).map_err(|e| e.kind())));
        });
        found.take().unwrap()
    };
    assert_eq!(granted(2, BOTH), Ok(Some(Granted::Messages(2))));
    assert_eq!(granted(2, Request::Messages { max: 1 }), Ok(Some(Granted::Messages(1))));
    assert_eq!(granted(1, BOTH), Ok(Some(Granted::Messages(1))));
    assert_eq!(granted(0, BOTH), Ok(Some(Granted::Line)), "R53");
    assert_eq!(granted(0, Request::Line), Ok(Some(Granted::Line)));
    assert_eq!(granted(2, Request::Line), Err(ErrorKind::Unsupported));
    assert_eq!(granted(2, Request::Messages { max: 17 }), Err(ErrorKind::Unsupported));
}
