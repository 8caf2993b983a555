//! The I/O manager: requests on their way down a stack of drivers and up again.
//!
//! Beside each request stands what was promised about it at each stack location: what the dispatch routine returned,
//! and how the request was when it went up past it. Whoever has given a request back may not touch it: it must look the
//! same when the run ends.

use dirql_ddi::{
    BOOLEAN, CCHAR, FALSE, IO_STACK_LOCATION, IO_STATUS_BLOCK, IO_STATUS_BLOCK_VARIANT, IRP,
    IoCopyCurrentIrpStackLocationToNext, IoGetCurrentIrpStackLocation, IoGetNextIrpStackLocation,
    IoMarkIrpPending, IoSetCompletionRoutine, LARGE_INTEGER, NT_SUCCESS, NTSTATUS, PDEVICE_OBJECT, PIRP,
    PRKEVENT, PVOID, SL_INVOKE_ON_CANCEL, SL_INVOKE_ON_ERROR, SL_INVOKE_ON_SUCCESS, SL_PENDING_RETURNED,
    STATUS_MORE_PROCESSING_REQUIRED, STATUS_NOT_SUPPORTED, STATUS_PENDING, TRUE, ULONG,
};

use super::device_object::{dereference, is_device_object, physical_of, reference};
use super::event::event_at;
use super::file::Transfer;
use super::{bus_driver, driver, nt};
use crate::context::{inert, with};
use crate::event::EventId;
use crate::irql::DISPATCH;
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
struct Passage {
    /// What the dispatch routine returned.
    returned: Option<NTSTATUS>,
    /// Its status when it went up from there, and whether it was marked pending.
    went_up: Option<(NTSTATUS, bool)>,
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

