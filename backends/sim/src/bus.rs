//! The devices of a machine and the accesses to them, from both sides.

use core::any::Any;

use crate::context::outside;
use crate::core::{Core, Op, object};
use crate::device::{Access, Bus, Device, ENGINES_MAX, InterruptMode, Parts, Pins};
use crate::explore::How;
use crate::memory::{BufferId, DeviceAccess, Fault, Ordering};
use crate::moves::{DEVICES_MAX, Move};
use crate::power::Power;
use crate::trace::What;

const POSTED_MAX: usize = 16;

/// Names a device of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceId(pub(crate) u8);

impl DeviceId {
    /// Returns the id of the `n`-th device attached.
    pub const fn new(n: u8) -> Self {
        Self(n)
    }

    /// Returns its number.
    pub const fn index(self) -> u8 {
        self.0
    }
}

#[derive(Default)]
struct Slot {
    device: Option<Box<dyn Device>>,
    pins: Pins,
    /// How its interrupts are configured if it is granted its messages.
    wired: InterruptMode,
    /// A bit for each engine that has something to do.
    ready: u32,
    /// Register writes on their way: offset and value.
    posted: Vec<(u32, u32)>,
    power: Power,
}

/// All devices of one run.
#[derive(Default)]
pub(crate) struct Devices {
    slots: [Slot; DEVICES_MAX],
    /// The moves of engines with something to do, and of devices with posted writes.
    moves: u32,
    ordering: Ordering,
    /// The device whose model is being called. If that panics, it is lost: who knows what state it is in.
    called: Option<usize>,
}

impl Devices {
    pub(crate) fn reset(&mut self, ordering: Ordering) {
        for slot in &mut self.slots {
            slot.device = None;
            slot.pins = Pins::default();
            slot.ready = 0;
            slot.posted.clear();
            slot.posted.reserve(POSTED_MAX);
            slot.power = Power::D0;
        }
        self.moves = 0;
        self.ordering = ordering;
        self.called = None;
    }

    pub(crate) fn attach(&mut self, index: usize, device: Box<dyn Device>, mode: InterruptMode) {
        self.slots[index].ready = device.ready();
        self.slots[index].device = Some(device);
        self.slots[index].pins.mode = mode;
        self.slots[index].wired = mode;
        self.refresh(index);
    }

    pub(crate) fn grant_messages(&mut self, index: usize, granted: bool) {
        let slot = &mut self.slots[index];
        slot.pins.mode = if granted { slot.wired } else { InterruptMode::Line };
    }

    pub(crate) fn detach(&mut self, index: usize) -> Option<Box<dyn Device>> {
        self.slots[index].device.take().filter(|_| self.called != Some(index))
    }

    #[inline]
    pub(crate) fn moves(&self) -> u32 {
        self.moves
    }

    pub(crate) fn mode(&self, index: usize) -> InterruptMode {
        self.slots[index].pins.mode
    }

    pub(crate) fn set_power(&mut self, device: DeviceId, power: Power) {
        self.slots[device.0 as usize].power = power;
    }

    pub(crate) fn power(&self, device: DeviceId) -> Power {
        self.slots[device.0 as usize].power
    }

    /// Says whether the machine orders accesses as ARM64 does.
    pub(crate) fn is_arm64(&self) -> bool {
        self.ordering == Ordering::Arm64
    }

    pub(crate) fn asserts_line(&self, device: DeviceId) -> bool {
        self.slots[device.0 as usize].pins.line()
    }

    pub(crate) fn name(&self, index: usize) -> &'static str {
        self.slots[index].device.as_ref().map_or("device", |d| d.name())
    }

    pub(crate) fn register_name(&self, index: usize, offset: u32) -> &'static str {
        self.slots[index].device.as_ref().map_or("register", |d| d.register_name(offset))
    }

    #[inline]
    fn refresh(&mut self, index: usize) {
        let slot = &self.slots[index];
        let ready = slot.ready & ((1 << ENGINES_MAX) - 1);
        let shift = Move::engine(index, 0).0;
        let own = ((1 << ENGINES_MAX) - 1) << shift | Move::posted(index).bit();
        let posted = u32::from(!slot.posted.is_empty()) * Move::posted(index).bit();
        self.moves = self.moves & !own | ready << shift | posted;
    }
}

impl Core {
    /// Notes which parts of a device the step under way touches. A posted write may be on its way to any.
    #[inline]
    fn touch_device(&mut self, index: usize, access: Access) {
        if self.watch.is_some() {
            let parts = self.devices.slots[index].device.as_ref().map_or(Parts::ALL, |d| d.parts(access));
            let all = self.devices.ordering == Ordering::Arm64;
            self.touch_parts(index, if all { Parts::ALL } else { parts });
        }
    }

