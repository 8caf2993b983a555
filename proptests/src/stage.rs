//! The backends behind one trait, so that a property is written once, and the machine that all of them run on.

use dirql::{Config, Cx, Dispatch, Error, InterruptHandler, InterruptSync, Passive, Platform};
use dirql_backends::{mock, wdm};
use dirql_sim::{DeviceId, Ordering, Seeded, Setup, Strategy, ntoskrnl};

/// The device under test.
pub const DEVICE: DeviceId = DeviceId::new(0);
/// How many bytes of registers the platform maps for it: the 82574's BAR0.
const REGISTERS_LEN: u32 = 128 * 1024;

/// A backend. Its registrations are the interrupts of [`DEVICE`].
pub trait Stage: Platform {
    /// The started device.
    type Device;
    /// What sections synchronize with.
    type Interrupt<H: InterruptHandler>: InterruptSync<Shared = H::Shared, MaxCaller = Dispatch>;
    /// The owner of a registered interrupt.
    type Registration<H: InterruptHandler>;

    /// Starts [`DEVICE`].
    ///
    /// # Errors
    /// Those of the backend.
    fn open(cx: &mut Cx<'_, Passive>) -> Result<Self::Device, Error>;
    /// Returns the device's registers.
    fn registers(device: &Self::Device) -> Self::Registers;
    /// Allocates `len` bytes that the device can reach.
    ///
    /// # Errors
    /// Those of the backend.
    fn allocate(cx: &mut Cx<'_, Passive>, device: &Self::Device, len: u32) -> Result<Self::Dma, Error>;
    /// Registers an interrupt.
    ///
    /// # Errors
    /// Those of the backend.
    fn register<H: InterruptHandler>(
        cx: &mut Cx<'_, Passive>,
        device: &Self::Device,
        handler: H,
        config: Config,
    ) -> Result<Self::Registration<H>, Error>;
    /// Returns what to synchronize with.
    fn interrupt<H: InterruptHandler>(registration: &Self::Registration<H>) -> &Self::Interrupt<H>;
    /// Returns the handler.
    fn handler<H: InterruptHandler>(registration: &Self::Registration<H>) -> &H;
    /// Gives the handler back; no method of it runs after that.
    fn unregister<H: InterruptHandler>(cx: &mut Cx<'_, Passive>, registration: Self::Registration<H>) -> H;
}

/// Backends have equal item names, so one text implements them all; only a device is opened differently.
macro_rules! stage {
    ($platform:ty, $module:ident, $open:expr) => {
        impl Stage for $platform {
            type Device = $module::Device;
            type Interrupt<H: InterruptHandler> = $module::Interrupt<H>;
            type Registration<H: InterruptHandler> = $module::Registration<H>;

            fn open(cx: &mut Cx<'_, Passive>) -> Result<Self::Device, Error> {
                $open(cx)
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

            fn unregister<H: InterruptHandler>(
                cx: &mut Cx<'_, Passive>,
                registration: Self::Registration<H>,
            ) -> H {
                registration.unregister(cx)
            }
        }
    };
}

stage!(mock::Mock, mock, |_: &mut Cx<'_, Passive>| Ok(mock::Device::new(DEVICE)));
stage!(wdm::Wdm, wdm, open_wdm);

fn open_wdm(cx: &mut Cx<'_, Passive>) -> Result<wdm::Device, Error> {
    let space = ntoskrnl::register_space(DEVICE);
    // SAFETY: object and space are those of the machine's device, as START_DEVICE would hand them over; what is
    // made from the device is dropped first.
    unsafe { wdm::Device::start(cx, ntoskrnl::device_object(DEVICE), space, REGISTERS_LEN) }
}

/// Runs `act` with a token for PASSIVE_LEVEL. For the machine's threads, which start there.
pub fn at_passive<R>(act: impl FnOnce(&mut Cx<'_, Passive>) -> R) -> R {
    // SAFETY: the machine's threads start at PASSIVE_LEVEL and stay there between calls.
    unsafe { Cx::enter(act) }
}

/// Sets a machine up that records neither schedule nor trace.
pub fn setup(cpus: usize, ordering: Ordering, strategy: Strategy, seed: u64) -> Setup {
    Setup {
        cpus,
        ordering,
        scheduler: Box::new(Seeded::new(strategy, seed)),
        step_limit: 500_000,
        fail_allocation: None,
        record_schedule: false,
        record_trace: false,
    }
}
