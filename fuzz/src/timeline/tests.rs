//! A small trace, drawn. `BLESS=1 cargo test -p dirql-fuzz` accepts what it looks like now.

use std::collections::BTreeMap;
use std::path::Path;

use dirql_sim::{Event, What};

use super::{Buffer, Extent, Names, Timeline, text};

/// Writes events down as a machine of two processors would.
#[derive(Default)]
struct Script(Vec<Event>);

impl Script {
    fn on(&mut self, cpu: u8, irql: u8, depth: u8, what: impl IntoIterator<Item = What>) -> &mut Self {
        let thread = cpu + 2;
        self.0.extend(what.into_iter().map(|what| Event { cpu, thread, irql, depth, what }));
        self
    }
}

fn names() -> Names {
    Names {
        threads: vec!["idle", "idle", "main", "sender"],
        devices: vec!["82574L"],
        engines: &["TX", "RX"],
        registers: BTreeMap::from([((0, 0xc0), "ICR"), ((0, 0x3818), "TDT"), ((0, 0xd0), "IMS")]),
        buffers: vec![Buffer::Frames { stride: 2048 }, Buffer::TransmitRing],
        violation: "frame 0 was accepted and never given back".to_owned(),
    }
}

/// A sender fills a descriptor, a section spins for the ISR's lock, and the device sees old bytes.
fn events() -> Vec<Event> {
    use What::*;
    let write = |offset, value| DmaWrite { buffer: 1, offset, value };
    let tdt = RegisterWrite { device: 0, offset: 0x3818, value: 1 };
    let ims = RegisterWrite { device: 0, offset: 0xd0, value: 0x10_0000 };
    let old = DeviceDma { buffer: 1, offset: 0, len: 16, value: 0, write: false, late: true };
    let mut script = Script::default();
    script
        .on(0, 0, 0, [ThreadStarted, Connected { interrupt: 0, vector: 1, lock: 0 }])
        .on(1, 0, 0, [ThreadStarted, Note { text: "sends frame {}", value: 0 }])
        .on(1, 2, 0, [IrqlRaised { to: 2 }, LockTaken { lock: 1 }])
        .on(1, 2, 0, [write(0, 0x40), write(4, 1), write(8, 0x0b00_003c), write(12, 0)])
        .on(1, 2, 0, [tdt, Switched { pick: 20, default: 3 }])
        .on(1, 2, 0, [EngineStep { device: 0, engine: 0 }, Chose { alternative: 1, of: 2 }, old])
        .on(1, 2, 0, [Message { device: 0, index: 0 }, DeviceDone])
        .on(1, 2, 0, [EngineStep { device: 0, engine: 1 }, DeviceDone, Switched { pick: 16, default: 3 }])
        .on(0, 6, 1, [InterruptTaken { vector: 1 }, LockTaken { lock: 0 }, IsrEntered { interrupt: 0 }])
        .on(0, 6, 1, [RegisterRead { device: 0, offset: 0xc0, value: 0x8000_0001 }])
        .on(0, 6, 1, [DpcQueued { dpc: 0, cpu: 0, queued: true }, Switched { pick: 3, default: 2 }])
        .on(1, 0, 0, [LockReleased { lock: 1 }, IrqlLowered { to: 0 }])
        .on(1, 6, 0, [IrqlRaised { to: 6 }, LockWanted { lock: 0, contended: true }])
        .on(0, 6, 1, [IsrLeft { interrupt: 0, claimed: true }, LockReleased { lock: 0 }])
        .on(0, 0, 1, [InterruptEnded { vector: 1, claimed: true }])
        .on(0, 2, 1, [DpcStarted { dpc: 0 }])
        .on(1, 6, 0, [LockTaken { lock: 0 }, SectionEntered { interrupt: 0 }, ims, ims, ims])
        .on(1, 6, 0, [SectionLeft { interrupt: 0 }, LockReleased { lock: 0 }])
        .on(1, 0, 0, [IrqlLowered { to: 0 }, ThreadEnded])
        .on(0, 0, 1, [DpcEnded { dpc: 0 }])
        .on(0, 0, 0, [Violated { rule: "NblLost" }]);
    script.0
}

#[test]
fn a_small_trace_looks_as_expected() {
    console::set_colors_enabled(false);
    let drawn = text(&Timeline::new(&events(), &names()), Extent::End);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/timeline/expected.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &drawn).expect("the expected text is written");
    }
    let expected = std::fs::read_to_string(&path).expect("the expected text is there");
    assert_eq!(drawn, expected, "if this is better, BLESS=1");
}

#[test]
fn a_long_trace_is_cut_to_its_end_and_its_last_switches() {
    console::set_colors_enabled(false);
    let mut long = events();
    // No two lines in a row are alike.
    let tail = (0..1000).map(|n| match n % 2 {
        0 => What::RegisterRead { device: 0, offset: 0xc0, value: n },
        _ => What::DpcQueued { dpc: (n % 251) as u8, cpu: 0, queued: true },
    });
    Script(std::mem::take(&mut long)).on(0, 0, 0, tail).0.clone_into(&mut long);
    let timeline = Timeline::new(&long, &names());
    let (end, all) = (text(&timeline, Extent::End), text(&timeline, Extent::All));
    assert!(all.lines().count() > 1000);
    assert!(end.lines().count() < 400);
    assert!(end.contains("OLD BYTES") && end.contains("left out, see --all"), "{end}");
}

#[test]
fn an_empty_trace_can_be_drawn() {
    assert!(text(&Timeline::new(&[], &Names::default()), Extent::All).contains("No switch was needed"));
}
