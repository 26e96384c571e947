//! `ghosthunt new`: a model and a scenario to write one's own protocol over.

use super::output::{Failure, Output};
use super::{Exit, files};
use crate::scenario::built_in_models;
use clap::Args;
use std::path::Path;

/// Write a model and a scenario to start from
///
/// NAME.ghost and NAME.toml, in the current directory, have a suspender, a target and an exit.
/// `ghosthunt check NAME.toml` shows the ghost that they leave.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The name of your protocol: letters, digits, `-` and `_`
    #[arg(value_name = "NAME", value_parser = name)]
    name: String,
}

const MODEL: &str = include_str!("new/protocol.ghost");
const SCENARIO: &str = include_str!("new/protocol.toml");
/// What stands for the name in the two texts.
const PLACEHOLDER: &str = "NAME";

/// A name that is a file name on every system, and takes no built-in model's place.
fn name(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if text.is_empty() || text.starts_with('-') || !text.chars().all(allowed) {
        return Err("a name has letters, digits, `-` and `_`, and does not begin with `-`".into());
    }
    if built_in_models().iter().any(|(known, _)| *known == text) {
        return Err(format!("`{text}` is a built-in model; yours would take its place"));
    }
    Ok(text.to_string())
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    let name = &arguments.name;
    let texts = [(format!("{name}.ghost"), MODEL), (format!("{name}.toml"), SCENARIO)];
    for (file, _) in &texts {
        if Path::new(file).exists() {
            return Err(Failure::Usage(format!("{file} is there already; choose another name")));
        }
    }
    for (file, text) in &texts {
        let text = text.replace(PLACEHOLDER, name);
        files::write(Path::new(file), &text).map_err(Failure::Output)?;
    }
    output.print(&format!(
        "Wrote {name}.ghost and {name}.toml.\n\
         Now: ghosthunt check {name}.toml                      shows their ghost\n\
         And: ghosthunt check {name}.toml --set locked=true    proves that a lock leaves none\n\
         The second exits with 14, because {name}.toml expects a ghost until you change it.\n"
    ))?;
    Ok(Exit::AsExpected)
}
