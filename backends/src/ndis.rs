//! NDIS 6.20 and later: `NdisMRegisterInterruptEx`, `NdisMSynchronizeWithInterruptEx`, NDIS's own DPCs,
//! NDIS_SPIN_LOCK.
//!
//! Sound for interrupts registered by this file and for nothing else. The ISR of the line, or of a message,
//! and what `NdisMSynchronizeWithInterruptEx` runs for it exclude each other (R1, R47); those of two messages
//! share a state only if MsiSyncWithAllMessages asked for one lock (R48, R49). `NdisMDeregisterInterruptEx`
//! returns after the last ISR and the last DPC (R20, R22), and the context is freed after that. One thing is
//! an inference (R46): that the handlers which disable and enable interrupts for diagnosis run under the lock
//! too; the reference page says that they share the ISR's resources and are called at DIRQL for that reason.
//!
//! An ISR or DPC can run before `NdisMRegisterInterruptEx` has returned, and so before the handle is known
//! (R19). The ISR needs no handle. A DPC is put off until there is one.
//!
//! NDIS keeps a DPC for each message on each processor, so [`InterruptHandler::deferred`] of one source can
//! run on several processors at once (R43), as on every backend (R29): what its runs share is behind `&self`,
//! hence `Sync`, or under a [`Lock`](dirql::Lock).

mod configuration;
mod device;
mod dma;
mod handlers;
mod interrupt;
mod memory;
mod work_item;

use core::cell::UnsafeCell;
use core::ptr::NonNull;

use dirql::{Config, Cx, Disable, Error, ErrorKind, InterruptHandler, Passive, Platform, RawLock};
use dirql_ddi::ndis::*;
use dirql_ddi::{STATUS_NOT_FOUND, ULONG};

use crate::Granted;
use crate::object::check_request;

pub use configuration::Configuration;
pub use device::{CommonBuffer, Device, Registers};
pub use dma::DmaChannel;
pub use interrupt::Interrupt;
pub use memory::Block;
pub use work_item::WorkItem;

const TAG: ULONG = u32::from_le_bytes(*b"dQnd");

/// The NDIS backend's lock, registers and DMA memory.
#[derive(Debug)]
pub struct Ndis;

impl Platform for Ndis {
    type RawLock = SpinLock;
    type Registers = Registers;
    type Dma = CommonBuffer;

    fn delay(_cx: &mut Cx<'_, Passive>, us_min: u32) {
        // SAFETY: `_cx` proves PASSIVE_LEVEL.
        unsafe { NdisMSleep(us_min) };
    }
}

/// An NDIS_SPIN_LOCK.
///
/// It is initialized before it is moved to its place; it does not refer to itself.
#[derive(Debug)]
pub struct SpinLock(UnsafeCell<NDIS_SPIN_LOCK>);

// SAFETY: only the spin lock routines access the lock.
unsafe impl Send for SpinLock {}
// SAFETY: as for Send.
unsafe impl Sync for SpinLock {}

impl Default for SpinLock {
    fn default() -> Self {
        let mut lock = NDIS_SPIN_LOCK::default();
        // SAFETY: the lock is ours.
        unsafe { NdisAllocateSpinLock(&raw mut lock) };
        Self(UnsafeCell::new(lock))
    }
}

impl Drop for SpinLock {
    fn drop(&mut self) {
        // SAFETY: nobody else can have it, so nobody holds it.
        unsafe { NdisFreeSpinLock(self.0.get()) };
    }
}

// SAFETY: NdisAcquireSpinLock and NdisReleaseSpinLock are what the trait asks for. The caller's IRQL is kept
// in the lock, which only its holder touches.
unsafe impl RawLock for SpinLock {
    type Saved = ();

    fn acquire(&self) {
        // SAFETY: the lock is initialized; callers are at or below DISPATCH_LEVEL (RawLock).
        unsafe { NdisAcquireSpinLock(self.0.get()) };
    }

    unsafe fn release(&self, (): ()) {
        // SAFETY: the caller holds the lock.
        unsafe { NdisReleaseSpinLock(self.0.get()) };
    }
}

