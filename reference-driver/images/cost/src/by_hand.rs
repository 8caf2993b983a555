//! The same calls as a C driver writes them: a structure on the stack, with a flag that says that the section ran.
//!
//! They are in Rust so that one compiler makes both; nothing in them is more than C has. The fields of a C driver's
//! device extension are what the driver itself would keep, and its interrupts are connected whenever it calls.

use dirql_ddi::kmdf::{WDFINTERRUPT, WdfInterruptSynchronize};
use dirql_ddi::ndis::{NDIS_HANDLE, NdisMSynchronizeWithInterruptEx};
use dirql_ddi::{
    BOOLEAN, IO_INTERRUPT_MESSAGE_INFO_ENTRY, KeSynchronizeExecution, PKINTERRUPT, PVOID, TRUE, ULONG,
};

use crate::{Counter, NOT_RUN};

/// What the section is given, and what it leaves.
#[repr(C)]
struct Call {
    counter: *mut Counter,
    count: u64,
    ran: bool,
}

impl Call {
    fn new(counter: *mut Counter) -> Self {
        Self { counter, count: 0, ran: false }
    }

    fn context(&mut self) -> PVOID {
        (&raw mut *self).cast()
    }

    fn count(&self) -> u64 {
        if self.ran { self.count } else { NOT_RUN }
    }
}

/// # Safety
/// `context` is a [`Call`], and the caller holds its counter's lock.
unsafe extern "C-unwind" fn section(context: PVOID) -> BOOLEAN {
    // SAFETY: the caller guarantees the call.
    let call = unsafe { &mut *context.cast::<Call>() };
    // SAFETY: the caller holds the lock, so nobody else touches the counter.
    call.count = unsafe { &mut *call.counter }.next();
    call.ran = true;
    TRUE
}

/// # Safety
/// As for [`section`].
unsafe extern "C-unwind" fn wdf_section(_: WDFINTERRUPT, context: PVOID) -> BOOLEAN {
    // SAFETY: as for `section`.
    unsafe { section(context) }
}

/// A device extension for the line.
#[repr(C)]
struct Line<I> {
    interrupt: I,
    counter: Counter,
}

/// A device extension for messages, `count` of them.
#[repr(C)]
struct Messages<I> {
    count: u16,
    interrupts: I,
    counters: [Counter; 16],
}

impl<I> Messages<I> {
    /// Returns the counter of a message of the grant.
    fn counter(&mut self, n: u16) -> *mut Counter {
        self.counters.as_mut_ptr().wrapping_add(n.into())
    }
}

#[unsafe(no_mangle)]
extern "C" fn wdm_line_by_hand(device: &mut Line<PKINTERRUPT>) -> u64 {
    let mut call = Call::new(&raw mut device.counter);
    // SAFETY: the interrupt is connected, and the section gets its call.
    unsafe { KeSynchronizeExecution(device.interrupt, Some(section), call.context()) };
    call.count()
}

#[unsafe(no_mangle)]
extern "C" fn ndis_line_by_hand(device: &mut Line<NDIS_HANDLE>) -> u64 {
    let mut call = Call::new(&raw mut device.counter);
    // SAFETY: the interrupt is registered, and the section gets its call.
    unsafe { NdisMSynchronizeWithInterruptEx(device.interrupt, 0, Some(section), call.context()) };
    call.count()
}

#[unsafe(no_mangle)]
extern "C" fn kmdf_line_by_hand(device: &mut Line<WDFINTERRUPT>) -> u64 {
    let mut call = Call::new(&raw mut device.counter);
    // SAFETY: the interrupt is connected, and the section gets its call.
    unsafe { WdfInterruptSynchronize(device.interrupt, Some(wdf_section), call.context()) };
    call.count()
}

#[unsafe(no_mangle)]
extern "C" fn wdm_message_by_hand(
    device: &mut Messages<*const IO_INTERRUPT_MESSAGE_INFO_ENTRY>,
    n: u16,
) -> u64 {
    if n >= device.count {
        return NOT_RUN;
    }
    let mut call = Call::new(device.counter(n));
    // SAFETY: the table has an entry for each message of the grant.
    let interrupt = unsafe { (*device.interrupts.wrapping_add(n.into())).InterruptObject };
    // SAFETY: the interrupt is connected, and the section gets its call.
    unsafe { KeSynchronizeExecution(interrupt, Some(section), call.context()) };
    call.count()
}

#[unsafe(no_mangle)]
extern "C" fn ndis_message_by_hand(device: &mut Messages<NDIS_HANDLE>, n: u16) -> u64 {
    if n >= device.count {
        return NOT_RUN;
    }
    let mut call = Call::new(device.counter(n));
    let (handle, message) = (device.interrupts, ULONG::from(n));
    // SAFETY: the interrupt is registered, and the section gets its call.
    unsafe { NdisMSynchronizeWithInterruptEx(handle, message, Some(section), call.context()) };
    call.count()
}

#[unsafe(no_mangle)]
extern "C" fn kmdf_message_by_hand(device: &mut Messages<[WDFINTERRUPT; 16]>, n: u16) -> u64 {
    if n >= device.count {
        return NOT_RUN;
    }
    let mut call = Call::new(device.counter(n));
    let interrupts = device.interrupts.as_ptr().wrapping_add(n.into());
    // SAFETY: there are no more messages than handles.
    let interrupt = unsafe { *interrupts };
    // SAFETY: the interrupt is connected, and the section gets its call.
    unsafe { WdfInterruptSynchronize(interrupt, Some(wdf_section), call.context()) };
    call.count()
}
