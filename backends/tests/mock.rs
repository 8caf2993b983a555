//! What only the mock can be made to do: to outlive its run.

use std::cell::RefCell;
use std::sync::Arc;

use dirql::{
    Budget, Config, Cx, DeferredOutcome, Disable, Domain, Error, InterruptHandler, InterruptSync, IsrOutcome,
    Lock, Passive, Request, Serialize, Source, SyncError,
};
use dirql_backends::mock::{self, Device, Registration, SpinLock};
use dirql_sim::{Bus, DeviceId, Machine, Report, Seeded, Setup, Strategy, Wiring};

const QUIET: DeviceId = DeviceId::new(0);

/// A device that never does anything.
struct Silence;

impl dirql_sim::Device for Silence {
    fn name(&self) -> &'static str {
        "silence"
    }

    fn read(&mut self, _offset: u32, _bus: &mut Bus<'_>) -> u32 {
        0
    }

    fn write(&mut self, _offset: u32, _value: u32, _bus: &mut Bus<'_>) {}

    fn ready(&self) -> u32 {
        0
    }

    fn step(&mut self, _engine: u32, _bus: &mut Bus<'_>) {}
}

/// A handler that is more than its address: what it points to is gone when it is.
struct Handler(Arc<str>);

impl InterruptHandler for Handler {
    type Shared = u32;

    fn shared(&self, _: Domain) -> u32 {
        7
    }

    fn isr(&self, _: &mut u32, _: Source) -> IsrOutcome {
        IsrOutcome::NOT_MINE
    }

    fn deferred<I: InterruptSync<Shared = u32>>(
        &self,
        _: &mut Cx<'_, I::Deferred>,
        _: &I,
        _: Source,
        _: Budget,
    ) -> DeferredOutcome {
        DeferredOutcome::Done
    }

    fn enable(&self, _: &mut u32, _: Source) -> Result<(), Error> {
        Ok(())
    }

    fn disable(&self, _: &mut u32, _: Source, _: Disable) {}
}

fn run(machine: &mut Machine, play: impl FnOnce(&mut Cx<'_, Passive>)) -> Report {
    machine.prepare(Setup {
        cpus: 2,
        ordering: dirql_sim::Ordering::X64,
        scheduler: Box::new(Seeded::new(Strategy::Random, 1)),
        step_limit: 20_000,
        fail_allocation: None,
        record_schedule: false,
        record_trace: false,
    });
    let line = machine.add_line(5);
    machine.attach(0, Box::new(Silence), &Wiring { line: Some(line), message_irqls: vec![], msix: false });
    machine.run(|| {
        // SAFETY: the machine's main thread starts at PASSIVE_LEVEL and stays there between calls.
        unsafe { Cx::<Passive>::enter(play) }
    })
}

fn register(cx: &mut Cx<'_, Passive>) -> Registration<Handler> {
    let config =
        Config { request: Request::Line, serialize: Serialize::PerSource, budget: Budget::UNLIMITED };
    mock::register(cx, &Device::new(QUIET), Handler(Arc::from("a handler")), config).unwrap()
}

fn broken(report: &Report) -> Option<&'static str> {
    report.violation.as_ref().map(|violation| violation.rule)
}

#[test]
fn a_registration_that_leaves_its_run_is_found_and_does_nothing_in_the_next() {
    let mut machine = Machine::new();
    let kept = RefCell::new(None);
    let first = run(&mut machine, |cx| *kept.borrow_mut() = Some(register(cx)));
    assert_eq!(broken(&first), Some("InterruptLeft"));
    // Later runs reuse what the first one freed.
    for _ in 0..3 {
        let later = run(&mut machine, |cx| {
            let own = register(cx);
            let kept = kept.borrow();
            let stale = kept.as_ref().unwrap();
            assert_eq!(&*stale.handler().0, "a handler");
            let stale = stale.interrupt().synchronize(cx, Source::Line, |shared| *shared);
            assert_eq!(stale, Err(SyncError::NotConnected));
            assert_eq!(own.interrupt().synchronize(cx, Source::Line, |shared| *shared), Ok(7));
            drop(own.unregister(cx));
        });
        assert!(later.violation.is_none(), "{:?}", later.violation);
    }
}

#[test]
fn it_can_be_unregistered_in_another_run() {
    let mut machine = Machine::new();
    let kept = RefCell::new(None);
    run(&mut machine, |cx| *kept.borrow_mut() = Some(register(cx)));
    let next = run(&mut machine, |cx| {
        let own = register(cx);
        let handler = kept.take().unwrap().unregister(cx);
        assert_eq!(&*handler.0, "a handler");
        assert!(own.interrupt().synchronize(cx, Source::Line, |_| ()).is_ok(), "it disconnected the other");
        drop(own.unregister(cx));
    });
    assert!(next.violation.is_none(), "{:?}", next.violation);
}

#[test]
fn an_interrupt_is_not_connected_on_another_machine() {
    let report = run(&mut Machine::new(), |cx| {
        let own = register(cx);
        let interrupt = own.interrupt();
        let elsewhere = || {
            let report = run(&mut Machine::new(), |cx| {
                let result = interrupt.synchronize(cx, Source::Line, |_| ());
                assert_eq!(result, Err(SyncError::NotConnected));
            });
            report.violation.map(|violation| violation.message)
        };
        let violation = std::thread::scope(|threads| threads.spawn(elsewhere).join().unwrap());
        assert_eq!(violation, None);
        drop(own.unregister(cx));
    });
    assert!(report.violation.is_none(), "{:?}", report.violation);
}

#[test]
fn a_lock_belongs_to_one_run() {
    let mut machine = Machine::new();
    let lock: Lock<SpinLock, u32> = Lock::new(0);
    let count = |cx: &mut Cx<'_, Passive>| lock.with(cx, |count| *count += 1);
    let first = run(&mut machine, |cx| (0..3).for_each(|_| count(cx)));
    assert!(first.violation.is_none(), "{:?}", first.violation);
    assert_eq!(broken(&run(&mut machine, count)), Some("SpinLock"));
    // On another OS thread it would exclude nobody.
    let report = run(&mut machine, |cx| {
        let lock: Lock<SpinLock, u32> = Lock::new(0);
        let elsewhere = || broken(&run(&mut Machine::new(), |cx| lock.with(cx, |count| *count += 1)));
        lock.with(cx, |_| ());
        assert_eq!(std::thread::scope(|threads| threads.spawn(elsewhere).join().unwrap()), Some("SpinLock"));
    });
    assert!(report.violation.is_none(), "{:?}", report.violation);
}
