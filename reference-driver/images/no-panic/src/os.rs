//! The least operating system that the driver needs. Its routines are declared and never defined, so the compiler
//! knows nothing of what they do.

use core::sync::atomic::{Ordering, fence};

use dirql::{
    AtMost, Cx, Dispatch, DmaMemory, InterruptSync, Level, Passive, Platform, RawLock, RegisterIo, Source,
    SyncError,
};
use nic::{Link, ReceivedFrame, SendStatus, Shared, Token, Upper};

unsafe extern "C" {
    safe fn os_read_register(base: usize, offset: u32) -> u32;
    safe fn os_write_register(base: usize, offset: u32, value: u32);
    safe fn os_read_memory(base: usize, offset: u32) -> u32;
    safe fn os_write_memory(base: usize, offset: u32, value: u32);
    fn os_copy_out(base: usize, offset: u32, to: *mut u8, len: usize);
    fn os_copy_in(base: usize, offset: u32, from: *const u8, len: usize);
    safe fn os_acquire(lock: usize) -> u8;
    safe fn os_release(lock: usize, saved: u8);
    safe fn os_enter_section(interrupt: usize, source: u32) -> bool;
    safe fn os_leave_section(interrupt: usize);
    safe fn os_delay(us: u32);
    fn os_received(frame: *const u8, len: usize, tag: u32, checksums: u32);
    safe fn os_sent(token: u64, aborted: bool);
    safe fn os_transmit_ready();
    safe fn os_link_changed(up: bool);
}

/// A register window.
#[derive(Clone)]
#[repr(transparent)]
pub struct Registers(usize);

impl RegisterIo for Registers {
    fn read_u32(&self, offset: u32) -> u32 {
        os_read_register(self.0, offset)
    }

    fn write_u32(&self, offset: u32, value: u32) {
        os_write_register(self.0, offset, value);
    }
}

/// A common buffer.
#[repr(C)]
pub struct Buffer {
    base: usize,
    len: u32,
}

impl DmaMemory for Buffer {
    fn device_address(&self) -> u64 {
        self.base as u64
    }

    fn len(&self) -> u32 {
        self.len
    }

    fn read_u32(&self, offset: u32) -> u32 {
        os_read_memory(self.base, offset)
    }

    fn write_u32(&self, offset: u32, value: u32) {
        os_write_memory(self.base, offset, value);
    }

    fn read_bytes(&self, offset: u32, to: &mut [u8]) {
        // SAFETY: the slice is as long as it says, and ours for the length of the call.
        unsafe { os_copy_out(self.base, offset, to.as_mut_ptr(), to.len()) };
    }

    fn write_bytes(&self, offset: u32, from: &[u8]) {
        // SAFETY: as above.
        unsafe { os_copy_in(self.base, offset, from.as_ptr(), from.len()) };
    }

    fn publish(&self) {
        fence(Ordering::Release);
    }
}

/// A spin lock: its own address names it.
#[derive(Default)]
pub struct SpinLock(u8);

impl SpinLock {
    fn name(&self) -> usize {
        (&raw const self.0).addr()
    }
}

// SAFETY: nothing of this image ever runs.
unsafe impl RawLock for SpinLock {
    type Saved = u8;

    fn acquire(&self) -> u8 {
        os_acquire(self.name())
    }

    unsafe fn release(&self, saved: u8) {
        os_release(self.name(), saved);
    }
}

/// The platform.
pub struct Os;

impl Platform for Os {
    type RawLock = SpinLock;
    type Registers = Registers;
    type Dma = Buffer;

    fn delay(_: &mut Cx<'_, Passive>, us_min: u32) {
        os_delay(us_min);
    }
}

/// The interrupt object.
pub struct Interrupt {
    state: *mut Shared<Registers>,
}

// SAFETY: nothing of this image ever runs.
unsafe impl Sync for Interrupt {}

// SAFETY: nothing of this image ever runs.
unsafe impl InterruptSync for Interrupt {
    type Shared = Shared<Registers>;
    type MaxCaller = Dispatch;
    type Deferred = Dispatch;

    fn synchronize<L: AtMost<Dispatch>, R>(
        &self,
        _: &mut Cx<'_, L>,
        source: Source,
        section: impl FnOnce(&mut Shared<Registers>) -> R,
    ) -> Result<R, SyncError> {
        let source = if let Source::Message(n) = source { u32::from(n) } else { u32::MAX };
        if !os_enter_section(self.state.addr(), source) {
            return Err(SyncError::NotConnected);
        }
        // SAFETY: the system entered the section, so nobody else has the state.
        let result = section(unsafe { &mut *self.state });
        os_leave_section(self.state.addr());
        Ok(result)
    }
}

/// What lies above the driver.
pub struct Above;

impl Upper for Above {
    fn received<L: Level, D: DmaMemory>(&self, _: &mut Cx<'_, L>, frame: &ReceivedFrame<'_, D>) {
        let mut bytes = [0; 256];
        let len = frame.copy_to(&mut bytes);
        if !frame.is_empty() && frame.len() as usize >= len {
            let tag = frame.vlan().map_or(u32::MAX, u32::from);
            let found = frame.checksums();
            let right = u32::from(found.ipv4 == Some(true)) | u32::from(found.transport == Some(true)) << 1;
            // SAFETY: the array is ours, and `copy_to` filled no more than fits.
            unsafe { os_received(bytes.as_ptr(), len, tag, right) };
        }
    }

    fn sent<L: Level>(&self, _: &mut Cx<'_, L>, token: Token, status: SendStatus) {
        os_sent(token.0, status == SendStatus::Aborted);
    }

    fn transmit_ready<L: Level>(&self, _: &mut Cx<'_, L>) {
        os_transmit_ready();
    }

    fn link_changed<L: Level>(&self, _: &mut Cx<'_, L>, link: Link) {
        os_link_changed(link != Link::Down);
    }
}
