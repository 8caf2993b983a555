//! DMA enablers, of KMDF only.

use crate::*;

pub type WDF_DMA_PROFILE = i32;
pub const WdfDmaProfileScatterGather64: WDF_DMA_PROFILE = 4;

/// What a DMA enabler is created with.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct WDF_DMA_ENABLER_CONFIG {
    pub Size: ULONG,
    pub Profile: WDF_DMA_PROFILE,
    pub MaximumLength: SIZE_T,
    /// EvtDmaEnablerFill, -Flush, -Disable, -Enable, -SelfManagedIoStart and -SelfManagedIoStop.
    pub EvtDmaEnabler: [PVOID; 6],
    pub AddressWidthOverride: ULONG,
    pub WdmDmaVersionOverride: ULONG,
    pub Flags: ULONG,
}

pub type PWDF_DMA_ENABLER_CONFIG = *mut WDF_DMA_ENABLER_CONFIG;

/// Returns a configuration without callbacks (inline in `wdfdmaenabler.h`).
pub const fn WDF_DMA_ENABLER_CONFIG_INIT(
    Profile: WDF_DMA_PROFILE,
    MaximumLength: SIZE_T,
) -> WDF_DMA_ENABLER_CONFIG {
    WDF_DMA_ENABLER_CONFIG {
        Size: size_of::<WDF_DMA_ENABLER_CONFIG>() as ULONG,
        Profile,
        MaximumLength,
        EvtDmaEnabler: [core::ptr::null_mut(); 6],
        AddressWidthOverride: 0,
        WdmDmaVersionOverride: 0,
        Flags: 0,
    }
}

// wdfdmaenabler.h.
layout! {
    WDF_DMA_ENABLER_CONFIG: 0x50, align 8 {
        Size: 0x00,
        Profile: 0x04,
        MaximumLength: 0x08,
        EvtDmaEnabler: 0x10,
        AddressWidthOverride: 0x40,
        WdmDmaVersionOverride: 0x44,
        Flags: 0x48,
    }
}
