//! `ghosthunt replay`: a schedule, step by step.

use super::engine::Engine;
use super::given::{ScheduleArguments, replayed};
use super::limits::LimitArguments;
use super::output::{Failure, Output};
use super::{Exit, Format, WidthArgument, danger, interrupt, runner};
use crate::engines::{Driven, shuttle};
use crate::report::{self, Explained};
use crate::scenario::{Check, Scenario};
use crate::schedule::{self, Replay, Schedule};
use crate::search::{Aim, Bottoms};
use clap::Args;
use danger::too_large;
use std::sync::Arc;

/// Replay a schedule file step by step
///
/// Every line must fit the program, and the run must lead to what the schedule says it shows.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    schedule: ScheduleArguments,
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
    let (schedule, scenario, check) = arguments.schedule.read()?;
    let replay = replayed(&check, &schedule)?;
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
        return Err(Failure::Incomplete(too_large("explained")));
    };
    let bottoms = Bottoms::of(&graph);
    let Some(aim) = Aim::named(&graph, &bottoms, shows) else {
        return Err(Failure::Incomplete(too_large("explained")));
    };
    Ok(report::explain(&replay.run, &aim, &arguments.rates))
}
