//! Interrupts at PASSIVE_LEVEL: a line connected by `IoConnectInterruptEx`, whose ISR runs in a thread, and work items.
//!
//! For devices that an ISR cannot even ask without waiting, such as those behind I2C or SPI. Windows 8 and later.
//!
//! Sound for interrupts connected by [`register`] and for nothing else. The kernel's event stands where the spin lock
//! of other interrupts does: `KeSynchronizeExecution` and the ISR of one interrupt object exclude each other by it
//! (R56). So
//!
//! - sections and the ISR may block, and are called at PASSIVE_LEVEL only (R9);
//! - deferred routines are work items. The kernel waits for the ISR when it disconnects (R20), for work items it does
//!   not, so [`Registration::unregister`] does, before it disconnects: one may still synchronize;
//! - the line stays masked until the ISR has returned, so a slow ISR keeps all its sharers waiting (R59);
//! - there are no messages: those are for ISRs at DIRQL (WDK guide, "Supporting Passive-Level Interrupts").

mod interrupt;

use core::ptr::NonNull;

use dirql::{Config, Cx, Disable, Error, ErrorKind, InterruptHandler, Passive};
use dirql_ddi::*;

use super::{Device, TAG};
use crate::Granted;
use crate::object::check_request;

pub use interrupt::Interrupt;

/// Where a passive-level interrupt is connected: a line of the device, as PnP assigned it.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    device_object: PDEVICE_OBJECT,
    vector: ULONG,
    group: USHORT,
    affinity: KAFFINITY,
    mode: KINTERRUPT_MODE,
    shared: bool,
}

impl Line {
    /// Reads the line from a descriptor of IRP_MN_START_DEVICE.
    ///
    /// # Safety
    /// `translated` is from the device's list of translated resources. `device_object` is a device object of the
    /// driver's own for the same device, not the physical one: while a deferred routine runs, it is what keeps the
    /// driver loaded. It outlives every registration that is made with the result.
    ///
    /// # Errors
    /// [`ErrorKind::NoInterrupt`] if the descriptor is no interrupt's; [`ErrorKind::Unsupported`] if it is a
    /// message's.
    pub unsafe fn new(
        device_object: PDEVICE_OBJECT,
        translated: &CM_PARTIAL_RESOURCE_DESCRIPTOR,
    ) -> Result<Self, Error> {
        if translated.Type != CmResourceTypeInterrupt {
            return Err(ErrorKind::NoInterrupt.into());
        }
        let flags = translated.Flags;
        if flags & CM_RESOURCE_INTERRUPT_MESSAGE != 0 {
            return Err(ErrorKind::Unsupported.into());
        }
        let is_latched = flags & CM_RESOURCE_INTERRUPT_LATCHED != 0;
        // SAFETY: `Type` says that this member is there.
        let line = unsafe { translated.u.Interrupt };
        Ok(Self {
            device_object,
            vector: line.Vector,
            group: line.Group,
            affinity: line.Affinity,
            mode: if is_latched { Latched } else { LevelSensitive },
            shared: translated.ShareDisposition == CmResourceShareShared,
        })
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

/// Registers the passive-level interrupt of `device` on its `line`. At PASSIVE_LEVEL. The ISR can run before this
/// returns (R18). A driver that would use messages is granted the line (R53).
///
/// # Errors
/// [`ErrorKind::NoInterrupt`] if the device has no such line; [`ErrorKind::Unsupported`] if the number of messages is
/// out of range, or if the kernel refuses, as it does if the line has an ISR that is not passive;
/// [`ErrorKind::OutOfResources`]; what `enable` returned. Nothing stays registered.
pub fn register<H: InterruptHandler>(
    cx: &mut Cx<'_, Passive>,
    device: &Device,
    line: &Line,
    handler: H,
    config: Config,
) -> Result<Registration<H>, Error> {
    check_request(config.request)?;
    // SAFETY: `cx` proves PASSIVE_LEVEL; the line's device object outlives the registration (`Line::new`).
    let registration = Registration(unsafe { Interrupt::allocate(line.device_object, handler, config) }?);
    match registration.connect(device, line).and_then(|()| registration.interrupt().enable()) {
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
        self.interrupt().handler()
    }

    /// Returns what was granted: the line.
    pub fn granted(&self) -> Granted {
        Granted::Line
    }

    /// Disables the device's interrupt, waits for deferred routines, disconnects, and returns the handler. No
    /// handler method runs after that. At PASSIVE_LEVEL, and not from a handler's method.
    pub fn unregister(self, cx: &mut Cx<'_, Passive>) -> H {
        self.unregister_because(cx, Disable::Normal)
    }

    /// As [`unregister`](Self::unregister), for a device that is gone.
    pub fn unregister_gone(self, cx: &mut Cx<'_, Passive>) -> H {
        self.unregister_because(cx, Disable::Gone)
    }

    fn unregister_because(self, cx: &mut Cx<'_, Passive>, why: Disable) -> H {
        let interrupt = self.interrupt();
        interrupt.close(why);
        interrupt.drain_deferred(cx);
        interrupt.disconnect();
        // SAFETY: no ISR runs after `disconnect`, no work item after `drain_deferred`, and `self` was the only owner.
        let interrupt = unsafe { self.0.read() };
        // SAFETY: `allocate` got this memory from the pool with this tag.
        unsafe { ExFreePoolWithTag(self.0.as_ptr().cast(), TAG) };
        interrupt.into_handler()
    }

    fn connect(&self, device: &Device, line: &Line) -> Result<(), Error> {
        // SAFETY: the interrupt lives until `unregister`, which disconnects it.
        unsafe { interrupt::connect(self.0, device.physical_device_object, line) }
    }
}
