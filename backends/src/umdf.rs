//! UMDF 2: one WDFINTERRUPT for the line or for each message, all at PASSIVE_LEVEL, in a host process.
//!
//! | Where in a driver | What to call |
//! |---|---|
//! | EvtDevicePrepareHardware | [`Device::prepare`], [`register`] |
//! | EvtDeviceD0EntryPostInterruptsEnabled | `Registration::d0_entry_post_interrupts_enabled` |
//! | EvtDeviceD0ExitPreInterruptsDisabled | `Registration::d0_exit_pre_interrupts_disabled` |
//! | EvtDeviceSurpriseRemoval | `Registration::surprise_removal` |
//! | EvtDeviceReleaseHardware | `Registration::unregister`, then drop the [`Device`] |
//!
//! Sound for interrupts created by this file and for nothing else. Here an interrupt's lock is a wait lock:
//! `WdfInterruptSynchronize` takes it, connected or not, and excludes EvtInterruptIsr, which runs in a thread of the
//! host (R87). Several interrupts share a domain only if they were created with one WDFWAITLOCK (R49). What the lock
//! does *not* exclude is the kernel's part and the device: between two lines of a section the device may interrupt.
//! So
//!
//! - sections may block, and the thread that asks for one may be made to wait (R79: not in an arbitrary thread);
//! - deferred routines are work items, which the framework waits for as the last thing before D0Exit (R84, R86);
//! - a line stays masked until the ISR has returned, so a slow ISR keeps all its sharers waiting (R85). Messages and
//!   lines work; an edge-triggered line that is shared does not (difference B23).
//!
//! The gate (`wdf/gate.rs`) is not what makes it sound here. It gives sections the meaning that they have on the other
//! frameworks: outside of D0 there are none.

mod device;
mod lock;

use core::ffi::c_void;
use core::ptr::{NonNull, null_mut};

use dirql::{Config, Cx, Error, InterruptHandler, Passive, Platform};
use dirql_ddi::wdf::*;
use dirql_ddi::*;

use crate::wdf::{self, Framework, by_table};

pub use crate::wdf::status_of;
pub use device::{Device, NoDma, Registers};
pub use lock::SlimLock;

const TAG: ULONG = u32::from_le_bytes(*b"dQum");

/// The UMDF backend's lock and registers; there is no DMA memory.
#[derive(Debug)]
pub struct Umdf;

impl Platform for Umdf {
    type RawLock = SlimLock;
    type Registers = Registers;
    type Dma = NoDma;

    fn delay(_cx: &mut Cx<'_, Passive>, us_min: u32) {
        // SAFETY: a thread of the host process may sleep.
        unsafe { Sleep(us_min.div_ceil(1000)) };
    }
}

// SAFETY: the functions are UMDF's. Everything runs at PASSIVE_LEVEL, EvtInterruptWorkItem too (R86); the framework
// waits for it before D0Exit (R84). Heap blocks are aligned to 16 bytes.
unsafe impl Framework for Umdf {
    type Level = Passive;
    type Memory = WDFMEMORY;

    fn config(
        isr: PFN_WDF_INTERRUPT_ISR,
        deferred: PFN_WDF_INTERRUPT_DPC,
        lock: WDFOBJECT,
    ) -> WDF_INTERRUPT_CONFIG {
        WDF_INTERRUPT_CONFIG {
            EvtInterruptWorkItem: deferred,
            WaitLock: lock.cast(),
            ..umdf::WDF_INTERRUPT_CONFIG_INIT(isr, None)
        }
    }

    unsafe fn create_lock(attributes: &mut WDF_OBJECT_ATTRIBUTES, lock: &mut WDFOBJECT) -> NTSTATUS {
        // SAFETY: the caller guarantees the attributes.
        unsafe { umdf::WdfWaitLockCreate(attributes, (&raw mut *lock).cast()) }
    }

    unsafe fn defer(interrupt: WDFINTERRUPT) -> BOOLEAN {
        // SAFETY: the caller guarantees an interrupt with EvtInterruptWorkItem.
        unsafe { umdf::WdfInterruptQueueWorkItemForIsr(interrupt) }
    }

    /// The memory is the framework driver's: a registration that is dropped leaks it until the driver goes.
    unsafe fn allocate(size: usize) -> Option<(NonNull<c_void>, WDFMEMORY)> {
        let (mut memory, mut place) = (null_mut(), null_mut());
        // SAFETY: both out-parameters are ours.
        let status = unsafe {
            umdf::WdfMemoryCreate(null_mut(), NonPagedPoolNx, TAG, size, &raw mut memory, &raw mut place)
        };
        NonNull::new(place).filter(|_| NT_SUCCESS(status)).map(|place| (place, memory))
    }

    unsafe fn free(memory: WDFMEMORY) {
        // SAFETY: `allocate` created it, and the caller is done with it.
        unsafe { umdf::WdfObjectDelete(memory.cast()) };
    }

    by_table!(umdf);
}

/// A registered interrupt: what sections synchronize with.
pub type Interrupt<H> = wdf::Interrupt<Umdf, H>;

/// Owns a registered interrupt. Dropping it leaks it, as it must while an ISR can run.
pub type Registration<H> = wdf::Registration<Umdf, H>;

/// Creates the interrupts of `device`, in EvtDevicePrepareHardware. The framework connects and enables them at
/// D0 entry, after that callback has returned (R63). Their ISRs can run before they are enabled (R65).
///
/// # Errors
/// [`NoInterrupt`](dirql::ErrorKind::NoInterrupt) if the device was assigned none;
/// [`Unsupported`](dirql::ErrorKind::Unsupported) if the line was asked for and messages were assigned, if the number
/// of messages is out of range, or if the framework refuses;
/// [`OutOfResources`](dirql::ErrorKind::OutOfResources). No callback reaches the handler then.
pub fn register<H: InterruptHandler>(
    cx: &mut Cx<'_, Passive>,
    device: &Device,
    handler: H,
    config: Config,
) -> Result<Registration<H>, Error> {
    // SAFETY: the resources are the device's own (`Device::prepare`).
    unsafe { wdf::register(cx, device.handle(), device.resources(), handler, config) }
}
