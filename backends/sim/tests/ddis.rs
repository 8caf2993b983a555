//! What only a DDI can be told wrong: versions, objects, mappings.

mod common;

use core::mem::MaybeUninit;
use core::ptr::null_mut;

use common::{BUTTON, Options, at, fires, silent};
use dirql_ddi::ndis::NdisMMapIoSpace;
use dirql_ddi::{
    BOOLEAN, CONNECT_FULLY_SPECIFIED, CONNECT_LINE_BASED, IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS,
    IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS, IO_CONNECT_INTERRUPT_PARAMETERS,
    IO_CONNECT_INTERRUPT_PARAMETERS_VARIANT, IO_DISCONNECT_INTERRUPT_CONNECTION_CONTEXT,
    IO_DISCONNECT_INTERRUPT_PARAMETERS, IoConnectInterruptEx, IoDisconnectInterruptEx, KDPC,
    KeAcquireInterruptSpinLock, KeFlushQueuedDpcs, KeInitializeDpc, KeInsertQueueDpc,
    KeReleaseInterruptSpinLock, KeSynchronizeExecution, LevelSensitive, MmMapIoSpaceEx, MmUnmapIoSpace,
    NTSTATUS, PKINTERRUPT, PKSPIN_LOCK, PVOID, STATUS_INVALID_PARAMETER, STATUS_SUCCESS, ULONG,
};
use dirql_sim::ndis::adapter_handle;
use dirql_sim::ntoskrnl::{device_object, register_space};

unsafe extern "C-unwind" fn isr(_interrupt: PKINTERRUPT, _context: PVOID) -> BOOLEAN {
    0
}

/// Connects the button's line.
fn connect() -> PKINTERRUPT {
    let mut interrupt: PKINTERRUPT = null_mut();
    let mut parameters = IO_CONNECT_INTERRUPT_PARAMETERS {
        Version: CONNECT_LINE_BASED,
        __bindgen_anon_1: IO_CONNECT_INTERRUPT_PARAMETERS_VARIANT {
            LineBased: IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS {
                PhysicalDeviceObject: device_object(BUTTON),
                InterruptObject: &raw mut interrupt,
                ServiceRoutine: Some(isr),
                ServiceContext: null_mut(),
                SpinLock: null_mut(),
                SynchronizeIrql: 0,
                FloatingSave: 0,
            },
        },
    };
    // SAFETY: the parameters are those of a line-based connection, and the ISR takes any context.
    let status = unsafe { IoConnectInterruptEx(&raw mut parameters) };
    assert_eq!(status, STATUS_SUCCESS);
    interrupt
}

fn disconnect(interrupt: PKINTERRUPT, version: ULONG) {
    let context = IO_DISCONNECT_INTERRUPT_CONNECTION_CONTEXT { InterruptObject: interrupt };
    let mut parameters = IO_DISCONNECT_INTERRUPT_PARAMETERS { Version: version, ConnectionContext: context };
    // SAFETY: the parameters are valid; a wrong version is what the rule is about.
    unsafe { IoDisconnectInterruptEx(&raw mut parameters) };
}

/// Connects the button's line as a passive-level interrupt, with `lock`.
fn connect_passively(lock: PKSPIN_LOCK) -> Result<PKINTERRUPT, NTSTATUS> {
    let mut interrupt: PKINTERRUPT = null_mut();
    let mut parameters = IO_CONNECT_INTERRUPT_PARAMETERS {
        Version: CONNECT_FULLY_SPECIFIED,
        __bindgen_anon_1: IO_CONNECT_INTERRUPT_PARAMETERS_VARIANT {
            FullySpecified: IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS {
                PhysicalDeviceObject: device_object(BUTTON),
                InterruptObject: &raw mut interrupt,
                ServiceRoutine: Some(isr),
                ServiceContext: null_mut(),
                SpinLock: lock,
                SynchronizeIrql: 0,
                FloatingSave: 0,
                ShareVector: 1,
                Vector: 0,
                Irql: 0,
                InterruptMode: LevelSensitive,
                ProcessorEnableMask: 1,
                Group: 0,
            },
        },
    };
    // SAFETY: the parameters are those of a fully specified connection, and the ISR takes any context.
    match unsafe { IoConnectInterruptEx(&raw mut parameters) } {
        STATUS_SUCCESS => Ok(interrupt),
        status => Err(status),
    }
}

