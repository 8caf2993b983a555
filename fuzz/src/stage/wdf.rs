//! A WDF backend on the stage: what a function driver's callbacks do, and the PnP manager that calls them. The
//! frameworks have equal item names, so this is the text for both: the file above says in `framework` which it is.

use core::ptr::{NonNull, null};

use dirql::{Config, Cx, Error, ErrorKind, InterruptHandler, InterruptSync, Passive, Source, SyncError};
use dirql_backends::Granted;
use dirql_ddi::{NT_SUCCESS, NTSTATUS, STATUS_SUCCESS, ULONG};
use dirql_sim::{DeviceId, wdf};

use super::framework::*;
use crate::stage::{REGISTERS_LEN, Stage};

/// What the device's callbacks call in its registration, whatever its handler.
trait Powered {
    /// # Safety
    /// As for [`backend::Registration::d0_entry_post_interrupts_enabled`].
    unsafe fn entered(&self);
    /// # Safety
    /// As for [`backend::Registration::d0_exit_pre_interrupts_disabled`].
    unsafe fn leaves(&self, cx: &mut Cx<'_, Passive>, target: WDF_POWER_DEVICE_STATE);
    fn is_gone(&self);
}

impl<H: InterruptHandler> Powered for backend::Registration<H> {
    unsafe fn entered(&self) {
        // SAFETY: the caller's promise is the one that this wants.
        unsafe { self.d0_entry_post_interrupts_enabled() };
    }

    unsafe fn leaves(&self, cx: &mut Cx<'_, Passive>, target: WDF_POWER_DEVICE_STATE) {
        // SAFETY: the caller's promise is the one that this wants.
        unsafe { self.d0_exit_pre_interrupts_disabled(cx, target) };
    }

    fn is_gone(&self) {
        self.surprise_removal();
    }
}

/// The device's context: its registration, while it has one.
#[repr(C)]
struct Context(*const Hooks);

/// A thin pointer leads here.
struct Hooks(NonNull<dyn Powered>);

struct ContextType(WDF_OBJECT_CONTEXT_TYPE_INFO);

// SAFETY: never written; its pointers are to constants.
unsafe impl Sync for ContextType {}

static CONTEXT_TYPE: ContextType = ContextType(WDF_OBJECT_CONTEXT_TYPE_INFO {
    Size: size_of::<WDF_OBJECT_CONTEXT_TYPE_INFO>() as ULONG,
    ContextName: c"StageDevice".as_ptr(),
    ContextSize: size_of::<Context>(),
    UniqueType: &raw const CONTEXT_TYPE.0,
    EvtDriverGetUniqueContextType: None,
});

/// # Safety
/// `add` made the device.
unsafe fn context(device: WDFDEVICE) -> *mut Context {
    // SAFETY: the caller guarantees the device.
    unsafe { WdfObjectGetTypedContextWorker(device.cast(), CONTEXT_TYPE.0.UniqueType) }.cast()
}

/// Tells a device, which `add` made, what its callbacks are to call.
fn set_hooks(device: WDFDEVICE, hooks: *const Hooks) {
    // SAFETY: `add` made the device.
    let context = unsafe { context(device) };
    // SAFETY: the context is this large, and the framework does not call back meanwhile.
    unsafe { context.write(Context(hooks)) };
}

/// # Safety
/// `add` made the device, and the framework calls back for it.
unsafe fn powered<'p>(device: WDFDEVICE) -> Option<&'p dyn Powered> {
    // SAFETY: the caller guarantees the device.
    let context = unsafe { context(device) };
    // SAFETY: the framework zeroed the context, or `register` wrote it.
    let hooks = unsafe { (*context).0 };
    // SAFETY: the hooks live as long as the context points to them.
    let hooks = unsafe { hooks.as_ref() }?;
    // SAFETY: likewise the registration.
    Some(unsafe { hooks.0.as_ref() })
}

unsafe extern "C-unwind" fn post_interrupts_enabled(
    device: WDFDEVICE,
    _: WDF_POWER_DEVICE_STATE,
) -> NTSTATUS {
    // SAFETY: as the framework calls this.
    if let Some(powered) = unsafe { powered(device) } {
        // SAFETY: this is that callback, and succeeds.
        unsafe { powered.entered() };
    }
    STATUS_SUCCESS
}

unsafe extern "C-unwind" fn pre_interrupts_disabled(
    device: WDFDEVICE,
    target: WDF_POWER_DEVICE_STATE,
) -> NTSTATUS {
    // SAFETY: as the framework calls this.
    if let Some(powered) = unsafe { powered(device) } {
        // SAFETY: this is that callback.
        let leaves = |cx: &mut Cx<'_, Passive>| unsafe { powered.leaves(cx, target) };
        // SAFETY: power callbacks run at PASSIVE_LEVEL.
        unsafe { Cx::enter(leaves) };
    }
    STATUS_SUCCESS
}

unsafe extern "C-unwind" fn surprise_removal(device: WDFDEVICE) {
    // SAFETY: as the framework calls this.
    if let Some(powered) = unsafe { powered(device) } {
        powered.is_gone();
    }
}

fn add(device: DeviceId) -> WDFDEVICE {
    let mut callbacks = WDF_PNPPOWER_EVENT_CALLBACKS_INIT();
    callbacks.EvtDeviceD0EntryPostInterruptsEnabled = Some(post_interrupts_enabled);
    callbacks.EvtDeviceD0ExitPreInterruptsDisabled = Some(pre_interrupts_disabled);
    callbacks.EvtDeviceSurpriseRemoval = Some(surprise_removal);
    let mut attributes = WDF_OBJECT_ATTRIBUTES_INIT();
    attributes.ContextTypeInfo = &raw const CONTEXT_TYPE.0;
    // SAFETY: the callbacks are this file's, for any device; the context type is a static.
    unsafe { add_device(device, &callbacks, &mut attributes) }
}

/// A device from EvtDevicePrepareHardware to its removal.
pub struct Device {
    pub(super) prepared: backend::Device,
    object: Object,
}

/// A WDFDEVICE, which goes after everything made from it.
struct Object(WDFDEVICE);

impl Drop for Object {
    fn drop(&mut self) {
        wdf::release_hardware(self.0);
        wdf::remove_device(self.0);
    }
}

/// A registration whose device is in D0.
pub struct Registration<H: InterruptHandler> {
    pub(super) inner: Box<backend::Registration<H>>,
    _hooks: Box<Hooks>,
    device: WDFDEVICE,
}

impl Stage for Framework {
    const DIRQL: bool = DIRQL;
    const MANAGES_POWER: bool = true;
    type Device = Device;
    type Registers = backend::Registers;
    type Registration<H: InterruptHandler> = Registration<H>;

