//! The behaviours, by what they are about.

mod deferred;
mod ending;
mod exclusion;
mod granting;
mod levels;
mod power;
mod results;
mod sharing;
mod starting;

use super::behaviour::Entry;

/// All behaviours, in the order of the matrix.
pub static BEHAVIOURS: &[Entry] = &[
    Entry::new::<exclusion::IsrAndSections>(),
    Entry::new::<exclusion::AllSources>(),
    Entry::new::<exclusion::PerSource>(),
    Entry::new::<levels::OfOneSource>(),
    Entry::new::<levels::OfMessages>(),
    Entry::new::<levels::OfOneLock>(),
    Entry::new::<results::AnyType>(),
    Entry::new::<results::OnceOnItsProcessor>(),
    Entry::new::<granting::MessageNumbers>(),
    Entry::new::<granting::FewerMessages>(),
    Entry::new::<granting::FallBack>(),
    Entry::new::<granting::NotGranted>(),
    Entry::new::<granting::OutOfRange>(),
    Entry::new::<granting::NoInterrupt>(),
    Entry::new::<starting::StateFirst>(),
    Entry::new::<starting::IsrBeforeEnable>(),
    Entry::new::<starting::EnabledOnce>(),
    Entry::new::<starting::Undone>(),
    Entry::new::<starting::Again>(),
    Entry::new::<deferred::Coalesced>(),
    Entry::new::<deferred::WithItself>(),
    Entry::new::<deferred::UnderIsrs>(),
    Entry::new::<deferred::UntilDone>(),
    Entry::new::<deferred::OtherDomains>(),
    Entry::new::<sharing::Declined>(),
    Entry::new::<sharing::ClaimedOnce>(),
    Entry::new::<sharing::DeferredUnclaimed>(),
    Entry::new::<ending::Drained>(),
    Entry::new::<ending::NeverDone>(),
    Entry::new::<ending::Silent>(),
    Entry::new::<ending::SilentOnLine>(),
    Entry::new::<ending::DisabledOnce>(),
    Entry::new::<ending::Gone>(),
    Entry::new::<power::LowPower>(),
    Entry::new::<power::Idle>(),
];
