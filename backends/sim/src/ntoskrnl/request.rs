//! What stands beside each request: whom it comes back to, and what was promised about it at each stack location: what
//! the dispatch routine returned, and how the request was when it went up past it.
//!
//! Whoever has given a request back may not touch it: it must look the same when the run ends.

use dirql_ddi::{
    IO_STACK_LOCATION, IO_STATUS_BLOCK, IO_STATUS_BLOCK_VARIANT, IRP, IoGetCurrentIrpStackLocation,
    IoGetNextIrpStackLocation, IofCallDriver, NTSTATUS, PDEVICE_OBJECT, PIRP, PRKEVENT, STATUS_NOT_SUPPORTED,
    STATUS_PENDING,
};

use super::device_object::{dereference, reference};
use super::event::event_at;
use super::file::Transfer;
use super::nt;
use crate::event::EventId;
use crate::kernel::{self, fail};

/// More drivers are in no stack here.
const LOCATIONS: usize = 4;

/// A request and its stack locations.
#[repr(C)]
struct Packet {
    irp: IRP,
    stack: [IO_STACK_LOCATION; LOCATIONS],
}

/// What became of a request at one stack location.
#[derive(Clone, Copy, Default)]
pub(super) struct Passage {
    /// What the dispatch routine returned.
    pub(super) returned: Option<NTSTATUS>,
    /// Its status when it went up from there, and whether it was marked pending.
    pub(super) went_up: Option<(NTSTATUS, bool)>,
}

/// Whom a request comes back to.
pub(super) enum Origin {
    /// A thread of the system's, which waits.
    Waiter(EventId),
    /// A thread that has a handle.
    Handle(Transfer),
    /// A driver, which made it: the event that it waits for, and where it looks for the result.
    Driver(PRKEVENT, *mut IO_STATUS_BLOCK),
}

/// A request that was made in this run.
pub(super) struct Request {
    packet: *mut Packet,
    top: PDEVICE_OBJECT,
    origin: Origin,
    /// What it came back with.
    result: Option<IO_STATUS_BLOCK>,
    /// How many are in the middle of cancelling it: it keeps its memory meanwhile.
    pub(super) cancelling: u32,
    /// How it looked when it came back.
    left_as: Option<Box<[u8]>>,
    passages: [Passage; LOCATIONS + 1],
}

impl Drop for Request {
    fn drop(&mut self) {
        // SAFETY: the packet was a box, and the request its owner.
        drop(unsafe { Box::from_raw(self.packet) });
    }
}

impl Request {
    pub(super) fn irp(&self) -> PIRP {
        self.packet.cast()
    }

    pub(super) fn is_out(&self) -> bool {
        self.result.is_none()
    }

    pub(super) fn transfer(&self) -> Option<&Transfer> {
        match &self.origin {
            Origin::Handle(transfer) => Some(transfer),
            Origin::Waiter(_) | Origin::Driver(..) => None,
        }
    }

    pub(super) fn transfer_mut(&mut self) -> Option<&mut Transfer> {
        match &mut self.origin {
            Origin::Handle(transfer) => Some(transfer),
            Origin::Waiter(_) | Origin::Driver(..) => None,
        }
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: the packet lives as long as the request, and this is asked only when nobody has the request.
        unsafe { core::slice::from_raw_parts(self.packet.cast(), size_of::<Packet>()) }
    }

    /// Notes how a request looks that was given back, unless somebody is still cancelling it. Its first driver's
    /// location is the current one again: who goes on with the request gets as far as his next call.
    fn seal(&mut self) {
        if self.cancelling == 0 {
            // SAFETY: the packet lives as long as the request, and nobody has it any more; here and below.
            let packet = unsafe { &mut *self.packet };
            let first = packet.irp.StackCount as usize - 1;
            packet.irp.Tail.Overlay.CurrentStackLocation = &raw mut packet.stack[first];
            self.left_as = Some(self.bytes().into());
        }
    }
}

/// The requests of one run.
#[derive(Default)]
pub(super) struct Requests(Vec<Request>);

impl Requests {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Request> {
        self.0.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Request> {
        self.0.iter_mut()
    }

    /// Returns a request that was not given back yet.
    pub(super) fn out(&mut self, irp: PIRP) -> Option<&mut Request> {
        self.find(irp).filter(|request| request.is_out())
    }

    fn find(&mut self, irp: PIRP) -> Option<&mut Request> {
        self.0.iter_mut().rfind(|request| request.irp() == irp)
    }

