//! The driver below its queues: the core's register half, which needs no DMA.

use dirql::{Cx, Error, Passive};
use dirql_backends::umdf::{Device, Umdf};
use dirql_ddi::umdf::WDFDEVICE;
use nic::{Filter, Monitor};

use crate::device::{self, Adapter};
use crate::io::Queues;

/// What is counted: all that goes by.
const EVERYTHING: Filter = Filter { promiscuous: true, all_multicast: true, broadcast: true };
/// Nobody can be asked. A change of the link, which the driver acknowledges itself, comes by MSI just so.
const MESSAGES_ARE_MSI_X: bool = true;

/// What the interrupt's registration owns.
pub(crate) type Driver = Monitor<Umdf, Queues>;

/// Makes the driver, stopped, and says whether messages are MSI-X.
///
/// # Safety
/// The framework calls back for the device, which is being prepared.
pub(crate) unsafe fn build(
    _cx: &mut Cx<'_, Passive>,
    device: &Device,
    handle: WDFDEVICE,
) -> Result<(Driver, bool), Error> {
    // SAFETY: the caller's promise.
    let queues = unsafe { device::queues(handle) };
    Ok((Driver::new(device.registers(), EVERYTHING, queues), MESSAGES_ARE_MSI_X))
}

impl Adapter {
    /// Starts the device.
    pub(crate) fn start(&self, cx: &mut Cx<'_, Passive>) -> Result<(), Error> {
        self.driver().start(cx, self.registration.interrupt(), self.mode)
    }

    /// Stops the device.
    pub(crate) fn stop(&self, cx: &mut Cx<'_, Passive>) {
        self.driver().stop(cx, self.registration.interrupt());
    }

    /// Asks the device for nothing any more (R81, R91).
    pub(crate) fn removed(&self, cx: &mut Cx<'_, Passive>) {
        self.registration.surprise_removal();
        self.driver().removed(cx, self.registration.interrupt());
    }
}
