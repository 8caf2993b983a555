//! Raw WDM: a line or messages connected by `IoConnectInterruptEx`, DPCs, KSPIN_LOCK.
//!
//! Sound for DIRQL interrupts connected by this file and for nothing else: `KeSynchronizeExecution` and the ISRs
//! of one interrupt object exclude each other (R1, R2); the ISRs of several share a domain only if they were
//! connected with one spin lock (R49). The kernel never calls an ISR after `IoDisconnectInterruptEx` returned
//! (R20); DPCs it does not wait for (R21), so [`Registration::unregister`] does, before it disconnects: a DPC may
//! still synchronize.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::mem::offset_of;
use core::ptr::{NonNull, null_mut};

use dirql::{
    AtMost, Config, Cx, DeferredOutcome, Disable, Dispatch, Error, ErrorKind, InterruptHandler,
    InterruptSync, MESSAGES_MAX, Passive, Platform, Request, Serialize, Source, SyncError,
};
use dirql_ddi::*;

use crate::Granted;
use crate::grant::Grant;
use crate::mapped::{self, Release};
use crate::object::{Object, pool_size};
use crate::section::Call;
use crate::source::{SOURCES, index, source_at};

pub use crate::mapped::Registers;
pub use crate::spin_lock::SpinLock;

const TAG: ULONG = u32::from_le_bytes(*b"dQwd");

/// The WDM backend's lock, registers and DMA memory.
#[derive(Debug)]
pub struct Wdm;

impl Platform for Wdm {
    type RawLock = SpinLock;
    type Registers = Registers;
    type Dma = CommonBuffer;

    fn delay(_cx: &mut Cx<'_, Passive>, us_min: u32) {
        let mut interval = LARGE_INTEGER { QuadPart: -10 * i64::from(us_min) };
        // SAFETY: `_cx` proves PASSIVE_LEVEL; the interval is ours for the length of the call. A wait that is
        // not alertable always runs to its end.
        let _always_success = unsafe { KeDelayExecutionThread(KernelMode, FALSE, &raw mut interval) };
    }
}

/// A started device: its physical device object, mapped registers and DMA adapter.
#[derive(Debug)]
pub struct Device {
    physical_device_object: PDEVICE_OBJECT,
    registers: NonNull<c_void>,
    registers_len: u32,
    adapter: NonNull<DMA_ADAPTER>,
}

// SAFETY: the kernel objects behind the pointers may be used from any thread and processor.
unsafe impl Send for Device {}
// SAFETY: as for Send.
unsafe impl Sync for Device {}

impl Device {
    /// Maps the registers and gets the DMA adapter, in IRP_MN_START_DEVICE.
    ///
    /// # Safety
    /// `physical_device_object` is the started device's, and `space` and `len` are those of its translated
    /// memory resource. Nothing made from the device, copies of its registers included, is used or dropped after the
    /// device is.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfResources`]; nothing stays mapped.
    pub unsafe fn start(
        _cx: &mut Cx<'_, Passive>,
        physical_device_object: PDEVICE_OBJECT,
        space: PHYSICAL_ADDRESS,
        len: u32,
    ) -> Result<Self, Error> {
        // SAFETY: `_cx` proves PASSIVE_LEVEL; the caller guarantees the resource.
        let registers = unsafe { MmMapIoSpaceEx(space, len as usize, PAGE_READWRITE | PAGE_NOCACHE) };
        let registers = NonNull::new(registers).ok_or(ErrorKind::OutOfResources)?;
        // SAFETY: the caller guarantees the device object.
        match unsafe { dma_adapter(physical_device_object) } {
            Some(adapter) => Ok(Self { physical_device_object, registers, registers_len: len, adapter }),
            None => {
                // SAFETY: mapped above, with this length.
                unsafe { MmUnmapIoSpace(registers.as_ptr(), len as usize) };
                Err(ErrorKind::OutOfResources.into())
            }
        }
    }

    /// Returns the device's registers.
    pub fn registers(&self) -> Registers {
        // SAFETY: the mapping has this length, and outlives its users (`start`).
        unsafe { Registers::new(self.registers, self.registers_len) }
    }

