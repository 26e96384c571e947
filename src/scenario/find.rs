//! From what a user types to the text of a scenario.

use super::Scenario;
use super::library::{built_in_scenarios, display_path, look_up};
use crate::language::{Errors, nearest_name};
use std::path::Path;
use std::{fmt, fs, io};

/// `NAME` or `NAME@KERNEL`, split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitName<'a> {
    /// A built-in scenario's name, or a path.
    pub scenario: &'a str,
    /// The kernel preset.
    pub kernel: Option<&'a str>,
}

impl<'a> SplitName<'a> {
    /// Splits at the last `@`, unless a file has that whole name.
    pub fn parse(argument: &'a str) -> Self {
        match argument.rsplit_once('@') {
            Some((scenario, kernel)) if !kernel.contains('/') && !Path::new(argument).is_file() => {
                SplitName { scenario, kernel: Some(kernel) }
            }
            _ => SplitName { scenario: argument, kernel: None },
        }
    }
}

/// A scenario's text, found but not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The scenario's name: a built-in one's own; for a file, its path below a directory
    /// `scenarios`, or else its file name, without extension. Never a path of one machine.
    pub name: String,
    /// What diagnostics call it.
    pub file: String,
    /// The whole text.
    pub text: String,
    /// The directory of the file; `None` for a built-in scenario.
    directory: Option<std::path::PathBuf>,
}

/// Why there is no such scenario.
#[derive(Debug)]
pub enum NotFound {
    /// Neither a built-in scenario nor a file.
    Unknown {
        /// What was asked for.
        name: String,
        /// A built-in scenario of nearly that name.
        nearest: Option<String>,
    },
    /// No model of that name has a description of a hunt beside it.
    Hunt {
        /// What was asked for.
        name: String,
        /// A built-in model of nearly that name that has one.
        nearest: Option<String>,
    },
    /// A file that cannot be read.
    Unreadable {
        /// Its path.
        path: String,
        /// Why.
        error: io::Error,
    },
}

impl Named {
    /// Finds the scenario: a file if the argument ends in `.toml`, else a built-in one, else a
    /// file with `.toml` added.
    pub fn find(argument: &str) -> Result<Named, NotFound> {
        if argument.ends_with(".toml") {
            return Named::read(Path::new(argument));
        }
        if let Some(text) = look_up(built_in_scenarios(), argument) {
            return Ok(Named {
                name: argument.to_string(),
                file: format!("scenarios/{argument}.toml"),
                text: text.to_string(),
                directory: None,
            });
        }
        let path = format!("{argument}.toml");
        match Path::new(&path).is_file() {
            true => Named::read(Path::new(&path)),
            false => {
                let names = built_in_scenarios().iter().map(|(name, _)| *name);
                let nearest = nearest_name(argument, names).map(str::to_string);
                Err(NotFound::Unknown { name: argument.to_string(), nearest })
            }
        }
    }

    /// Reads a scenario file.
    pub fn read(path: &Path) -> Result<Named, NotFound> {
        let file = display_path(path);
        let text = fs::read_to_string(path)
            .map_err(|error| NotFound::Unreadable { path: file.clone(), error })?;
        Ok(Named {
            name: name_of(&file),
            file,
            text,
            directory: Some(path.parent().map(Path::to_path_buf).unwrap_or_default()),
        })
    }

    /// All built-in scenarios, by name.
    pub fn built_in() -> impl Iterator<Item = Named> {
        built_in_scenarios().iter().map(|(name, text)| Named {
            name: (*name).to_string(),
            file: format!("scenarios/{name}.toml"),
            text: (*text).to_string(),
            directory: None,
        })
    }

    /// The directory of the file; `None` for a built-in scenario.
    pub fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// Reads the text.
    pub fn parse(&self) -> Result<Scenario, Errors> {
        let scenario = Scenario::parse(&self.name, &self.file, &self.text)?;
        Ok(Scenario { directory: self.directory.clone(), ..scenario })
    }
}

/// The name of a scenario file: what follows the last directory `scenarios`, or its file name.
fn name_of(file: &str) -> String {
    let stem = file.strip_suffix(".toml").unwrap_or(file);
    let below = stem
        .strip_prefix("scenarios/")
        .or_else(|| stem.rsplit_once("/scenarios/").map(|(_, below)| below));
    below.or(stem.rsplit('/').next()).unwrap_or(stem).to_string()
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotFound::Unknown { name, nearest: Some(near) } => {
                write!(f, "there is no scenario `{name}`; there is `{near}`")
            }
            NotFound::Unknown { name, nearest: None } => write!(
                f,
                "there is no scenario `{name}`; `ghosthunt list` shows those built in, and a \
                 path to a `.toml` file names your own"
            ),
            NotFound::Hunt { name, nearest: Some(near) } => {
                write!(f, "there is no hunt for `{name}`; there is one for `{near}`")
            }
            NotFound::Hunt { name, nearest: None } => {
                write!(
                    f,
                    "there is no hunt for `{name}`: a `hunt.toml` beside the model describes one"
                )
            }
            NotFound::Unreadable { path, error } if error.kind() == io::ErrorKind::InvalidData => {
                write!(f, "cannot read {path}: this is no text")
            }
            NotFound::Unreadable { path, error } => write!(f, "cannot read {path}: {error}"),
        }
    }
}

impl std::error::Error for NotFound {}