    fn open(cx: &mut Cx<'_, Passive>, device: DeviceId) -> Result<Device, Error> {
        let object = Object(add(device));
        let (raw, translated) = wdf::prepare_hardware(object.0, REGISTERS_LEN);
        // SAFETY: this is the time of EvtDevicePrepareHardware; who plays drops what it makes from the device first.
        let prepared = unsafe { backend::Device::prepare(cx, object.0, raw, translated) }?;
        Ok(Device { prepared, object })
    }

    fn registers(device: &Device) -> backend::Registers {
        device.prepared.registers()
    }

    fn register<H: InterruptHandler>(
        cx: &mut Cx<'_, Passive>,
        device: &Device,
        handler: H,
        config: Config,
    ) -> Result<Registration<H>, Error> {
        let inner = Box::new(backend::register(cx, &device.prepared, handler, config)?);
        let powered: &dyn Powered = &*inner;
        let hooks = Box::new(Hooks(NonNull::from(powered)));
        let device = device.object.0;
        set_hooks(device, &raw const *hooks);
        Ok(Registration { inner, _hooks: hooks, device })
    }

    /// Brings the device into D0, where its interrupts are connected (R63).
    fn start<H: InterruptHandler>(
        cx: &mut Cx<'_, Passive>,
        registration: Registration<H>,
    ) -> Result<Registration<H>, Error> {
        if NT_SUCCESS(wdf::power_up(registration.device)) {
            return Ok(registration);
        }
        drop(registration.release(cx));
        Err(ErrorKind::Unsupported.into())
    }

    fn handler<H: InterruptHandler>(registration: &Registration<H>) -> &H {
        registration.inner.handler()
    }

    fn granted<H: InterruptHandler>(registration: &Registration<H>) -> Granted {
        registration.inner.granted()
    }

    fn section<H: InterruptHandler, R>(
        cx: &mut Cx<'_, Passive>,
        registration: &Registration<H>,
        source: Source,
        section: impl FnOnce(&mut H::Shared) -> R,
    ) -> Result<R, SyncError> {
        registration.inner.interrupt().synchronize(cx, source, section)
    }

    fn suspend<H: InterruptHandler>(registration: &Registration<H>) {
        wdf::power_down(registration.device, WdfPowerDeviceD3);
    }

    fn resume<H: InterruptHandler>(registration: &Registration<H>) {
        assert!(NT_SUCCESS(wdf::power_up(registration.device)), "the device does not return to D0");
    }

    /// An idle device goes to D3 and comes back.
    fn interlude<H: InterruptHandler>(_: DeviceId, registration: &Registration<H>) {
        Self::suspend(registration);
        Self::resume(registration);
    }

    fn leave<H: InterruptHandler>(registration: &Registration<H>, gone: bool) {
        if gone {
            wdf::surprise_removal(registration.device);
        }
        wdf::power_down(registration.device, WdfPowerDeviceD3Final);
    }

    fn release<H: InterruptHandler>(cx: &mut Cx<'_, Passive>, registration: Registration<H>, _: bool) -> H {
        registration.release(cx)
    }
}

impl<H: InterruptHandler> Registration<H> {
    /// What EvtDeviceReleaseHardware does. The device is not in D0.
    fn release(self, cx: &mut Cx<'_, Passive>) -> H {
        set_hooks(self.device, null());
        // SAFETY: the device has left D0, and this stage never brings it back with this registration.
        unsafe { self.inner.unregister(cx) }
    }
}
