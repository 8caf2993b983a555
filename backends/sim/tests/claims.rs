//! An ISR says whose interrupt it was: WrongClaim.

mod common;

use std::cell::Cell;

use common::{ACK, BUTTON, Options, PULSE, STATUS, outcomes, routine, run};
use dirql_sim::{Machine, kernel};

#[test]
fn wrongclaim_an_isr_that_serves_its_device_claims_the_interrupt() {
    let answering = |claimed: bool| {
        outcomes(&Options::default(), 20, || {
            let isr = || {
                kernel::write_register(BUTTON, ACK, 1);
                claimed
            };
            let line = kernel::line_of(BUTTON).unwrap();
            let id = kernel::connect(line, routine(&isr), None, 5).unwrap();
            kernel::announce(id);
            kernel::write_register(BUTTON, PULSE, 1);
            kernel::quiesce();
            kernel::disconnect(id);
        })
    };
    assert!(answering(false).iter().all(|rule| *rule == Some("WrongClaim")));
    assert!(answering(true).iter().all(Option::is_none));
}

/// The same answer is right if a section was faster than the ISR.
#[test]
fn an_isr_that_comes_too_late_declines() {
    let mut machine = Machine::new();
    let declined = Cell::new(0);
    for seed in 0..100 {
        let report = run(&mut machine, &Options::default(), seed, || {
            let isr = || {
                let own = kernel::read_register(BUTTON, STATUS) != 0;
                if own {
                    kernel::write_register(BUTTON, ACK, 1);
                }
                own
            };
            let acknowledge = || {
                kernel::write_register(BUTTON, ACK, 1);
                true
            };
            let line = kernel::line_of(BUTTON).unwrap();
            let id = kernel::connect(line, routine(&isr), None, 5).unwrap();
            kernel::announce(id);
            kernel::write_register(BUTTON, PULSE, 1);
            kernel::scope(|s| {
                s.spawn(1, "other", || {
                    kernel::synchronize(id, &routine(&acknowledge));
                });
            });
            kernel::quiesce();
            kernel::disconnect(id);
        });
        assert_eq!(report.violation, None, "seed {seed}");
        declined.set(declined.get() + report.counters.interrupts_unclaimed);
    }
    assert!(declined.get() > 0, "the ISR was never too late");
}
