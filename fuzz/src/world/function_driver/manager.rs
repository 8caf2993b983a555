//! Who loads the driver, runs its device's life and makes requests of it: the other sides of a framework, or for a WDM
//! driver those of the kernel itself.

use core::cell::{Cell, RefCell};

use dirql_ddi::{
    NT_SUCCESS, NTSTATUS, PowerDeviceD0, PowerDeviceD3, PowerSystemSleeping3, PowerSystemWorking,
    STATUS_INSUFFICIENT_RESOURCES, STATUS_NOT_FOUND,
};
use dirql_sim::kernel;
use dirql_sim::ntoskrnl::{self, File, Interrupts, PnpState};
use dirql_sim::wdf::{self, Framework, Io};

use i82574_model::I82574;

use crate::world::NIC;
use crate::world::actors::act;

/// Names a request to the one who made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ticket {
    Framework(wdf::Ticket),
    Kernel(u64),
}

impl Ticket {
    /// Returns how many requests were made before this one.
    pub(super) fn number(self) -> u64 {
        match self {
            Self::Framework(ticket) => ticket.number(),
            Self::Kernel(number) => number,
        }
    }
}

/// What came of a request.
pub(super) struct Completed {
    pub(super) ticket: Ticket,
    pub(super) status: NTSTATUS,
    /// What a read or a control code returned.
    pub(super) data: Vec<u8>,
}

impl From<wdf::Completed> for Completed {
    fn from(done: wdf::Completed) -> Self {
        Self { ticket: Ticket::Framework(done.ticket), status: done.status, data: done.data }
    }
}

impl From<ntoskrnl::Completed> for Completed {
    fn from(done: ntoskrnl::Completed) -> Self {
        Self { ticket: Ticket::Kernel(done.number), status: done.status, data: done.bytes }
    }
}

/// The other sides of the driver.
pub(super) enum Manager {
    Wdf(Framework),
    Wdm(Kernel),
}

impl Manager {
    /// Says whether the driver moves frames, or is the register half only.
    pub(super) fn moves_frames(&self) -> bool {
        !matches!(self, Self::Wdf(Framework::User))
    }

    pub(super) fn load(&self) -> NTSTATUS {
        match self {
            Self::Wdf(Framework::Kernel) => wdf::load(Framework::Kernel, nic_kmdf::driver_entry),
            Self::Wdf(Framework::User) => wdf::load(Framework::User, nic_umdf::driver_entry),
            Self::Wdm(_) => ntoskrnl::load(nic_wdm::driver_entry),
        }
    }

    pub(super) fn unload(&self) {
        match self {
            Self::Wdf(_) => wdf::unload(),
            Self::Wdm(_) => ntoskrnl::unload(),
        }
    }

    pub(super) fn add(&self) -> NTSTATUS {
        match self {
            Self::Wdf(_) => wdf::add(NIC),
            Self::Wdm(_) => ntoskrnl::add_device(NIC),
        }
    }

    pub(super) fn start(&self, registers_len: u32) -> NTSTATUS {
        match self {
            Self::Wdf(_) => wdf::start(NIC, registers_len),
            Self::Wdm(kernel) => kernel.start(registers_len),
        }
    }

    pub(super) fn stop(&self) {
        match self {
            Self::Wdf(_) => wdf::stop(NIC),
            Self::Wdm(_) => stop(),
        }
    }

    /// Grants the messages, or the line only, with the next start.
    pub(super) fn grant_messages(&self, granted: bool) {
        match self {
            Self::Wdf(_) => wdf::grant_messages(NIC, granted),
            Self::Wdm(kernel) => kernel.line_only.set(!granted),
        }
    }

    /// Puts a paging file behind the device, which only a driver of the kernel's can have.
    pub(super) fn use_for_paging(&self) {
        if let Self::Wdf(Framework::Kernel) = self {
            wdf::use_for_paging(NIC);
        }
    }

    pub(super) fn sleep(&self) {
        match self {
            Self::Wdf(_) => wdf::sleep(NIC),
            Self::Wdm(kernel) => kernel.sleep(),
        }
    }

