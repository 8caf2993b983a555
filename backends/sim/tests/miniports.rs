//! What NDIS asks of whole miniports, with one that does everything right but for one thing.

#![allow(
    clippy::multiple_unsafe_ops_per_block,
    reason = "a driver as it would be in C: what makes a call of NDIS sound is the same for all in a handler"
)]

mod common;

use std::cell::Cell;
use std::ptr::null_mut;

use common::{BUTTON, Options, fires, silent, sometimes_fires};
use dirql_ddi::ndis::*;
use dirql_ddi::{
    BOOLEAN, DISPATCH_LEVEL, KeGetCurrentIrql, KeLowerIrql, KfRaiseIrql, NTSTATUS, PDEVICE_OBJECT,
    PDRIVER_OBJECT, PMDL, PSCATTER_GATHER_LIST, PUNICODE_STRING, PVOID, TRUE, ULONG,
};
use dirql_sim::{kernel, ndis};

/// What the miniport does wrong.
const NOTHING: u8 = 0;
const COMPLETES_WITH_A_WRONG_FLAG: u8 = 1;
const GATHERS_AT_PASSIVE_LEVEL: u8 = 2;
const INDICATES_WHAT_IS_HELD: u8 = 3;
const PAUSES_TOO_EARLY: u8 = 4;
const DESCRIBES_ITSELF_TOO_EARLY: u8 = 5;
const COMPLETES_TWICE: u8 = 6;
const COMPLETES_A_REQUEST_AND_ANSWERS_IT: u8 = 7;
const COMPLETES_A_REQUEST_TWICE: u8 = 8;
const FORGETS_A_REQUEST: u8 = 9;
const RESETS_WITH_A_SEND: u8 = 10;

const TAG: u32 = 0x7473_6554;
const DATA_LEN: u32 = 64;

/// What the miniport keeps of its adapter, in NDIS's memory.
struct Adapter {
    handle: NDIS_HANDLE,
    dma: NDIS_HANDLE,
    pool: NDIS_HANDLE,
    data: PVOID,
    mdl: PMDL,
    list: PNET_BUFFER_LIST,
    out: bool,
    pausing: bool,
    request: PNDIS_OID_REQUEST,
}

/// # Safety
/// `context` is one that `initialize` made.
unsafe fn adapter<'a>(context: NDIS_HANDLE) -> &'a mut Adapter {
    // SAFETY: the caller guarantees it. Only one thread uses the adapter.
    unsafe { &mut *context.cast::<Adapter>() }
}

const fn header(kind: u8, revision: u8, size: u16) -> NDIS_OBJECT_HEADER {
    NDIS_OBJECT_HEADER { Type: kind, Revision: revision, Size: size }
}

fn set(handle: NDIS_HANDLE, mut attributes: NDIS_MINIPORT_ADAPTER_ATTRIBUTES) -> NDIS_STATUS {
    // SAFETY: the attributes are ours.
    unsafe { NdisMSetMiniportAttributes(handle, &raw mut attributes) }
}

fn describe(handle: NDIS_HANDLE) -> NDIS_STATUS {
    // SAFETY: all members are numbers or pointers, of which zero is a value.
    let mut general: NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES = unsafe { std::mem::zeroed() };
    general.Header = header(NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES, 2, 0xe0);
    set(handle, NDIS_MINIPORT_ADAPTER_ATTRIBUTES { GeneralAttributes: general })
}

fn register(handle: NDIS_HANDLE, context: NDIS_HANDLE) -> NDIS_STATUS {
    set(
        handle,
        NDIS_MINIPORT_ADAPTER_ATTRIBUTES {
            RegistrationAttributes: NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES {
                Header: header(NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, 1, 0x1c),
                MiniportAdapterContext: context,
                AttributeFlags: NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER,
                CheckForHangTimeInSeconds: 0,
                InterfaceType: NdisInterfacePci,
            },
        },
    )
}

