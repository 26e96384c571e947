//! `ghosthunt danger`: how probable each end of a scenario is under random scheduling.

use super::limits::LimitArguments;
use super::output::{Failure, Output};
use super::{Exit, Format, WidthArgument, interrupt, runner};
use crate::report::{self, style, text};
use crate::scenario::{Check, Named, SplitName, finding_name};
use crate::search::{Bottoms, Danger, Finding, Goal};
use clap::Args;

/// Compute how probable each end and violation is under random scheduling
///
/// At every step an actor that can step is drawn, all alike unless --rate says otherwise, and then
/// one of its branches. The probabilities are exact. They compare protocols, and are no estimate of
/// how often anything happens in the field.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A built-in scenario or the path of a `.toml` file; with @KERNEL, on that kernel only
    #[arg(value_name = "SCENARIO", required = true)]
    scenarios: Vec<String>,
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
            return Err(Failure::Usage(format!(
                "{} has no thread or action `{name}`",
                program.check_name()
            )));
        }
    }
    Ok(())
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    interrupt::catch();
    let mut exit = Exit::AsExpected;
    for argument in &arguments.scenarios {
        let split = SplitName::parse(argument);
        let scenario = Named::find(split.scenario)?.parse()?;
        let kernels = match split.kernel {
            Some(kernel) => vec![Some(kernel)],
            None => scenario.kernel_names(),
        };
        for kernel in kernels {
            let check = scenario.compile(kernel, &[])?;
            known(&arguments.rates, &check)?;
            exit = exit.and(tell(arguments, &check, output)?);
        }
    }
    Ok(exit)
}

fn tell(arguments: &Arguments, check: &Check, output: &mut Output) -> Result<Exit, Failure> {
    let (report, graph) = runner::run_and_keep(check, &arguments.limits.limits(), false);
    let name = check.program.check_name();
    let Some(graph) = graph else {
        super::output::complain(&format!("{name} cannot be searched whole within the limits"));
        return Ok(Exit::Incomplete);
    };
    let ends = report
        .ends
        .iter()
        .map(|end| Finding::End { outcome: end.outcome.clone(), spinning: end.spinning });
    let others = report.violations.iter().map(|found| found.what.clone());
    let others = others.filter(|what| !matches!(what, Finding::End { .. }));
    let bottoms = Bottoms::of(&graph);
    let (mut named, mut endless, mut residual) = (Vec::new(), 0.0, 0.0);
    for what in ends.chain(others) {
        let Some(goal) = Goal::of(&graph, &bottoms, &what) else { continue };
        let danger = Danger::of(&graph, &bottoms, &goal, &arguments.rates);
        residual = danger.residual.max(residual);
        endless = danger.endless;
        named.push((finding_name(&what, &check.program).to_string(), danger.probability[0]));
    }
    let width = arguments.width.columns();
    output.print(&match arguments.format {
        Format::Json => {
            report::json_danger(&check.program, &arguments.rates, &named, endless, residual)
        }
        Format::Human => {
            let mut told = format!("{}\n", style::paint(style::STRONG, &name));
            named.push(("for ever without an end".to_string(), endless));
            for (name, danger) in &named {
                let name = text::wrap(name, width.saturating_sub(22), 1).concat();
                told += &format!("  {}  {name}\n", report::bar(*danger));
            }
            told + &report::law(residual, width)
        }
    })?;
    Ok(Exit::AsExpected)
}
