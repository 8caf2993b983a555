//! What runs under KMDF's callback locks, at which level, and what a request handler does not do: rules R75 and R79.

mod common;
mod framework {
    pub(super) use dirql_ddi::kmdf::*;
    pub(super) use dirql_sim::wdf::add_device as add;
}
#[path = "common/function_driver.rs"]
mod function_driver;

use std::cell::{Cell, RefCell};
use std::ptr::null_mut;
use std::rc::Rc;

use common::{BUTTON, Options, PULSE, acknowledge, count, fires, linger, silent};
use dirql_ddi::kmdf::*;
use dirql_ddi::{NTSTATUS, STATUS_CANCELLED, STATUS_INVALID_PARAMETER, STATUS_SUCCESS, TRUE};
use dirql_sim::wdf::Io;
use dirql_sim::{kernel, wdf};
use function_driver::{
    Driver, locked, queue_dpc, queue_work, remove, synchronize, try_lock, turn_off, turn_on, with_work_item,
};

const STATUS_WDF_OBJECT_ATTRIBUTES_INVALID: NTSTATUS = 0xC020_0209_u32 as i32;
const STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL: NTSTATUS = 0xC020_020C_u32 as i32;
const STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED: NTSTATUS = 0xC020_020F_u32 as i32;
const STATUS_WDF_SYNCHRONIZATION_SCOPE_INVALID: NTSTATUS = 0xC020_0210_u32 as i32;
const STATUS_WDF_EXECUTION_LEVEL_INVALID: NTSTATUS = 0xC020_0211_u32 as i32;

type Handler = Rc<dyn Fn(WDFREQUEST)>;

thread_local! {
    /// EvtIoDefault.
    static HANDLER: RefCell<Option<Handler>> = const { RefCell::new(None) };
}

unsafe extern "C-unwind" fn io(_: WDFQUEUE, request: WDFREQUEST) {
    let handler = HANDLER.with_borrow(Clone::clone).expect("a handler");
    handler(request);
}

unsafe extern "C-unwind" fn complete_cancelled(request: WDFREQUEST) {
    // SAFETY: the framework calls this for a request that is the driver's to complete.
    unsafe { WdfRequestComplete(request, STATUS_CANCELLED) };
}

fn complete(request: WDFREQUEST) {
    // SAFETY: whatever the request is, the framework says so.
    unsafe { WdfRequestComplete(request, STATUS_SUCCESS) };
}

/// What a device and its queue ask for.
#[derive(Clone, Copy)]
struct Asked {
    scope: WDF_SYNCHRONIZATION_SCOPE,
    level: WDF_EXECUTION_LEVEL,
    dispatch: WDF_IO_QUEUE_DISPATCH_TYPE,
}

impl Asked {
    const NONE: Self = Self {
        scope: WdfSynchronizationScopeNone,
        level: WdfExecutionLevelDispatch,
        dispatch: WdfIoQueueDispatchParallel,
    };
    const DEVICE: Self = Self { scope: WdfSynchronizationScopeDevice, ..Self::NONE };
    const PASSIVE: Self = Self { level: WdfExecutionLevelPassive, ..Self::DEVICE };

    fn apply(self, attributes: &mut WDF_OBJECT_ATTRIBUTES) {
        (attributes.SynchronizationScope, attributes.ExecutionLevel) = (self.scope, self.level);
    }
}

fn create_queue(
    device: WDFDEVICE,
    dispatch: WDF_IO_QUEUE_DISPATCH_TYPE,
    change: impl FnOnce(&mut WDF_OBJECT_ATTRIBUTES),
) -> Result<WDFQUEUE, NTSTATUS> {
    let mut config = WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(dispatch);
    config.EvtIoDefault = Some(io);
    let mut attributes = WDF_OBJECT_ATTRIBUTES_INIT();
    change(&mut attributes);
    let mut queue = null_mut();
    // SAFETY: everything lent is ours for the length of the call.
    let status = unsafe { WdfIoQueueCreate(device, &raw mut config, &raw mut attributes, &raw mut queue) };
    if status < 0 { Err(status) } else { Ok(queue) }
}

fn serialized(config: &mut WDF_INTERRUPT_CONFIG) {
    config.AutomaticSerialization = TRUE;
}

fn serialized_work_item(config: &mut WDF_INTERRUPT_CONFIG) {
    serialized(config);
    with_work_item(config);
}

fn passive(config: &mut WDF_INTERRUPT_CONFIG) {
    config.PassiveHandling = TRUE;
}

