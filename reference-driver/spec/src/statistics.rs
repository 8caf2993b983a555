//! Counters (82574 data sheet, 10.2.7). They stick at the highest value and clear when read.

fields! {
    /// CRC Error Count.
    Crcerrs @ 0x4000, effect {
        /// Frames.
        count, with_count: 0, 32;
    }
}

fields! {
    /// Missed Packets Count: frames lost because there was no room in the packet buffer.
    Mpc @ 0x4010, effect {
        /// Frames.
        count, with_count: 0, 32;
    }
}

fields! {
    /// Good Packets Received Count.
    Gprc @ 0x4074, effect {
        /// Frames.
        count, with_count: 0, 32;
    }
}

fields! {
    /// Good Packets Transmitted Count.
    Gptc @ 0x4080, effect {
        /// Frames.
        count, with_count: 0, 32;
    }
}

fields! {
    /// Receive No Buffers Count: how often a frame found no descriptor.
    Rnbc @ 0x40a0, effect {
        /// Frames.
        count, with_count: 0, 32;
    }
}
