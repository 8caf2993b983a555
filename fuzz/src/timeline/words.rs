//! An event in words.

use dirql_sim::{Actor, Event, Move, What};

use super::Kind;
use super::names::Names;
use super::state::{Locks, State};

/// Says what happened; `None` for events that other rows tell of.
pub(super) fn words(event: &Event, names: &Names, locks: &Locks, state: &State) -> Option<(Kind, String)> {
    let what = &event.what;
    access(what, names)
        .or_else(|| device(what, names))
        .or_else(|| interrupt(what, names))
        .or_else(|| lock(what, locks, state))
        .or_else(|| dpc(what))
        .or_else(|| thread(what, names))
        .or_else(|| scenario(what, names))
}

fn access(what: &What, names: &Names) -> Option<(Kind, String)> {
    let text = match *what {
        What::RegisterRead { device, offset, value } => register("→", names, device, offset, value),
        What::RegisterWrite { device, offset, value } => register("←", names, device, offset, value),
        What::DmaRead { buffer, offset, value } => dma("→", names, buffer, offset, value),
        What::DmaWrite { buffer, offset, value } => dma("←", names, buffer, offset, value),
        What::DmaCopy { buffer, offset, len, write } => {
            let (verb, place) = (if write { "fills" } else { "reads" }, names.place(buffer, offset));
            format!("{verb} {len} bytes of {place}")
        }
        What::Publish => "publishes its stores".to_owned(),
        What::Atomic { operation } => format!("atomic {operation}"),
        _ => return None,
    };
    Some((Kind::Access, text))
}

fn register(arrow: &str, names: &Names, device: u8, offset: u32, value: u32) -> String {
    format!("{} {arrow} {}", names.register(device, offset), names.register_value(device, offset, value))
}

fn dma(arrow: &str, names: &Names, buffer: u32, offset: u32, value: u32) -> String {
    format!("{} {arrow} {}", names.place(buffer, offset), names.word(buffer, offset, value))
}

fn device(what: &What, names: &Names) -> Option<(Kind, String)> {
    let text = match *what {
        What::PostedWriteArrives { device, offset, value } => {
            format!("gets {}", register("←", names, device, offset, value))
        }
        What::DeviceDma { buffer, offset, len, value, write, late } => {
            let span = device_span(names, buffer.into(), offset, len);
            match (write, late) {
                (true, _) if len == 4 => format!("writes {}", dma("←", names, buffer.into(), offset, value)),
                (true, _) => format!("writes {span}"),
                (false, false) => format!("reads {span}"),
                (false, true) => format!("reads {span}: OLD BYTES, a store is on its way"),
            }
        }
        What::Line { asserted, .. } => format!("{} the line", if asserted { "ASSERTS" } else { "releases" }),
        What::Message { index, .. } => format!("SENDS message {index}"),
        What::EngineStep { .. } => "steps".to_owned(),
        _ => return None,
    };
    Some((Kind::Device, text))
}

fn device_span(names: &Names, buffer: u32, offset: u32, len: u32) -> String {
    match names.buffers.get(buffer as usize) {
        Some(known) => known.span(offset, len),
        None => format!("{len} bytes of {}", names.place(buffer, offset)),
    }
}

fn interrupt(what: &What, names: &Names) -> Option<(Kind, String)> {
    let text = match *what {
        What::InterruptTaken { vector } => format!("{} interrupts", names.vector(vector)),
        What::InterruptEnded { claimed: true, .. } => "interrupt ends, claimed".to_owned(),
        What::InterruptEnded { claimed: false, .. } => "interrupt ends, claimed by nobody".to_owned(),
        What::InterruptHandedOn { vector } => format!("{} is left to a thread", names.vector(vector)),
        What::PassiveIsrsEnded { vector, claimed: true } => {
            format!("{} is served, claimed", names.vector(vector))
        }
        What::PassiveIsrsEnded { vector, claimed: false } => {
            format!("{} is served, claimed by nobody", names.vector(vector))
        }
        What::IsrEntered { interrupt } => format!("ISR of interrupt {interrupt}"),
        What::IsrLeft { interrupt, claimed: true } => format!("ISR of interrupt {interrupt} claims it"),
        What::IsrLeft { interrupt, claimed: false } => format!("ISR of interrupt {interrupt}: not mine"),
        What::Connected { interrupt, vector, .. } => {
            format!("connects interrupt {interrupt} to {}", names.vector(vector))
        }
        What::Disconnected { interrupt } => format!("disconnects interrupt {interrupt}"),
        _ => return None,
    };
    Some((Kind::Interrupt, text))
}

