//! The platform under the driver, with an eye on what it touches: registers of a device that it has let go, and
//! receive buffers that are the device's.

use core::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dirql::{Cx, DmaMemory, Passive, Platform, RegisterIo};
use dirql_sim::kernel;
use i82574::descriptor::{DESCRIPTOR_SIZE, RX_LEGACY_STATUS_WORD, RX_STATUS_WORD, RxStatus};
use nic::{ReceiveFormat, Settings};

use super::shared;

/// Platform `P`, supervised.
pub(super) struct Supervised<P>(PhantomData<fn() -> P>);

impl<P: Platform> Platform for Supervised<P> {
    type RawLock = P::RawLock;
    type Registers = Registers<P::Registers>;
    type Dma = Memory<P::Dma>;

    fn delay(cx: &mut Cx<'_, Passive>, us_min: u32) {
        P::delay(cx, us_min);
    }
}

/// Whether the driver may touch the device now.
#[derive(Clone, Debug, Default)]
pub(super) struct HandsOff(Arc<Mutex<Option<&'static str>>>);

const STOPPED: &str = "after stop returned: the device may be without power";
const REMOVING: &str = "while it is told that the device is gone (R81)";
const REMOVED: &str = "after it was told that the device is gone (R81)";

impl HandsOff {
    /// The driver has stopped.
    pub(super) fn stopped(&self) {
        self.change().get_or_insert(STOPPED);
    }

    /// The driver is about to be told that the device is gone.
    pub(super) fn removing(&self) {
        self.change().get_or_insert(REMOVING);
    }

    /// The driver knows that the device is gone: for good.
    pub(super) fn removed(&self) {
        *self.change() = Some(REMOVED);
    }

    /// The driver is about to start again.
    pub(super) fn lift(&self) {
        self.change().take_if(|reason| *reason == STOPPED);
    }

    fn change(&self) -> MutexGuard<'_, Option<&'static str>> {
        kernel::changes(shared::HANDS_OFF);
        self.reason()
    }

    fn reason(&self) -> MutexGuard<'_, Option<&'static str>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self, offset: u32) {
        kernel::looks_at(shared::HANDS_OFF);
        let reason = *self.reason();
        // What was running when the device went finds out by itself: DPCs, ISRs, and who resets it in a thread.
        if let Some(reason) = reason.filter(|&r| r != REMOVING || kernel::irql() == 0) {
            let name = i82574::register_name(offset);
            kernel::fail("DeviceTouchedAfterStop", format!("the driver accesses {name} {reason}"));
        }
    }
}

/// The device's registers.
#[derive(Clone)]
pub(super) struct Registers<R> {
    pub(super) registers: R,
    pub(super) hands_off: HandsOff,
}

impl<R: RegisterIo> RegisterIo for Registers<R> {
    fn read_u32(&self, offset: u32) -> u32 {
        self.hands_off.check(offset);
        self.registers.read_u32(offset)
    }

    fn write_u32(&self, offset: u32, value: u32) {
        self.hands_off.check(offset);
        self.registers.write_u32(offset, value);
    }
}

/// Who has a receive buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// Nobody yet: its descriptor was never written.
    Nobody,
    /// The device, from when the driver writes the descriptor.
    Device,
    /// The driver, from when it sees the descriptor done. It may read the buffer.
    Driver,
}

/// Who has each receive buffer.
#[derive(Debug)]
pub(super) struct Ownership {
    buffer_len: u32,
    /// Where in a descriptor DD is, in bytes.
    status_offset: u32,
    owners: Mutex<Vec<Owner>>,
}

impl Ownership {
    pub(super) fn new(settings: &Settings) -> Arc<Self> {
        let status_word = match settings.receive_format {
            ReceiveFormat::Extended => RX_STATUS_WORD,
            ReceiveFormat::Legacy => RX_LEGACY_STATUS_WORD,
        };
        Arc::new(Self {
            buffer_len: settings.receive_buffer_size.bytes(),
            status_offset: 4 * status_word as u32,
            owners: Mutex::new(vec![Owner::Nobody; settings.receive_descriptors.into()]),
        })
    }

