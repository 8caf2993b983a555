//! Win32, in the host process of a UMDF driver.

use core::mem::offset_of;

use dirql_ddi as ours;
use wdk_sys as theirs;

use crate::proof::{shape_of, size_of_field};

same_structures! {
    SRWLOCK { Ptr }
}

mod routines {
    use dirql_ddi as ours;
    use wdk_sys::windows as theirs;

    use super::shape_of;

    same_routines! {
        AcquireSRWLockExclusive(_);
        ReleaseSRWLockExclusive(_);
        Sleep(_);
    }
}
