//! Pcap and pcapng into frames. The formats are the `pcap-file` crate's; offsets and refusals are ours.

use std::borrow::Cow;

use pcap_file::pcap::PcapParser;
use pcap_file::pcapng::{Block, PcapNgParser};
use pcap_file::{DataLink, PcapError};

use super::error::Problem;
use super::{FRAME_MAX_BYTES, FRAME_MIN_BYTES, FRAMES_MAX};

/// The frames found, and how many were left out.
#[derive(Default)]
pub(crate) struct Parsed {
    pub(crate) frames: Vec<Box<[u8]>>,
    pub(crate) skipped: u64,
}

const PCAPNG_MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
const CAPTURE_AGAIN: &str = "capture again, for example with: tcpdump -w FILE";
const REPAIR: &str = "keep its sound part, for example with: editcap IN OUT";
const ETHERNET_ONLY: &str = "capture on an Ethernet interface instead";

/// Longer than any link's packet: a length field above it is damage (libpcap's MAXIMUM_SNAPLEN).
const PACKET_MAX_BYTES: u32 = 262_144;

/// Reads a capture of either format.
pub(crate) fn parse(bytes: &[u8]) -> Result<Parsed, Problem> {
    if bytes.is_empty() {
        return Err(Problem::at(0, "the file is empty", CAPTURE_AGAIN));
    }
    let parsed = if bytes.starts_with(&PCAPNG_MAGIC) { pcapng(bytes)? } else { pcap(bytes)? };
    if parsed.frames.is_empty() {
        let what = format!(
            "the file ends without a frame of {FRAME_MIN_BYTES} to {FRAME_MAX_BYTES} bytes ({} others skipped)",
            parsed.skipped
        );
        return Err(Problem::at(bytes.len(), what, CAPTURE_AGAIN));
    }
    Ok(parsed)
}

impl Parsed {
    fn add(&mut self, frame: &[u8]) {
        let fits = (FRAME_MIN_BYTES..=FRAME_MAX_BYTES).contains(&frame.len());
        if fits && self.frames.len() < FRAMES_MAX {
            self.frames.push(frame.into());
        } else {
            self.skipped += 1;
        }
    }
}

fn pcap(bytes: &[u8]) -> Result<Parsed, Problem> {
    let (mut rest, parser) = PcapParser::new(bytes).map_err(|e| not_a_capture(&e))?;
    require_ethernet(parser.header().datalink, 20)?;
    let mut parsed = Parsed::default();
    while !rest.is_empty() {
        let offset = bytes.len() - rest.len();
        // The raw packet: the crate's own check refuses packets that a snap length has cut short.
        let (after, packet) = parser.next_raw_packet(rest).map_err(|e| damaged(offset, &e, rest.len()))?;
        if packet.incl_len > packet.orig_len || packet.orig_len > PACKET_MAX_BYTES {
            let what = format!("a packet of {} bytes with {} captured", packet.orig_len, packet.incl_len);
            return Err(Problem::at(offset, format!("damaged: {what}"), REPAIR));
        }
        parsed.add(&packet.data);
        rest = after;
    }
    Ok(parsed)
}

fn pcapng(bytes: &[u8]) -> Result<Parsed, Problem> {
    let (mut rest, mut parser) = PcapNgParser::new(bytes).map_err(|e| damaged(0, &e, bytes.len()))?;
    let mut parsed = Parsed::default();
    while !rest.is_empty() {
        let offset = bytes.len() - rest.len();
        let (after, block) = parser.next_block(rest).map_err(|e| damaged(offset, &e, rest.len()))?;
        if let Some((interface, frame)) = packet(&block) {
            let interface = parser.interfaces().get(interface).ok_or_else(|| {
                Problem::at(offset, format!("damaged: a packet of the unknown interface {interface}"), REPAIR)
            })?;
            require_ethernet(interface.linktype, offset)?;
            parsed.add(&frame);
        }
        rest = after;
    }
    Ok(parsed)
}

/// Returns the interface and the bytes of a block that carries a packet.
fn packet<'b>(block: &'b Block<'_>) -> Option<(usize, Cow<'b, [u8]>)> {
    match block {
        Block::EnhancedPacket(p) => Some((p.interface_id as usize, Cow::Borrowed(&p.data))),
        // A simple packet's data runs up to the block's padding.
        Block::SimplePacket(p) => {
            let length = (p.original_len as usize).min(p.data.len());
            Some((0, Cow::Borrowed(&p.data[..length])))
        }
        Block::Packet(p) => Some((usize::from(p.interface_id), Cow::Borrowed(&p.data))),
        _ => None,
    }
}

