//! Which implementation of `InterruptSync` the driver runs on.

crate::names::named! {
    /// A backend under the driver.
    pub enum Backend {
        Mock = "mock", "The trait implemented directly on the simulated machine, without a framework.";
        Wdm = "wdm", "The WDM backend: KeSynchronizeExecution and friends, as shipped, on the simulated machine.";
        Ndis = "ndis", "The NDIS backend: NdisMRegisterInterruptEx and friends, as shipped, on the simulated machine.";
        Kmdf = "kmdf", "The KMDF backend: WdfInterruptCreate and friends, as shipped, on the simulated machine.";
        Umdf = "umdf", "The UMDF backend: the same in user mode, as shipped, on the simulated machine; without DMA, so the driver's register half runs.";
    }
}

impl Backend {
    /// Those on which the whole driver runs. UMDF has no DMA, so there it is the driver's register half.
    pub const WITH_DMA: &'static [Self] = &[Self::Mock, Self::Wdm, Self::Ndis, Self::Kmdf];
}
