//! What all backends keep for an interrupt: the handler, and one state per domain.

use core::cell::UnsafeCell;
#[cfg(any(feature = "mock", feature = "wdm"))]
use core::mem::MaybeUninit;

use dirql::sync::{AtomicBool, Ordering};
use dirql::{
    Config, Disable, Domain, Error, ErrorKind, InterruptHandler, IsrOutcome, MESSAGES_MAX, Request,
    Serialize, Source,
};

const MESSAGES: usize = MESSAGES_MAX as usize;

/// Refuses a number of messages that no registration may ask for.
pub(crate) fn check_request(request: Request) -> Result<(), Error> {
    match request {
        Request::Messages { max } if max == 0 || max > MESSAGES_MAX => Err(ErrorKind::Unsupported.into()),
        _ => Ok(()),
    }
}

/// Returns the size of a `T` in pool or on a heap, whose blocks are aligned to 16 bytes on 64-bit Windows. A handler that
/// wants more does not compile.
#[cfg(any(feature = "wdm", feature = "ndis", feature = "kmdf", feature = "umdf"))]
pub(crate) const fn pool_size<T>() -> usize {
    assert!(align_of::<T>() <= 16, "the handler and its Shared must not be aligned to more than 16 bytes");
    size_of::<T>()
}

struct DomainState<S> {
    shared: S,
    /// The registration is ending: the handler is not called any more.
    closed: bool,
}

/// A domain's state. Whoever holds the domain's lock may touch it, and nobody else.
pub(crate) struct Guarded<S>(UnsafeCell<DomainState<S>>);

impl<S> Guarded<S> {
    fn new(shared: S) -> Self {
        Self(UnsafeCell::new(DomainState { shared, closed: false }))
    }

    /// Runs a section.
    ///
    /// # Safety
    /// The caller holds the domain's lock until this returns.
    pub(crate) unsafe fn section<R>(&self, section: impl FnOnce(&mut S) -> R) -> R {
        // SAFETY: the caller holds the domain's lock, so this is the only reference to its state.
        section(unsafe { &mut (*self.0.get()).shared })
    }
}

/// The handler and its domains' states.
pub(crate) struct Object<H: InterruptHandler> {
    pub(crate) handler: H,
    pub(crate) config: Config,
    line: Guarded<H::Shared>,
    /// With one lock for all messages, element 0 is everyone's.
    messages: [Option<Guarded<H::Shared>>; MESSAGES],
    /// All ones if each message has a state of its own, 0 if one is everyone's.
    own_state: u16,
    /// As `closed`, for deferred routines, which hold no lock.
    #[allow(dead_code, reason = "KMDF knows of each source whether it is enabled")]
    closing: AtomicBool,
}

// SAFETY: the handler is Sync; a domain's state, which is Send, is reached only by the unsafe methods below, whose
// callers hold the domain's lock.
unsafe impl<H: InterruptHandler> Sync for Object<H> {}

impl<H: InterruptHandler> Object<H> {
    /// As [`write`](Self::write), for those whose stack has room.
    #[cfg(any(feature = "mock", feature = "wdm"))]
    pub(crate) fn new(handler: H, config: Config) -> Self {
        let mut object = MaybeUninit::uninit();
        // SAFETY: there is room for one.
        unsafe { Self::write(object.as_mut_ptr(), handler, config) };
        // SAFETY: written just now.
        unsafe { object.assume_init() }
    }

    /// Puts an object into its place, with the state of every domain that could be granted, before any ISR can run (B9).
    ///
    /// Here and in [`take`](Self::take) the handler, which is large, is moved once: a kernel stack has 24 KB.
    ///
    /// # Safety
    /// `place` is room for an object.
    #[allow(clippy::multiple_unsafe_ops_per_block, reason = "they write one object, field by field")]
    pub(crate) unsafe fn write(place: *mut Self, handler: H, config: Config) {
        let state = |domain| Guarded::new(handler.shared(domain));
        let wanted = match (config.request, config.serialize) {
            (Request::Line, _) => 0,
            (Request::Messages { .. }, Serialize::AllSources) => 1,
            (Request::Messages { max }, Serialize::PerSource) => max.min(MESSAGES_MAX),
        };
        let message = |i| {
            let domain = match config.serialize {
                Serialize::AllSources => Domain::AllMessages,
                Serialize::PerSource => Domain::Message(i as u16),
            };
            (i < usize::from(wanted)).then(|| state(domain))
        };
        let own_state = match config.serialize {
            Serialize::AllSources => 0,
            Serialize::PerSource => u16::MAX,
        };
        // SAFETY: the caller guarantees the room; every field is written.
        unsafe {
            (&raw mut (*place).line).write(state(Domain::Line));
            let messages = (&raw mut (*place).messages).cast::<Option<Guarded<H::Shared>>>();
            for i in 0..MESSAGES {
                messages.add(i).write(message(i));
            }
            (&raw mut (*place).config).write(config);
            (&raw mut (*place).own_state).write(own_state);
            (&raw mut (*place).closing).write(AtomicBool::new(false));
            (&raw mut (*place).handler).write(handler);
        }
    }