    pub(crate) fn touch_parts(&mut self, index: usize, parts: Parts) {
        let first = object::DEVICE | (index as u32) << 8;
        if parts == Parts::ALL {
            return self.touch_all(first, first + 63, How::Write);
        }
        for part in (0..64).filter(|part| (parts.reads | parts.writes) & 1 << part != 0) {
            let changed = parts.writes & 1 << part != 0;
            self.touch(first + part, if changed { How::Write } else { How::Read });
        }
    }

    /// Notes which words of a buffer the step under way touches. Where stores are late, one may become visible with any
    /// access.
    fn touch_memory(&mut self, buffer: BufferId, offset: u32, len: u32, write: bool) {
        if self.devices.ordering == Ordering::Arm64 {
            return self.touch_all_memory();
        }
        let word = |offset: u32| object::DMA | buffer.0 << 16 | offset & !3;
        let how = if write { How::Write } else { How::Read };
        self.touch_all(word(offset), word(offset.saturating_add(len.saturating_sub(1))), how);
    }

    #[inline]
    fn cover_memory(&mut self, buffer: BufferId, offset: u32, op: Op) {
        self.cover(object::DMA | self.memory.role(buffer) << 16 | offset, op);
    }

    fn touch_all_memory(&mut self) {
        self.touch_all(object::DMA, object::DMA | 0xff_ffff, How::Write);
    }

    /// Allocates a common buffer.
    pub(crate) fn allocate_buffer(&mut self, len: u32) -> BufferId {
        self.touch(object::NAMES, How::Write);
        self.memory.allocate(len)
    }

    /// Frees a common buffer.
    pub(crate) fn free_buffer(&mut self, buffer: BufferId) {
        self.touch_all_memory();
        self.memory.free(buffer);
        self.check_memory();
    }

    /// Makes every store so far visible to devices.
    pub(crate) fn publish(&mut self) {
        if self.devices.ordering == Ordering::Arm64 {
            self.touch_all_memory();
        }
        self.memory.publish();
        self.log(What::Publish);
    }

