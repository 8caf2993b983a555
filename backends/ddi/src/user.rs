//! What a UMDF driver calls outside of its framework: Win32, in its host process.

use core::ffi::c_void;

use crate::*;

/// A slim reader/writer lock; all zeros is free (`synchapi.h`). It is not recursive, and needs no destruction.
#[repr(C)]
pub struct SRWLOCK {
    pub Ptr: *mut c_void,
}

pub type PSRWLOCK = *mut SRWLOCK;

pub const SRWLOCK_INIT: SRWLOCK = SRWLOCK { Ptr: core::ptr::null_mut() };

kernel32! {
    #[cfg_attr(feature = "sim", link_name = "dirql_AcquireSRWLockExclusive")]
    pub fn AcquireSRWLockExclusive(SRWLock: PSRWLOCK);
    #[cfg_attr(feature = "sim", link_name = "dirql_ReleaseSRWLockExclusive")]
    pub fn ReleaseSRWLockExclusive(SRWLock: PSRWLOCK);
    #[cfg_attr(feature = "sim", link_name = "dirql_Sleep")]
    pub fn Sleep(dwMilliseconds: ULONG);
}

// winnt.h.
layout! {
    SRWLOCK: 0x08, align 8 { Ptr: 0x00 }
}
