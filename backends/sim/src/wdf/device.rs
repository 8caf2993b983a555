//! Devices: what the PnP manager does with them, and the resources that it assigns.

use std::sync::Arc;

use dirql_ddi::wdf::{
    PWDF_DRIVER_GLOBALS, WDF_OBJECT_ATTRIBUTES, WDF_OBJECT_ATTRIBUTES_INIT, WDF_PNPPOWER_EVENT_CALLBACKS,
    WDFCMRESLIST, WDFDEVICE,
};
use dirql_ddi::{
    CM_PARTIAL_RESOURCE_DESCRIPTOR, CM_PARTIAL_RESOURCE_DESCRIPTOR_INTERRUPT,
    CM_PARTIAL_RESOURCE_DESCRIPTOR_MEMORY, CM_PARTIAL_RESOURCE_DESCRIPTOR_VARIANT,
    CM_RESOURCE_INTERRUPT_LATCHED, CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE, CM_RESOURCE_INTERRUPT_MESSAGE,
    CmResourceShareDeviceExclusive, CmResourceShareShared, CmResourceTypeInterrupt, CmResourceTypeMemory,
    PCM_PARTIAL_RESOURCE_DESCRIPTOR, ULONG, USHORT,
};

use super::constraints::CallbackLock;
use super::object::{self, Kind, ObjectId};
use super::{connection, interrupt, objects};
use crate::bus::DeviceId;
use crate::interrupt::VectorId;
use crate::kernel::{self, fail};
use crate::ntoskrnl::register_space;

/// Vectors as drivers see them begin here: 0 stands for none.
const VECTORS_AT: ULONG = 0x30;

/// Where a device is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// EvtDriverDeviceAdd runs, or has run.
    Added,
    /// EvtDevicePrepareHardware runs.
    Preparing,
    /// The device has resources, and no power.
    Dx,
    /// The device works.
    D0,
}

/// Which framework a device's driver uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framework {
    /// KMDF.
    Kernel,
    /// UMDF, with direct access to its hardware.
    User,
}

/// What was done about self-managed I/O.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum SelfManaged {
    #[default]
    Nothing,
    /// EvtDeviceSelfManagedIoInit has succeeded: a power-up calls EvtDeviceSelfManagedIoRestart from now on.
    Begun,
    /// EvtDeviceSelfManagedIoFlush was called.
    Flushed,
}

/// A device object.
#[derive(Clone)]
pub(super) struct Device {
    pub(super) id: DeviceId,
    pub(super) framework: Framework,
    pub(super) state: State,
    pub(super) callbacks: WDF_PNPPOWER_EVENT_CALLBACKS,
    /// Its interrupts stay connected in Dx (R69).
    pub(super) not_pageable: bool,
    /// What the driver wants each of its requests to be created with.
    pub(super) requests: WDF_OBJECT_ATTRIBUTES,
    pub(super) self_managed: SelfManaged,
    /// Made for the first who is synchronized with the device (R75).
    pub(super) callback_lock: Option<CallbackLock>,
    /// The translated list that the hardware was prepared with, until it is released.
    prepared: Option<ObjectId>,
}

impl Device {
    pub(super) fn new(id: DeviceId, framework: Framework, callbacks: WDF_PNPPOWER_EVENT_CALLBACKS) -> Self {
        Self {
            id,
            framework,
            state: State::Added,
            callbacks,
            not_pageable: false,
            requests: WDF_OBJECT_ATTRIBUTES_INIT(),
            self_managed: SelfManaged::default(),
            callback_lock: None,
            prepared: None,
        }
    }
}

/// A resource list, as its descriptors are lent to the driver.
#[derive(Clone)]
pub(super) struct Resources(Arc<[CM_PARTIAL_RESOURCE_DESCRIPTOR]>);

/// Returns the object of a device handle, or ends the run if it is none.
pub(super) fn id_of(device: WDFDEVICE) -> ObjectId {
    let id = ObjectId::of(device);
    get(id);
    id
}

/// Returns a device.
pub(super) fn get(id: ObjectId) -> Device {
    match objects(|o| o.get(id).cloned()) {
        Some(Kind::Device(device)) => device,
        _ => fail("InvalidHandle", "the handle is no WDFDEVICE (0x10D/0x5)".into()),
    }
}

/// Changes a device.
pub(super) fn change(id: ObjectId, act: impl FnOnce(&mut Device)) {
    objects(|o| {
        if let Some(Kind::Device(device)) = o.get_mut(id) {
            act(device);
        }
    });
}

