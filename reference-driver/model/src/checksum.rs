//! Checksums of the Internet protocols: filled in on the way out (82574 data sheet, 7.2.11), checked on the way in (7.1.10).

use i82574::HEADER_LEN;
use i82574::descriptor::RxStatus;
use i82574::offload::{TxContext, TxOptions};
use i82574::receive::Rxcsum;

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const TCP: u8 = 6;
const UDP: u8 = 17;

/// Adds up 16-bit words in ones' complement (RFC 1071); an odd byte counts as if a zero followed.
fn sum(start: u32, bytes: &[u8]) -> u32 {
    let (words, rest) = bytes.as_chunks::<2>();
    let whole: u32 = words.iter().map(|&word| u32::from(u16::from_be_bytes(word))).sum();
    start + whole + rest.first().map_or(0, |&last| u32::from(last) << 8)
}

fn fold(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

/// Fills in what `options` ask for. Places outside the frame are left alone.
pub(crate) fn fill_in(frame: &mut [u8], context: TxContext, options: TxOptions) {
    if options.contains(TxOptions::IXSM) {
        insert(frame, context.ipcss, context.ipcso, context.ipcse);
    }
    if options.contains(TxOptions::TXSM) {
        insert(frame, context.tucss, context.tucso, context.tucse);
    }
}

fn insert(frame: &mut [u8], start: u8, at: u8, last: u16) {
    let end = if last == 0 { frame.len() } else { usize::from(last) + 1 };
    let Some(covered) = frame.get(usize::from(start)..end) else { return };
    let checksum = !fold(sum(0, covered));
    if let Some(place) = frame.get_mut(usize::from(at)..usize::from(at) + 2) {
        place.copy_from_slice(&checksum.to_be_bytes());
    }
}

/// Returns what the chip says of a frame's checksums; that it has not looked (IXSM) if RXCSUM asks for nothing, or the
/// frame has nothing that it knows. A tag that is still in the frame hides what follows it.
pub(crate) fn check(frame: &[u8], rxcsum: Rxcsum) -> RxStatus {
    let found = match (ether_type(frame), frame.get(HEADER_LEN as usize..)) {
        (Some(IPV4), Some(packet)) => ipv4(packet, rxcsum),
        (Some(IPV6), Some(packet)) => ipv6(packet, rxcsum),
        _ => None,
    };
    found.filter(|found| !found.is_empty()).unwrap_or(RxStatus::IXSM)
}

fn ether_type(frame: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(*frame.get(12..)?.first_chunk()?))
}

fn ipv4(packet: &[u8], rxcsum: Rxcsum) -> Option<RxStatus> {
    let header_len = usize::from(packet.first()? & 0xf) * 4;
    let header = packet.get(..header_len).filter(|_| header_len >= 20 && packet[0] >> 4 == 4)?;
    let mut found = RxStatus::empty();
    if rxcsum.contains(Rxcsum::IPOFLD) {
        found |= RxStatus::IPCS;
        found.set(RxStatus::IPE, fold(sum(0, header)) != 0xffff);
    }
    let total_len = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let is_fragment = u16::from_be_bytes([header[6], header[7]]) & 0x3fff != 0;
    match packet.get(header_len..total_len) {
        Some(payload) if !is_fragment => Some(found | transport(&header[12..20], header[9], payload, rxcsum)),
        _ => Some(found),
    }
}

fn ipv6(packet: &[u8], rxcsum: Rxcsum) -> Option<RxStatus> {
    let header: &[u8; 40] = packet.first_chunk()?;
    let payload_len = usize::from(u16::from_be_bytes([header[4], header[5]]));
    let payload = packet.get(40..40 + payload_len)?;
    Some(transport(&header[8..40], header[6], payload, rxcsum))
}

/// `addresses` are the pseudo-header's. UDP without a checksum is not checked.
fn transport(addresses: &[u8], protocol: u8, payload: &[u8], rxcsum: Rxcsum) -> RxStatus {
    let header_len = match protocol {
        TCP => 20,
        UDP if payload.get(6..8) != Some(&[0, 0]) => 8,
        _ => return RxStatus::empty(),
    };
    if !rxcsum.contains(Rxcsum::TUOFLD) || payload.len() < header_len {
        return RxStatus::empty();
    }
    let pseudo = sum(u32::from(protocol) + payload.len() as u32, addresses);
    let mut found = RxStatus::L4CS;
    found.set(RxStatus::UDPCS, protocol == UDP);
    found.set(RxStatus::TCPE, fold(sum(pseudo, payload)) != 0xffff);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Rxcsum = Rxcsum::IPOFLD.union(Rxcsum::TUOFLD);

    /// A datagram of four bytes from 10.0.0.1 to 10.0.0.2, with both checksums.
    fn datagram() -> Vec<u8> {
        let mut frame = vec![2; 12];
        frame.extend([8, 0, 0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0x66, 0xcb, 10, 0, 0, 1, 10, 0, 0, 2]);
        frame.extend([0, 7, 0, 7, 0, 12, 0xea, 0xc3, 1, 2, 0, 0]);
        frame.resize(60, 0);
        frame
    }

    #[test]
    fn right_checksums_are_found_right_and_wrong_ones_wrong() {
        let good = RxStatus::IPCS | RxStatus::L4CS | RxStatus::UDPCS;
        let mut frame = datagram();
        assert_eq!(check(&frame, ALL), good);
        assert_eq!(check(&frame, Rxcsum::empty()), RxStatus::IXSM);
        assert_eq!(check(&frame, Rxcsum::IPOFLD), RxStatus::IPCS);
        frame[44] ^= 1;
        assert_eq!(check(&frame, ALL), good | RxStatus::TCPE);
        frame[22] ^= 1;
        assert_eq!(check(&frame, ALL), good | RxStatus::TCPE | RxStatus::IPE);
        frame[40..42].fill(0);
        assert_eq!(check(&frame, ALL), RxStatus::IPCS | RxStatus::IPE, "UDP without a checksum");
        assert_eq!(check(&[0; 60], ALL), RxStatus::IXSM);
        assert_eq!(check(&frame[..20], ALL), RxStatus::IXSM, "cut short");
    }

    #[test]
    fn what_is_filled_in_is_right() {
        let whole = datagram();
        let mut frame = whole.clone();
        frame.truncate(46);
        frame[24..26].fill(0);
        let pseudo = fold(sum(17 + 12, &whole[26..34]));
        frame[40..42].copy_from_slice(&pseudo.to_be_bytes());
        let context =
            TxContext { ipcss: 14, ipcso: 24, ipcse: 33, tucss: 34, tucso: 40, ..TxContext::default() };
        fill_in(&mut frame, context, TxOptions::IXSM | TxOptions::TXSM);
        assert_eq!(frame, whole[..46]);
        fill_in(&mut frame[..20], context, TxOptions::IXSM | TxOptions::TXSM);
    }
}
