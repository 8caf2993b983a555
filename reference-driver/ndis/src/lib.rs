#![doc = include_str!("../README.md")]
#![no_std]
#![allow(
    non_snake_case,
    non_upper_case_globals,
    reason = "the names of NDIS's callbacks and values are Microsoft's"
)]

mod adapter;
mod attributes;
mod configuration;
mod driver;
mod entry;
mod frame;
mod halt;
mod initialize;
mod moderation;
mod multicast;
mod offload;
mod oid;
mod pause;
mod power;
mod queue;
mod receive;
mod reset;
mod send;
mod statistics;
mod status;

pub use entry::driver_entry;