    /// Allocates a zeroed buffer of `len` bytes that the device can reach.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfResources`].
    pub fn allocate(&self, _cx: &mut Cx<'_, Passive>, len: u32) -> Result<CommonBuffer, Error> {
        let mut logical = PHYSICAL_ADDRESS { QuadPart: 0 };
        let operations = self.operations();
        let allocate = operations.AllocateCommonBuffer.ok_or(ErrorKind::Unsupported)?;
        // SAFETY: `_cx` proves PASSIVE_LEVEL; the adapter lives as long as the device.
        let address = unsafe { allocate(self.adapter.as_ptr(), len, &raw mut logical, TRUE) };
        let address = NonNull::new(address.cast()).ok_or(ErrorKind::OutOfResources)?;
        // SAFETY: allocated just now.
        Ok(unsafe { CommonBuffer::new(Adapter(self.adapter), address, logical, len) })
    }

    fn operations(&self) -> &DMA_OPERATIONS {
        // SAFETY: the adapter is valid until PutDmaAdapter, in `drop`.
        let operations = unsafe { self.adapter.as_ref() }.DmaOperations;
        // SAFETY: an adapter points to its operations as long as it is valid.
        unsafe { &*operations }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if let Some(put) = self.operations().PutDmaAdapter {
            // SAFETY: IoGetDmaAdapter returned it, and everything made from it is gone (`start`).
            unsafe { put(self.adapter.as_ptr()) };
        }
        // SAFETY: mapped in `start` with this length.
        unsafe { MmUnmapIoSpace(self.registers.as_ptr(), self.registers_len as usize) };
    }
}

/// # Safety
/// `device` is a started device's physical device object, and the caller is at PASSIVE_LEVEL.
unsafe fn dma_adapter(device: PDEVICE_OBJECT) -> Option<NonNull<DMA_ADAPTER>> {
    let mut description = DEVICE_DESCRIPTION {
        Version: DEVICE_DESCRIPTION_VERSION3,
        Master: TRUE,
        ScatterGather: TRUE,
        DemandMode: FALSE,
        AutoInitialize: FALSE,
        Dma32BitAddresses: FALSE,
        IgnoreCount: FALSE,
        Reserved1: FALSE,
        Dma64BitAddresses: TRUE,
        BusNumber: 0,
        DmaChannel: 0,
        InterfaceType: PCIBus,
        DmaWidth: 0,
        DmaSpeed: 0,
        MaximumLength: ULONG::MAX,
        DmaPort: 0,
        DmaAddressWidth: 64,
        DmaControllerInstance: 0,
        DmaRequestLine: 0,
        DeviceAddress: PHYSICAL_ADDRESS { QuadPart: 0 },
    };
    let mut map_registers = 0;
    // SAFETY: the caller guarantees the device and the level; both out-parameters are ours.
    NonNull::new(unsafe { IoGetDmaAdapter(device, &raw mut description, &raw mut map_registers) })
}

/// Memory that the device sees too (`AllocateCommonBuffer`). It must be dropped at PASSIVE_LEVEL.
pub type CommonBuffer = mapped::CommonBuffer<Adapter>;

/// The DMA adapter that a common buffer goes back to.
#[derive(Clone, Copy, Debug)]
pub struct Adapter(NonNull<DMA_ADAPTER>);

// SAFETY: an adapter may be used from any thread and processor.
unsafe impl Send for Adapter {}
// SAFETY: as for Send.
unsafe impl Sync for Adapter {}

impl Release for Adapter {
    fn release(&mut self, address: NonNull<u8>, logical: PHYSICAL_ADDRESS, len: u32) {
        // SAFETY: the adapter outlives its buffers (`Device::start`).
        let operations = unsafe { self.0.as_ref() }.DmaOperations;
        // SAFETY: an adapter points to its operations as long as it is valid.
        if let Some(free) = unsafe { (*operations).FreeCommonBuffer } {
            // SAFETY: these are what AllocateCommonBuffer took and returned.
            unsafe { free(self.0.as_ptr(), len, logical, address.as_ptr().cast(), TRUE) };
        }
    }
}

/// One KDPC and what its routine needs to know.
#[repr(C)]
struct Deferred {
    dpc: UnsafeCell<KDPC>,
    source: Source,
}

