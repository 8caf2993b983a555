//! What a run reached, counted by the machine itself.

/// Counts of the situations that a campaign wants to have seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Counters {
    /// A processor spun for an interrupt lock.
    pub sections_contended: u64,
    /// A processor spun for a DISPATCH-level lock.
    pub spin_locks_contended: u64,
    /// A thread blocked for a wait lock.
    pub wait_locks_contended: u64,
    /// An interrupt was taken on top of a DPC.
    pub isrs_over_dpc: u64,
    /// An interrupt was taken on top of an ISR or a section.
    pub isrs_over_dirql: u64,
    /// A DPC started while another run of it was still going on elsewhere (R29).
    pub dpcs_overlapping: u64,
    /// A DPC was queued that was queued already (R27).
    pub dpcs_coalesced: u64,
    /// A DPC started before the ISR that queued it had returned (R34).
    pub dpcs_before_isr_end: u64,
    /// All ISRs of a line refused the interrupt.
    pub interrupts_unclaimed: u64,
    /// An ISR ran before its connect call had returned (R18).
    pub isrs_before_connected: u64,
    /// A message was sent again before it was taken (R51).
    pub messages_merged: u64,
    /// The device read a word whose newest store had not reached it.
    pub late_stores_seen: u64,
    /// A register write was still on its way when something else happened.
    pub writes_posted: u64,
    pub interrupts_taken: u64,
    pub dpcs_run: u64,
    /// A passive-level ISR was handed to a thread.
    pub isrs_in_threads: u64,
    pub work_items_run: u64,
    /// A work item started while another run of it was still going on (R77).
    pub work_items_overlapping: u64,
    /// A work item was queued that was queued already.
    pub work_items_coalesced: u64,
    /// An ISR of a device in Dx was called, for a sharer's interrupt (R62).
    pub isrs_in_dx: u64,
    /// The framework left an interrupt connected on the way to Dx (R69).
    pub interrupts_kept_in_dx: u64,
    /// The framework made an interrupt inactive on the way to Dx (R69).
    pub interrupts_inactive_in_dx: u64,
}
