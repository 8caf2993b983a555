//! The driver as an image without an operating system: every entry point of [`nic`], called from C.
//!
//! What the compiler cannot prove to be free of panics ends in the panic handler, and the handler in a symbol that
//! nobody defines. If that symbol is in the image, some path of the driver can panic.
#![no_std]

mod os;

use dirql::{
    Budget, Cx, DeferredOutcome, Disable, Dispatch, Domain, InterruptHandler, IsrOutcome, Passive, Source,
};
use nic::{
    Filter, Fragment, InterruptMode, Memories, Nic, Offload, SendError, Settings, Shared, Statistics, Token,
};

use os::{Above, Buffer, Interrupt, Os, Registers};

type Driver = Nic<Os, Above>;
type State = Shared<Registers>;

/// Makes a driver.
///
/// # Safety
/// `to` is room for a driver, and the device's registers and memories are its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn image_new(
    to: *mut Driver,
    settings: &Settings,
    registers: Registers,
    transmit_ring: Buffer,
    receive_ring: Buffer,
    receive_buffers: Buffer,
) -> bool {
    let memories = Memories { transmit_ring, receive_ring, receive_buffers };
    let Ok(driver) = Nic::new(registers, memories, *settings, Above) else { return false };
    // SAFETY: the caller gives room for a driver.
    unsafe { to.write(driver) };
    true
}

/// Ends a driver.
///
/// # Safety
/// `driver` was made by [`image_new`] and is used no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn image_drop(driver: *mut Driver) {
    // SAFETY: the caller gives the driver up.
    unsafe { driver.drop_in_place() };
}

/// Says how long the memories must be.
#[unsafe(no_mangle)]
pub extern "C" fn image_lengths(settings: &Settings, lengths: &mut [u32; 3]) {
    *lengths = [settings.transmit_ring_len(), settings.receive_ring_len(), settings.receive_buffers_len()];
}

/// Makes the state of a domain.
///
/// # Safety
/// `to` is room for a state.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn image_shared(driver: &Driver, to: *mut State, domain: &Domain) {
    // SAFETY: the caller gives room for a state.
    unsafe { to.write(driver.shared(*domain)) };
}

/// Runs the ISR.
#[unsafe(no_mangle)]
pub extern "C" fn image_isr(driver: &Driver, state: &mut State, source: &Source) -> u8 {
    let IsrOutcome { claimed, defer } = driver.isr(state, *source);
    u8::from(claimed) | u8::from(defer) << 1
}

/// Runs the deferred routine.
///
/// # Safety
/// At DISPATCH_LEVEL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn image_deferred(
    driver: &Driver,
    interrupt: &Interrupt,
    source: &Source,
    items: u32,
) -> bool {
    let budget = Budget::new(items);
    // SAFETY: the caller is at DISPATCH_LEVEL.
    let outcome = unsafe { Cx::enter(|cx| driver.deferred(cx, interrupt, *source, budget)) };
    outcome == DeferredOutcome::Again
}

/// Lets a source interrupt.
#[unsafe(no_mangle)]
pub extern "C" fn image_enable(driver: &Driver, state: &mut State, source: &Source) -> bool {
    driver.enable(state, *source).is_ok()
}

/// Keeps a source from interrupting.
#[unsafe(no_mangle)]
pub extern "C" fn image_disable(driver: &Driver, state: &mut State, source: &Source, why: &Disable) {
    driver.disable(state, *source, *why);
}

/// Starts the driver.
///
/// # Safety
/// At PASSIVE_LEVEL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn image_start(driver: &Driver, interrupt: &Interrupt, mode: &InterruptMode) -> bool {
    // SAFETY: the caller is at PASSIVE_LEVEL.
    unsafe { Cx::<Passive>::enter(|cx| driver.start(cx, interrupt, *mode).is_ok()) }
}

/// Stops the driver.
///
/// # Safety
/// At PASSIVE_LEVEL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn image_stop(driver: &Driver, interrupt: &Interrupt) {
    // SAFETY: the caller is at PASSIVE_LEVEL.
    unsafe { Cx::<Passive>::enter(|cx| driver.stop(cx, interrupt)) }
}

