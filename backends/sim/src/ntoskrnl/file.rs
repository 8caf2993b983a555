//! Threads with handles: they open a device, read, write, ask, cancel and close. At PASSIVE_LEVEL, all of them.

use dirql_ddi::{
    FILE_OBJECT, IO_STACK_LOCATION, IO_STACK_LOCATION_PARAMETERS, IRP, IRP_MJ_CLEANUP, IRP_MJ_CLOSE,
    IRP_MJ_CREATE, IRP_MJ_DEVICE_CONTROL, IRP_MJ_READ, IRP_MJ_WRITE, KPROCESSOR_MODE, MDL,
    MDL_MAPPED_TO_SYSTEM_VA, MDL_PAGES_LOCKED, NT_SUCCESS, NTSTATUS, PFILE_OBJECT, PIRP, PMDL, PVOID,
    STATUS_NOT_FOUND, UCHAR, ULONG,
};

use super::device_object::top_of;
use super::request::{Origin, Request, make, send, send_and_wait};
use super::{interface, nt};
use crate::bus::DeviceId;
use crate::kernel::{self, fail};

const FILES_AT: usize = 0xffff_e000_0000_0000;
const FILE_STRIDE: usize = 0x100;
const PAGE: usize = 4096;

/// A handle to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    device: DeviceId,
    number: usize,
}

impl File {
    fn object(self) -> PFILE_OBJECT {
        core::ptr::without_provenance_mut::<FILE_OBJECT>(FILES_AT + self.number * FILE_STRIDE)
    }
}

/// What a request came back with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// What the request was called.
    pub number: u64,
    /// Its status.
    pub status: NTSTATUS,
    /// How many bytes were moved.
    pub information: usize,
    /// What was read, or answered.
    pub bytes: Vec<u8>,
}

/// The memory of a request, and what it is called.
pub(super) struct Transfer {
    file: File,
    number: u64,
    /// Where the driver writes, or what it is to send.
    buffer: Box<[u8]>,
    is_write: bool,
    mdl: Box<MDL>,
    /// What the thread has not taken yet.
    completed: Option<Completed>,
}

impl Transfer {
    fn new(file: File, number: u64, mut buffer: Box<[u8]>, is_write: bool) -> Self {
        let mdl = Box::new(describe(&mut buffer));
        Self { file, number, buffer, is_write, mdl, completed: None }
    }

    /// Returns how many bytes the request can move.
    pub(super) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Takes the result.
    pub(super) fn end(&mut self, status: NTSTATUS, information: usize) {
        // An error has no answer; a warning, such as STATUS_BUFFER_OVERFLOW, has.
        let has_answer = !self.is_write && status as u32 >> 30 != 3;
        let bytes = self.buffer.get(..information).filter(|_| has_answer).unwrap_or_default().to_vec();
        self.completed = Some(Completed { number: self.number, status, information, bytes });
    }
}

/// An MDL of locked memory that is not mapped for the driver.
fn describe(memory: &mut [u8]) -> MDL {
    let address = memory.as_mut_ptr();
    let offset = address.addr() % PAGE;
    MDL {
        Next: core::ptr::null_mut(),
        Size: size_of::<MDL>() as i16,
        MdlFlags: MDL_PAGES_LOCKED,
        Process: core::ptr::null_mut(),
        MappedSystemVa: core::ptr::null_mut(),
        StartVa: address.wrapping_sub(offset).cast(),
        ByteCount: memory.len() as u32,
        ByteOffset: offset as u32,
    }
}

/// Opens a device.
///
/// # Errors
/// STATUS_NOT_FOUND if no interface of it is enabled; what the driver answers.
pub fn open(device: DeviceId) -> Result<File, NTSTATUS> {
    if !interface::is_open(device) {
        return Err(STATUS_NOT_FOUND);
    }
    let number = nt(|nt| {
        nt.files += 1;
        nt.files
    });
    let file = File { device, number };
    match ask(file, IRP_MJ_CREATE) {
        status if NT_SUCCESS(status) => Ok(file),
        status => Err(status),
    }
}

/// Closes a handle: IRP_MJ_CLEANUP, and when the last of its requests is back, IRP_MJ_CLOSE.
pub fn close(file: File) {
    for major in [IRP_MJ_CLEANUP, IRP_MJ_CLOSE] {
        ask(file, major);
        while outstanding(file) > 0 {
            kernel::sleep();
        }
    }
}

fn ask(file: File, major: UCHAR) -> NTSTATUS {
    send_and_wait(top_of(file.device), |location| {
        location.MajorFunction = major;
        location.FileObject = file.object();
    })
}

