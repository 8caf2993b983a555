//! The least function driver: it reads when it is told to, and makes one mistake, if any.
#![allow(unreachable_pub, reason = "as in the other parts")]

use core::cell::Cell;
use core::ptr::null_mut;

use dirql_ddi::*;
use dirql_sim::kernel;
use dirql_sim::ntoskrnl::{self, File, Interrupts};

use super::BUTTON;

/// What the driver does wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mistake {
    #[default]
    None,
    CompletesTwice,
    TouchesLater,
    NeverCompletes,
    RunsOutOfLocations,
    CompletesAsPending,
    MovesTooMuch,
    ReturnsAnotherStatus,
    LeavesCancelRoutine,
    ForgetsToMark,
    MarksForNothing,
    ReturnsEarly,
    CompletesUnderLock,
    CancelsToWrongIrql,
    KeepsCancelLock,
    ReleasesTwice,
    CreatesAtDispatch,
    AttachesNothing,
    StaysAttached,
    StaysInitializing,
    KeepsDevice,
    KeepsInterface,
    RefusesRemoval,
    CallsAtDirql,
}

thread_local! {
    static MISTAKE: Cell<Mistake> = const { Cell::new(Mistake::None) };
    /// The read that waits.
    static WAITING: Cell<PIRP> = const { Cell::new(null_mut()) };
}

fn makes(mistake: Mistake) -> bool {
    MISTAKE.get() == mistake
}

struct Extension {
    lower: PDEVICE_OBJECT,
    interface: UNICODE_STRING,
    remove_lock: IO_REMOVE_LOCK,
}

const LOCK_LEN: u32 = size_of::<IO_REMOVE_LOCK>() as u32;

unsafe fn extension<'e>(object: PDEVICE_OBJECT) -> &'e mut Extension {
    // SAFETY: every device object of this driver's has one; here and below.
    let place = unsafe { (*object).DeviceExtension };
    // SAFETY: as above.
    unsafe { &mut *place.cast() }
}

/// Loads the driver, adds the button and starts it.
pub fn bring_up(mistake: Mistake) -> File {
    MISTAKE.set(mistake);
    WAITING.set(null_mut());
    assert_eq!(ntoskrnl::load(driver_entry), STATUS_SUCCESS);
    assert_eq!(ntoskrnl::add_device(BUTTON), STATUS_SUCCESS);
    assert_eq!(ntoskrnl::start_device(BUTTON, 32, Interrupts::Line), STATUS_SUCCESS);
    ntoskrnl::open(BUTTON).unwrap()
}

/// Removes the button and unloads the driver.
pub fn tear_down(file: File) {
    ntoskrnl::close(file);
    assert!(ntoskrnl::query_remove(BUTTON));
    ntoskrnl::remove(BUTTON);
    ntoskrnl::unload();
}

/// Completes the read that waits, if nobody was faster.
pub fn satisfy() {
    let irp = WAITING.replace(null_mut());
    // SAFETY: the read waits; whoever clears its cancel routine has it.
    if !irp.is_null() && unsafe { IoSetCancelRoutine(irp, None) }.is_some() {
        complete(irp, STATUS_SUCCESS);
    }
}

/// Has the read that waits cancelled by the driver itself, under a level that it comes back to.
pub fn cancel_waiting() -> bool {
    let mut old = 0;
    // SAFETY: the level is ours, and the lock is given back; here and below.
    unsafe { IoAcquireCancelSpinLock(&raw mut old) };
    // SAFETY: as above.
    unsafe { IoReleaseCancelSpinLock(old) };
    // SAFETY: the read waits.
    old == PASSIVE_LEVEL && unsafe { IoCancelIrp(WAITING.get()) } == TRUE
}

fn complete(irp: PIRP, status: NTSTATUS) -> NTSTATUS {
    // SAFETY: the request is the driver's, or it is not and that is what a test is about; here and below.
    let block = unsafe { &mut (*irp).IoStatus };
    block.__bindgen_anon_1.Status = status;
    block.Information = if makes(Mistake::MovesTooMuch) { 1000 } else { 0 };
    // SAFETY: as above.
    unsafe { IofCompleteRequest(irp, IO_NETWORK_INCREMENT) };
    status
}

