//! Events that belong together, as rows.

use std::collections::BTreeMap;
use std::ops::Range;

use dirql_sim::{Event, What};

use super::names::Names;
use super::state::{Locks, State};
use super::words::{switch, words};
use super::{Column, Edge, Held, Kind, Row};

/// Who takes part in a run: processors and locks.
pub(super) struct Stage {
    /// The threads that ran on each processor that did something.
    cpus: BTreeMap<u8, Vec<&'static str>>,
    pub(super) locks: Locks,
}

impl Stage {
    pub(super) fn new(events: &[Event], names: &Names) -> Self {
        let mut cpus: BTreeMap<u8, Vec<_>> = BTreeMap::new();
        for event in events {
            let cast = cpus.entry(event.cpu).or_default();
            if event.what == What::ThreadStarted {
                cast.push(names.thread(event.thread));
            }
        }
        Self { cpus, locks: Locks::new(events, names) }
    }

    pub(super) fn columns(&self, names: &Names) -> Vec<Column> {
        let cpu = |(cpu, cast): (&u8, &Vec<&str>)| Column {
            title: format!("CPU {cpu}"),
            cast: cast.iter().map(|&name| name.to_owned()).collect(),
        };
        let devices = Column { title: names.devices.join(", "), cast: Vec::new() };
        self.cpus.iter().map(cpu).chain([devices]).collect()
    }

    fn column(&self, cpu: u8) -> u8 {
        self.cpus.keys().position(|&c| c == cpu).unwrap_or_default() as u8
    }

    fn device_column(&self) -> u8 {
        self.cpus.len() as u8
    }
}

/// Makes rows of events.
pub(super) fn rows(events: &[Event], names: &Names, stage: &Stage) -> Vec<Row> {
    let mut writer = Writer {
        names,
        stage,
        state: State::default(),
        rows: Vec::new(),
        switch: None,
        entries: 0..0,
        idle_step: None,
    };
    for group in
        events.chunk_by(|first, next| belong_together(first, next) || names.same_descriptor(first, next))
    {
        writer.write(group);
    }
    writer.rows
}

/// Says whether two events are one thing that nothing can come between.
fn belong_together(first: &Event, next: &Event) -> bool {
    use What::*;
    let pair = matches!(
        (first.what, next.what),
        (IrqlRaised { .. }, LockTaken { .. } | LockWanted { .. })
            | (LockTaken { .. }, SectionEntered { .. } | IsrEntered { .. })
            | (InterruptTaken { .. }, LockTaken { .. })
            | (SectionLeft { .. } | IsrLeft { .. }, LockReleased { .. })
            | (LockReleased { .. }, IrqlLowered { .. } | InterruptEnded { .. })
            | (InterruptEnded { .. }, IrqlLowered { .. })
    );
    pair && (first.cpu, first.thread) == (next.cpu, next.thread)
}

/// Says whether an event is an entry of the schedule: something else than the default.
fn is_entry(what: &What) -> bool {
    matches!(what, What::Switched { .. } | What::Chose { alternative: 1.., .. })
}

/// Says whether an event of a group goes without saying.
fn goes_without_saying(what: &What, group: &[Event]) -> bool {
    use What::*;
    let among = |wanted: fn(&What) -> bool| group.iter().any(|event| wanted(&event.what));
    match what {
        IrqlRaised { .. } | IrqlLowered { .. } => group.len() > 1,
        LockTaken { .. } => among(|w| matches!(w, SectionEntered { .. } | IsrEntered { .. })),
        LockReleased { .. } => among(|w| matches!(w, SectionLeft { .. } | IsrLeft { .. })),
        InterruptEnded { .. } => among(|w| matches!(w, IsrLeft { .. })),
        _ => false,
    }
}

struct Writer<'a> {
    names: &'a Names,
    stage: &'a Stage,
    state: State,
    rows: Vec<Row>,
    /// What the schedule did, for the row that comes next.
    switch: Option<String>,
    /// The entries of the schedule so far that no row has told of.
    entries: Range<u32>,
    /// The row of an engine's step that has had no effect so far.
    idle_step: Option<Row>,
}

