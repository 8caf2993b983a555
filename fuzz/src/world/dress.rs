//! How the capture's frames look in a run: with what the driver's offloads are about.

use std::borrow::Cow;

use nic::{Checksums, FRAME_LEN_MAX, Offload};

use super::internet;
use crate::case::Case;
use crate::scenario::Scenario;

const TAG_TYPE: [u8; 2] = [0x81, 0x00];
const TAG_LEN: usize = 4;

/// What the driver is asked to leave to the device, and how frames are made to show it. The default is nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Dress {
    /// The device handles VLAN tags, and one frame in four has one.
    pub(super) tags: bool,
    /// The device checks checksums, and one frame in eight has a byte that is wrong.
    pub(super) checks: bool,
    /// The device fills checksums in.
    pub(super) fills_in: bool,
}

impl Dress {
    /// Whole drivers leave nothing to the device, unless their framework can ask them to.
    pub(super) fn of(case: &Case) -> Self {
        match case.scenario {
            Scenario::DriverLifecycle => Self::default(),
            _ => Self::drawn(case),
        }
    }

    /// Returns what the case's seed says.
    pub(super) fn drawn(case: &Case) -> Self {
        let seed = case.settings.device_seed;
        Self { tags: seed >> 35 & 1 == 1, checks: seed >> 38 & 1 == 1, fills_in: seed >> 39 & 1 == 1 }
    }

    /// Returns what the frame called `index` looks like on the wire.
    pub(super) fn on_the_wire<'f>(self, index: u16, frame: &'f [u8]) -> Cow<'f, [u8]> {
        let mut frame = Cow::Borrowed(frame);
        if self.checks && index % 8 == 7 {
            frame.to_mut().last_mut().into_iter().for_each(|byte| *byte ^= 0xff);
        }
        let has_room = frame.len() >= 14 && frame.len() + TAG_LEN <= FRAME_LEN_MAX as usize;
        if self.tags && index % 4 == 1 && has_room && frame[12..14] != TAG_TYPE {
            put_tag(frame.to_mut(), index);
        }
        frame
    }

    /// Returns what the driver is given to send, and what to ask of it, so that this frame comes out on the wire.
    pub(super) fn to_send(self, frame: &[u8]) -> (Vec<u8>, Offload) {
        let mut bytes = frame.to_vec();
        let vlan = if self.tags { take_tag(&mut bytes) } else { None };
        let offload = if self.fills_in { internet::leave_to_device(&mut bytes) } else { Offload::default() };
        (bytes, Offload { vlan, ..offload })
    }

    /// Returns what is to be found of the checksums of a frame that the driver hands up.
    pub(super) fn checksums(self, frame: &[u8]) -> Checksums {
        if self.checks { internet::checksums(frame) } else { Checksums::default() }
    }
}

/// Puts a tag behind the addresses.
pub(super) fn put_tag(frame: &mut Vec<u8>, tag: u16) {
    let at = frame.len().min(12);
    let [high, low] = tag.to_be_bytes();
    frame.splice(at..at, [TAG_TYPE[0], TAG_TYPE[1], high, low]);
}

/// Takes the tag out, if there is one.
pub(super) fn take_tag(frame: &mut Vec<u8>) -> Option<u16> {
    let [a, b, high, low] = *frame.get(12..)?.first_chunk()?;
    if [a, b] != TAG_TYPE {
        return None;
    }
    frame.drain(12..12 + TAG_LEN);
    Some(u16::from_be_bytes([high, low]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Dress = Dress { tags: true, checks: true, fills_in: true };

    #[test]
    fn a_tag_is_left_to_the_device_and_comes_out_again() {
        let frame = [7; 60];
        let dressed = ALL.on_the_wire(5, &frame);
        assert_eq!((dressed.len(), &dressed[12..16]), (64, &[0x81, 0, 0, 5][..]));
        let (mut bytes, offload) = ALL.to_send(&dressed);
        assert_eq!((&bytes[..], offload.vlan), (&frame[..], Some(5)));
        put_tag(&mut bytes, 5);
        assert_eq!(bytes, *dressed);
        assert_eq!(*ALL.on_the_wire(4, &frame), frame);
        assert_eq!(ALL.on_the_wire(7, &frame)[59], 7 ^ 0xff);
        assert_eq!(*Dress::default().on_the_wire(5, &frame), frame);
    }
}
