//! The checksum that Windows compares before it loads a driver (`MapFileAndCheckSum` in imagehlp.dll).

/// Where the headers' offset is, and where the checksum is from there: after the signature and the file header, in the
/// optional header.
const HEADERS: usize = 0x3c;
const CHECKSUM: usize = 4 + 20 + 64;

/// Computes the checksum of a PE file: the sum of its 16-bit words, carries added, but for its own, plus its length.
///
/// The file has been read as a PE file before, so it has the field.
pub(super) fn of(file: &[u8]) -> u32 {
    let word = |at: usize| u32::from(file[at]) | file.get(at + 1).map_or(0, |&high| u32::from(high) << 8);
    let field = (word(HEADERS) | word(HEADERS + 2) << 16) as usize + CHECKSUM;
    let words = (0..file.len()).step_by(2).filter(|at| !(field..field + 4).contains(at));
    words.fold(0, |sum, at| fold(sum + word(at))) + file.len() as u32
}

fn fold(sum: u32) -> u32 {
    (sum & 0xffff) + (sum >> 16)
}