impl Deferred {
    /// Returns the DPC, by a pointer that may be cast back to the whole.
    fn dpc(&self) -> PKDPC {
        (&raw const *self).cast_mut().cast()
    }
}

/// A registered interrupt: what sections and deferred routines synchronize with.
pub struct Interrupt<H: InterruptHandler> {
    object: Object<H>,
    deferred: [Deferred; SOURCES],
    /// One lock for all messages, if that was asked for.
    lock: UnsafeCell<KSPIN_LOCK>,
    connected: Grant,
    /// The PKINTERRUPT, or the message table. Written by IoConnectInterruptEx, then constant.
    connection: UnsafeCell<PVOID>,
}

// SAFETY: `object` is Sync; `dpc` and `lock` are accessed by the kernel's routines only; `connection` is read
// only after `connected` says that it is written.
unsafe impl<H: InterruptHandler> Sync for Interrupt<H> {}

/// Owns a registered interrupt. Dropping it leaks it, connected, as it must while an ISR can run; Driver
/// Verifier reports the leak at unload (0xC4/0x62).
#[must_use = "an interrupt stays connected until it is unregistered"]
pub struct Registration<H: InterruptHandler>(NonNull<Interrupt<H>>);

// SAFETY: the registration is the owner of an Interrupt, which is Sync, and of the handler, which is Send.
unsafe impl<H: InterruptHandler> Send for Registration<H> {}
// SAFETY: through a shared registration only the Interrupt is reached, which is Sync.
unsafe impl<H: InterruptHandler> Sync for Registration<H> {}

/// Registers an interrupt of `device`. At PASSIVE_LEVEL. The ISR can run before this returns (R18).
///
/// # Errors
/// [`ErrorKind::NoInterrupt`] if the device has none of the kind; [`ErrorKind::Unsupported`] if the kernel
/// refuses; [`ErrorKind::OutOfResources`]; what `enable` returned. Nothing stays registered.
pub fn register<H: InterruptHandler>(
    cx: &mut Cx<'_, Passive>,
    device: &Device,
    handler: H,
    config: Config,
) -> Result<Registration<H>, Error> {
    if matches!(config.request, Request::Messages { max } if max == 0 || max > MESSAGES_MAX) {
        return Err(ErrorKind::Unsupported.into());
    }
    let registration = Registration(Interrupt::allocate(handler, config)?);
    match registration.connect(device).and_then(|()| registration.enable()) {
        Ok(()) => Ok(registration),
        Err(error) => {
            drop(registration.unregister(cx));
            Err(error)
        }
    }
}

impl<H: InterruptHandler> Registration<H> {
    /// Returns the interrupt, to synchronize with.
    pub fn interrupt(&self) -> &Interrupt<H> {
        // SAFETY: the registration owns the interrupt, which lives until `unregister`.
        unsafe { self.0.as_ref() }
    }

    /// Returns the handler.
    pub fn handler(&self) -> &H {
        &self.interrupt().object.handler
    }

    /// Returns what was granted.
    pub fn granted(&self) -> Granted {
        self.interrupt().granted().unwrap_or(Granted::Line)
    }

    /// Disables the device's interrupts, waits for deferred routines, disconnects, and returns the handler. No
    /// handler method runs after that. At PASSIVE_LEVEL.
    pub fn unregister(self, _cx: &mut Cx<'_, Passive>) -> H {
        self.unregister_because(Disable::Normal)
    }

    /// As [`unregister`](Self::unregister), for a device that is gone.
    pub fn unregister_gone(self, _cx: &mut Cx<'_, Passive>) -> H {
        self.unregister_because(Disable::Gone)
    }

    fn unregister_because(self, why: Disable) -> H {
        let interrupt = self.interrupt();
        interrupt.close(why);
        interrupt.drain_deferred();
        interrupt.disconnect();
        // SAFETY: no ISR runs after `disconnect`, no DPC after `drain_deferred`, and `self` was the only owner.
        let interrupt = unsafe { self.0.read() };
        // SAFETY: `allocate` got this memory from the pool with this tag.
        unsafe { ExFreePoolWithTag(self.0.as_ptr().cast(), TAG) };
        interrupt.object.handler
    }

