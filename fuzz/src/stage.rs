//! The backends behind one trait, as a driver's life needs them, so that what happens to a driver is written once.
//!
//! A new backend adds an `impl Stage` here, or in a file below, and a line to `on`.

mod kmdf;
mod umdf;
mod wdm_passive;

use dirql::{
    Config, Cx, Dispatch, Error, InterruptHandler, InterruptSync, Passive, Platform, RegisterIo, Source,
    SyncError,
};
use dirql_backends::{Granted, mock, ndis, wdm};
use dirql_sim::ndis::{adapter_handle, disable_interrupts, enable_interrupts};
use dirql_sim::{DeviceId, ntoskrnl};

use crate::backend::Backend;
pub use wdm_passive::WdmPassive;

/// How many bytes of registers the platform maps for a device: the 82574's BAR0.
const REGISTERS_LEN: u32 = 128 * 1024;

/// A backend and its framework: devices, and a driver's interrupt from registration to removal.
pub trait Stage: 'static {
    /// Whether ISRs and sections run at DIRQL, and deferred routines at DISPATCH_LEVEL; all of them run at
    /// PASSIVE_LEVEL otherwise.
    const DIRQL: bool = true;
    /// Whether the framework takes devices to low power by itself (B18).
    const MANAGES_POWER: bool = false;
    /// A started device.
    type Device;
    /// Its registers.
    type Registers: RegisterIo + Clone + 'static;
    /// The owner of a registered interrupt.
    type Registration<H: InterruptHandler>;

    /// Starts a device of the machine.
    ///
    /// # Errors
    /// Those of the backend; here and below.
    fn open(cx: &mut Cx<'_, Passive>, device: DeviceId) -> Result<Self::Device, Error>;

    /// Returns a device's registers.
    fn registers(device: &Self::Device) -> Self::Registers;

    /// Calls the backend's `register`.
    ///
    /// # Errors
    /// Those of the backend.
    fn register<H: InterruptHandler>(
        cx: &mut Cx<'_, Passive>,
        device: &Self::Device,
        handler: H,
        config: Config,
    ) -> Result<Self::Registration<H>, Error>;

    /// Does what the framework does after the driver has registered; the handler is gone if that fails.
    ///
    /// # Errors
    /// Those of the framework.
    fn start<H: InterruptHandler>(
        cx: &mut Cx<'_, Passive>,
        registration: Self::Registration<H>,
    ) -> Result<Self::Registration<H>, Error> {
        let _ = cx;
        Ok(registration)
    }

    /// Registers, and starts.
    ///
    /// # Errors
    /// Those of both.
    fn connect<H: InterruptHandler>(
        cx: &mut Cx<'_, Passive>,
        device: &Self::Device,
        handler: H,
        config: Config,
    ) -> Result<Self::Registration<H>, Error> {
        let registration = Self::register(cx, device, handler, config)?;
        Self::start(cx, registration)
    }

    /// Returns the handler.
    fn handler<H: InterruptHandler>(registration: &Self::Registration<H>) -> &H;

    /// Returns what was granted.
    fn granted<H: InterruptHandler>(registration: &Self::Registration<H>) -> Granted;

    /// Runs a section from a thread.
    ///
    /// # Errors
    /// As for [`InterruptSync::synchronize`].
    fn section<H: InterruptHandler, R>(
        cx: &mut Cx<'_, Passive>,
        registration: &Self::Registration<H>,
        source: Source,
        section: impl FnOnce(&mut H::Shared) -> R,
    ) -> Result<R, SyncError>;

    /// Takes the device to low power, if the framework does.
    fn suspend<H: InterruptHandler>(registration: &Self::Registration<H>) {
        let _ = registration;
    }

    /// Brings a suspended device back.
    fn resume<H: InterruptHandler>(registration: &Self::Registration<H>) {
        let _ = registration;
    }

    /// Does once what the framework may do to a running driver of its own accord.
    fn interlude<H: InterruptHandler>(device: DeviceId, registration: &Self::Registration<H>) {
        let _ = (device, registration);
    }

    /// Does what the framework does before the driver unregisters; to a device that has gone, if `gone`.
    fn leave<H: InterruptHandler>(registration: &Self::Registration<H>, gone: bool) {
        let _ = (registration, gone);
    }

    /// Ends a registration whose framework has left it.
    fn release<H: InterruptHandler>(
        cx: &mut Cx<'_, Passive>,
        registration: Self::Registration<H>,
        gone: bool,
    ) -> H;

    /// Gives the handler back; no method of it runs after that.
    fn unregister<H: InterruptHandler>(
        cx: &mut Cx<'_, Passive>,
        registration: Self::Registration<H>,
        gone: bool,
    ) -> H {
        Self::leave(&registration, gone);
        Self::release(cx, registration, gone)
    }
}