/// Resets the driver.
///
/// # Safety
/// At PASSIVE_LEVEL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn image_reset(driver: &Driver, interrupt: &Interrupt) -> bool {
    // SAFETY: the caller is at PASSIVE_LEVEL.
    unsafe { Cx::<Passive>::enter(|cx| driver.reset(cx, interrupt).is_ok()) }
}

/// Tells the driver that its device is gone.
///
/// # Safety
/// At PASSIVE_LEVEL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn image_removed(driver: &Driver, interrupt: &Interrupt) {
    // SAFETY: the caller is at PASSIVE_LEVEL.
    unsafe { Cx::<Passive>::enter(|cx| driver.removed(cx, interrupt)) }
}

/// Sends a frame.
///
/// # Safety
/// At DISPATCH_LEVEL; `fragments` points to `count` fragments.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn image_send(
    driver: &Driver,
    token: u64,
    fragments: *const Fragment,
    count: usize,
    offload: &Offload,
) -> u8 {
    // SAFETY: the caller gives that many.
    let fragments = unsafe { core::slice::from_raw_parts(fragments, count) };
    // SAFETY: the caller is at DISPATCH_LEVEL.
    let sent = unsafe { Cx::<Dispatch>::enter(|cx| driver.send_with(cx, Token(token), fragments, *offload)) };
    match sent {
        Ok(()) => 0,
        Err(SendError::Full) => 1,
        Err(_) => 2,
    }
}

/// Chooses what is received.
///
/// # Safety
/// At DISPATCH_LEVEL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn image_set_filter(driver: &Driver, filter: &Filter) {
    // SAFETY: the caller is at DISPATCH_LEVEL.
    unsafe { Cx::<Dispatch>::enter(|cx| driver.set_filter(cx, *filter)) }
}

/// Chooses groups.
///
/// # Safety
/// At DISPATCH_LEVEL; `groups` points to `count` addresses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn image_set_multicast(driver: &Driver, groups: *const [u8; 6], count: usize) {
    // SAFETY: the caller gives that many.
    let groups = unsafe { core::slice::from_raw_parts(groups, count) };
    // SAFETY: the caller is at DISPATCH_LEVEL.
    unsafe { Cx::<Dispatch>::enter(|cx| driver.set_multicast(cx, groups)) }
}

/// Chooses the interrupts' pace, and returns what it was.
///
/// # Safety
/// At DISPATCH_LEVEL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn image_set_interrupt_interval(driver: &Driver, interval_256ns: u16) -> u16 {
    // SAFETY: the caller is at DISPATCH_LEVEL.
    unsafe {
        Cx::<Dispatch>::enter(|cx| {
            let before = driver.interrupt_interval(cx);
            driver.set_interrupt_interval(cx, interval_256ns);
            before
        })
    }
}

/// Replaces the station's address.
///
/// # Safety
/// At DISPATCH_LEVEL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn image_set_mac_address(driver: &Driver, mac: &[u8; 6]) -> bool {
    // SAFETY: the caller is at DISPATCH_LEVEL.
    unsafe { Cx::<Dispatch>::enter(|cx| driver.set_mac_address(cx, *mac).is_ok()) }
}

/// Reads the station's address, the counters and the link.
///
/// # Safety
/// At DISPATCH_LEVEL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn image_state(
    driver: &Driver,
    mac: &mut Option<[u8; 6]>,
    statistics: &mut Statistics,
    link: &mut nic::Link,
) {
    // SAFETY: the caller is at DISPATCH_LEVEL.
    unsafe {
        Cx::<Dispatch>::enter(|cx| {
            *mac = driver.mac_address(cx);
            *statistics = driver.statistics(cx);
        });
    }
    *link = driver.link();
}

/// Indexes without a check that the compiler could see.
#[cfg(feature = "planted")]
#[unsafe(no_mangle)]
pub extern "C" fn image_planted(table: &[u8; 4], index: usize) -> u8 {
    table[index]
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        safe fn a_panic_path_is_linked() -> !;
    }
    a_panic_path_is_linked()
}
