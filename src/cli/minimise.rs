//! `ghosthunt minimise`: a schedule as short as it can be.

use super::given::{ScheduleArguments, replayed};
use super::limits::LimitArguments;
use super::output::{Failure, Output};
use super::{Exit, Format, WidthArgument, files, interrupt, runner};
use crate::report;
use crate::scenario::{Check, finding_name};
use crate::schedule::{Schedule, shrink};
use crate::search::{Bottoms, Goal, Graph, Report, Trace, fewest_switches, polish};
use clap::Args;
use std::path::PathBuf;

/// Make a schedule as short as it can be
///
/// If the scenario can be searched whole, the result is a shortest schedule to the same, and among
/// the shortest one with the fewest switches between threads. Of a run that goes on for ever that holds
/// for the steps before its cycle; the cycle is short, and no more. Else steps and switches are dropped
/// as long as it still shows the same.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    schedule: ScheduleArguments,
    /// Write the result to a file
    #[arg(long, value_name = "PATH")]
    save: Option<PathBuf>,
    /// For whom the output is
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    #[command(flatten)]
    limits: LimitArguments,
    #[command(flatten)]
    width: WidthArgument,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    interrupt::catch();
    if let Some(path) = &arguments.save {
        files::has_directory("--save", path)?;
    }
    let (schedule, _, check) = arguments.schedule.read()?;
    let given = replayed(&check, &schedule)?;
    let (mut report, graph) = runner::run_and_keep(&check, &arguments.limits.limits(), false);
    let proved = graph.and_then(|graph| {
        polish(&graph, &mut report);
        shortest(&graph, &report, &check, &schedule.shows)
    });
    let is_proved = proved.is_some();
    let (trace, cycle_from) = proved.unwrap_or_else(|| {
        shrink(&check.program, &given.trace, schedule.cycle_from, &schedule.shows)
    });
    let engine = if is_proved { "search" } else { "minimise" };
    let minimal = Schedule::of(&check.program, &trace, &check.set, engine, &schedule.shows)
        .expect("the run was taken just now")
        .with_cycle(cycle_from);
    if let Some(path) = &arguments.save {
        files::write(path, &minimal.to_string()).map_err(Failure::Output)?;
    }
    let shown = replayed(&check, &minimal)?;
    output.print(&match arguments.format {
        Format::Human => {
            let width = arguments.width.columns();
            report::minimised(&given, &shown, &check.program.check_name(), is_proved, width)
        }
        Format::Json => report::json_replay(&shown, &minimal, "search", None),
    })?;
    Ok(Exit::AsExpected)
}

/// A shortest schedule that shows the same, and where its cycle begins.
fn shortest(
    graph: &Graph,
    report: &Report,
    check: &Check,
    shows: &str,
) -> Option<(Trace, Option<usize>)> {
    let bottoms = Bottoms::of(graph);
    if let Some(goal) = Goal::named(graph, &bottoms, shows) {
        return fewest_switches(graph, &graph.tree(), &goal).map(|trace| (trace, None));
    }
    let named = |name: &str| name == shows;
    let mut found = report.violations.iter();
    let found = found.find(|found| named(finding_name(&found.what, &check.program)))?;
    Some((found.trace.clone(), found.cycle_from))
}
