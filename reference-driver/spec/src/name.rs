//! Names of registers, for traces.

use dirql::Register;

use crate::filter::{Mta, Rah, Ral, Vfta};
use crate::general::{Ctrl, CtrlExt, Eecd, Eerd, ExtcnfCtrl, Gcr, Gcr2, Mdic, Status, Swsm, Vet};
use crate::interrupt::{Eiac, Eitr, Iam, Icr, Ics, Imc, Ims, Itr, Ivar, Pbaclr};
use crate::receive::{Radv, Rctl, Rdbah, Rdbal, Rdh, Rdlen, Rdt, Rdtr, Rfctl, Rxcsum, Rxdctl};
use crate::statistics::{Crcerrs, Gprc, Gptc, Mpc, Rnbc};
use crate::transmit::{Tadv, Tarc0, Tctl, Tdbah, Tdbal, Tdh, Tdlen, Tdt, Tidv, Tipg, Txdctl};

/// Returns the data sheet's name of the register at byte `offset`, or `"reserved"`.
pub fn register_name(offset: u32) -> &'static str {
    single(offset).or_else(|| element(offset)).unwrap_or("reserved")
}

macro_rules! singles {
    ($($register:ident => $name:literal,)*) => {
        fn single(offset: u32) -> Option<&'static str> {
            Some(match offset {
                $($register::OFFSET => $name,)*
                _ => return None,
            })
        }
    };
}

singles! {
    Ctrl => "CTRL", Status => "STATUS", Eecd => "EECD", Eerd => "EERD", CtrlExt => "CTRL_EXT", Mdic => "MDIC",
    Vet => "VET",
    Icr => "ICR", Itr => "ITR", Ics => "ICS", Ims => "IMS", Imc => "IMC", Eiac => "EIAC", Iam => "IAM",
    Ivar => "IVAR", Rctl => "RCTL", Tctl => "TCTL", Tipg => "TIPG", ExtcnfCtrl => "EXTCNF_CTRL",
    Rdbal => "RDBAL", Rdbah => "RDBAH", Rdlen => "RDLEN", Rdh => "RDH", Rdt => "RDT", Rdtr => "RDTR",
    Radv => "RADV", Tdbal => "TDBAL", Tdbah => "TDBAH", Tdlen => "TDLEN", Tdh => "TDH", Tdt => "TDT",
    Tidv => "TIDV", Tadv => "TADV", Tarc0 => "TARC0", Crcerrs => "CRCERRS", Mpc => "MPC", Gprc => "GPRC",
    Gptc => "GPTC", Rnbc => "RNBC", Rxcsum => "RXCSUM", Rfctl => "RFCTL", Gcr => "GCR", Swsm => "SWSM",
    Gcr2 => "GCR2", Pbaclr => "PBACLR",
}

macro_rules! elements {
    ($($register:ident => $name:literal,)*) => {
        fn element(offset: u32) -> Option<&'static str> {
            $(if is_element(offset, $register::OFFSET, $register::COUNT, $register::STRIDE) {
                return Some($name);
            })*
            None
        }
    };
}

elements! {
    Eitr => "EITR", Rxdctl => "RXDCTL", Txdctl => "TXDCTL", Mta => "MTA", Ral => "RAL", Rah => "RAH",
    Vfta => "VFTA",
}

fn is_element(offset: u32, first: u32, count: u32, stride: u32) -> bool {
    offset.checked_sub(first).is_some_and(|d| d.is_multiple_of(stride) && d / stride < count)
}

#[cfg(test)]
mod tests {
    use super::register_name;

    #[test]
    fn registers_have_their_data_sheet_names() {
        assert_eq!(register_name(0x00d0), "IMS");
        assert_eq!(register_name(0x3818), "TDT");
        assert_eq!(register_name(0x3928), "TXDCTL");
        assert_eq!(register_name(0x547c), "RAH");
        assert_eq!(register_name(0x53fc), "MTA");
        assert_eq!(register_name(0x5480), "reserved");
    }
}
