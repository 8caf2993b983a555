//! The three shapes of a register: flags, fields, and causes.

/// Says where a register is and how it may be accessed.
macro_rules! place {
    ($name:ident @ $offset:literal, $($access:ident)+; $bits:ident => $from:expr; $value:ident => $into:expr) => {
        impl dirql::Register for $name {
            const OFFSET: u32 = $offset;
            #[inline]
            fn from_bits($bits: u32) -> Self {
                $from
            }
            #[inline]
            fn into_bits(self) -> u32 {
                let $value = self;
                $into
            }
        }
        $(access!($name $access);)+
    };
}

/// Names the kinds of access: a pure read, a read with a side effect, a write.
macro_rules! access {
    ($name:ident pure) => {
        impl dirql::ReadPure for $name {}
    };
    ($name:ident effect) => {
        impl dirql::ReadEffect for $name {}
    };
    ($name:ident write) => {
        impl dirql::Write for $name {}
    };
}

/// Declares a register of flags. Bits that have no name survive.
macro_rules! flags {
    (
        $(#[$doc:meta])*
        $name:ident @ $offset:literal, $($access:ident)+ {
            $($(#[$($flag_doc:tt)*])* $flag:ident = $mask:expr;)*
        }
    ) => {
        bitflags::bitflags! {
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            pub struct $name: u32 {
                $($(#[$($flag_doc)*])* const $flag = $mask;)*
                const _ = !0;
            }
        }
        place!($name @ $offset, $($access)+; bits => Self::from_bits_retain(bits); value => value.bits());
    };
}

/// Declares a register of numbers, with a getter and a builder for each field.
macro_rules! fields {
    (
        $(#[$doc:meta])*
        $name:ident @ $offset:literal, $($access:ident)+ {
            $($(#[$field_doc:meta])* $get:ident, $with:ident: $low:literal, $width:literal;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name(pub u32);

        impl $name {
            $(number!($(#[$field_doc])* $get, $with: $low, $width);)*
        }
        place!($name @ $offset, $($access)+; bits => Self(bits); value => value.0);
    };
}

/// Declares one field of a newtype over `u32`: bits `low` to `low + width - 1`.
macro_rules! number {
    ($(#[$doc:meta])* $get:ident, $with:ident: $low:literal, $width:literal) => {
        $(#[$doc])*
        #[inline]
        pub const fn $get(self) -> u32 {
            (self.0 >> $low) & $crate::macros::mask($width)
        }

        #[doc = concat!("Replaces [`", stringify!($get), "`](Self::", stringify!($get), "); excess bits are cut off.")]
        #[inline]
        #[must_use]
        pub const fn $with(self, value: u32) -> Self {
            Self((self.0 & !($crate::macros::mask($width) << $low)) | ((value & $crate::macros::mask($width)) << $low))
        }
    };
}

/// Returns `width` ones, 1 to 32.
pub(crate) const fn mask(width: u32) -> u32 {
    u32::MAX >> (32 - width)
}

/// Declares a register whose bits are interrupt causes.
macro_rules! causes {
    ($(#[$doc:meta])* $name:ident @ $offset:literal, $($access:ident)+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name(pub Cause);

        place!($name @ $offset, $($access)+; bits => Self(Cause::from_bits_retain(bits)); value => value.0.bits());
    };
}

/// Adds single flags to a register of numbers.
macro_rules! bits {
    ($name:ident { $($(#[$doc:meta])* $get:ident, $with:ident: $bit:literal;)* }) => {
        impl $name {
            $(
                $(#[$doc])*
                #[inline]
                pub const fn $get(self) -> bool {
                    self.0 & (1 << $bit) != 0
                }

                #[doc = concat!("Sets or clears [`", stringify!($get), "`](Self::", stringify!($get), ").")]
                #[inline]
                #[must_use]
                pub const fn $with(self, on: bool) -> Self {
                    Self((self.0 & !(1 << $bit)) | ((on as u32) << $bit))
                }
            )*
        }
    };
}

/// Says that a register is the first of `count`, `stride` bytes apart.
macro_rules! array {
    ($name:ident, $count:literal, $stride:literal) => {
        impl $name {
            /// How many there are.
            pub const COUNT: u32 = $count;
            /// Bytes from one to the next.
            pub const STRIDE: u32 = $stride;
        }
    };
}
