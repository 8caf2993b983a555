//! Those who have a handle to a device: their requests, by which ticket they know them, and what came of them.

use dirql_ddi::wdf::{
    WDF_REQUEST_TYPE, WdfRequestTypeDeviceControl, WdfRequestTypeRead, WdfRequestTypeWrite,
};
use dirql_ddi::{
    NTSTATUS, STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_DEVICE_REQUEST, STATUS_SUCCESS, ULONG,
};

use super::device::{self, Framework};
use super::object::{self, Kind, ObjectId};
use super::request::{self, Request};
use super::{dispatch, init, objects, pnp, queue, wdf};
use crate::bus::DeviceId;
use crate::context::inert;
use crate::event::EventId;
use crate::irql::DISPATCH;
use crate::kernel;

const TAG: u32 = u32::from_le_bytes(*b"IoSB");
/// What the I/O manager says of a device that is not there.
const STATUS_NO_SUCH_DEVICE: NTSTATUS = 0xC000_000E_u32 as i32;
const STATUS_INVALID_DEVICE_STATE: NTSTATUS = dirql_ddi::STATUS_INVALID_DEVICE_STATE;

/// Names a request to the one who made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u32);

impl Ticket {
    /// Returns how many requests were made before this one.
    pub fn number(self) -> u64 {
        self.0.into()
    }
}

/// A request as its maker has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Io<'d> {
    /// For so many bytes.
    Read(usize),
    /// Of these bytes.
    Write(&'d [u8]),
    /// A METHOD_BUFFERED control code, its input, and for how many bytes of output there is room.
    Control(ULONG, &'d [u8], usize),
}

impl Io<'_> {
    fn kind(&self) -> (WDF_REQUEST_TYPE, ULONG) {
        match self {
            Self::Read(_) => (WdfRequestTypeRead, 0),
            Self::Write(_) => (WdfRequestTypeWrite, 0),
            Self::Control(code, ..) => (WdfRequestTypeDeviceControl, *code),
        }
    }

    fn input(&self) -> &[u8] {
        match self {
            Self::Read(_) => &[],
            Self::Write(data) | Self::Control(_, data, _) => data,
        }
    }

    fn output_len(&self) -> usize {
        match *self {
            Self::Read(len) | Self::Control(_, _, len) => len,
            Self::Write(_) => 0,
        }
    }

    /// Says whether the framework completes it by itself (AllowZeroLengthRequests is FALSE).
    fn is_empty(&self) -> bool {
        matches!(self, Self::Read(0) | Self::Write([]))
    }
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// Which request it was.
    pub ticket: Ticket,
    /// What its driver, or the framework, completed it with.
    pub status: NTSTATUS,
    /// How many bytes were transferred.
    pub information: usize,
    /// What a read or a control code returned.
    pub data: Vec<u8>,
}

/// The requests of a run, as their makers know them.
#[derive(Default)]
pub(super) struct Callers {
    made: u32,
    completed: Vec<Completed>,
    waiting: Vec<(Ticket, EventId)>,
}

impl Callers {
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

/// Sends a request to a device and returns its ticket. It may be completed by then. At PASSIVE_LEVEL; KMDF's queues
/// are now and then given it at DISPATCH_LEVEL, as by a driver above.
pub fn submit(device: DeviceId, io: &Io<'_>) -> Ticket {
    let ticket = wdf(|wdf| {
        wdf.callers.made += 1;
        Ticket(wdf.callers.made - 1)
    });
    kernel::pause();
    if let Err(status) = send(device, io, ticket) {
        completed(ticket, status, 0, Vec::new());
    }
    ticket
}

fn send(device: DeviceId, io: &Io<'_>, ticket: Ticket) -> Result<(), NTSTATUS> {
    let device = pnp::find(device).ok_or(STATUS_NO_SUCH_DEVICE)?;
    let queue = queue::default_of(device).ok_or(STATUS_INVALID_DEVICE_REQUEST)?;
    if io.is_empty() {
        completed(ticket, STATUS_SUCCESS, 0, Vec::new());
        return Ok(());
    }
    let request = create(device, io, ticket, queue)?;
    let is_kernel = device::get(device).framework == Framework::Kernel;
    let raised = (is_kernel && kernel::choose(2) == 1).then(|| kernel::raise_irql(DISPATCH));
    if queue::enqueue(queue, request) {
        dispatch::dispatch(queue);
    } else {
        request::refuse(request, STATUS_INVALID_DEVICE_STATE);
    }
    raised.into_iter().for_each(kernel::lower_irql);
    Ok(())
}

fn create(device: ObjectId, io: &Io<'_>, ticket: Ticket, queue: ObjectId) -> Result<ObjectId, NTSTATUS> {
    let (input, output_len) = (io.input(), io.output_len());
    let buffer = kernel::allocate_pool(input.len().max(output_len).max(1), TAG);
    if buffer.is_null() {
        return Err(STATUS_INSUFFICIENT_RESOURCES);
    }
    // SAFETY: the buffer was allocated just now, as long as that.
    unsafe { core::slice::from_raw_parts_mut(buffer, input.len()) }.copy_from_slice(input);
    let request = Request::new(ticket, io.kind(), buffer, (input.len(), output_len), queue);
    let mut attributes = init::request_attributes(device);
    // SAFETY: the driver passed these attributes, whose context type outlives its objects.
    unsafe { object::create(Kind::Request(request), Some(device), &raw mut attributes) }.inspect_err(|_| {
        // SAFETY: nobody knows it yet.
        unsafe { kernel::free_pool(buffer) };
    })
}

/// Cancels a request, if it is not completed yet.
pub fn cancel(ticket: Ticket) {
    kernel::pause();
    let found =
        objects(|o| o.find(|kind| matches!(kind, Kind::Request(request) if request.ticket == ticket)));
    if let Some(request) = found {
        request::cancel(request);
    }
}

/// Notes what came of a request, and wakes who waits for that.
pub(super) fn completed(ticket: Ticket, status: NTSTATUS, information: usize, data: Vec<u8>) {
    let waiting = wdf(|wdf| {
        wdf.callers.completed.push(Completed { ticket, status, information, data });
        let (ready, waiting) = wdf.callers.waiting.drain(..).partition(|&(waits, _)| waits == ticket);
        wdf.callers.waiting = waiting;
        let ready: Vec<(Ticket, EventId)> = ready;
        ready
    });
    waiting.into_iter().for_each(|(_, event)| kernel::set_event(event));
}

/// Takes what came of a request, if it was completed.
pub fn take(ticket: Ticket) -> Option<Completed> {
    wdf(|wdf| {
        let at = wdf.callers.completed.iter().position(|completed| completed.ticket == ticket)?;
        Some(wdf.callers.completed.remove(at))
    })
}

/// Takes all completions that nobody took, in their order.
pub fn take_completed() -> Vec<Completed> {
    wdf(|wdf| core::mem::take(&mut wdf.callers.completed))
}

/// Waits until a request is completed, and takes what came of it. At PASSIVE_LEVEL.
pub fn wait(ticket: Ticket) -> Option<Completed> {
    loop {
        if let Some(completed) = take(ticket) {
            return Some(completed);
        }
        if inert() {
            return None;
        }
        let event = kernel::create_event();
        wdf(|wdf| wdf.callers.waiting.push((ticket, event)));
        kernel::wait_event(event);
    }
}

/// Says how many requests have been made and are not completed.
pub fn outstanding() -> usize {
    objects(|o| o.count(|kind| matches!(kind, Kind::Request(_))))
}