unsafe extern "C-unwind" fn initialize<const WRONG: u8>(
    handle: NDIS_HANDLE,
    _: NDIS_HANDLE,
    _: PNDIS_MINIPORT_INIT_PARAMETERS,
) -> NDIS_STATUS {
    if WRONG == DESCRIBES_ITSELF_TOO_EARLY {
        describe(handle);
    }
    let size = size_of::<Adapter>() as u32;
    // SAFETY: NDIS gave the handle; all that is passed on is ours; here and below.
    unsafe {
        let place = NdisAllocateMemoryWithTagPriority(handle, size, TAG, NormalPoolPriority);
        register(handle, place);
        let mut description = NDIS_SG_DMA_DESCRIPTION {
            Header: header(NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, 1, 0x24),
            Flags: 0,
            MaximumPhysicalMapping: 1514,
            ProcessSGListHandler: Some(gathered::<WRONG>),
            SharedMemAllocateCompleteHandler: None,
            ScatterGatherListSize: 0,
        };
        let mut dma = null_mut();
        NdisMRegisterScatterGatherDma(handle, &raw mut description, &raw mut dma);
        let parameters = NET_BUFFER_LIST_POOL_PARAMETERS {
            Header: header(NDIS_OBJECT_TYPE_DEFAULT, 1, 0x10),
            ProtocolId: 0,
            fAllocateNetBuffer: TRUE,
            ContextSize: 0,
            PoolTag: TAG,
            DataSize: 0,
        };
        let pool = NdisAllocateNetBufferListPool(handle, &raw const parameters);
        let data = NdisAllocateMemoryWithTagPriority(handle, DATA_LEN, TAG, NormalPoolPriority);
        let mdl = NdisAllocateMdl(handle, data, DATA_LEN);
        let list = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, 0, DATA_LEN as usize);
        (*list).SourceHandle = handle;
        let adapter =
            Adapter { handle, dma, pool, data, mdl, list, out: false, pausing: false, request: null_mut() };
        place.cast::<Adapter>().write(adapter);
    }
    describe(handle)
}

unsafe extern "C-unwind" fn halt(context: NDIS_HANDLE, _: NDIS_HALT_ACTION) {
    // SAFETY: `initialize` made all of it, and nobody uses it any more.
    unsafe {
        let a = adapter(context);
        NdisFreeNetBufferList(a.list);
        NdisFreeMdl(a.mdl);
        NdisFreeMemory(a.data, DATA_LEN, 0);
        NdisFreeNetBufferListPool(a.pool);
        NdisMDeregisterScatterGatherDma(a.dma);
        NdisFreeMemory(context, size_of::<Adapter>() as u32, 0);
    }
}

/// Indicates its one list.
fn indicate(a: &mut Adapter) {
    a.out = true;
    // SAFETY: the list is the miniport's, or that is what the test is about.
    unsafe { NdisMIndicateReceiveNetBufferLists(a.handle, a.list, 0, 1, 0) };
}

unsafe extern "C-unwind" fn restart<const WRONG: u8>(
    context: NDIS_HANDLE,
    _: PNDIS_MINIPORT_RESTART_PARAMETERS,
) -> NDIS_STATUS {
    // SAFETY: NDIS passes the adapter.
    let a = unsafe { adapter(context) };
    indicate(a);
    if WRONG == INDICATES_WHAT_IS_HELD {
        indicate(a);
    }
    NDIS_STATUS_SUCCESS
}

unsafe extern "C-unwind" fn pause<const WRONG: u8>(
    context: NDIS_HANDLE,
    _: PNDIS_MINIPORT_PAUSE_PARAMETERS,
) -> NDIS_STATUS {
    // SAFETY: NDIS passes the adapter.
    let a = unsafe { adapter(context) };
    a.pausing = a.out && WRONG != PAUSES_TOO_EARLY;
    if a.pausing { NDIS_STATUS_PENDING } else { NDIS_STATUS_SUCCESS }
}

unsafe extern "C-unwind" fn give_back(context: NDIS_HANDLE, _: PNET_BUFFER_LIST, _: ULONG) {
    // SAFETY: NDIS passes the adapter.
    let a = unsafe { adapter(context) };
    a.out = false;
    if std::mem::take(&mut a.pausing) {
        // SAFETY: the pause is pending.
        unsafe { NdisMPauseComplete(a.handle) };
    }
}

