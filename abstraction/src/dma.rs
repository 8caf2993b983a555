//! Memory that the device reads and writes on its own.

/// A common buffer: memory that driver and device see at the same time.
///
/// Any IRQL. Maps to `AllocateCommonBuffer` (WDM), `WdfCommonBufferCreate` (KMDF) and
/// `NdisMAllocateSharedMemory` (NDIS); user mode has no DMA.
///
/// The device can change the memory between any two accesses: what was read once must be checked once and used
/// from the copy. Offsets are in bytes; an access that does not lie inside the buffer reads zeros or writes
/// nothing, and a simulation reports it.
pub trait DmaMemory: Send + Sync {
    /// Returns the address of byte 0 as the device sees it.
    fn device_address(&self) -> u64;
    /// Returns the length in bytes.
    fn len(&self) -> u32;
    /// Says whether the buffer is empty.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Reads the aligned little-endian word at `offset` with acquire semantics: accesses that follow in program
    /// order are not done before it.
    fn read_u32(&self, offset: u32) -> u32;
    /// Writes the aligned little-endian word at `offset`. The device may see it late, and stores in any
    /// order, until [`publish`](Self::publish).
    fn write_u32(&self, offset: u32, value: u32);
    /// Copies bytes out of the buffer.
    fn read_bytes(&self, offset: u32, to: &mut [u8]);
    /// Copies bytes into the buffer.
    fn write_bytes(&self, offset: u32, from: &[u8]);
    /// Makes every store so far visible to the device before any later store or register write.
    ///
    /// Call it once between filling descriptors and ringing the doorbell.
    fn publish(&self);
}
