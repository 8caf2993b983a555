//! The rules: what the machine checks, how it behaves, what it leaves to the scheduler, and what it does not have.
//!
//! Numbers are those that comments and messages cite. Where Windows documents what happens to an offender, the
//! rule says so; nothing here was observed on Windows.

mod connection;
mod critical_section;
mod dpc;
mod framework;
mod message;
mod miniport;
mod monitor;
mod request;
mod scenario;

/// One rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What violations and comments call it: `R10`, or the name of a monitor such as `PoolLeak`.
    pub id: &'static str,
    /// What it says, in one sentence.
    pub says: &'static str,
    /// Where that is documented, or from what it is inferred.
    pub source: &'static str,
    /// What Windows or its Driver Verifier (DV) documents for an offender.
    pub on_windows: Option<&'static str>,
    /// What the machine makes of it.
    pub kind: Kind,
}

/// What the machine makes of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Code that breaks it ends the run. Where the rule also says how the machine behaves, it behaves so.
    Checker,
    /// The scenarios of a campaign check it; the machine alone cannot.
    Scenario,
    /// The machine behaves so.
    Behaviour,
    /// The documentation leaves it open; the scheduler chooses.
    Choice,
    /// The machine has nothing that it could be about.
    NotApplicable(&'static str),
}

/// Returns all rules: the numbered ones in their order, then the named ones.
pub fn rules() -> &'static [Rule] {
    &ALL
}

/// Returns the rule called `id`.
pub fn rule(id: &str) -> Option<&'static Rule> {
    ALL.iter().find(|r| r.id == id)
}

const GROUPS: [&[Rule]; 9] = [
    critical_section::RULES,
    connection::RULES,
    dpc::RULES,
    message::RULES,
    framework::RULES,
    miniport::RULES,
    request::RULES,
    monitor::RULES,
    scenario::RULES,
];

static ALL: [Rule; count()] = joined();

const fn count() -> usize {
    let mut count = 0;
    let mut group = 0;
    while group < GROUPS.len() {
        count += GROUPS[group].len();
        group += 1;
    }
    count
}

const fn joined() -> [Rule; count()] {
    let mut all = [GROUPS[0][0]; count()];
    let (mut group, mut within, mut at) = (0, 0, 0);
    while at < all.len() {
        if within == GROUPS[group].len() {
            group += 1;
            within = 0;
        }
        all[at] = GROUPS[group][within];
        within += 1;
        at += 1;
    }
    all
}

impl Rule {
    const fn new(id: &'static str, kind: Kind, says: &'static str, source: &'static str) -> Self {
        Self { id, says, source, on_windows: None, kind }
    }

    /// Adds what Windows does about it.
    const fn on_windows(mut self, consequence: &'static str) -> Self {
        self.on_windows = Some(consequence);
        self
    }
}

const fn checker(id: &'static str, says: &'static str, source: &'static str) -> Rule {
    Rule::new(id, Kind::Checker, says, source)
}

const fn behaviour(id: &'static str, says: &'static str, source: &'static str) -> Rule {
    Rule::new(id, Kind::Behaviour, says, source)
}

const fn choice(id: &'static str, says: &'static str, source: &'static str) -> Rule {
    Rule::new(id, Kind::Choice, says, source)
}

const fn not_applicable(
    id: &'static str,
    why: &'static str,
    says: &'static str,
    source: &'static str,
) -> Rule {
    Rule::new(id, Kind::NotApplicable(why), says, source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbered_rules_are_r1_to_r92_in_order() {
        for (index, rule) in rules().iter().take(92).enumerate() {
            assert_eq!(rule.id, format!("R{}", index + 1));
        }
    }

    #[test]
    fn every_rule_is_found_by_its_own_id_and_says_something() {
        for r in rules() {
            assert!(core::ptr::eq(rule(r.id).unwrap(), r), "{} is there twice", r.id);
            assert!(r.says.ends_with('.') && r.says.len() > 20, "{}: {:?}", r.id, r.says);
            assert!(!r.source.is_empty(), "{} has no source", r.id);
        }
        assert!(rule("R93").is_none());
    }
}
