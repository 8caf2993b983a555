//! NdisMDeregisterInterruptEx.

use dirql_ddi::ndis::NDIS_HANDLE;

use super::Stage;
use super::handle::registration_of;
use crate::context::{inert, with};
use crate::core::Core;
use crate::kernel;

impl Core {
    /// Disconnects a registration's interrupts if nothing of it is scheduled or running. Until then ISRs and
    /// DPCs go on, and may use the handle (R22).
    fn end_if_idle(&mut self, number: usize) -> bool {
        let r = &mut self.ndis.registrations[number];
        let idle = r.slots.iter().flatten().all(|&slot| self.dpcs.is_idle(slot))
            && r.interrupts.iter().all(|&id| self.interrupts.is_idle(id));
        if idle {
            r.stage = Stage::Ended;
            for id in core::mem::take(&mut r.interrupts) {
                self.disconnect(id);
            }
        }
        idle
    }
}

/// Ends a registration. A DPC that queues itself again and again keeps this from returning.
pub(super) fn end(number: usize) {
    kernel::flush_dpcs();
    while !with(|core| core.end_if_idle(number)) {
        kernel::sleep();
        kernel::flush_dpcs();
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMDeregisterInterruptEx(NdisInterruptHandle: NDIS_HANDLE) {
    if inert() {
        return;
    }
    kernel::require_passive("R17", "NdisMDeregisterInterruptEx");
    let number = registration_of(NdisInterruptHandle, "NdisMDeregisterInterruptEx");
    end(number);
}

const _: () = {
    let _ = [NdisMDeregisterInterruptEx, dirql_ddi::ndis::NdisMDeregisterInterruptEx];
};
