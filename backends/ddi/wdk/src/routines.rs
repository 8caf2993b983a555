//! The routines that ntoskrnl.exe exports. Left out is what headers have inline, on x64 KeGetCurrentIrql too.

use dirql_ddi as ours;
use wdk_sys::ntddk as theirs;

use crate::proof::shape_of;

same_routines! {
    ExAllocatePool2(_, _, _);
    ExFreePoolWithTag(_, _);
    IoAcquireCancelSpinLock(_);
    IoAcquireRemoveLockEx(_, _, _, _, _);
    IoAllocateDriverObjectExtension(_, _, _, _);
    IoAllocateWorkItem(_);
    IoAttachDeviceToDeviceStack(_, _);
    IoBuildSynchronousFsdRequest(_, _, _, _, _, _, _);
    IoCancelIrp(_);
    IoConnectInterruptEx(_);
    IoCreateDevice(_, _, _, _, _, _, _);
    IoDeleteDevice(_);
    IoDetachDevice(_);
    IoDisconnectInterruptEx(_);
    IoForwardIrpSynchronously(_, _);
    IoFreeWorkItem(_);
    IoGetDmaAdapter(_, _, _);
    IoGetDriverObjectExtension(_, _);
    IoInitializeRemoveLockEx(_, _, _, _, _);
    IoQueueWorkItem(_, _, _, _);
    IoRegisterDeviceInterface(_, _, _, _);
    IoReleaseCancelSpinLock(_);
    IoReleaseRemoveLockAndWaitEx(_, _, _);
    IoReleaseRemoveLockEx(_, _, _);
    IoReportInterruptActive(_);
    IoReportInterruptInactive(_);
    IoSetDeviceInterfaceState(_, _);
    IofCallDriver(_, _);
    IofCompleteRequest(_, _);
    KeAcquireInterruptSpinLock(_);
    KeAcquireSpinLockRaiseToDpc(_);
    KeDelayExecutionThread(_, _, _);
    KeFlushQueuedDpcs();
    KeGetCurrentProcessorNumberEx(_);
    KeInitializeDpc(_, _, _);
    KeInitializeEvent(_, _, _);
    KeInitializeSpinLock(_);
    KeInsertQueueDpc(_, _, _);
    KeReleaseInterruptSpinLock(_, _);
    KeReleaseSpinLock(_, _);
    KeRemoveQueueDpc(_);
    KeSetImportanceDpc(_, _);
    KeSetTargetProcessorDpc(_, _);
    KeSynchronizeExecution(_, _, _);
    KeWaitForSingleObject(_, _, _, _, _);
    KfRaiseIrql(_);
    MmMapIoSpaceEx(_, _, _);
    MmMapLockedPagesSpecifyCache(_, _, _, _, _, _);
    MmUnmapIoSpace(_, _);
    PoRequestPowerIrp(_, _, _, _, _, _);
    PoSetPowerState(_, _, _);
    RtlFreeUnicodeString(_);
}

#[cfg(target_arch = "x86_64")]
same_routines! {
    KeLowerIrql(_);
}

/// As `dirql-ddi` links it.
#[cfg(target_arch = "aarch64")]
const _: () = {
    let ours = shape_of(ours::KeLowerIrql as unsafe extern "C" fn(_) -> _);
    assert!(ours.is(&shape_of(theirs::KfLowerIrql as unsafe extern "C" fn(_) -> _)));
};

#[cfg(target_arch = "aarch64")]
same_routines! {
    KeGetCurrentIrql();
}
