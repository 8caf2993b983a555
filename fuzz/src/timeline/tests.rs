//! A small trace, drawn. `BLESS=1 cargo test -p dirql-fuzz` accepts what it looks like now.

use std::collections::BTreeMap;
use std::path::Path;

use dirql_sim::{Event, What};

use super::{Buffer, Extent, Names, Section, Timeline, page, text};

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
    let drawn = text(&Timeline::new(&events(), &names()).folded(), Extent::End);
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
    let timeline = Timeline::new(&long, &names()).folded();
    let (end, all) = (text(&timeline, Extent::End), text(&timeline, Extent::All));
    assert!(all.lines().count() > 1000);
    assert!(end.lines().count() < 400);
    assert!(end.contains("OLD BYTES") && end.contains("left out, see --all"), "{end}");
}

#[test]
fn an_empty_trace_can_be_drawn() {
    assert!(text(&Timeline::new(&[], &Names::default()), Extent::All).contains("No switch was needed"));
}

/// The page of the small trace, with the first of its switches decisive, and the others not.
fn small_page() -> String {
    let mut timeline = Timeline::new(&events(), &names());
    timeline.mark(&[true, false, false, false]);
    let timeline = timeline.folded();
    let section = Section {
        title: "traffic on <wdm> & more".into(),
        facts: vec![("schedule", "\"4\" switches".into())],
        failure: Some("R1: a < b".into()),
        timeline: Some(&timeline),
    };
    page(&[section], Extent::All)
}

/// Returns the pictures of a page: the headings, and the run.
fn pictures(page: &str) -> Vec<&str> {
    page.split("<svg")
        .skip(1)
        .map(|rest| &page[page.len() - rest.len() - 4..][..rest.find("</svg>").unwrap() + 10])
        .collect()
}

#[test]
fn a_page_has_the_run_in_it() {
    let page = small_page();
    let pictures = pictures(&page);
    let run = roxmltree::Document::parse(pictures[1]).expect("the picture is well-formed");
    let all = |class: &str| {
        let has = |node: &roxmltree::Node| {
            node.attribute("class").is_some_and(|c| c.split(' ').any(|c| c == class))
        };
        run.descendants().filter(has).count()
    };
    let lines = small_text().lines().filter(|line| line.trim_start().starts_with(char::is_numeric)).count();
    assert_eq!(all("row"), lines, "as many rows as the text has");
    assert_eq!((all("decision"), all("quiet")), (1, 2));
    assert_eq!((all("violation"), all("interrupt")), (1, 1), "one failure, one interrupt around its rows");
    assert!(all("dirql") >= 2 && all("dispatch") >= 2 && all("lock0") >= 2);
    let tips = run.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "title")));
    let tips: Vec<_> = tips.filter_map(|tip| tip.text()).collect();
    assert!(
        tips.iter().any(|tip| tip.contains("TDT ← 1") && tip.contains("locks held: TX ring on CPU 1")),
        "{tips:?}"
    );
    assert!(tips.iter().any(|tip| tip.contains("without this the failure vanishes")));
}

fn small_text() -> String {
    text(&Timeline::new(&events(), &names()).folded(), Extent::All)
}

#[test]
fn a_page_needs_nothing_else_and_escapes_what_it_is_given() {
    let page = small_page();
    assert!(page.contains("traffic on &lt;wdm&gt; &amp; more") && page.contains("R1: a &lt; b"));
    for outside in ["<script", "src=", "url(", "@import", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let links = page.split("href=\"").skip(1).map(|rest| &rest[..rest.find('"').unwrap()]);
    for link in links {
        assert!(page.contains(&format!("id=\"{}\"", &link[1..])), "{link} leads nowhere");
    }
}

#[test]
fn a_page_is_the_same_each_time() {
    assert_eq!(small_page(), small_page());
}

#[test]
fn a_long_run_leaves_a_gap_in_the_picture() {
    let long = (0..1000).map(|n| What::RegisterRead { device: 0, offset: 0xc0, value: n * 37 % 1000 });
    let mut script = Script(events());
    script.on(0, 0, 0, long.flat_map(|read| [read, What::DpcQueued { dpc: 0, cpu: 0, queued: true }]));
    let timeline = Timeline::new(&script.0, &names()).folded();
    let section =
        Section { title: String::new(), facts: Vec::new(), failure: None, timeline: Some(&timeline) };
    let page = page(&[section], Extent::End);
    assert!(page.contains("left out: ") && page.matches("class=\"row").count() < 500);
}
