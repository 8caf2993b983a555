//! The frames that a campaign sends and receives: real ones, from a pcap or pcapng file.

mod error;
mod parse;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use error::CaptureError;

/// The shortest frame: an Ethernet header.
pub const FRAME_MIN_BYTES: usize = 14;
/// The longest frame: an Ethernet header and 1500 bytes, without the checksum.
pub const FRAME_MAX_BYTES: usize = 1514;
/// The most frames taken from one capture; a case names a frame with 16 bits.
pub const FRAMES_MAX: usize = 1 << 16;
/// The largest capture file, in bytes: a worker keeps all its frames in memory.
pub const FILE_MAX_BYTES: u64 = 32 << 20;

const LAN: &[u8] = include_bytes!("../captures/lan.pcap");

/// The frames of one capture, at least one.
#[derive(Debug)]
pub struct Frames {
    frames: Vec<Arc<[u8]>>,
    skipped: u64,
    identity: Identity,
}

/// Says which frames a case's numbers refer to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Where they came from; nothing for the built-in capture.
    pub path: Option<PathBuf>,
    /// How many there are.
    pub frames: usize,
    /// FNV-1a over lengths and bytes, in hexadecimal.
    pub hash: String,
}

impl Frames {
    /// Returns the capture that the program carries: a small LAN's ARP, ICMP, IPv4, IPv6, TCP and UDP.
    ///
    /// # Panics
    /// Never: a test reads the same bytes.
    pub fn builtin() -> Self {
        let parsed = parse::parse(LAN).expect("the built-in capture is sound");
        Self::from_parsed(parsed, None)
    }

    /// Reads the Ethernet frames of a pcap or pcapng file. Frames shorter than [`FRAME_MIN_BYTES`] or longer
    /// than [`FRAME_MAX_BYTES`], which the device would not carry, are skipped and counted.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, cut short, not Ethernet, or has no usable frame is refused. The
    /// error names the byte offset and what to do next.
    pub fn read(path: &Path) -> Result<Self, CaptureError> {
        let at = |problem| CaptureError::new(path, problem);
        let size = fs::metadata(path).map_err(|e| at(e.into()))?.len();
        if size > FILE_MAX_BYTES {
            return Err(at(error::too_large(size)));
        }
        let bytes = fs::read(path).map_err(|e| at(e.into()))?;
        let parsed = parse::parse(&bytes).map_err(at)?;
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        Ok(Self::from_parsed(parsed, Some(path)))
    }

    /// Reads `path`, or takes the built-in capture if there is none.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn load(path: Option<&Path>) -> Result<Self, CaptureError> {
        path.map_or_else(|| Ok(Self::builtin()), Self::read)
    }

    fn from_parsed(parsed: parse::Parsed, path: Option<PathBuf>) -> Self {
        let hash = format!("{:016x}", fnv1a(&parsed.frames));
        let identity = Identity { path, frames: parsed.frames.len(), hash };
        let frames = parsed.frames.into_iter().map(Arc::from).collect();
        Self { frames, skipped: parsed.skipped, identity }
    }

    /// Returns frame `index`, counting on from the first after the last.
    pub fn get(&self, index: u16) -> &[u8] {
        &self.frames[usize::from(index) % self.frames.len()]
    }

    /// Returns frame `index`, as [`get`](Self::get), to keep.
    pub fn share(&self, index: u16) -> Arc<[u8]> {
        Arc::clone(&self.frames[usize::from(index) % self.frames.len()])
    }

    /// Returns the number of frames, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Returns how many frames of the file were left out for their length or their number.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Returns what tells these frames from others.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

impl Identity {
    /// Says whether both name the same frames, wherever they lie.
    pub fn same_frames(&self, other: &Self) -> bool {
        (self.frames, &self.hash) == (other.frames, &other.hash)
    }
}

fn fnv1a(frames: &[Box<[u8]>]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for frame in frames {
        let length = (frame.len() as u16).to_le_bytes();
        for byte in length.iter().chain(frame) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_capture_is_read_whole() {
        let frames = Frames::builtin();
        assert_eq!((frames.len(), frames.skipped()), (126, 0));
        assert_eq!(&frames.get(0)[..6], [0xff; 6], "it starts with an ARP request");
        assert_eq!(frames.get(126), frames.get(0));
        assert!((0..126).any(|i| frames.get(i).len() == FRAME_MAX_BYTES));
    }

    #[test]
    fn the_identity_depends_on_every_byte_and_length() {
        let frames = |list: &[&[u8]]| fnv1a(&list.iter().map(|&f| f.into()).collect::<Vec<Box<[u8]>>>());
        assert_ne!(frames(&[b"ab", b"c"]), frames(&[b"a", b"bc"]));
        assert_ne!(frames(&[b"ab"]), frames(&[b"aB"]));
    }
}
