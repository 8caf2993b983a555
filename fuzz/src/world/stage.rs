//! The backends behind one trait, so that a scenario is written once.

pub(crate) mod kmdf;

use dirql::{Config, Cx, Dispatch, Error, InterruptHandler, InterruptSync, Passive, Platform};
use dirql_backends::{Granted, mock, ndis, wdm};
use dirql_sim::{DeviceId, ndis::adapter_handle, ntoskrnl};

/// How many bytes of registers the platform maps for a device: the 82574's BAR0.
const REGISTERS_LEN: u32 = 128 * 1024;

/// A backend: a platform, its devices and its interrupts.
pub(super) trait Stage: 'static {
    /// Its lock, registers and DMA memory.
    type Platform: Platform;
    /// A started device.
    type Device;
    /// What sections synchronize with.
    type Interrupt<H: InterruptHandler>: InterruptSync<Shared = H::Shared, MaxCaller = Dispatch>;
    /// The owner of a registered interrupt.
    type Registration<H: InterruptHandler>;

    fn open(cx: &mut Cx<'_, Passive>, device: DeviceId) -> Result<Self::Device, Error>;
    fn registers(device: &Self::Device) -> <Self::Platform as Platform>::Registers;
    fn allocate(
        cx: &mut Cx<'_, Passive>,
        device: &Self::Device,
        len: u32,
    ) -> Result<<Self::Platform as Platform>::Dma, Error>;
    fn register<H: InterruptHandler>(
        cx: &mut Cx<'_, Passive>,
        device: &Self::Device,
        handler: H,
        config: Config,
    ) -> Result<Self::Registration<H>, Error>;
    fn interrupt<H: InterruptHandler>(registration: &Self::Registration<H>) -> &Self::Interrupt<H>;
    fn handler<H: InterruptHandler>(registration: &Self::Registration<H>) -> &H;
    fn granted<H: InterruptHandler>(registration: &Self::Registration<H>) -> Granted;
    fn unregister<H: InterruptHandler>(
        cx: &mut Cx<'_, Passive>,
        registration: Self::Registration<H>,
        gone: bool,
    ) -> H;
}

/// Backends have equal item names, so one text implements them all; only a device is opened differently.
macro_rules! stage {
    ($platform:ty, $module:ident, $open:expr) => {
        impl Stage for $platform {
            type Platform = Self;
            type Device = $module::Device;
            type Interrupt<H: InterruptHandler> = $module::Interrupt<H>;
            type Registration<H: InterruptHandler> = $module::Registration<H>;

            fn open(cx: &mut Cx<'_, Passive>, device: DeviceId) -> Result<Self::Device, Error> {
                $open(cx, device)
            }

            fn registers(device: &Self::Device) -> $module::Registers {
                device.registers()
            }

            fn allocate(
                cx: &mut Cx<'_, Passive>,
                device: &Self::Device,
                len: u32,
            ) -> Result<$module::CommonBuffer, Error> {
                device.allocate(cx, len)
            }

            fn register<H: InterruptHandler>(
                cx: &mut Cx<'_, Passive>,
                device: &Self::Device,
                handler: H,
                config: Config,
            ) -> Result<Self::Registration<H>, Error> {
                $module::register(cx, device, handler, config)
            }

            fn interrupt<H: InterruptHandler>(registration: &Self::Registration<H>) -> &Self::Interrupt<H> {
                registration.interrupt()
            }

            fn handler<H: InterruptHandler>(registration: &Self::Registration<H>) -> &H {
                registration.handler()
            }

            fn granted<H: InterruptHandler>(registration: &Self::Registration<H>) -> Granted {
                registration.granted()
            }

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
stage!(ndis::Ndis, ndis, open_ndis);

pub(crate) fn open_wdm(cx: &mut Cx<'_, Passive>, device: DeviceId) -> Result<wdm::Device, Error> {
    let space = ntoskrnl::register_space(device);
    // SAFETY: object and space are those of the machine's device, as START_DEVICE would hand them over; the
    // scenario drops what it makes from the device first.
    unsafe { wdm::Device::start(cx, ntoskrnl::device_object(device), space, REGISTERS_LEN) }
}

pub(crate) fn open_ndis(cx: &mut Cx<'_, Passive>, device: DeviceId) -> Result<ndis::Device, Error> {
    let space = ntoskrnl::register_space(device);
    // SAFETY: handle and space are those of the machine's device, as MiniportInitializeEx would get them; the
    // scenario drops what it makes from the device first.
    unsafe { ndis::Device::start(cx, adapter_handle(device), space, REGISTERS_LEN) }
}