    /// What is wrong at the end of a run.
    pub(super) fn left_over(&self) -> Option<String> {
        let is_touched = |r: &&Request| r.left_as.as_deref().is_some_and(|bytes| bytes != r.bytes());
        let left = self.0.iter().filter(|request| request.is_out()).count();
        if left > 0 {
            return Some(format!("{left} requests were never completed"));
        }
        self.0.iter().find(is_touched).map(|_| "a request was written to after its completion".into())
    }
}

/// Ends a request's being cancelled.
pub(super) fn end_cancelling(irp: PIRP) {
    nt(|nt| {
        if let Some(request) = nt.requests.find(irp) {
            request.cancelling -= 1;
            if !request.is_out() {
                request.seal();
            }
        }
    });
}

/// Makes a request to the top of a device's stack. Its first stack location is still to be filled in, as
/// IoGetNextIrpStackLocation has it; PnP and power requests begin as not supported.
pub(super) fn make(top: PDEVICE_OBJECT, origin: Origin) -> PIRP {
    // SAFETY: numbers, null pointers and routines that are none: all zeros is a value of each.
    let packet: *mut Packet = Box::into_raw(Box::new(unsafe { core::mem::zeroed() }));
    // SAFETY: a device object that is there; the packet is ours; here and below.
    let stack_count = unsafe { (*top).StackSize };
    assert!(stack_count as usize <= LOCATIONS, "a stack of {stack_count} drivers");
    // SAFETY: as above.
    let irp = unsafe { &mut (*packet).irp };
    (irp.Type, irp.Size) = (6, size_of::<Packet>() as u16);
    (irp.StackCount, irp.CurrentLocation) = (stack_count, stack_count + 1);
    irp.IoStatus = status_block(STATUS_NOT_SUPPORTED, 0);
    // SAFETY: as above.
    let stack = unsafe { (&raw mut (*packet).stack).cast::<IO_STACK_LOCATION>() };
    // The first driver's location is the last: they are used downwards.
    irp.Tail.Overlay.CurrentStackLocation = stack.wrapping_add(stack_count as usize);
    reference(top);
    let request = Request {
        packet,
        top,
        origin,
        result: None,
        cancelling: 0,
        left_as: None,
        passages: [Passage::default(); LOCATIONS + 1],
    };
    nt(|nt| nt.requests.0.push(request));
    packet.cast()
}

pub(super) const fn status_block(status: NTSTATUS, information: usize) -> IO_STATUS_BLOCK {
    IO_STATUS_BLOCK { __bindgen_anon_1: IO_STATUS_BLOCK_VARIANT { Status: status }, Information: information }
}

/// Returns the status of a block that a request has.
pub(super) fn status_of(block: &IO_STATUS_BLOCK) -> NTSTATUS {
    // SAFETY: the status is the member that drivers and the I/O manager use.
    unsafe { block.__bindgen_anon_1.Status }
}

/// Returns the current stack location.
///
/// # Safety
/// The request is the caller's.
pub(super) unsafe fn location_of(irp: PIRP) -> IO_STACK_LOCATION {
    // SAFETY: the caller's promise; here and below.
    let location = unsafe { IoGetCurrentIrpStackLocation(irp) };
    // SAFETY: as above.
    unsafe { *location }
}

/// Sends a request that [`make`] made with a waiter, and waits for it. At PASSIVE_LEVEL.
pub(super) fn send_and_wait(top: PDEVICE_OBJECT, fill: impl FnOnce(&mut IO_STACK_LOCATION)) -> NTSTATUS {
    let done = kernel::create_event();
    let irp = make(top, Origin::Waiter(done));
    send(top, irp, fill);
    kernel::wait_event(done);
    result_of(irp).unwrap_or(STATUS_PENDING)
}

/// Returns what a request came back with, if it did.
pub(super) fn result_of(irp: PIRP) -> Option<NTSTATUS> {
    let result = nt(|nt| nt.requests.find(irp).and_then(|request| request.result));
    result.map(|result| status_of(&result))
}

/// Fills in a request's first stack location and sends it. It may be gone when this returns.
pub(super) fn send(top: PDEVICE_OBJECT, irp: PIRP, fill: impl FnOnce(&mut IO_STACK_LOCATION)) {
    // SAFETY: the request is ours, and has a location for each driver of the stack; here and below.
    let next = unsafe { IoGetNextIrpStackLocation(irp) };
    // SAFETY: as above.
    fill(unsafe { &mut *next });
    // SAFETY: as above.
    unsafe { IofCallDriver(top, irp) };
}

/// Ends the run if a request was completed.
pub(super) fn require_out(irp: PIRP, caller: &str) {
    if nt(|nt| nt.requests.out(irp).is_none()) {
        fail("IrpDoubleComplete", format!("{caller}: the request was completed already (0x44)"));
    }
}

/// Notes something about a request at a stack location, if the request is still known.
pub(super) fn note(irp: PIRP, location: usize, act: impl FnOnce(&mut Passage)) -> Passage {
    nt(|nt| {
        let passage = nt.requests.find(irp).map(|request| &mut request.passages[location]);
        passage.map_or_else(Passage::default, |passage| {
            act(passage);
            *passage
        })
    })
}

/// A request is back where it came from.
pub(super) fn finish(irp: PIRP) {
    // SAFETY: all drivers are done with the request.
    let result = unsafe { (*irp).IoStatus };
    check_information(irp, result.Information);
    let ended = nt(|nt| {
        let request = nt.requests.out(irp)?;
        request.result = Some(result);
        request.seal();
        let status = status_of(&result);
        let waiter = match &mut request.origin {
            Origin::Handle(transfer) => {
                transfer.end(status, result.Information);
                None
            }
            Origin::Waiter(event) => Some(*event),
            Origin::Driver(event, block) => {
                // SAFETY: the driver keeps both until it has waited.
                unsafe { block.write(result) };
                // SAFETY: as above.
                Some(unsafe { event_at(*event) })
            }
        };
        Some((request.top, waiter))
    });
    let Some((top, waiter)) = ended else { return };
    dereference(top);
    waiter.into_iter().for_each(kernel::set_event);
}

fn check_information(irp: PIRP, information: usize) {
    let len = nt(|nt| nt.requests.out(irp).and_then(|request| request.transfer().map(Transfer::len)));
    if len.is_some_and(|len| information > len) {
        fail(
            "IrpStatus",
            format!("a request is said to have moved {information} bytes: more than there are"),
        );
    }
}
