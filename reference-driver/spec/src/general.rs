//! General registers (82574 data sheet, 10.2.2).

flags! {
    /// Device Control.
    Ctrl @ 0x0000, pure write {
        /// FD: full duplex.
        FD = 1 << 0;
        /// Asks the PCIe side to stop DMA; STATUS.GIO_MASTER_EN says when it has.
        GIO_MASTER_DISABLE = 1 << 2;
        /// Takes speed from the PHY.
        ASDE = 1 << 5;
        /// Sets the link up.
        SLU = 1 << 6;
        /// Forced speed, two bits.
        SPEED = 0b11 << 8;
        /// Forces the speed.
        FRCSPD = 1 << 11;
        /// Forces the duplex mode.
        FRCDPX = 1 << 12;
        /// Advertises the D3cold wake-up capability.
        ADVD3WUC = 1 << 20;
        /// Resets the MAC, not the PCI configuration. Clears itself.
        RST = 1 << 26;
        /// Honours received PAUSE frames.
        RFCE = 1 << 27;
        /// Sends PAUSE frames.
        TFCE = 1 << 28;
        /// Reserved; Linux clears it on this chip.
        RESERVED_29 = 1 << 29;
        /// Handles VLAN tags.
        VME = 1 << 30;
        /// Resets the PHY.
        PHY_RST = 1 << 31;
        /// Reserved.
        RESERVED = (1 << 1) | (0b11 << 3) | (1 << 7) | (1 << 10) | (0x7f << 13) | (0x1f << 21);
    }
}

fields! {
    /// VLAN Ether Type: what marks a tag, for CTRL.VME.
    Vet @ 0x0038, pure write {
        /// The EtherType, as a number.
        ether_type, with_ether_type: 0, 16;
    }
}

impl Vet {
    /// The value after a reset: IEEE 802.1Q's.
    pub const RESET: Self = Self(0x8100);
}

flags! {
    /// Device Status.
    Status @ 0x0008, pure {
        /// Full duplex.
        FD = 1 << 0;
        /// The link is up.
        LU = 1 << 1;
        /// LAN ID, 0 on this chip.
        LAN_ID = 0b11 << 2;
        /// The transmitter is paused by flow control.
        TXOFF = 1 << 4;
        /// Link speed: 0 is 10, 1 is 100, 2 and 3 are 1000 Mbit/s.
        SPEED = 0b11 << 6;
        /// Speed detected automatically.
        ASDV = 0b11 << 8;
        /// The PHY was reset.
        PHYRA = 1 << 10;
        /// DMA is allowed, or still in flight after CTRL.GIO_MASTER_DISABLE.
        GIO_MASTER_EN = 1 << 19;
        /// Reserved.
        RESERVED = (1 << 5) | (0xff << 11) | (0xfff << 20);
    }
}

impl Status {
    /// Returns the link speed in Mbit/s; meaningless while the link is down.
    pub const fn speed_mbps(self) -> u32 {
        match (self.bits() >> 6) & 0b11 {
            0 => 10,
            1 => 100,
            _ => 1000,
        }
    }
}

flags! {
    /// EEPROM/Flash Control.
    Eecd @ 0x0010, pure write {
        /// An NVM is present.
        EE_PRES = 1 << 8;
        /// The automatic read after a reset is done.
        AUTO_RD = 1 << 9;
    }
}

fields! {
    /// EEPROM Read. Words 0 to 2 hold the MAC address, low byte first.
    Eerd @ 0x0014, pure write {
        /// Word address.
        address, with_address: 2, 14;
        /// The word read, valid once [`done`](Self::done).
        data, with_data: 16, 16;
    }
}

bits! {
    Eerd {
        /// Starts the read.
        start, with_start: 0;
        /// Says that the read is done.
        done, with_done: 1;
    }
}

flags! {
    /// Extended Device Control.
    CtrlExt @ 0x0018, pure write {
        /// Linux sets it on this chip (erratum).
        BIT_22 = 1 << 22;
        /// Linux clears it on this chip (erratum).
        BIT_23 = 1 << 23;
        /// Applies IAM to IMS when a message is sent.
        EIAME = 1 << 24;
        /// Applies IAM to IMS when ICR is read or written.
        IAME = 1 << 27;
        /// The driver is loaded: management firmware keeps off.
        DRV_LOAD = 1 << 28;
        /// Clears the interrupt timers when an interrupt is acknowledged.
        INT_TIMERS_CLEAR_ENA = 1 << 29;
        /// Lets PBACLR clear pending bits of MSI-X vectors.
        PBA_CLR = 1 << 31;
    }
}

fields! {
    /// MDI Control: access to the PHY.
    Mdic @ 0x0020, pure write {
        /// The value to write, or the value read.
        data, with_data: 0, 16;
        /// PHY register.
        register, with_register: 16, 5;
        /// PHY address, [`Mdic::PHY`].
        phy, with_phy: 21, 5;
        /// [`Mdic::WRITE`] or [`Mdic::READ`].
        op, with_op: 26, 2;
    }
}

bits! {
    Mdic {
        /// Says that the access is done.
        ready, with_ready: 28;
        /// Asks for the MDAC interrupt at the end of the access.
        interrupt, with_interrupt: 29;
        /// Says that the access failed.
        error, with_error: 30;
    }
}

impl Mdic {
    /// Address of the internal PHY.
    pub const PHY: u32 = 1;
    /// [`op`](Self::op) for a write.
    pub const WRITE: u32 = 0b01;
    /// [`op`](Self::op) for a read.
    pub const READ: u32 = 0b10;
}

flags! {
    /// Extended Configuration Control.
    ExtcnfCtrl @ 0x0f00, pure write {
        /// Software owns the MDIO interface and may reset: write one, then read it back.
        MDIO_SW_OWNERSHIP = 1 << 5;
        /// Hardware owns the MDIO interface.
        MDIO_HW_OWNERSHIP = 1 << 6;
    }
}

flags! {
    /// 3GIO Control.
    Gcr @ 0x5b00, pure write {
        /// Linux sets it on this chip (PCIe completion erratum).
        BIT_22 = 1 << 22;
        /// Enters L1 without L0s on the receive side (erratum).
        L1_ACT_WITHOUT_L0S_RX = 1 << 27;
    }
}

flags! {
    /// Software Semaphore. Reading it sets SMBI.
    Swsm @ 0x5b50, effect write {
        /// Semaphore between software agents: whoever reads zero has it; write zero to give it back.
        SMBI = 1 << 0;
        /// Semaphore between software and firmware.
        SWESMBI = 1 << 1;
        /// The driver is loaded.
        DRV_LOAD = 1 << 3;
    }
}

flags! {
    /// 3GIO Control 2.
    Gcr2 @ 0x5b64, pure write {
        /// Linux sets it on this chip (PCIe completion erratum).
        BIT_0 = 1 << 0;
    }
}
