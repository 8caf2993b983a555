//! Framework objects: handles, contexts, parents, and their ends.

use core::ffi::c_void;
use core::ptr::null_mut;

use dirql_ddi::wdf::{
    PCWDF_OBJECT_CONTEXT_TYPE_INFO, PWDF_DRIVER_GLOBALS, PWDF_OBJECT_ATTRIBUTES, WDF_OBJECT_ATTRIBUTES,
    WDF_OBJECT_ATTRIBUTES_INIT, WDFOBJECT,
};
use dirql_ddi::{NTSTATUS, PVOID, STATUS_INFO_LENGTH_MISMATCH, STATUS_INSUFFICIENT_RESOURCES};

use super::device::{Device, Resources};
use super::dma::CommonBuffer;
use super::driver::Driver;
use super::interrupt::Interrupt;
use super::lock::{SpinLock, WaitLock};
use super::memory::Memory;
use super::queue::Queue;
use super::request::Request;
use super::{constraints, deferred, objects, require_dispatch};
use crate::kernel::{self, fail};

/// A handle is a number: that of the object.
const HANDLES_AT: usize = 0xffff_b000_0000_0000;
const HANDLE_STRIDE: usize = 0x10;
/// The tag of the framework's own allocations.
const TAG: u32 = u32::from_le_bytes(*b"FxDr");
/// What precedes an object's context in its memory.
const HEADER_LEN: usize = 16;

/// Names an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ObjectId(u32);

impl ObjectId {
    /// Returns the handle by which the driver knows the object.
    pub(super) fn handle<H>(self) -> *mut H {
        core::ptr::without_provenance_mut(HANDLES_AT + self.0 as usize * HANDLE_STRIDE)
    }

    /// Returns the object of a handle, or ends the run if there is none.
    pub(super) fn of<H>(handle: *mut H) -> Self {
        let at = (handle as usize).wrapping_sub(HANDLES_AT);
        let index = at / HANDLE_STRIDE;
        let is_gone = objects(|o| o.0.get(index).map(|object| object.kind.is_none()));
        match is_gone.filter(|_| at.is_multiple_of(HANDLE_STRIDE)) {
            Some(false) => Self(index as u32),
            Some(true) => fail(
                "InvalidHandle",
                format!(
                    "{handle:?} is an object that was deleted, or a request that was completed (0x10D/0x5)"
                ),
            ),
            None => fail("InvalidHandle", format!("{handle:?} is no framework object (0x10D/0x5)")),
        }
    }

    pub(super) fn number(self) -> u32 {
        self.0
    }

    pub(super) fn of_number(number: usize) -> Self {
        Self(number as u32)
    }
}

/// What an object is.
#[derive(Clone)]
pub(super) enum Kind {
    Driver(Driver),
    Device(Device),
    Resources(Resources),
    Queue(Queue),
    Request(Request),
    Interrupt(Interrupt),
    SpinLock(SpinLock),
    WaitLock(WaitLock),
    Memory(Memory),
    DmaEnabler,
    CommonBuffer(CommonBuffer),
}

struct Object {
    /// `None` once the object is deleted.
    kind: Option<Kind>,
    parent: Option<ObjectId>,
    attributes: WDF_OBJECT_ATTRIBUTES,
    memory: *mut u8,
}

/// All objects of one run. A deleted one keeps its number.
#[derive(Default)]
pub(super) struct Objects(Vec<Object>);

impl Objects {
    pub(super) fn reset(&mut self) {
        self.0.clear();
    }

    /// Returns the children of an object, the newest first.
    pub(super) fn children(&self, parent: ObjectId) -> Vec<ObjectId> {
        let alive = |(_, o): &(usize, &Object)| o.parent == Some(parent) && o.kind.is_some();
        self.0.iter().enumerate().rev().filter(alive).map(|(n, _)| ObjectId(n as u32)).collect()
    }

    /// Returns all objects that are what `is` says, in the order of their creation.
    pub(super) fn all(&self, is: impl Fn(&Kind) -> bool) -> Vec<ObjectId> {
        let wanted = |(_, o): &(usize, &Object)| o.kind.as_ref().is_some_and(&is);
        self.0.iter().enumerate().filter(wanted).map(|(n, _)| ObjectId(n as u32)).collect()
    }

    /// Returns an object that is what `is` says.
    pub(super) fn find(&self, is: impl Fn(&Kind) -> bool) -> Option<ObjectId> {
        let at = self.0.iter().position(|o| o.kind.as_ref().is_some_and(&is))?;
        Some(ObjectId(at as u32))
    }

    /// Returns how many objects are what `is` says.
    pub(super) fn count(&self, is: impl Fn(&Kind) -> bool) -> usize {
        self.0.iter().filter_map(|o| o.kind.as_ref()).filter(|kind| is(kind)).count()
    }

