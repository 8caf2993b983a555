//! The 82574 driver's rings are two queues, whatever is done to it, and its device's registers fit what it knows.

use dirql_backends::{kmdf::Kmdf, mock::Mock, ndis::Ndis, wdm::Wdm};
use dirql_proptests::config;
use dirql_proptests::driver::rig::DriverTest;
use proptest_state_machine::prop_state_machine;

prop_state_machine! {
    #![proptest_config(config(1500))]

    #[test]
    fn on_the_mock_the_rings_are_queues_and_the_registers_fit(sequential 1..40 => DriverTest<Mock>);

    #[test]
    fn on_wdm_the_rings_are_queues_and_the_registers_fit(sequential 1..40 => DriverTest<Wdm>);

    #[test]
    fn on_ndis_the_rings_are_queues_and_the_registers_fit(sequential 1..40 => DriverTest<Ndis>);

    #[test]
    fn on_kmdf_the_rings_are_queues_and_the_registers_fit(sequential 1..40 => DriverTest<Kmdf>);
}
