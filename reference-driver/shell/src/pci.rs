//! Whether messages are MSI or MSI-X: the device's capability says.

/// PCI Local Bus Specification 3.0, 6.1 and 6.7.
const CAPABILITIES_POINTER: u32 = 0x34;
/// PCI Local Bus Specification 3.0, appendix H and 6.8.2.
const MSI_X: u8 = 0x11;
const MSI_X_ENABLE: u8 = 0x80;
/// More do not fit into the space.
const CAPABILITIES_MAX: usize = 48;

/// Says whether MSI-X is enabled. `read` fills its buffer from the device's configuration space, from the offset on;
/// what it cannot read it leaves zero.
pub fn is_msi_x(mut read: impl FnMut(u32, &mut [u8])) -> bool {
    let mut at = [0];
    read(CAPABILITIES_POINTER, &mut at);
    let [mut at] = at;
    for _ in 0..CAPABILITIES_MAX {
        if at == 0 {
            break;
        }
        let mut header = [0; 4];
        read(at.into(), &mut header);
        let [id, next, _, control] = header;
        if id == MSI_X {
            return control & MSI_X_ENABLE != 0;
        }
        at = next;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A space with MSI at 0xd0 and, behind it, MSI-X at 0xa0 (82574 data sheet, 9.2).
    fn space(control: u8) -> [u8; 256] {
        let mut space = [0; 256];
        space[0x34] = 0xd0;
        space[0xd0..0xd4].copy_from_slice(&[0x05, 0xa0, 0x80, 0]);
        space[0xa0..0xa4].copy_from_slice(&[MSI_X, 0, 4, control]);
        space
    }

    fn reader(space: [u8; 256]) -> impl Fn(u32, &mut [u8]) {
        move |at, to: &mut [u8]| to.copy_from_slice(&space[at as usize..at as usize + to.len()])
    }

    #[test]
    fn the_capability_is_found_behind_others() {
        assert!(is_msi_x(reader(space(MSI_X_ENABLE))));
        assert!(!is_msi_x(reader(space(0))), "there, and off");
        assert!(!is_msi_x(reader([0; 256])), "no capabilities");
    }

    #[test]
    fn a_list_that_bites_its_tail_ends() {
        let mut circle = space(0);
        circle[0xa0] = 1;
        circle[0xa1] = 0xd0;
        assert!(!is_msi_x(reader(circle)));
        assert!(!is_msi_x(|_, to| to.fill(0xff)), "a device that is gone");
    }
}
