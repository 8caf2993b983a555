//! Devices in low power: what is not there then, and what must not happen.

use crate::bus::DeviceId;
use crate::core::Core;
use crate::device::Parts;
use crate::irql::DISPATCH;

/// The power state in which a driver says that its device is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Power {
    /// It works.
    #[default]
    D0,
    /// Its registers are not there: reads give all ones, writes go nowhere.
    Dx,
    /// As `Dx`, and it must not interrupt (R90).
    QuietDx,
    /// As `QuietDx`, and its driver leaves its registers alone: framework and bus have taken it out of D0.
    Asleep,
}

impl Power {
    pub(crate) fn is_quiet(self) -> bool {
        matches!(self, Self::QuietDx | Self::Asleep)
    }
}

impl Core {
    /// The driver has brought its device into another power state.
    pub(crate) fn set_power(&mut self, device: DeviceId, power: Power) {
        self.touch_parts(device.0 as usize, Parts::ALL);
        self.devices.set_power(device, power);
        if power.is_quiet() && self.devices.asserts_line(device) {
            self.interrupts_in_dx(device);
        }
    }

    /// Code accesses a register of a device in Dx. The ISR must not: it runs for a sharer's interrupt (R62).
    #[cold]
    pub(crate) fn access_in_dx(&mut self, device: DeviceId, power: Power) {
        if power == Power::Asleep {
            self.fail("DxAccess", |c| {
                format!("{} touches device {}, which was taken out of D0", c.here(), device.0)
            });
        }
        if self.irql() > DISPATCH {
            self.fail("R62", |c| format!("{} touches device {}, which is in Dx", c.here(), device.0));
        }
    }

    /// A device interrupts that its miniport had to keep from it.
    #[cold]
    pub(crate) fn interrupts_in_dx(&mut self, device: DeviceId) {
        self.fail("R90", |_| {
            format!("device {} interrupts in D3: its driver left its interrupts enabled", device.0)
        });
    }
}
