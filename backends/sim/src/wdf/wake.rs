//! Wake interrupts: passive ones that stay connected in Dx. What comes of one there is a power-up, and its ISR waits
//! for that (R82).
//!
//! What the framework's wake state machine asks the power policy for, whoever drives the machine does: waits for
//! [`wait_for_wake`], and calls `power_up`.

use dirql_ddi::wdf::WDFDEVICE;
use dirql_ddi::{FALSE, NTSTATUS};

use super::device;
use super::interrupt::{self, Interrupt, Level};
use super::object::ObjectId;
use crate::event::EventId;
use crate::kernel;

/// Where a wake interrupt is between Dx and D0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wake {
    /// It is an interrupt like others.
    #[default]
    Off,
    /// Its device is in Dx.
    Armed(Events),
    /// It fired there, and its ISR waits.
    Waiting(Events),
    /// D0Entry has succeeded, or not: the ISR may go on.
    Over(Events, bool),
}

/// What the ISR and the framework tell each other by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Events {
    /// The interrupt came.
    fired: EventId,
    /// D0Entry returned.
    entered: EventId,
    /// EvtInterruptIsr returned, or is not called.
    served: EventId,
}

impl Events {
    fn new() -> Self {
        let [fired, entered, served] = [(); 3].map(|()| kernel::create_event());
        Self { fired, entered, served }
    }
}

fn set(id: ObjectId, wake: Wake) {
    interrupt::change(id, |interrupt| interrupt.wake = wake);
}

/// Arms an interrupt if it can wake its device: power-down leaves it alone then.
pub(super) fn arm(id: ObjectId) {
    let Interrupt { level, config, .. } = interrupt::get(id);
    if level == Level::Passive && config.CanWakeDevice != FALSE {
        set(id, Wake::Armed(Events::new()));
    }
}

/// EvtDeviceD0Entry returned: lets the ISRs that wait for it go on, and waits for those.
pub(super) fn d0_entry_returned(device: ObjectId, status: Result<(), NTSTATUS>) {
    for id in interrupt::of_device(device) {
        match interrupt::get(id).wake {
            Wake::Waiting(events) => {
                set(id, Wake::Over(events, status.is_ok()));
                kernel::set_event(events.entered);
                kernel::wait_event(events.served);
                set(id, Wake::Off);
            }
            _ => set(id, Wake::Off),
        }
    }
}

/// Calls EvtInterruptIsr by `call`; if the interrupt wakes its device, after that was done, or not at all.
pub(super) fn serve(id: ObjectId, call: impl FnOnce() -> u8) -> u8 {
    let Wake::Armed(events) = interrupt::get(id).wake else { return call() };
    set(id, Wake::Waiting(events));
    kernel::set_event(events.fired);
    kernel::wait_event(events.entered);
    let entered = matches!(interrupt::get(id).wake, Wake::Over(_, true));
    let claimed = if entered { call() } else { FALSE };
    kernel::set_event(events.served);
    claimed
}

/// Waits until an armed interrupt of a device in Dx fires. At PASSIVE_LEVEL.
pub fn wait_for_wake(device: WDFDEVICE) {
    let armed =
        interrupt::of_device(device::id_of(device)).into_iter().find_map(|id| {
            match interrupt::get(id).wake {
                Wake::Armed(events) | Wake::Waiting(events) => Some(events),
                _ => None,
            }
        });
    kernel::wait_event(armed.unwrap_or_else(|| panic!("{device:?} has no armed interrupt")).fired);
}
