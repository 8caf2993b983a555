//! Each rule fires on what it is for, and is silent on a file that keeps it.

mod sample;

use object::pe::*;
use xtask::arch::Arch;
use xtask::image::{Framework, Image, Mode};
use xtask::pe::Pe;
use xtask::rules;
use xtask::smoke::Outcome;

const IMAGE: Image = Image {
    framework: Framework::Ndis,
    mode: Mode::Kernel,
    file: "sample.sys",
    folder: "sample",
    exports: &["DriverEntry"],
    modules: &["ntoskrnl.exe", "NDIS.SYS"],
    under_wine: Outcome::Unloaded,
};

/// Returns a sample that keeps all rules.
fn sample() -> Pe {
    let mut pe = Pe::parse(&sample::file("ntoskrnl.exe", "KfRaiseIrql")).unwrap();
    pe.exports = vec!["DriverEntry".into()];
    pe
}

fn problems(pe: &Pe) -> Vec<String> {
    rules::problems(pe, &IMAGE, Arch::X86_64)
}

/// Asserts that one rule, and no other, is broken by a change.
#[track_caller]
fn breaks(rule: &str, change: impl FnOnce(&mut Pe)) {
    let mut pe = sample();
    change(&mut pe);
    let problems = problems(&pe);
    assert!(problems.len() == 1 && problems[0].starts_with(&format!("{rule}: ")), "{problems:?}");
}

#[test]
fn a_sample_keeps_all_rules() {
    assert_eq!(problems(&sample()), [""; 0]);
}

#[test]
fn header_rules_fire() {
    breaks("machine", |pe| pe.machine = IMAGE_FILE_MACHINE_ARM64);
    breaks("subsystem", |pe| pe.subsystem = IMAGE_SUBSYSTEM_WINDOWS_CUI);
    breaks("checksum", |pe| pe.checksum += 1);
    breaks("entry point", |pe| pe.entry = 0);
    breaks("entry point", |pe| pe.entry = 0x2000);
    breaks("exports", |pe| pe.exports.push("rust_eh_personality".into()));
    breaks("exports", |pe| pe.exports.clear());
    breaks("characteristics", |pe| pe.dll_characteristics.0 &= !IMAGE_DLLCHARACTERISTICS_NX_COMPAT.0);
    breaks("characteristics", |pe| pe.dll_characteristics.0 &= !IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY.0);
}

#[test]
fn section_rules_fire() {
    breaks("section flags", |pe| pe.sections[0].characteristics.0 |= IMAGE_SCN_MEM_WRITE.0);
    breaks("section flags", |pe| pe.sections[1].name = "INIT".into());
    breaks("section flags", |pe| pe.section_alignment = 0x200);
    breaks("directories", |pe| pe.characteristics.0 |= IMAGE_FILE_RELOCS_STRIPPED.0);
    breaks("directories", |pe| pe.directories.push(IMAGE_DIRECTORY_ENTRY_TLS));
}

#[test]
fn a_discardable_init_section_is_right() {
    let mut pe = sample();
    pe.sections[1].name = "INIT".into();
    pe.sections[1].characteristics.0 |= IMAGE_SCN_MEM_DISCARDABLE.0;
    assert_eq!(problems(&pe), [""; 0]);
}

#[test]
fn import_rules_fire() {
    breaks("modules", |pe| pe.imports.truncate(1));
    breaks("modules", |pe| {
        pe.imports.push(xtask::pe::Imports { module: "VCRUNTIME140.dll".into(), functions: Vec::new() });
    });
    breaks("imported functions", |pe| pe.imports[0].functions.push("KeSynchronizeExecutionEx".into()));
    breaks("imported functions", |pe| pe.imports[0].functions.push("KfLowerIrql".into()));
    breaks("panics", |pe| pe.imports[0].functions.push("KeBugCheckEx".into()));
    breaks("imported functions", |pe| pe.imports[1].functions.push("#7".into()));
}

#[test]
fn imports_are_read_from_the_file() {
    let pe = Pe::parse(&sample::file("ntoskrnl.exe", "NdisMSleep")).unwrap();
    let read: Vec<(&str, &[String])> = pe.imports.iter().map(|i| (&*i.module, &*i.functions)).collect();
    assert_eq!(read, [("ntoskrnl.exe", &["NdisMSleep".into()][..]), ("NDIS.SYS", &["NdisMSleep".into()])]);
    assert!(
        problems(&pe)
            .iter()
            .any(|p| p == "imported functions: ntoskrnl.exe is not known to export NdisMSleep")
    );
}

#[test]
fn a_changed_byte_changes_the_checksum() {
    let file = sample::file("ntoskrnl.exe", "KfRaiseIrql");
    let right = Pe::parse(&file).unwrap();
    assert_eq!(right.checksum, right.computed_checksum);
    let code = file.windows(2).position(|bytes| bytes == [0xcc, 0xcc]).unwrap();
    for at in [0x41, code, code + 1, file.len() - 1] {
        let mut changed = file.clone();
        changed[at] ^= 0x10;
        let changed = Pe::parse(&changed).unwrap();
        assert_ne!(changed.checksum, changed.computed_checksum, "{at:#x}");
    }
}

#[test]
fn the_newest_import_says_which_windows_is_needed() {
    let pe = Pe::parse(&sample::file("ntoskrnl.exe", "ExAllocatePool2")).unwrap();
    assert_eq!(rules::oldest_build(&pe), (19041, "ExAllocatePool2".into()));
}

#[test]
fn what_is_no_pe_file_is_refused() {
    assert!(Pe::parse(b"MZ").is_err());
    let file = sample::file("ntoskrnl.exe", "KfRaiseIrql");
    assert!(Pe::parse(&file[..0x100]).is_err());
}

#[test]
fn a_library_of_a_host_process_has_rules_of_its_own() {
    let image = Image { mode: Mode::User, ..IMAGE };
    let broken = |pe: &Pe| -> Vec<String> {
        let problems = rules::problems(pe, &image, Arch::X86_64);
        problems.iter().filter_map(|problem| Some(problem.split_once(':')?.0.to_owned())).collect()
    };
    let mut pe = sample();
    assert_eq!(broken(&pe), ["subsystem", "entry point"]);
    (pe.subsystem, pe.entry) = (IMAGE_SUBSYSTEM_WINDOWS_GUI, 0);
    pe.dll_characteristics.0 &= !IMAGE_DLLCHARACTERISTICS_WDM_DRIVER.0;
    assert_eq!(broken(&pe), [""; 0]);
    pe.dll_characteristics.0 &= !IMAGE_DLLCHARACTERISTICS_NX_COMPAT.0;
    assert_eq!(broken(&pe), ["characteristics"]);
}
