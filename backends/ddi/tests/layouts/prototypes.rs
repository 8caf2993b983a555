//! Prototypes: how many parameters a function has, and how long they and its result are, as `windows-sys` has them.
//!
//! Its parameters have other types (`bool` for BOOLEAN, `i64` for PHYSICAL_ADDRESS), but on 64-bit Windows equal sizes
//! are passed alike. Nothing here is linked: constants only look at the types.

use dirql_ddi as ours;
use windows_sys::Wdk::NetworkManagement::Ndis as ndis;
use windows_sys::Wdk::System::SystemServices as services;

/// The sizes in bytes of parameters and result.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    parameters: &'static [usize],
    result: usize,
}

/// A pointer to a function.
trait Prototype: Copy {
    const SHAPE: Shape;
}

macro_rules! prototypes {
    ($(($($parameter:ident),*))*) => {$(
        prototypes! { @abi "C" ($($parameter),*) }
        prototypes! { @abi "C-unwind" ($($parameter),*) }
        prototypes! { @abi "system" ($($parameter),*) }
    )*};
    (@abi $abi:literal ($($parameter:ident),*)) => {
        impl<$($parameter,)* R> Prototype for unsafe extern $abi fn($($parameter),*) -> R {
            const SHAPE: Shape = Shape { parameters: &[$(size_of::<$parameter>()),*], result: size_of::<R>() };
        }
    };
}

prototypes! { () (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) }

const fn shape_of<P: Prototype>(_: P) -> Shape {
    P::SHAPE
}

/// The type of a function of ours, whose ABI depends on who provides it.
#[cfg(feature = "sim")]
macro_rules! our_fn {
    ($($parameter:tt),*) => { unsafe extern "C-unwind" fn($($parameter),*) -> _ };
}

/// The type of a function of ours, whose ABI depends on who provides it.
#[cfg(not(feature = "sim"))]
macro_rules! our_fn {
    ($($parameter:tt),*) => { unsafe extern "C" fn($($parameter),*) -> _ };
}

/// Asserts that functions have the same shape here and there.
macro_rules! same_shapes {
    ($ours:path, $theirs:ident; $($name:ident($($parameter:tt),*);)*) => {$({
        use $ours as ours;
        const OURS: Shape = shape_of(ours::$name as our_fn!($($parameter),*));
        const THEIRS: Shape = shape_of($theirs::$name as unsafe extern "system" fn($($parameter),*) -> _);
        assert_eq!(OURS, THEIRS, stringify!($name));
    })*};
}

#[test]
fn the_kernels_functions_have_the_shapes_of_windows_sys() {
    same_shapes! { ours, services;
        ExAllocatePool2(_, _, _);
        ExFreePoolWithTag(_, _);
        IoConnectInterruptEx(_);
        IoAllocateWorkItem(_);
        IoDisconnectInterruptEx(_);
        IoFreeWorkItem(_);
        IoGetDmaAdapter(_, _, _);
        IoQueueWorkItem(_, _, _, _);
        IoReportInterruptActive(_);
        IoReportInterruptInactive(_);
        KeAcquireInterruptSpinLock(_);
        KeDelayExecutionThread(_, _, _);
        KeFlushQueuedDpcs();
        KeGetCurrentIrql();
        KeGetCurrentProcessorNumberEx(_);
        KeInitializeDpc(_, _, _);
        KeInitializeSpinLock(_);
        KeInsertQueueDpc(_, _, _);
        KeReleaseInterruptSpinLock(_, _);
        KeRemoveQueueDpc(_);
        KeSetImportanceDpc(_, _);
        KeSetTargetProcessorDpc(_, _);
        KeSynchronizeExecution(_, _, _);
        KfRaiseIrql(_);
        MmMapIoSpaceEx(_, _, _);
        MmUnmapIoSpace(_, _);
    }
}

#[test]
fn the_functions_of_ndis_have_the_shapes_of_windows_sys() {
    same_shapes! { ours::ndis, ndis;
        NdisFreeMemory(_, _, _);
        NdisMAllocateSharedMemory(_, _, _, _, _);
        NdisMFreeSharedMemory(_, _, _, _, _);
        NdisMMapIoSpace(_, _, _, _);
        NdisMSleep(_);
        NdisMUnmapIoSpace(_, _, _);
    }
}
