//! `ghosthunt step`: be the scheduler, in the terminal.

use super::output::Failure;
use super::{Exit, files};
use crate::scenario::{Named, SplitName};
use crate::schedule::{self, Schedule};
use crate::terminal::{Session, play};
use clap::Args;
use std::fs;
use std::io::{IsTerminal, stdin, stdout};
use std::path::{Path, PathBuf};

/// Be the scheduler: choose every step yourself, in the terminal
///
/// Shows where each thread stands in the model's text, what can happen next, and what changed. Steps
/// can be undone; the run can be saved as a schedule, and a schedule can be loaded and gone on from.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A built-in scenario or the path of a `.toml` file; with @KERNEL, on that kernel instead of
    /// the first that it names
    #[arg(value_name = "SCENARIO")]
    scenario: String,
    /// Go on from the end of this schedule
    #[arg(long, value_name = "FILE")]
    load: Option<PathBuf>,
    /// Where the key `s` writes the run [default: the check's name and `.schedule`]
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let split = SplitName::parse(&arguments.scenario);
    let scenario = Named::find(split.scenario)?.parse()?;
    let loaded = arguments.load.as_deref().map(load).transpose()?;
    let of_schedule = loaded.as_ref().and_then(|schedule| schedule.kernel.as_deref());
    let kernel = split.kernel.or(of_schedule).or(scenario.kernel_names()[0]);
    let kernel = kernel.map(str::to_string);
    let set = loaded.as_ref().map_or(&[][..], |schedule| &schedule.set);
    let check = scenario.compile(kernel.as_deref(), set)?;
    let trace = match &loaded {
        Some(schedule) => {
            schedule::replay(&check.program, schedule)
                .map_err(|error| Failure::Bad(error.in_text(schedule)))?
                .trace
        }
        None => Vec::new(),
    };
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return Err(Failure::Usage(
            "`ghosthunt step` needs a terminal; `ghosthunt replay` shows a schedule without one"
                .to_string(),
        ));
    }
    let name = files::name_part(&check.program.check_name());
    let path = arguments.save.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.schedule")));
    let mut session =
        Session::new(&check.program, &trace, &check.set).expect("the schedule has just replayed");
    play(&mut session, &mut |schedule| {
        files::write(&path, &schedule.to_string())?;
        Ok(path.display().to_string())
    })
    .map_err(Failure::Output)?;
    Ok(Exit::AsExpected)
}

fn load(path: &Path) -> Result<Schedule, Failure> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::Unreadable { path: name.clone(), error })?;
    Ok(Schedule::parse(&name, &text)?)
}
