//! What NDIS asks of whole miniports: levels, states, and who owns a NET_BUFFER_LIST.

use super::{Rule, checker};

pub(super) const RULES: &[Rule] = &[
    checker(
        "IrqlSendRcv",
        "Sends and OID requests are completed, receives and statuses indicated at or below DISPATCH_LEVEL, and at it if \
         a flag says so.",
        "compliance rules Irql_SendRcv_Function and Irql_OID_Function; NdisMResetComplete",
    ),
    checker(
        "IrqlGatherDma",
        "Scatter/gather lists are allocated and freed at DISPATCH_LEVEL, their DMA registered at PASSIVE_LEVEL.",
        "compliance rule Irql_Gather_DMA_Function",
    ),
    checker(
        "NblOwner",
        "A miniport indicates and frees only NET_BUFFER_LISTs that it owns, and fills them in.",
        "NdisMIndicateReceiveNetBufferLists; NdisMSendNetBufferListsComplete",
    )
    .on_windows("corruption in the protocol driver"),
    checker(
        "DoubleComplete",
        "A miniport completes an OID request once: by what MiniportOidRequest returns, or later if that is pending.",
        "compliance rule DoubleComplete; MINIPORT_OID_REQUEST",
    ),
    checker(
        "MiniportState",
        "A miniport sets attributes, indicates, and ends in the states for it; pauses and resets are over when what was \
         sent before has come back.",
        "WDK guide, \"Miniport Adapter States and Operations\"; MINIPORT_RESET, for NDIS 6.30",
    ),
];
