//! The 82574 driver's rings are two queues, whatever is done to it, and its device's registers fit what it knows.

use dirql_backends::{mock::Mock, wdm::Wdm};
use dirql_proptests::config;
use dirql_proptests::driver::rig::DriverTest;
use proptest_state_machine::prop_state_machine;

prop_state_machine! {
    #![proptest_config(config(3000))]

    #[test]
    fn on_the_mock_the_rings_are_queues_and_the_registers_fit(sequential 1..40 => DriverTest<Mock>);

    #[test]
    fn on_wdm_the_rings_are_queues_and_the_registers_fit(sequential 1..40 => DriverTest<Wdm>);
}
