//! Raw WDM: a line or messages connected by `IoConnectInterruptEx`, DPCs, KSPIN_LOCK.
//!
//! Sound for DIRQL interrupts connected by [`register`] and for nothing else: `KeSynchronizeExecution` and the ISRs
//! of one interrupt object exclude each other (R1, R2); the ISRs of several share a domain only if they were
//! connected with one spin lock (R49). The kernel never calls an ISR after `IoDisconnectInterruptEx` returned
//! (R20); DPCs it does not wait for (R21), so [`Registration::unregister`] does, before it disconnects: a DPC may
//! still synchronize.
//!
//! Interrupts whose ISR runs at PASSIVE_LEVEL are another kind, with a lock and a deferred routine of their own:
//! [`passive`].

mod config_space;
mod connection;
mod device;
mod interrupt;
pub mod passive;
mod routines;
mod work_item;

use core::ptr::NonNull;

use dirql::{Config, Cx, Disable, Error, ErrorKind, InterruptHandler, Passive, Platform};
use dirql_ddi::*;

use crate::Granted;
use crate::delay::delay;
use crate::object::{Object, check_request};

pub use crate::spin_lock::SpinLock;
pub use config_space::read_config;
pub use device::{Adapter, CommonBuffer, Device, Registers};
pub use interrupt::Interrupt;

const TAG: ULONG = u32::from_le_bytes(*b"dQwd");

/// The WDM backend's lock, registers and DMA memory.
#[derive(Debug)]
pub struct Wdm;

impl Platform for Wdm {
    type RawLock = SpinLock;
    type Registers = Registers;
    type Dma = CommonBuffer;

    fn delay(cx: &mut Cx<'_, Passive>, us_min: u32) {
        delay(cx, us_min);
    }
}

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
    check_request(config.request)?;
    let registration = Registration(Interrupt::allocate(handler, config)?);
    match registration.connect(device).and_then(|()| registration.enable()) {
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

    /// Ends a registration that failed, in a stack frame of its own: handlers are large.
    #[cold]
    #[inline(never)]
    fn give_up(self, cx: &mut Cx<'_, Passive>) {
        drop(self.unregister(cx));
    }

    fn unregister_because(self, why: Disable) -> H {
        let interrupt = self.interrupt();
        interrupt.close(why);
        interrupt.drain_deferred();
        interrupt.disconnect();
        // SAFETY: no ISR runs after `disconnect`, no DPC after `drain_deferred`, and `self` was the only owner.
        let object = unsafe { &raw mut (*self.0.as_ptr()).object };
        // SAFETY: as above. Nothing else in the interrupt needs to be dropped.
        let handler = unsafe { Object::take(object) };
        // SAFETY: `allocate` got this memory from the pool with this tag.
        unsafe { ExFreePoolWithTag(self.0.as_ptr().cast(), TAG) };
        handler
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
