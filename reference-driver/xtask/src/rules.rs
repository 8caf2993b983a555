//! What an image must be to be loaded, and to be fit for memory integrity (HVCI).

use object::pe::*;

use crate::arch::Arch;
use crate::exports::Module;
use crate::image::{Image, Mode};
use crate::pe::{Imports, Pe};

/// One rule: its name, and what breaks it.
type Rule = (&'static str, fn(&Pe, &Image, Arch) -> Vec<String>);

/// All rules.
pub const RULES: [Rule; 11] = [
    ("machine", machine),
    ("subsystem", subsystem),
    ("checksum", checksum),
    ("entry point", entry),
    ("exports", exports),
    ("characteristics", characteristics),
    ("section flags", sections),
    ("directories", directories),
    ("modules", modules),
    ("imported functions", functions),
    ("panics", panics),
];

/// Returns what is wrong with an image, a line for each.
pub fn problems(pe: &Pe, image: &Image, arch: Arch) -> Vec<String> {
    let broken = RULES.iter().map(|(name, rule)| (name, rule(pe, image, arch)));
    broken
        .flat_map(|(name, problems)| problems.into_iter().map(move |what| format!("{name}: {what}")))
        .collect()
}

/// A problem if `wrong`.
fn problem(wrong: bool, what: impl FnOnce() -> String) -> Vec<String> {
    if wrong { vec![what()] } else { Vec::new() }
}

fn machine(pe: &Pe, _: &Image, arch: Arch) -> Vec<String> {
    problem(pe.machine != arch.machine(), || format!("{} is not {}", pe.machine, arch.name()))
}

fn subsystem(pe: &Pe, image: &Image, _: Arch) -> Vec<String> {
    let right = match image.mode {
        Mode::Kernel => IMAGE_SUBSYSTEM_NATIVE,
        Mode::User => IMAGE_SUBSYSTEM_WINDOWS_GUI,
    };
    problem(pe.subsystem != right, || format!("it is {}, not {right}", pe.subsystem))
}

fn checksum(pe: &Pe, _: &Image, _: Arch) -> Vec<String> {
    let wrong = pe.checksum != pe.computed_checksum;
    problem(wrong, || format!("{:#x} is written, {:#x} is right", pe.checksum, pe.computed_checksum))
}

fn entry(pe: &Pe, image: &Image, _: Arch) -> Vec<String> {
    let code =
        pe.sections.iter().any(|section| section.contains(pe.entry) && section.is(IMAGE_SCN_MEM_EXECUTE));
    match image.mode {
        Mode::Kernel => problem(!code, || format!("{:#x} is in no executable section", pe.entry)),
        Mode::User => {
            problem(pe.entry != 0, || "there is one, and it would run under the loader's lock".into())
        }
    }
}

/// Nothing leaves the image that should not have left its crate.
fn exports(pe: &Pe, image: &Image, _: Arch) -> Vec<String> {
    problem(pe.exports != image.exports, || format!("{:?} instead of {:?}", pe.exports, image.exports))
}

fn characteristics(pe: &Pe, image: &Image, _: Arch) -> Vec<String> {
    let both = [
        (IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE, "DYNAMIC_BASE"),
        (IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA, "HIGH_ENTROPY_VA"),
        (IMAGE_DLLCHARACTERISTICS_NX_COMPAT, "NX_COMPAT"),
    ];
    let kernel = [
        (IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY, "FORCE_INTEGRITY"),
        (IMAGE_DLLCHARACTERISTICS_WDM_DRIVER, "WDM_DRIVER"),
    ];
    let needed = both.iter().chain(kernel.iter().filter(|_| image.mode == Mode::Kernel));
    let missing = needed.filter(|(flag, _)| pe.dll_characteristics.0 & flag.0 == 0);
    missing.map(|(_, name)| format!("{name} is missing")).collect()
}

/// No section is writable and executable, each begins on a page of its own, and INIT goes after start-up.
fn sections(pe: &Pe, _: &Image, _: Arch) -> Vec<String> {
    let mut problems = problem(pe.section_alignment < 0x1000, || "sections share pages".into());
    for section in &pe.sections {
        let name = &section.name;
        let both = section.is(IMAGE_SCN_MEM_EXECUTE) && section.is(IMAGE_SCN_MEM_WRITE);
        problems.extend(problem(both, || format!("{name} is writable and executable")));
        let stays = name.starts_with("INIT") && !section.is(IMAGE_SCN_MEM_DISCARDABLE);
        problems.extend(problem(stays, || format!("{name} is not discardable")));
    }
    problems
}

/// It can be moved, and has nothing that the kernel's loader does not do.
fn directories(pe: &Pe, _: &Image, _: Arch) -> Vec<String> {
    let has = |directory: usize| pe.directories.contains(&directory);
    let fixed = pe.characteristics.0 & IMAGE_FILE_RELOCS_STRIPPED.0 != 0;
    let mut problems = problem(fixed, || "its relocations are stripped".into());
    for (directory, name) in [
        (IMAGE_DIRECTORY_ENTRY_TLS, "thread-local storage"),
        (IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT, "delayed imports"),
        (IMAGE_DIRECTORY_ENTRY_COM_DESCRIPTOR, "a .NET header"),
    ] {
        problems.extend(problem(has(directory), || format!("it has {name}")));
    }
    problems
}

/// It imports from where it should, and so from no C runtime; and from each, or it would not be what it says it is.
fn modules(pe: &Pe, image: &Image, _: Arch) -> Vec<String> {
    let imported =
        |module: &str| pe.imports.iter().any(|imports| imports.module.eq_ignore_ascii_case(module));
    let known = |imports: &Imports| image.modules.iter().any(|m| m.eq_ignore_ascii_case(&imports.module));
    let foreign = pe
        .imports
        .iter()
        .filter(|imports| !known(imports))
        .map(|i| format!("{} is not to be used", i.module));
    let missing =
        image.modules.iter().filter(|module| !imported(module)).map(|m| format!("nothing is of {m}"));
    foreign.chain(missing).collect()
}

/// What only one processor's kernel exports; `wdm.h` has a macro of the name for the other.
const OF_ONE_PROCESSOR: [(&str, Arch); 2] = [("KeLowerIrql", Arch::X86_64), ("KfLowerIrql", Arch::Aarch64)];

/// Each function is known to exist where it is imported from.
fn functions(pe: &Pe, _: &Image, arch: Arch) -> Vec<String> {
    let foreign = |name: &str| OF_ONE_PROCESSOR.iter().any(|&(of, only)| of == name && only != arch);
    let unknown = |imports: &Imports| -> Vec<String> {
        let Some(module) = Module::named(&imports.module) else { return Vec::new() };
        let names = imports.functions.iter().filter(|name| foreign(name) || module.export(name).is_none());
        names.map(|name| format!("{} is not known to export {name}", imports.module)).collect()
    };
    pe.imports.iter().flat_map(unknown).collect()
}

/// No path panics: the panic handlers of `images/kernel` and `images/user`, and nobody else, import these. What the
/// compiler cannot prove to be free of panics links its handler.
fn panics(pe: &Pe, _: &Image, _: Arch) -> Vec<String> {
    let all = pe.imports.iter().flat_map(|imports| &imports.functions);
    let handlers = all.filter(|name| ["KeBugCheckEx", "RaiseFailFastException"].contains(&name.as_str()));
    handlers.map(|name| format!("the panic handler is linked: {name} is imported")).collect()
}

/// Returns the first build of Windows 10 that has everything an image imports, and what that build was first to have.
pub fn oldest_build(pe: &Pe) -> (u32, String) {
    let since =
        |module: &str, name: &str| Module::named(module)?.export(name).map(|export| export.since_build);
    let all =
        pe.imports.iter().flat_map(|i| i.functions.iter().map(move |name| (since(&i.module, name), name)));
    all.map(|(build, name)| (build.unwrap_or(0), name.clone())).max().unwrap_or_default()
}
