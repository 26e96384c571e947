//! `ghosthunt replay`: a schedule, step by step.

use super::engine::Engine;
use super::limits::LimitArguments;
use super::output::{Failure, Output};
use super::{Exit, Format, WidthArgument, danger, interrupt, runner};
use crate::engines::{Driven, shuttle};
use crate::report::{self, Explained};
use crate::scenario::{Check, Named, Scenario};
use crate::schedule::{self, Replay, Schedule};
use crate::search::{Bottoms, Goal};
use clap::Args;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

/// Replay a schedule file step by step
///
/// Every line must fit the program, and the run must lead to what the schedule says it shows.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The schedule, as `ghosthunt check --save` writes it; `-` is the standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Its scenario, if that is neither built in nor beside the schedule or where you are
    #[arg(long, value_name = "SCENARIO")]
    scenario: Option<String>,
    /// What takes the steps: ghosthunt's own machine, or another engine that the file drives
    #[arg(long, value_enum, default_value = "search")]
    engine: Engine,
    /// Search the scenario, and say of each step what it made possible or impossible, how dangerous
    /// it was, and after which one there was no way out
    #[arg(long)]
    explain: bool,
    /// With --explain: draw this thread or action more often, as in deliver=1000; may be repeated
    #[arg(long = "rate", value_name = "NAME=WEIGHT", value_parser = danger::rate, requires = "explain")]
    rates: Vec<(String, f64)>,
    #[command(flatten)]
    limits: LimitArguments,
    /// For whom the output is
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    #[command(flatten)]
    width: WidthArgument,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    let (name, text) = read(&arguments.file)?;
    let schedule = Schedule::parse(&name, &text)?;
    let scenario = match &arguments.scenario {
        Some(scenario) => Named::find(scenario)?,
        None => find(&arguments.file, &schedule.scenario)?,
    };
    let scenario = scenario.parse()?;
    let check = scenario.compile(schedule.kernel.as_deref(), &schedule.set)?;
    let replay = schedule::replay(&check.program, &schedule)
        .map_err(|error| Failure::Bad(error.in_text(&schedule)))?;
    drive(arguments.engine, &scenario, &check, &replay, &schedule)?;
    let explained = match arguments.explain {
        true => {
            danger::known(&arguments.rates, &check)?;
            Some(explained(arguments, &check, &replay, &schedule.shows)?)
        }
        false => None,
    };
    let width = arguments.width.columns();
    output.print(&match arguments.format {
        Format::Human => {
            let by = arguments.engine.name();
            report::replayed(&replay, &check.program.check_name(), &schedule.shows, by, width)
        }
        Format::Json => {
            let by = arguments.engine.name();
            report::json_replay(&replay, &schedule, by, explained.as_ref())
        }
    })?;
    if let (Some(explained), Format::Human) = (&explained, arguments.format) {
        output.print(&report::explanation(&replay.run, explained, width))?;
    }
    Ok(Exit::AsExpected)
}

/// Drives another engine through the schedule. It must come to the end of it, and to what it shows.
fn drive(
    engine: Engine,
    scenario: &Scenario,
    check: &Check,
    replay: &Replay,
    schedule: &Schedule,
) -> Result<(), Failure> {
    let program = &check.program;
    let asked = Driven { trace: replay.trace.clone(), state: replay.run.last_state().into() };
    let driven = match engine {
        Engine::Search => return Ok(()),
        Engine::Shuttle => shuttle::replay(&Arc::new(program.clone()), &asked.trace),
        Engine::Loom => super::loom::replay(scenario, check, &asked)?,
    };
    let name = engine.name();
    if driven != asked {
        let (taken, steps) = (driven.trace.len(), asked.trace.len());
        return Err(Failure::Differs(format!("{name} took {taken} of the {steps} steps")));
    }
    let shown = schedule::shows(program, &driven.trace, schedule.cycle_from, &schedule.shows);
    shown.map_err(|found| Failure::Differs(format!("{name}'s run leads to {found}")))
}

/// Searches the scenario to explain the schedule.
fn explained(
    arguments: &Arguments,
    check: &Check,
    replay: &Replay,
    shows: &str,
) -> Result<Explained, Failure> {
    interrupt::catch();
    let (_, graph) = runner::run_and_keep(check, &arguments.limits.limits(), false);
    let Some(graph) = graph else {
        return Err(Failure::Usage(
            "the scenario cannot be searched whole within the limits, so nothing can be explained"
                .to_string(),
        ));
    };
    let bottoms = Bottoms::of(&graph);
    let Some(goal) = Goal::named(&graph, &bottoms, shows) else {
        return Err(Failure::Usage(format!(
            "`{shows}` is about infinite runs; --explain is about schedules that lead to a state"
        )));
    };
    Ok(report::explain(&replay.run, &graph, &bottoms, &goal, &arguments.rates))
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
pub(super) fn find(schedule: &str, scenario: &str) -> Result<Named, Failure> {
    let beside = Path::new(schedule).parent();
    let beside = beside.map(|directory| directory.join(format!("{scenario}.toml")));
    match beside.filter(|path| path.is_file()) {
        Some(path) => Ok(Named::read(&path)?),
        None => Ok(Named::find(scenario)?),
    }
}
