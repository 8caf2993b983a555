//! Who can go next: the actors of a machine as bits of one word.

/// The most processors of one machine.
pub const CPUS_MAX: usize = 4;
/// The most threads of one machine, one idle thread per processor included.
pub const THREADS_MAX: usize = 16;
/// The most devices of one machine.
pub const DEVICES_MAX: usize = 2;

pub(crate) const CPU_FIRST: u8 = THREADS_MAX as u8;
const ENGINE_FIRST: u8 = CPU_FIRST + CPUS_MAX as u8;
const POSTED_FIRST: u8 = ENGINE_FIRST + (DEVICES_MAX as u32 * crate::device::ENGINES_MAX) as u8;
const TIMER: u8 = POSTED_FIRST + DEVICES_MAX as u8;

/// One thing that can happen next, numbered so that it fits a bit of [`Moves`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Move(pub u8);

/// What a [`Move`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A thread goes on, with whatever runs on top of it; or is switched to.
    Thread(usize),
    /// A processor takes its most urgent pending interrupt or DPC.
    Interrupt(usize),
    /// An engine of a device takes a step.
    Engine(usize, u32),
    /// The oldest posted register write reaches its device.
    Posted(usize),
    /// A timer expires.
    Timer,
}

impl Move {
    pub(crate) const TIMER: Self = Self(TIMER);

    pub(crate) const fn thread(thread: usize) -> Self {
        Self(thread as u8)
    }

    pub(crate) const fn interrupt(cpu: usize) -> Self {
        Self(CPU_FIRST + cpu as u8)
    }

    pub(crate) const fn engine(device: usize, engine: u32) -> Self {
        Self(ENGINE_FIRST + (device as u32 * crate::device::ENGINES_MAX + engine) as u8)
    }

    pub(crate) const fn posted(device: usize) -> Self {
        Self(POSTED_FIRST + device as u8)
    }

    /// Says whose move it is.
    pub const fn actor(self) -> Actor {
        match self.0 {
            n if n < CPU_FIRST => Actor::Thread(n as usize),
            n if n < ENGINE_FIRST => Actor::Interrupt((n - CPU_FIRST) as usize),
            n if n < POSTED_FIRST => {
                let n = (n - ENGINE_FIRST) as u32;
                Actor::Engine((n / crate::device::ENGINES_MAX) as usize, n % crate::device::ENGINES_MAX)
            }
            n if n < TIMER => Actor::Posted((n - POSTED_FIRST) as usize),
            _ => Actor::Timer,
        }
    }

    #[inline]
    pub(crate) const fn bit(self) -> u32 {
        1 << self.0
    }
}

/// A set of [`Move`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moves(pub u32);

impl Moves {
    /// Returns whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns how many there are.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Returns the only one, if there is one and no other.
    #[inline]
    pub const fn only(self) -> Option<Move> {
        if self.0.is_power_of_two() { Some(self.nth(0)) } else { None }
    }

    /// Returns whether `m` is among them.
    pub const fn contains(self, m: Move) -> bool {
        self.0 & m.bit() != 0
    }

    /// Returns the `n`-th, counting from the lowest number; `n` is below [`len`](Self::len).
    #[inline]
    pub const fn nth(self, n: u32) -> Move {
        // Mostly there are few, and a branch on a random number is mispredicted: the first steps have none.
        let one = Self(if n > 0 { self.without_first() } else { self.0 });
        let two = Self(if n > 1 { one.without_first() } else { one.0 });
        let mut rest = two;
        let mut more = n.saturating_sub(2);
        while more > 0 {
            rest = Self(rest.without_first());
            more -= 1;
        }
        Move(rest.0.trailing_zeros() as u8)
    }

    const fn without_first(self) -> u32 {
        self.0 & self.0.wrapping_sub(1)
    }

    /// Returns the first move after `m` in cyclic order.
    pub const fn after(self, m: Move) -> Move {
        let above = self.0 & !(m.bit() | (m.bit() - 1));
        Move(if above != 0 { above.trailing_zeros() } else { self.0.trailing_zeros() } as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_actor_has_its_own_move() {
        let mut seen = 0_u32;
        let mut all: Vec<Move> = (0..THREADS_MAX).map(Move::thread).collect();
        all.extend((0..CPUS_MAX).map(Move::interrupt));
        for d in 0..DEVICES_MAX {
            all.extend((0..crate::device::ENGINES_MAX).map(|e| Move::engine(d, e)));
        }
        all.extend((0..DEVICES_MAX).map(Move::posted));
        all.push(Move::TIMER);
        for m in &all {
            assert_eq!(seen & m.bit(), 0, "{m:?} is taken twice");
            seen |= m.bit();
        }
        assert_eq!(Move::engine(1, 2).actor(), Actor::Engine(1, 2));
        assert_eq!(Move::posted(1).actor(), Actor::Posted(1));
        assert_eq!(Move::interrupt(3).actor(), Actor::Interrupt(3));
        assert_eq!(Move::TIMER.actor(), Actor::Timer);
    }

    #[test]
    fn cyclic_order_wraps() {
        let moves = Moves(0b10110);
        assert_eq!(moves.after(Move(1)), Move(2));
        assert_eq!(moves.after(Move(4)), Move(1));
        assert_eq!(moves.nth(0), Move(1));
        assert_eq!(moves.nth(2), Move(4));
    }
}
