//! A WDM driver of the button's line, and safe calls of what it needs.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::cell::Cell;
use std::ptr::null_mut;

use dirql_ddi::*;
use dirql_sim::ntoskrnl::device_object;

use super::common::{BUTTON, acknowledge, count};

/// A connected line, whose polite ISR counts its calls.
pub struct Line {
    pub interrupt: PKINTERRUPT,
}

unsafe extern "C-unwind" fn isr(_interrupt: PKINTERRUPT, context: PVOID) -> BOOLEAN {
    // SAFETY: `connect` gave this, and the counter outlives the connection.
    count(unsafe { &*context.cast::<Cell<u32>>() });
    BOOLEAN::from(acknowledge(BUTTON))
}

impl Line {
    /// Connects the button's line. The counter outlives the connection.
    pub fn connect(isrs: &Cell<u32>) -> Self {
        let mut interrupt: PKINTERRUPT = null_mut();
        let line = IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS {
            PhysicalDeviceObject: device_object(BUTTON),
            InterruptObject: &raw mut interrupt,
            ServiceRoutine: Some(isr),
            ServiceContext: std::ptr::from_ref(isrs).cast_mut().cast(),
            SpinLock: null_mut(),
            SynchronizeIrql: 0,
            FloatingSave: 0,
        };
        let mut parameters = IO_CONNECT_INTERRUPT_PARAMETERS {
            Version: CONNECT_LINE_BASED,
            __bindgen_anon_1: IO_CONNECT_INTERRUPT_PARAMETERS_VARIANT { LineBased: line },
        };
        // SAFETY: the parameters are those of a line-based connection.
        assert_eq!(unsafe { IoConnectInterruptEx(&raw mut parameters) }, STATUS_SUCCESS);
        Self { interrupt }
    }

    pub fn disconnect(self) {
        let context = IO_DISCONNECT_INTERRUPT_CONNECTION_CONTEXT { InterruptObject: self.interrupt };
        let mut parameters =
            IO_DISCONNECT_INTERRUPT_PARAMETERS { Version: CONNECT_LINE_BASED, ConnectionContext: context };
        // SAFETY: connected by `connect`.
        unsafe { IoDisconnectInterruptEx(&raw mut parameters) };
    }

    fn state(&self) -> IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS {
        let context = IO_REPORT_INTERRUPT_ACTIVE_STATE_CONNECTION_CONTEXT { InterruptObject: self.interrupt };
        IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS {
            Version: CONNECT_LINE_BASED,
            ConnectionContext: context,
        }
    }

    pub fn report_inactive(&self) {
        let mut state = self.state();
        // SAFETY: the interrupt is connected; a wrong level is what a rule is about.
        unsafe { IoReportInterruptInactive(&raw mut state) };
    }

    pub fn report_active(&self) {
        let mut state = self.state();
        // SAFETY: as above.
        unsafe { IoReportInterruptActive(&raw mut state) };
    }
}
