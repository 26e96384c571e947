//! A schedule file and its scenario, as arguments.

use super::output::Failure;
use crate::scenario::{Check, Named, Scenario};
use crate::schedule::{self, Replay, Schedule};
use clap::Args;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

/// The schedule that a command is about.
#[derive(Debug, Args)]
pub(super) struct ScheduleArguments {
    /// The schedule, as `ghosthunt check --save` writes it; `-` is the standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Its scenario, if that is neither built in nor beside the schedule or where you are
    #[arg(long, value_name = "SCENARIO")]
    scenario: Option<String>,
}

impl ScheduleArguments {
    /// The schedule, its scenario, and the check that it is a run of.
    pub(super) fn read(&self) -> Result<(Schedule, Scenario, Check), Failure> {
        let (name, text) = read(&self.file)?;
        let schedule = Schedule::parse(&name, &text)?;
        let scenario = match &self.scenario {
            Some(scenario) => Named::find(scenario)?,
            None => find(&self.file, &schedule.scenario)?,
        };
        let scenario = scenario.parse()?;
        let check = scenario.compile(schedule.kernel.as_deref(), &schedule.set)?;
        Ok((schedule, scenario, check))
    }
}

/// The schedule replayed.
pub(super) fn replayed<'p>(check: &'p Check, schedule: &Schedule) -> Result<Replay<'p>, Failure> {
    schedule::replay(&check.program, schedule)
        .map_err(|error| Failure::Bad(error.in_text(schedule)))
}

/// The name to report and the text of the file.
pub(super) fn read(file: &str) -> Result<(String, String), Failure> {
    let (name, text) = match file {
        "-" => {
            let mut text = String::new();
            let read = io::stdin().read_to_string(&mut text).map(|_| text);
            ("the standard input".to_string(), read)
        }
        path => (path.to_string(), fs::read_to_string(path)),
    };
    match text {
        Ok(text) => Ok((name, text)),
        Err(error) => Err(Failure::Unreadable { path: name, error }),
    }
}

/// The scenario of that name: beside the schedule, built in, or where the user is.
fn find(schedule: &str, scenario: &str) -> Result<Named, Failure> {
    let beside = Path::new(schedule).parent();
    let beside = beside.map(|directory| directory.join(format!("{scenario}.toml")));
    match beside.filter(|path| path.is_file()) {
        Some(path) => Ok(Named::read(&path)?),
        None => Ok(Named::find(scenario)?),
    }
}
