//! R47 to R62: messages, passive-level interrupts, shared lines.

use super::{Rule, behaviour, checker, choice};

pub(super) const RULES: &[Rule] = &[
    behaviour(
        "R47",
        "The ISR of message n is told n, counting from 0; synchronizing with message n takes that message's lock.",
        "KMESSAGE_SERVICE_ROUTINE; NdisMSynchronizeWithInterruptEx",
    ),
    choice(
        "R48",
        "With a lock per message, a section for one message and the ISR of another may overlap.",
        "wdm.h, message-based connection parameters; WDK guide, \"Synchronizing Access to Device Data\"",
    ),
    behaviour(
        "R49",
        "With one lock for all messages, no two of their ISRs and sections overlap; DPCs may.",
        "wdm.h; WDK guide, \"Synchronizing Interrupt Code\"; MsiSyncWithAllMessages",
    ),
    choice(
        "R50",
        "A message of higher IRQL may interrupt the ISR of another message of the same device.",
        "wdm.h; KMESSAGE_SERVICE_ROUTINE reads as if it could not",
    ),
    choice(
        "R51",
        "Several equal messages in a short time may become one ISR call, never none.",
        "KMESSAGE_SERVICE_ROUTINE",
    ),
    behaviour(
        "R52",
        "A message is an edge: if the ISR ignores it, or nobody is connected, it does not come again.",
        "WDK guide, \"Introduction to Message-Signaled Interrupts\"",
    ),
    behaviour(
        "R53",
        "If no messages are granted, a message-based connection becomes a line-based one with the same context.",
        "wdm.h; NdisMRegisterInterruptEx",
    ),
    behaviour(
        "R54",
        "If not all requested messages are available, exactly one is assigned.",
        "WDK guide, \"Introduction to Message-Signaled Interrupts\"",
    ),
    behaviour(
        "R55",
        "Surplus entries of an MSI-X table raise message 0.",
        "WDK guide, \"Dynamically Configuring MSI-X\"",
    ),
    behaviour(
        "R56",
        "A passive ISR and its sections exclude each other by an event, at PASSIVE_LEVEL.",
        "WDK guide, \"Using Passive-Level Interrupt Service Routines\"",
    ),
    checker(
        "R57",
        "The interrupt spin lock routines are not used on a passive-level interrupt.",
        "bug check 0x13B page",
    )
    .on_windows("bug check 0x13B PASSIVE_INTERRUPT_ERROR with 1"),
    behaviour(
        "R58",
        "A passive-level interrupt with a spin lock is refused.",
        "WDK guide, \"Using Passive-Level Interrupt Service Routines\"; KMDF source, WdfInterruptCreate",
    )
    .on_windows("STATUS_INVALID_PARAMETER"),
    behaviour(
        "R59",
        "A level line stays masked until its passive ISR has returned.",
        "WDK guide, \"Passive-Level Interrupt Service Routines\"",
    ),
    behaviour(
        "R60",
        "On a shared line, ISRs are called in turn until one claims the interrupt.",
        "KSERVICE_ROUTINE for FALSE; ReactOS's interrupt objects for the rest",
    ),
    checker(
        "R61",
        "A line that is asserted when its dispatch ends fires again at once; if that repeats without bound it is a \
         storm: here 200 times that nobody claims, or 2000 times between which no thread and no DPC goes on.",
        "bug check 0xF2 page; WDK guide, \"Debugging an Interrupt Storm\"",
    )
    .on_windows("hang, or bug check 0xF2 HARDWARE_INTERRUPT_STORM"),
    checker(
        "R62",
        "The ISR of a device in Dx is still called for a sharer, and must not touch its device.",
        "WDK guide, \"Device Power States for Network Adapters\"; KMDF source, FxInterrupt::Disconnect",
    ),
];