    /// Says whether an object is an interrupt's parent: it goes with its device then, as the interrupt.
    fn has_interrupt(&self, parent: ObjectId) -> bool {
        self.children(parent).into_iter().any(|id| matches!(self.get(id), Some(Kind::Interrupt(_))))
    }

    pub(super) fn get(&self, id: ObjectId) -> Option<&Kind> {
        self.0[id.0 as usize].kind.as_ref()
    }

    pub(super) fn get_mut(&mut self, id: ObjectId) -> Option<&mut Kind> {
        self.0[id.0 as usize].kind.as_mut()
    }
}

/// Creates an object. Its parent is the one that the attributes name, or `parent`.
///
/// # Safety
/// `attributes` is null or points to valid attributes.
pub(super) unsafe fn create(
    kind: Kind,
    parent: Option<ObjectId>,
    attributes: PWDF_OBJECT_ATTRIBUTES,
) -> Result<ObjectId, NTSTATUS> {
    // SAFETY: the caller guarantees valid attributes, if any.
    let attributes = unsafe { attributes.as_ref() }.copied().unwrap_or(WDF_OBJECT_ATTRIBUTES_INIT());
    if attributes.Size as usize != size_of::<WDF_OBJECT_ATTRIBUTES>() {
        return Err(STATUS_INFO_LENGTH_MISMATCH);
    }
    constraints::check(&kind, &attributes)?;
    let parent = match attributes.ParentObject {
        object if object.is_null() => parent,
        object => Some(ObjectId::of(object)),
    };
    // SAFETY: a driver's context type outlives its objects.
    let context_len = unsafe { attributes.ContextTypeInfo.as_ref() }
        .map_or(0, |info| info.ContextSize.max(attributes.ContextSizeOverride));
    let memory = kernel::allocate_pool(HEADER_LEN + context_len, TAG);
    if memory.is_null() {
        return Err(STATUS_INSUFFICIENT_RESOURCES);
    }
    Ok(objects(|o| {
        o.0.push(Object { kind: Some(kind), parent, attributes, memory });
        ObjectId(o.0.len() as u32 - 1)
    }))
}

/// Returns what an object was created with.
pub(super) fn attributes(id: ObjectId) -> WDF_OBJECT_ATTRIBUTES {
    objects(|o| o.0[id.0 as usize].attributes)
}

/// Deletes an object after its children, the newest first.
pub(super) fn delete(id: ObjectId) {
    for child in objects(|o| o.children(id)) {
        delete(child);
    }
    let kind = objects(|o| o.get(id).cloned());
    match kind {
        Some(Kind::Interrupt(interrupt)) => deferred::run_down(&interrupt),
        // SAFETY: a driver uses no buffer after its object's end, as below.
        Some(Kind::Memory(memory)) => unsafe { memory.free() },
        Some(Kind::CommonBuffer(buffer)) => buffer.free(),
        _ => {}
    }
    let attributes = attributes(id);
    for end in [attributes.EvtCleanupCallback, attributes.EvtDestroyCallback].into_iter().flatten() {
        // SAFETY: the driver gave this callback for its object.
        unsafe { end(id.handle::<c_void>()) };
    }
    let memory = objects(|o| {
        o.0[id.0 as usize].kind = None;
        o.0[id.0 as usize].memory
    });
    // SAFETY: a driver uses no context after its object's end: `add_device` was promised that it keeps the contract.
    unsafe { kernel::free_pool(memory) };
}

pub(super) unsafe extern "C-unwind" fn get_typed_context(
    _: PWDF_DRIVER_GLOBALS,
    handle: WDFOBJECT,
    type_info: PCWDF_OBJECT_CONTEXT_TYPE_INFO,
) -> PVOID {
    let id = ObjectId::of(handle);
    let (attributes, memory) = objects(|o| (o.0[id.0 as usize].attributes, o.0[id.0 as usize].memory));
    // SAFETY: a driver's context type outlives its objects.
    match unsafe { attributes.ContextTypeInfo.as_ref() } {
        Some(info) if info.UniqueType == type_info => memory.wrapping_add(HEADER_LEN).cast(),
        _ => null_mut(),
    }
}

/// A driver must not delete what the framework deletes: the call is refused, and with the verifier on it breaks.
pub(super) unsafe extern "C-unwind" fn object_delete(_: PWDF_DRIVER_GLOBALS, handle: WDFOBJECT) {
    require_dispatch("WdfObjectDelete");
    let id = ObjectId::of(handle);
    let refused = objects(|o| {
        let Some(kind) = o.get(id) else { return false };
        matches!(
            kind,
            Kind::Driver(_) | Kind::Device(_) | Kind::Interrupt(_) | Kind::Resources(_) | Kind::Request(_)
        ) || o.has_interrupt(id)
    });
    if refused {
        fail("WdfObjectDelete", "the framework deletes this object, not the driver (FxV)".into());
    }
    delete(id);
}
