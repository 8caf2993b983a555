//! A bug: the head of its patch, and the edits.

use std::fs;
use std::path::{Path, PathBuf};

use diffy::{Line, Patch};

/// How many classes of bugs there are: the numbers that heads name.
pub const CLASSES: u8 = 28;

/// When a bug was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Set {
    /// Before schedulers and scenarios were settled.
    Training,
    /// Without a look at what finds it.
    HeldOut,
}

impl Set {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Training, Self::HeldOut];

    /// Returns the name of its folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::HeldOut => "held-out",
        }
    }
}

/// A bug that can be planted.
#[derive(Clone, Debug)]
pub struct Bug {
    /// The name of its file.
    pub name: String,
    /// When it was written.
    pub set: Set,
    /// Its class.
    pub class: u8,
    /// What it takes to see it: interleaving, data, memory order or lifecycle.
    pub need: String,
    /// A public example of its class.
    pub like: String,
    /// The rules that may be the first to notice it.
    pub expect: Vec<String>,
    /// Why campaigns may miss it, if that is known.
    pub missed: Option<String>,
    /// What is wrong.
    pub about: String,
    /// What is changed.
    pub edits: Vec<Edit>,
}

/// One place of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The file, from the root of the tree.
    pub file: PathBuf,
    /// The text that is there once.
    pub before: String,
    /// The text that replaces it.
    pub after: String,
}

/// Reads all bugs, in the order of their sets and names.
///
/// # Errors
/// What is wrong with a patch, and with which.
pub fn all() -> Result<Vec<Bug>, String> {
    let mut bugs = Vec::new();
    for set in Set::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(set.name());
        let entries = fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        for path in paths.filter(|path| path.extension().is_some_and(|ext| ext == "patch")) {
            bugs.push(read(set, &path).map_err(|e| format!("{}: {e}", path.display()))?);
        }
    }
    bugs.sort_by(|a, b| (a.set, &a.name).cmp(&(b.set, &b.name)));
    Ok(bugs)
}

fn read(set: Set, path: &Path) -> Result<Bug, String> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    parse(set, name, &fs::read_to_string(path).map_err(|e| e.to_string())?)
}

fn parse(set: Set, name: String, text: &str) -> Result<Bug, String> {
    let start = text.find("\n--- a/").ok_or("no line begins with --- a/")? + 1;
    let (head, diff) = text.split_at(start);
    let (fields, about) = head.split_once("\n\n").ok_or("no empty line after the head")?;
    let field = |key: &str| {
        let found = fields.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        found.map(str::to_owned).ok_or(format!("no line begins with {key}:"))
    };
    let class = field("class")?.parse().ok().filter(|class| (1..=CLASSES).contains(class));
    Ok(Bug {
        name,
        set,
        class: class.ok_or(format!("class: give a number from 1 to {CLASSES}"))?,
        need: field("need")?,
        like: field("like")?,
        expect: field("expect")?.split(", ").map(Into::into).collect(),
        missed: field("missed").ok(),
        about: about.split_whitespace().collect::<Vec<_>>().join(" "),
        edits: edits(diff)?,
    })
}

fn edits(diff: &str) -> Result<Vec<Edit>, String> {
    let starts: Vec<usize> =
        std::iter::once(0).chain(diff.match_indices("\n--- a/").map(|(i, _)| i + 1)).collect();
    let ends = starts.iter().skip(1).copied().chain([diff.len()]);
    let mut edits = Vec::new();
    for (start, end) in starts.iter().copied().zip(ends) {
        let patch = Patch::from_str(&diff[start..end]).map_err(|e| e.to_string())?;
        let file = patch.modified().and_then(|name| name.strip_prefix("b/")).ok_or("no +++ b/ line")?;
        edits.extend(patch.hunks().iter().map(|hunk| edit(file, hunk.lines())));
    }
    Ok(edits)
}

fn edit(file: &str, lines: &[Line<'_, str>]) -> Edit {
    let (mut before, mut after) = (String::new(), String::new());
    for line in lines {
        match *line {
            Line::Context(text) => {
                before.push_str(text);
                after.push_str(text);
            }
            Line::Delete(text) => before.push_str(text),
            Line::Insert(text) => after.push_str(text),
        }
    }
    Edit { file: file.into(), before, after }
}

impl Bug {
    /// Returns the files of the tree at `root` that the bug changes, with their new text.
    ///
    /// # Errors
    /// If an edit does not fit: its lines must be in the file, and there once. Line numbers do not matter.
    pub fn planted(&self, root: &Path) -> Result<Vec<(PathBuf, String)>, String> {
        let mut files: Vec<(PathBuf, String)> = Vec::new();
        for edit in &self.edits {
            let at = match files.iter().position(|(file, _)| *file == edit.file) {
                Some(at) => at,
                None => {
                    let text = fs::read_to_string(root.join(&edit.file));
                    files.push((edit.file.clone(), text.map_err(|e| self.misfit(edit, &e.to_string()))?));
                    files.len() - 1
                }
            };
            let text = &mut files[at].1;
            match text.matches(&edit.before).count() {
                1 => *text = text.replacen(&edit.before, &edit.after, 1),
                count => return Err(self.misfit(edit, &format!("found {count} times:\n{}", edit.before))),
            }
        }
        Ok(files)
    }

    fn misfit(&self, edit: &Edit, why: &str) -> String {
        format!(
            "{}/{}.patch does not fit {} any more: {why}\nMake its edit by hand in a copy, and write the output \
             of git diff -U1 below its head",
            self.set.name(),
            self.name,
            edit.file.display()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "class: 4\nneed: data\nlike: Linux\nexpect: R1, NblLost\n\nIt is\nwrong.\n\n\
        --- a/x.rs\n+++ b/x.rs\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n--- a/y.rs\n+++ b/y.rs\n@@ -1,1 +1,2 @@\n a\n+b\n";

    fn bug(text: &str) -> Result<Bug, String> {
        parse(Set::HeldOut, "it".into(), text)
    }

    #[test]
    fn a_patch_says_what_is_wrong_and_where() {
        let bug = bug(TEXT).unwrap();
        assert_eq!((bug.class, &*bug.about, bug.expect.len(), bug.missed), (4, "It is wrong.", 2, None));
        let edit = |file: &str, before: &str, after: &str| Edit {
            file: file.into(),
            before: before.into(),
            after: after.into(),
        };
        assert_eq!(bug.edits, [edit("x.rs", "one\ntwo\n", "one\n2\n"), edit("y.rs", "a\n", "a\nb\n")]);
    }

    #[test]
    fn a_head_without_a_field_is_refused() {
        for missing in ["class: 4\n", "need: data\n", "expect: R1, NblLost\n"] {
            assert!(bug(&TEXT.replace(missing, "")).is_err(), "{missing}");
        }
        assert!(bug(&TEXT.replace("class: 4", "class: 29")).unwrap_err().contains("28"));
    }

    #[test]
    fn an_edit_must_fit_in_one_place() {
        let root = tempfile::tempdir().unwrap();
        let bug = bug(TEXT).unwrap();
        fs::write(root.path().join("y.rs"), "a\n").unwrap();
        for (text, fits) in [("0\none\ntwo\n", true), ("one\n", false), ("one\ntwo\none\ntwo\n", false)] {
            fs::write(root.path().join("x.rs"), text).unwrap();
            assert_eq!(bug.planted(root.path()).is_ok(), fits, "{text}");
        }
    }
}