pub(super) fn set_state(id: ObjectId, state: State) {
    change(id, |device| device.state = state);
}

/// Creates a device object, as EvtDriverDeviceAdd does with WdfDeviceCreate. The driver may create interrupts
/// until [`prepare_hardware`].
///
/// # Safety
/// The callbacks are the driver's for this device, and keep the framework's contract: what belongs to an object is
/// not used after the object's end. A context type in `attributes` outlives the device.
pub unsafe fn add_device(
    id: DeviceId,
    callbacks: &WDF_PNPPOWER_EVENT_CALLBACKS,
    attributes: &mut WDF_OBJECT_ATTRIBUTES,
) -> WDFDEVICE {
    // SAFETY: the caller's promise is the one that this wants.
    unsafe { add(id, Framework::Kernel, callbacks, attributes) }
}

/// As [`add_device`], for a UMDF driver.
///
/// # Safety
/// As for [`add_device`].
pub unsafe fn add_user_device(
    id: DeviceId,
    callbacks: &WDF_PNPPOWER_EVENT_CALLBACKS,
    attributes: &mut WDF_OBJECT_ATTRIBUTES,
) -> WDFDEVICE {
    // SAFETY: the caller's promise is the one that this wants.
    unsafe { add(id, Framework::User, callbacks, attributes) }
}

/// # Safety
/// As for [`add_device`].
unsafe fn add(
    id: DeviceId,
    framework: Framework,
    callbacks: &WDF_PNPPOWER_EVENT_CALLBACKS,
    attributes: &mut WDF_OBJECT_ATTRIBUTES,
) -> WDFDEVICE {
    let device = Kind::Device(Device::new(id, framework, *callbacks));
    // SAFETY: a reference is valid.
    match unsafe { object::create(device, None, attributes) } {
        Ok(device) => device.handle(),
        Err(_) => core::ptr::null_mut(),
    }
}

/// Does to a device what WdfDeviceInitSetPowerNotPageable does before it is created: in Dx its interrupts stay
/// connected (R69).
pub fn set_power_not_pageable(device: WDFDEVICE) {
    change(id_of(device), |device| device.not_pageable = true);
}

/// Assigns resources: `registers_len` bytes of registers, and a message each or the line. From here to
/// [`power_up`](super::power_up) the driver's EvtDevicePrepareHardware runs, with the lists that this returns:
/// raw, and translated.
pub fn prepare_hardware(device: WDFDEVICE, registers_len: u32) -> (WDFCMRESLIST, WDFCMRESLIST) {
    let id = id_of(device);
    let descriptors: Arc<[_]> = descriptors(get(id).id, registers_len).into();
    let list = || {
        let kind = Kind::Resources(Resources(Arc::clone(&descriptors)));
        // SAFETY: no attributes are no requirement.
        unsafe { object::create(kind, Some(id), core::ptr::null_mut()) }
            .map_or(core::ptr::null_mut(), ObjectId::handle)
    };
    let lists = (list(), list());
    set_state(id, State::Preparing);
    interrupt::assign_in_order(id, &descriptors);
    lists
}

/// Remembers that the driver is prepared with a translated list.
pub(super) fn keep_resources(id: ObjectId, translated: WDFCMRESLIST) {
    let translated = ObjectId::of(translated);
    change(id, |device| device.prepared = Some(translated));
}

/// Returns the translated list that the driver was prepared with, once.
pub(super) fn take_resources(id: ObjectId) -> Option<WDFCMRESLIST> {
    let prepared = get(id).prepared;
    change(id, |device| device.prepared = None);
    prepared.map(ObjectId::handle)
}

/// Takes the resources back, after the driver's EvtDeviceReleaseHardware: deletes the lists, and the interrupts
/// that EvtDevicePrepareHardware created.
pub fn release_hardware(device: WDFDEVICE) {
    let id = id_of(device);
    interrupt::of_device(id).into_iter().rev().for_each(connection::disconnect);
    set_state(id, State::Added);
    let in_prepare = |id: &ObjectId| interrupt::get(*id).was_created_in_prepare();
    interrupt::of_device(id).into_iter().rev().filter(in_prepare).for_each(object::delete);
    let is_list = |id: &ObjectId| resources(*id).is_some();
    objects(|o| o.children(id)).into_iter().filter(is_list).for_each(object::delete);
}

