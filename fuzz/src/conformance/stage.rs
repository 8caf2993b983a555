//! The backends behind one trait, as a driver's life needs them: opened, registered, started, powered, removed.
//!
//! A new backend adds an `impl Stage` here, or in a file below, and a line to [`on`].

mod kmdf;

use dirql::{Config, Cx, Error, InterruptHandler, Passive, RegisterIo, Source, SyncError};
use dirql_backends::{Granted, mock, ndis, wdm};
use dirql_sim::DeviceId;
use dirql_sim::ndis::{disable_interrupts, enable_interrupts};

use crate::backend::Backend;
use crate::world::stage::{open_ndis, open_wdm};

/// A backend and its framework.
pub(super) trait Stage: 'static {
    /// Whether ISRs and sections run at DIRQL, and deferred routines at DISPATCH_LEVEL; at PASSIVE_LEVEL otherwise.
    const DIRQL: bool = true;
    type Device;
    type Registers: RegisterIo + 'static;
    type Registration<H: InterruptHandler>;

    fn open(cx: &mut Cx<'_, Passive>, device: DeviceId) -> Result<Self::Device, Error>;
    fn registers(device: &Self::Device) -> Self::Registers;

    /// Calls the backend's `register`.
    fn register<H: InterruptHandler>(
        cx: &mut Cx<'_, Passive>,
        device: &Self::Device,
        handler: H,
        config: Config,
    ) -> Result<Self::Registration<H>, Error>;

    /// Does what the framework does after the driver has registered; the handler is gone if that fails.
    fn start<H: InterruptHandler>(
        _cx: &mut Cx<'_, Passive>,
        registration: Self::Registration<H>,
    ) -> Result<Self::Registration<H>, Error> {
        Ok(registration)
    }

    fn granted<H: InterruptHandler>(registration: &Self::Registration<H>) -> Granted;

    /// Runs a section from a thread.
    fn section<H: InterruptHandler, R>(
        cx: &mut Cx<'_, Passive>,
        registration: &Self::Registration<H>,
        source: Source,
        section: impl FnOnce(&mut H::Shared) -> R,
    ) -> Result<R, SyncError>;

    /// Takes the device to low power, if the framework does so by itself (B18). Says whether it does.
    fn suspend<H: InterruptHandler>(_registration: &Self::Registration<H>) -> bool {
        false
    }

    /// Brings a suspended device back.
    fn resume<H: InterruptHandler>(_registration: &Self::Registration<H>) {}

    /// Does once what the framework may do to a running driver of its own accord.
    fn interlude<H: InterruptHandler>(_device: DeviceId, _registration: &Self::Registration<H>) {}

    /// Ends the registration; of a device that is gone, if `gone`.
    fn unregister<H: InterruptHandler>(
        cx: &mut Cx<'_, Passive>,
        registration: Self::Registration<H>,
        gone: bool,
    ) -> H;
}

/// What can be played on any backend.
pub(super) trait Play {
    /// Plays it as the machine's main thread.
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>);
}

/// Plays on a backend.
pub(super) fn on(backend: Backend, cx: &mut Cx<'_, Passive>, play: &impl Play) {
    match backend {
        Backend::Mock => play.play::<mock::Mock>(cx),
        Backend::Wdm => play.play::<wdm::Wdm>(cx),
        Backend::Ndis => play.play::<ndis::Ndis>(cx),
        Backend::Kmdf => play.play::<dirql_backends::kmdf::Kmdf>(cx),
    }
}

/// Backends that connect in `register` have equal item names, so one text implements them; each opens a device in
/// its own way.
macro_rules! stage {
    ($platform:ty, $module:ident, $open:expr $(, $interlude:item)?) => {
        impl Stage for $platform {
            type Device = $module::Device;
            type Registers = $module::Registers;
            type Registration<H: InterruptHandler> = $module::Registration<H>;

            fn open(cx: &mut Cx<'_, Passive>, device: DeviceId) -> Result<Self::Device, Error> {
                $open(cx, device)
            }

            fn registers(device: &Self::Device) -> Self::Registers {
                device.registers()
            }

            fn register<H: InterruptHandler>(
                cx: &mut Cx<'_, Passive>,
                device: &Self::Device,
                handler: H,
                config: Config,
            ) -> Result<Self::Registration<H>, Error> {
                $module::register(cx, device, handler, config)
            }

            fn granted<H: InterruptHandler>(registration: &Self::Registration<H>) -> Granted {
                registration.granted()
            }

            fn section<H: InterruptHandler, R>(
                cx: &mut Cx<'_, Passive>,
                registration: &Self::Registration<H>,
                source: Source,
                section: impl FnOnce(&mut H::Shared) -> R,
            ) -> Result<R, SyncError> {
                dirql::InterruptSync::synchronize(registration.interrupt(), cx, source, section)
            }

            $($interlude)?

            fn unregister<H: InterruptHandler>(
                cx: &mut Cx<'_, Passive>,
                registration: Self::Registration<H>,
                gone: bool,
            ) -> H {
                if gone { registration.unregister_gone(cx) } else { registration.unregister(cx) }
            }
        }
    };
}

stage!(mock::Mock, mock, |_: &mut Cx<'_, Passive>, device| Ok(mock::Device::new(device)));
stage!(wdm::Wdm, wdm, open_wdm);
stage!(
    ndis::Ndis,
    ndis,
    open_ndis,
    /// NDIS disables and enables interrupts for diagnosis (R46).
    fn interlude<H: InterruptHandler>(device: DeviceId, _: &Self::Registration<H>) {
        disable_interrupts(device);
        enable_interrupts(device);
    }
);