fn lock(what: &What, locks: &Locks, state: &State) -> Option<(Kind, String)> {
    let text = match *what {
        What::SectionEntered { interrupt } => format!("section of interrupt {interrupt} {{"),
        What::SectionLeft { interrupt } => format!("}} section of interrupt {interrupt}"),
        What::LockTaken { lock } => format!("locks {}", locks.name(lock)),
        What::LockReleased { lock } => format!("unlocks {}", locks.name(lock)),
        What::LockWanted { lock, .. } => {
            let holder =
                state.holder(lock).map_or_else(String::new, |cpu| format!(", which CPU {cpu} holds"));
            format!("SPINS for {}{holder}", locks.name(lock))
        }
        What::IrqlRaised { to } => format!("raises IRQL to {to}"),
        What::IrqlLowered { to } => format!("lowers IRQL to {to}"),
        _ => return None,
    };
    Some((Kind::Lock, text))
}

fn dpc(what: &What) -> Option<(Kind, String)> {
    let text = match *what {
        What::DpcQueued { dpc, cpu, queued: true } => format!("queues DPC {dpc} on CPU {cpu}"),
        What::DpcQueued { dpc, queued: false, .. } => format!("queues DPC {dpc}: it is queued already"),
        What::DpcStarted { dpc } => format!("DPC {dpc} starts"),
        What::DpcEnded { dpc } => format!("DPC {dpc} ends"),
        What::DpcRemoved { dpc, removed: true } => format!("removes DPC {dpc} from its queue"),
        What::DpcRemoved { dpc, removed: false } => format!("removes DPC {dpc}: it was not queued"),
        _ => return None,
    };
    Some((Kind::Dpc, text))
}

fn thread(what: &What, names: &Names) -> Option<(Kind, String)> {
    let text = match *what {
        What::ThreadStarted => "starts".to_owned(),
        What::ThreadEnded => "ends".to_owned(),
        What::ThreadWaits { on } => format!("waits for {on}"),
        What::EventSet { event } => format!("sets event {event}"),
        What::WorkQueued { item, queued: true } => format!("queues work item {item}"),
        What::WorkQueued { item, queued: false } => format!("queues work item {item}: it is queued already"),
        What::WorkStarted { item } => format!("work item {item} starts"),
        What::WorkEnded { item } => format!("work item {item} ends"),
        What::TimerExpired { thread } => format!("timer of {} expires", names.thread(thread)),
        _ => return None,
    };
    Some((Kind::Thread, text))
}

fn scenario(what: &What, names: &Names) -> Option<(Kind, String)> {
    match *what {
        What::Note { text, value } => {
            Some((Kind::Note, format!("# {}", text.replace("{}", &value.to_string()))))
        }
        What::Chose { alternative, of } if alternative > 0 => Some((
            Kind::Choice,
            format!("the schedule picks outcome {alternative} of 0..{of}, not the plain 0"),
        )),
        What::Violated { rule } => Some((Kind::Violation, format!("{rule}: {}", names.violation))),
        _ => None,
    }
}

/// Says what the schedule did instead of what would have come next by itself.
pub(super) fn switch(pick: u8, default: u8, names: &Names) -> String {
    format!("{}, not {}", mover(pick, names), mover(default, names))
}

fn mover(number: u8, names: &Names) -> String {
    match Move(number).actor() {
        // Idle threads have their processors' numbers; only interrupts and DPCs run on them.
        Actor::Thread(cpu) if names.thread(cpu as u8) == "idle" => format!("CPU {cpu}"),
        Actor::Thread(thread) => names.thread(thread as u8).to_owned(),
        Actor::Interrupt(cpu) => format!("an interrupt or DPC on CPU {cpu}"),
        Actor::Engine(device, engine) => format!("the device ({})", names.engine(device as u8, engine as u8)),
        Actor::Posted(_) => "a posted write".to_owned(),
        Actor::Timer => "a timer".to_owned(),
    }
}
