//! The file that keeps a failure: what failed, how it was found, and the case that shows it.

use std::cmp::Ordering;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::backend::Backend;
use crate::capture::Identity;
use crate::case::Case;

const FORMAT: &str = "dirql-case";
const VERSION: u32 = 1;

/// A failure kept in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    format: String,
    version: u32,
    /// The backend that it failed on.
    pub backend: Backend,
    /// The rule broken.
    pub rule: String,
    /// What happened.
    pub message: String,
    /// The campaign's seed, in hexadecimal.
    pub seed: String,
    /// The number of the execution within the campaign.
    pub index: u64,
    /// The capture whose frames the case names.
    pub frames: Identity,
    /// The case.
    pub case: Case,
}

/// What a file given to `dirql replay` holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A failure kept by a campaign or a property test.
    Artifact(Box<Artifact>),
    /// The bytes of a case, as libFuzzer keeps them.
    Bytes(Case),
}

impl Artifact {
    /// Makes an artifact of the current format.
    pub fn new(backend: Backend, failure: &crate::outcome::Failure, frames: Identity, case: Case) -> Self {
        Self {
            format: FORMAT.into(),
            version: VERSION,
            backend,
            rule: failure.rule.clone(),
            message: failure.message.clone(),
            seed: String::new(),
            index: 0,
            frames,
            case,
        }
    }

    /// Notes the campaign's seed and the number of the execution.
    #[must_use]
    pub fn found_by(self, seed: u64, index: u64) -> Self {
        Self { seed: hex(seed), index, ..self }
    }

    /// Notes how another artifact was found.
    #[must_use]
    pub(crate) fn found_as(self, other: &Self) -> Self {
        Self { seed: other.seed.clone(), index: other.index, ..self }
    }

    /// Writes the artifact to `path`, whole or not at all.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let directory = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(directory)?;
        let partial = path.with_extension("partial");
        fs::write(&partial, serde_json::to_string_pretty(self)? + "\n")?;
        fs::rename(&partial, path)
    }

    /// Returns the name of the file for the failure: the same failure of the same campaign has the same name, and so has
    /// that of no campaign.
    pub fn file_name(&self) -> PathBuf {
        let scenario = self.case.scenario;
        let seed = if self.seed.is_empty() { "no-seed" } else { &self.seed };
        format!("{}-{scenario}-{}-{seed}.json", self.backend, slug(&self.rule)).into()
    }
}

impl Stored {
    /// Reads a file of either kind.
    ///
    /// # Errors
    /// A file that cannot be read, or is an artifact that is damaged or of another version. The message names the
    /// file and the next step.
    pub fn read(path: &Path) -> Result<Self, String> {
        let bytes = fs::read(path).map_err(|e| format!("{}: {e}; check the path", path.display()))?;
        Self::parse(&bytes).map_err(|e| format!("{}: {e}", path.display()))
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.is_empty() {
            return Err("the file is empty; give an artifact or a libFuzzer input".into());
        }
        if !looks_like_json(bytes) {
            return Ok(Self::Bytes(Case::from_bytes(bytes)));
        }
        parse_artifact(bytes).map(|artifact| Self::Artifact(Box::new(artifact)))
    }
}

/// Every byte string is a case, so only what is JSON, or was meant to be an artifact, is taken for one.
fn looks_like_json(bytes: &[u8]) -> bool {
    let marked = bytes.windows(FORMAT.len()).any(|window| window == FORMAT.as_bytes());
    marked || serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok()
}

fn parse_artifact(bytes: &[u8]) -> Result<Artifact, String> {
    let again = "run the campaign again with its seed";
    let json: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|e| format!("damaged artifact: {e}; {again}"))?;
    if json["format"] != FORMAT {
        return Err(format!(
            "not a dirql artifact: its format is not {FORMAT:?}; give a file of --artifacts"
        ));
    }
    check_version(&json)?;
    let damaged = |e: String| format!("damaged artifact: {e}; {}", how_to_find_again(&json));
    let artifact = Artifact::deserialize(&json).map_err(|e| damaged(e.to_string()))?;
    artifact.case.validate().map_err(|e| damaged(e.to_string()))?;
    Ok(artifact)
}

