//! The memory that drivers share with devices, seen from both sides.
//!
//! The processor's view is always the newest. With [`Ordering::Arm64`] a store reaches the device late, and
//! stores in any order, until the driver publishes them; whether a given read of the device already sees a given
//! store is a scheduler choice.

/// Where the device sees the first buffer: above 4 GiB, so that a lost high word is noticed.
pub const DEVICE_BASE: u64 = 0x1_0000_0000;

const PAGE: u32 = 4096;
const LATE_MAX: usize = 64;
/// How many roles there are; buffers beyond share the last one.
const ROLES: u32 = u128::BITS;

/// How stores and posted register writes reach the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Ordering {
    /// In order and at once.
    #[default]
    X64,
    /// Late and in any order until published; register writes are posted until a read of the device.
    Arm64,
}

/// Names a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferId(pub(crate) u32);

/// Says what was wrong with an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The driver accessed a buffer outside its bounds.
    DriverOutOfBounds,
    /// The driver accessed a buffer that it had freed, or freed it twice.
    DriverAfterFree,
    /// The device was given an address where no buffer is, or no longer is.
    DeviceStray(u64),
}

#[derive(Clone, Copy, Debug)]
struct Buffer {
    start: u32,
    len: u32,
    live: bool,
    /// What it is to the coverage of access pairs: buffers that are never there together may be the same.
    role: u8,
}

/// A store that the device need not have seen yet.
#[derive(Clone, Copy, Debug)]
struct Late {
    at: u32,
    seen_by_device: [u8; 4],
}

/// An access of the device, for the trace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeviceAccess {
    pub(crate) buffer: BufferId,
    pub(crate) offset: u32,
    pub(crate) len: u32,
    /// The first word.
    pub(crate) value: u32,
    pub(crate) write: bool,
    /// The device saw old bytes.
    pub(crate) late: bool,
}

/// All buffers of one machine.
#[derive(Debug, Default)]
pub struct Memory {
    ordering: Ordering,
    bytes: Vec<u8>,
    buffers: Vec<Buffer>,
    /// A bit for each role that a live buffer has.
    roles: u128,
    late: Vec<Late>,
    fault: Option<Fault>,
    /// The device's accesses since they were last asked for, if they are to be kept.
    watched: Option<Vec<DeviceAccess>>,
    /// How often the device read a word whose newest store had not reached it.
    late_seen: u64,
}

impl Memory {
    /// Frees everything and starts anew with `ordering`, keeping the allocation.
    pub fn reset(&mut self, ordering: Ordering) {
        self.ordering = ordering;
        self.bytes.clear();
        self.buffers.clear();
        self.roles = 0;
        self.late.clear();
        self.late.reserve(LATE_MAX);
        self.fault = None;
        self.watched = None;
        self.late_seen = 0;
    }

    /// Returns how often the device has read a word whose newest store had not reached it.
    pub fn late_seen(&self) -> u64 {
        self.late_seen
    }

    /// Keeps the device's accesses from now on.
    pub(crate) fn watch_device(&mut self) {
        self.watched = Some(Vec::new());
    }

    /// Takes the device's accesses since the last call.
    pub(crate) fn take_device_accesses(&mut self) -> Vec<DeviceAccess> {
        self.watched.as_mut().map(core::mem::take).unwrap_or_default()
    }

    #[cold]
    fn note_device_access(&mut self, address: u64, bytes: &[u8], write: bool, late: bool) {
        let offset = address.saturating_sub(DEVICE_BASE);
        let Some(index) = self.buffers.iter().rposition(|b| u64::from(b.start) <= offset) else { return };
        let mut first = [0; 4];
        let known = bytes.len().min(4);
        first[..known].copy_from_slice(&bytes[..known]);
        let access = DeviceAccess {
            buffer: BufferId(index as u32),
            offset: (offset - u64::from(self.buffers[index].start)) as u32,
            len: bytes.len() as u32,
            value: u32::from_le_bytes(first),
            write,
            late,
        };
        self.watched.get_or_insert_default().push(access);
    }

    /// Allocates a zeroed, page-aligned buffer of `len` bytes, with a page between any two.
    pub fn allocate(&mut self, len: u32) -> BufferId {
        let start = self.bytes.len() as u32;
        self.bytes.resize((start + len.next_multiple_of(PAGE)) as usize, 0);
        let role = self.roles.trailing_ones().min(ROLES - 1) as u8;
        self.roles |= 1 << role;
        self.buffers.push(Buffer { start: start + PAGE * self.buffers.len() as u32, len, live: true, role });
        BufferId(self.buffers.len() as u32 - 1)
    }

    /// Frees a buffer. Its place is never given out again in this run.
    pub fn free(&mut self, id: BufferId) {
        match self.buffers.get_mut(id.0 as usize) {
            Some(buffer) if buffer.live => {
                buffer.live = false;
                self.roles &= !(1 << buffer.role);
            }
            _ => self.report(Fault::DriverAfterFree),
        }
    }

