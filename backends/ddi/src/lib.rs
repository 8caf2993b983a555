//! The Windows DDIs that the backends call.
#![no_std]
