//! The framework that the files in `../../wdf` are compiled with.

pub(crate) use dirql_backends::umdf::{Device, Registration, register, status_of};
pub(crate) use dirql_ddi::umdf::*;
