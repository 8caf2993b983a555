//! R1 to R16: interrupt locks, IRQL, and what excludes what.

use super::{Rule, behaviour, checker, choice, not_applicable};

pub(super) const RULES: &[Rule] = &[
    checker(
        "R1",
        "An ISR or section runs at SynchronizeIrql and owns the interrupt lock from entry to return; both are restored.",
        "WDK guide, \"Synchronizing Access to Device Data\"; KSERVICE_ROUTINE",
    ),
    behaviour(
        "R2",
        "Who wants a held interrupt lock raises to SynchronizeIrql first, then spins; never are two inside.",
        "WDK guide, \"Using Spin Locks: An Example\"",
    ),
    choice(
        "R3",
        "A released lock goes to exactly one of those who spin for it; which one is open.",
        "WDK guide, \"Using Spin Locks: An Example\"; the order is not documented",
    ),
    behaviour(
        "R4",
        "An interrupt at or below the processor's IRQL stays pending; one above it preempts anything, ISRs included.",
        "WDK guides, \"Managing Hardware Priorities\" and \"Writing an ISR\"",
    ),
    checker(
        "R5",
        "Interrupts that share a lock have one SynchronizeIrql, the highest of theirs, and exclude each other.",
        "IO_CONNECT_INTERRUPT_PARAMETERS; KMDF source, PnpAssignInterruptsSyncIrql",
    ),
    choice(
        "R6",
        "ISRs with different locks may run at once on two processors, or nest on one.",
        "wdm.h, message-based connection parameters",
    ),
    behaviour(
        "R7",
        "A synchronize call returns what its section returned.",
        "KSYNCHRONIZE_ROUTINE; MINIPORT_SYNCHRONIZE_INTERRUPT; WdfInterruptSynchronize",
    ),
    behaviour(
        "R8",
        "When a synchronize call returns, its section has run exactly once, on the calling processor and thread.",
        "WDK guide, \"Using Spin Locks: An Example\"; WdfInterruptSynchronize",
    ),
    checker(
        "R9",
        "A synchronize call is made at or below SynchronizeIrql.",
        "KeSynchronizeExecution; NdisMSynchronizeWithInterruptEx",
    ),
    checker(
        "R10",
        "Code that holds an interrupt lock does not ask for it again, not even through another interrupt that shares it.",
        "WDK guide, \"Preventing Errors and Deadlocks While Using Spin Locks\"; the shared case is inferred",
    )
    .on_windows("hang, or bug check 0x0F SPIN_LOCK_ALREADY_OWNED where the kernel checks"),
    checker(
        "R11",
        "Two locks that are ever held together are always taken in the same order, across nested interrupts too.",
        "WDK guide, \"Calling Support Routines That Use Spin Locks\"; bug check 0xC4 page",
    )
    .on_windows("deadlock; DV bug check 0xC4 with 0x1001"),
    checker(
        "R12",
        "A DISPATCH_LEVEL spin lock is not acquired above DISPATCH_LEVEL.",
        "WDK guide, \"Calling Support Routines That Use Spin Locks\"; KeAcquireSpinLock",
    )
    .on_windows("DV bug check 0xC4 with 0x42"),
    checker("R13", "Nothing waits at or above DISPATCH_LEVEL.", "bug check 0xB8 and 0xC4 pages")
        .on_windows("bug check 0xB8 ATTEMPTED_SWITCH_FROM_DPC in a DPC; DV bug check 0xC4 with 0x3B"),
    not_applicable(
        "R14",
        "the machine does not see ordinary memory accesses, and its memory is never paged",
        "Pageable memory is not touched at or above DISPATCH_LEVEL.",
        "bug check 0x0A and 0xD1 pages; WDK guide, \"Force IRQL Checking\"",
    )
    .on_windows("bug check 0x0A or 0xD1"),
    checker("R15", "An ISR returns at the IRQL at which it was entered.", "bug check 0xC4 and 0xC8 pages")
        .on_windows("bug check 0xC8 IRQL_UNEXPECTED_VALUE; DV bug check 0xC4 with 0x111"),
    not_applicable(
        "R16",
        "the machine does not see ordinary memory accesses; that `Shared` is reached only in ISRs and sections is \
         a matter of types",
        "What the ISR touches is not protected by a DISPATCH_LEVEL lock alone.",
        "WDK guide, \"Accessing Shared State Information\"",
    ),
];
