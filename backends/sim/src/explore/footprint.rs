//! What a step touches, and which steps commute.

use std::collections::BTreeMap;

/// How a step touches an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum How {
    /// Looks at it.
    Read,
    /// Changes it, or may.
    Write,
    /// Takes what somebody's [`Release`](Self::Release) gave: it cannot come first.
    Acquire,
    /// Gives it.
    Release,
}

/// Objects with numbers from `first` to `last`, touched alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Touch {
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) how: How,
}

impl Touch {
    /// Whatever there is.
    pub(crate) const EVERYTHING: Self = Self { first: 0, last: u32::MAX, how: How::Write };

    pub(crate) const fn one(object: u32, how: How) -> Self {
        Self { first: object, last: object, how }
    }

    const fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// What the order of two steps means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Relation {
    /// Nothing.
    Commute,
    /// The later one waits for the earlier one.
    Ordered,
    /// The other order is another interleaving.
    Conflict,
}

fn relation(earlier: &[Touch], later: &[Touch]) -> Relation {
    let pairs = earlier.iter().flat_map(|a| later.iter().map(move |b| (a, b)));
    let relate = |(a, b): (&Touch, &Touch)| match (a.how, b.how) {
        (How::Read, How::Read) => Relation::Commute,
        (How::Release, How::Acquire) => Relation::Ordered,
        _ => Relation::Conflict,
    };
    pairs.filter(|(a, b)| a.overlaps(**b)).map(relate).max().unwrap_or(Relation::Commute)
}

/// Names a set of touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FootprintId(u16);

/// All footprints that were ever seen, each once, with what is known of their relations: an exploration sees few, and
/// compares them often.
#[derive(Debug, Default)]
pub(crate) struct Footprints {
    ids: BTreeMap<Box<[Touch]>, FootprintId>,
    all: Vec<Box<[Touch]>>,
    relations: Vec<Vec<Option<Relation>>>,
}

impl Footprints {
    /// Returns the name of a set of touches.
    pub(crate) fn intern(&mut self, touches: &[Touch]) -> FootprintId {
        if let Some(&id) = self.ids.get(touches) {
            return id;
        }
        let number =
            u16::try_from(self.all.len()).expect("steps touch less than 65,536 different sets of objects");
        self.ids.insert(touches.into(), FootprintId(number));
        self.all.push(touches.into());
        FootprintId(number)
    }

    /// Returns what the order of two steps means.
    pub(crate) fn relation(&mut self, earlier: FootprintId, later: FootprintId) -> Relation {
        let (row, column) = (usize::from(earlier.0), usize::from(later.0));
        if let Some(Some(known)) = self.relations.get(row).and_then(|row| row.get(column)) {
            return *known;
        }
        let found = relation(&self.all[row], &self.all[column]);
        self.relations.resize_with(self.all.len(), Vec::new);
        self.relations[row].resize(self.all.len(), None);
        self.relations[row][column] = Some(found);
        found
    }

    /// Returns whether two steps commute.
    pub(crate) fn commute(&mut self, one: FootprintId, other: FootprintId) -> bool {
        self.relation(one, other) == Relation::Commute
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn related(earlier: How, later: How) -> Relation {
        let mut footprints = Footprints::default();
        let [a, b] = [earlier, later].map(|how| footprints.intern(&[Touch::one(7, how)]));
        footprints.relation(a, b)
    }

    #[test]
    fn only_looking_commutes_and_only_a_release_is_waited_for() {
        assert_eq!(related(How::Read, How::Read), Relation::Commute);
        assert_eq!(related(How::Read, How::Write), Relation::Conflict);
        assert_eq!(related(How::Acquire, How::Acquire), Relation::Conflict);
        assert_eq!(related(How::Release, How::Acquire), Relation::Ordered);
        assert_eq!(related(How::Acquire, How::Release), Relation::Conflict);
    }

    #[test]
    fn the_strongest_relation_of_any_two_touches_counts() {
        let mut footprints = Footprints::default();
        let release = footprints.intern(&[Touch::one(1, How::Release), Touch::one(2, How::Write)]);
        let acquire = footprints.intern(&[Touch::one(1, How::Acquire), Touch::one(2, How::Write)]);
        let elsewhere = footprints.intern(&[Touch { first: 3, last: 9, how: How::Write }]);
        assert_eq!(footprints.relation(release, acquire), Relation::Conflict);
        assert!(footprints.commute(release, elsewhere));
        let everything = footprints.intern(&[Touch::EVERYTHING]);
        assert!(!footprints.commute(everything, elsewhere));
        assert_eq!(footprints.intern(&[Touch::EVERYTHING]), everything);
    }
}
