//! Rules without a number: monitors named as Microsoft's compliance rules are where there is one, and what only
//! a simulation can judge.

use super::{Rule, checker};

const OURS: &str = "no tool of Microsoft's checks it";

pub(super) const RULES: &[Rule] = &[
    checker("panic", "Neither the driver nor a device model panics.", "bug check 0x3D page, for ISRs")
        .on_windows("a bug check; 0x3D INTERRUPT_EXCEPTION_NOT_HANDLED in an ISR"),
    checker("livelock", "A run ends within its number of steps.", OURS),
    checker("quiescence", "When nothing can move any more, nobody waits for anything.", OURS),
    checker(
        "IrqlKeRaiseLower",
        "IRQL is raised upward and lowered downward, and a DPC or ISR does not lower it below its entry.",
        "compliance rule IrqlKeRaiseLower",
    )
    .on_windows("DV bug check 0xC4"),
    checker("IrqlReturn", "A thread gives back the IRQL at which it was entered.", "compliance rule IrqlReturn"),
    checker("IrqlKeSetEvent", "KeSetEvent is called at or below DISPATCH_LEVEL.", "compliance rule IrqlKeSetEvent")
        .on_windows("DV bug check 0xC4 with 0x20016"),
    checker(
        "IrqlKeReleaseSpinLock",
        "A spin lock is released at DISPATCH_LEVEL.",
        "compliance rule IrqlKeReleaseSpinLock",
    )
    .on_windows("DV bug check 0xC4 with 0x20015"),
    checker(
        "IrqlExAllocatePool",
        "Nonpaged pool is allocated at or below DISPATCH_LEVEL.",
        "compliance rule IrqlExAllocatePool",
    )
    .on_windows("DV bug check 0xC4"),
    checker(
        "IrqlIoPassive5",
        "Common buffers are allocated at PASSIVE_LEVEL.",
        "AllocateCommonBuffer; compliance rule IrqlIoPassive5",
    )
    .on_windows("DV bug check 0xC4"),
    checker(
        "SpinLock",
        "A spin lock is acquired only while free of its holder, and is released before thread, DPC or ISR ends.",
        "compliance rules SpinLock and SpinLockDpr",
    )
    .on_windows("hang; bug check 0x0F SPIN_LOCK_ALREADY_OWNED; DV bug check 0xC4"),
    checker(
        "WaitLock",
        "A wait lock is acquired only while free of its holder: it is not recursive.",
        "WDF source, FxWaitLock; WdfWaitLockAcquire",
    )
    .on_windows("hang"),
    checker("SpinLockRelease", "Only the holder of a spin lock releases it.", "compliance rule SpinLockRelease")
        .on_windows("bug check 0x10 SPIN_LOCK_NOT_OWNED; DV bug check 0xC4"),
    checker(
        "SyncNotConnected",
        "Nothing synchronizes with, or disconnects, an interrupt that is not connected.",
        "compliance rule NdisMDeregisterInterruptEx; for WDM the result is not documented",
    ),
    checker(
        "InterruptLeft",
        "No interrupt is connected when its driver is gone.",
        "compliance rule Init_DeRegisterInterrupt; bug check 0x7C page for NDIS",
    )
    .on_windows("bug check 0xCE or 0xD1 when it fires"),
    checker(
        "ContextFreed",
        "Memory is not freed while a connected ISR, or a queued DPC, has its context there.",
        "inferred: it will be called, or may be at any time",
    )
    .on_windows("bug check 0xA or 0xD1, or silent corruption"),
    checker("WrongClaim", "An ISR claims its own device's interrupts and nobody else's.", "KSERVICE_ROUTINE")
        .on_windows("interrupts of the other device are lost, or a storm on the line"),
    checker(
        "WrongMessageId",
        "NdisMSynchronizeWithInterruptEx and NdisMQueueDpc name a message that was granted.",
        "NdisMSynchronizeWithInterruptEx",
    ),
    checker("IsrOutParameter", "A miniport's ISR writes the out-parameters that ask for DPCs.", "MINIPORT_ISR"),
    checker(
        "IrqlIoReportInterrupt",
        "An ISR is reported active or inactive at or below DISPATCH_LEVEL.",
        "IoReportInterruptActive; IoReportInterruptInactive",
    ),
    checker("IrqlNdisMMapIoSpace", "NdisMMapIoSpace is called at PASSIVE_LEVEL.", "NdisMMapIoSpace")
        .on_windows("DV bug check 0xC4"),
    checker("WdfIrql", "A framework function is called at or below the IRQL of its page.", "each function's page"),
    checker(
        "WdfInterruptSpinLock",
        "A WDFSPINLOCK with which an interrupt was created is not taken by the driver.",
        "KMDF source, fxspinlockapi.cpp",
    )
    .on_windows("the lock is not taken; with the WDF verifier a break"),
    checker(
        "WdfObjectDelete",
        "A driver does not delete an object that the framework deletes.",
        "KMDF source, WdfObjectDelete",
    )
    .on_windows("the object stays; with the WDF verifier a break"),
    checker(
        "WdfRequest",
        "A request is completed once, by its owner, no longer marked cancelable, with no more bytes than it has room for.",
        "WdfRequestComplete; WdfRequestMarkCancelableEx; KMDF source, fxrequest.cpp",
    )
    .on_windows("0x10D/0x6, or with the WDF verifier a break"),
    checker(
        "DxAccess",
        "A function driver leaves a device alone that was taken out of D0, until EvtDevicePrepareHardware or D0 entry.",
        "WDK guide, \"Using Power-Managed I/O Queues\"; EVT_WDF_DEVICE_RELEASE_HARDWARE",
    ),
    checker(
        "WdfState",
        "A driver is created in DriverEntry, and a device in EvtDriverDeviceAdd, each once.",
        "WdfDriverCreate; WdfDeviceCreate",
    )
    .on_windows("an error, or 0x10D/0x5"),
    checker(
        "WorkItem",
        "A work item is queued at or below DISPATCH_LEVEL, and neither queued again nor freed before its routine is called.",
        "IoQueueWorkItem; IoFreeWorkItem",
    )
    .on_windows("a corrupt work queue; bug check 0x96 INVALID_WORK_QUEUE_ITEM"),
    checker("InvalidHandle", "A DDI is given the objects that it takes, initialized.", "each DDI's page"),
    checker(
        "DeviceValueUnvalidated",
        "The driver stays inside its DMA buffers, whatever index or length a device wrote.",
        OURS,
    )
    .on_windows("silent corruption, or bug check 0xD1"),
    checker("DmaStray", "A device is given addresses of live DMA buffers only.", OURS)
        .on_windows("silent corruption; bug check 0xE6 DRIVER_VERIFIER_DMA_VIOLATION with an IOMMU"),
    checker("DmaAfterFree", "A DMA buffer is neither used nor freed after it was freed.", "FreeCommonBuffer")
        .on_windows("bug check 0xE6 DRIVER_VERIFIER_DMA_VIOLATION with DV"),
    checker("DmaLeak", "DMA buffers are freed.", "FreeCommonBuffer")
        .on_windows("bug check 0xE6 DRIVER_VERIFIER_DMA_VIOLATION with DV"),
    checker("MappingLeak", "Device memory is unmapped.", "MmUnmapIoSpace"),
    checker("PoolFree", "Pool is freed once, at the address that it was allocated at.", "bug check 0xC2 page")
        .on_windows("bug check 0xC2 BAD_POOL_CALLER"),
    checker(
        "PoolLeak",
        "Pool is freed before the driver goes, and not written after that.",
        "bug check 0xC4 page, special pool and pool tracking",
    )
    .on_windows("DV bug check 0xC4 with 0x62 for a leak; bug check 0xC6 for a write after free"),
];
