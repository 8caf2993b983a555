//! What modules of Windows export, by lists of others (`exports/`).

/// A module of Windows.
pub struct Module {
    list: &'static str,
}

/// An exported function.
pub struct Export {
    /// The first build of Windows 10 that has it; 0 if older Windows has it too.
    pub since_build: u32,
}

const MODULES: [(&str, &str); 6] = [
    ("ntoskrnl.exe", include_str!("../exports/ntoskrnl.exe.txt")),
    ("hal.dll", include_str!("../exports/hal.dll.txt")),
    ("kernel32.dll", include_str!("../exports/kernel32.dll.txt")),
    ("ndis.sys", include_str!("../exports/ndis.sys.txt")),
    ("ntdll.dll", include_str!("../exports/ntdll.dll.txt")),
    ("wdfldr.sys", include_str!("../exports/wdfldr.sys.txt")),
];

impl Module {
    /// Returns a module by its file name, in upper or lower case.
    pub fn named(name: &str) -> Option<Self> {
        let (_, list) = MODULES.iter().find(|(module, _)| module.eq_ignore_ascii_case(name))?;
        Some(Self { list })
    }

    /// Returns a function, if the module exports it.
    pub fn export(&self, function: &str) -> Option<Export> {
        self.list.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
            let (name, build) = line.split_once(' ').unwrap_or((line, "0"));
            (name == function).then(|| Export { since_build: build.parse().unwrap_or(0) })
        })
    }
}
