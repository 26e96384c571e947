//! `ghosthunt orders`: which memory orders a protocol needs.

use super::engine::{Memory, Prepared};
use super::given::{Asked, ScenariosArgument};
use super::limits::LimitArguments;
use super::output::{Failure, Output};
use super::{Exit, Format, WidthArgument, interrupt};
use crate::engines::loom;
use crate::report::orders::{self, Tried, Verdict, combinations, takes_no_such_order};
use crate::scenario::{Check, Scenario};
use clap::Args;

/// Check a scenario under every combination of the memory orders that its model leaves open
///
/// A model leaves an order open by an option that names it, as in `cas.success.failure(x, 0, 1)`: its
/// type is an enum whose values are named as orders are; several scenarios leave the same ones open. Each combination that C11 has is one check by
/// loom under C11. Prints a table, one column a scenario, and an execution for each that is racy.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    scenarios: ScenariosArgument,
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
    if arguments.limits.of_states() {
        return Err(Failure::Usage("loom stores no states; limit it by --max-time".to_string()));
    }
    let asked = arguments.scenarios.read()?.into_iter();
    let scenarios: Vec<(Scenario, Option<String>)> =
        asked.map(|Asked { scenario, kernels }| (scenario, kernels[0].clone())).collect();
    let options = open_orders(&scenarios)?;
    let human = arguments.format == Format::Human;
    let names: Vec<&str> = scenarios.iter().map(|(scenario, _)| scenario.name.as_str()).collect();
    if human {
        output.print(&orders::head(&options, &names))?;
    }
    let time = arguments.limits.time();
    let limits = loom::Limits { runs: None, time, preemptions: None };
    let engine = Prepared::Loom { limits, memory: Memory::C11 };
    let (mut exit, mut not_c11) = (Exit::AsExpected, 0u64);
    let mut all: Vec<Tried> = Vec::new();
    for orders in combinations(options.len()) {
        let set: Vec<(String, String)> =
            options.iter().cloned().zip(orders.iter().map(|order| order.to_string())).collect();
        let mut verdicts = Vec::new();
        for (scenario, kernel) in &scenarios {
            let check = match scenario.compile(kernel.as_deref(), &set) {
                Ok(check) => check,
                Err(errors) if takes_no_such_order(&errors) => break,
                Err(errors) => return Err(errors.into()),
            };
            verdicts.push(verdict(&engine, scenario, &check, &arguments.limits)?);
        }
        if interrupt::requested() {
            exit = exit.and(Exit::Interrupted);
            break;
        }
        if verdicts.len() < scenarios.len() {
            not_c11 += 1;
            continue;
        }
        if verdicts.iter().any(|verdict| verdict.limited) {
            exit = exit.and(Exit::Incomplete);
        }
        let tried = Tried { orders, verdicts };
        output.print(&match human {
            true => orders::row(all.len() + 1, &tried, &options),
            false => orders::json(&tried, &options, &names),
        })?;
        all.push(tried);
    }
    if human {
        let width = arguments.width.columns();
        output.print(&orders::tally(&all, not_c11, width))?;
        output.print(&orders::executions(&all, width))?;
    }
    Ok(exit)
}

/// The options that name an order, in the order in which the code uses them.
fn open_orders(scenarios: &[(Scenario, Option<String>)]) -> Result<Vec<String>, Failure> {
    let mut known: Option<Vec<String>> = None;
    for (scenario, kernel) in scenarios {
        let options = scenario.compile(kernel.as_deref(), &[])?.program.order_options;
        if options.is_empty() {
            return Err(Failure::Usage(format!(
                "{} leaves no memory order open: no `load`, `store`, `cas` … names one by an option",
                scenario.name
            )));
        }
        match &known {
            Some(known) if *known != options => {
                return Err(Failure::Usage(format!(
                    "{} leaves other orders open than the scenario before it: {}",
                    scenario.name,
                    options.join(", ")
                )));
            }
            _ => known = Some(options),
        }
    }
    Ok(known.unwrap_or_default())
}

fn verdict(
    engine: &Prepared,
    scenario: &Scenario,
    check: &Check,
    limits: &LimitArguments,
) -> Result<Verdict, Failure> {
    let report = engine.check(scenario, check, limits, true)?;
    Ok(Verdict::of(&report, &check.program))
}
