//! Draws cases. What a scenario is about is said here, and nowhere else.

use super::valid::{BUDGET_MAX, BUFFER_SIZES, FRAGMENTS_MAX};
use super::*;
use crate::rng::Rng;

impl Case {
    /// Draws the case of execution `index` of a campaign: a pure function of its arguments.
    ///
    /// Cases are small, some hundreds of preemption points, because a short case that goes wrong is found by fewer
    /// switches and read by a person. The backend is not an argument, so all backends run the same cases.
    pub fn generate(scenario: Scenario, seed: u64, index: u64, scheduler: Scheduler) -> Self {
        let mut rng = Rng::from_words(&[seed, scenario as u64, index]);
        Self {
            scenario,
            settings: settings(&mut rng, scenario),
            sends: sends(&mut rng),
            controls: controls(&mut rng, scenario),
            wire: wire(&mut rng, scenario),
            schedule: Schedule::Seeded { scheduler, seed: rng.next() },
        }
    }
}

fn settings(rng: &mut Rng, scenario: Scenario) -> Settings {
    Settings {
        cpus: rng.pick(&[2, 2, 2, 2, 3, 4]),
        memory: rng.pick(Memory::ALL),
        interrupt: interrupt(rng, scenario),
        serialize: rng.pick(Serialization::ALL),
        // Mostly the shortest ring, so that it fills, wraps and runs dry within a case.
        tx_descriptors: rng.pick(&[8, 8, 8, 16, 32]),
        rx_descriptors: rng.pick(&[8, 8, 8, 16, 32]),
        rx_buffer_size: rng.pick(&BUFFER_SIZES),
        budget: if rng.one_in(2) { rng.range(1, 4) } else { rng.range(1, BUDGET_MAX.into()) } as u8,
        hostile: hostile(rng, scenario),
        device_seed: rng.next(),
    }
}

fn hostile(rng: &mut Rng, scenario: Scenario) -> u8 {
    match scenario {
        Scenario::Hostile => rng.range(1, 255) as u8,
        Scenario::DriverLifecycle if rng.one_in(4) => rng.range(1, 255) as u8,
        _ => 0,
    }
}

fn interrupt(rng: &mut Rng, scenario: Scenario) -> Interrupt {
    use Interrupt::{Line, Msi, MsiX1, MsiX3, SharedLine};
    match scenario {
        Scenario::SharedLine => SharedLine,
        Scenario::Msix => rng.pick(&[MsiX3, MsiX3, MsiX3, MsiX1, Msi]),
        _ => rng.pick(&[Line, Line, SharedLine, Msi, MsiX1, MsiX3, MsiX3]),
    }
}

fn sends(rng: &mut Rng) -> Vec<Send> {
    let count = rng.range(4, 12);
    (0..count).map(|_| send(rng)).collect()
}

fn send(rng: &mut Rng) -> Send {
    let fragments = if rng.one_in(2) { 1 } else { rng.range(1, FRAGMENTS_MAX.into()) as u8 };
    Send { sender: rng.range(0, 1) as u8, frame: any_frame(rng), fragments }
}

fn any_frame(rng: &mut Rng) -> u16 {
    rng.next() as u16
}

fn controls(rng: &mut Rng, scenario: Scenario) -> Vec<Control> {
    let mut controls: Vec<Control> = (0..rng.pick(&[0, 0, 1, 2])).map(|_| harmless_control(rng)).collect();
    match scenario {
        Scenario::Lifecycle => {
            controls.extend((0..rng.range(1, 4)).map(|_| rng.pick(&[Control::Reset, Control::Restart])));
        }
        // Some are left undisturbed: they owe every frame.
        Scenario::DriverLifecycle if !rng.one_in(4) => {
            controls.extend(
                (0..rng.range(1, 4)).map(|_| rng.pick(&[Control::Reset, Control::Restart, Control::Restart])),
            );
        }
        // A reset is what a driver does about a device that misbehaves, and it may fall into a removal.
        Scenario::Hostile | Scenario::Removal if rng.one_in(3) => {
            controls.push(rng.pick(&[Control::Reset, Control::Restart]));
        }
        _ => {}
    }
    rng.shuffle(&mut controls);
    controls
}

fn harmless_control(rng: &mut Rng) -> Control {
    if rng.one_in(2) {
        return Control::Statistics;
    }
    Control::Filter { promiscuous: rng.one_in(2), all_multicast: rng.one_in(2), broadcast: rng.one_in(2) }
}

fn wire(rng: &mut Rng, scenario: Scenario) -> Vec<Wire> {
    let arrivals = rng.range(4, 12);
    let mut wire: Vec<Wire> = (0..arrivals).map(|_| Wire::Frame(any_frame(rng))).collect();
    match scenario {
        Scenario::SharedLine => mix_in(rng, &mut wire, 2, 8, Wire::Neighbour),
        // The line is never the adapter's alone: it interrupts also while the driver is stopped.
        Scenario::Hostile | Scenario::Lifecycle => mix_in(rng, &mut wire, 0, 4, Wire::Neighbour),
        Scenario::Link => flap_link(rng, &mut wire),
        Scenario::Removal => remove_in_mid_traffic(rng, &mut wire),
        Scenario::DriverLifecycle => happen_around(rng, &mut wire),
        Scenario::Traffic | Scenario::Msix => {}
    }
    wire
}

