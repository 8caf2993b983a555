//! Handles, and what all framework objects have.

use core::ffi::c_char;

use crate::*;

/// Declares opaque handles.
macro_rules! handles {
    ($($name:ident = $opaque:ident;)*) => {
        $(
            #[repr(C)]
            pub struct $opaque {
                _opaque: [u8; 0],
            }
            pub type $name = *mut $opaque;
        )*
    };
}

handles! {
    WDFDRIVER = WDFDRIVER__;
    WDFDEVICE = WDFDEVICE__;
    WDFQUEUE = WDFQUEUE__;
    WDFREQUEST = WDFREQUEST__;
    WDFINTERRUPT = WDFINTERRUPT__;
    WDFSPINLOCK = WDFSPINLOCK__;
    WDFWAITLOCK = WDFWAITLOCK__;
    WDFDMAENABLER = WDFDMAENABLER__;
    WDFCOMMONBUFFER = WDFCOMMONBUFFER__;
    WDFCMRESLIST = WDFCMRESLIST__;
    WDFMEMORY = WDFMEMORY__;
}

/// Any of the handles.
pub type WDFOBJECT = PVOID;
/// A driver's own pointer, which the framework hands back.
pub type WDFCONTEXT = PVOID;

/// What the framework tells a driver about itself; opaque here.
#[repr(C)]
pub struct WDF_DRIVER_GLOBALS {
    _opaque: [u8; 0],
}

pub type PWDF_DRIVER_GLOBALS = *mut WDF_DRIVER_GLOBALS;

pub type WDF_TRI_STATE = i32;
pub const WdfFalse: WDF_TRI_STATE = 0;
pub const WdfTrue: WDF_TRI_STATE = 1;
pub const WdfUseDefault: WDF_TRI_STATE = 2;

pub type WDF_EXECUTION_LEVEL = i32;
pub const WdfExecutionLevelInheritFromParent: WDF_EXECUTION_LEVEL = 1;
pub const WdfExecutionLevelPassive: WDF_EXECUTION_LEVEL = 2;
pub const WdfExecutionLevelDispatch: WDF_EXECUTION_LEVEL = 3;

pub type WDF_SYNCHRONIZATION_SCOPE = i32;
pub const WdfSynchronizationScopeInheritFromParent: WDF_SYNCHRONIZATION_SCOPE = 1;
pub const WdfSynchronizationScopeDevice: WDF_SYNCHRONIZATION_SCOPE = 2;
pub const WdfSynchronizationScopeQueue: WDF_SYNCHRONIZATION_SCOPE = 3;
pub const WdfSynchronizationScopeNone: WDF_SYNCHRONIZATION_SCOPE = 4;

pub type PFN_WDF_OBJECT_CONTEXT_CLEANUP = Option<unsafe extern "C-unwind" fn(Object: WDFOBJECT)>;
pub type PFN_WDF_OBJECT_CONTEXT_DESTROY = Option<unsafe extern "C-unwind" fn(Object: WDFOBJECT)>;
pub type PFN_GET_UNIQUE_CONTEXT_TYPE =
    Option<unsafe extern "C-unwind" fn() -> PCWDF_OBJECT_CONTEXT_TYPE_INFO>;

/// Describes a type of object context. `UniqueType` of a type that one driver owns points to the structure
/// itself.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct WDF_OBJECT_CONTEXT_TYPE_INFO {
    pub Size: ULONG,
    pub ContextName: *const c_char,
    pub ContextSize: usize,
    pub UniqueType: PCWDF_OBJECT_CONTEXT_TYPE_INFO,
    pub EvtDriverGetUniqueContextType: PFN_GET_UNIQUE_CONTEXT_TYPE,
}

pub type PCWDF_OBJECT_CONTEXT_TYPE_INFO = *const WDF_OBJECT_CONTEXT_TYPE_INFO;

/// Says what an object is created with: its parent, its context, its ends.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct WDF_OBJECT_ATTRIBUTES {
    pub Size: ULONG,
    pub EvtCleanupCallback: PFN_WDF_OBJECT_CONTEXT_CLEANUP,
    pub EvtDestroyCallback: PFN_WDF_OBJECT_CONTEXT_DESTROY,
    pub ExecutionLevel: WDF_EXECUTION_LEVEL,
    pub SynchronizationScope: WDF_SYNCHRONIZATION_SCOPE,
    pub ParentObject: WDFOBJECT,
    pub ContextSizeOverride: usize,
    pub ContextTypeInfo: PCWDF_OBJECT_CONTEXT_TYPE_INFO,
}

pub type PWDF_OBJECT_ATTRIBUTES = *mut WDF_OBJECT_ATTRIBUTES;

/// Returns the attributes that say nothing (inline in `wdfobject.h`).
pub const fn WDF_OBJECT_ATTRIBUTES_INIT() -> WDF_OBJECT_ATTRIBUTES {
    WDF_OBJECT_ATTRIBUTES {
        Size: size_of::<WDF_OBJECT_ATTRIBUTES>() as ULONG,
        EvtCleanupCallback: None,
        EvtDestroyCallback: None,
        ExecutionLevel: WdfExecutionLevelInheritFromParent,
        SynchronizationScope: WdfSynchronizationScopeInheritFromParent,
        ParentObject: core::ptr::null_mut(),
        ContextSizeOverride: 0,
        ContextTypeInfo: core::ptr::null(),
    }
}

// wdfobject.h.
layout! {
    WDF_OBJECT_CONTEXT_TYPE_INFO: 0x28, align 8 {
        Size: 0x00,
        ContextName: 0x08,
        ContextSize: 0x10,
        UniqueType: 0x18,
        EvtDriverGetUniqueContextType: 0x20,
    }
    WDF_OBJECT_ATTRIBUTES: 0x38, align 8 {
        Size: 0x00,
        EvtCleanupCallback: 0x08,
        EvtDestroyCallback: 0x10,
        ExecutionLevel: 0x18,
        SynchronizationScope: 0x1c,
        ParentObject: 0x20,
        ContextSizeOverride: 0x28,
        ContextTypeInfo: 0x30,
    }
}
