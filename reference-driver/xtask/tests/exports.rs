//! The lists of exports are those of mingw-w64's import libraries, where these are installed, and what came later.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use object::read::archive::ArchiveFile;
use xtask::exports::Module;

const LIBRARIES: &str = "/usr/x86_64-w64-mingw32/lib";

/// WDFLDR.SYS has no such library.
const LISTED: [(&str, &str); 5] = [
    ("ntoskrnl.exe", "libntoskrnl.a"),
    ("hal.dll", "libhal.a"),
    ("kernel32.dll", "libkernel32.a"),
    ("NDIS.SYS", "libndis.a"),
    ("ntdll.dll", "libntdllcrt.a"),
];

/// Returns the functions that an import library defines; of a variable it has the pointer alone, `__imp_name`.
fn functions(library: &Path) -> BTreeSet<String> {
    let bytes = fs::read(library).unwrap();
    let archive = ArchiveFile::parse(&*bytes).unwrap();
    let symbols = archive.symbols().unwrap().unwrap().map(|symbol| symbol.unwrap().name().to_vec());
    let names: BTreeSet<String> = symbols.map(|name| String::from_utf8(name).unwrap()).collect();
    let functions = names.iter().filter(|name| names.contains(&format!("__imp_{name}")));
    functions.cloned().collect()
}

#[test]
fn the_lists_are_the_import_libraries() {
    for (module, library) in LISTED {
        let library = Path::new(LIBRARIES).join(library);
        if !library.exists() {
            println!("skipped: there is no {}; Debian's mingw-w64-x86-64-dev has it", library.display());
            return;
        }
        let listed = Module::named(module).unwrap();
        let unlisted: Vec<_> =
            functions(&library).into_iter().filter(|f| listed.export(f).is_none()).collect();
        assert_eq!(unlisted, [""; 0], "{module}");
    }
}

#[test]
fn a_comment_is_no_export() {
    assert!(Module::named("ntoskrnl.exe").unwrap().export("#").is_none());
    assert!(Module::named("msvcrt.dll").is_none());
}
