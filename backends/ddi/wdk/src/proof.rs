//! How two declarations of the same thing are compared, at compile time.
//!
//! Types of equal names are not one type, so routines and callbacks are compared by the sizes of their parameters and
//! results: on 64-bit Windows equal sizes are passed alike, and none of them is a floating-point number.

/// The sizes in bytes of parameters and result.
pub(crate) struct Shape {
    parameters: &'static [usize],
    result: usize,
}

impl Shape {
    /// Says whether a call of the one is a call of the other.
    pub(crate) const fn is(&self, other: &Self) -> bool {
        if self.result != other.result || self.parameters.len() != other.parameters.len() {
            return false;
        }
        let mut i = 0;
        while i < self.parameters.len() {
            if self.parameters[i] != other.parameters[i] {
                return false;
            }
            i += 1;
        }
        true
    }
}

/// A pointer to a function, or none.
pub(crate) trait Prototype {
    const SHAPE: Shape;
}

impl<P: Prototype> Prototype for Option<P> {
    const SHAPE: Shape = P::SHAPE;
}

macro_rules! prototypes {
    ($(($($parameter:ident),*))*) => {$(
        prototypes! { @abi "C" ($($parameter),*) }
        prototypes! { @abi "C-unwind" ($($parameter),*) }
    )*};
    (@abi $abi:literal ($($parameter:ident),*)) => {
        impl<$($parameter,)* R> Prototype for unsafe extern $abi fn($($parameter),*) -> R {
            const SHAPE: Shape = Shape { parameters: &[$(size_of::<$parameter>()),*], result: size_of::<R>() };
        }
    };
}

prototypes! {
    () (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G)
    (A, B, C, D, E, F, G, H)
}

/// Returns the shape of a function.
pub(crate) const fn shape_of<P: Prototype + Copy>(_: P) -> Shape {
    P::SHAPE
}

/// Returns the size in bytes of the field that `get` points to.
pub(crate) const fn size_of_field<T, F>(_get: fn(*const T) -> *const F) -> usize {
    size_of::<F>()
}

/// Asserts that structures have equal size, alignment and fields. A field of theirs that is called or nested
/// otherwise stands behind `=`.
macro_rules! same_structures {
    ($($name:ident { $($($field:ident).+ $(= $($theirs:ident).+)?),* $(,)? })*) => {$(
        const _: () = {
            assert!(size_of::<ours::$name>() == size_of::<theirs::$name>());
            assert!(align_of::<ours::$name>() == align_of::<theirs::$name>());
        };
        same_fields! { $name { $($($field).+ $(= $($theirs).+)?),* } }
    )*};
}

/// As `same_structures`, of the beginning of a structure that goes on in theirs.
macro_rules! same_fields {
    ($($name:ident { $($($field:ident).+ $(= $($theirs:ident).+)?),* $(,)? })*) => {$(
        const _: () = { $(same_field! { $name, $($field).+ $(= $($theirs).+)? })* };
    )*};
}

/// Asserts that a field of ours lies where theirs does, and is as long.
macro_rules! same_field {
    ($name:ident, $($field:ident).+) => { same_field! { $name, $($field).+ = $($field).+ } };
    ($name:ident, $($field:ident).+ = $($theirs:ident).+) => {
        assert!(offset_of!(ours::$name, $($field).+) == offset_of!(theirs::$name, $($theirs).+));
        // SAFETY: never called: their types tell sizes.
        let ours = size_of_field(|it: *const ours::$name| unsafe { &raw const (*it).$($field).+ });
        // SAFETY: as above.
        let theirs = size_of_field(|it: *const theirs::$name| unsafe { &raw const (*it).$($theirs).+ });
        assert!(ours == theirs);
    };
}

/// Asserts that values are equal, those of an enumeration behind its name in theirs.
macro_rules! same_values {
    ($($name:ident),* $(,)?) => { const _: () = { $(assert!(ours::$name as u64 == theirs::$name as u64);)* }; };
    ($($module:ident { $($name:ident),* $(,)? })*) => {
        const _: () = { $($(assert!(ours::$name as u64 == theirs::$module::$name as u64);)*)* };
    };
}

/// Asserts that callbacks take and return the same.
macro_rules! same_callbacks {
    ($($name:ident),* $(,)?) => {
        const _: () = {
            $(assert!(<ours::$name as Prototype>::SHAPE.is(&<theirs::$name as Prototype>::SHAPE));)*
        };
    };
}

/// Asserts that routines take and return the same.
macro_rules! same_routines {
    ($($name:ident($($parameter:tt),*);)*) => {
        const _: () = {$(
            let ours = shape_of(ours::$name as unsafe extern "C" fn($($parameter),*) -> _);
            let theirs = shape_of(theirs::$name as unsafe extern "C" fn($($parameter),*) -> _);
            assert!(ours.is(&theirs));
        )*};
    };
}
