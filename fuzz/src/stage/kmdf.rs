//! The KMDF backend on the stage.

#[allow(clippy::duplicate_mod, reason = "one text puts both frameworks on the stage")]
#[path = "wdf.rs"]
mod wdf;

use dirql::{Cx, Error, InterruptHandler, Passive};
use dirql_backends::kmdf::{self, Kmdf};

use super::DmaStage;
use wdf::{Device, Registration};

/// What the text for both frameworks is about here.
mod framework {
    pub(super) use dirql_backends::kmdf as backend;
    pub(super) use dirql_backends::kmdf::Kmdf as Framework;
    pub(super) use dirql_ddi::kmdf::*;
    pub(super) use dirql_sim::wdf::add_device;

    pub(super) const DIRQL: bool = true;
}

impl DmaStage for Kmdf {
    type Platform = Self;
    type Interrupt<H: InterruptHandler> = kmdf::Interrupt<H>;

    fn allocate(cx: &mut Cx<'_, Passive>, device: &Device, len: u32) -> Result<kmdf::CommonBuffer, Error> {
        device.prepared.allocate(cx, len)
    }

    fn interrupt<H: InterruptHandler>(registration: &Registration<H>) -> &kmdf::Interrupt<H> {
        registration.inner.interrupt()
    }
}
