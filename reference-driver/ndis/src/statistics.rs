//! OID_GEN_STATISTICS, from the core's counters.

use dirql_ddi::ndis::*;
use nic::Statistics;

/// What the general attributes promise.
pub(crate) const SUPPORTED: u32 = NDIS_STATISTICS_XMIT_OK_SUPPORTED
    | NDIS_STATISTICS_RCV_OK_SUPPORTED
    | NDIS_STATISTICS_GEN_STATISTICS_SUPPORTED;

/// Returns the counters as NDIS wants them. The core counts frames, not octets, and does not tell unicast from
/// multicast: those members are not marked as valid.
pub(crate) fn info(counted: &Statistics, without_list: u64) -> NDIS_STATISTICS_INFO {
    let lost = counted.missed.wrapping_add(counted.no_buffer).wrapping_add(without_list);
    let errors = counted.crc_errors.wrapping_add(counted.receive_errors);
    NDIS_STATISTICS_INFO {
        Header: NDIS_OBJECT_HEADER {
            Type: NDIS_OBJECT_TYPE_DEFAULT,
            Revision: NDIS_STATISTICS_INFO_REVISION_1,
            Size: NDIS_SIZEOF_STATISTICS_INFO_REVISION_1,
        },
        SupportedStatistics: NDIS_STATISTICS_FLAGS_VALID_RCV_DISCARDS
            | NDIS_STATISTICS_FLAGS_VALID_RCV_ERROR
            | NDIS_STATISTICS_FLAGS_VALID_XMIT_DISCARDS,
        ifInDiscards: lost,
        ifInErrors: errors.wrapping_add(counted.receive_malformed),
        ifOutDiscards: counted.aborted,
        ..NDIS_STATISTICS_INFO::default()
    }
}
