//! A frame to send and the list that it came in, with what the driver notes in their reserved members.

use core::ptr::NonNull;

use dirql_ddi::ndis::*;
use dirql_ddi::{PSCATTER_GATHER_LIST, PVOID, SCATTER_GATHER_ELEMENT};
use nic::{Fragment, Token};
use nic_shell::Linked;

use crate::driver::Driver;

/// Most pieces that a frame may lie in. Protocols use two or three.
pub(crate) const FRAGMENTS_MAX: usize = 32;

// The places in a NET_BUFFER's MiniportReserved.
const GATHERED: usize = 0;
const LIST: usize = 1;
const NEXT: usize = 2;
const DRIVER: usize = 3;

/// A NET_BUFFER that is the driver's until its list is completed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame(NonNull<NET_BUFFER>);

// SAFETY: a frame's reserved members are touched by the one who has it: first the sender, then the queue under its
// lock, then whoever took it from there or got it back from the core.
unsafe impl Send for Frame {}

impl Frame {
    /// Takes a frame of a list over.
    ///
    /// # Safety
    /// `buffer` belongs to `list`, which NDIS gave this driver to send. `driver` outlives the list's completion.
    unsafe fn adopt(buffer: NonNull<NET_BUFFER>, list: List, driver: &Driver) -> Self {
        let frame = Self(buffer);
        frame.note(GATHERED, core::ptr::null_mut());
        frame.note(LIST, list.0.as_ptr().cast());
        frame.note(NEXT, core::ptr::null_mut());
        frame.note(DRIVER, (&raw const *driver).cast_mut().cast());
        frame
    }

    /// Returns the frame that was given to NDIS as a context.
    ///
    /// # Safety
    /// `context` is a [`context`](Self::context), and the frame is still the driver's.
    pub(crate) unsafe fn from_context(context: PVOID) -> Option<Self> {
        NonNull::new(context.cast()).map(Self)
    }

    pub(crate) fn context(self) -> PVOID {
        self.0.as_ptr().cast()
    }

    pub(crate) fn buffer(self) -> PNET_BUFFER {
        self.0.as_ptr()
    }

    /// Returns what names the frame to the core.
    pub(crate) fn token(self) -> Token {
        Token(self.0.as_ptr().expose_provenance() as u64)
    }

    /// Returns the frame of a [`token`](Self::token).
    pub(crate) fn of(token: Token) -> Option<Self> {
        NonNull::new(core::ptr::with_exposed_provenance_mut(token.0 as usize)).map(Self)
    }

    fn note(self, place: usize, value: PVOID) {
        // SAFETY: the frame is the driver's, and with it these members.
        let reserved = unsafe { &mut (*self.0.as_ptr()).MiniportReserved };
        if let Some(member) = reserved.get_mut(place) {
            *member = value;
        }
    }

    fn noted(self, place: usize) -> PVOID {
        // SAFETY: as in `note`.
        let reserved = unsafe { &(*self.0.as_ptr()).MiniportReserved };
        reserved.get(place).copied().unwrap_or(core::ptr::null_mut())
    }

    pub(crate) fn list(self) -> Option<List> {
        NonNull::new(self.noted(LIST).cast()).map(List)
    }

    /// Returns the driver that adopted the frame.
    ///
    /// # Safety
    /// The frame is still the driver's, so that the driver is there.
    pub(crate) unsafe fn driver<'d>(self) -> &'d Driver {
        // SAFETY: `adopt` noted it, and was promised that it lives.
        unsafe { &*self.noted(DRIVER).cast::<Driver>() }
    }

    pub(crate) fn set_gathered(self, list: PSCATTER_GATHER_LIST) {
        self.note(GATHERED, list.cast());
    }

    /// Returns the frame's first bytes; `None` if there are fewer.
    pub(crate) fn first_bytes<const N: usize>(self) -> Option<[u8; N]> {
        let mut storage = [0; N];
        // SAFETY: the frame is the driver's, at or below DISPATCH_LEVEL as all that is done with one; the storage is
        // that long.
        let bytes =
            unsafe { NdisGetDataBuffer(self.0.as_ptr(), N as u32, storage.as_mut_ptr().cast(), 1, 0) };
        // SAFETY: NDIS returns where so many bytes are, in the frame or in the storage.
        NonNull::new(bytes.cast::<[u8; N]>()).map(|bytes| unsafe { bytes.read() })
    }

    /// Takes the scatter/gather list, if there is one.
    pub(crate) fn take_gathered(self) -> Option<PSCATTER_GATHER_LIST> {
        let list = self.noted(GATHERED);
        self.note(GATHERED, core::ptr::null_mut());
        (!list.is_null()).then_some(list.cast())
    }

