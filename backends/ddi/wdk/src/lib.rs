//! Microsoft's `wdk-sys` as a provider of `dirql-ddi`.
//!
//! Whoever depends on this crate has two things. The routines of ntoskrnl.exe and NDIS.SYS, and WDF's function table,
//! come from the import libraries and the stub of the WDK that is installed, not from names that `dirql-ddi` holds.
//! And each structure, value, callback and routine of `dirql-ddi` is compared with what `wdk-sys` has generated from
//! that WDK's headers: one that differs does not compile.
//!
//! | What is compared | File |
//! |---|---|
//! | what every driver model has | `common.rs` |
//! | WDM's structures; its values; its routines | `structures.rs`, `values.rs`, `routines.rs` |
//! | WDF's structures, values and function table | `wdf.rs` |
//! | Win32, for UMDF | `user.rs` |
//! | how | `proof.rs` |
//!
//! A build has one driver model, that of `package.metadata.wdk` in the top-level package. NDIS is not compared:
//! `wdk-sys` does not bind it.
#![no_std]
#![cfg(windows)]

#[macro_use]
mod proof;

mod common;
#[cfg(any(driver_model__driver_type = "WDM", driver_model__driver_type = "KMDF"))]
mod routines;
#[cfg(any(driver_model__driver_type = "WDM", driver_model__driver_type = "KMDF"))]
mod structures;
#[cfg(driver_model__driver_type = "UMDF")]
mod user;
#[cfg(any(driver_model__driver_type = "WDM", driver_model__driver_type = "KMDF"))]
mod values;
#[cfg(any(driver_model__driver_type = "KMDF", driver_model__driver_type = "UMDF"))]
mod wdf;