unsafe extern "C-unwind" fn driver_entry(driver: PDRIVER_OBJECT, _: PUNICODE_STRING) -> NTSTATUS {
    // SAFETY: the driver object is ours to fill in; here and below.
    let driver = unsafe { &mut *driver };
    driver.DriverUnload = Some(unload);
    // SAFETY: as above.
    unsafe { (*driver.DriverExtension).AddDevice = Some(add_device) };
    for major in [IRP_MJ_CREATE, IRP_MJ_CLOSE, IRP_MJ_CLEANUP] {
        driver.MajorFunction[usize::from(major)] = Some(succeed);
    }
    driver.MajorFunction[usize::from(IRP_MJ_READ)] = Some(read);
    driver.MajorFunction[usize::from(IRP_MJ_PNP)] = Some(pnp);
    driver.MajorFunction[usize::from(IRP_MJ_POWER)] = Some(pass_down);
    STATUS_SUCCESS
}

unsafe extern "C-unwind" fn unload(_: PDRIVER_OBJECT) {}

unsafe extern "C-unwind" fn add_device(driver: PDRIVER_OBJECT, physical: PDEVICE_OBJECT) -> NTSTATUS {
    if makes(Mistake::AttachesNothing) {
        return STATUS_SUCCESS;
    }
    if makes(Mistake::CreatesAtDispatch) {
        kernel::raise_irql(DISPATCH_LEVEL);
    }
    let (mut object, size) = (null_mut(), size_of::<Extension>() as u32);
    // SAFETY: the arguments are the PnP manager's; here and below.
    unsafe { IoCreateDevice(driver, size, null_mut(), FILE_DEVICE_UNKNOWN, 0, FALSE, &raw mut object) };
    // SAFETY: as above.
    let extension = unsafe { extension(object) };
    // SAFETY: as above.
    extension.lower = unsafe { IoAttachDeviceToDeviceStack(object, physical) };
    let guid = GUID { Data1: 1, Data2: 2, Data3: 3, Data4: [4; 8] };
    let name = &raw mut extension.interface;
    // SAFETY: as above.
    unsafe { IoRegisterDeviceInterface(physical, &raw const guid, null_mut(), name) };
    // SAFETY: as above.
    unsafe { IoInitializeRemoveLockEx(&raw mut extension.remove_lock, 0, 0, 0, LOCK_LEN) };
    if !makes(Mistake::StaysInitializing) {
        // SAFETY: as above.
        unsafe { (*object).Flags &= !DO_DEVICE_INITIALIZING };
    }
    STATUS_SUCCESS
}

unsafe extern "C-unwind" fn succeed(_: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    complete(irp, STATUS_SUCCESS)
}

unsafe extern "C-unwind" fn pass_down(object: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    // SAFETY: the request is the driver's; here and below.
    unsafe { IoSkipCurrentIrpStackLocation(irp) };
    // SAFETY: as above.
    let lower = unsafe { extension(object) }.lower;
    // SAFETY: as above.
    unsafe { IofCallDriver(lower, irp) }
}

unsafe extern "C-unwind" fn read(object: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    match MISTAKE.get() {
        Mistake::CompletesTwice => {
            complete(irp, STATUS_SUCCESS);
            complete(irp, STATUS_SUCCESS)
        }
        Mistake::TouchesLater => {
            complete(irp, STATUS_SUCCESS);
            // SAFETY: the request's memory stays until the run ends.
            unsafe { (*irp).UserBuffer = irp.cast() };
            STATUS_SUCCESS
        }
        Mistake::MovesTooMuch => complete(irp, STATUS_SUCCESS),
        Mistake::CompletesAsPending => complete(irp, STATUS_PENDING),
        Mistake::ReturnsAnotherStatus => {
            complete(irp, STATUS_SUCCESS);
            STATUS_UNSUCCESSFUL
        }
        Mistake::ForgetsToMark => {
            complete(irp, STATUS_SUCCESS);
            STATUS_PENDING
        }
        Mistake::MarksForNothing => {
            // SAFETY: the request is the driver's.
            unsafe { IoMarkIrpPending(irp) };
            complete(irp, STATUS_SUCCESS)
        }
        Mistake::ReturnsEarly => STATUS_SUCCESS,
        // SAFETY: the arguments are the I/O manager's.
        Mistake::RunsOutOfLocations => unsafe { send_to_itself(object, irp) },
        Mistake::CompletesUnderLock => complete_under_lock(irp),
        Mistake::CallsAtDirql => {
            kernel::raise_irql(DISPATCH_LEVEL + 1);
            complete(irp, STATUS_SUCCESS)
        }
        Mistake::LeavesCancelRoutine => {
            // SAFETY: the request is the driver's.
            unsafe { IoSetCancelRoutine(irp, Some(cancel)) };
            complete(irp, STATUS_SUCCESS)
        }
        // SAFETY: the arguments are the I/O manager's.
        _ => unsafe { wait(object, irp) },
    }
}

