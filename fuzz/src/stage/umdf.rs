//! The UMDF backend on the stage.

#[allow(clippy::duplicate_mod, reason = "one text puts both frameworks on the stage")]
#[path = "wdf.rs"]
mod wdf;

use dirql::InterruptHandler;
use dirql_backends::umdf::{self, Umdf};

use super::PassiveStage;
use wdf::Registration;

/// What the text for both frameworks is about here.
mod framework {
    pub(super) use dirql_backends::umdf as backend;
    pub(super) use dirql_backends::umdf::Umdf as Framework;
    pub(super) use dirql_ddi::umdf::*;
    pub(super) use dirql_sim::wdf::add_user_device as add_device;

    pub(super) const DIRQL: bool = false;
}

impl PassiveStage for Umdf {
    type Platform = Self;
    type Interrupt<H: InterruptHandler> = umdf::Interrupt<H>;

    fn interrupt<H: InterruptHandler>(registration: &Registration<H>) -> &umdf::Interrupt<H> {
        registration.inner.interrupt()
    }
}
