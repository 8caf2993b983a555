//! Frames that left through the wire, until somebody takes them.

/// Frames one after the other in one buffer.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Outbox {
    pub(crate) fn push(&mut self, frame: &[u8], len_min: usize) {
        self.bytes.extend_from_slice(frame);
        self.bytes.resize(self.bytes.len() + len_min.saturating_sub(frame.len()), 0);
        self.ends.push(self.bytes.len());
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Hands out each frame, oldest first, and forgets them.
    pub(crate) fn drain(&mut self, mut each: impl FnMut(&[u8])) {
        let mut start = 0;
        for &end in &self.ends {
            each(&self.bytes[start..end]);
            start = end;
        }
        self.clear();
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}
