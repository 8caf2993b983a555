//! The framework that the files in `../../wdf` are compiled with.

pub(crate) use dirql_backends::kmdf::{Device, Registration, register, status_of};
pub(crate) use dirql_ddi::kmdf::*;
