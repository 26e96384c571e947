//! `ghosthunt step`: be the scheduler, in the terminal.

use super::output::Failure;
use super::{Exit, files, given};
use crate::scenario::{Named, SplitName};
use crate::schedule;
use crate::terminal::{Session, play};
use clap::Args;
use std::io::{IsTerminal, stdin, stdout};
use std::path::PathBuf;

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
    load: Option<String>,
    /// Where the key `s` writes the run [default: the check's name and `.schedule`]
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let split = SplitName::parse(&arguments.scenario);
    let scenario = Named::find(split.scenario)?.parse()?;
    let loaded = match &arguments.load {
        Some(file) => {
            let (name, text) = given::read(file)?;
            Some(given::parse(&name, &text)?)
        }
        None => None,
    };
    if let Some(path) = &arguments.save {
        files::has_directory("--save", path)?;
    }
    let of_schedule = loaded.as_ref().and_then(|schedule| schedule.kernel.as_deref());
    let kernel = split.kernel.or(of_schedule).or(scenario.kernel_names()[0]);
    let kernel = kernel.map(str::to_string);
    let check = match &loaded {
        Some(schedule) => given::compiled(&scenario, kernel.as_deref(), schedule)?,
        None => scenario.compile(kernel.as_deref(), &[])?,
    };
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