    /// Returns the least number that no other live buffer had when this one was allocated: a frame's buffer stands for
    /// all that come and go in its place.
    #[inline]
    pub(crate) fn role(&self, id: BufferId) -> u32 {
        self.buffers.get(id.0 as usize).map_or(ROLES, |b| b.role.into())
    }

    /// Returns how many buffers were not freed.
    pub fn live(&self) -> usize {
        self.buffers.iter().filter(|b| b.live).count()
    }

    /// Returns the address of the buffer's first byte as the device sees it.
    pub fn device_address(&self, id: BufferId) -> u64 {
        self.buffers.get(id.0 as usize).map_or(0, |b| DEVICE_BASE + u64::from(b.start))
    }

    /// Returns the buffer's length in bytes.
    pub fn len(&self, id: BufferId) -> u32 {
        self.buffers.get(id.0 as usize).map_or(0, |b| b.len)
    }

    /// Returns whether there was a fault since the last call of [`take_fault`](Self::take_fault).
    #[inline]
    pub(crate) fn has_fault(&self) -> bool {
        self.fault.is_some()
    }

    /// Takes the first fault since the last call.
    pub fn take_fault(&mut self) -> Option<Fault> {
        self.fault.take()
    }

    /// Reads a word as the driver sees it; zero if out of bounds, which is a fault.
    pub fn driver_read_u32(&mut self, id: BufferId, offset: u32) -> u32 {
        match self.driver_range(id, offset, 4) {
            Some(at) => word(&self.bytes, at),
            None => 0,
        }
    }