    fn connect(&self, device: &Device) -> Result<(), Error> {
        let mut parameters = match self.interrupt().object.config.request {
            Request::Line => self.line_parameters(device),
            Request::Messages { .. } => self.message_parameters(device),
        };
        // SAFETY: the parameters point into this interrupt, which outlives the connection; it is complete, so
        // the ISR may run from here on.
        let status = unsafe { IoConnectInterruptEx(&raw mut parameters) };
        if !NT_SUCCESS(status) {
            return Err(error_of(status));
        }
        let granted = match parameters.Version {
            CONNECT_MESSAGE_BASED => Granted::Messages(self.interrupt().message_count()),
            _ => Granted::Line,
        };
        self.interrupt().connected.set(granted);
        Ok(())
    }

    fn line_parameters(&self, device: &Device) -> IO_CONNECT_INTERRUPT_PARAMETERS {
        let line = IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS {
            PhysicalDeviceObject: device.physical_device_object,
            InterruptObject: self.interrupt().connection.get().cast(),
            ServiceRoutine: Some(service_line::<H>),
            ServiceContext: self.0.as_ptr().cast(),
            SpinLock: null_mut(),
            SynchronizeIrql: PASSIVE_LEVEL,
            FloatingSave: FALSE,
        };
        IO_CONNECT_INTERRUPT_PARAMETERS {
            Version: CONNECT_LINE_BASED,
            __bindgen_anon_1: IO_CONNECT_INTERRUPT_PARAMETERS_VARIANT { LineBased: line },
        }
    }

    fn message_parameters(&self, device: &Device) -> IO_CONNECT_INTERRUPT_PARAMETERS {
        let interrupt = self.interrupt();
        let lock = match interrupt.object.config.serialize {
            Serialize::AllSources => interrupt.lock.get(),
            Serialize::PerSource => null_mut(),
        };
        let message = IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS {
            PhysicalDeviceObject: device.physical_device_object,
            ConnectionContext: IO_CONNECT_INTERRUPT_CONNECTION_CONTEXT {
                Generic: interrupt.connection.get(),
            },
            MessageServiceRoutine: Some(service_message::<H>),
            ServiceContext: self.0.as_ptr().cast(),
            SpinLock: lock,
            SynchronizeIrql: PASSIVE_LEVEL,
            FloatingSave: FALSE,
            FallBackServiceRoutine: Some(service_line::<H>),
        };
        IO_CONNECT_INTERRUPT_PARAMETERS {
            Version: CONNECT_MESSAGE_BASED,
            __bindgen_anon_1: IO_CONNECT_INTERRUPT_PARAMETERS_VARIANT { MessageBased: message },
        }
    }

    fn enable(&self) -> Result<(), Error> {
        let interrupt = self.interrupt();
        self.granted().sources().try_for_each(|source| {
            interrupt
                // SAFETY: `locked` runs this under the source's interrupt lock.
                .locked(source, || unsafe { interrupt.object.enable(source) })
                .unwrap_or(Err(ErrorKind::NoInterrupt.into()))
        })
    }
}

fn error_of(status: NTSTATUS) -> Error {
    match status {
        STATUS_NOT_FOUND => ErrorKind::NoInterrupt,
        STATUS_INSUFFICIENT_RESOURCES => ErrorKind::OutOfResources,
        _ => ErrorKind::Unsupported,
    }
    .into()
}

impl<H: InterruptHandler> Interrupt<H> {
    const SIZE: SIZE_T = pool_size::<Self>();

    /// Puts the interrupt into nonpaged pool, complete, with its DPCs.
    fn allocate(handler: H, config: Config) -> Result<NonNull<Self>, Error> {
        // SAFETY: registration is at PASSIVE_LEVEL.
        let place = unsafe { ExAllocatePool2(POOL_FLAG_NON_PAGED, Self::SIZE, TAG) };
        let place = NonNull::new(place.cast::<Self>()).ok_or(ErrorKind::OutOfResources)?;
        let interrupt = Self {
            object: Object::new(handler, config),
            deferred: core::array::from_fn(|i| Deferred {
                dpc: UnsafeCell::new(NO_DPC),
                source: source_at(i),
            }),
            lock: UnsafeCell::new(0),
            connected: Grant::none(),
            connection: UnsafeCell::new(null_mut()),
        };
        // SAFETY: the block is long and aligned enough (`pool_size`), and ours.
        unsafe { place.write(interrupt) };
        // SAFETY: written just now.
        unsafe { place.as_ref() }.initialize(place);
        Ok(place)
    }