/// What a driver has to live with: neighbours, cables, and being pulled out.
fn happen_around(rng: &mut Rng, wire: &mut Vec<Wire>) {
    match rng.range(0, 3) {
        0 => mix_in(rng, wire, 1, 4, Wire::Neighbour),
        1 => flap_link(rng, wire),
        2 => remove_in_mid_traffic(rng, wire),
        _ => {}
    }
}

fn mix_in(rng: &mut Rng, wire: &mut Vec<Wire>, low: u32, high: u32, event: Wire) {
    let count = rng.range(low, high);
    wire.extend((0..count).map(|_| event));
    rng.shuffle(wire);
}

/// Takes the link down and up, one to three times; it ends up, so that traffic can be required to finish.
fn flap_link(rng: &mut Rng, wire: &mut Vec<Wire>) {
    let mut at = 0;
    for _ in 0..rng.range(1, 3) {
        for up in [false, true] {
            at = rng.range(at, wire.len() as u32);
            wire.insert(at as usize, Wire::Link(up));
            at += 1;
        }
    }
}

/// Pulls the device out between two arrivals. Nothing comes after but its neighbour on the line, whose
/// interrupts the driver must not take for those of a device that reads as all ones.
fn remove_in_mid_traffic(rng: &mut Rng, wire: &mut Vec<Wire>) {
    wire.truncate(rng.range(1, wire.len() as u32) as usize);
    mix_in(rng, wire, 0, 2, Wire::Neighbour);
    wire.push(Wire::Remove);
    wire.extend((0..rng.range(0, 3)).map(|_| Wire::Neighbour));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn cases(scenario: Scenario) -> impl Iterator<Item = Case> {
        (0..400).map(move |index| Case::generate(scenario, 1, index, Scheduler::Random))
    }

    #[test]
    fn a_case_is_a_function_of_its_arguments() {
        for &scenario in Scenario::ALL {
            let case = |seed, index| Case::generate(scenario, seed, index, Scheduler::Random);
            assert_eq!(case(1, 2), case(1, 2));
            assert_ne!(case(1, 2), case(1, 3));
            assert_ne!(case(1, 2), case(2, 2));
        }
    }

    #[test]
    fn half_of_the_cases_are_arm64_under_every_scheduler_of_the_portfolio() {
        for slot in 0..16 {
            let arm64 = (0..400).filter(|i| {
                let case = Case::generate(Scenario::Traffic, 3, i * 16 + slot, Scheduler::Random);
                case.settings.memory == Memory::Arm64
            });
            assert!((140..260).contains(&arm64.count()));
        }
    }

    #[test]
    fn only_traffic_comes_to_rest_more_than_once() {
        let rounds = |scenario| -> BTreeSet<usize> { cases(scenario).map(|case| case.rounds()).collect() };
        for &scenario in Scenario::ALL {
            let traffic = matches!(scenario, Scenario::Traffic | Scenario::SharedLine | Scenario::Msix);
            assert_eq!(rounds(scenario).len(), if traffic { 3 } else { 1 }, "{}", scenario.name());
        }
    }

    #[test]
    fn links_end_up_and_go_down_before() {
        for case in cases(Scenario::Link) {
            let changes: Vec<_> = case.wire.iter().filter(|w| matches!(w, Wire::Link(_))).collect();
            assert_eq!(changes.first(), Some(&&Wire::Link(false)));
            assert_eq!(changes.last(), Some(&&Wire::Link(true)));
        }
    }

    #[test]
    fn removal_comes_once_and_nothing_of_the_device_after() {
        for case in cases(Scenario::Removal) {
            let at = case.wire.iter().position(|w| *w == Wire::Remove).unwrap();
            assert!(at >= 1 && case.wire[at + 1..].iter().all(|w| *w == Wire::Neighbour));
        }
    }

    #[test]
    fn each_scenario_has_what_it_is_about() {
        assert!(cases(Scenario::SharedLine).all(|c| c.wire.contains(&Wire::Neighbour)));
        assert!(cases(Scenario::Hostile).all(|c| c.settings.hostile > 0));
        assert!(cases(Scenario::Traffic).all(|c| c.settings.hostile == 0));
        assert!(cases(Scenario::Lifecycle).all(|c| c.is_stopped_sometimes()));
        assert!(cases(Scenario::DriverLifecycle).any(|c| c.is_stopped_sometimes()));
        assert!(
            cases(Scenario::DriverLifecycle).any(|c| !c.is_stopped_sometimes() && c.settings.hostile == 0)
        );
        assert!(cases(Scenario::DriverLifecycle).any(|c| c.wire.contains(&Wire::Remove)));
        assert!(
            cases(Scenario::Msix)
                .all(|c| !matches!(c.settings.interrupt, Interrupt::Line | Interrupt::SharedLine))
        );
        assert!(cases(Scenario::Traffic).any(|c| c.sends.iter().any(|s| s.sender == 0)));
        assert!(cases(Scenario::Traffic).any(|c| c.sends.iter().any(|s| s.sender == 1)));
    }
}