    /// Lets `act` use the device and the bus, and takes in what that did to its pins.
    #[inline]
    fn with_device<R>(
        &mut self,
        index: usize,
        act: impl FnOnce(&mut dyn Device, &mut Bus<'_>) -> R,
    ) -> Option<R> {
        let Self { devices, memory, choices, .. } = self;
        let Slot { device, pins, ready, .. } = &mut devices.slots[index];
        let model = device.as_deref_mut()?;
        let asserted = pins.line();
        devices.called = Some(index);
        let mut choose = |alternatives| choices.choose(alternatives);
        let (result, now_ready) = outside(|| {
            let result = act(model, &mut Bus::new(pins, memory, &mut choose));
            (result, model.ready())
        });
        devices.called = None;
        let (line, sent) = (pins.line(), pins.take_messages());
        if core::mem::replace(ready, now_ready) != now_ready {
            devices.refresh(index);
        }
        if self.trace.is_on() || self.watch.is_some() {
            self.log_device();
        }
        if line || asserted || sent != 0 {
            self.take_in(index, asserted, line, sent);
        }
        self.check_memory();
        Some(result)
    }

    /// Takes in what a device did to its pins.
    #[inline(never)]
    fn take_in(&mut self, index: usize, asserted: bool, line: bool, sent: u32) {
        if line && asserted {
            self.touch(object::VECTORS, How::Read);
        }
        if (line && !asserted || sent != 0) && self.devices.slots[index].power.is_quiet() {
            self.interrupts_in_dx(DeviceId(index as u8));
        }
        if line != asserted {
            self.drive_line(index, line);
        }
        if sent != 0 {
            self.drive_messages(index, sent);
        }
    }

    /// Lets the running code access the device, and notes if it made the device release its line.
    #[inline]
    fn access<R>(&mut self, index: usize, act: impl FnOnce(&mut dyn Device, &mut Bus<'_>) -> R) -> Option<R> {
        let asserted = self.devices.slots[index].pins.line();
        let result = self.with_device(index, act);
        if asserted {
            self.look_for_release(index);
        }
        result
    }

    fn look_for_release(&mut self, index: usize) {
        let slot = &self.devices.slots[index];
        if !slot.pins.line() && slot.device.as_ref().is_some_and(|d| !d.lies()) {
            self.note_release();
        }
    }

    /// Records what a device chose and did.
    #[cold]
    fn log_device(&mut self) {
        self.log_choices();
        for DeviceAccess { buffer, offset, len, value, write, late } in self.memory.take_device_accesses() {
            self.touch_memory(buffer, offset, len, write);
            self.log(What::DeviceDma { buffer: buffer.0 as u16, offset, len, value, write, late });
        }
    }

    /// A driver's or a device's access that left its buffer ends the run.
    #[inline]
    pub(crate) fn check_memory(&mut self) {
        if self.memory.has_fault() {
            self.report_fault();
        }
    }

    #[cold]
    fn report_fault(&mut self) {
        if let Some(fault) = self.memory.take_fault() {
            match fault {
                Fault::DriverOutOfBounds => {
                    self.fail("DeviceValueUnvalidated", |c| format!("{} leaves a DMA buffer", c.here()));
                }
                Fault::DriverAfterFree => {
                    self.fail("DmaAfterFree", |c| format!("{} uses a DMA buffer that was freed", c.here()));
                }
                Fault::DeviceStray(address) => self.fail("DmaStray", |_| {
                    format!("the device is made to use address {address:#x}, where no buffer is")
                }),
            }
        }
    }

    /// Reads a register. Posted writes reach the device first: a read pushes them.
    #[inline]
    pub(crate) fn read_register(&mut self, id: DeviceId, offset: u32) -> u32 {
        let index = id.0 as usize;
        self.touch_device(index, Access::Read(offset));
        let power = self.devices.slots[index].power;
        if power != Power::D0 {
            self.access_in_dx(id, power);
            return u32::MAX;
        }
        while !self.devices.slots[index].posted.is_empty() {
            self.deliver_posted(index);
        }
        let before = self.trace.len();
        let value = self.access(index, |d, bus| d.read(offset, bus)).unwrap_or(u32::MAX);
        self.cover(object::REGISTER | u32::from(id.0) << 20 | offset, Op::Read);
        self.log(What::RegisterRead { device: id.0, offset, value });
        self.trace.move_newest_to(before);
        value
    }

    /// Writes a register: at once, or posted on its way.
    #[inline]
    pub(crate) fn write_register(&mut self, id: DeviceId, offset: u32, value: u32) {
        let index = id.0 as usize;
        self.touch_device(index, Access::Write(offset));
        let power = self.devices.slots[index].power;
        if power != Power::D0 {
            return self.access_in_dx(id, power);
        }
        self.cover(object::REGISTER | u32::from(id.0) << 20 | offset, Op::Write);
        self.log(What::RegisterWrite { device: id.0, offset, value });
        if self.devices.ordering == Ordering::X64 {
            self.access(index, |d, bus| d.write(offset, value, bus));
            return;
        }
        if self.devices.slots[index].posted.len() == POSTED_MAX {
            self.deliver_posted(index);
        }
        self.devices.slots[index].posted.push((offset, value));
        self.counters.writes_posted += 1;
        self.devices.refresh(index);
    }

    /// Lets the oldest posted write reach its device.
    #[inline(never)]
    pub(crate) fn deliver_posted(&mut self, index: usize) {
        if self.devices.slots[index].posted.is_empty() {
            return;
        }
        self.touch_parts(index, Parts::ALL);
        let (offset, value) = self.devices.slots[index].posted.remove(0);
        self.devices.refresh(index);
        self.log(What::PostedWriteArrives { device: index as u8, offset, value });
        self.with_device(index, |d, bus| d.write(offset, value, bus));
        self.log(What::DeviceDone);
    }

    /// Lets an engine of a device take a step.
    #[inline(never)]
    pub(crate) fn step_engine(&mut self, index: usize, engine: u32) {
        self.touch_device(index, Access::Step(engine));
        self.visit_as_device(object::INTERRUPT | 0xff00 | engine, Op::Update, engine as u8);
        self.log(What::EngineStep { device: index as u8, engine: engine as u8 });
        self.with_device(index, |d, bus| d.step(engine, bus));
        self.log(What::DeviceDone);
    }

    /// Lets the environment act on these parts of a device model: a frame arrives, a cable is pulled.
    pub(crate) fn environment<D: Device, R>(
        &mut self,
        id: DeviceId,
        parts: Parts,
        act: impl FnOnce(&mut D, &mut Bus<'_>) -> R,
    ) -> Option<R> {
        self.touch_parts(id.0 as usize, parts);
        self.with_device(id.0 as usize, |device, bus| {
            let device: &mut dyn Any = device;
            device.downcast_mut::<D>().map(|d| act(d, bus))
        })?
    }

    pub(crate) fn dma_read_u32(&mut self, buffer: BufferId, offset: u32) -> u32 {
        let value = self.memory.driver_read_u32(buffer, offset);
        self.cover_memory(buffer, offset, Op::Read);
        self.touch_memory(buffer, offset, 4, false);
        self.log(What::DmaRead { buffer: buffer.0, offset, value });
        self.check_memory();
        value
    }

    pub(crate) fn dma_write_u32(&mut self, buffer: BufferId, offset: u32, value: u32) {
        self.memory.driver_write_u32(buffer, offset, value);
        self.cover_memory(buffer, offset, Op::Write);
        self.touch_memory(buffer, offset, 4, true);
        self.log(What::DmaWrite { buffer: buffer.0, offset, value });
        self.check_memory();
    }

    pub(crate) fn dma_copy(&mut self, buffer: BufferId, offset: u32, len: u32, write: bool) {
        self.cover_memory(buffer, offset, if write { Op::Write } else { Op::Read });
        self.touch_memory(buffer, offset, len, write);
        self.log(What::DmaCopy { buffer: buffer.0, offset, len, write });
        self.check_memory();
    }
}
