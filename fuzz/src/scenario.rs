//! What a campaign tries: families of cases.

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
    }
}
