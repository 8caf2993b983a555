//! The byte form of a case: compact, bounded and total.
//!
//! Missing bytes read as zero, surplus bytes are ignored, and values wrap into their range, so that a fuzzer's
//! mutations always give a case. A header, the three lists with their lengths, then the schedule, whose
//! switches run to the end.

use arbitrary::{Arbitrary, Unstructured};

use super::valid::{BUDGET_MAX, BUFFER_SIZES, CPUS_MAX, CPUS_MIN, FRAGMENTS_MAX, RING_LENGTHS, SENDERS};
use super::*;

impl Case {
    /// Decodes any bytes.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut input = Input(bytes);
        Self {
            scenario: input.one_of(Scenario::ALL),
            settings: Settings::decode(&mut input),
            sends: input.list(SENDS_MAX, Send::decode),
            controls: input.list(CONTROLS_MAX, Control::decode),
            wire: input.list(WIRE_MAX, Wire::decode),
            schedule: Schedule::decode(&mut input),
        }
    }

    /// Encodes a valid case, so that [`from_bytes`](Self::from_bytes) gives it back.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![self.scenario as u8];
        self.settings.encode(&mut out);
        encode_list(&mut out, &self.sends, Send::encode);
        encode_list(&mut out, &self.controls, Control::encode);
        encode_list(&mut out, &self.wire, Wire::encode);
        self.schedule.encode(&mut out);
        out
    }
}

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(Self::from_bytes(u.bytes(u.len())?))
    }

    fn arbitrary_take_rest(u: Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(Self::from_bytes(u.take_rest()))
    }
}

/// Bytes being decoded; past the end there are zeros.
struct Input<'b>(&'b [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let (taken, rest) = self.0.split_at(N.min(self.0.len()));
        self.0 = rest;
        let mut bytes = [0; N];
        bytes[..taken.len()].copy_from_slice(taken);
        bytes
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    fn list<T>(&mut self, max: usize, item: fn(&mut Self) -> T) -> Vec<T> {
        let length = usize::from(self.byte()) % (max + 1);
        (0..length).map(|_| item(self)).collect()
    }

    /// Reads a little-endian base-128 number; what does not fit 32 bits is dropped.
    fn varint(&mut self) -> u32 {
        let mut value = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte();
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        value
    }
}

fn encode_varint(out: &mut Vec<u8>, mut value: u32) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn encode_list<T>(out: &mut Vec<u8>, items: &[T], item: fn(&T, &mut Vec<u8>)) {
    out.push(items.len() as u8);
    items.iter().for_each(|i| item(i, out));
}

/// Returns the place of a valid value among its choices.
fn index_in(choices: &[u16], value: u16) -> u8 {
    choices.iter().position(|&choice| choice == value).unwrap_or(0) as u8
}

impl Settings {
    fn decode(input: &mut Input<'_>) -> Self {
        Self {
            cpus: CPUS_MIN + input.byte() % (CPUS_MAX - CPUS_MIN + 1),
            memory: input.one_of(Memory::ALL),
            interrupt: input.one_of(Interrupt::ALL),
            serialize: input.one_of(Serialization::ALL),
            tx_descriptors: input.one_of(&RING_LENGTHS),
            rx_descriptors: input.one_of(&RING_LENGTHS),
            rx_buffer_size: input.one_of(&BUFFER_SIZES),
            budget: 1 + input.byte() % BUDGET_MAX,
            hostile: input.byte(),
            device_seed: u64::from_le_bytes(input.array()),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend([
            self.cpus - CPUS_MIN,
            self.memory as u8,
            self.interrupt as u8,
            self.serialize as u8,
            index_in(&RING_LENGTHS, self.tx_descriptors),
            index_in(&RING_LENGTHS, self.rx_descriptors),
            index_in(&BUFFER_SIZES, self.rx_buffer_size),
            self.budget - 1,
            self.hostile,
        ]);
        out.extend(self.device_seed.to_le_bytes());
    }
}

impl Send {
    fn decode(input: &mut Input<'_>) -> Self {
        let shape = input.byte();
        let frame = u16::from_le_bytes(input.array());
        Self { sender: shape % SENDERS, frame, fragments: 1 + shape / SENDERS % FRAGMENTS_MAX }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.sender + (self.fragments - 1) * SENDERS);
        out.extend(self.frame.to_le_bytes());
    }
}