/// Sends a request to its own device object, until there is no stack location left.
unsafe fn send_to_itself(object: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    // SAFETY: the request is the driver's, as often as it is sent; here and below.
    if unsafe { (*irp).CurrentLocation } > 1 {
        // SAFETY: as above.
        unsafe { IoCopyCurrentIrpStackLocationToNext(irp) };
    }
    // SAFETY: as above.
    unsafe { IofCallDriver(object, irp) }
}

fn complete_under_lock(irp: PIRP) -> NTSTATUS {
    let mut lock = 0;
    // SAFETY: the lock is ours; here and below.
    unsafe { KeInitializeSpinLock(&raw mut lock) };
    // SAFETY: as above.
    unsafe { KeAcquireSpinLockRaiseToDpc(&raw mut lock) };
    complete(irp, STATUS_SUCCESS)
}

/// Lets the read wait, with a cancel routine.
unsafe fn wait(object: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    // SAFETY: the request is the driver's, the extension initialized; here and below.
    let lock = unsafe { &raw mut extension(object).remove_lock };
    // SAFETY: as above.
    assert_eq!(unsafe { IoAcquireRemoveLockEx(lock, irp.cast(), null_mut(), 0, LOCK_LEN) }, STATUS_SUCCESS);
    // SAFETY: as above.
    unsafe { IoMarkIrpPending(irp) };
    WAITING.set(irp);
    // SAFETY: as above.
    unsafe { IoSetCancelRoutine(irp, Some(cancel)) };
    let releases = if makes(Mistake::ReleasesTwice) { 2 } else { 1 };
    for _ in 0..releases {
        // SAFETY: acquired above, or not and that is what a test is about.
        unsafe { IoReleaseRemoveLockEx(lock, irp.cast(), LOCK_LEN) };
    }
    STATUS_PENDING
}

unsafe extern "C-unwind" fn cancel(_: PDEVICE_OBJECT, irp: PIRP) {
    WAITING.set(null_mut());
    // SAFETY: the request is being cancelled.
    let old = unsafe { (*irp).CancelIrql };
    match MISTAKE.get() {
        Mistake::KeepsCancelLock => return,
        // SAFETY: a cancel routine holds the lock; here and below.
        Mistake::CancelsToWrongIrql => unsafe { IoReleaseCancelSpinLock(DISPATCH_LEVEL) },
        // SAFETY: as above.
        _ => unsafe { IoReleaseCancelSpinLock(old) },
    }
    complete(irp, STATUS_CANCELLED);
}

unsafe extern "C-unwind" fn pnp(object: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    // SAFETY: the request is the driver's; here and below.
    let location = unsafe { IoGetCurrentIrpStackLocation(irp) };
    // SAFETY: as above.
    let extension = unsafe { extension(object) };
    // SAFETY: as above.
    match unsafe { (*location).MinorFunction } {
        IRP_MN_START_DEVICE => {
            // SAFETY: as above.
            unsafe { IoForwardIrpSynchronously(extension.lower, irp) };
            // SAFETY: as above.
            unsafe { IoSetDeviceInterfaceState(&raw mut extension.interface, TRUE) };
            complete(irp, STATUS_SUCCESS)
        }
        IRP_MN_REMOVE_DEVICE if makes(Mistake::RefusesRemoval) => complete(irp, STATUS_UNSUCCESSFUL),
        // SAFETY: as above.
        IRP_MN_REMOVE_DEVICE => unsafe { remove(object, irp) },
        // SAFETY: as above.
        _ => unsafe { pass_down(object, irp) },
    }
}

unsafe fn remove(object: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    // SAFETY: the arguments are the I/O manager's; here and below.
    let Extension { lower, interface, remove_lock } = unsafe { extension(object) };
    let (name, lock, lower) = (&raw mut *interface, &raw mut *remove_lock, *lower);
    if !makes(Mistake::KeepsInterface) {
        // SAFETY: as above.
        unsafe { IoSetDeviceInterfaceState(name, FALSE) };
    }
    // SAFETY: as above.
    unsafe { RtlFreeUnicodeString(name) };
    // SAFETY: as above.
    unsafe { IoAcquireRemoveLockEx(lock, irp.cast(), null_mut(), 0, LOCK_LEN) };
    // SAFETY: as above.
    unsafe { IoReleaseRemoveLockAndWaitEx(lock, irp.cast(), LOCK_LEN) };
    // SAFETY: as above.
    let status = unsafe { pass_down(object, irp) };
    if !makes(Mistake::StaysAttached) {
        // SAFETY: as above.
        unsafe { IoDetachDevice(lower) };
    }
    if !makes(Mistake::KeepsDevice) {
        // SAFETY: as above.
        unsafe { IoDeleteDevice(object) };
    }
    status
}
