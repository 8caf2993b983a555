//! What the I/O manager asks of drivers: requests, device objects, PnP.

use super::{Rule, checker};

const VERIFIER: &str = "bug check 0xC9 page";

pub(super) const RULES: &[Rule] = &[
    checker("IrqlIo", "I/O manager routines are called at or below the IRQL of their page.", "each routine's page")
        .on_windows("DV bug check 0xC4; for IofCallDriver 0xC9 with 0x10"),
    checker(
        "IrpDoubleComplete",
        "A request is completed once, and not handed on after that.",
        "bug check 0x44 page; IoCompleteRequest",
    )
    .on_windows("bug check 0x44 MULTIPLE_IRP_COMPLETE_REQUESTS"),
    checker(
        "IrpLeft",
        "Every request is completed before the driver goes, and not written to after that.",
        "WDK guide, \"Completing IRPs\"",
    )
    .on_windows("a process that does not end; silent corruption"),
    checker("IrpStack", "A request is handed down only with a stack location left.", "bug check 0x35 page")
        .on_windows("bug check 0x35 NO_MORE_IRP_STACK_LOCATIONS"),
    checker(
        "IrpStatus",
        "A request is not completed with STATUS_PENDING, nor with more bytes than it has, and its status is returned.",
        VERIFIER,
    )
    .on_windows("DV bug check 0xC9 with 0x6"),
    checker("IrpCancelRoutine", "A request that is completed has no cancel routine.", VERIFIER)
        .on_windows("DV bug check 0xC9 with 0x7"),
    checker(
        "MarkIrpPending",
        "A dispatch routine that returns STATUS_PENDING has marked the request so.",
        "compliance rule MarkIrpPending",
    ),
    checker(
        "PendedCompletedRequest",
        "A dispatch routine that does not return STATUS_PENDING has completed or handed on the request, unmarked.",
        "compliance rule PendedCompletedRequest; WDK guide, \"Completing IRPs\"",
    ),
    checker("SpinLockSafe", "No request is completed under a spin lock.", "compliance rule SpinLockSafe"),
    checker(
        "CancelSpinLock",
        "A cancel routine gives the cancel spin lock back, to the request's CancelIrql.",
        "compliance rule CancelSpinLock; DRIVER_CANCEL",
    ),
    checker(
        "RemoveLock",
        "A remove lock is released as often as acquired, waited for once, and used with its own size.",
        "IoReleaseRemoveLock; IoReleaseRemoveLockAndWait",
    ),
    checker(
        "DeviceStack",
        "AddDevice attaches a device object and clears DO_DEVICE_INITIALIZING; removal detaches and then deletes it.",
        "WDK guide, \"Writing an AddDevice Routine\" and \"Removing a Device in a Function Driver\"",
    ),
    checker(
        "DeviceInterface",
        "A device that is removed has its interfaces disabled.",
        "WDK guide, \"Removing a Device in a Function Driver\"",
    ),
    checker(
        "PnpStatus",
        "What must not fail does not: stop, removal, and what calls them off.",
        "WDK guide, the pages of IRP_MN_STOP_DEVICE, IRP_MN_REMOVE_DEVICE and their like",
    ),
];
