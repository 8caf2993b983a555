//! The table that describes a device's connected messages.

use dirql_ddi::{
    IO_INTERRUPT_MESSAGE_INFO, IO_INTERRUPT_MESSAGE_INFO_ENTRY, KIRQL, Latched, PHYSICAL_ADDRESS,
    PIO_INTERRUPT_MESSAGE_INFO, ULONG,
};

use super::interrupt::handle;
use crate::interrupt::{InterruptId, VectorId};
use crate::kernel;

/// The most messages of one device here; MSI-X allows 2048.
pub(crate) const MESSAGES_MAX: usize = 32;

const NOTHING: IO_INTERRUPT_MESSAGE_INFO_ENTRY = IO_INTERRUPT_MESSAGE_INFO_ENTRY {
    MessageAddress: PHYSICAL_ADDRESS { QuadPart: 0xfee0_0000 },
    TargetProcessorSet: 0,
    InterruptObject: core::ptr::null_mut(),
    MessageData: 0,
    Vector: 0,
    Irql: 0,
    Mode: Latched,
    Polarity: 0,
};

/// An IO_INTERRUPT_MESSAGE_INFO with room for all its entries.
#[repr(C)]
pub(crate) struct MessageTable {
    header: IO_INTERRUPT_MESSAGE_INFO,
    more: [IO_INTERRUPT_MESSAGE_INFO_ENTRY; MESSAGES_MAX - 1],
}

impl MessageTable {
    /// Makes an empty table, at its final place.
    pub(crate) fn new() -> Box<Self> {
        let header = IO_INTERRUPT_MESSAGE_INFO { UnifiedIrql: 0, MessageCount: 0, MessageInfo: [NOTHING] };
        Box::new(Self { header, more: [NOTHING; MESSAGES_MAX - 1] })
    }

    /// Adds the next message: its vector, and its interrupt object with its SynchronizeIrql.
    pub(crate) fn push(&mut self, vector: VectorId, interrupt: InterruptId, irql: KIRQL) {
        let n = self.header.MessageCount as usize;
        let entry = if n == 0 { &mut self.header.MessageInfo[0] } else { &mut self.more[n - 1] };
        entry.TargetProcessorSet = usize::from(kernel::vector_info(vector).1);
        entry.InterruptObject = handle(interrupt);
        entry.MessageData = ULONG::from(vector.0);
        entry.Vector = ULONG::from(vector.0);
        entry.Irql = irql;
        self.header.MessageCount += 1;
        self.header.UnifiedIrql = self.header.UnifiedIrql.max(irql);
    }

    /// Returns the table's address as a driver gets it.
    pub(crate) fn address(&self) -> PIO_INTERRUPT_MESSAGE_INFO {
        (&raw const *self).cast_mut().cast()
    }
}
