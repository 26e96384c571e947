//! `ghosthunt export`: what other tools read.

use super::given::Asked;
use super::limits::default_limits;
use super::output::{Failure, Output, complain};
use super::{Exit, interrupt, runner};
use crate::export::{dot, itf};
use crate::graph::View;
use crate::scenario::{Check, finding_name};
use crate::schedule::Run;
use crate::search::small_graph;
use clap::{Args, ValueEnum};

/// Write a scenario's state graph or a schedule for other tools
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// `dot`: the state graph, for Graphviz; `itf`: the schedule that matters most, for trace viewers
    #[arg(value_enum, value_name = "KIND")]
    kind: Kind,
    /// A built-in scenario or the path of a `.toml` file; with @KERNEL, on that kernel instead of
    /// the first that it names
    #[arg(value_name = "SCENARIO")]
    scenario: String,
    /// With `itf`: the schedule to this outcome or property instead
    #[arg(long, value_name = "NAME")]
    show: Option<String>,
    /// With `dot`: refuse graphs of more than N states
    #[arg(long, value_name = "N", default_value = "20000")]
    max_states: u64,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// The state graph, for Graphviz.
    Dot,
    /// A schedule in the Informal Trace Format.
    Itf,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    interrupt::catch();
    let Asked { scenario, kernels } = Asked::read(&arguments.scenario)?;
    let check = scenario.compile(kernels[0].as_deref(), &[])?;
    match arguments.kind {
        Kind::Dot => {
            let Some(graph) = small_graph(&check.program, arguments.max_states) else {
                complain(&format!(
                    "{} has more than {} states; give --max-states to write them all the same",
                    check.program.check_name(),
                    arguments.max_states
                ));
                return Ok(Exit::Incomplete);
            };
            output.print(&dot(&check.program, &View::whole(&graph)))?;
            Ok(Exit::AsExpected)
        }
        Kind::Itf => {
            let report = runner::run(&check, &default_limits(), false);
            let checked = runner::judged(&scenario, &check, &report);
            let runs = checked.runs();
            let told = checked.told_first().map(|found| finding_name(&found.what, &check.program));
            let first = runs.first().map(|(name, _)| *name);
            let wanted = arguments.show.as_deref().or(told).or(first);
            let found = runs.iter().find(|(name, _)| Some(*name) == wanted);
            let Some((name, trace)) = found else {
                return Err(Failure::Usage(no_schedule(&check, arguments.show.as_deref(), &runs)));
            };
            let run = Run::new(&check.program, trace).expect("what was found can be run");
            let properties = &check.program.properties;
            let endless = properties.iter().any(|p| p.name == *name && p.kind.is_liveness());
            output.print(&itf(&run.with_cycle(checked.cycle_of(name)), endless))?;
            Ok(Exit::of(&checked.judgement, report.completeness))
        }
    }
}

/// Why there is nothing to write, and what there would be.
fn no_schedule(
    check: &Check,
    show: Option<&str>,
    runs: &[(&str, &Vec<crate::machine::Transition>)],
) -> String {
    let known: Vec<_> = runs.iter().map(|(name, _)| *name).collect();
    let what = show.map_or(String::new(), |show| format!(" to `{show}`"));
    format!("{} has no schedule{what}; there are {}", check.program.check_name(), known.join(", "))
}
