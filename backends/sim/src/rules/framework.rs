//! R63 to R92: what the frameworks and power management add.

use super::{Rule, behaviour, checker, choice, not_applicable};

pub(super) const RULES: &[Rule] = &[
    behaviour(
        "R63",
        "D0 entry calls D0Entry, then connects and enables each interrupt in creation order, then \
         D0EntryPostInterruptsEnabled.",
        "KMDF source, power state machine; WDK guide, \"Enabling and Disabling Interrupts\"",
    ),
    behaviour(
        "R64",
        "D0 exit calls D0ExitPreInterruptsDisabled, then disables, flushes and disconnects in reverse order, then \
         D0Exit.",
        "KMDF source, power state machine",
    ),
    choice("R65", "EvtInterruptIsr may run before EvtInterruptEnable.", "KMDF source, FxInterrupt::Connect"),
    behaviour(
        "R66",
        "Before the framework knows its interrupt object, a level interrupt or message is not claimed.",
        "KMDF source, FxInterrupt::_InterruptThunk",
    ),
    behaviour(
        "R67",
        "A DPC queued before EvtInterruptDisable may run after it, but not after D0Exit began.",
        "KMDF source, FxInterrupt::Disconnect",
    ),
    behaviour(
        "R68",
        "If EvtInterruptEnable fails, what was enabled is disabled, all is disconnected, and D0Exit follows.",
        "KMDF source, PowerConnectInterruptFailed",
    ),
    behaviour(
        "R69",
        "On the way to Dx an interrupt is made inactive, left connected or disconnected, by its configuration.",
        "KMDF source, FxInterrupt::Disconnect",
    ),
    checker(
        "R70",
        "After WdfInterruptDisable nothing reconnects the interrupt but WdfInterruptEnable, which is for that only.",
        "KMDF source, FxInterrupt::ForceDisconnect",
    ),
    checker(
        "R71",
        "WdfInterruptAcquireLock of an interrupt that is not connected returns without the lock.",
        "KMDF source, FxInterrupt::AcquireLock",
    ),
    behaviour(
        "R72",
        "With the verifier on, WdfInterruptSynchronize of a passive interrupt above PASSIVE_LEVEL runs nothing.",
        "KMDF source, WdfInterruptSynchronize",
    ),
    checker(
        "R73",
        "A passive interrupt's lock is an event and a wait lock; synchronizing inside of it deadlocks.",
        "KMDF source, interruptobject.cpp",
    ),
    behaviour(
        "R74",
        "WdfInterruptTryToAcquireLock of a DIRQL interrupt fails.",
        "KMDF source, TryToAcquireLock",
    ),
    checker(
        "R75",
        "AutomaticSerialization puts DPC and work item, not the ISR, under the parent's lock; such a work item does \
         not wait for its interrupt.",
        "KMDF source, _GetEffectiveLock; WDK guide, \"Using Automatic Synchronization\"; EVT_WDF_INTERRUPT_WORKITEM",
    ),
    behaviour(
        "R76",
        "WdfInterruptQueueWorkItemForIsr returns the DPC's result at DIRQL, the work item's below.",
        "KMDF source, QueueWorkItemForIsr",
    ),
    choice(
        "R77",
        "A work item that runs can be queued again, and may then overlap with itself.",
        "KMDF source, FxSystemWorkItem::WorkItemHandler",
    ),
    checker(
        "R78",
        "EvtInterruptWorkItem does not disable its own interrupt: self-deadlock.",
        "EVT_WDF_INTERRUPT_WORKITEM; KMDF source, FlushQueuedWorkitem",
    ),
    checker(
        "R79",
        "Code in an arbitrary thread does not lock or synchronize with a passive interrupt.",
        "WdfInterruptSynchronize; WdfInterruptAcquireLock",
    ),
    behaviour(
        "R80",
        "EvtInterruptIsr is told the creation index of its interrupt object, even for a line.",
        "KMDF source, FxInterrupt::Initialize",
    ),
    behaviour(
        "R81",
        "Surprise removal in D0 is followed by R64, in Dx without disabling.",
        "WDK guide, \"A User Unplugs a Device\"; KMDF source, power state machine",
    ),
    behaviour(
        "R82",
        "A wake interrupt's ISR waits in Dx until D0Entry has succeeded, and is not called if that fails.",
        "KMDF source, wake interrupt state machine",
    ),
    behaviour(
        "R83",
        "Signals that come while the ISR runs give one more call; ISRs of one interrupt never overlap.",
        "UMDF source, interrupt thread pool",
    ),
    choice(
        "R84",
        "The ISR may run after EvtInterruptDisable, until the reflector has disconnected.",
        "UMDF source, DisconnectInternal",
    ),
    behaviour(
        "R85",
        "A level line stays masked until the host has acknowledged the interrupt.",
        "UMDF source, ThreadpoolWaitCallback",
    ),
    behaviour(
        "R86",
        "EvtInterruptDpc runs at PASSIVE_LEVEL, as a work item.",
        "UMDF source, WorkItemHandler",
    ),
    behaviour(
        "R87",
        "WdfInterruptSynchronize takes a wait lock only, connected or not.",
        "UMDF source, _SynchronizeExecution",
    ),
    checker(
        "R88",
        "Without PassiveHandling, or without access to hardware, the driver is stopped.",
        "UMDF source, WdfInterruptCreate",
    ),
    checker(
        "R89",
        "An interrupt is not disabled from its own ISR or work item: self-deadlock.",
        "UMDF source, StopAndFlushThreadpoolWaitQueue",
    ),
    checker(
        "R90",
        "A miniport that has completed the request for D3 has its interrupts disabled.",
        "OID_PNP_SET_POWER",
    ),
    not_applicable(
        "R91",
        "a device that is gone is its model's matter: it reads all ones and stays silent",
        "The registers of a device that is gone read all ones, and its driver still ends.",
        "WDK guides on the surprise removal of a NIC",
    ),
    behaviour(
        "R92",
        "While an interrupt is reported inactive its ISR is not called; it may be disconnected in both states.",
        "WDK guide, \"Making an ISR Active or Inactive\"",
    ),
];
