//! Registers and descriptors of Intel's 82574L Ethernet controller, as data.
//!
//! One type for each register, with the data sheet's names and order (82574 data sheet, chapter 10), and one for
//! each descriptor format (chapter 7). Values that come from the device are open sets: every bit pattern has a
//! typed value, and unknown bits survive. No setter can fail: a value too wide for its field is cut to it.
//!
//! | module | registers |
//! |---|---|
//! | [`general`] | CTRL, STATUS, EECD, EERD, CTRL_EXT, MDIC, EXTCNF_CTRL, PCIe |
//! | [`interrupt`] | ICR, ITR, ICS, IMS, IMC, EIAC, IAM, IVAR, EITR, PBACLR |
//! | [`receive`] | RCTL, the receive ring, RXCSUM, RFCTL |
//! | [`transmit`] | TCTL, TIPG, the transmit ring, TARC0 |
//! | [`filter`] | MTA, RAL and RAH, VFTA |
//! | [`statistics`] | counters that clear when read |
//! | [`descriptor`], [`offload`] | the descriptor formats that the driver uses |
#![no_std]

#[macro_use]
mod macros;

pub mod descriptor;
pub mod filter;
pub mod general;
pub mod interrupt;
mod name;
pub mod offload;
pub mod receive;
pub mod statistics;
pub mod transmit;

pub use name::register_name;

/// PCI vendor ID: Intel.
pub const VENDOR_ID: u16 = 0x8086;
/// PCI device ID of the 82574L.
pub const DEVICE_ID: u16 = 0x10d3;
/// Length of the register window (BAR0) in bytes.
pub const WINDOW_LEN: u32 = 128 * 1024;
/// MSI-X vectors that the chip has.
pub const VECTORS: u16 = 5;
/// What a read gives when the device is gone: no 82574 register that a driver reads holds all ones.
pub const GONE: u32 = u32::MAX;

/// Length of an Ethernet header in bytes: two addresses and a type.
pub const HEADER_LEN: u32 = 14;
/// Shortest frame on the wire in bytes, without its FCS; TCTL.PSP pads to it.
pub const FRAME_LEN_MIN: u32 = 60;
/// Longest frame in bytes while RCTL.LPE is clear, FCS and one VLAN tag included.
pub const FRAME_LEN_MAX: u32 = 1522;
/// Length of a VLAN tag in bytes: an EtherType, VET's, and the tag.
pub const VLAN_TAG_LEN: u32 = 4;
/// Length of the frame check sequence in bytes; RCTL.SECRC strips it.
pub const FCS_LEN: u32 = 4;