fn require_ethernet(link: DataLink, offset: usize) -> Result<(), Problem> {
    if link == DataLink::ETHERNET {
        return Ok(());
    }
    Err(Problem::at(offset, format!("the link type is {link:?}, not Ethernet"), ETHERNET_ONLY))
}

fn not_a_capture(error: &PcapError) -> Problem {
    Problem::at(0, format!("neither a pcap nor a pcapng file ({error})"), CAPTURE_AGAIN)
}

fn damaged(offset: usize, error: &PcapError, left: usize) -> Problem {
    match error {
        PcapError::IncompleteBuffer => {
            Problem::at(offset, format!("cut short: only {left} bytes are left of this block"), REPAIR)
        }
        _ => Problem::at(offset, format!("damaged: {error}"), REPAIR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::LAN;
    use crate::rng::Rng;

    /// A classic capture of the given frames.
    fn classic(link: u32, frames: &[&[u8]]) -> Vec<u8> {
        let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0];
        file.extend(link.to_le_bytes());
        for frame in frames {
            let length = (frame.len() as u32).to_le_bytes();
            file.extend([0; 8].iter().chain(&length).chain(&length).chain(*frame));
        }
        file
    }

    fn block(kind: u32, body: &[u8]) -> Vec<u8> {
        let padding = vec![0; body.len().next_multiple_of(4) - body.len()];
        let length = (12 + body.len() as u32 + padding.len() as u32).to_le_bytes();
        [&kind.to_le_bytes()[..], &length, body, &padding, &length].concat()
    }

    /// A pcapng capture: section, one interface, one enhanced and one simple packet.
    fn next_generation(link: u16, frame: &[u8]) -> Vec<u8> {
        let length = (frame.len() as u32).to_le_bytes();
        let section = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
        let interface = [&link.to_le_bytes()[..], &[0; 6]].concat();
        let enhanced = [&[0; 12][..], &length, &length, frame].concat();
        let simple = [&length[..], frame].concat();
        [block(0x0a0d_0d0a, &section), block(1, &interface), block(6, &enhanced), block(3, &simple)].concat()
    }

    fn refusal(bytes: &[u8]) -> Problem {
        parse(bytes).err().expect("the capture must be refused")
    }

    #[test]
    fn both_formats_give_the_frames_byte_for_byte() {
        let frame: Vec<u8> = (0..61).collect();
        let parsed = parse(&next_generation(1, &frame)).unwrap_or_else(|p| panic!("{p:?}"));
        assert_eq!(parsed.frames, [frame.clone().into(), frame.clone().into()] as [Box<[u8]>; 2]);
        let parsed = parse(&classic(1, &[&frame])).unwrap_or_else(|p| panic!("{p:?}"));
        assert_eq!(parsed.frames, [frame.into()] as [Box<[u8]>; 1]);
    }

    #[test]
    fn frames_of_other_lengths_are_skipped_and_counted() {
        let parsed = parse(&classic(1, &[&[0; 13], &[1; 14], &[2; 1514], &[3; 1515]]))
            .unwrap_or_else(|p| panic!("{p:?}"));
        assert_eq!((parsed.frames.len(), parsed.skipped), (2, 2));
    }

    #[test]
    fn a_refusal_names_the_offset() {
        assert_eq!(refusal(b"").offset, Some(0));
        assert_eq!(refusal(b"hello, this is no capture at all").offset, Some(0));
        assert_eq!(refusal(&LAN[..24]).offset, Some(24), "a header and no frame");
        assert_eq!(refusal(&LAN[..90]).offset, Some(82), "cut in the second packet's header");
        assert_eq!(refusal(&classic(105, &[&[0; 60]])).offset, Some(20), "802.11");
        assert_eq!(refusal(&next_generation(105, &[0; 60])).offset, Some(48), "802.11");
    }

    #[test]
    fn a_length_that_cannot_be_is_damage() {
        let mut bytes = LAN.to_vec();
        bytes[24 + 8..24 + 12].copy_from_slice(&43_u32.to_le_bytes());
        assert!(refusal(&bytes).what.contains("a packet of 42 bytes with 43 captured"));
    }

    #[test]
    fn no_damage_makes_the_parser_panic() {
        let sound = [next_generation(1, &[7; 60]), classic(1, &[&[7; 60]])];
        let mut rng = Rng::from_words(&[0]);
        for round in 0..20_000 {
            let mut bytes = sound[round % 2].clone();
            for _ in 0..rng.range(1, 4) {
                let at = rng.range(0, bytes.len() as u32 - 1) as usize;
                bytes[at] = rng.next() as u8;
            }
            bytes.truncate(rng.range(0, bytes.len() as u32) as usize);
            if let Ok(parsed) = parse(&bytes) {
                assert!(!parsed.frames.is_empty());
            }
        }
    }
}