/// A backend with all that a driver of a device with DMA needs.
pub trait DmaStage: Stage {
    /// Its lock, registers and DMA memory.
    type Platform: Platform<Registers = Self::Registers>;
    /// What sections synchronize with.
    type Interrupt<H: InterruptHandler>: InterruptSync<Shared = H::Shared, MaxCaller = Dispatch>;

    /// Allocates `len` bytes that the device can reach.
    ///
    /// # Errors
    /// Those of the backend.
    fn allocate(
        cx: &mut Cx<'_, Passive>,
        device: &Self::Device,
        len: u32,
    ) -> Result<<Self::Platform as Platform>::Dma, Error>;

    /// Returns what to synchronize with.
    fn interrupt<H: InterruptHandler>(registration: &Self::Registration<H>) -> &Self::Interrupt<H>;
}

/// A backend whose interrupts are passive, and whose platform has no DMA.
pub trait PassiveStage: Stage {
    /// Its lock and registers.
    type Platform: Platform<Registers = Self::Registers>;
    /// What sections synchronize with.
    type Interrupt<H: InterruptHandler>: InterruptSync<Shared = H::Shared, MaxCaller = Passive>;

    /// Returns what to synchronize with.
    fn interrupt<H: InterruptHandler>(registration: &Self::Registration<H>) -> &Self::Interrupt<H>;
}

/// What can be played on any backend.
pub(crate) trait Play {
    /// Plays it as the machine's main thread.
    fn play<S: Stage>(&self, cx: &mut Cx<'_, Passive>);
}

/// Plays on a backend.
pub(crate) fn on(backend: Backend, cx: &mut Cx<'_, Passive>, play: &impl Play) {
    match backend {
        Backend::Mock => play.play::<mock::Mock>(cx),
        Backend::Wdm => play.play::<wdm::Wdm>(cx),
        Backend::Ndis => play.play::<ndis::Ndis>(cx),
        Backend::Kmdf => play.play::<dirql_backends::kmdf::Kmdf>(cx),
        Backend::Umdf => play.play::<dirql_backends::umdf::Umdf>(cx),
        Backend::WdmPassive => play.play::<WdmPassive>(cx),
    }
}

/// Runs `act` with a token for PASSIVE_LEVEL. For the machine's threads, which start there.
pub fn at_passive<R>(act: impl FnOnce(&mut Cx<'_, Passive>) -> R) -> R {
    // SAFETY: the machine's threads start at PASSIVE_LEVEL and stay there between calls.
    unsafe { Cx::enter(act) }
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

            fn registers(device: &Self::Device) -> $module::Registers {
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

            fn handler<H: InterruptHandler>(registration: &Self::Registration<H>) -> &H {
                registration.handler()
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
                registration.interrupt().synchronize(cx, source, section)
            }

            $($interlude)?

            fn release<H: InterruptHandler>(
                cx: &mut Cx<'_, Passive>,
                registration: Self::Registration<H>,
                gone: bool,
            ) -> H {
                if gone { registration.unregister_gone(cx) } else { registration.unregister(cx) }
            }
        }

        impl DmaStage for $platform {
            type Platform = Self;
            type Interrupt<H: InterruptHandler> = $module::Interrupt<H>;

            fn allocate(
                cx: &mut Cx<'_, Passive>,
                device: &Self::Device,
                len: u32,
            ) -> Result<$module::CommonBuffer, Error> {
                device.allocate(cx, len)
            }

            fn interrupt<H: InterruptHandler>(registration: &Self::Registration<H>) -> &Self::Interrupt<H> {
                registration.interrupt()
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

fn open_wdm(cx: &mut Cx<'_, Passive>, device: DeviceId) -> Result<wdm::Device, Error> {
    let space = ntoskrnl::register_space(device);
    // SAFETY: object and space are those of the machine's device, as START_DEVICE would hand them over; who plays
    // drops what it makes from the device first.
    unsafe { wdm::Device::start(cx, ntoskrnl::device_object(device), space, REGISTERS_LEN) }
}

fn open_ndis(cx: &mut Cx<'_, Passive>, device: DeviceId) -> Result<ndis::Device, Error> {
    let space = ntoskrnl::register_space(device);
    // SAFETY: handle and space are those of the machine's device, as MiniportInitializeEx would get them; who plays
    // drops what it makes from the device first.
    unsafe { ndis::Device::start(cx, adapter_handle(device), space, REGISTERS_LEN) }
}