    fn initialize(&self, own: NonNull<Self>) {
        // SAFETY: the word is this interrupt's, at its final place.
        unsafe { KeInitializeSpinLock(self.lock.get()) };
        for deferred in &self.deferred {
            // SAFETY: the DPC is at its final place and not queued.
            unsafe { KeInitializeDpc(deferred.dpc(), Some(deferred_routine::<H>), own.as_ptr().cast()) };
        }
    }

    fn granted(&self) -> Option<Granted> {
        self.connected.get()
    }

    /// Returns how many of the connected messages have a state here.
    fn message_count(&self) -> u16 {
        let Request::Messages { max } = self.object.config.request else { return 0 };
        // SAFETY: a message-based connect wrote the table, which stays until the disconnect.
        let table = unsafe { *self.connection.get() }.cast::<IO_INTERRUPT_MESSAGE_INFO>();
        // SAFETY: as above.
        unsafe { (*table).MessageCount }.min(max.into()) as u16
    }

    /// Returns the interrupt object of a granted source.
    fn interrupt_object(&self, source: Source) -> Option<PKINTERRUPT> {
        if !self.connected.has(source) {
            return None;
        }
        // SAFETY: the grant says that the connection was written.
        let connection = unsafe { *self.connection.get() };
        let Source::Message(n) = source else { return Some(connection.cast()) };
        let entries = connection
            .wrapping_byte_add(offset_of!(IO_INTERRUPT_MESSAGE_INFO, MessageInfo))
            .cast::<IO_INTERRUPT_MESSAGE_INFO_ENTRY>();
        // SAFETY: the table has an entry for each granted message, and stays until the disconnect.
        Some(unsafe { (*entries.wrapping_add(n.into())).InterruptObject })
    }

    /// Runs `act` under the interrupt lock of `source`.
    fn locked<R>(&self, source: Source, act: impl FnOnce() -> R) -> Result<R, SyncError> {
        let interrupt = self.interrupt_object(source).ok_or(SyncError::NotConnected)?;
        let mut call = Call::new(act);
        let routine = call.routine();
        // SAFETY: the interrupt is connected: it is disconnected only by the owner, after every user. The
        // routine gets the `call` that it expects, which outlives it (R8).
        unsafe { KeSynchronizeExecution(interrupt, Some(routine), (&raw mut call).cast()) };
        call.result()
    }

    /// Disables every source; their ISRs reach the handler no more.
    fn close(&self, why: Disable) {
        for source in self.granted().into_iter().flat_map(Granted::sources) {
            // SAFETY: `locked` runs this under the source's interrupt lock.
            let _granted = self.locked(source, || unsafe { self.object.close(source, why) });
        }
        self.object.stop_deferring();
    }

    /// Waits for deferred routines. Twice: a run that began before `close` can queue itself once more.
    fn drain_deferred(&self) {
        for _ in 0..2 {
            for source in self.granted().into_iter().flat_map(Granted::sources) {
                if let Some(deferred) = self.deferred.get(index(source)) {
                    // SAFETY: the DPC is initialized.
                    unsafe { KeRemoveQueueDpc(deferred.dpc()) };
                }
            }
            // SAFETY: unregistering is at PASSIVE_LEVEL.
            unsafe { KeFlushQueuedDpcs() };
        }
    }

    fn disconnect(&self) {
        let version = match self.granted() {
            None => return,
            Some(Granted::Line) => CONNECT_LINE_BASED,
            Some(Granted::Messages(_)) => CONNECT_MESSAGE_BASED,
        };
        // SAFETY: `granted` says that the connection was written.
        let context = unsafe { *self.connection.get() };
        let context = IO_DISCONNECT_INTERRUPT_CONNECTION_CONTEXT { Generic: context };
        let mut parameters =
            IO_DISCONNECT_INTERRUPT_PARAMETERS { Version: version, ConnectionContext: context };
        // SAFETY: unregistering is at PASSIVE_LEVEL, and version and context are those of the connection (R25).
        unsafe { IoDisconnectInterruptEx(&raw mut parameters) };
        self.connected.clear();
    }

