//! One spelling of a name, for the command line, JSON and artifacts.

/// Gives a fieldless enum its names: `ALL`, `name()`, `summary()`, parsing, and serde by name.
macro_rules! named {
    ($(#[$meta:meta])* pub enum $type:ident {
        $( $variant:ident = $name:literal, $summary:literal; )+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $type {
            $( #[doc = $summary] #[serde(rename = $name)] $variant, )+
        }

        impl $type {
            /// All of them, in the order of `dirql list`.
            pub const ALL: &'static [Self] = &[$( Self::$variant ),+];

            /// Returns the name on the command line, in JSON and in artifacts.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $name ),+ }
            }

            /// Returns what it is, in one line.
            pub const fn summary(self) -> &'static str {
                match self { $( Self::$variant => $summary ),+ }
            }
        }

        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.name())
            }
        }

        impl clap::ValueEnum for $type {
            fn value_variants<'a>() -> &'a [Self] {
                Self::ALL
            }

            fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
                Some(clap::builder::PossibleValue::new(self.name()).help(self.summary()))
            }
        }
    };
}

pub(crate) use named;