unsafe extern "C-unwind" fn send<const WRONG: u8>(
    context: NDIS_HANDLE,
    list: PNET_BUFFER_LIST,
    _: NDIS_PORT_NUMBER,
    _: ULONG,
) {
    // SAFETY: NDIS passes the adapter and a list of one frame; here and below.
    unsafe {
        (*(*list).FirstNetBuffer).MiniportReserved = [context, list.cast(), null_mut(), null_mut()];
        let old = KeGetCurrentIrql();
        if WRONG != GATHERS_AT_PASSIVE_LEVEL {
            KfRaiseIrql(DISPATCH_LEVEL);
        }
        let buffer = (*list).FirstNetBuffer;
        let flags = NDIS_SG_LIST_WRITE_TO_DEVICE;
        NdisMAllocateNetBufferSGList(adapter(context).dma, buffer, buffer.cast(), flags, null_mut(), 0);
        KeLowerIrql(old);
        if WRONG == COMPLETES_WITH_A_WRONG_FLAG {
            NdisMSendNetBufferListsComplete(adapter(context).handle, list, 1);
        }
    }
}

/// Completes the frame as soon as it has its list, unless `send` will.
unsafe extern "C-unwind" fn gathered<const WRONG: u8>(
    _: PDEVICE_OBJECT,
    _: PVOID,
    list: PSCATTER_GATHER_LIST,
    context: PVOID,
) {
    let buffer: PNET_BUFFER = context.cast();
    // SAFETY: NDIS passes back the frame, which is the miniport's.
    unsafe {
        let [context, of, ..] = (*buffer).MiniportReserved;
        NdisMFreeNetBufferSGList(adapter(context).dma, list, buffer);
        let (handle, of) = (adapter(context).handle, of.cast::<NET_BUFFER_LIST>());
        (*of).Status = NDIS_STATUS_SUCCESS;
        for _ in 0..completions(WRONG) {
            NdisMSendNetBufferListsComplete(handle, of, NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
        }
    }
}

const fn completions(wrong: u8) -> u32 {
    match wrong {
        COMPLETES_WITH_A_WRONG_FLAG | RESETS_WITH_A_SEND => 0,
        COMPLETES_TWICE => 2,
        _ => 1,
    }
}

/// Leaves OID_GEN_STATISTICS until it is cancelled, and knows no other.
unsafe extern "C-unwind" fn request<const WRONG: u8>(
    context: NDIS_HANDLE,
    request: PNDIS_OID_REQUEST,
) -> NDIS_STATUS {
    // SAFETY: NDIS passes the adapter and a request; here and below.
    unsafe {
        if (*request).DATA.QUERY_INFORMATION.Oid != OID_GEN_STATISTICS {
            return NDIS_STATUS_NOT_SUPPORTED;
        }
        adapter(context).request = request;
        if WRONG == COMPLETES_A_REQUEST_AND_ANSWERS_IT {
            NdisMOidRequestComplete(adapter(context).handle, request, NDIS_STATUS_SUCCESS);
            return NDIS_STATUS_SUCCESS;
        }
    }
    NDIS_STATUS_PENDING
}

unsafe extern "C-unwind" fn cancel_request<const WRONG: u8>(context: NDIS_HANDLE, id: PVOID) {
    // SAFETY: NDIS passes the adapter; here and below.
    unsafe {
        let (handle, request) = (adapter(context).handle, adapter(context).request);
        if request.is_null() || WRONG == FORGETS_A_REQUEST {
            return;
        }
        adapter(context).request = null_mut();
        assert_eq!((*request).RequestId, id);
        NdisMOidRequestComplete(handle, request, NDIS_STATUS_REQUEST_ABORTED);
        if WRONG == COMPLETES_A_REQUEST_TWICE {
            NdisMOidRequestComplete(handle, request, NDIS_STATUS_REQUEST_ABORTED);
        }
    }
}

unsafe extern "C-unwind" fn cancel(_: NDIS_HANDLE, _: PVOID) {}

unsafe extern "C-unwind" fn event(_: NDIS_HANDLE, _: PNET_DEVICE_PNP_EVENT) {}

unsafe extern "C-unwind" fn shut_down(_: NDIS_HANDLE, _: NDIS_SHUTDOWN_ACTION) {}

unsafe extern "C-unwind" fn hangs(_: NDIS_HANDLE) -> BOOLEAN {
    TRUE
}

unsafe extern "C-unwind" fn reset(_: NDIS_HANDLE, _: *mut BOOLEAN) -> NDIS_STATUS {
    NDIS_STATUS_SUCCESS
}

/// The one driver of a run has the handle that the first registration gets.
unsafe extern "C-unwind" fn unload(object: PDRIVER_OBJECT) {
    // SAFETY: the extension was made by `entry`, and holds the handle.
    unsafe {
        let extension = dirql_ddi::IoGetDriverObjectExtension(object, null_mut());
        NdisMDeregisterMiniportDriver(*extension.cast::<NDIS_HANDLE>());
    }
}

unsafe extern "C-unwind" fn entry<const WRONG: u8>(
    object: PDRIVER_OBJECT,
    path: PUNICODE_STRING,
) -> NTSTATUS {
    let mut c = NDIS_MINIPORT_DRIVER_CHARACTERISTICS {
        Header: header(NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, 2, 0x98),
        MajorNdisVersion: 6,
        MinorNdisVersion: 20,
        MajorDriverVersion: 1,
        MinorDriverVersion: 0,
        Flags: 0,
        SetOptionsHandler: None,
        InitializeHandlerEx: Some(initialize::<WRONG>),
        HaltHandlerEx: Some(halt),
        UnloadHandler: Some(unload),
        PauseHandler: Some(pause::<WRONG>),
        RestartHandler: Some(restart::<WRONG>),
        OidRequestHandler: Some(request::<WRONG>),
        SendNetBufferListsHandler: Some(send::<WRONG>),
        ReturnNetBufferListsHandler: Some(give_back),
        CancelSendHandler: Some(cancel),
        CheckForHangHandlerEx: Some(hangs),
        ResetHandlerEx: Some(reset),
        DevicePnPEventNotifyHandler: Some(event),
        ShutdownHandlerEx: Some(shut_down),
        CancelOidRequestHandler: Some(cancel_request::<WRONG>),
        DirectOidRequestHandler: None,
        CancelDirectOidRequestHandler: None,
    };
    let mut extension = null_mut();
    // SAFETY: the driver object is DriverEntry's; the rest is ours.
    unsafe {
        dirql_ddi::IoAllocateDriverObjectExtension(object, null_mut(), 8, &raw mut extension);
        NdisMRegisterMiniportDriver(object, path, null_mut(), &raw mut c, extension.cast())
    }
}

/// The life of a miniport with a send, a receive, and a request.
fn life<const WRONG: u8>() {
    assert_eq!(ndis::load(entry::<WRONG>), NDIS_STATUS_SUCCESS);
    assert_eq!(ndis::start(BUTTON, 0x1000), NDIS_STATUS_SUCCESS);
    assert_eq!(ndis::restart(BUTTON), NDIS_STATUS_SUCCESS);
    let frame: [&[&[u8]]; 1] = [&[&[1; 14], &[2; 50]]];
    assert!(ndis::send(BUTTON, 7, 0, &[&frame]));
    kernel::quiesce();
    assert_eq!(ndis::take_completed(BUTTON), [(7, NDIS_STATUS_SUCCESS)]);
    assert_eq!(ndis::take_received(BUTTON), [vec![0xcd; 64]]);
    assert_eq!(ndis::query(BUTTON, OID_GEN_RCV_OK, &mut []).0, NDIS_STATUS_NOT_SUPPORTED);
    assert!(ndis::check_for_hang(BUTTON));
    assert_eq!(ndis::reset(BUTTON), Some(NDIS_STATUS_SUCCESS));
    ndis::pause(BUTTON);
    ndis::halt(BUTTON, NdisHaltDeviceDisabled);
    ndis::unload();
}

/// A request that is completed when somebody cancels it.
fn life_with_a_request<const WRONG: u8>() {
    assert_eq!(ndis::load(entry::<WRONG>), NDIS_STATUS_SUCCESS);
    assert_eq!(ndis::start(BUTTON, 0x1000), NDIS_STATUS_SUCCESS);
    let over = Cell::new(false);
    kernel::scope(|scope| {
        scope.spawn(0, "requester", || {
            let answer = ndis::query(BUTTON, OID_GEN_STATISTICS, &mut [0; 8]);
            assert_eq!(answer, (NDIS_STATUS_REQUEST_ABORTED, 0));
            over.set(true);
        });
        scope.spawn(1, "canceller", || {
            for _ in 0..20 {
                ndis::cancel_request(BUTTON);
                kernel::sleep();
            }
        });
    });
    assert!(over.get());
    ndis::halt(BUTTON, NdisHaltDeviceDisabled);
    ndis::unload();
}

#[test]
fn doublecomplete_silent_with_a_request_that_is_cancelled() {
    silent(&Options::default(), life_with_a_request::<NOTHING>);
}

#[test]
fn doublecomplete_fires_when_a_request_is_completed_and_answered() {
    fires("DoubleComplete", &Options::default(), life_with_a_request::<COMPLETES_A_REQUEST_AND_ANSWERS_IT>);
}

#[test]
fn doublecomplete_fires_when_a_request_is_completed_twice() {
    fires("DoubleComplete", &Options::default(), life_with_a_request::<COMPLETES_A_REQUEST_TWICE>);
}

#[test]
fn a_request_that_is_never_completed_is_found() {
    fires("quiescence", &Options::default(), life_with_a_request::<FORGETS_A_REQUEST>);
}

#[test]
fn irqlsendrcv_irqlgatherdma_nblowner_miniportstate_silent_with_a_miniport_that_does_all_right() {
    silent(&Options::default(), life::<NOTHING>);
}

#[test]
fn irqlsendrcv_fires_when_a_flag_says_dispatch_level_at_passive_level() {
    sometimes_fires("IrqlSendRcv", &Options::default(), || {
        // At DISPATCH_LEVEL the flag is right, and it is no fault.
        life::<COMPLETES_WITH_A_WRONG_FLAG>();
    });
}

#[test]
fn irqlgatherdma_fires_when_a_frame_is_gathered_at_passive_level() {
    sometimes_fires("IrqlGatherDma", &Options::default(), life::<GATHERS_AT_PASSIVE_LEVEL>);
}

#[test]
fn nblowner_fires_when_a_list_is_indicated_that_a_protocol_holds() {
    sometimes_fires("NblOwner", &Options::default(), || {
        assert_eq!(ndis::load(entry::<INDICATES_WHAT_IS_HELD>), NDIS_STATUS_SUCCESS);
        assert_eq!(ndis::start(BUTTON, 0x1000), NDIS_STATUS_SUCCESS);
        assert_eq!(ndis::restart(BUTTON), NDIS_STATUS_SUCCESS);
        ndis::pause(BUTTON);
        ndis::halt(BUTTON, NdisHaltDeviceDisabled);
        ndis::unload();
    });
}

#[test]
fn miniportstate_fires_when_a_pause_ends_before_all_lists_are_back() {
    sometimes_fires("MiniportState", &Options::default(), life::<PAUSES_TOO_EARLY>);
}

#[test]
fn miniportstate_fires_when_a_reset_ends_before_a_send_from_before_it() {
    fires("MiniportState", &Options::default(), || {
        assert_eq!(ndis::load(entry::<RESETS_WITH_A_SEND>), NDIS_STATUS_SUCCESS);
        assert_eq!(ndis::start(BUTTON, 0x1000), NDIS_STATUS_SUCCESS);
        assert_eq!(ndis::restart(BUTTON), NDIS_STATUS_SUCCESS);
        assert!(ndis::send(BUTTON, 7, 0, &[&[&[&[1; 14]]]]));
        ndis::reset(BUTTON);
    });
}

#[test]
fn miniportstate_fires_when_attributes_come_out_of_order() {
    fires("MiniportState", &Options::default(), life::<DESCRIBES_ITSELF_TOO_EARLY>);
}

#[test]
fn a_list_that_is_completed_twice_is_found() {
    fires("NblDoubleComplete", &Options::default(), life::<COMPLETES_TWICE>);
}
