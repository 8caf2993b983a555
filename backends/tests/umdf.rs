//! The UMDF backend, on the suite of both WDF backends.

/// The framework that the suite is for.
mod framework {
    pub(super) use dirql_backends::umdf as backend;
    pub(super) use dirql_ddi::umdf::*;
    pub(super) use dirql_sim::wdf::add_user_device as add;
}

#[path = "common/powered.rs"]
mod powered;