impl Control {
    fn decode(input: &mut Input<'_>) -> Self {
        let byte = input.byte();
        let flag = |bit: u8| byte & (1 << bit) != 0;
        match byte % 4 {
            0 => Self::Filter { promiscuous: flag(2), all_multicast: flag(3), broadcast: flag(4) },
            1 => Self::Statistics,
            2 => Self::Reset,
            _ => Self::Restart,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(match *self {
            Self::Filter { promiscuous, all_multicast, broadcast } => {
                u8::from(promiscuous) << 2 | u8::from(all_multicast) << 3 | u8::from(broadcast) << 4
            }
            Self::Statistics => 1,
            Self::Reset => 2,
            Self::Restart => 3,
        });
    }
}

impl Wire {
    fn decode(input: &mut Input<'_>) -> Self {
        let byte = input.byte();
        match byte % 4 {
            0 => Self::Frame(u16::from_le_bytes(input.array())),
            1 => Self::Link(byte & 4 != 0),
            2 => Self::Neighbour,
            _ => Self::Remove,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Frame(frame) => {
                out.push(0);
                out.extend(frame.to_le_bytes());
            }
            Self::Link(up) => out.push(1 | u8::from(up) << 2),
            Self::Neighbour => out.push(2),
            Self::Remove => out.push(3),
        }
    }
}

impl Schedule {
    fn decode(input: &mut Input<'_>) -> Self {
        if input.byte().is_multiple_of(2) {
            let scheduler = input.one_of(Scheduler::ALL);
            return Self::Seeded { scheduler, seed: u64::from_le_bytes(input.array()) };
        }
        let mut switches = Vec::new();
        while !input.0.is_empty() && switches.len() < SWITCHES_MAX {
            switches.push(Switch { gap: input.varint(), pick: input.byte() });
        }
        Self::Switches(switches)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Seeded { scheduler, seed } => {
                out.extend([0, *scheduler as u8]);
                out.extend(seed.to_le_bytes());
            }
            Self::Switches(switches) => {
                out.push(1);
                for switch in switches {
                    encode_varint(out, switch.gap);
                    out.push(switch.pick);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn any_bytes(rng: &mut Rng) -> Vec<u8> {
        let length = rng.range(0, 300);
        (0..length).map(|_| rng.next() as u8).collect()
    }

    #[test]
    fn every_byte_string_is_a_valid_case_that_round_trips() {
        let mut rng = Rng::from_words(&[1]);
        for _ in 0..20_000 {
            let bytes = any_bytes(&mut rng);
            let case = Case::from_bytes(&bytes);
            assert_eq!(case.validate(), Ok(()), "{bytes:?}");
            assert_eq!(Case::from_bytes(&case.to_bytes()), case, "{bytes:?}");
        }
    }

    #[test]
    fn every_generated_case_round_trips_through_bytes_and_json() {
        for &scenario in Scenario::ALL {
            for index in 0..500 {
                let case = Case::generate(scenario, 9, index, Scheduler::Pct3);
                assert_eq!(case.validate(), Ok(()));
                assert_eq!(Case::from_bytes(&case.to_bytes()), case);
                let json = serde_json::to_string(&case).unwrap();
                assert_eq!(serde_json::from_str::<Case>(&json).unwrap(), case);
            }
        }
    }

    #[test]
    fn extreme_switches_round_trip() {
        let switches = [(0, 0), (127, 255), (128, 1), (u32::MAX, 7)].map(Switch::from);
        let case = Case { schedule: Schedule::Switches(switches.into()), ..Case::default() };
        assert_eq!(Case::from_bytes(&case.to_bytes()), case);
    }

    #[test]
    fn arbitrary_reads_the_same_bytes() {
        let case = Case::generate(Scenario::Link, 4, 2, Scheduler::Sticky);
        let bytes = case.to_bytes();
        assert_eq!(Case::arbitrary(&mut Unstructured::new(&bytes)).as_ref(), Ok(&case));
        assert_eq!(Case::arbitrary_take_rest(Unstructured::new(&bytes)).as_ref(), Ok(&case));
    }

    #[test]
    fn a_value_out_of_range_is_named() {
        let mut case = Case::default();
        case.settings.budget = 65;
        assert_eq!(case.validate().unwrap_err().to_string(), "the case's settings.budget is out of range");
        case.settings.budget = 64;
        case.sends.push(Send { sender: 2, frame: 0, fragments: 1 });
        assert!(case.validate().unwrap_err().to_string().contains("sends"));
    }
}
