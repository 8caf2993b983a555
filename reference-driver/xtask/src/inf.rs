//! INF files: made of an image's INX file, as Microsoft's stampinf does it, and checked.

use crate::arch::Arch;

/// The date in DriverVer: the same image gets the same INF file, whenever it is built.
const DATE: &str = "11/21/2026";

/// The device.
const HARDWARE_ID: &str = r"PCI\VEN_8086&DEV_10D3";

/// Returns the INF file for a processor.
pub fn stamp(inx: &str, arch: Arch) -> String {
    let version = format!("{DATE},{}.0", env!("CARGO_PKG_VERSION"));
    let stamped = inx.replace("$ARCH$", arch.decoration()).replace("$VERSION$", &version);
    stamped.lines().flat_map(|line| [line, "\r\n"]).collect()
}

/// A section, with the text between the commas or after the `=` of each line.
struct Section<'a> {
    name: &'a str,
    lines: Vec<Line<'a>>,
}

/// `key = value, value`, or values alone.
struct Line<'a> {
    key: &'a str,
    values: Vec<&'a str>,
}

/// An INF file.
pub struct Inf<'a> {
    sections: Vec<Section<'a>>,
}

impl<'a> Inf<'a> {
    /// Reads a file; comments are left out.
    pub fn parse(text: &'a str) -> Self {
        let mut sections: Vec<Section<'a>> = Vec::new();
        for line in
            text.lines().map(|line| outside_quotes(line, ';').0.trim()).filter(|line| !line.is_empty())
        {
            match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                Some(name) => sections.push(Section { name, lines: Vec::new() }),
                None => {
                    sections.last_mut().into_iter().for_each(|section| section.lines.push(Line::parse(line)))
                }
            }
        }
        Self { sections }
    }

    /// Returns what is wrong with the file as that of an image, a line for each.
    pub fn problems(&self, file: &str, oldest_build: u32) -> Vec<String> {
        let mut problems = Vec::new();
        let mut require = |right: bool, what: String| {
            if !right {
                problems.push(what)
            }
        };
        require(self.value("Version", "Signature") == Some("\"$WINDOWS NT$\""), "no Signature".into());
        require(self.value("Version", "CatalogFile").is_some(), "no CatalogFile".into());
        require(
            self.section("SourceDisksFiles").is_some_and(|s| s.has(file)),
            format!("{file} is on no disk"),
        );
        require(self.models().any(|line| line.values.contains(&HARDWARE_ID)), format!("no {HARDWARE_ID}"));
        for name in self.dangling() {
            require(false, format!("there is no section [{name}]"));
        }
        for name in self.unknown_strings() {
            require(false, format!("%{name}% is not in [Strings]"));
        }
        let build = self.build().unwrap_or(0);
        require(
            build >= oldest_build,
            format!("it is for build {build}, the image for {oldest_build} and later"),
        );
        problems
    }

    fn section(&self, name: &str) -> Option<&Section<'a>> {
        self.sections.iter().find(|section| section.name.eq_ignore_ascii_case(name))
    }

    fn value(&self, section: &str, key: &str) -> Option<&'a str> {
        let line = self.section(section)?.lines.iter().find(|line| line.key.eq_ignore_ascii_case(key))?;
        line.values.first().copied()
    }

    /// Returns the names of the models sections: each with each of its decorations.
    fn models_names(&self) -> Vec<String> {
        let Some(manufacturers) = self.section("Manufacturer") else { return Vec::new() };
        let decorated = |line: &Line<'a>| -> Vec<String> {
            let Some((name, decorations)) = line.values.split_first() else { return Vec::new() };
            decorations.iter().map(|decoration| format!("{name}.{decoration}")).collect()
        };
        manufacturers.lines.iter().flat_map(decorated).collect()
    }

    fn models(&self) -> impl Iterator<Item = &Line<'a>> {
        let names = self.models_names();
        let sections =
            self.sections.iter().filter(move |s| names.iter().any(|n| n.eq_ignore_ascii_case(s.name)));
        sections.flat_map(|section| &section.lines)
    }

    /// Returns the oldest build of Windows 10 that the models are for: `NTamd64.10.0...16299`.
    fn build(&self) -> Option<u32> {
        self.models_names().iter().filter_map(|name| name.rsplit_once("...")?.1.parse().ok()).min()
    }

    /// Returns the sections that are referred to and are not there.
    fn dangling(&self) -> Vec<String> {
        let of_models = self.models_names();
        let installs = self.models().filter_map(|line| line.values.first().map(|name| name.to_string()));
        let mut names: Vec<String> = of_models.into_iter().chain(installs).chain(self.referred()).collect();
        names.retain(|name| self.section(name).is_none());
        names
    }

    /// Returns what directives refer to.
    fn referred(&self) -> Vec<String> {
        let lines = self.sections.iter().flat_map(|section| &section.lines);
        let referred = |line: &Line<'a>| -> Vec<String> {
            let from = match line.key.to_ascii_lowercase().as_str() {
                "addreg" | "copyfiles" => 0,
                // A service's name and flags come first; a framework's service, its name.
                "addservice" => 2,
                "kmdfservice" | "umdfservice" => 1,
                _ => return Vec::new(),
            };
            line.values.iter().skip(from).map(|name| name.to_string()).collect()
        };
        lines.flat_map(referred).collect()
    }

    fn unknown_strings(&self) -> Vec<&'a str> {
        let lines = self.sections.iter().flat_map(|section| &section.lines);
        let texts = lines.flat_map(|line| line.values.iter().copied().chain([line.key]));
        let mut names: Vec<&str> = texts.filter_map(token).collect();
        names.retain(|name| !self.section("Strings").is_some_and(|section| section.has(name)));
        names
    }
}

impl<'a> Section<'a> {
    fn has(&self, key: &str) -> bool {
        self.lines.iter().any(|line| line.key.eq_ignore_ascii_case(key))
    }
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Self {
        let (key, values) = match outside_quotes(line, '=') {
            (key, Some(values)) => (key.trim(), values),
            (values, None) => ("", values),
        };
        let mut all = Vec::new();
        let mut rest = Some(values);
        while let Some(values) = rest {
            let (value, more) = outside_quotes(values, ',');
            all.push(value.trim());
            rest = more;
        }
        Self { key, values: all }
    }
}

/// Splits at the first `separator` that is in no quotes.
fn outside_quotes(text: &str, separator: char) -> (&str, Option<&str>) {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        quoted ^= c == '"';
        if c == separator && !quoted {
            return (&text[..at], Some(&text[at + c.len_utf8()..]));
        }
    }
    (text, None)
}

/// Returns the name of a `%string%`; a number is a folder.
fn token(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('%')?.split_once('%')?;
    name.parse::<u32>().is_err().then_some(name)
}
