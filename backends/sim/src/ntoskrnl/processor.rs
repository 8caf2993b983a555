//! Which processor this is. The machine has one group.

use dirql_ddi::{PPROCESSOR_NUMBER, PROCESSOR_NUMBER, ULONG};

use crate::kernel;

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeGetCurrentProcessorNumberEx(ProcNumber: PPROCESSOR_NUMBER) -> ULONG {
    let number = kernel::cpu();
    if !ProcNumber.is_null() {
        let processor = PROCESSOR_NUMBER { Group: 0, Number: number as u8, Reserved: 0 };
        // SAFETY: the caller guarantees a place to write to, if it gives one.
        unsafe { ProcNumber.write(processor) };
    }
    number as ULONG
}

const _: () = {
    let _ = [KeGetCurrentProcessorNumberEx, dirql_ddi::KeGetCurrentProcessorNumberEx];
};