    /// Notes how a request looks that was given back, unless somebody is still cancelling it.
    fn seal(&mut self) {
        if self.cancelling == 0 {
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
    let result = nt(|nt| nt.requests.find(irp).and_then(|request| request.result));
    result.map_or(STATUS_PENDING, |result| status_of(&result))
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

// --- on the way down ---

fn require_low_level(caller: &str, code: &str) {
    let irql = kernel::irql();
    if irql > DISPATCH {
        fail("IrqlIo", format!("{caller} at IRQL {irql} ({code})"));
    }
}

fn require_out(irp: PIRP, caller: &str) {
    if nt(|nt| nt.requests.out(irp).is_none()) {
        fail("IrpDoubleComplete", format!("{caller}: the request was completed already (0x44)"));
    }
}

/// Notes something about a request at a stack location, if the request is still known.
fn note(irp: PIRP, location: usize, act: impl FnOnce(&mut Passage)) -> Passage {
    nt(|nt| {
        let passage = nt.requests.find(irp).map(|request| &mut request.passages[location]);
        passage.map_or_else(Passage::default, |passage| {
            act(passage);
            *passage
        })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IofCallDriver(DeviceObject: PDEVICE_OBJECT, Irp: PIRP) -> NTSTATUS {
    if inert() {
        return STATUS_NOT_SUPPORTED;
    }
    kernel::pause();
    require_low_level("IofCallDriver", "DV 0xC9/0x10");
    require_out(Irp, "IofCallDriver");
    if !is_device_object(DeviceObject) {
        fail("InvalidHandle", format!("IofCallDriver: {DeviceObject:?} is no device object (DV 0xC9/0x4)"));
    }
    // SAFETY: the request is the caller's.
    let (location, major) = unsafe { descend(DeviceObject, Irp) };
    note(Irp, location, |passage| *passage = Passage::default());
    let irql = kernel::irql();
    let status = match physical_of(DeviceObject) {
        // SAFETY: the request is the bus driver's now.
        Some(device) => unsafe { bus_driver::dispatch(device, Irp) },
        None => match driver::dispatch_routine(major) {
            // SAFETY: the driver gave this routine for its device objects, of which this is one.
            Some(routine) => unsafe { routine(DeviceObject, Irp) },
            None => fail("InvalidHandle", format!("there is no routine for requests of kind {major:#x}")),
        },
    };
    if !inert() {
        check_irql(irql);
        returned(Irp, location, status);
    }
    status
}

/// Makes the next stack location the current one, and returns its number and the major function.
///
/// # Safety
/// The request is the caller's.
unsafe fn descend(device_object: PDEVICE_OBJECT, irp: PIRP) -> (usize, u8) {
    // SAFETY: the caller's promise.
    let irp = unsafe { &mut *irp };
    irp.CurrentLocation -= 1;
    if irp.CurrentLocation <= 0 {
        fail("IrpStack", "a request is handed down with no stack location left (0x35)".into());
    }
    // SAFETY: the I/O manager uses this member of the union; here and below.
    let current = unsafe { &mut irp.Tail.Overlay.CurrentStackLocation };
    *current = current.wrapping_sub(1);
    // SAFETY: as above; the packet has as many locations as the number says.
    let current = unsafe { &mut **current };
    current.DeviceObject = device_object;
    (irp.CurrentLocation as usize, current.MajorFunction)
}

fn check_irql(before: u8) {
    let after = kernel::irql();
    if after != before {
        fail(
            "IrqlReturn",
            format!("a dispatch routine was entered at IRQL {before}, left at {after} (DV 0xC9/0x5)"),
        );
    }
}

/// A dispatch routine has returned. If not STATUS_PENDING, the request has gone up past it.
fn returned(irp: PIRP, location: usize, status: NTSTATUS) {
    let passage = note(irp, location, |passage| passage.returned = Some(status));
    if status != STATUS_PENDING && passage.went_up.is_none() {
        fail(
            "PendedCompletedRequest",
            format!("a dispatch routine returns {status:#010x} and has not completed the request"),
        );
    }
    check_passage(passage);
}

/// What a dispatch routine returns must fit what became of the request.
fn check_passage(passage: Passage) {
    let Passage { returned: Some(returned), went_up: Some((status, was_marked)) } = passage else { return };
    match (returned == STATUS_PENDING, was_marked) {
        (true, false) => {
            fail("MarkIrpPending", "STATUS_PENDING is returned for a request that is not marked".into())
        }
        (false, true) => fail(
            "PendedCompletedRequest",
            format!("{returned:#010x} is returned for a request that is marked pending"),
        ),
        (false, false) if returned != status => fail(
            "IrpStatus",
            format!("{returned:#010x} is returned for a request completed with {status:#010x}"),
        ),
        _ => {}
    }
}

// --- on the way up ---

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IofCompleteRequest(Irp: PIRP, _PriorityBoost: CCHAR) {
    if inert() {
        return;
    }
    kernel::pause();
    require_low_level("IofCompleteRequest", "0xA");
    require_out(Irp, "IofCompleteRequest");
    // SAFETY: the request is the caller's to complete; here and below.
    let irp = unsafe { &*Irp };
    if status_of(&irp.IoStatus) == STATUS_PENDING {
        fail("IrpStatus", "a request is completed with STATUS_PENDING (DV 0xC9/0x6)".into());
    }
    if irp.CancelRoutine.is_some() {
        fail("IrpCancelRoutine", "a request is completed that can be cancelled (DV 0xC9/0x7)".into());
    }
    if with(|core| core.threads[core.running].held != 0) {
        fail("SpinLockSafe", "a request is completed under a lock".into());
    }
    // SAFETY: as above.
    unsafe { ascend(Irp) };
}

/// Takes a request up, past one driver after the other, until one wants it back or it is at its origin.
///
/// # Safety
/// The request is the caller's.
unsafe fn ascend(irp: PIRP) {
    loop {
        // SAFETY: the request is ours until a completion routine keeps it; here and below.
        let current = unsafe { location_of(irp) };
        // SAFETY: as above.
        let packet = unsafe { &mut *irp };
        let location = packet.CurrentLocation as usize;
        let was_marked = current.Control & SL_PENDING_RETURNED != 0;
        packet.PendingReturned = was_marked.into();
        let status = status_of(&packet.IoStatus);
        check_passage(note(irp, location, |passage| passage.went_up = Some((status, was_marked))));
        packet.CurrentLocation += 1;
        // SAFETY: as above.
        let place = unsafe { &mut packet.Tail.Overlay.CurrentStackLocation };
        *place = place.wrapping_add(1);
        let is_at_origin = packet.CurrentLocation > packet.StackCount;
        if wants(&current, status, packet.Cancel != FALSE) {
            // SAFETY: the location is the driver's that set the routine; none is above the first.
            let device = if is_at_origin { core::ptr::null_mut() } else { unsafe { (**place).DeviceObject } };
            let Some(routine) = current.CompletionRoutine else { return };
            // SAFETY: the driver set this routine for this context.
            if unsafe { routine(device, irp, current.Context) } == STATUS_MORE_PROCESSING_REQUIRED {
                return;
            }
        } else if was_marked && !is_at_origin {
            // SAFETY: the request is ours, and has a location here.
            unsafe { IoMarkIrpPending(irp) };
        }
        if is_at_origin {
            return finish(irp);
        }
    }
}

fn wants(location: &IO_STACK_LOCATION, status: NTSTATUS, is_cancelled: bool) -> bool {
    let asked = |flag| location.Control & flag != 0;
    let result = if NT_SUCCESS(status) { asked(SL_INVOKE_ON_SUCCESS) } else { asked(SL_INVOKE_ON_ERROR) };
    location.CompletionRoutine.is_some() && (result || is_cancelled && asked(SL_INVOKE_ON_CANCEL))
}

/// A request is back where it came from.
fn finish(irp: PIRP) {
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

// --- down and up again ---

/// What IoForwardIrpSynchronously waits by.
unsafe extern "C-unwind" fn forwarded(_: PDEVICE_OBJECT, _: PIRP, context: PVOID) -> NTSTATUS {
    kernel::set_event(EventId(context.addr() as u16));
    STATUS_MORE_PROCESSING_REQUIRED
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoForwardIrpSynchronously(DeviceObject: PDEVICE_OBJECT, Irp: PIRP) -> BOOLEAN {
    if inert() {
        return FALSE;
    }
    require_out(Irp, "IoForwardIrpSynchronously");
    // SAFETY: the request is the caller's; here and below.
    if unsafe { (*Irp).CurrentLocation } <= 1 {
        return FALSE;
    }
    let done = kernel::create_event();
    // SAFETY: as above, and there is a location left.
    unsafe { IoCopyCurrentIrpStackLocationToNext(Irp) };
    let context = core::ptr::without_provenance_mut(done.0.into());
    // SAFETY: as above; the routine takes the number of an event.
    unsafe { IoSetCompletionRoutine(Irp, Some(forwarded), context, TRUE, TRUE, TRUE) };
    // SAFETY: as above.
    unsafe { IofCallDriver(DeviceObject, Irp) };
    kernel::wait_event(done);
    TRUE
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoBuildSynchronousFsdRequest(
    MajorFunction: ULONG,
    DeviceObject: PDEVICE_OBJECT,
    Buffer: PVOID,
    _Length: ULONG,
    _StartingOffset: *mut LARGE_INTEGER,
    Event: PRKEVENT,
    IoStatusBlock: *mut IO_STATUS_BLOCK,
) -> PIRP {
    kernel::require_passive("IrqlIo", "IoBuildSynchronousFsdRequest");
    if !is_device_object(DeviceObject) || !Buffer.is_null() {
        fail("InvalidHandle", "IoBuildSynchronousFsdRequest for no device object, or with a buffer".into());
    }
    if kernel::is_denied() {
        return core::ptr::null_mut();
    }
    let irp = make(DeviceObject, Origin::Driver(Event, IoStatusBlock));
    // SAFETY: the request is ours, and has a location for each driver of the stack; here and below.
    let next = unsafe { IoGetNextIrpStackLocation(irp) };
    // SAFETY: as above.
    unsafe { (*next).MajorFunction = MajorFunction as u8 };
    irp
}

const _: () = {
    let _ = [IoBuildSynchronousFsdRequest, dirql_ddi::IoBuildSynchronousFsdRequest];
    let _ = [IofCallDriver, dirql_ddi::IofCallDriver];
    let _ = [IofCompleteRequest, dirql_ddi::IofCompleteRequest];
    let _ = [IoForwardIrpSynchronously, dirql_ddi::IoForwardIrpSynchronously];
};