/// Refuses what this program would read wrongly. A version says what the cases of a file mean, so that a schedule is
/// not followed in a scene that it was not recorded in.
fn check_version(json: &serde_json::Value) -> Result<(), String> {
    let version = json["version"].as_u64().unwrap_or(0);
    match version.cmp(&VERSION.into()) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(format!(
            "a newer dirql wrote it: its version is {version}, this one reads {VERSION}; replay it with that dirql"
        )),
        Ordering::Less => Err(format!(
            "too old: its version is {version}, this dirql reads {VERSION}; {}",
            how_to_find_again(json)
        )),
    }
}

/// Says how to get to the failure without its file.
fn how_to_find_again(json: &serde_json::Value) -> String {
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let command = || {
        let (backend, scenario) = (text(&json["backend"])?, text(&json["case"]["scenario"])?);
        let (seed, index) = (text(&json["seed"]).filter(|seed| !seed.is_empty())?, json["index"].as_u64()?);
        let executions = index.saturating_add(1);
        Some(format!("--backend {backend} --scenario {scenario} --seed {seed} --executions {executions}"))
    };
    match command() {
        Some(arguments) => format!("find the failure again: dirql fuzz {arguments}"),
        None => "run the campaign again with its seed".into(),
    }
}

/// Spells a seed.
pub(crate) fn hex(seed: u64) -> String {
    format!("{seed:#018x}")
}

/// Keeps what is safe in a file name.
fn slug(rule: &str) -> String {
    rule.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Frames;
    use crate::outcome::Failure;
    use crate::scenario::Scenario;
    use crate::scheduler::Scheduler;

    fn artifact() -> Artifact {
        let failure =
            Failure { rule: "R10".into(), message: "m".into(), source: "s".into(), on_windows: None };
        let case = Case::generate(Scenario::SharedLine, 1, 2, Scheduler::Random);
        Artifact::new(Backend::Wdm, &failure, Frames::builtin().identity().clone(), case).found_by(0xab, 2)
    }

    #[test]
    fn an_artifact_is_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep").join(artifact().file_name());
        artifact().write(&path).unwrap();
        assert_eq!(Stored::read(&path), Ok(Stored::Artifact(Box::new(artifact()))));
        assert_eq!(path.file_name().unwrap(), "wdm-shared-line-R10-0x00000000000000ab.json");
    }

    #[test]
    fn other_versions_formats_and_damage_are_refused_with_the_next_step() {
        let json = serde_json::to_string(&artifact()).unwrap();
        let refusal = |text: String| Stored::parse(text.as_bytes()).unwrap_err();
        let newer = refusal(json.replace("\"version\":1", "\"version\":2"));
        assert!(newer.contains("replay it with that dirql"), "{newer}");
        let older = refusal(json.replace("\"version\":1", "\"version\":0"));
        let command =
            "dirql fuzz --backend wdm --scenario shared-line --seed 0x00000000000000ab --executions 3";
        assert!(older.contains("too old") && older.contains(command), "{older}");
        assert!(refusal(json.replace("\"version\":1,", "")).contains("its version is 0"));
        assert!(refusal("{\"a\":1}".into()).contains("not a dirql artifact"));
        assert!(refusal(json[..json.len() / 2].into()).contains("damaged artifact"));
        assert!(refusal(String::new()).contains("empty"));
        let mut artifact = artifact();
        artifact.case.settings.cpus = 9;
        assert!(refusal(serde_json::to_string(&artifact).unwrap()).contains("settings.cpus"));
    }

    #[test]
    fn anything_else_is_the_bytes_of_a_case() {
        let case = artifact().case;
        assert_eq!(Stored::parse(&case.to_bytes()), Ok(Stored::Bytes(case)));
    }
}