/// Owns a registered interrupt. Dropping it leaks it, registered, as it must while an ISR can run; NDIS
/// reports the leak when the adapter halts (bug check 0x7C/0x08, R24).
#[must_use = "an interrupt stays registered until it is unregistered"]
pub struct Registration<H: InterruptHandler>(NonNull<Interrupt<H>>);

// SAFETY: the registration is the owner of an Interrupt, which is Sync, and of the handler, which is Send.
unsafe impl<H: InterruptHandler> Send for Registration<H> {}
// SAFETY: through a shared registration only the Interrupt is reached, which is Sync.
unsafe impl<H: InterruptHandler> Sync for Registration<H> {}

/// Registers an interrupt of `device`, in MiniportInitializeEx. At PASSIVE_LEVEL. The ISR can run before this
/// returns (R19).
///
/// # Errors
/// [`ErrorKind::NoInterrupt`] if the device has none of the kind; [`ErrorKind::Unsupported`] if NDIS refuses;
/// [`ErrorKind::OutOfResources`]; what `enable` returned. Nothing stays registered.
pub fn register<H: InterruptHandler>(
    cx: &mut Cx<'_, Passive>,
    device: &Device,
    handler: H,
    config: Config,
) -> Result<Registration<H>, Error> {
    check_request(config.request)?;
    let registration = Registration(Interrupt::allocate(device.adapter(), handler, config)?);
    match registration.connect().and_then(|()| registration.enable()) {
        Ok(()) => Ok(registration),
        Err(error) => {
            registration.give_up(cx);
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
        self.interrupt().handler()
    }

    /// Returns what was granted.
    pub fn granted(&self) -> Granted {
        self.interrupt().granted().unwrap_or(Granted::Line)
    }

    /// Disables the device's interrupts, deregisters, which waits for deferred routines (R22), and returns
    /// the handler. No handler method runs after that. At PASSIVE_LEVEL.
    pub fn unregister(self, _cx: &mut Cx<'_, Passive>) -> H {
        self.unregister_because(Disable::Normal)
    }

    /// As [`unregister`](Self::unregister), for a device that is gone (R91).
    pub fn unregister_gone(self, _cx: &mut Cx<'_, Passive>) -> H {
        self.unregister_because(Disable::Gone)
    }

    /// Ends a registration that failed, in a stack frame of its own: handlers are large.
    #[cold]
    #[inline(never)]
    fn give_up(self, cx: &mut Cx<'_, Passive>) {
        drop(self.unregister(cx));
    }

    fn unregister_because(self, why: Disable) -> H {
        let interrupt = self.interrupt();
        interrupt.close(why);
        interrupt.deregister();
        // SAFETY: no ISR and no DPC runs after `deregister`, and `self` was the only owner.
        unsafe { Interrupt::take(self.0) }
    }

    fn connect(&self) -> Result<(), Error> {
        let interrupt = self.interrupt();
        let mut characteristics = handlers::characteristics::<H>(interrupt.config());
        // SAFETY: the interrupt is the context that the handlers expect, and is registered for the first
        // time.
        match unsafe { interrupt.register(&mut characteristics) } {
            NDIS_STATUS_SUCCESS => {
                interrupt.open(&characteristics);
                Ok(())
            }
            status => Err(error_of(status)),
        }
    }

    fn enable(&self) -> Result<(), Error> {
        let interrupt = self.interrupt();
        self.granted().sources().try_for_each(|source| {
            let enabled = interrupt.locked(source, || {
                // SAFETY: `locked` runs this under the source's interrupt lock.
                unsafe { interrupt.enable(source) }
            });
            enabled.unwrap_or(Err(ErrorKind::NoInterrupt.into()))
        })
    }
}

fn error_of(status: NDIS_STATUS) -> Error {
    match status {
        STATUS_NOT_FOUND => ErrorKind::NoInterrupt,
        NDIS_STATUS_RESOURCES => ErrorKind::OutOfResources,
        _ => ErrorKind::Unsupported,
    }
    .into()
}