/// Lets `act` use an interrupt in D0 of a device whose requests go to `handler`.
fn in_d0<R>(
    driver: &Driver<'_>,
    asked: Asked,
    change: impl FnOnce(&mut WDF_INTERRUPT_CONFIG),
    handler: impl Fn(WDFREQUEST) + 'static,
    act: impl FnOnce(WDFINTERRUPT) -> R,
) -> R {
    HANDLER.set(Some(Rc::new(handler)));
    let device = driver.add_with(|attributes| asked.apply(attributes));
    create_queue(device, asked.dispatch, |_| {}).unwrap();
    let interrupt = driver.create(device, 0, change).unwrap();
    wdf::prepare_hardware(device, 0x1000);
    assert_eq!(wdf::power_up(device), STATUS_SUCCESS);
    let result = act(interrupt);
    kernel::quiesce();
    wdf::power_down(device, WdfPowerDeviceD3Final);
    remove(device);
    result
}

fn write() -> wdf::Ticket {
    wdf::submit(BUTTON, &Io::Write(&[1]))
}

/// How many are inside at once.
#[derive(Default)]
struct Inside {
    now: Cell<u32>,
    most: Cell<u32>,
}

impl Inside {
    fn pass(&self) {
        count(&self.now);
        self.most.set(self.most.get().max(self.now.get()));
        linger(3);
        self.now.set(self.now.get() - 1);
    }
}

/// Returns how many of request handler, deferred routine and ISR were inside at once: of the first two, and of all.
fn overlaps(asked: Asked, change: fn(&mut WDF_INTERRUPT_CONFIG)) -> (u32, u32) {
    let (serial, all) = (Rc::new(Inside::default()), Inside::default());
    let deferred = |_| {
        serial.pass();
    };
    let isr = |_, _| {
        all.now.set(serial.now.get());
        all.pass();
        all.now.set(0);
        acknowledge(BUTTON)
    };
    let driver = Driver { isr: &isr, dpc: &deferred, work: &deferred, ..Driver::new() };
    let in_handler = Rc::clone(&serial);
    let handler = move |request| {
        in_handler.pass();
        complete(request);
    };
    in_d0(&driver, asked, change, handler, |interrupt| {
        let is_dpc = asked.level != WdfExecutionLevelPassive;
        let queue = || if is_dpc { queue_dpc(interrupt) } else { queue_work(interrupt) };
        queue();
        kernel::write_register(BUTTON, PULSE, 1);
        write();
        queue();
        write();
    });
    (serial.most.get(), all.most.get())
}

#[test]
fn r75_shows_dpcs_and_request_handlers_exclude_each_other_and_no_isr() {
    let (seen, _) = silent(&Options::default(), || overlaps(Asked::DEVICE, serialized));
    assert!(seen.iter().all(|&(serial, _)| serial == 1), "{seen:?}");
    assert!(seen.iter().any(|&(_, all)| all == 2), "an ISR runs inside: {seen:?}");
    let (seen, _) = silent(&Options::default(), || overlaps(Asked::DEVICE, |_| {}));
    assert!(seen.iter().any(|&(serial, _)| serial > 1), "without AutomaticSerialization: {seen:?}");
    let (seen, _) = silent(&Options::default(), || overlaps(Asked::NONE, serialized));
    assert!(seen.iter().any(|&(serial, _)| serial > 1), "without a scope: {seen:?}");
}

#[test]
fn r75_shows_work_items_and_request_handlers_at_passive_level_exclude_each_other() {
    let (seen, _) = silent(&Options::default(), || overlaps(Asked::PASSIVE, serialized_work_item));
    assert!(seen.iter().all(|&(serial, _)| serial == 1), "{seen:?}");
    let (seen, _) = silent(&Options::default(), || overlaps(Asked::PASSIVE, with_work_item));
    assert!(seen.iter().any(|&(serial, _)| serial > 1), "without AutomaticSerialization: {seen:?}");
}

/// Calls `act` from the work item of a passive interrupt.
fn in_work_item(change: fn(&mut WDF_INTERRUPT_CONFIG), act: fn(WDFINTERRUPT)) {
    let interrupt = Cell::new(null_mut());
    let work = |_| act(interrupt.get());
    let driver = Driver { work: &work, ..Driver::new() };
    let change = |config: &mut _| {
        change(config);
        passive(config);
    };
    in_d0(&driver, Asked::PASSIVE, change, complete, |created| {
        interrupt.set(created);
        queue_work(created);
        kernel::quiesce();
    });
}

