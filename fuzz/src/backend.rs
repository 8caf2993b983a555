//! Which implementation of `InterruptSync` the driver runs on.

crate::names::named! {
    /// A backend under the driver.
    pub enum Backend {
        Mock = "mock", "The trait implemented directly on the simulated machine, without a framework.";
        Wdm = "wdm", "The WDM backend: KeSynchronizeExecution and friends, as shipped, on the simulated machine.";
        Ndis = "ndis", "The NDIS backend: NdisMRegisterInterruptEx and friends, as shipped, on the simulated machine.";
        Kmdf = "kmdf", "The KMDF backend: WdfInterruptCreate and friends, as shipped, on the simulated machine.";
        Umdf = "umdf", "The UMDF backend: the same in user mode, as shipped, on the simulated machine; without DMA, so the driver's register half runs.";
        WdmPassive = "wdm-passive", "The WDM backend's passive-level interrupts, as shipped, on the simulated machine: the line, work items, and the driver's register half.";
    }
}

impl Backend {
    /// Those on which the whole driver runs. UMDF has no DMA, and a driver that needs DPCs has no passive-level
    /// interrupts, so there it is the driver's register half.
    pub const WITH_DMA: &'static [Self] = &[Self::Mock, Self::Wdm, Self::Ndis, Self::Kmdf];

    /// Says whether a device's messages are for its drivers. Those with passive-level interrupts are assigned the line
    /// (WDK guide, "Supporting Passive-Level Interrupts").
    pub const fn has_messages(self) -> bool {
        !matches!(self, Self::WdmPassive)
    }
}
