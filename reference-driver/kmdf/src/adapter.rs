//! A device that has its hardware: how it is made, started and stopped.

use dirql::{Cx, Error, Passive};
use dirql_backends::kmdf::Device;
use dirql_ddi::kmdf::WDFDEVICE;
use nic::{Memories, Nic, Settings};
use nic_shell::pci;

use crate::device::{self, Adapter};
use crate::driver::Above;
use crate::reads::Reads;
use crate::writes::Writes;

pub(crate) use crate::driver::Driver;

/// Makes the driver, stopped, and says whether messages are MSI-X.
///
/// # Safety
/// The framework calls back for the device, which is being prepared; PASSIVE_LEVEL.
pub(crate) unsafe fn build(
    cx: &mut Cx<'_, Passive>,
    device: &Device,
    handle: WDFDEVICE,
) -> Result<(Driver, bool), Error> {
    let space = device.config_space(cx)?;
    let is_msi_x = pci::is_msi_x(|offset, to| space.read(offset, to));
    // SAFETY: the caller's promise.
    let queues = unsafe { device::queues(handle) };
    let settings = Settings { transmit_descriptors: 64, receive_descriptors: 64, ..Settings::default() };
    let mut allocate = |len| device.allocate(cx, len);
    let memories = Memories::allocate(&settings, &mut allocate)?;
    let writes = Writes::new(queues.writes, allocate(Writes::LEN)?);
    let reads = Reads::new(queues.reads, allocate(Reads::LEN)?);
    let nic = Nic::new(device.registers(), memories, settings, Above { writes, reads })?;
    Ok((Driver { nic }, is_msi_x))
}

impl Adapter {
    /// Starts the device, and goes on with the requests that waited for that.
    pub(crate) fn start(&self, cx: &mut Cx<'_, Passive>) -> Result<(), Error> {
        let driver = self.driver();
        driver.nic.start(cx, self.registration.interrupt(), self.mode)?;
        driver.above().writes.open(cx);
        driver.pump(cx);
        driver.above().reads.deliver(cx);
        Ok(())
    }

    /// Stops the device: what it was sending has come back.
    pub(crate) fn stop(&self, cx: &mut Cx<'_, Passive>) {
        self.driver().above().writes.close(cx);
        self.driver().nic.stop(cx, self.registration.interrupt());
    }

    /// Gives back what the device will never send (R81, R91).
    pub(crate) fn removed(&self, cx: &mut Cx<'_, Passive>) {
        self.registration.surprise_removal();
        self.driver().above().writes.close(cx);
        self.driver().nic.removed(cx, self.registration.interrupt());
    }
}