/// Asks for a frame of at most `len` bytes.
pub fn read(file: File, number: u64, len: usize) {
    let transfer = Transfer::new(file, number, vec![0; len].into(), false);
    start(transfer, IRP_MJ_READ, |irp, transfer, parameters| {
        irp.MdlAddress = &raw mut *transfer.mdl;
        parameters.Read.Length = len as u32;
    });
}

/// Hands over a frame to send.
pub fn write(file: File, number: u64, bytes: &[u8]) {
    let transfer = Transfer::new(file, number, bytes.into(), true);
    start(transfer, IRP_MJ_WRITE, |irp, transfer, parameters| {
        irp.MdlAddress = &raw mut *transfer.mdl;
        parameters.Write.Length = bytes.len() as u32;
    });
}

/// Sends a control code of METHOD_BUFFERED with its input, for an answer of at most `len` bytes.
pub fn control(file: File, number: u64, code: u32, input: &[u8], len: usize) {
    let mut buffer = input.to_vec();
    buffer.resize(len.max(input.len()), 0);
    let transfer = Transfer::new(file, number, buffer.into(), false);
    start(transfer, IRP_MJ_DEVICE_CONTROL, |irp, transfer, parameters| {
        irp.AssociatedIrp.SystemBuffer = transfer.buffer.as_mut_ptr().cast();
        // SAFETY: a control request has this member, and all zeros is a value of it.
        let parameters = unsafe { &mut parameters.DeviceIoControl };
        parameters.InputBufferLength = input.len() as u32;
        parameters.OutputBufferLength = len as u32;
        parameters.IoControlCode = code;
    });
}

fn start(
    transfer: Transfer,
    major: UCHAR,
    fill: impl FnOnce(&mut IRP, &mut Transfer, &mut IO_STACK_LOCATION_PARAMETERS),
) {
    let File { device, .. } = transfer.file;
    let object = transfer.file.object();
    let top = top_of(device);
    let irp = make(top, Origin::Handle(transfer));
    send(top, irp, |location: &mut IO_STACK_LOCATION| {
        location.MajorFunction = major;
        location.FileObject = object;
        nt(|nt| {
            // SAFETY: the request is ours until it is sent.
            let packet = unsafe { &mut *irp };
            if let Some(transfer) = nt.requests.out(irp).and_then(Request::transfer_mut) {
                fill(packet, transfer, &mut location.Parameters);
            }
        });
    });
}

/// Has a request cancelled, if it is still out. Says whether the driver's cancel routine was called.
pub fn cancel(file: File, number: u64) -> bool {
    let is_it = |request: &&Request| {
        request.is_out() && request.transfer().is_some_and(|t| (t.file, t.number) == (file, number))
    };
    let irp: Option<PIRP> = nt(|nt| nt.requests.iter().find(is_it).map(Request::irp));
    // SAFETY: the request is out, and cancelling keeps its memory.
    irp.is_some_and(|irp| unsafe { super::cancel::cancel(irp) })
}

/// Returns how many requests of a handle are out.
pub fn outstanding(file: File) -> usize {
    let is_it = |request: &&Request| request.is_out() && request.transfer().is_some_and(|t| t.file == file);
    nt(|nt| nt.requests.iter().filter(is_it).count())
}

/// Takes what came back, in no particular order.
pub fn take_completed(file: File) -> Vec<Completed> {
    nt(|nt| {
        let transfers = nt.requests.iter_mut().filter_map(Request::transfer_mut);
        transfers.filter(|t| t.file == file).filter_map(|t| t.completed.take()).collect()
    })
}

/// Maps a request's memory for the driver.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn MmMapLockedPagesSpecifyCache(
    MemoryDescriptorList: PMDL,
    _AccessMode: KPROCESSOR_MODE,
    _CacheType: i32,
    _RequestedAddress: PVOID,
    _BugCheckOnFailure: ULONG,
    _Priority: ULONG,
) -> PVOID {
    // SAFETY: the caller guarantees an MDL.
    let mdl = unsafe { &mut *MemoryDescriptorList };
    if mdl.MdlFlags & MDL_PAGES_LOCKED == 0 {
        fail("InvalidHandle", "MmMapLockedPagesSpecifyCache of memory that is not locked".into());
    }
    if kernel::is_denied() {
        return core::ptr::null_mut();
    }
    mdl.MappedSystemVa = mdl.StartVa.wrapping_byte_add(mdl.ByteOffset as usize);
    mdl.MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    mdl.MappedSystemVa
}

const _: () = {
    let _ = [MmMapLockedPagesSpecifyCache, dirql_ddi::MmMapLockedPagesSpecifyCache];
};