    pub(super) fn wake(&self) -> NTSTATUS {
        match self {
            Self::Wdf(_) => wdf::wake(NIC),
            Self::Wdm(kernel) => kernel.wake(),
        }
    }

    pub(super) fn remove_by_surprise(&self) {
        match self {
            Self::Wdf(_) => wdf::remove_by_surprise(NIC),
            Self::Wdm(_) if ntoskrnl::pnp_state(NIC) == PnpState::Alone => {}
            Self::Wdm(_) => ntoskrnl::surprise_remove(NIC),
        }
    }

    /// Removes the device, wherever it is in its life. One that `hangs` may never send what it has, and as long as it is
    /// there no handle is closed: it is pulled out.
    pub(super) fn remove(&self, hangs: bool) {
        match self {
            Self::Wdf(_) => wdf::remove(NIC),
            Self::Wdm(kernel) => kernel.remove(hangs),
        }
    }

    pub(super) fn submit(&self, io: &Io<'_>) -> Ticket {
        match self {
            Self::Wdf(_) => Ticket::Framework(wdf::submit(NIC, io)),
            Self::Wdm(kernel) => kernel.submit(io),
        }
    }

    /// Returns the newest request, if it can be cancelled while it is still on its way to the driver.
    pub(super) fn newest(&self) -> Option<Ticket> {
        match self {
            Self::Wdf(_) => None,
            Self::Wdm(kernel) => kernel.made.get().checked_sub(1).map(Ticket::Kernel),
        }
    }

    pub(super) fn cancel(&self, ticket: Ticket) {
        match (self, ticket) {
            (_, Ticket::Framework(ticket)) => wdf::cancel(ticket),
            (Self::Wdm(kernel), Ticket::Kernel(number)) => kernel.cancel(number),
            _ => {}
        }
    }

    /// Takes what came of a request, if it was completed.
    pub(super) fn take(&self, ticket: Ticket) -> Option<Completed> {
        match (self, ticket) {
            (_, Ticket::Framework(ticket)) => wdf::take(ticket).map(Completed::from),
            (Self::Wdm(kernel), _) => kernel.take(ticket),
            _ => None,
        }
    }

    /// Takes all completions that nobody took.
    pub(super) fn take_completed(&self) -> Vec<Completed> {
        match self {
            Self::Wdf(_) => wdf::take_completed().into_iter().map(Completed::from).collect(),
            Self::Wdm(kernel) => kernel.take_completed(),
        }
    }

    pub(super) fn outstanding(&self) -> usize {
        match self {
            Self::Wdf(_) => wdf::outstanding(),
            Self::Wdm(kernel) => kernel.file.get().map_or(0, ntoskrnl::outstanding),
        }
    }
}

/// A thread of the system that has opened a WDM driver's device.
#[derive(Default)]
pub(super) struct Kernel {
    file: Cell<Option<File>>,
    made: Cell<u64>,
    line_only: Cell<bool>,
    /// The system sleeps, and not only the device.
    system_sleeps: Cell<bool>,
    /// What came back and nobody took.
    completed: RefCell<Vec<Completed>>,
}

/// Stops the device, which agrees; now and then the first time is called off.
fn stop() {
    let agrees = || ntoskrnl::query_stop(NIC) || kernel::fail("PnpStatus", "a stop is refused".into());
    if agrees() && kernel::choose(4) == 3 {
        ntoskrnl::cancel_stop(NIC);
        agrees();
    }
    ntoskrnl::stop(NIC);
}

/// Lets the system sleep, if the driver agrees. Its device sleeps then.
fn system_sleeps() -> bool {
    let state = PowerSystemSleeping3;
    let requests = [ntoskrnl::query_system_power, ntoskrnl::set_system_power];
    if !requests.into_iter().all(|request| agrees(request(NIC, state))) {
        return false;
    }
    if ntoskrnl::reported_power(NIC) != PowerDeviceD3 {
        kernel::fail("PnpStatus", "the system sleeps, and the device does not".into());
    }
    true
}

/// Says whether a request about the system's power succeeded. Only for want of memory it may not.
fn agrees(status: NTSTATUS) -> bool {
    if status != STATUS_INSUFFICIENT_RESOURCES {
        require_success("IRP_MJ_POWER for S3", status);
    }
    NT_SUCCESS(status)
}

