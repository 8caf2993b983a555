//! A page shared by supervisor and workers: which execution each worker is in, and whether all are to stop.
//!
//! It outlives a worker that dies by a signal, so the execution that killed it is known.
#![expect(clippy::disallowed_types, reason = "two processes share these words; no simulated run sees them")]

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::{MmapMut, MmapOptions};
use tempfile::NamedTempFile;

/// The most workers of one campaign.
pub(crate) const WORKERS_MAX: usize = 256;

const BYTES: usize = (1 + WORKERS_MAX) * size_of::<u64>();
const INDEX_BITS: u32 = 48;

/// The mapped words: the stop flag, then one word for each worker.
pub(crate) struct Slots(MmapMut);

/// The supervisor's side, which owns the file.
pub(crate) struct OwnedSlots {
    file: NamedTempFile,
    slots: Slots,
}

impl OwnedSlots {
    /// Makes a fresh page.
    pub(crate) fn create() -> io::Result<Self> {
        let file = NamedTempFile::with_prefix("dirql-slots-")?;
        file.as_file().set_len(BYTES as u64)?;
        let slots = Slots::map(file.as_file())?;
        Ok(Self { file, slots })
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.file.path().to_owned()
    }
}

impl std::ops::Deref for OwnedSlots {
    type Target = Slots;

    fn deref(&self) -> &Slots {
        &self.slots
    }
}

impl Slots {
    /// Maps the page that the supervisor made.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Self::map(&File::options().read(true).write(true).open(path)?)
    }

    fn map(file: &File) -> io::Result<Self> {
        // SAFETY: the file is a private temporary file that only this program's processes open; nobody truncates
        // it, and all of them access the mapping through atomics only.
        unsafe { MmapOptions::new().len(BYTES).map_mut(file) }.map(Self)
    }

    fn word(&self, index: usize) -> &AtomicU64 {
        assert!(index <= WORKERS_MAX, "no such slot");
        let words = self.0.as_ptr().cast::<AtomicU64>();
        // SAFETY: the mapping has 1 + WORKERS_MAX words, checked above.
        let word = unsafe { words.add(index) };
        // SAFETY: the mapping is page-aligned, initialized by the file's zeros, lives as long as `self`, and is
        // accessed through atomics only.
        unsafe { &*word }
    }

    /// Tells all workers to stop after the execution they are in.
    pub(crate) fn stop(&self) {
        self.word(0).store(1, Ordering::Relaxed);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.word(0).load(Ordering::Relaxed) != 0
    }

    /// Notes that `worker` is in execution `index` of item `item`.
    pub(crate) fn enter(&self, worker: usize, item: usize, index: u64) {
        let word = (item as u64 + 1) << INDEX_BITS | index & ((1 << INDEX_BITS) - 1);
        self.word(1 + worker).store(word, Ordering::Relaxed);
    }

    /// Notes that `worker` is in no execution.
    pub(crate) fn leave(&self, worker: usize) {
        self.word(1 + worker).store(0, Ordering::Relaxed);
    }

    /// Returns which item and execution `worker` is in.
    pub(crate) fn current(&self, worker: usize) -> Option<(usize, u64)> {
        let word = self.word(1 + worker).load(Ordering::Relaxed);
        let item = (word >> INDEX_BITS).checked_sub(1)?;
        Some((item as usize, word & ((1 << INDEX_BITS) - 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_side_notes_the_other_sees() {
        let supervisor = OwnedSlots::create().unwrap();
        let worker = Slots::open(&supervisor.path()).unwrap();
        assert_eq!(supervisor.current(255), None);
        worker.enter(255, 34, (1 << INDEX_BITS) - 1);
        assert_eq!(supervisor.current(255), Some((34, (1 << INDEX_BITS) - 1)));
        worker.enter(0, 0, 0);
        assert_eq!(supervisor.current(0), Some((0, 0)));
        worker.leave(255);
        assert_eq!(supervisor.current(255), None);
        supervisor.stop();
        assert!(worker.is_stopped());
    }
}