    /// Writes a word; the device may see it late.
    pub fn driver_write_u32(&mut self, id: BufferId, offset: u32, value: u32) {
        let Some(at) = self.driver_range(id, offset, 4) else { return };
        if self.ordering == Ordering::Arm64 && !self.late.iter().any(|l| l.at == at) {
            if self.late.len() == LATE_MAX {
                self.late.remove(0);
            }
            self.late.push(Late { at, seen_by_device: word(&self.bytes, at).to_le_bytes() });
        }
        self.bytes[at as usize..at as usize + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// Copies bytes out of a buffer.
    pub fn driver_read(&mut self, id: BufferId, offset: u32, to: &mut [u8]) {
        match self.driver_range(id, offset, to.len() as u32) {
            Some(at) => to.copy_from_slice(&self.bytes[at as usize..at as usize + to.len()]),
            None => to.fill(0),
        }
    }

    /// Copies bytes into a buffer. They reach the device at once: payload is written long before its descriptor.
    pub fn driver_write(&mut self, id: BufferId, offset: u32, from: &[u8]) {
        if let Some(at) = self.driver_range(id, offset, from.len() as u32) {
            self.bytes[at as usize..at as usize + from.len()].copy_from_slice(from);
        }
    }

    /// Makes every store so far visible to the device.
    pub fn publish(&mut self) {
        self.late.clear();
    }

    /// Reads as the device sees it. `choose` is asked once for every store that may still be on its way:
    /// 0 means that it has arrived.
    pub fn device_read(&mut self, address: u64, to: &mut [u8], choose: &mut dyn FnMut(u32) -> u32) {
        let Some(at) = self.device_range(address, to.len() as u32) else { return to.fill(0) };
        let end = at + to.len() as u32;
        to.copy_from_slice(&self.bytes[at as usize..end as usize]);
        let mut saw_old = false;
        let mut i = 0;
        while i < self.late.len() {
            let late = self.late[i];
            if late.at + 4 <= at || late.at >= end {
                i += 1;
            } else if choose(2) == 0 {
                self.late.swap_remove(i);
            } else {
                saw_old = true;
                self.late_seen += 1;
                for (k, byte) in late.seen_by_device.into_iter().enumerate() {
                    let place = late.at + k as u32;
                    if (at..end).contains(&place) {
                        to[(place - at) as usize] = byte;
                    }
                }
                i += 1;
            }
        }
        if self.watched.is_some() {
            self.note_device_access(address, to, false, saw_old);
        }
    }

    /// Writes as the device does: the driver sees it at once.
    pub fn device_write(&mut self, address: u64, from: &[u8]) {
        let Some(at) = self.device_range(address, from.len() as u32) else { return };
        let end = at + from.len() as u32;
        self.late.retain(|l| l.at + 4 <= at || l.at >= end);
        self.bytes[at as usize..end as usize].copy_from_slice(from);
        if self.watched.is_some() {
            self.note_device_access(address, from, true, false);
        }
    }

    fn driver_range(&mut self, id: BufferId, offset: u32, len: u32) -> Option<u32> {
        let buffer = self.buffers.get(id.0 as usize).copied();
        let fault = match buffer {
            Some(b) if b.live && offset.checked_add(len).is_some_and(|end| end <= b.len) => {
                return Some(b.start - PAGE * id.0 + offset);
            }
            Some(b) if b.live => Fault::DriverOutOfBounds,
            _ => Fault::DriverAfterFree,
        };
        self.report(fault);
        None
    }

    /// Says whether a live buffer holds all `len` bytes at `address`: what an IOMMU would let through.
    pub fn device_reaches(&self, address: u64, len: u32) -> bool {
        self.place(address, len).is_some()
    }

    fn device_range(&mut self, address: u64, len: u32) -> Option<u32> {
        let found = self.place(address, len);
        if found.is_none() {
            self.report(Fault::DeviceStray(address));
        }
        found
    }

    fn place(&self, address: u64, len: u32) -> Option<u32> {
        let offset = address.checked_sub(DEVICE_BASE)?;
        let index = self.buffers.iter().rposition(|b| u64::from(b.start) <= offset)?;
        let b = self.buffers[index];
        let within = offset - u64::from(b.start);
        (b.live && within + u64::from(len) <= u64::from(b.len))
            .then(|| b.start - PAGE * index as u32 + within as u32)
    }

    fn report(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }
}

fn word(bytes: &[u8], at: u32) -> u32 {
    let at = at as usize;
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_takes_the_role_of_one_that_is_gone() {
        let mut memory = Memory::default();
        let [first, second] = [memory.allocate(64), memory.allocate(64)];
        memory.free(first);
        let third = memory.allocate(64);
        assert_eq!([first, second, third].map(|id| memory.role(id)), [0, 1, 0]);
    }

    fn arrived(_: u32) -> u32 {
        0
    }

    fn on_its_way(_: u32) -> u32 {
        1
    }

    fn read(memory: &mut Memory, address: u64, choose: fn(u32) -> u32) -> u32 {
        let mut word = [0; 4];
        memory.device_read(address, &mut word, &mut { choose });
        u32::from_le_bytes(word)
    }

    #[test]
    fn x64_stores_reach_the_device_at_once() {
        let mut memory = Memory::default();
        memory.reset(Ordering::X64);
        let buffer = memory.allocate(64);
        memory.driver_write_u32(buffer, 8, 7);
        let address = memory.device_address(buffer) + 8;
        assert_eq!(read(&mut memory, address, on_its_way), 7);
    }

    #[test]
    fn arm64_stores_are_late_until_published() {
        let mut memory = Memory::default();
        memory.reset(Ordering::Arm64);
        let buffer = memory.allocate(64);
        let address = memory.device_address(buffer);
        memory.driver_write_u32(buffer, 0, 1);
        memory.driver_write_u32(buffer, 0, 2);
        assert_eq!(read(&mut memory, address, on_its_way), 0, "the device still sees the oldest value");
        assert_eq!(memory.driver_read_u32(buffer, 0), 2, "the driver sees its own store");
        memory.publish();
        assert_eq!(read(&mut memory, address, on_its_way), 2);
        memory.driver_write_u32(buffer, 4, 9);
        assert_eq!(read(&mut memory, address + 4, arrived), 9);
        assert_eq!(read(&mut memory, address + 4, on_its_way), 9, "what has arrived stays");
    }

    #[test]
    fn a_watched_device_is_seen_to_read_old_bytes() {
        let mut memory = Memory::default();
        memory.reset(Ordering::Arm64);
        memory.watch_device();
        let buffer = memory.allocate(64);
        let address = memory.device_address(buffer) + 8;
        memory.driver_write_u32(buffer, 8, 7);
        read(&mut memory, address, on_its_way);
        memory.device_write(address, &[9, 0, 0, 0]);
        let seen = memory.take_device_accesses();
        let seen: Vec<_> = seen.iter().map(|a| (a.offset, a.len, a.value, a.write, a.late)).collect();
        assert_eq!(seen, [(8, 4, 0, false, true), (8, 4, 9, true, false)]);
        assert!(memory.take_device_accesses().is_empty());
    }

    #[test]
    fn the_device_cannot_leave_a_buffer_or_use_a_freed_one() {
        let mut memory = Memory::default();
        memory.reset(Ordering::X64);
        let first = memory.allocate(64);
        let second = memory.allocate(PAGE + 4);
        let end = memory.device_address(second) + u64::from(PAGE) + 4;
        memory.device_write(end - 4, &[1, 2, 3, 4]);
        assert_eq!(memory.take_fault(), None);
        memory.device_write(end - 3, &[0; 4]);
        assert_eq!(memory.take_fault(), Some(Fault::DeviceStray(end - 3)));
        let freed = memory.device_address(first);
        memory.free(first);
        memory.device_write(freed, &[0; 4]);
        assert_eq!(memory.take_fault(), Some(Fault::DeviceStray(freed)));
        memory.free(first);
        assert_eq!(memory.take_fault(), Some(Fault::DriverAfterFree));
        assert_eq!(memory.live(), 1);
    }

    #[test]
    fn the_driver_cannot_leave_a_buffer() {
        let mut memory = Memory::default();
        memory.reset(Ordering::X64);
        let buffer = memory.allocate(16);
        memory.driver_write_u32(buffer, 12, 5);
        assert_eq!(memory.take_fault(), None);
        assert_eq!(memory.driver_read_u32(buffer, 13), 0);
        assert_eq!(memory.take_fault(), Some(Fault::DriverOutOfBounds));
    }
}