    fn owners(&self) -> MutexGuard<'_, Vec<Owner>> {
        kernel::changes(shared::OWNERSHIP);
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, offset: u32, owner: Owner) {
        if let Some(one) = self.owners().get_mut((offset / DESCRIPTOR_SIZE) as usize) {
            *one = owner;
        }
    }

    /// Says whether the device has a buffer to write the next frame to, or will find one when the driver looks.
    pub(super) fn device_has_any(&self) -> bool {
        self.owners().contains(&Owner::Device)
    }

    /// A descriptor's word was read.
    fn descriptor_read(&self, offset: u32, value: u32) {
        let is_status = offset % DESCRIPTOR_SIZE == self.status_offset;
        if is_status && RxStatus::from_bits_retain(value).contains(RxStatus::DD) {
            self.set(offset, Owner::Driver);
        }
    }

    /// Whatever a device wrote into a descriptor, the driver reads no buffer that it has not got back.
    fn check(&self, offset: u32, len: u32) {
        if !self.is_mine(offset, len) {
            let buffer = offset / self.buffer_len;
            kernel::fail(
                "DeviceValueUnvalidated",
                format!("the driver reads {len} bytes of receive buffer {buffer}, which the device has"),
            );
        }
    }

    /// Says whether `len` bytes at `offset` lie in one buffer, and that one is the driver's.
    fn is_mine(&self, offset: u32, len: u32) -> bool {
        let buffer = (offset / self.buffer_len) as usize;
        let fits = offset % self.buffer_len + len <= self.buffer_len;
        fits && self.owners().get(buffer) == Some(&Owner::Driver)
    }
}

/// What a memory holds.
enum Role {
    Plain,
    ReceiveRing(Arc<Ownership>),
    ReceiveBuffers(Arc<Ownership>),
}

/// Memory shared with the device.
pub(super) struct Memory<D> {
    memory: D,
    role: Role,
}

impl<D: DmaMemory> Memory<D> {
    pub(super) fn plain(memory: D) -> Self {
        Self { memory, role: Role::Plain }
    }

    pub(super) fn receive_ring(memory: D, ownership: &Arc<Ownership>) -> Self {
        Self { memory, role: Role::ReceiveRing(Arc::clone(ownership)) }
    }

    pub(super) fn receive_buffers(memory: D, ownership: &Arc<Ownership>) -> Self {
        Self { memory, role: Role::ReceiveBuffers(Arc::clone(ownership)) }
    }
}

impl<D: DmaMemory> DmaMemory for Memory<D> {
    fn device_address(&self) -> u64 {
        self.memory.device_address()
    }

    fn len(&self) -> u32 {
        self.memory.len()
    }

    fn read_u32(&self, offset: u32) -> u32 {
        let value = self.memory.read_u32(offset);
        if let Role::ReceiveRing(ownership) = &self.role {
            ownership.descriptor_read(offset, value);
        }
        value
    }

    fn write_u32(&self, offset: u32, value: u32) {
        if let Role::ReceiveRing(ownership) = &self.role {
            ownership.set(offset, Owner::Device);
        }
        self.memory.write_u32(offset, value);
    }

    fn read_bytes(&self, offset: u32, to: &mut [u8]) {
        if let Role::ReceiveBuffers(ownership) = &self.role {
            ownership.check(offset, to.len() as u32);
        }
        self.memory.read_bytes(offset, to);
    }

    fn write_bytes(&self, offset: u32, from: &[u8]) {
        self.memory.write_bytes(offset, from);
    }

    fn publish(&self) {
        self.memory.publish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nic::BufferSize;

    #[test]
    fn a_buffer_is_the_drivers_from_dd_to_the_next_write() {
        let small = Settings {
            receive_descriptors: 8,
            receive_buffer_size: BufferSize::Bytes256,
            ..Settings::DEFAULT
        };
        let ownership = Ownership::new(&small);
        let status = DESCRIPTOR_SIZE + 4 * RX_STATUS_WORD as u32;
        ownership.descriptor_read(status, 0);
        assert!(!ownership.is_mine(256, 60), "the device is not done with it");
        ownership.descriptor_read(status, RxStatus::DD.bits());
        assert!(ownership.is_mine(256, 256) && !ownership.is_mine(256, 257) && !ownership.is_mine(512, 1));
        assert!(!ownership.device_has_any(), "of the others nobody has any");
        ownership.set(status, Owner::Device);
        assert!(!ownership.is_mine(256, 60) && ownership.device_has_any());
        assert!(!ownership.is_mine(8 * 256, 1), "there is no such buffer");
    }

    #[test]
    fn a_stop_can_be_undone_and_a_removal_cannot() {
        let hands_off = HandsOff::default();
        hands_off.stopped();
        hands_off.lift();
        assert_eq!(*hands_off.reason(), None);
        hands_off.stopped();
        hands_off.removed();
        hands_off.lift();
        assert_eq!(*hands_off.reason(), Some(REMOVED));
    }
}
