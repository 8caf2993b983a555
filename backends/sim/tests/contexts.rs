//! What a callback is called with is there as long as it can be called.

mod common;

use common::{BUTTON, Options, free_pool, outcomes};
use dirql_sim::{Routine, kernel};

/// A routine that does nothing, with `context`.
fn idle(context: *mut u8) -> Routine {
    unsafe fn call(_: &Routine) -> u8 {
        0
    }
    // SAFETY: `call` uses nothing.
    unsafe { Routine::new(call, core::ptr::null(), context.cast(), [0; 3]) }
}

#[test]
fn contextfreed_the_context_of_a_connected_isr_is_not_freed() {
    let freeing = |early: bool| {
        outcomes(&Options::default(), 5, || {
            let context = kernel::allocate_pool(64, 0);
            let isr = idle(context.wrapping_add(16));
            let id = kernel::connect(kernel::line_of(BUTTON).unwrap(), isr, None, 5).unwrap();
            if early {
                free_pool(context);
            }
            kernel::disconnect(id);
            free_pool(context);
        })
    };
    assert!(freeing(true).iter().all(|rule| *rule == Some("ContextFreed")));
    assert!(freeing(false).iter().all(Option::is_none));
}

#[test]
fn contextfreed_the_context_of_a_queued_dpc_is_not_freed() {
    let freeing = |early: bool| {
        outcomes(&Options { cpus: 1, ..Options::default() }, 5, || {
            let context = kernel::allocate_pool(64, 0);
            let dpc = kernel::create_dpc(idle(context));
            let old = kernel::raise_irql(2);
            kernel::insert_dpc(dpc, [0; 2]);
            if early {
                free_pool(context);
            }
            kernel::lower_irql(old);
            free_pool(context);
        })
    };
    assert!(freeing(true).iter().all(|rule| *rule == Some("ContextFreed")));
    assert!(freeing(false).iter().all(Option::is_none));
}
