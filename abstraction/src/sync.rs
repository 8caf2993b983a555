//! Atomics that a simulation can see.
//!
//! On a target these are `core`'s own, at no cost. With the feature `sim`, which only `dirql-sim` enables, every
//! operation is also a preemption point. Drivers use nothing else (clippy.toml says so).
#![allow(clippy::disallowed_types, reason = "this is the one place that wraps core's atomics")]

pub use core::sync::atomic::Ordering;

/// What an atomic operation does, as told to a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Reads.
    Load,
    /// Writes.
    Store,
    /// Reads and writes in one step.
    Update,
}

/// The hook through which a simulation sees every operation.
#[cfg(feature = "sim")]
pub mod sim {
    use super::Operation;
    use core::sync::atomic::{AtomicPtr, Ordering};

    static HOOK: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());

    /// Installs the function that is called before every operation, for the whole process. Installing the same
    /// function again changes nothing.
    pub fn install(hook: fn(Operation)) {
        HOOK.store(hook as *mut (), Ordering::Release);
    }

    #[inline]
    pub(super) fn visit(operation: Operation) {
        let hook = HOOK.load(Ordering::Acquire);
        if !hook.is_null() {
            // SAFETY: the only non-null values ever stored are `fn(Operation)` pointers, by `install`.
            let hook: fn(Operation) = unsafe { core::mem::transmute(hook) };
            hook(operation);
        }
    }
}

#[cfg(feature = "sim")]
use sim::visit;

#[cfg(not(feature = "sim"))]
#[inline(always)]
fn visit(_: Operation) {}

macro_rules! atomic {
    ($name:ident, $value:ty, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug, Default)]
        pub struct $name(core::sync::atomic::$name);

        impl $name {
            /// Makes an atomic that holds `value`.
            pub const fn new(value: $value) -> Self {
                Self(core::sync::atomic::$name::new(value))
            }

            /// Returns the value.
            #[inline]
            pub fn load(&self, order: Ordering) -> $value {
                visit(Operation::Load);
                self.0.load(order)
            }

            /// Replaces the value.
            #[inline]
            pub fn store(&self, value: $value, order: Ordering) {
                visit(Operation::Store);
                self.0.store(value, order);
            }

            /// Replaces the value and returns the old one.
            #[inline]
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                visit(Operation::Update);
                self.0.swap(value, order)
            }

            /// Replaces the value by `new` if it is `current`.
            ///
            /// # Errors
            /// Returns the value found if it was another.
            #[inline]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                visit(Operation::Update);
                self.0.compare_exchange(current, new, success, failure)
            }

            /// Combines the value with `value` by bitwise or, and returns the old one.
            #[inline]
            pub fn fetch_or(&self, value: $value, order: Ordering) -> $value {
                visit(Operation::Update);
                self.0.fetch_or(value, order)
            }

            /// Combines the value with `value` by bitwise and, and returns the old one.
            #[inline]
            pub fn fetch_and(&self, value: $value, order: Ordering) -> $value {
                visit(Operation::Update);
                self.0.fetch_and(value, order)
            }
        }
    };
}

macro_rules! arithmetic {
    ($name:ident, $value:ty) => {
        impl $name {
            /// Adds `value`, wrapping, and returns the old value.
            #[inline]
            pub fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                visit(Operation::Update);
                self.0.fetch_add(value, order)
            }

            /// Subtracts `value`, wrapping, and returns the old value.
            #[inline]
            pub fn fetch_sub(&self, value: $value, order: Ordering) -> $value {
                visit(Operation::Update);
                self.0.fetch_sub(value, order)
            }
        }
    };
}

atomic!(AtomicBool, bool, "A boolean that contexts share without a lock.");
atomic!(AtomicU32, u32, "A 32-bit integer that contexts share without a lock.");
atomic!(AtomicU64, u64, "A 64-bit integer that contexts share without a lock.");
arithmetic!(AtomicU32, u32);
arithmetic!(AtomicU64, u64);
