//! What no machine can know and the fuzz scenarios judge: frames, the link, a device after its driver stopped.

use super::{Kind, Rule};

const fn scenario(id: &'static str, says: &'static str) -> Rule {
    Rule::new(id, Kind::Scenario, says, "what the scenario expects of any driver")
}

pub(super) const RULES: &[Rule] = &[
    scenario("Start", "The driver starts on a device that behaves."),
    scenario("NeighbourStart", "The driver of the device that shares the line starts."),
    scenario("BringUp", "The driver starts, and comes up again after a stop, a reset or a device that lied."),
    scenario("Probe", "After all that happened, an idle driver still sends and receives a frame."),
    scenario("FrameMismatch", "Frames arrive byte for byte, in their sender's order."),
    scenario("SendRefused", "A frame that can be sent is not refused for good."),
    scenario("NblLost", "Every frame that the driver accepted is given back, and aborted only by a stop."),
    scenario("NblDoubleComplete", "A frame is given back once, and only if it was accepted.")
        .on_windows("corruption in the protocol driver; no Windows tool checks it for NET_BUFFER_LISTs"),
    scenario("NblLate", "No frame is given back after the driver stopped.")
        .on_windows("use after free in the protocol driver"),
    scenario(
        "ReceiveStarved",
        "A driver at rest leaves the device receive buffers, whatever the device wrote into descriptors.",
    ),
    scenario(
        "PhyMismatch",
        "A register of the PHY reads as it was written last, and the PHY's identity as it is.",
    ),
    scenario("LinkStale", "When nothing can move, the driver's idea of the link is the device's."),
    scenario("Statistics", "The driver counts the frames that it sent and received."),
    scenario(
        "Hang",
        "When nothing can move, a miniport says that it hangs if its transmitter does, and else not.",
    ),
    scenario("UpcallUnderLock", "The driver calls the world above without holding a spin lock.")
        .on_windows("deadlock if the world above calls back"),
    scenario("SharedStateOutsideSection", "No two contexts are inside one interrupt's state at once."),
    scenario("DeviceNotQuiet", "A device whose driver stopped neither interrupts nor uses memory."),
    scenario("DeviceTouchedAfterStop", "Registers and DMA memory are left alone once the driver stopped.")
        .on_windows("bug check 0xD1, or a machine check"),
    scenario("crash", "The process survives the driver: no signal, no abort.").on_windows("a bug check"),
    scenario(
        "hang",
        "Every run ends; one without preemption points has only the worker's patience to stop it.",
    )
    .on_windows("hang; bug check 0x133 DPC_WATCHDOG_VIOLATION"),
];
