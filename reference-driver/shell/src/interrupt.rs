//! What to ask a framework for, and what its grant means to the device.

use dirql::{Budget, Config, Request, Serialize};
use dirql_backends::Granted;
use nic::InterruptMode;

/// What a shell asks for: a message for receiving, one for sending and one for the rest, each with a lock of its own,
/// or less. One deferred run handles 64 frames or descriptors at most, if the framework does not want fewer (R39, R45).
pub const INTERRUPT: Config = Config {
    request: Request::Messages { max: 3 },
    serialize: Serialize::PerSource,
    budget: Budget::new(64),
};

/// Returns what a grant means to this device: two messages of MSI-X are as good as one, and five as three. Frameworks
/// tell how many messages there are; which kind the [device says](crate::pci::is_msi_x).
pub fn mode(granted: Granted, is_msi_x: bool) -> InterruptMode {
    match granted {
        Granted::Line => InterruptMode::Line,
        Granted::Messages(_) if !is_msi_x => InterruptMode::Msi,
        Granted::Messages(0..=2) => InterruptMode::MsiX { vectors: 1 },
        Granted::Messages(_) => InterruptMode::MsiX { vectors: 3 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_grant_has_the_mode_that_the_device_can() {
        assert_eq!(mode(Granted::Line, true), InterruptMode::Line);
        assert_eq!(mode(Granted::Messages(1), false), InterruptMode::Msi);
        let vectors = [1, 2, 3, 5].map(|n| mode(Granted::Messages(n), true));
        assert_eq!(vectors, [1, 1, 3, 3].map(|vectors| InterruptMode::MsiX { vectors }));
    }
}
