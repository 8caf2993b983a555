//! WDM's passive-level interrupts on the stage.

use dirql::{Config, Cx, Error, ErrorKind, InterruptHandler, InterruptSync, Passive, Source, SyncError};
use dirql_backends::Granted;
use dirql_backends::wdm::passive::{self, Interrupt, Line, Registration};
use dirql_backends::wdm::{self, Wdm};
use dirql_sim::{DeviceId, ntoskrnl};

use super::{PassiveStage, Stage, open_wdm};

/// A WDM driver whose interrupts are passive. Its INF asks for no messages.
pub struct WdmPassive;

/// A started device, and the line that START_DEVICE has told of.
pub struct Device {
    started: wdm::Device,
    line: Option<Line>,
}

impl Stage for WdmPassive {
    const DIRQL: bool = false;
    type Device = Device;
    type Registers = wdm::Registers;
    type Registration<H: InterruptHandler> = Registration<H>;

    fn open(cx: &mut Cx<'_, Passive>, device: DeviceId) -> Result<Device, Error> {
        let line = ntoskrnl::line_resource(device).map(|translated| {
            // SAFETY: the descriptor is the device's; the machine has one object for a device, which stays.
            unsafe { Line::new(ntoskrnl::device_object(device), &translated) }
        });
        Ok(Device { started: open_wdm(cx, device)?, line: line.transpose()? })
    }

    fn registers(device: &Device) -> wdm::Registers {
        device.started.registers()
    }

    fn register<H: InterruptHandler>(
        cx: &mut Cx<'_, Passive>,
        device: &Device,
        handler: H,
        config: Config,
    ) -> Result<Registration<H>, Error> {
        let line = device.line.as_ref().ok_or(ErrorKind::NoInterrupt)?;
        passive::register(cx, &device.started, line, handler, config)
    }

    fn handler<H: InterruptHandler>(registration: &Registration<H>) -> &H {
        registration.handler()
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

    fn release<H: InterruptHandler>(
        cx: &mut Cx<'_, Passive>,
        registration: Registration<H>,
        gone: bool,
    ) -> H {
        if gone { registration.unregister_gone(cx) } else { registration.unregister(cx) }
    }
}

impl PassiveStage for WdmPassive {
    type Platform = Wdm;
    type Interrupt<H: InterruptHandler> = Interrupt<H>;

    fn interrupt<H: InterruptHandler>(registration: &Registration<H>) -> &Interrupt<H> {
        registration.interrupt()
    }
}
