//! KMDF: the framework connects at D0 entry, and manages power.

use dirql::{Config, Cx, Error, InterruptHandler, InterruptSync, Passive, Source, SyncError};
use dirql_backends::Granted;
use dirql_backends::kmdf::{Kmdf, Registers};
use dirql_ddi::kmdf::{WdfPowerDeviceD3, WdfPowerDeviceD3Final};
use dirql_sim::DeviceId;

use super::Stage;
use crate::world::stage::kmdf::{Device, Registration};

impl Stage for Kmdf {
    type Device = Device;
    type Registers = Registers;
    type Registration<H: InterruptHandler> = Registration<H>;

    fn open(cx: &mut Cx<'_, Passive>, device: DeviceId) -> Result<Device, Error> {
        Device::open(cx, device)
    }

    fn registers(device: &Device) -> Registers {
        device.registers()
    }

    fn register<H: InterruptHandler>(
        cx: &mut Cx<'_, Passive>,
        device: &Device,
        handler: H,
        config: Config,
    ) -> Result<Registration<H>, Error> {
        Registration::create(cx, device, handler, config)
    }

    fn start<H: InterruptHandler>(
        cx: &mut Cx<'_, Passive>,
        registration: Registration<H>,
    ) -> Result<Registration<H>, Error> {
        match registration.power_up() {
            Ok(()) => Ok(registration),
            Err(error) => {
                drop(registration.release(cx));
                Err(error)
            }
        }
    }

    fn granted<H: InterruptHandler>(registration: &Registration<H>) -> Granted {
        registration.granted()
    }

    fn section<H: InterruptHandler, R>(
        cx: &mut Cx<'_, Passive>,
        registration: &Registration<H>,
        source: Source,
        section: impl FnOnce(&mut H::Shared) -> R,
    ) -> Result<R, SyncError> {
        registration.interrupt().synchronize(cx, source, section)
    }

    fn suspend<H: InterruptHandler>(registration: &Registration<H>) -> bool {
        registration.power_down(WdfPowerDeviceD3);
        true
    }

    fn resume<H: InterruptHandler>(registration: &Registration<H>) {
        if let Err(error) = registration.power_up() {
            panic!("the device does not return to D0: {error}");
        }
    }

    /// An idle device goes to D3 and comes back.
    fn interlude<H: InterruptHandler>(_: DeviceId, registration: &Registration<H>) {
        Self::suspend(registration);
        Self::resume(registration);
    }

    fn unregister<H: InterruptHandler>(
        cx: &mut Cx<'_, Passive>,
        registration: Registration<H>,
        gone: bool,
    ) -> H {
        if gone {
            registration.surprise_removal();
        }
        registration.power_down(WdfPowerDeviceD3Final);
        registration.release(cx)
    }
}