#[test]
fn r57_the_spin_lock_routines_are_for_interrupts_with_a_spin_lock() {
    let lock = |interrupt| {
        // SAFETY: the interrupt is connected.
        let old = unsafe { KeAcquireInterruptSpinLock(interrupt) };
        // SAFETY: its lock is held.
        unsafe { KeReleaseInterruptSpinLock(interrupt, old) };
    };
    fires("R57", &Options::default(), || lock(connect_passively(null_mut()).unwrap()));
    silent(&Options::default(), || {
        let interrupt = connect();
        lock(interrupt);
        disconnect(interrupt, CONNECT_LINE_BASED);
    });
}

#[test]
fn r58_shows_a_passive_interrupt_has_no_spin_lock() {
    silent(&Options::default(), || {
        let mut lock = 0;
        assert_eq!(connect_passively(&raw mut lock), Err(STATUS_INVALID_PARAMETER));
        disconnect(connect_passively(null_mut()).unwrap(), CONNECT_FULLY_SPECIFIED);
    });
}

#[test]
fn r25_fires_when_disconnect_is_told_another_version() {
    fires("R25", &Options::default(), || disconnect(connect(), CONNECT_FULLY_SPECIFIED));
}

#[test]
fn r25_silent_with_the_version_of_the_connection() {
    silent(&Options::default(), || disconnect(connect(), CONNECT_LINE_BASED));
}

/// Any value of a BOOLEAN, and what a C compiler takes for TRUE among them.
const VALUES: [BOOLEAN; 4] = [0, 1, 2, 0xa5];

#[test]
fn r7_ke_synchronize_execution_returns_the_routines_value_unchanged() {
    unsafe extern "C-unwind" fn echo(value: PVOID) -> BOOLEAN {
        // SAFETY: the test passes a BOOLEAN.
        unsafe { *value.cast() }
    }
    silent(&Options::default(), || {
        let interrupt = connect();
        for mut value in VALUES {
            let context = (&raw mut value).cast();
            // SAFETY: the interrupt is connected, and the routine takes this context.
            assert_eq!(unsafe { KeSynchronizeExecution(interrupt, Some(echo), context) }, value);
        }
        disconnect(interrupt, CONNECT_LINE_BASED);
    });
}

unsafe extern "C-unwind" fn deferred(_dpc: *mut KDPC, _context: PVOID, _first: PVOID, _second: PVOID) {}

fn insert(dpc: &mut MaybeUninit<KDPC>) {
    // SAFETY: the memory is a KDPC's; that nobody initialized it is what the rule is about.
    unsafe { KeInsertQueueDpc(dpc.as_mut_ptr(), null_mut(), null_mut()) };
    // SAFETY: at PASSIVE_LEVEL.
    unsafe { KeFlushQueuedDpcs() };
}

#[test]
fn invalidhandle_fires_for_a_dpc_that_was_not_initialized() {
    fires("InvalidHandle", &Options::default(), || insert(&mut MaybeUninit::zeroed()));
}

#[test]
fn invalidhandle_silent_for_one_that_was() {
    silent(&Options::default(), || {
        let mut dpc = MaybeUninit::zeroed();
        // SAFETY: the memory is a KDPC's, and the routine takes any context.
        unsafe { KeInitializeDpc(dpc.as_mut_ptr(), Some(deferred), null_mut()) };
        insert(&mut dpc);
    });
}

fn map() -> PVOID {
    const PAGE_READWRITE: ULONG = 4;
    // SAFETY: these are the device's registers.
    unsafe { MmMapIoSpaceEx(register_space(BUTTON), 0x1000, PAGE_READWRITE) }
}

#[test]
fn mappingleak_fires_at_the_end() {
    fires("MappingLeak", &Options::default(), || {
        map();
    });
}

#[test]
fn mappingleak_silent_after_unmapping() {
    // SAFETY: nothing uses the mapping.
    silent(&Options::default(), || unsafe { MmUnmapIoSpace(map(), 0x1000) });
}

fn map_at(irql: u8) {
    let mut address = null_mut();
    let space = register_space(BUTTON);
    // SAFETY: these are the adapter's registers, and the level is what the rule is about.
    at(irql, || unsafe { NdisMMapIoSpace(&raw mut address, adapter_handle(BUTTON), space, 0x1000) });
    // SAFETY: nothing uses the mapping.
    unsafe { MmUnmapIoSpace(address, 0x1000) };
}

#[test]
fn irqlndismmapiospace_fires_above_passive_level() {
    fires("IrqlNdisMMapIoSpace", &Options::default(), || map_at(2));
}

#[test]
fn irqlndismmapiospace_silent_at_passive_level() {
    silent(&Options::default(), || map_at(0));
}
