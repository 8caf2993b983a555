//! The abstraction's own types do as they say: locks, views, budgets, tokens and atomics.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use dirql::sync::{AtomicU32, Ordering};
use dirql::{
    Budget, Cx, Dispatch, In, Lock, Passive, RawLock, ReadEffect, ReadPure, Register, RegisterIo, View, Write,
};
use dirql_proptests::config;
use proptest::collection::vec;
use proptest::prelude::*;

thread_local! {
    /// What happened to this thread's raw lock: `true` when it was acquired, `false` when it was released.
    static TURNS: RefCell<Vec<bool>> = const { RefCell::new(Vec::new()) };
}

/// A lock that notes its turns.
#[derive(Debug, Default)]
struct Turns;

// SAFETY: for one thread only; a second `acquire` before the `release` panics.
unsafe impl RawLock for Turns {
    type Saved = usize;

    fn acquire(&self) -> usize {
        TURNS.with_borrow_mut(|turns| {
            assert_ne!(turns.last(), Some(&true), "the lock is taken twice");
            turns.push(true);
            turns.len()
        })
    }

    unsafe fn release(&self, saved: usize) {
        TURNS.with_borrow_mut(|turns| {
            assert_eq!(
                (turns.len(), turns.last()),
                (saved, Some(&true)),
                "another acquire's state is restored"
            );
            turns.push(false);
        });
    }
}

fn at<L: dirql::Level, R>(act: impl FnOnce(&mut Cx<'_, L>) -> R) -> R {
    // SAFETY: an ordinary thread may block, and nothing here asks for more.
    unsafe { Cx::enter(act) }
}

enum Group {}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Plain(u32);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Clearing(u32);

macro_rules! register {
    ($name:ident @ $offset:literal: $($access:ident)+) => {
        impl Register for $name {
            const OFFSET: u32 = $offset;
            fn from_bits(bits: u32) -> Self {
                Self(bits)
            }
            fn into_bits(self) -> u32 {
                self.0
            }
        }
        $(impl $access for $name {})+
        impl In<Group> for $name {}
    };
}

register!(Plain @ 0x10: ReadPure Write);
register!(Clearing @ 0xc0: ReadEffect Write);

/// A window that answers with a function of the offset, and notes every access: offset, and what was written.
#[derive(Debug, Default)]
struct Window(Mutex<Vec<(u32, Option<u32>)>>);

fn answer(offset: u32) -> u32 {
    offset.wrapping_mul(0x9e37_79b9)
}

impl RegisterIo for &Window {
    fn read_u32(&self, offset: u32) -> u32 {
        self.0.lock().unwrap().push((offset, None));
        answer(offset)
    }

    fn write_u32(&self, offset: u32, value: u32) {
        self.0.lock().unwrap().push((offset, Some(value)));
    }
}

proptest! {
    #![proptest_config(config(256))]

    /// Sections see what the sections before them left, one at a time, and whichever unwinds gives the lock back.
    #[test]
    fn a_lock_guards_a_plain_value(steps in vec((any::<u32>(), any::<bool>(), any::<bool>()), 0..20)) {
        TURNS.take();
        let mut plain = 1_u32;
        let mut lock = Lock::<Turns, u32>::new(plain);
        for &(factor, from_dpc, unwinds) in &steps {
            plain = plain.wrapping_mul(factor | 1).wrapping_add(factor);
            let section = |value: &mut u32| {
                *value = value.wrapping_mul(factor | 1).wrapping_add(factor);
                if unwinds {
                    std::panic::resume_unwind(Box::new(()));
                }
                *value
            };
            let seen = catch_unwind(AssertUnwindSafe(|| match from_dpc {
                true => at::<Dispatch, _>(|cx| lock.with(cx, section)),
                false => at::<Passive, _>(|cx| lock.with(cx, section)),
            }));
            prop_assert_eq!(seen.ok(), (!unwinds).then_some(plain));
        }
        prop_assert_eq!(*lock.get_mut(), plain);
        let turns: Vec<bool> = steps.iter().flat_map(|_| [true, false]).collect();
        prop_assert_eq!(TURNS.take(), turns);
    }

    #[test]
    fn a_view_reaches_the_registers_that_it_names(value in any::<u32>(), index in any::<u32>(), stride in any::<u32>()) {
        let window = Window::default();
        let mut view = View::<_, Group>::new(&window);
        prop_assert_eq!(view.read::<Plain>(), Plain(answer(0x10)));
        prop_assert_eq!(view.take::<Clearing>(), Clearing(answer(0xc0)));
        view.write(Plain(value));
        view.write_at(index, stride, Clearing(value));
        let element = 0xc0_u32.wrapping_add(index.wrapping_mul(stride));
        let accesses = [(0x10, None), (0xc0, None), (0x10, Some(value)), (element, Some(value))];
        prop_assert_eq!(window.0.into_inner().unwrap(), accesses);
    }

    #[test]
    fn a_budget_is_never_empty(items in any::<u32>()) {
        prop_assert_eq!(Budget::new(items).items(), items.max(1));
    }

    /// Every operation of an atomic is the plain one, and returns what was there before.
    #[test]
    fn an_atomic_is_a_plain_number(start in any::<u32>(), steps in vec((0..7_u8, any::<u32>()), 0..20)) {
        let (mut plain, atomic) = (start, AtomicU32::new(start));
        for (operation, x) in steps {
            let before = plain;
            let (after, seen) = match operation {
                0 => (plain.wrapping_add(x), atomic.fetch_add(x, Ordering::SeqCst)),
                1 => (plain.wrapping_sub(x), atomic.fetch_sub(x, Ordering::SeqCst)),
                2 => (plain & x, atomic.fetch_and(x, Ordering::SeqCst)),
                3 => (plain | x, atomic.fetch_or(x, Ordering::SeqCst)),
                4 => (x, atomic.swap(x, Ordering::SeqCst)),
                5 => (if plain & 1 == 0 { x } else { plain }, exchange_even(&atomic, x)),
                _ => {
                    atomic.store(x, Ordering::SeqCst);
                    (x, before)
                }
            };
            plain = after;
            prop_assert_eq!(seen, before);
            prop_assert_eq!(atomic.load(Ordering::SeqCst), plain);
        }
    }
}

/// Replaces an even value, as `compare_exchange` with the value itself, and an odd one not, as with another.
fn exchange_even(atomic: &AtomicU32, new: u32) -> u32 {
    let current = atomic.load(Ordering::SeqCst);
    let expected = if current & 1 == 0 { current } else { !current };
    match atomic.compare_exchange(expected, new, Ordering::SeqCst, Ordering::SeqCst) {
        Ok(found) | Err(found) => found,
    }
}

#[test]
fn a_token_names_its_level() {
    assert_eq!(at::<Passive, _>(|cx| format!("{cx:?}")), "Cx(IRQL 0)");
    assert_eq!(at::<Dispatch, _>(|cx| format!("{cx:?}")), "Cx(IRQL 2)");
}