    /// Moves the handler out, and drops the rest.
    ///
    /// # Safety
    /// `place` is an object that nobody uses any more. It is gone after this.
    #[cfg(any(feature = "wdm", feature = "ndis", feature = "kmdf", feature = "umdf"))]
    pub(crate) unsafe fn take(place: *mut Self) -> H {
        // SAFETY: the caller's promise, here and below.
        let Self { handler, config: _, line, messages, own_state: _, closing: _ } = unsafe { &mut *place };
        // SAFETY: as above.
        unsafe { (&raw mut *line).drop_in_place() };
        for message in messages {
            // SAFETY: as above.
            unsafe { (&raw mut *message).drop_in_place() };
        }
        // SAFETY: as above.
        unsafe { (&raw const *handler).read() }
    }

    /// Returns the state of `source`'s domain; `None` if the source was not asked for.
    pub(crate) fn domain(&self, source: Source) -> Option<&Guarded<H::Shared>> {
        match source {
            Source::Line => Some(&self.line),
            Source::Message(n) => {
                // Before it is masked, so that a backend with a handle for each message asks this once.
                let n = Some(usize::from(n)).filter(|&n| n < MESSAGES)?;
                self.messages.get(n & usize::from(self.own_state))?.as_ref()
            }
        }
    }

    /// As [`domain`](Self::domain), for sections: whoever knows the grant need not look at the request again.
    ///
    /// # Safety
    /// `source` is granted, and no more messages are than were asked for.
    #[cfg(any(feature = "wdm", feature = "ndis", feature = "kmdf", feature = "umdf"))]
    pub(crate) unsafe fn granted_domain(&self, source: Source) -> &Guarded<H::Shared> {
        let Source::Message(n) = source else { return &self.line };
        // SAFETY: `new` made a state for every message that could be granted, or one for all; here and below.
        let state = unsafe { self.messages.get_unchecked(usize::from(n & self.own_state)) };
        // SAFETY: as above.
        unsafe { state.as_ref().unwrap_unchecked() }
    }

    /// Calls the handler's ISR, unless the registration is ending.
    ///
    /// # Safety
    /// The caller holds the lock of `source`'s domain until this returns.
    pub(crate) unsafe fn isr(&self, source: Source) -> IsrOutcome {
        let Some(domain) = self.domain(source) else { return IsrOutcome::NOT_MINE };
        // SAFETY: the caller holds the domain's lock, so this is the only reference to its state.
        let state = unsafe { &mut *domain.0.get() };
        if state.closed { IsrOutcome::NOT_MINE } else { self.handler.isr(&mut state.shared, source) }
    }

    /// Lets the handler enable a source, whose ISR reaches the handler from then on.
    ///
    /// # Safety
    /// The caller holds the lock of `source`'s domain until this returns.
    pub(crate) unsafe fn enable(&self, source: Source) -> Result<(), Error> {
        let Some(domain) = self.domain(source) else { return Ok(()) };
        // SAFETY: the caller holds the domain's lock, so this is the only reference to its state.
        let state = unsafe { &mut *domain.0.get() };
        state.closed = false;
        self.handler.enable(&mut state.shared, source)
    }

    /// Lets the handler disable a source, and keeps its ISR from being called again.
    ///
    /// # Safety
    /// The caller holds the lock of `source`'s domain until this returns.
    pub(crate) unsafe fn close(&self, source: Source, why: Disable) {
        let Some(domain) = self.domain(source) else { return };
        // SAFETY: the caller holds the domain's lock, so this is the only reference to its state.
        let state = unsafe { &mut *domain.0.get() };
        self.handler.disable(&mut state.shared, source, why);
        state.closed = true;
    }
}

#[allow(dead_code, reason = "KMDF knows of each source whether it is enabled")]
impl<H: InterruptHandler> Object<H> {
    /// Keeps deferred routines from being queued again.
    pub(crate) fn stop_deferring(&self) {
        self.closing.store(true, Ordering::SeqCst);
    }

    /// Says whether deferred routines may be queued again.
    pub(crate) fn may_defer(&self) -> bool {
        !self.closing.load(Ordering::SeqCst)
    }
}
