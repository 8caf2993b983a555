//! R27 to R46: deferred procedure calls.

use super::{Rule, behaviour, checker, choice, not_applicable};

pub(super) const RULES: &[Rule] = &[
    behaviour(
        "R27",
        "A DPC object is queued at most once: inserting it again returns FALSE and keeps the first arguments.",
        "KeInsertQueueDpc; the arguments as ReactOS's kernel tests have them",
    ),
    behaviour(
        "R28",
        "One run serves all inserts before it started.",
        "WDK guide, \"Handling Overlapped I/O Operations\"",
    ),
    choice(
        "R29",
        "A DPC object that runs can be queued again, and may then run on another processor at the same time.",
        "WDK guide, \"Handling Overlapped I/O Operations\"; WdfInterruptQueueDpcForIsr",
    ),
    choice(
        "R30",
        "A DPC without a target runs on the processor that queued it, or on any.",
        "WDK guides, \"Organization of DPC Queues\" and \"Using Spin Locks: An Example\", which differ",
    ),
    behaviour(
        "R31",
        "Changing a DPC's target processor applies to later inserts.",
        "KeSetTargetProcessorDpc",
    ),
    behaviour(
        "R32",
        "A DPC of high importance goes to the head of its queue, others to the tail; one of low importance, or of \
         medium importance to another processor, may be delayed. Here the processor decides alone: another one's DPC \
         starts when the scheduler says so, whatever its importance, and one's own is not delayed.",
        "WDK guide, \"Organization of DPC Queues\"; KeSetImportanceDpc",
    ),
    checker(
        "R33",
        "A DPC starts when its processor is below DISPATCH_LEVEL, runs and returns at DISPATCH_LEVEL, and only \
         interrupts preempt it there.",
        "WDK guides, \"Introduction to Threaded DPCs\" and \"Registering and Queuing a CustomDpc Routine\"",
    ),
    choice(
        "R34",
        "A DPC may start on another processor before the ISR that queued it has returned.",
        "WDK guide, \"Registering and Queuing a DpcForIsr Routine\"",
    ),
    behaviour(
        "R35",
        "IoRequestDpc for a queued DPC loses its Irp and Context without notice.",
        "wdm.h: an inline call of KeInsertQueueDpc",
    ),
    behaviour(
        "R36",
        "KeRemoveQueueDpc returning TRUE means that this run never happens; FALSE says nothing of a running one.",
        "KeRemoveQueueDpc; the second half is inferred",
    ),
    checker(
        "R37",
        "KeFlushQueuedDpcs, at PASSIVE_LEVEL, returns when every DPC queued before it has finished.",
        "KeFlushQueuedDpcs",
    ),
    checker("R38", "Memory is not freed while a DPC object in it is queued.", "bug check 0xC7 page")
        .on_windows("bug check 0xC7 TIMER_OR_DPC_INVALID"),
    not_applicable(
        "R39",
        "the machine has no clock; endless loops are `livelock`",
        "A DPC, and time at DISPATCH_LEVEL or above, stays under the watchdog's limit.",
        "bug check 0x133 page",
    )
    .on_windows("bug check 0x133 DPC_WATCHDOG_VIOLATION"),
    behaviour(
        "R40",
        "QueueDefaultInterruptDpc queues one DPC on the current processor, whatever the ISR returned.",
        "MINIPORT_ISR",
    ),
    behaviour(
        "R41",
        "Without QueueDefaultInterruptDpc, one DPC is queued for each bit of TargetProcessors.",
        "MINIPORT_ISR",
    ),
    behaviour("R42", "NdisMQueueDpcEx schedules no second DPC for a slot and says so.", "NdisMQueueDpcEx"),
    choice(
        "R43",
        "DPCs of one message on several processors may overlap; other messages' are separate runs.",
        "WDK guide, \"Handling an MSI Interrupt\"",
    ),
    behaviour(
        "R44",
        "MiniportDpcContext is NULL for a DPC that the ISR asked for, else the caller's pointer.",
        "MINIPORT_INTERRUPT_DPC",
    ),
    checker(
        "R45",
        "With MoreNblsPending the DPC runs again, and interrupts stay disabled until then.",
        "NDIS_RECEIVE_THROTTLE_PARAMETERS",
    ),
    behaviour(
        "R46",
        "NDIS calls the enable and disable handlers at DIRQL, holding the interrupt lock.",
        "MINIPORT_DISABLE_INTERRUPT; the lock is inferred",
    ),
];
