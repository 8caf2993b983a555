//! A common buffer for the tests.

use std::sync::{Arc, Mutex};
use std::vec;
use std::vec::Vec;

use dirql::DmaMemory;

/// Memory at device address 4096. Clones are the same memory.
#[derive(Clone, Debug)]
pub(crate) struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    pub(crate) fn new(len: u32) -> Self {
        Self(Arc::new(Mutex::new(vec![0; len as usize])))
    }
}

impl DmaMemory for Memory {
    fn device_address(&self) -> u64 {
        4096
    }

    fn len(&self) -> u32 {
        self.0.lock().unwrap().len() as u32
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
        to.copy_from_slice(&self.0.lock().unwrap()[offset..offset + to.len()]);
    }

    fn write_bytes(&self, offset: u32, from: &[u8]) {
        let offset = offset as usize;
        self.0.lock().unwrap()[offset..offset + from.len()].copy_from_slice(from);
    }

    fn publish(&self) {}
}
