//! A miniport whose handlers are closures, and safe calls of the NDIS routines that it needs.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ffi::c_void;
use std::ptr::null_mut;

use dirql_ddi::ndis::*;
use dirql_ddi::{BOOLEAN, GROUP_AFFINITY, PVOID, ULONG};
use dirql_sim::ndis::adapter_handle;
use dirql_sim::{Machine, Report, kernel};

use super::common::{ACK, BUTTON, Options, STATUS, outcomes, run};

/// What an ISR answers.
#[derive(Clone, Copy)]
pub struct Answer {
    pub claimed: bool,
    pub default_dpc: bool,
    pub targets: ULONG,
}

impl Answer {
    pub const HANDLED: Self = Self { claimed: true, default_dpc: false, targets: 0 };
    pub const DEFERRED: Self = Self { claimed: true, default_dpc: true, targets: 0 };
}

/// What a DPC was given.
pub struct Dpc<'d> {
    pub message: ULONG,
    pub context: usize,
    pub throttle: &'d mut NDIS_RECEIVE_THROTTLE_PARAMETERS,
}

/// The handlers; a line's have message 0.
pub struct Miniport<'m> {
    pub isr: &'m dyn Fn(ULONG) -> Answer,
    pub dpc: &'m dyn Fn(Dpc<'_>),
    pub switch: &'m dyn Fn(ULONG, bool),
    pub messages: bool,
    pub one_lock: bool,
    /// Written by NDIS, null before.
    pub handle: Cell<NDIS_HANDLE>,
    pub granted: Cell<NDIS_INTERRUPT_TYPE>,
}

impl<'m> Miniport<'m> {
    /// A miniport that supports the line only, and whose DPC does nothing.
    pub fn new(isr: &'m dyn Fn(ULONG) -> Answer) -> Self {
        Self {
            isr,
            dpc: &|_| {},
            switch: &|_, _| {},
            messages: false,
            one_lock: false,
            handle: Cell::new(null_mut()),
            granted: Cell::new(0),
        }
    }

    pub fn characteristics(&self) -> NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS {
        NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS {
            Header: NDIS_OBJECT_HEADER {
                Type: NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT,
                Revision: NDIS_MINIPORT_INTERRUPT_REVISION_1,
                Size: NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1,
            },
            InterruptHandler: Some(isr),
            InterruptDpcHandler: Some(dpc),
            DisableInterruptHandler: Some(disable),
            EnableInterruptHandler: Some(enable),
            MsiSupported: BOOLEAN::from(self.messages),
            MsiSyncWithAllMessages: BOOLEAN::from(self.one_lock),
            MessageInterruptHandler: self.messages.then_some(message_isr),
            MessageInterruptDpcHandler: self.messages.then_some(message_dpc),
            DisableMessageInterruptHandler: self.messages.then_some(disable_message),
            EnableMessageInterruptHandler: self.messages.then_some(enable_message),
            InterruptType: 0,
            MessageInfoTable: null_mut(),
        }
    }

    pub fn register(&self) -> NDIS_STATUS {
        self.register_as(self.characteristics())
    }

    /// Registers the button's interrupt.
    pub fn register_as(&self, mut c: NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS) -> NDIS_STATUS {
        let context = std::ptr::from_ref(self).cast_mut().cast();
        // SAFETY: the handlers want a `Miniport`, which the test keeps until it has deregistered.
        let status = unsafe {
            NdisMRegisterInterruptEx(adapter_handle(BUTTON), context, &raw mut c, self.handle.as_ptr())
        };
        self.granted.set(c.InterruptType);
        status
    }

    pub fn deregister(&self) {
        // SAFETY: a wrong handle is what some tests are about.
        unsafe { NdisMDeregisterInterruptEx(self.handle.get()) };
    }

    pub fn synchronize(&self, message: ULONG, section: &dyn Fn() -> BOOLEAN) -> BOOLEAN {
        let context = std::ptr::from_ref(&section).cast_mut().cast();
        // SAFETY: `call_section` gets the section that it expects.
        unsafe { NdisMSynchronizeWithInterruptEx(self.handle.get(), message, Some(call_section), context) }
    }

    pub fn queue(&self, message: ULONG, mask: usize, context: usize) -> usize {
        let mut targets = GROUP_AFFINITY { Mask: mask, ..Default::default() };
        let context = std::ptr::without_provenance_mut(context);
        // SAFETY: the set is ours; the context is only a number.
        unsafe { NdisMQueueDpcEx(self.handle.get(), message, &raw mut targets, context) }
    }
}

