//! `ghosthunt danger`: how probable each end of a scenario is under random scheduling.

use super::given::ScenariosArgument;
use super::limits::LimitArguments;
use super::output::{Failure, Output, complain};
use super::{Exit, Format, WidthArgument, interrupt, runner};
use crate::report::{self, Chances, style};
use crate::scenario::{Check, limit_reached};
use crate::search::Completeness;
use clap::Args;

/// Compute how probable each end and violation is under random scheduling
///
/// At every step an actor that can step is drawn, all alike unless --rate says otherwise, and then
/// one of its branches. The probabilities are exact. They compare protocols, and are no estimate of
/// how often anything happens in the field.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    scenarios: ScenariosArgument,
    /// Draw this thread or action more often, as in deliver=1000; may be given several times
    #[arg(long = "rate", value_name = "NAME=WEIGHT", value_parser = rate)]
    rates: Vec<(String, f64)>,
    /// For whom the output is
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    #[command(flatten)]
    limits: LimitArguments,
    #[command(flatten)]
    width: WidthArgument,
}

/// A name and its weight.
pub(super) fn rate(text: &str) -> Result<(String, f64), String> {
    let rate = text.split_once('=').and_then(|(name, weight)| {
        let weight: f64 = weight.trim().parse().ok()?;
        let fits = weight.is_finite() && weight > 0.0 && !name.trim().is_empty();
        fits.then(|| (name.trim().to_string(), weight))
    });
    rate.ok_or_else(|| "a rate is NAME=WEIGHT, the weight above 0, as in deliver=1000".to_string())
}

/// Every rate must be of a thread, an action, or a family of actions.
pub(super) fn known(rates: &[(String, f64)], check: &Check) -> Result<(), Failure> {
    let program = &check.program;
    for (name, _) in rates {
        let thread = program.threads.iter().any(|thread| thread.name == *name);
        let action = |a: &crate::program::Action| a.name == *name || a.family == *name;
        if !thread && !program.actions.iter().any(action) {
            let threads = program.threads.iter().map(|thread| thread.name.as_str());
            let mut there: Vec<&str> = threads.collect();
            for action in &program.actions {
                if !there.contains(&action.family.as_str()) {
                    there.push(&action.family);
                }
            }
            return Err(Failure::Usage(format!(
                "{} has no thread or action `{name}`; there are {}",
                program.check_name(),
                there.join(", ")
            )));
        }
    }
    Ok(())
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    interrupt::catch();
    let mut checks = Vec::new();
    for asked in arguments.scenarios.read()? {
        checks.extend(asked.checks(&[])?);
    }
    for check in &checks {
        known(&arguments.rates, check)?;
    }
    let mut exit = Exit::AsExpected;
    for check in &checks {
        exit = exit.and(tell(arguments, check, output)?);
        if interrupt::requested() {
            return Ok(exit.and(Exit::Interrupted));
        }
    }
    Ok(exit)
}

fn tell(arguments: &Arguments, check: &Check, output: &mut Output) -> Result<Exit, Failure> {
    let (report, graph) = runner::run_and_keep(check, &arguments.limits.limits(), false);
    let chances = graph.and_then(|graph| Chances::of(&graph, &report, &arguments.rates));
    let Some(chances) = chances else {
        let name = check.program.check_name();
        let why = match limit_reached(report.completeness) {
            Some(why) if report.completeness == Completeness::Interrupted => why.to_string(),
            _ => too_large("told"),
        };
        complain(&format!("{name}: {why}"));
        return Ok(Exit::Incomplete);
    };
    let width = arguments.width.columns();
    output.print(&match arguments.format {
        Format::Json => report::json_danger(&check.program, &arguments.rates, &chances),
        Format::Human => {
            let name = style::paint(style::STRONG, &check.program.check_name());
            format!("{name}\n{}{}", chances.bars(width), report::law(chances.residual, width))
        }
    })?;
    Ok(Exit::AsExpected)
}

/// Why nothing can be said that needs the whole graph.
pub(super) fn too_large(what: &str) -> String {
    format!(
        "the scenario cannot be searched whole within the limits, so nothing can be {what}; see \
         --max-memory, --max-states and --max-time"
    )
}
