//! A serial port, and the two programs that use it.

use std::cell::{Cell, RefCell};

use dirql::{Budget, Config, Cx, InterruptSync, Passive, Platform, Request, Serialize, Source};
use dirql_backends::mock::{self, Mock, Registration};
use dirql_sim::{DeviceId, EventId, kernel};

use crate::driver::{Shared, Uart};
use crate::model::Uart16550;

/// Bytes each way: enough to fill the FIFOs and the driver's buffers.
const BYTES: u8 = 40;
/// The longest write and the longest read, which fit neither [`BYTES`] nor a FIFO.
const WRITE_MAX: usize = 12;
const READ_MAX: usize = 9;
const OVERRUN: u32 = 0x02;

type Notify = Box<dyn Fn() + Send + Sync>;

/// An open port.
pub struct Port {
    device: DeviceId,
    uart: Registration<Uart<Mock, Notify>>,
    readable: EventId,
    stops: Cell<bool>,
    received: RefCell<Vec<u8>>,
    errors: Cell<u32>,
}

impl Port {
    pub fn open(cx: &mut Cx<'_, Passive>, device: DeviceId) -> Self {
        let readable = kernel::create_event();
        let uart = mock::Device::new(device);
        let notify: Notify = Box::new(move || kernel::set_event(readable));
        let driver = Uart::new(uart.registers(), notify);
        let config =
            Config { request: Request::Line, serialize: Serialize::PerSource, budget: Budget::new(16) };
        let uart = mock::register(cx, &uart, driver, config).expect("the line has room");
        model(device, |model| model.incoming.extend(0..BYTES));
        let (stops, received, errors) = Default::default();
        Self { device, uart, readable, stops, received, errors }
    }

    pub fn write(&self, cx: &mut Cx<'_, Passive>) {
        let bytes: Vec<u8> = (0..BYTES).collect();
        let mut left = &bytes[..];
        while !left.is_empty() {
            let now = left.len().min(WRITE_MAX);
            let taken = self.uart.handler().write(cx, self.uart.interrupt(), &left[..now]);
            left = &left[taken..];
            if taken < now {
                Mock::delay(cx, 1000);
            }
        }
    }

    pub fn read(&self, cx: &mut Cx<'_, Passive>) {
        while !self.stops.get() {
            kernel::wait_event(self.readable);
            while self.read_some(cx) > 0 {}
        }
    }

    fn read_some(&self, cx: &mut Cx<'_, Passive>) -> usize {
        let mut bytes = [0; READ_MAX];
        let section = |shared: &mut Shared<_>| shared.read(&mut bytes);
        let (taken, errors) =
            self.uart.interrupt().synchronize(cx, Source::Line, section).expect("the port is open");
        self.received.borrow_mut().extend(&bytes[..taken]);
        self.errors.set(self.errors.get() | errors);
        taken
    }

    pub fn stop_reading(&self) {
        self.stops.set(true);
        kernel::set_event(self.readable);
    }

    /// Nothing moves any more: nothing may be missing, and what was lost is told.
    pub fn judge_at_rest(&self) {
        let (sent, lost) = model(self.device, |model| (model.sent.len(), model.lost));
        assert_eq!(sent, BYTES.into(), "bytes that arrived at the far end");
        assert_eq!(self.received.borrow().len() + lost, BYTES.into(), "bytes read or lost");
        assert_eq!(self.errors.get() & OVERRUN != 0, lost > 0, "an overrun was told, or bytes were lost");
    }

    /// Closes the port, whatever is still on its way. What arrived did so in order and once.
    pub fn close(self, cx: &mut Cx<'_, Passive>) {
        let Self { device, uart, received, .. } = self;
        let _driver = uart.unregister(cx);
        let sent = model(device, |model| model.sent.clone());
        assert!(sent.iter().copied().eq(0..sent.len() as u8), "sent: {sent:?}");
        assert!(received.borrow().is_sorted_by(|a, b| a < b), "received: {received:?}");
    }
}

fn model<R>(device: DeviceId, look: impl FnOnce(&mut Uart16550) -> R) -> R {
    kernel::environment(device, |model, _| look(model)).expect("the device is a 16550")
}