/// Removes a device: its object and all below it are deleted.
pub fn remove_device(device: WDFDEVICE) {
    object::delete(id_of(device));
}

fn descriptors(device: DeviceId, registers_len: u32) -> Vec<CM_PARTIAL_RESOURCE_DESCRIPTOR> {
    let messages: Vec<_> = (0..).map_while(|n| kernel::message_of(device, n)).collect();
    let line = kernel::line_of(device).filter(|_| messages.is_empty());
    let message = CM_RESOURCE_INTERRUPT_MESSAGE | CM_RESOURCE_INTERRUPT_LATCHED;
    let messages = messages.into_iter().map(|v| interrupt(v, message, CmResourceShareDeviceExclusive));
    let line = line.map(|v| interrupt(v, CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE, CmResourceShareShared));
    core::iter::once(memory(device, registers_len)).chain(line).chain(messages).collect()
}

fn memory(device: DeviceId, len: u32) -> CM_PARTIAL_RESOURCE_DESCRIPTOR {
    let memory = CM_PARTIAL_RESOURCE_DESCRIPTOR_MEMORY { Start: register_space(device), Length: len };
    CM_PARTIAL_RESOURCE_DESCRIPTOR {
        Type: CmResourceTypeMemory,
        ShareDisposition: CmResourceShareDeviceExclusive,
        Flags: 0,
        u: CM_PARTIAL_RESOURCE_DESCRIPTOR_VARIANT { Memory: memory },
    }
}

fn interrupt(vector: VectorId, flags: USHORT, share: u8) -> CM_PARTIAL_RESOURCE_DESCRIPTOR {
    let (irql, affinity) = kernel::vector_info(vector);
    let interrupt = CM_PARTIAL_RESOURCE_DESCRIPTOR_INTERRUPT {
        Level: irql.into(),
        Group: 0,
        Vector: vector_number(vector),
        Affinity: affinity.into(),
    };
    CM_PARTIAL_RESOURCE_DESCRIPTOR {
        Type: CmResourceTypeInterrupt,
        ShareDisposition: share,
        Flags: flags,
        u: CM_PARTIAL_RESOURCE_DESCRIPTOR_VARIANT { Interrupt: interrupt },
    }
}

/// Returns the number by which drivers know a vector.
pub(super) fn vector_number(vector: VectorId) -> ULONG {
    VECTORS_AT + ULONG::from(vector.0)
}

/// Returns the vector of an interrupt's descriptor.
pub(super) fn vector_of(descriptor: &CM_PARTIAL_RESOURCE_DESCRIPTOR) -> Option<VectorId> {
    if descriptor.Type != CmResourceTypeInterrupt {
        return None;
    }
    // SAFETY: `Type` says that this member is there.
    let number = unsafe { descriptor.u.Interrupt.Vector };
    number.checked_sub(VECTORS_AT).map(|v| VectorId(v as u8))
}

/// Returns the vector that a pointer into one of the device's resource lists stands for.
pub(super) fn vector_at(device: ObjectId, descriptor: PCM_PARTIAL_RESOURCE_DESCRIPTOR) -> Option<VectorId> {
    let lists = objects(|o| o.children(device));
    lists.into_iter().find_map(|list| {
        let list = resources(list)?;
        let found = list.0.iter().find(|d| core::ptr::eq(*d, descriptor))?;
        vector_of(found)
    })
}

fn resources(id: ObjectId) -> Option<Resources> {
    match objects(|o| o.get(id).cloned()) {
        Some(Kind::Resources(list)) => Some(list),
        _ => None,
    }
}

pub(super) unsafe extern "C-unwind" fn resource_count(_: PWDF_DRIVER_GLOBALS, list: WDFCMRESLIST) -> ULONG {
    resources(ObjectId::of(list)).map_or(0, |list| list.0.len() as ULONG)
}

/// The descriptor lives as long as the list.
pub(super) unsafe extern "C-unwind" fn resource_descriptor(
    _: PWDF_DRIVER_GLOBALS,
    list: WDFCMRESLIST,
    index: ULONG,
) -> PCM_PARTIAL_RESOURCE_DESCRIPTOR {
    let list = resources(ObjectId::of(list));
    let found = list.as_ref().and_then(|list| list.0.get(index as usize));
    found.map_or(core::ptr::null_mut(), |d| core::ptr::from_ref(d).cast_mut())
}
