//! An adapter: what NDIS gives back to every handler as its context.

use core::ptr::NonNull;

use dirql::{Cx, Passive};
use dirql_backends::ndis::{Block, Device, DmaChannel, Registration, WorkItem};
use dirql_ddi::ndis::NDIS_HANDLE;
use nic::InterruptMode;

use crate::driver::Driver;

/// A started adapter. Its parts are given back in the order in which they stand.
pub(crate) struct Adapter {
    /// The registered interrupt; it holds the driver.
    pub(crate) registration: Registration<Driver>,
    pub(crate) reset: WorkItem,
    pub(crate) power: WorkItem,
    pub(crate) parts: Parts,
    pub(crate) mode: InterruptMode,
}

/// What the driver's memory needs to be given back.
pub(crate) struct Parts {
    pub(crate) dma: DmaChannel,
    pub(crate) device: Device,
}

impl Adapter {
    /// Returns the adapter behind a MiniportAdapterContext.
    ///
    /// # Safety
    /// `context` is the one that MiniportInitializeEx registered, between its success and the end of MiniportHaltEx,
    /// which NDIS calls when no other handler runs.
    pub(crate) unsafe fn of<'a>(context: NDIS_HANDLE) -> &'a Self {
        // SAFETY: MiniportInitializeEx wrote an adapter there; nobody has it mutably before MiniportHaltEx.
        unsafe { &*context.cast::<Self>() }
    }

    pub(crate) fn driver(&self) -> &Driver {
        self.registration.handler()
    }

    /// Starts the device and lets sends in.
    pub(crate) fn start(&self, cx: &mut Cx<'_, Passive>) -> Result<(), dirql::Error> {
        let driver = self.driver();
        driver.nic.start(cx, self.registration.interrupt(), self.mode)?;
        driver.pump(cx);
        Ok(())
    }

    /// Stops the device. What it was sending comes back as the queue has it.
    pub(crate) fn stop(&self, cx: &mut Cx<'_, Passive>) {
        self.driver().nic.stop(cx, self.registration.interrupt());
    }

    /// Takes the adapter back from NDIS.
    ///
    /// # Safety
    /// As for [`of`](Self::of), and nobody uses the context any more.
    pub(crate) unsafe fn take(context: NDIS_HANDLE) -> Self {
        // SAFETY: the caller guarantees an adapter of its own.
        let adapter = unsafe { context.cast::<Self>().read() };
        if let Some(place) = NonNull::new(context.cast::<Self>()) {
            // SAFETY: MiniportInitializeEx got this memory for the adapter, which was moved out.
            drop(unsafe { Block::from_raw(place) });
        }
        adapter
    }

    /// Gives everything back: no handler of its interrupt runs after this, and nothing stays allocated.
    pub(crate) fn end(self, cx: &mut Cx<'_, Passive>, is_gone: bool) {
        let Self { registration, reset, power, parts, mode: _ } = self;
        let driver = if is_gone { registration.unregister_gone(cx) } else { registration.unregister(cx) };
        drop(driver);
        drop((reset, power));
        drop(parts);
    }
}
