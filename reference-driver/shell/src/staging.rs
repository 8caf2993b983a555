//! Frames of write requests, where the device can read them.

use dirql::DmaMemory;
use nic::{FRAME_LEN_MAX, Fragment, Token};

/// Length of the memory that a frame takes in a [`Staging`] or an [`Inbox`](crate::Inbox), in bytes.
pub const SLOT_LEN: u32 = 1536;
const _: () = assert!(SLOT_LEN >= FRAME_LEN_MAX && SLOT_LEN.is_multiple_of(4));

/// Up to `N` frames in a common buffer, each with the request `R` that it came in. Belongs under a lock.
///
/// A frame is in one piece, so with fewer slots than the ring has descriptors the ring is never full, and what waits
/// waits for a slot.
#[derive(Debug)]
pub struct Staging<D, R, const N: usize> {
    memory: D,
    requests: [Option<R>; N],
}

impl<D: DmaMemory, R, const N: usize> Staging<D, R, N> {
    /// How long the memory must be, in bytes.
    pub const LEN: u32 = N as u32 * SLOT_LEN;

    /// Makes an empty one.
    pub fn new(memory: D) -> Self {
        Self { memory, requests: [const { None }; N] }
    }

    /// Says whether a frame would have a place.
    pub fn has_room(&self) -> bool {
        self.requests.iter().any(Option::is_none)
    }

    /// Copies a frame, and keeps its request until [`release`](Self::release) takes it by the token.
    ///
    /// # Errors
    /// The request, if there is no room or the frame is too long for any.
    pub fn stage(&mut self, request: R, frame: &[u8]) -> Result<(Token, Fragment), R> {
        let len = frame.len() as u32;
        let free = self.requests.iter_mut().enumerate().find(|(_, request)| request.is_none());
        let Some((index, place)) = free.filter(|_| frame.len() <= FRAME_LEN_MAX as usize) else {
            return Err(request);
        };
        *place = Some(request);
        let offset = (index as u32).wrapping_mul(SLOT_LEN);
        self.memory.write_bytes(offset, frame);
        let device_address = self.memory.device_address().wrapping_add(offset.into());
        Ok((Token(index as u64), Fragment { device_address, len }))
    }

    /// Returns the request that a token names. Its place stays taken, whatever becomes of it.
    pub fn request(&mut self, token: Token) -> Option<&mut R> {
        self.requests.get_mut(usize::try_from(token.0).ok()?)?.as_mut()
    }

    /// Returns all requests, as [`request`](Self::request) does.
    pub fn requests(&mut self) -> impl Iterator<Item = &mut R> {
        self.requests.iter_mut().flatten()
    }

    /// Gives a request back, and its place free. `None`: the token names none.
    pub fn release(&mut self, token: Token) -> Option<R> {
        self.requests.get_mut(usize::try_from(token.0).ok()?)?.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Memory;

    #[test]
    fn each_request_comes_back_once_by_its_token() {
        let memory = Memory::new(Staging::<Memory, u32, 2>::LEN);
        let mut staging = Staging::<_, _, 2>::new(memory.clone());
        let (first, at) = staging.stage(7, &[1; 60]).unwrap();
        assert_eq!(at, Fragment { device_address: memory.device_address(), len: 60 });
        let (second, at) = staging.stage(8, &[2; 1518]).unwrap();
        assert_eq!(at.device_address, memory.device_address() + u64::from(SLOT_LEN));
        assert!(!staging.has_room());
        assert_eq!(staging.request(second).copied(), Some(8));
        assert_eq!(staging.requests().map(|request| *request).collect::<std::vec::Vec<_>>(), [7, 8]);
        assert_eq!(staging.stage(9, &[3; 60]), Err(9));
        assert_eq!((staging.release(first), staging.release(first)), (Some(7), None));
        assert!(staging.has_room());
        assert_eq!(staging.stage(9, &[0; 1519]), Err(9), "too long for any");
        assert_eq!((staging.release(second), staging.release(Token(u64::MAX))), (Some(8), None));
        let mut bytes = [0; 61];
        memory.read_bytes(0, &mut bytes);
        assert!(bytes[..60] == [1; 60] && bytes[60] == 0);
    }
}