#[test]
fn r75_fires_for_a_serialized_work_item_that_waits_for_its_interrupt() {
    let section = |interrupt| _ = synchronize(interrupt, &|| true);
    for act in [section, |interrupt| locked(interrupt, || ()), turn_on] {
        fires("R75", &Options::default(), || in_work_item(serialized_work_item, act));
    }
}

#[test]
fn r75_silent_for_one_that_tries_and_for_one_that_is_not_serialized() {
    silent(&Options::default(), || in_work_item(serialized_work_item, |interrupt| _ = try_lock(interrupt)));
    let section = |interrupt| _ = synchronize(interrupt, &|| true);
    silent(&Options::default(), || in_work_item(with_work_item, section));
}

#[test]
fn an_interrupt_of_a_queue_is_under_the_queues_lock_and_connected_as_others() {
    let (seen, _) = silent(&Options::default(), || {
        let serial = Rc::new(Inside::default());
        let isrs = Cell::new(0);
        let isr = |_, _| {
            count(&isrs);
            acknowledge(BUTTON)
        };
        let dpc = |_| serial.pass();
        let driver = Driver { isr: &isr, dpc: &dpc, ..Driver::new() };
        let in_handler = Rc::clone(&serial);
        HANDLER.set(Some(Rc::new(move |request| {
            in_handler.pass();
            complete(request);
        })));
        let device = driver.add();
        let queue = create_queue(device, WdfIoQueueDispatchParallel, |attributes| {
            attributes.SynchronizationScope = WdfSynchronizationScopeQueue;
        });
        let below = |attributes: &mut WDF_OBJECT_ATTRIBUTES| attributes.ParentObject = queue.unwrap().cast();
        let interrupt = driver.create_with(device, 0, serialized, below).unwrap();
        wdf::prepare_hardware(device, 0x1000);
        assert_eq!(wdf::power_up(device), STATUS_SUCCESS);
        kernel::write_register(BUTTON, PULSE, 1);
        queue_dpc(interrupt);
        write();
        kernel::quiesce();
        wdf::power_down(device, WdfPowerDeviceD3Final);
        remove(device);
        (serial.most.get(), isrs.get())
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(1, 1)]);
}

#[test]
fn the_queue_of_an_interrupt_is_not_the_drivers_to_delete() {
    fires("WdfObjectDelete", &Options::default(), || {
        let driver = Driver::new();
        let device = driver.add_with(|attributes| Asked::DEVICE.apply(attributes));
        let queue = create_queue(device, WdfIoQueueDispatchParallel, |_| {}).unwrap();
        let below = |attributes: &mut WDF_OBJECT_ATTRIBUTES| attributes.ParentObject = queue.cast();
        driver.create_with(device, 0, serialized, below).unwrap();
        // SAFETY: whatever the queue is, the framework says so.
        unsafe { WdfObjectDelete(queue.cast()) };
    });
}

#[test]
fn constraints_that_do_not_fit_are_refused() {
    silent(&Options::default(), || {
        let driver = Driver::new();
        let device = driver.add_with(|attributes| Asked::DEVICE.apply(attributes));
        let create = |change: fn(&mut WDF_INTERRUPT_CONFIG), attributes: fn(&mut WDF_OBJECT_ATTRIBUTES)| {
            driver.create_with(device, 0, change, attributes).unwrap_err()
        };
        assert_eq!(create(serialized_work_item, |_| {}), STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL);
        assert_eq!(create(|_| {}, |a| a.SynchronizationScope = 5), STATUS_WDF_OBJECT_ATTRIBUTES_INVALID);
        assert_eq!(create(|_| {}, |a| a.ExecutionLevel = 0), STATUS_WDF_OBJECT_ATTRIBUTES_INVALID);
        let scope = create(|_| {}, |a| a.SynchronizationScope = WdfSynchronizationScopeDevice);
        assert_eq!(scope, STATUS_WDF_SYNCHRONIZATION_SCOPE_INVALID);
        let level = create(|_| {}, |a| a.ExecutionLevel = WdfExecutionLevelPassive);
        assert_eq!(level, STATUS_WDF_EXECUTION_LEVEL_INVALID);
        let at_passive_level = |a: &mut WDF_OBJECT_ATTRIBUTES| a.ExecutionLevel = WdfExecutionLevelPassive;
        let queue = create_queue(device, WdfIoQueueDispatchParallel, at_passive_level);
        assert_eq!(queue, Err(STATUS_INVALID_PARAMETER));
        let queue = create_queue(device, WdfIoQueueDispatchParallel, |_| {}).unwrap();
        let below = |a: &mut WDF_OBJECT_ATTRIBUTES| a.ParentObject = queue.cast();
        let refused = driver.create_with(device, 0, |_| {}, below).unwrap_err();
        assert_eq!(refused, STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED);
        assert!(driver.create_with(device, 0, serialized, below).is_ok());
        remove(device);
    });
}