    fn queue(&self, source: Source) {
        if let Some(deferred) = self.deferred.get(index(source)) {
            // SAFETY: the DPC is initialized, and drained before it is freed.
            unsafe { KeInsertQueueDpc(deferred.dpc(), null_mut(), null_mut()) };
        }
    }
}

const NO_DPC: KDPC = KDPC {
    TargetInfoAsUlong: 0,
    DpcListEntry: null_mut(),
    ProcessorHistory: 0,
    DeferredRoutine: None,
    DeferredContext: null_mut(),
    SystemArgument1: null_mut(),
    SystemArgument2: null_mut(),
    DpcData: null_mut(),
};

// SAFETY: a domain's state is reached through `locked` (KeSynchronizeExecution) and through the service routines,
// both under the interrupt object's lock (R1, R2); with one spin lock for all messages there is one state for
// all.
unsafe impl<H: InterruptHandler> InterruptSync for Interrupt<H> {
    type Shared = H::Shared;
    type MaxCaller = Dispatch;
    type Deferred = Dispatch;

    fn synchronize<L: AtMost<Dispatch>, R>(
        &self,
        _cx: &mut Cx<'_, L>,
        source: Source,
        section: impl FnOnce(&mut H::Shared) -> R,
    ) -> Result<R, SyncError> {
        let domain = self.object.domain(source).ok_or(SyncError::NotConnected)?;
        // SAFETY: `locked` runs this under the source's interrupt lock.
        self.locked(source, || unsafe { domain.section(section) })
    }
}

// --- what the kernel calls ---

/// # Safety
/// The kernel calls this for a connected interrupt, with the context given and its lock held.
unsafe fn service<H: InterruptHandler>(context: PVOID, source: Source) -> BOOLEAN {
    // SAFETY: the context is the interrupt, which outlives its connection.
    let interrupt = unsafe { &*context.cast::<Interrupt<H>>() };
    // SAFETY: the kernel holds the lock of this source's domain while it calls the ISR.
    let outcome = unsafe { interrupt.object.isr(source) };
    if outcome.defer {
        interrupt.queue(source);
    }
    BOOLEAN::from(outcome.claimed)
}

unsafe extern "C-unwind" fn service_line<H: InterruptHandler>(_: PKINTERRUPT, context: PVOID) -> BOOLEAN {
    // SAFETY: as the kernel calls this.
    unsafe { service::<H>(context, Source::Line) }
}

unsafe extern "C-unwind" fn service_message<H: InterruptHandler>(
    _: PKINTERRUPT,
    context: PVOID,
    message: ULONG,
) -> BOOLEAN {
    // SAFETY: as the kernel calls this; a message beyond those asked for has no state, and is refused.
    unsafe { service::<H>(context, Source::Message(message as u16)) }
}

/// # Safety
/// The kernel calls this for a DPC of an interrupt, at DISPATCH_LEVEL.
unsafe extern "C-unwind" fn deferred_routine<H: InterruptHandler>(
    dpc: PKDPC,
    context: PVOID,
    _: PVOID,
    _: PVOID,
) {
    // SAFETY: the context is the interrupt, which outlives its DPCs (`drain_deferred`).
    let interrupt = unsafe { &*context.cast::<Interrupt<H>>() };
    // SAFETY: every DPC of ours is the first field of a `Deferred`.
    let source = unsafe { (*dpc.cast::<Deferred>()).source };
    let budget = interrupt.object.config.budget;
    // SAFETY: DPCs run at DISPATCH_LEVEL (R33).
    let outcome = unsafe {
        Cx::<Dispatch>::enter(|cx| interrupt.object.handler.deferred(cx, interrupt, source, budget))
    };
    if outcome == DeferredOutcome::Again && interrupt.object.may_defer() {
        interrupt.queue(source);
    }
}
