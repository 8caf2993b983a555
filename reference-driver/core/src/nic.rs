//! The driver, and what may be asked of it at any time.

use dirql::{Cx, DmaMemory, Error, ErrorKind, Level, Lock, Platform};

use crate::configuration::Configuration;
use crate::filter::Groups;
use crate::gate::Gate;
use crate::link::LinkWatch;
use crate::phase::Phases;
use crate::receive::Receive;
use crate::settings::is_station_address;
use crate::transmit::Transmit;
use crate::{
    BufferSize, Filter, Fragment, Link, Memories, Offload, SendError, Settings, Shared, Statistics, Token,
    Upper,
};

/// The 82574L driver: a [`dirql::InterruptHandler`] over platform `P`, below `U`.
///
/// Four locks, none of which is ever taken inside another, and none of which is held while `U` is called; the
/// state that the ISR touches is in [`Shared`], which only the interrupt object gives out.
pub struct Nic<P: Platform, U: Upper> {
    pub(crate) registers: P::Registers,
    pub(crate) upper: U,
    pub(crate) phases: Phases<P>,
    pub(crate) gate: Gate,
    pub(crate) transmit: Lock<P::RawLock, Transmit<P::Registers, P::Dma>>,
    pub(crate) receive: Lock<P::RawLock, Receive<P::Registers, P::Dma>>,
    pub(crate) configuration: Lock<P::RawLock, Configuration<P::Registers>>,
    pub(crate) link: LinkWatch<P::Registers>,
    /// Beside the receive ring, not in it: frames are read while no lock is held.
    pub(crate) receive_buffers: P::Dma,
    pub(crate) receive_buffer_size: BufferSize,
    pub(crate) vlan: bool,
}

impl<P: Platform, U: Upper> Nic<P, U> {
    /// Makes a driver that is stopped, for a device whose interrupts it masks: nothing can be connected to a
    /// line that an unknown device may be asserting (R26).
    ///
    /// PASSIVE_LEVEL. To be made before the interrupt is registered, to be [started](Self::start) after.
    ///
    /// # Errors
    /// `Unsupported` if the settings are out of range, or a memory is too short or not aligned.
    pub fn new(
        registers: P::Registers,
        memories: Memories<P::Dma>,
        settings: Settings,
        upper: U,
    ) -> Result<Self, Error> {
        settings.check(&memories)?;
        Shared::new(registers.clone()).silence();
        let Memories { transmit_ring, receive_ring, receive_buffers } = memories;
        let size = settings.receive_buffer_size;
        let transmit = Transmit::new(registers.clone(), transmit_ring, &settings);
        let buffers = receive_buffers.device_address();
        let receive = Receive::new(registers.clone(), receive_ring, buffers, &settings);
        let configuration = Configuration::new(registers.clone(), &settings);
        Ok(Self {
            upper,
            phases: Phases::stopped(),
            gate: Gate::closed(),
            transmit: Lock::new(transmit),
            receive: Lock::new(receive),
            configuration: Lock::new(configuration),
            link: LinkWatch::new(registers.clone()),
            receive_buffers,
            receive_buffer_size: size,
            vlan: settings.vlan,
            registers,
        })
    }

    /// Queues a frame. At or below DISPATCH_LEVEL; from any number of senders at once.
    ///
    /// Accepted, the fragments are the device's until [`Upper::sent`] names `token`.
    ///
    /// # Errors
    /// [`SendError`] says which; the frame then stays the caller's.
    pub fn send<L: Level>(
        &self,
        cx: &mut Cx<'_, L>,
        token: Token,
        fragments: &[Fragment],
    ) -> Result<(), SendError> {
        self.send_with(cx, token, fragments, Offload::default())
    }

    /// Queues a frame to which the device does something, as [`send`](Self::send).
    ///
    /// # Errors
    /// As [`send`](Self::send); what does not lie in the frame is `Invalid`.
    pub fn send_with<L: Level>(
        &self,
        cx: &mut Cx<'_, L>,
        token: Token,
        fragments: &[Fragment],
        offload: Offload,
    ) -> Result<(), SendError> {
        self.transmit.with(cx, |ring| ring.send(token, fragments, offload))
    }

    /// Chooses what is received. At or below DISPATCH_LEVEL; kept over stop, start and reset.
    pub fn set_filter<L: Level>(&self, cx: &mut Cx<'_, L>, filter: Filter) {
        self.configuration.with(cx, |c| c.set_filter(filter));
    }

    /// Chooses the groups whose multicast frames are received, instead of those chosen before, whatever the filter
    /// says of the others. The device looks at twelve bits of an address, so frames to other groups may come too. At or
    /// below DISPATCH_LEVEL; kept over stop, start and reset.
    pub fn set_multicast<L: Level>(&self, cx: &mut Cx<'_, L>, groups: &[[u8; 6]]) {
        let groups = Groups::of(groups);
        self.configuration.with(cx, |c| c.set_groups(groups));
    }

    /// Chooses the shortest time between two interrupts of a source, in units of 256 ns; 0 is none. At or below
    /// DISPATCH_LEVEL; kept over stop, start and reset.
    pub fn set_interrupt_interval<L: Level>(&self, cx: &mut Cx<'_, L>, interval_256ns: u16) {
        self.configuration.with(cx, |c| c.set_interval(interval_256ns));
    }

    /// Returns that time. At or below DISPATCH_LEVEL.
    pub fn interrupt_interval<L: Level>(&self, cx: &mut Cx<'_, L>) -> u16 {
        self.configuration.with(cx, |c| c.interval())
    }

    /// Replaces the station's address. At or below DISPATCH_LEVEL; kept over stop, start and reset.
    ///
    /// # Errors
    /// `Unsupported` if it is zero or a group's.
    pub fn set_mac_address<L: Level>(&self, cx: &mut Cx<'_, L>, mac: [u8; 6]) -> Result<(), Error> {
        if !is_station_address(mac) {
            return Err(ErrorKind::Unsupported.into());
        }
        self.configuration.with(cx, |c| c.set_mac(mac));
        Ok(())
    }

    /// Returns the station's address: `None` until the first start has read the EEPROM, if nobody set one.
    /// At or below DISPATCH_LEVEL.
    pub fn mac_address<L: Level>(&self, cx: &mut Cx<'_, L>) -> Option<[u8; 6]> {
        self.configuration.with(cx, |c| c.mac())
    }

    /// Returns the counters. At or below DISPATCH_LEVEL.
    pub fn statistics<L: Level>(&self, cx: &mut Cx<'_, L>) -> Statistics {
        let mut statistics = self.configuration.with(cx, |c| c.statistics());
        self.transmit.with(cx, |ring| ring.count(&mut statistics));
        self.receive.with(cx, |ring| ring.count(&mut statistics));
        statistics
    }

    /// Returns the link's state as it was seen last. Any IRQL.
    pub fn link(&self) -> Link {
        self.link.state()
    }

    /// Says whether the device has ceased to send: a frame waits, and neither did one leave nor the head move since this
    /// was asked before, with the link up and no flow control in the way (as Linux e1000e finds out, in
    /// e1000_print_hw_hang). To be asked every few seconds, at or below DISPATCH_LEVEL; a reset gets the device going.
    pub fn is_transmit_hung<L: Level>(&self, cx: &mut Cx<'_, L>) -> bool {
        let may_send = self.link.may_send();
        self.transmit.with(cx, |ring| ring.is_stuck(may_send))
    }

    /// Returns what lies above.
    pub fn upper(&self) -> &U {
        &self.upper
    }
}