/// KMDF's queues are given a request at DISPATCH_LEVEL now and then.
#[test]
fn a_passive_queue_is_called_at_passive_level() {
    let levels = |asked| {
        let (seen, _) = silent(&Options::default(), move || {
            let level = Rc::new(Cell::new(9));
            let seen = Rc::clone(&level);
            let handler = move |request| {
                seen.set(kernel::irql());
                complete(request);
            };
            in_d0(&Driver::new(), asked, |_| {}, handler, |_| _ = write());
            level.get()
        });
        seen.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(levels(Asked { scope: WdfSynchronizationScopeNone, ..Asked::PASSIVE }), [0]);
    assert_eq!((levels(Asked::NONE), levels(Asked::DEVICE)), (vec![0, 2], vec![2]));
}

/// A sequential queue goes on when a request is completed: here by a DPC, as the lock is held.
#[test]
fn a_serialized_queue_is_not_called_inside_its_callback() {
    for asked in [Asked::DEVICE, Asked::PASSIVE] {
        let (seen, _) = silent(&Options::default(), move || {
            let inside = Rc::new(Inside::default());
            let in_handler = Rc::clone(&inside);
            let handler = move |request| {
                count(&in_handler.now);
                complete(request);
                in_handler.now.set(in_handler.now.get() - 1);
                in_handler.pass();
            };
            let asked = Asked { dispatch: WdfIoQueueDispatchSequential, ..asked };
            let served = in_d0(
                &Driver::new(),
                asked,
                |_| {},
                handler,
                |_| {
                    let tickets = [write(), write()];
                    tickets.map(|ticket| wdf::wait(ticket).unwrap().status)
                },
            );
            (served, inside.most.get())
        });
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [([STATUS_SUCCESS; 2], 1)]);
    }
}

/// EvtRequestCancel of the first request is due inside the handler of the second.
#[test]
fn a_cancel_routine_is_not_called_inside_another_callback_under_its_lock() {
    for asked in [Asked::DEVICE, Asked::PASSIVE] {
        let (seen, _) = silent(&Options::default(), move || {
            let first = Rc::new(Cell::new(None));
            let ticket = Rc::new(Cell::new(None));
            let (kept, of_first) = (Rc::clone(&first), Rc::clone(&ticket));
            let handler = move |request| {
                let Some(first) = kept.replace(Some(request)) else { return };
                wdf::cancel(of_first.take().unwrap());
                // SAFETY: the request is the driver's, and was cancelled.
                unsafe { WdfRequestMarkCancelable(first, Some(complete_cancelled)) };
                assert_eq!(wdf::outstanding(), 2, "it is cancelled when this callback has returned");
                complete(request);
            };
            in_d0(
                &Driver::new(),
                asked,
                |_| {},
                handler,
                |_| {
                    let cancelled = write();
                    while first.get().is_none() {
                        linger(1);
                    }
                    ticket.set(Some(cancelled));
                    [write(), cancelled].map(|ticket| wdf::wait(ticket).unwrap().status)
                },
            )
        });
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [[STATUS_SUCCESS, STATUS_CANCELLED]]);
    }
}

/// Calls `act` from a request handler of a device with a passive interrupt, or with one at DIRQL.
fn in_handler(change: fn(&mut WDF_INTERRUPT_CONFIG), act: fn(WDFINTERRUPT)) {
    let interrupt = Rc::new(Cell::new(null_mut()));
    let known = Rc::clone(&interrupt);
    let handler = move |request| {
        act(known.get());
        complete(request);
    };
    let asked = Asked { scope: WdfSynchronizationScopeNone, ..Asked::PASSIVE };
    in_d0(&Driver::new(), asked, change, handler, |created| {
        interrupt.set(created);
        write();
    });
}

#[test]
fn r79_fires_for_a_request_handler_that_waits_for_a_passive_interrupt() {
    let section = |interrupt| _ = synchronize(interrupt, &|| true);
    for act in [section, |interrupt| locked(interrupt, || ()), turn_off, turn_on] {
        fires("R79", &Options::default(), || in_handler(passive, act));
    }
}

#[test]
fn r79_silent_for_one_that_tries_and_for_interrupts_at_dirql() {
    silent(&Options::default(), || in_handler(passive, |interrupt| _ = try_lock(interrupt)));
    let section = |interrupt| _ = synchronize(interrupt, &|| true);
    silent(&Options::default(), || in_handler(|_| {}, section));
}
