//! The KMDF backend, on the suite of both WDF backends.

/// The framework that the suite is for.
mod framework {
    pub(super) use dirql_backends::kmdf as backend;
    pub(super) use dirql_ddi::kmdf::*;
    pub(super) use dirql_sim::wdf::add_device as add;
}

#[path = "common/powered.rs"]
mod powered;
