//! What a WDM interrupt connects, and how it finds the interrupt objects again.

use core::mem::offset_of;
use core::ptr::null_mut;

use dirql::{Error, InterruptHandler, Request, Serialize, Source};
use dirql_ddi::*;

use super::{Device, Interrupt, Registration, error_of, routines};
use crate::Granted;

impl<H: InterruptHandler> Registration<H> {
    /// Connects what the configuration asks for. The ISR can run before this returns (R18).
    pub(super) fn connect(&self, device: &Device) -> Result<(), Error> {
        let mut parameters = match self.interrupt().object.config.request {
            Request::Line => self.line_parameters(device),
            Request::Messages { .. } => self.message_parameters(device),
        };
        // SAFETY: the parameters point into this interrupt, which outlives the connection; it is complete, so
        // the ISR may run from here on.
        let status = unsafe { IoConnectInterruptEx(&raw mut parameters) };
        if !NT_SUCCESS(status) {
            return Err(error_of(status));
        }
        let granted = match parameters.Version {
            CONNECT_MESSAGE_BASED => Granted::Messages(self.interrupt().message_count()),
            _ => Granted::Line,
        };
        self.interrupt().connected.set(granted);
        Ok(())
    }

    fn line_parameters(&self, device: &Device) -> IO_CONNECT_INTERRUPT_PARAMETERS {
        let line = IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS {
            PhysicalDeviceObject: device.physical_device_object,
            InterruptObject: self.interrupt().connection.get().cast(),
            ServiceRoutine: Some(routines::service_line::<H>),
            ServiceContext: self.0.as_ptr().cast(),
            SpinLock: null_mut(),
            SynchronizeIrql: PASSIVE_LEVEL,
            FloatingSave: FALSE,
        };
        IO_CONNECT_INTERRUPT_PARAMETERS {
            Version: CONNECT_LINE_BASED,
            __bindgen_anon_1: IO_CONNECT_INTERRUPT_PARAMETERS_VARIANT { LineBased: line },
        }
    }

    fn message_parameters(&self, device: &Device) -> IO_CONNECT_INTERRUPT_PARAMETERS {
        let interrupt = self.interrupt();
        let lock = match interrupt.object.config.serialize {
            Serialize::AllSources => interrupt.lock.get(),
            Serialize::PerSource => null_mut(),
        };
        let message = IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS {
            PhysicalDeviceObject: device.physical_device_object,
            ConnectionContext: IO_CONNECT_INTERRUPT_CONNECTION_CONTEXT {
                Generic: interrupt.connection.get(),
            },
            MessageServiceRoutine: Some(routines::service_message::<H>),
            ServiceContext: self.0.as_ptr().cast(),
            SpinLock: lock,
            SynchronizeIrql: PASSIVE_LEVEL,
            FloatingSave: FALSE,
            FallBackServiceRoutine: Some(routines::service_line::<H>),
        };
        IO_CONNECT_INTERRUPT_PARAMETERS {
            Version: CONNECT_MESSAGE_BASED,
            __bindgen_anon_1: IO_CONNECT_INTERRUPT_PARAMETERS_VARIANT { MessageBased: message },
        }
    }
}

impl<H: InterruptHandler> Interrupt<H> {
    /// Returns how many of the connected messages have a state here.
    fn message_count(&self) -> u16 {
        let Request::Messages { max } = self.object.config.request else { return 0 };
        // SAFETY: a message-based connect wrote the table, which stays until the disconnect.
        let table = unsafe { *self.connection.get() }.cast::<IO_INTERRUPT_MESSAGE_INFO>();
        // SAFETY: as above.
        unsafe { (*table).MessageCount }.min(max.into()) as u16
    }

    /// Returns the interrupt object of a granted source.
    pub(super) fn interrupt_object(&self, source: Source) -> Option<PKINTERRUPT> {
        if !self.connected.has(source) {
            return None;
        }
        // SAFETY: the grant says that the connection was written.
        let connection = unsafe { *self.connection.get() };
        let Source::Message(n) = source else { return Some(connection.cast()) };
        let entries = connection
            .wrapping_byte_add(offset_of!(IO_INTERRUPT_MESSAGE_INFO, MessageInfo))
            .cast::<IO_INTERRUPT_MESSAGE_INFO_ENTRY>();
        // SAFETY: the table has an entry for each granted message, and stays until the disconnect.
        Some(unsafe { (*entries.wrapping_add(n.into())).InterruptObject })
    }

    /// Disconnects what `connect` connected, if it did: no ISR runs after that (R20).
    pub(super) fn disconnect(&self) {
        let version = match self.granted() {
            None => return,
            Some(Granted::Line) => CONNECT_LINE_BASED,
            Some(Granted::Messages(_)) => CONNECT_MESSAGE_BASED,
        };
        // SAFETY: `granted` says that the connection was written.
        let context = unsafe { *self.connection.get() };
        let context = IO_DISCONNECT_INTERRUPT_CONNECTION_CONTEXT { Generic: context };
        let mut parameters =
            IO_DISCONNECT_INTERRUPT_PARAMETERS { Version: version, ConnectionContext: context };
        // SAFETY: unregistering is at PASSIVE_LEVEL, and version and context are those of the connection (R25).
        unsafe { IoDisconnectInterruptEx(&raw mut parameters) };
        self.connected.clear();
    }
}