unsafe extern "C-unwind" fn call_section(context: PVOID) -> BOOLEAN {
    // SAFETY: `synchronize` passes this.
    unsafe { (*context.cast::<&dyn Fn() -> BOOLEAN>())() }
}

/// # Safety
/// `context` is the registered miniport.
unsafe fn miniport<'m>(context: NDIS_HANDLE) -> &'m Miniport<'m> {
    // SAFETY: the caller guarantees it.
    unsafe { &*context.cast::<Miniport<'_>>() }
}

/// # Safety
/// As for [`miniport`]; the other two are valid for writing.
unsafe fn answer(
    context: NDIS_HANDLE,
    message: ULONG,
    default: *mut BOOLEAN,
    targets: *mut ULONG,
) -> BOOLEAN {
    // SAFETY: the caller guarantees it.
    let answer = (unsafe { miniport(context) }.isr)(message);
    // SAFETY: the caller guarantees it.
    unsafe { default.write(BOOLEAN::from(answer.default_dpc)) };
    // SAFETY: the caller guarantees it.
    unsafe { targets.write(answer.targets) };
    BOOLEAN::from(answer.claimed)
}

unsafe extern "C-unwind" fn isr(context: NDIS_HANDLE, default: *mut BOOLEAN, targets: *mut ULONG) -> BOOLEAN {
    // SAFETY: as NDIS calls this; here and below.
    unsafe { answer(context, 0, default, targets) }
}

unsafe extern "C-unwind" fn message_isr(
    context: NDIS_HANDLE,
    message: ULONG,
    default: *mut BOOLEAN,
    targets: *mut ULONG,
) -> BOOLEAN {
    // SAFETY: as above.
    unsafe { answer(context, message, default, targets) }
}

unsafe extern "C-unwind" fn dpc(context: NDIS_HANDLE, own: PVOID, throttle: PVOID, reserved: PVOID) {
    // SAFETY: as above.
    unsafe { message_dpc(context, 0, own, throttle, reserved) };
}

unsafe extern "C-unwind" fn message_dpc(
    context: NDIS_HANDLE,
    message: ULONG,
    own: PVOID,
    throttle: PVOID,
    _: *mut c_void,
) {
    // SAFETY: as above; the parameters are this call's.
    let throttle = unsafe { &mut *throttle.cast() };
    // SAFETY: as above.
    (unsafe { miniport(context) }.dpc)(Dpc { message, context: own as usize, throttle });
}

unsafe extern "C-unwind" fn disable(context: NDIS_HANDLE) {
    // SAFETY: as above.
    (unsafe { miniport(context) }.switch)(0, false);
}

unsafe extern "C-unwind" fn enable(context: NDIS_HANDLE) {
    // SAFETY: as above.
    (unsafe { miniport(context) }.switch)(0, true);
}

unsafe extern "C-unwind" fn disable_message(context: NDIS_HANDLE, message: ULONG) {
    // SAFETY: as above.
    (unsafe { miniport(context) }.switch)(message, false);
}

unsafe extern "C-unwind" fn enable_message(context: NDIS_HANDLE, message: ULONG) {
    // SAFETY: as above.
    (unsafe { miniport(context) }.switch)(message, true);
}

/// Claims and acknowledges the button, and answers `then`; or declines.
pub fn press(then: Answer) -> Answer {
    if kernel::read_register(BUTTON, STATUS) == 0 {
        return Answer { claimed: false, default_dpc: false, targets: 0 };
    }
    kernel::write_register(BUTTON, ACK, 1);
    then
}

/// A machine that grants messages of these levels.
pub fn messages(irqls: &[u8]) -> Options {
    Options { message_irqls: irqls.to_vec(), ..Options::default() }
}

/// Runs `main` under many schedules, which must all be silent.
pub fn each(options: &Options, seeds: u64, main: impl Fn()) -> Vec<Report> {
    let mut machine = Machine::new();
    let reports = (0..seeds).map(|seed| {
        let report = run(&mut machine, options, seed, &main);
        assert_eq!(report.violation, None, "seed {seed}");
        report
    });
    reports.collect()
}

/// Returns the rule with which every schedule ends.
pub fn always(options: &Options, main: impl Fn()) -> Option<&'static str> {
    let found: BTreeSet<_> = outcomes(options, 20, main).into_iter().collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().flatten()
}
