//! KMDF: one WDFINTERRUPT for the line or for each message, which the framework connects and disconnects.
//!
//! | Where in a driver | What to call |
//! |---|---|
//! | EvtDevicePrepareHardware | [`Device::prepare`], [`register`] |
//! | EvtDeviceD0EntryPostInterruptsEnabled | `Registration::d0_entry_post_interrupts_enabled` |
//! | EvtDeviceD0ExitPreInterruptsDisabled | `Registration::d0_exit_pre_interrupts_disabled` |
//! | EvtDeviceSurpriseRemoval | `Registration::surprise_removal` |
//! | EvtDeviceReleaseHardware | `Registration::unregister`, then drop the [`Device`] |
//!
//! Sound for DIRQL interrupts created by this file and for nothing else. `WdfInterruptSynchronize` is
//! `KeSynchronizeExecution` of the framework's kernel object, and excludes the ISR (R1, R2); several interrupts
//! share a domain only if they were created with one WDFSPINLOCK (R49). The framework has a kernel object only
//! between connecting and disconnecting, and does not check: so
//!
//! - threads synchronize through a gate (`wdf/gate.rs`), open from D0EntryPostInterruptsEnabled to
//!   D0ExitPreInterruptsDisabled, which waits for those inside (R63, R64);
//! - deferred routines synchronize with sources between EvtInterruptEnable and EvtInterruptDisable: the framework
//!   waits for DPCs after the one and before it disconnects (R64). That holds too if a power-up fails and
//!   D0ExitPreInterruptsDisabled is not called (R68).

mod config_space;
mod device;

use core::ffi::c_void;
use core::ptr::NonNull;

use dirql::{Config, Cx, Dispatch, Error, InterruptHandler, Passive, Platform};
use dirql_ddi::wdf::*;
use dirql_ddi::*;

use crate::delay::delay;
use crate::wdf::{self, Framework, by_table};

pub use crate::mapped::Registers;
pub use crate::spin_lock::SpinLock;
pub use crate::wdf::status_of;
pub use config_space::ConfigSpace;
pub use device::{Buffer, CommonBuffer, Device};

const TAG: ULONG = u32::from_le_bytes(*b"dQkm");

/// The KMDF backend's lock, registers and DMA memory.
///
/// The lock is a KSPIN_LOCK: a WDFSPINLOCK is the same with a handle, whose memory can run out where a lock
/// cannot say so.
#[derive(Debug)]
pub struct Kmdf;

impl Platform for Kmdf {
    type RawLock = SpinLock;
    type Registers = Registers;
    type Dma = CommonBuffer;

    fn delay(cx: &mut Cx<'_, Passive>, us_min: u32) {
        delay(cx, us_min);
    }
}

// SAFETY: the functions are KMDF's. EvtInterruptDpc of a DIRQL interrupt runs at DISPATCH_LEVEL (R33), where
// WdfInterruptSynchronize may be called (R9); KeFlushQueuedDpcs is the framework's wait (R64). Pool blocks are aligned
// to 16 bytes.
unsafe impl Framework for Kmdf {
    type Level = Dispatch;
    type Memory = PVOID;

    fn config(
        isr: PFN_WDF_INTERRUPT_ISR,
        deferred: PFN_WDF_INTERRUPT_DPC,
        lock: WDFOBJECT,
    ) -> WDF_INTERRUPT_CONFIG {
        WDF_INTERRUPT_CONFIG { SpinLock: lock.cast(), ..kmdf::WDF_INTERRUPT_CONFIG_INIT(isr, deferred) }
    }

    unsafe fn create_lock(attributes: &mut WDF_OBJECT_ATTRIBUTES, lock: &mut WDFOBJECT) -> NTSTATUS {
        // SAFETY: the caller guarantees the attributes.
        unsafe { kmdf::WdfSpinLockCreate(attributes, (&raw mut *lock).cast()) }
    }

    unsafe fn defer(interrupt: WDFINTERRUPT) -> BOOLEAN {
        // SAFETY: the caller guarantees an interrupt with EvtInterruptDpc.
        unsafe { kmdf::WdfInterruptQueueDpcForIsr(interrupt) }
    }

    unsafe fn allocate(size: usize) -> Option<(NonNull<c_void>, PVOID)> {
        // SAFETY: the caller is at PASSIVE_LEVEL.
        let place = unsafe { ExAllocatePool2(POOL_FLAG_NON_PAGED, size, TAG) };
        NonNull::new(place).map(|place| (place, place.as_ptr()))
    }

    unsafe fn free(memory: PVOID) {
        // SAFETY: `allocate` got this memory from the pool with this tag.
        unsafe { ExFreePoolWithTag(memory, TAG) };
    }

    by_table!(kmdf);
}

/// A registered interrupt: what sections synchronize with.
pub type Interrupt<H> = wdf::Interrupt<Kmdf, H>;

/// Owns a registered interrupt. Dropping it leaks it, as it must while an ISR can run; Driver Verifier reports the
/// leak at unload (0xC4/0x62).
pub type Registration<H> = wdf::Registration<Kmdf, H>;

/// Creates the interrupts of `device`, in EvtDevicePrepareHardware. The framework connects and enables them at
/// D0 entry, after that callback has returned (R63).
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
