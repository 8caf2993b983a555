//! The Internet protocols' headers and checksums, as far as the device knows them (82574 data sheet, 7.1.10).

use nic::{Checksums, Offload, Transport};

const ETHERNET_LEN: usize = 14;

/// Where things are in a frame, in bytes from its start.
struct Layers {
    /// Where the IPv4 header ends.
    ipv4_end: Option<usize>,
    segment: Option<Segment>,
}

/// A TCP segment or a UDP datagram that is whole.
struct Segment {
    is_udp: bool,
    start: usize,
    end: usize,
    /// The sum of the pseudo-header.
    pseudo: u64,
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Adds up 16-bit words (RFC 1071).
fn sum(bytes: &[u8]) -> u64 {
    bytes.chunks(2).map(|pair| u64::from(pair[0]) << 8 | pair.get(1).map_or(0, |&low| u64::from(low))).sum()
}

/// Brings a sum down to 16 bits, in ones' complement.
fn folded(sum: u64) -> u16 {
    match sum % 0xffff {
        0 if sum != 0 => 0xffff,
        rest => rest as u16,
    }
}

fn layers(frame: &[u8]) -> Option<Layers> {
    match be16(frame, 12)? {
        0x0800 => ipv4(frame),
        0x86dd => ipv6(frame),
        _ => None,
    }
}

fn ipv4(frame: &[u8]) -> Option<Layers> {
    let first = *frame.get(ETHERNET_LEN)?;
    let header_end = ETHERNET_LEN + usize::from(first & 0xf) * 4;
    let header = frame.get(ETHERNET_LEN..header_end).filter(|h| h.len() >= 20 && first >> 4 == 4)?;
    let end = ETHERNET_LEN + usize::from(be16(header, 2)?);
    let is_fragment = be16(header, 6)? & 0x3fff != 0;
    let segment =
        if is_fragment { None } else { segment(frame, header[9], header_end, end, &header[12..20]) };
    Some(Layers { ipv4_end: Some(header_end), segment })
}

fn ipv6(frame: &[u8]) -> Option<Layers> {
    let header = frame.get(ETHERNET_LEN..ETHERNET_LEN + 40)?;
    let start = ETHERNET_LEN + 40;
    let end = start + usize::from(be16(header, 4)?);
    Some(Layers { ipv4_end: None, segment: segment(frame, header[6], start, end, &header[8..40]) })
}

fn segment(frame: &[u8], protocol: u8, start: usize, end: usize, addresses: &[u8]) -> Option<Segment> {
    let len = frame.get(start..end)?.len();
    let (is_udp, len_min) = match protocol {
        6 => (false, 20),
        17 => (true, 8),
        _ => return None,
    };
    let pseudo = sum(addresses) + u64::from(protocol) + len as u64;
    (len >= len_min).then_some(Segment { is_udp, start, end, pseudo })
}

impl Segment {
    fn checksum_at(&self) -> usize {
        self.start + if self.is_udp { 6 } else { 16 }
    }

    /// Says whether the checksum is right; `None` if there is none.
    fn is_right(&self, frame: &[u8]) -> Option<bool> {
        let has_none = self.is_udp && be16(frame, self.checksum_at()) == Some(0);
        (!has_none).then(|| folded(self.pseudo + sum(&frame[self.start..self.end])) == 0xffff)
    }
}

/// Returns what is to be found of a frame's checksums.
pub(super) fn checksums(frame: &[u8]) -> Checksums {
    let Some(layers) = layers(frame) else { return Checksums::default() };
    let transport = layers.segment.as_ref().and_then(|segment| segment.is_right(frame));
    Checksums {
        ipv4: layers.ipv4_end.map(|end| folded(sum(&frame[ETHERNET_LEN..end])) == 0xffff),
        transport,
        is_udp: transport.is_some() && layers.segment.is_some_and(|segment| segment.is_udp),
    }
}

/// Takes out of a frame those checksums that the device can put back, and returns what to ask of it. What is wrong, or
/// would not come out the same, stays.
pub(super) fn leave_to_device(frame: &mut [u8]) -> Offload {
    let mut offload = Offload::default();
    let (found, Some(layers)) = (checksums(frame), layers(frame)) else { return offload };
    if let (Some(end), Some(true)) = (layers.ipv4_end, found.ipv4) {
        frame[ETHERNET_LEN + 10..ETHERNET_LEN + 12].fill(0);
        offload.ipv4_header_len = Some((end - ETHERNET_LEN) as u8);
    }
    if let (Some(segment), Some(true)) = (layers.segment, found.transport) {
        let at = segment.checksum_at();
        // The device sums up all that follows, and knows no UDP that says ffff for 0.
        let is_padded_with_zeros = frame[segment.end..].iter().all(|&byte| byte == 0);
        if is_padded_with_zeros && frame[at..at + 2] != [0xff; 2] && segment.start < 200 {
            frame[at..at + 2].copy_from_slice(&folded(segment.pseudo).to_be_bytes());
            let start = segment.start as u8;
            offload.transport =
                Some(if segment.is_udp { Transport::Udp(start) } else { Transport::Tcp(start) });
        }
    }
    offload
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Frames;

    #[test]
    fn what_is_left_to_the_device_is_what_it_would_fill_in() {
        let frames = Frames::builtin();
        let mut kinds = [0; 3];
        for index in 0..frames.len() as u16 {
            let whole = frames.get(index);
            let mut frame = whole.to_vec();
            let offload = leave_to_device(&mut frame);
            kinds[0] += u32::from(offload.ipv4_header_len.is_some());
            if let Some(transport) = offload.transport {
                let (kind, start, at) = match transport {
                    Transport::Tcp(start) => (1, start, start + 16),
                    Transport::Udp(start) => (2, start, start + 6),
                };
                kinds[kind] += 1;
                let filled_in = !folded(sum(&frame[start.into()..]));
                assert_eq!(Some(filled_in), be16(whole, at.into()), "frame {index}");
            }
        }
        assert!(kinds.iter().all(|&count| count > 3), "IPv4, TCP, UDP: {kinds:?}");
    }

    #[test]
    fn a_byte_that_is_wrong_is_found() {
        let frames = Frames::builtin();
        let whole = (0..frames.len() as u16)
            .map(|index| frames.get(index))
            .find(|frame| checksums(frame).ipv4 == Some(true) && checksums(frame).transport == Some(true));
        let mut frame = whole.unwrap().to_vec();
        frame[16] ^= 0x80;
        assert_eq!(checksums(&frame).ipv4, Some(false));
        assert_eq!(checksums(&frame[..20]), Checksums::default());
    }
}
