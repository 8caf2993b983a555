//! What lies above the driver, and what crosses the border.

use core::fmt;

use dirql::{Cx, DmaMemory, Level};

use crate::{Link, ReceivedFrame};

/// Shortest frame that [`Nic::send`](crate::Nic::send) takes, in bytes: an Ethernet header. The device pads to
/// 60 bytes.
pub const FRAME_LEN_MIN: u32 = i82574::HEADER_LEN;
/// Longest frame in bytes, without FCS: 1518, a VLAN tag included.
pub const FRAME_LEN_MAX: u32 = i82574::FRAME_LEN_MAX - i82574::FCS_LEN;

/// What lies above the driver: a protocol stack's border, a queue of requests, a test.
///
/// All methods are called at or below DISPATCH_LEVEL with no lock held, from the deferred routine or from
/// `start`, `stop`, `reset` and `removed`, and may take locks of their own. What they want sent they leave to a
/// sender: a frame sent from here would be handed to a driver that is in the middle of a look at its rings. None is
/// called after `stop` or `removed` returned.
pub trait Upper: Send + Sync + 'static {
    /// Takes a received frame, in the order of the wire. The buffer is recycled when this returns.
    fn received<L: Level, D: DmaMemory>(&self, cx: &mut Cx<'_, L>, frame: &ReceivedFrame<'_, D>);

    /// Takes back a frame that [`Nic::send`](crate::Nic::send) had accepted: exactly once for each.
    ///
    /// It can come before `send` has returned, since the device may be faster than the sender.
    fn sent<L: Level>(&self, cx: &mut Cx<'_, L>, token: Token, status: SendStatus);

    /// Says that there is room again after sends were refused with [`SendError::Full`]: once, and enough for
    /// the largest of them. If the driver was stopped meanwhile it comes with the next start, and never after a
    /// removal.
    fn transmit_ready<L: Level>(&self, cx: &mut Cx<'_, L>);

    /// Says that the link went up or down, or changed speed or duplex mode.
    fn link_changed<L: Level>(&self, cx: &mut Cx<'_, L>, link: Link);
}

/// Names a frame to the one who sent it. The driver never looks inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// A piece of a frame in memory that the device can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Where it is, as the device sees it.
    pub device_address: u64,
    /// Its length in bytes, at least one.
    pub len: u32,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendStatus {
    /// The device reported it sent.
    Sent,
    /// The driver was stopped or reset, or the device went, before it was reported. It may have been sent.
    Aborted,
}

/// Says why a send was refused. The frame stays the caller's; [`Upper::sent`] is not called for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// The ring has no room; [`Upper::transmit_ready`] follows when it has.
    Full,
    /// The driver is not running.
    Stopped,
    /// A fragment is empty or ends beyond the address space, the frame is shorter than [`FRAME_LEN_MIN`] or
    /// longer than [`FRAME_LEN_MAX`], or it has more fragments than the ring could ever hold.
    Invalid,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SendError::Full => "the transmit ring is full",
            SendError::Stopped => "the driver is not running",
            SendError::Invalid => "the frame is not one that the device could send",
        })
    }
}

impl core::error::Error for SendError {}
