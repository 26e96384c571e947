//! The texts that ghosthunt has: those built into it, and those beside the user's scenario.

use crate::language::Library;
use std::fs;
use std::path::{Path, PathBuf};

/// The extension of notes on mutants.
const NOTES: &str = "mutate.toml";

mod built_in {
    include!(concat!(env!("OUT_DIR"), "/library.rs"));
}

/// The scenarios built into ghosthunt: their names and texts, sorted by name.
pub fn built_in_scenarios() -> &'static [(&'static str, &'static str)] {
    built_in::SCENARIOS
}

/// The models built into ghosthunt: their names and texts, sorted by name.
pub fn built_in_models() -> &'static [(&'static str, &'static str)] {
    built_in::MODELS
}

/// The descriptions of hunts that stand beside models: their names and texts, sorted by name.
pub(super) fn built_in_hunts() -> &'static [(&'static str, &'static str)] {
    built_in::HUNTS
}

/// The notes on mutants built into ghosthunt: the names of their models and their texts, sorted.
pub fn built_in_notes() -> &'static [(&'static str, &'static str)] {
    built_in::NOTES
}

/// The text of that name in a table sorted by name.
pub(super) fn look_up(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    let index = table.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    Some(table[index].1)
}

/// The models that a scenario can name. A text beside the scenario comes before a built-in one, so
/// that a protocol and its kernel can be tried out without rebuilding ghosthunt.
#[derive(Debug, Clone, Default)]
pub struct Models {
    /// The directory of the scenario; `None` for a built-in one.
    beside: Option<PathBuf>,
}

impl Models {
    /// Those built in, and those under `directory`.
    pub fn beside(directory: Option<&Path>) -> Self {
        Models { beside: directory.map(Path::to_path_buf) }
    }

    /// The name to report and the text of the notes on the mutants of a model.
    pub fn notes(&self, model: &str) -> Option<(String, String)> {
        let beside = self.beside.as_ref().map(|directory| {
            directory.join(format!("{}.{NOTES}", model.trim_end_matches(".ghost")))
        });
        let read =
            beside.and_then(|path| Some((display_path(&path), fs::read_to_string(path).ok()?)));
        read.or_else(|| {
            let text = look_up(built_in_notes(), model)?;
            Some((format!("models/{model}.{NOTES}"), text.to_string()))
        })
    }

    fn read_beside(&self, name: &str) -> Option<(String, String)> {
        let directory = self.beside.as_ref()?;
        let mut paths = vec![directory.join(format!("{name}.ghost"))];
        if name.ends_with(".ghost") {
            paths.insert(0, directory.join(name));
        }
        paths.iter().find_map(|path| Some((display_path(path), fs::read_to_string(path).ok()?)))
    }
}

impl Library for Models {
    fn model(&self, name: &str) -> Option<(String, String)> {
        self.read_beside(name).or_else(|| {
            let text = look_up(built_in_models(), name)?;
            Some((format!("models/{name}.ghost"), text.to_string()))
        })
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            built_in_models().iter().map(|(name, _)| (*name).to_string()).collect();
        // A directory without a name is the current one, which `read_dir` has no such name for.
        let beside = self.beside.iter().map(|directory| match directory.as_os_str().is_empty() {
            true => Path::new("."),
            false => directory,
        });
        let beside = beside.flat_map(fs::read_dir).flatten().flatten();
        names.extend(beside.filter_map(|entry| {
            Some(entry.file_name().to_str()?.strip_suffix(".ghost")?.to_string())
        }));
        names.sort();
        names.dedup();
        names
    }
}

/// The path as reports print it: without a leading `./`, with `/` on every system.
pub(super) fn display_path(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").unwrap_or(&text).to_string()
}
