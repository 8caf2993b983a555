//! What a section costs on Windows: instructions, against the same call by hand.
//!
//! `.ci/cost` builds `reference-driver/images/cost` for x86-64 Windows and names it in `DIRQL_COST_IMAGE`. Counted are
//! the instructions of the longest way through the function that calls the framework, and of the routine that the
//! framework calls back.

use std::collections::{BTreeMap, BTreeSet};

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction};
use object::read::archive::ArchiveFile;
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget, SymbolKind};

/// A backend, and what it may cost.
struct Backend {
    name: &'static str,
    /// What a call of the framework refers to.
    framework: &'static [&'static str],
    /// How many interlocked instructions on top, which by hand there are none.
    interlocked: usize,
}

/// How many instructions more than by hand a section may take.
const MORE: usize = 6;

const BACKENDS: [Backend; 3] = [
    Backend { name: "wdm", framework: &["__imp_KeSynchronizeExecution"], interlocked: 0 },
    Backend { name: "ndis", framework: &["__imp_NdisMSynchronizeWithInterruptEx"], interlocked: 0 },
    // The gate.
    Backend { name: "kmdf", framework: &["WdfDriverGlobals", "WdfFunctions_01015"], interlocked: 2 },
];

/// How long a way through a function is.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Length {
    instructions: usize,
    interlocked: usize,
}

impl Length {
    /// Returns the length with one more instruction in front.
    fn after(self, instruction: &Instruction) -> Self {
        let interlocked = self.interlocked + usize::from(instruction.has_lock_prefix());
        Self { instructions: self.instructions + 1, interlocked }
    }
}

/// A function's code, and the symbols that it refers to.
struct Function {
    code: BTreeMap<u64, Instruction>,
    symbols: BTreeSet<String>,
}

impl Function {
    fn new(bytes: &[u8], symbols: BTreeSet<String>) -> Self {
        let decoder = Decoder::with_ip(64, bytes, 0, DecoderOptions::NONE);
        Self {
            code: decoder.into_iter().map(|instruction| (instruction.ip(), instruction)).collect(),
            symbols,
        }
    }

    fn count(&self, is_counted: impl Fn(&Instruction) -> bool) -> usize {
        self.code.values().filter(|instruction| is_counted(instruction)).count()
    }

    fn calls(&self) -> usize {
        self.count(|i| matches!(i.flow_control(), FlowControl::Call | FlowControl::IndirectCall))
    }

    /// Returns how long the longest way from the entry to a return is, of those with a call if there is one.
    fn longest_way(&self) -> Length {
        self.longest_from(0, self.calls() == 0, &mut Vec::new()).expect("a way from the entry to a return")
    }

    fn longest_from(&self, ip: u64, called: bool, way: &mut Vec<u64>) -> Option<Length> {
        let instruction = self.code.get(&ip).filter(|_| !way.contains(&ip))?;
        way.push(ip);
        let (next, target) = (instruction.next_ip(), instruction.near_branch_target());
        let rest = match instruction.flow_control() {
            FlowControl::Return => called.then_some(Length::default()),
            FlowControl::Next => self.longest_from(next, called, way),
            FlowControl::Call | FlowControl::IndirectCall => self.longest_from(next, true, way),
            FlowControl::UnconditionalBranch => self.longest_from(target, called, way),
            FlowControl::ConditionalBranch => {
                self.longest_from(next, called, way).max(self.longest_from(target, called, way))
            }
            other => panic!("{other:?} at {ip:#x}"),
        };
        way.pop();
        rest.map(|rest| rest.after(instruction))
    }
}

/// The functions of an image, by name.
type Functions = BTreeMap<String, Function>;

/// Reads the image; `None` if nobody built one.
fn image() -> Option<Functions> {
    let Some(path) = std::env::var_os("DIRQL_COST_IMAGE") else {
        use std::io::Write;
        // Past the test harness, which keeps what a passing test prints.
        std::io::stderr().write_all(b"skipped: no DIRQL_COST_IMAGE; .ci/cost builds one\n").unwrap();
        return None;
    };
    let bytes = std::fs::read(path).unwrap();
    let archive = ArchiveFile::parse(&*bytes).unwrap();
    let members = archive.members().map(|member| member.unwrap().data(&*bytes).unwrap());
    Some(
        members
            .filter_map(|member| object::File::parse(member).ok())
            .flat_map(|file| functions(&file))
            .collect(),
    )
}

/// Returns the functions of an object file that has each in a section of its own.
fn functions(file: &object::File<'_>) -> Vec<(String, Function)> {
    let definitions = file.symbols().filter(|s| s.is_definition() && s.kind() == SymbolKind::Text);
    let function = |symbol: object::Symbol<'_, '_>| {
        let section = file.section_by_index(symbol.section_index()?).ok()?;
        let symbols = section.relocations().filter_map(|(_, relocation)| match relocation.target() {
            RelocationTarget::Symbol(index) => {
                Some(file.symbol_by_index(index).ok()?.name().ok()?.to_owned())
            }
            _ => None,
        });
        Some((symbol.name().ok()?.to_owned(), Function::new(section.data().ok()?, symbols.collect())))
    };
    definitions.filter_map(function).collect()
}

/// Counts a function, and refuses whatever is neither the call of the framework nor the routine that it is given.
fn cost(functions: &Functions, name: &str, framework: &[&str]) -> Length {
    let function = &functions[name];
    let (calls, others): (Vec<&String>, Vec<&String>) =
        function.symbols.iter().partition(|symbol| framework.contains(&symbol.as_str()));
    assert_eq!((calls.len(), function.calls()), (framework.len(), 1), "{name} calls the framework once");
    let [routine] = others[..] else {
        panic!("{name} refers to {others:?}, where only its routine should be")
    };
    let routine = &functions[routine];
    assert_eq!((routine.calls(), routine.symbols.len()), (0, 0), "the routine of {name} calls something");
    let (function, routine) = (function.longest_way(), routine.longest_way());
    Length {
        instructions: function.instructions + routine.instructions,
        interlocked: function.interlocked + routine.interlocked,
    }
}

/// Compares a backend's function with the same by hand.
fn compare(functions: &Functions, backend: &Backend, source: &str) {
    let name = format!("{}_{source}", backend.name);
    let ours = cost(functions, &name, backend.framework);
    let by_hand = cost(functions, &format!("{name}_by_hand"), backend.framework);
    let (n, m) = (ours.instructions, by_hand.instructions);
    println!("{name:<13} {n} instructions, {} of them interlocked; by hand {m}", ours.interlocked);
    assert_eq!((ours.interlocked, by_hand.interlocked), (backend.interlocked, 0), "{name}");
    assert!(n <= m + MORE + backend.interlocked, "{name}: {n} instructions, {m} by hand");
}

#[test]
fn a_section_costs_little_more_than_the_call_by_hand() {
    let Some(functions) = image() else { return };
    for backend in &BACKENDS {
        compare(&functions, backend, "line");
        compare(&functions, backend, "message");
    }
}

#[test]
fn a_panic_and_a_copy_would_be_seen() {
    let Some(functions) = image() else { return };
    let refers = |name: &str, to: &str| functions[name].symbols.iter().any(|symbol| symbol.contains(to));
    assert!(refers("planted_panic", "panic"));
    assert!(refers("planted_copy", "memcpy"));
}
