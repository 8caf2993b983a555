//! Who may touch which register.
//!
//! Each part of the driver holds a [`View`](dirql::View) of one group, where that part's lock is: what a part
//! does not own does not compile there.

use dirql::In;
use i82574::filter::{Mta, Rah, Ral};
use i82574::general::{Ctrl, CtrlExt, Eecd, Eerd, ExtcnfCtrl, Gcr, Gcr2, Mdic, Status, Vet};
use i82574::interrupt::{Eiac, Eitr, Iam, Icr, Ics, Imc, Ims, Itr, Ivar};
use i82574::receive::{Radv, Rctl, Rdbah, Rdbal, Rdh, Rdlen, Rdt, Rdtr, Rfctl, Rxcsum, Rxdctl};
use i82574::statistics::{Crcerrs, Gprc, Gptc, Mpc, Rnbc};
use i82574::transmit::{Tadv, Tarc0, Tctl, Tdbah, Tdbal, Tdh, Tdlen, Tdt, Tidv, Tipg, Txdctl};

macro_rules! group {
    ($(#[$doc:meta])* $group:ident: $($register:ident)+) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) enum $group {}
        $(impl In<$group> for $register {})+
    };
}

group! {
    /// The ISR's and its sections': in `Shared`. ICR is read nowhere else, so no cause is cleared unseen.
    IsrGroup: Icr Ics Ims Imc Status
}
group! {
    /// The transmit ring's: under its lock.
    TxGroup: Tctl Tipg Tdbal Tdbah Tdlen Tdh Tdt Tidv Tadv Txdctl Tarc0
}
group! {
    /// The receive ring's: under its lock.
    RxGroup: Rdbal Rdbah Rdlen Rdh Rdt Rdtr Radv Rxdctl Rxcsum Rfctl
}
group! {
    /// Filters, intervals and counters: under the configuration's lock.
    ConfigGroup: Rctl Mta Ral Rah Itr Eitr Crcerrs Mpc Gprc Gptc Rnbc
}
group! {
    /// The link's state.
    LinkGroup: Status
}
group! {
    /// Reset, bring-up and the PHY: whoever holds the lifecycle.
    SetupGroup: Ctrl Status Vet Mdic Eecd Eerd CtrlExt ExtcnfCtrl Gcr Gcr2 Eiac Iam Ivar
}