fn require_success(what: &str, status: NTSTATUS) {
    if !NT_SUCCESS(status) {
        kernel::fail("PnpStatus", format!("{what} comes back with {status:#010x}"));
    }
}

fn pull_out() {
    act(I82574::remove);
    while !act(|nic| nic.is_gone()) {
        kernel::sleep();
    }
}

impl Kernel {
    /// A device that does not start is removed, and added again when it is to start again.
    fn start(&self, registers_len: u32) -> NTSTATUS {
        match ntoskrnl::pnp_state(NIC) {
            PnpState::Alone => match ntoskrnl::add_device(NIC) {
                status if NT_SUCCESS(status) => {}
                status => return status,
            },
            PnpState::Started => stop(),
            _ => {}
        }
        let interrupts = if self.line_only.get() { Interrupts::Line } else { Interrupts::Messages };
        let status = ntoskrnl::start_device(NIC, registers_len, interrupts);
        if !NT_SUCCESS(status) {
            self.close();
            ntoskrnl::remove(NIC);
        } else if self.file.get().is_none() {
            self.file.set(ntoskrnl::open(NIC).ok());
        }
        status
    }

    /// The device sleeps, alone or with the system. If there is no memory for that, alone.
    fn sleep(&self) {
        let with_system = kernel::choose(2) == 1 && system_sleeps();
        self.system_sleeps.set(with_system);
        if !with_system {
            require_success("IRP_MN_SET_POWER to D3", ntoskrnl::set_device_power(NIC, PowerDeviceD3));
        }
    }

    fn wake(&self) -> NTSTATUS {
        if self.system_sleeps.take() {
            ntoskrnl::set_system_power(NIC, PowerSystemWorking)
        } else {
            ntoskrnl::set_device_power(NIC, PowerDeviceD0)
        }
    }

    fn close(&self) {
        if let Some(file) = self.file.take() {
            ntoskrnl::close(file);
            self.collect(file);
        }
    }

    fn remove(&self, hangs: bool) {
        if hangs && ntoskrnl::pnp_state(NIC) == PnpState::Started {
            pull_out();
            ntoskrnl::surprise_remove(NIC);
        }
        self.close();
        if ntoskrnl::pnp_state(NIC) == PnpState::Started && !ntoskrnl::query_remove(NIC) {
            kernel::fail("PnpStatus", "a removal is refused".into());
        }
        if ntoskrnl::pnp_state(NIC) != PnpState::Alone {
            ntoskrnl::remove(NIC);
        }
    }

    fn submit(&self, io: &Io<'_>) -> Ticket {
        let number = self.made.get();
        self.made.set(number + 1);
        kernel::pause();
        match (self.file.get(), io) {
            (None, _) => {
                let ticket = Ticket::Kernel(number);
                let gone = Completed { ticket, status: STATUS_NOT_FOUND, data: Vec::new() };
                self.completed.borrow_mut().push(gone);
            }
            (Some(file), &Io::Read(len)) => ntoskrnl::read(file, number, len),
            (Some(file), Io::Write(bytes)) => ntoskrnl::write(file, number, bytes),
            (Some(file), &Io::Control(code, input, len)) => {
                ntoskrnl::control(file, number, code, input, len);
            }
        }
        Ticket::Kernel(number)
    }

    fn cancel(&self, number: u64) {
        kernel::pause();
        if let Some(file) = self.file.get() {
            ntoskrnl::cancel(file, number);
        }
    }

    fn collect(&self, file: File) {
        let more = ntoskrnl::take_completed(file).into_iter().map(Completed::from);
        self.completed.borrow_mut().extend(more);
    }

    fn take_completed(&self) -> Vec<Completed> {
        self.file.get().into_iter().for_each(|file| self.collect(file));
        self.completed.take()
    }

    fn take(&self, ticket: Ticket) -> Option<Completed> {
        self.file.get().into_iter().for_each(|file| self.collect(file));
        let mut completed = self.completed.borrow_mut();
        let at = completed.iter().position(|done| done.ticket == ticket)?;
        Some(completed.remove(at))
    }
}