    /// Writes the frame's pieces, as the device sees them. `None`: there are too many.
    ///
    /// The scatter/gather list begins with the current MDL, the data CurrentMdlOffset bytes into it.
    pub(crate) fn fragments(self, to: &mut [Fragment; FRAGMENTS_MAX]) -> Option<&[Fragment]> {
        let list = self.noted(GATHERED).cast::<dirql_ddi::SCATTER_GATHER_LIST>();
        if list.is_null() {
            return None;
        }
        // SAFETY: the frame is the driver's; here and below.
        let buffer = unsafe { &*self.0.as_ptr() };
        let (mut skip, mut left) = (buffer.CurrentMdlOffset, buffer.DataLength as u32);
        let mut used = 0;
        // SAFETY: NDIS's list stays until it is freed.
        for element in unsafe { elements(list) } {
            // SAFETY: the union has one member.
            let address = unsafe { element.Address.QuadPart } as u64;
            let skipped = skip.min(element.Length);
            let len = element.Length.wrapping_sub(skipped).min(left);
            skip = skip.wrapping_sub(skipped);
            left = left.wrapping_sub(len);
            if len != 0 {
                *to.get_mut(used)? = Fragment { device_address: address.wrapping_add(skipped.into()), len };
                used += 1;
            }
        }
        to.get(..used)
    }
}

impl Linked for Frame {
    fn next(self) -> Option<Self> {
        NonNull::new(self.noted(NEXT).cast()).map(Self)
    }

    fn set_next(self, next: Option<Self>) {
        self.note(NEXT, next.map_or(core::ptr::null_mut(), Self::context));
    }
}

/// # Safety
/// NDIS made the list, which stays as long as the result is used.
unsafe fn elements<'l>(list: PSCATTER_GATHER_LIST) -> &'l [SCATTER_GATHER_ELEMENT] {
    // SAFETY: the caller guarantees the list; here and below.
    let count = unsafe { (*list).NumberOfElements } as usize;
    // SAFETY: as above.
    let first = unsafe { (&raw const (*list).Elements).cast() };
    // SAFETY: as above: it has as many elements as it says.
    unsafe { core::slice::from_raw_parts(first, count) }
}

/// A NET_BUFFER_LIST that is the driver's until it completes it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct List(NonNull<NET_BUFFER_LIST>);

impl List {
    /// Takes the first list of a chain off it.
    ///
    /// # Safety
    /// NDIS gave the chain to this driver to send.
    pub(crate) unsafe fn take_first(chain: &mut PNET_BUFFER_LIST) -> Option<Self> {
        let list = NonNull::new(*chain)?;
        // SAFETY: the caller guarantees a list of the driver's.
        *chain = core::mem::replace(unsafe { &mut (*list.as_ptr()).Next }, core::ptr::null_mut());
        Some(Self(list))
    }

    pub(crate) fn raw(self) -> PNET_BUFFER_LIST {
        self.0.as_ptr()
    }

    pub(crate) fn set_status(self, status: NDIS_STATUS) {
        // SAFETY: the list is the driver's.
        unsafe { (*self.0.as_ptr()).Status = status };
    }

    /// Says whether the list was sent with this id to cancel it by.
    pub(crate) fn has_cancel_id(self, id: PVOID) -> bool {
        self.info(NetBufferListCancelId) == id.addr()
    }

    /// Returns what the list says out of band.
    pub(crate) fn info(self, place: usize) -> usize {
        // SAFETY: the list is the driver's.
        let info = unsafe { &(*self.0.as_ptr()).NetBufferListInfo };
        info.get(place).map_or(0, |word| word.addr())
    }

    /// Counts what keeps the list from being completed: its frames, and whoever hands them on.
    pub(crate) fn set_holders(self, count: usize) {
        // SAFETY: the list is the driver's.
        unsafe { (*self.0.as_ptr()).MiniportReserved[0] = core::ptr::without_provenance_mut(count) };
    }

    pub(crate) fn holders(self) -> usize {
        // SAFETY: the list is the driver's.
        unsafe { (*self.0.as_ptr()).MiniportReserved[0] }.addr()
    }

    pub(crate) fn frame_count(self) -> usize {
        let mut count = 0;
        self.for_each_buffer(|_| count += 1);
        count
    }

    /// Adopts each frame, in order. Somebody else must hold the list meanwhile.
    pub(crate) fn for_each_frame(self, driver: &Driver, mut each: impl FnMut(Frame)) {
        // SAFETY: the buffer is of this list, which is the driver's; the driver outlives its sends (`Sends::drain`).
        self.for_each_buffer(|buffer| each(unsafe { Frame::adopt(buffer, self, driver) }));
    }

    fn for_each_buffer(self, mut each: impl FnMut(NonNull<NET_BUFFER>)) {
        // SAFETY: the list is the driver's, and with it its chain of buffers; here and below.
        let mut next = unsafe { (*self.0.as_ptr()).FirstNetBuffer };
        while let Some(buffer) = NonNull::new(next) {
            // SAFETY: as above.
            next = unsafe { (*buffer.as_ptr()).Next };
            each(buffer);
        }
    }
}
