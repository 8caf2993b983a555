//! What things are called in a timeline.

use dirql_sim::{Machine, Report};

use super::above::PACKET_STRIDE;
use super::{NEIGHBOUR, NIC};
use crate::case::{Case, Interrupt};
use crate::scenario::Scenario;
use crate::timeline::{Buffer, Names, registers_used};

/// The engines of the adapter, as `i82574_model::Engine` numbers them.
const ENGINES: &[&str] = &["TX", "RX", "wire", "slow"];

/// Collects the names of what a recorded run used, while the devices are still attached.
pub(super) fn names(machine: &Machine, report: &Report, case: &Case) -> Names {
    let Some(events) = &report.trace else { return Names::default() };
    let shared = case.settings.interrupt == Interrupt::SharedLine;
    let devices = if shared { vec![NIC, NEIGHBOUR] } else { vec![NIC] };
    Names {
        threads: report.threads.clone(),
        devices: devices.iter().map(|device| machine.device_name(device.index())).collect(),
        engines: ENGINES,
        registers: registers_used(events)
            .map(|(d, offset)| ((d, offset), machine.register_name(d, offset)))
            .collect(),
        buffers: buffers(case),
        violation: report.violation.as_ref().map_or_else(String::new, |v| v.message.clone()),
    }
}

/// The common buffers in the order in which `play` allocates them, or a whole driver the first time.
fn buffers(case: &Case) -> Vec<Buffer> {
    if case.scenario == Scenario::DriverLifecycle {
        return vec![Buffer::TransmitRing, Buffer::ReceiveRing, Buffer::ReceiveBuffers { size: 2048 }];
    }
    let size = case.settings.rx_buffer_size.into();
    vec![
        Buffer::Frames { stride: PACKET_STRIDE },
        Buffer::TransmitRing,
        Buffer::ReceiveRing,
        Buffer::ReceiveBuffers { size },
    ]
}
