//! What a campaign tries: families of cases.

use crate::backend::Backend;

crate::names::named! {
    /// A family of cases.
    pub enum Scenario {
        Traffic = "traffic", "Frames both ways on all processors, through rings small enough to fill.";
        SharedLine = "shared-line", "Traffic on a line that a second device interrupts on too.";
        Msix = "msix", "Traffic on messages: MSI-X with one and with three vectors, and MSI.";
        Lifecycle = "lifecycle", "Resets and restarts while traffic is in flight.";
        Link = "link", "A link that goes down and up under traffic.";
        Removal = "removal", "Surprise removal in mid traffic.";
        Hostile = "hostile", "A device that lies in registers, descriptors and lengths, and interrupts at will.";
        DriverLifecycle = "driver-lifecycle", "The whole driver under its framework, from its entry point to unload: traffic, PnP, power.";
    }
}

impl Scenario {
    /// Says whether the scenario is there on `backend`. That of whole drivers needs a framework, which the mock has not,
    /// and a driver, which is there for none with passive-level interrupts but UMDF.
    pub const fn runs_on(self, backend: Backend) -> bool {
        !matches!(self, Self::DriverLifecycle) || !matches!(backend, Backend::Mock | Backend::WdmPassive)
    }

    /// Returns the backends that the scenario is there on.
    pub fn backends(self) -> impl Iterator<Item = Backend> {
        Backend::ALL.iter().copied().filter(move |&backend| self.runs_on(backend))
    }
}
