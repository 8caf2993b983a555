//! Address filters (82574 data sheet, 10.2.5.19 and following).

fields! {
    /// Multicast Table Array: the first of its words. Bits 11:5 of the hash name the word, 4:0 the bit.
    Mta @ 0x5200, pure write {
        /// One bit for each hash value.
        bits, with_bits: 0, 32;
    }
}

array!(Mta, 128, 4);

fields! {
    /// Receive Address Low: the first of its array. Bytes 0 to 3 of the address, byte 0 lowest.
    Ral @ 0x5400, pure write {
        /// Four bytes of the address.
        bytes, with_bytes: 0, 32;
    }
}

array!(Ral, 16, 8);

fields! {
    /// Receive Address High: the first of its array. Bytes 4 and 5 of the address.
    Rah @ 0x5404, pure write {
        /// Two bytes of the address.
        bytes, with_bytes: 0, 16;
        /// What to compare with: 0 is the destination.
        select, with_select: 16, 2;
    }
}

bits! {
    Rah {
        /// AV: the entry holds.
        valid, with_valid: 31;
    }
}

array!(Rah, 16, 8);

/// Splits a MAC address into the two registers of a valid entry.
pub const fn receive_address(mac: [u8; 6]) -> (Ral, Rah) {
    let low = u32::from_le_bytes([mac[0], mac[1], mac[2], mac[3]]);
    let high = u16::from_le_bytes([mac[4], mac[5]]) as u32;
    (Ral(low), Rah(high).with_valid(true))
}

fields! {
    /// VLAN Filter Table Array: the first of its words.
    Vfta @ 0x5600, pure write {
        /// One bit for each VLAN.
        bits, with_bits: 0, 32;
    }
}

array!(Vfta, 128, 4);

/// Returns the 12-bit hash of a multicast address for `offset`, the value of RCTL.MO, 0 to 3.
///
/// Offset 0 takes bits 47:36 of the address, 1 takes 46:35, 2 takes 45:34 and 3 takes 43:32, where bit 47 is the
/// highest of the last byte.
pub const fn multicast_hash(mac: [u8; 6], offset: u32) -> u32 {
    let high = u16::from_le_bytes([mac[4], mac[5]]) as u32;
    let shift = match offset {
        0 => 4,
        1 => 3,
        2 => 2,
        _ => 0,
    };
    (high >> shift) & 0xfff
}

#[cfg(test)]
mod tests {
    use super::*;

    // The address that Linux uses to explain the hash (e1000e mac.c, e1000_hash_mc_addr).
    const MULTICAST: [u8; 6] = [0x01, 0xaa, 0x00, 0x12, 0x34, 0x56];

    #[test]
    fn the_offset_chooses_twelve_bits_of_the_last_two_bytes() {
        assert_eq!([0, 1, 2, 3].map(|mo| multicast_hash(MULTICAST, mo)), [0x563, 0xac6, 0x58d, 0x634]);
    }

    #[test]
    fn an_address_is_stored_low_byte_first() {
        let (low, high) = receive_address([0x52, 0x54, 0x00, 0x12, 0x34, 0x56]);
        assert_eq!((low.0, high.0), (0x1200_5452, 0x8000_5634));
    }
}
