//! A register window and a common buffer for the unit tests.

use std::sync::{Arc, Mutex};
use std::vec;
use std::vec::Vec;

use dirql::{DmaMemory, RegisterIo};

/// Registers that keep what was written, and a log of the writes. No side effects.
#[derive(Clone, Default)]
pub(crate) struct Registers {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    values: std::collections::BTreeMap<u32, u32>,
    writes: Vec<(u32, u32)>,
    reads: Vec<u32>,
}

impl Registers {
    pub(crate) fn set(&self, offset: u32, value: u32) {
        self.state.lock().unwrap().values.insert(offset, value);
    }

    pub(crate) fn get(&self, offset: u32) -> u32 {
        self.state.lock().unwrap().values.get(&offset).copied().unwrap_or(0)
    }

    pub(crate) fn writes(&self) -> Vec<(u32, u32)> {
        self.state.lock().unwrap().writes.clone()
    }

    pub(crate) fn reads(&self) -> Vec<u32> {
        self.state.lock().unwrap().reads.clone()
    }

    pub(crate) fn forget(&self) {
        let mut state = self.state.lock().unwrap();
        state.writes.clear();
        state.reads.clear();
    }
}

impl RegisterIo for Registers {
    fn read_u32(&self, offset: u32) -> u32 {
        self.state.lock().unwrap().reads.push(offset);
        self.get(offset)
    }

    fn write_u32(&self, offset: u32, value: u32) {
        self.set(offset, value);
        self.state.lock().unwrap().writes.push((offset, value));
    }
}

/// A buffer at device address 1 GiB; panics where a real one reads zeros. Clones are the same memory, so that a
/// test can play the device.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    bytes: Arc<Mutex<Vec<u8>>>,
    published: Arc<Mutex<Vec<u8>>>,
}

pub(crate) const DEVICE_ADDRESS: u64 = 1 << 30;

impl Memory {
    pub(crate) fn new(len: usize) -> Self {
        let bytes = Arc::new(Mutex::new(vec![0; len]));
        Self { bytes, published: Arc::new(Mutex::new(vec![0; len])) }
    }

    /// Reads four words as of the last `publish`: what the device may rely on.
    pub(crate) fn published(&self, offset: usize) -> [u32; 4] {
        let bytes = self.published.lock().unwrap();
        core::array::from_fn(|n| {
            u32::from_le_bytes(bytes[offset + 4 * n..offset + 4 * n + 4].try_into().unwrap())
        })
    }
}

impl DmaMemory for Memory {
    fn device_address(&self) -> u64 {
        DEVICE_ADDRESS
    }

    fn len(&self) -> u32 {
        self.bytes.lock().unwrap().len() as u32
    }

    fn read_u32(&self, offset: u32) -> u32 {
        let mut word = [0; 4];
        self.read_bytes(offset, &mut word);
        u32::from_le_bytes(word)
    }

    fn write_u32(&self, offset: u32, value: u32) {
        self.write_bytes(offset, &value.to_le_bytes());
    }

    fn read_bytes(&self, offset: u32, to: &mut [u8]) {
        let offset = offset as usize;
        to.copy_from_slice(&self.bytes.lock().unwrap()[offset..offset + to.len()]);
    }

    fn write_bytes(&self, offset: u32, from: &[u8]) {
        let offset = offset as usize;
        self.bytes.lock().unwrap()[offset..offset + from.len()].copy_from_slice(from);
    }

    fn publish(&self) {
        let bytes = self.bytes.lock().unwrap().clone();
        *self.published.lock().unwrap() = bytes;
    }
}
