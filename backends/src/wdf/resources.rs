//! The resources that a device was assigned, from EvtDevicePrepareHardware to EvtDeviceReleaseHardware.

use core::marker::PhantomData;

use dirql_ddi::wdf::WDFCMRESLIST;
use dirql_ddi::*;

use super::Framework;
use crate::Granted;

/// The lists that the framework handed out.
#[derive(Debug)]
pub(crate) struct Resources<F> {
    raw: WDFCMRESLIST,
    translated: WDFCMRESLIST,
    _framework: PhantomData<fn() -> F>,
}

/// The descriptors of one interrupt, in both lists.
#[derive(Clone, Copy)]
pub(super) struct Resource {
    pub(super) raw: PCM_PARTIAL_RESOURCE_DESCRIPTOR,
    pub(super) translated: PCM_PARTIAL_RESOURCE_DESCRIPTOR,
    message: bool,
}

impl<F: Framework> Resources<F> {
    /// # Safety
    /// The lists are those of EvtDevicePrepareHardware, and outlive the result.
    pub(crate) unsafe fn new(raw: WDFCMRESLIST, translated: WDFCMRESLIST) -> Self {
        Self { raw, translated, _framework: PhantomData }
    }

    /// Returns the first memory resource.
    pub(crate) fn memory(&self) -> Option<CM_PARTIAL_RESOURCE_DESCRIPTOR_MEMORY> {
        (0..self.count()).find_map(|index| {
            // SAFETY: the list is alive (`new`).
            let descriptor = unsafe { F::descriptor(self.translated, index) };
            // SAFETY: a descriptor lives as long as its list.
            let descriptor = unsafe { descriptor.as_ref() }.filter(|d| d.Type == CmResourceTypeMemory)?;
            // SAFETY: `Type` says that this member is there.
            Some(unsafe { descriptor.u.Memory })
        })
    }

    /// Returns what the device was assigned: messages, or the line.
    pub(super) fn assigned(&self) -> Option<Granted> {
        match self.interrupts().filter(|resource| resource.message).count() {
            0 => self.interrupts().next().map(|_| Granted::Line),
            n => Some(Granted::Messages(n as u16)),
        }
    }

    /// Returns the descriptors of interrupts, in order. A device has messages or a line, never both.
    pub(super) fn interrupts(&self) -> impl Iterator<Item = Resource> {
        (0..self.count()).filter_map(|index| self.interrupt(index))
    }

    fn count(&self) -> ULONG {
        // SAFETY: the list is alive (`new`).
        unsafe { F::descriptor_count(self.translated) }
    }

    fn interrupt(&self, index: ULONG) -> Option<Resource> {
        // SAFETY: as above; both lists have the same descriptors, in the same order.
        let raw = unsafe { F::descriptor(self.raw, index) };
        // SAFETY: as above.
        let translated = unsafe { F::descriptor(self.translated, index) };
        // SAFETY: a descriptor lives as long as its list.
        let descriptor = unsafe { translated.as_ref() }?;
        let message = descriptor.Flags & CM_RESOURCE_INTERRUPT_MESSAGE != 0;
        (descriptor.Type == CmResourceTypeInterrupt).then_some(Resource { raw, translated, message })
    }
}
