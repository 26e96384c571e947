//! `ghosthunt engines`: the same checks on all three engines.

use super::engine::Memory;
use super::given::Asked;
use super::output::{Failure, Output};
use super::runner::StatusLine;
use super::{Exit, Format, WidthArgument, interrupt};
use crate::engines::loom::{self, Plan, Refusal, THREADS_MAX};
use crate::engines::{self, shuttle};
use crate::program::Program;
use crate::report::{self, Compared, Findings, style, text};
use crate::scenario::{Check, Named, Scenario};
use crate::search::{Completeness, Limits, Report, search};
use clap::Args;
use std::sync::Arc;

/// Run scenarios on the search, shuttle and loom, and compare
///
/// shuttle and loom are crates that others wrote: their schedulers take every run of the same
/// compiled program, one by one. A table says what they found, in how many runs and how long. Checks
/// with too many runs for them are listed below it. If engines differ, that is a bug in ghosthunt.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Built-in scenarios or the paths of `.toml` files; with @KERNEL, on that kernel only [default:
    /// all built-in scenarios]
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// Leave checks with more than N runs, or twice as many states, to the search
    #[arg(long, value_name = "N", default_value = "10000",
        value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    runs: u64,
    /// For whom the output is
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    #[command(flatten)]
    width: WidthArgument,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    interrupt::catch();
    if let Some(refusal) = shuttle::refusal() {
        return Err(Failure::Usage(refusal));
    }
    let human = arguments.format == Format::Human;
    let width = arguments.width.columns();
    let mut summary = report::Summary::default();
    let (mut exit, mut heading) = (Exit::AsExpected, String::new());
    // Of what is named one by one, all that is wrong is said before any of it is run.
    let all = arguments.scenarios.is_empty();
    let mut ready = Vec::new();
    for argument in &arguments.scenarios {
        let asked = Asked::read(argument)?;
        let checks = asked.checks(&[])?;
        ready.push((asked.scenario, checks));
    }
    let built_in = Named::built_in().filter(|_| all).map(|named| -> Result<_, Failure> {
        let asked = Asked::on(named.parse()?, None);
        let checks = asked.checks(&[])?;
        Ok((asked.scenario, checks))
    });
    if human {
        output.print(&report::engines_head())?;
    }
    for scenario in ready.into_iter().map(Ok).chain(built_in) {
        let (scenario, checks) = scenario?;
        for check in &checks {
            let compared = compare(&scenario, check, arguments.runs)?;
            if interrupt::requested() {
                return Ok(exit.and(Exit::Interrupted));
            }
            if !all && !compared.complete() {
                exit = exit.and(Exit::Incomplete);
            }
            summary.add(&compared);
            if !human {
                output.print(&report::json_engines(&compared))?;
                continue;
            }
            let line = report::engines_line(&compared, width);
            if !line.is_empty() && heading != scenario.name {
                heading.clone_from(&scenario.name);
                output.print(&format!("{}\n", style::paint(style::STRONG, &heading)))?;
            }
            output.print(&line)?;
        }
    }
    if human {
        output.print(&summary.words(width))?;
    }
    Ok(if summary.differs() { exit.and(Exit::Internal) } else { exit })
}

/// Runs a check on all engines that it is small enough for.
fn compare<'a>(
    scenario: &Scenario,
    check: &'a Check,
    runs_max: u64,
) -> Result<Compared<'a>, Failure> {
    let program = &check.program;
    let mut line = StatusLine::new(false);
    line.show(|| program.check_name());
    let compared = compare_within(scenario, check, runs_max);
    line.erase();
    compared
}

fn compare_within<'a>(
    scenario: &Scenario,
    check: &'a Check,
    runs_max: u64,
) -> Result<Compared<'a>, Failure> {
    let program = &check.program;
    let states_max = runs_max.saturating_mul(2).min(loom::STATES_MAX as u64);
    let limits = Limits { states: Some(states_max), ..Limits::default() };
    let searched = search(program, &limits, &mut |_| !interrupt::requested());
    if searched.completeness != Completeness::Exhaustive {
        let states = text::count(states_max);
        let reason = format!("more than {states} states");
        return Ok(Compared::too_large(program, None, &reason));
    }
    let found = |report: &Report| Findings::of(report, program);
    let too_many_runs = || {
        let reason = format!("more than {} runs", text::count(runs_max));
        Ok(Compared::too_large(program, Some(found(&searched)), &reason))
    };
    let states_max = states_max as usize;
    let expected = engines::runs(program, states_max);
    let at_least = expected.or_else(|| engines::runs_at_least(program, states_max));
    if at_least.is_some_and(|runs| runs > u128::from(runs_max)) {
        return too_many_runs();
    }
    // An engine that comes to a limit does not know whether there was more.
    let runs = Some(runs_max + 1);
    let limits = shuttle::Limits { runs, time: None };
    let shared = Arc::new(program.clone());
    let by_shuttle = shuttle::check(&shared, shuttle::Choice::Dfs, limits, interrupt::requested);
    if by_shuttle.completeness == Completeness::RunLimit {
        return too_many_runs();
    }
    Ok(Compared {
        program,
        expected: expected.map(|runs| runs as u64),
        search: Ok(found(&searched)),
        shuttle: Ok(found(&by_shuttle)),
        loom: match refusal(program) {
            Some(reason) => Err(reason),
            None => {
                let limits = loom::Limits { runs, ..loom::Limits::default() };
                Ok(found(&super::loom::check(scenario, check, limits, Memory::Sc, true)?))
            }
        },
    })
}

/// Why the check is not for loom, in few words.
fn refusal(program: &Program) -> Option<String> {
    Plan::of(program, loom::STATES_MAX).err().map(|refusal| match refusal {
        Refusal::Threads { .. } => format!("more than loom's {THREADS_MAX} threads"),
        Refusal::States { .. } => "too many states for loom".to_string(),
        Refusal::Steps { .. } => "runs too long for loom".to_string(),
    })
}
