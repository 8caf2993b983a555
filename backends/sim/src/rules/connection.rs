//! R17 to R26: connecting and disconnecting.

use super::{Rule, behaviour, checker, choice};

pub(super) const RULES: &[Rule] = &[
    checker(
        "R17",
        "Interrupts are connected and disconnected at PASSIVE_LEVEL.",
        "IoConnectInterruptEx; IoDisconnectInterruptEx; compliance rules IrqlIoPassive2 and IrqlIoPassive4",
    )
    .on_windows("DV bug check 0xC4 with 0x2000B or 0x2000D"),
    choice(
        "R18",
        "The ISR may run before the connect call returns, and before the driver knows the interrupt object.",
        "IoConnectInterruptEx; the second half from the KMDF source, FxInterrupt::_InterruptThunk",
    ),
    choice(
        "R19",
        "MiniportInterrupt may run while NdisMRegisterInterruptEx is in progress.",
        "NdisMRegisterInterruptEx; MINIPORT_INITIALIZE",
    ),
    behaviour(
        "R20",
        "Once an interrupt is disconnected its ISR does not run; the call waits for one that is running.",
        "inferred: the driver frees its context next; NdisMDeregisterInterruptEx",
    ),
    behaviour(
        "R21",
        "Disconnecting leaves queued DPCs queued and running ones running.",
        "inferred from the WDK guide, \"Releasing Driver-Allocated Resources\", and the KMDF source",
    ),
    behaviour(
        "R22",
        "NdisMDeregisterInterruptEx returns only when all scheduled DPCs have run.",
        "MINIPORT_HALT",
    ),
    checker(
        "R23",
        "Nothing synchronizes with, or queues a DPC of, a deregistered interrupt.",
        "NdisMDeregisterInterruptEx; the DPC part is inferred",
    ),
    checker(
        "R24",
        "A miniport that halts or fails to initialize has deregistered its interrupt.",
        "bug check 0x7C page",
    )
    .on_windows("bug check 0x7C with 0x08, 0x0B, 0x0D or 0x10"),
    checker(
        "R25",
        "IoDisconnectInterruptEx is told the Version that IoConnectInterruptEx returned.",
        "bug check 0xCA page",
    )
    .on_windows("bug check 0xCA PNP_DETECTED_FATAL_ERROR with 0x9"),
    behaviour(
        "R26",
        "A device that still asserts a shared line when its ISR goes makes the line storm (R61).",
        "IoDisconnectInterruptEx; WDK guide, \"Making an ISR Active or Inactive\"",
    ),
];