impl Writer<'_> {
    fn write(&mut self, group: &[Event]) {
        self.entries.end += group.iter().filter(|event| is_entry(&event.what)).count() as u32;
        match group[0].what {
            What::Switched { pick, default } => self.switch = Some(switch(pick, default, self.names)),
            What::DeviceDone => {
                self.state.apply(&group[0]);
                if let Some(step) = self.idle_step.take().filter(|step| self.is_news(step)) {
                    self.rows.push(step);
                }
            }
            What::EngineStep { .. } => self.idle_step = self.row(group),
            _ => {
                let row = self.row(group);
                self.push(row);
            }
        }
    }

    /// Says whether a step without effect tells anything: that it is this engine's turn.
    fn is_news(&self, step: &Row) -> bool {
        let same = |last: &Row| (last.column, &last.who) == (step.column, &step.who);
        step.switch.is_some() || !self.rows.last().is_some_and(same)
    }

    fn push(&mut self, row: Option<Row>) {
        let Some(mut row) = row else { return };
        if let Some(step) = self.idle_step.take() {
            row.switch = row.switch.or(step.switch);
            row.entries.extend(step.entries);
        }
        self.rows.push(row);
    }

    /// Takes a group in and makes its row, if it has anything to tell.
    fn row(&mut self, group: &[Event]) -> Option<Row> {
        if let Some(text) = self.names.descriptor(group) {
            let (first, who) = (&group[0], self.state.actor(&group[0], self.names));
            let row = Row { depth: first.depth, who, text, irql: Some(first.irql), ..Row::default() };
            return Some(self.placed(row, first));
        }
        let mut said: Vec<(Kind, String)> = Vec::new();
        let mut edge = Edge::None;
        let mut actor = None;
        for event in group {
            let ends = matches!(event.what, What::InterruptEnded { .. } | What::InterruptHandedOn { .. });
            if ends || matches!(event.what, What::DpcEnded { .. }) {
                edge = Edge::End;
                actor = Some(self.state.actor(event, self.names));
            }
            if matches!(event.what, What::InterruptTaken { .. } | What::DpcStarted { .. }) {
                edge = Edge::Begin;
            }
            if !goes_without_saying(&event.what, group) {
                said.extend(words(event, self.names, &self.stage.locks, &self.state));
            }
            self.state.apply(event);
        }
        let &(kind, _) = said.first()?;
        let text = said.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(": ");
        let last = group.last()?;
        let actor = actor.unwrap_or_else(|| self.state.actor(last, self.names));
        let depth = group[0].depth.saturating_sub(u8::from(edge != Edge::None));
        let row = Row { edge, depth, who: actor, text, kind, irql: Some(last.irql), ..Row::default() };
        Some(self.placed(row, last))
    }

    /// Puts a row into its column, with what is marked there.
    fn placed(&mut self, row: Row, event: &Event) -> Row {
        let held = self.state.held(&self.stage.locks);
        let held = held.map(|(lock, cpu)| Held { lock, cpu, column: self.stage.column(cpu) }).collect();
        let entries = self.entries.clone().collect();
        self.entries.start = self.entries.end;
        let (switch, column) = (self.switch.take(), self.stage.column(event.cpu));
        let row = Row { held, entries, switch, column, ..row };
        match self.device_name(event) {
            Some(who) => Row { who, column: self.stage.device_column(), irql: None, depth: 0, ..row },
            None => row,
        }
    }

    /// Names the device, or part of it, whose doing an event is.
    fn device_name(&self, event: &Event) -> Option<String> {
        match (self.state.device(), event.what) {
            (Some((device, Some(engine))), _) => Some(self.names.engine(device, engine)),
            (Some((device, None)), _) => Some(self.names.device(device).to_owned()),
            (None, What::TimerExpired { .. }) => Some("clock".to_owned()),
            (None, What::Line { device, .. } | What::Message { device, .. }) => {
                Some(self.names.device(device).to_owned())
            }
            (None, What::DeviceDma { .. }) => Some(self.names.device(0).to_owned()),
            (None, _) => None,
        }
    }
}
