//! `ghosthunt simulate`: runs picked by chance.

use super::check::option;
use super::engine::new_seed;
use super::given::Asked;
use super::limits::duration;
use super::output::{Failure, Output};
use super::{Exit, Format, WidthArgument, files, interrupt, runner};
use crate::engines;
use crate::report::{self, Known, Sample};
use crate::scenario::{Check, Scenario};
use crate::schedule::{self, Pct, RandomWalk, Schedule, Scheduler, UniformWalk};
use crate::search::{Completeness, Limits, search};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Runs where neither `--runs` nor `--time` says how many.
const RUNS: u64 = 1000;
/// What the search may take to find out how much there is to see.
const KNOWN_STATES_MAX: u64 = 1_000_000;
const KNOWN_TIME_MAX: Duration = Duration::from_secs(10);

/// Take random runs of a scenario
///
/// Says how often each outcome came and each property was violated, with a 95 % confidence interval
/// (Wilson's), and which share of the states, outcomes and lines the runs saw. A bad outcome that the
/// scenario expects, and that came, is as expected. What did not come may come all the same: where
/// safety is expected and nothing else came, the verdict is `incomplete`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A built-in scenario or the path of a `.toml` file; with @KERNEL, on that kernel only
    #[arg(value_name = "SCENARIO")]
    scenario: String,
    /// How many runs [default: 1000, or as many as fit into --time]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    runs: Option<u64>,
    /// Stop after DURATION, as in 30s or 5m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    time: Option<Duration>,
    /// How runs are chosen
    #[arg(long, value_enum, default_value = "random")]
    scheduler: Choice,
    /// How many ordering constraints a bug needs that `pct` looks for
    #[arg(long, value_name = "N", default_value = "3",
        value_parser = clap::value_parser!(u8).range(1..))]
    depth: u8,
    /// The seed of the runs; the same gives the same runs [default: a new one]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Set an option of the model, over the preset and the scenario
    #[arg(long = "set", value_name = "OPTION=VALUE", value_parser = option)]
    set: Vec<(String, String)>,
    /// Write the schedule of the shortest failing run of each kind to this directory
    #[arg(long, value_name = "DIRECTORY")]
    save: Option<PathBuf>,
    /// For whom the output is
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    #[command(flatten)]
    width: WidthArgument,
}

/// How runs are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Choice {
    /// Random walk: each enabled step is as likely
    Random,
    /// Probabilistic concurrency testing: priorities, with few changes
    Pct,
    /// Uniform random walk: interleavings, not steps, are about as likely
    Urw,
}

impl Choice {
    fn name(self) -> &'static str {
        match self {
            Choice::Random => "random walk",
            Choice::Pct => "PCT",
            Choice::Urw => "uniform random walk",
        }
    }

    fn scheduler(self, seed: u64, depth: u8) -> Box<dyn Scheduler> {
        match self {
            Choice::Random => Box::new(RandomWalk::new(seed)),
            Choice::Pct => Box::new(Pct::new(seed, usize::from(depth))),
            Choice::Urw => Box::new(UniformWalk::new(seed)),
        }
    }
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    interrupt::catch();
    let asked = Asked::read(&arguments.scenario)?;
    let checks = asked.checks(&arguments.set)?;
    if let Some(directory) = &arguments.save {
        files::has_directory("--save", directory)?;
    }
    let seed = arguments.seed.unwrap_or_else(new_seed);
    let mut exit = Exit::AsExpected;
    for (index, check) in checks.iter().enumerate() {
        if index > 0 && arguments.format == Format::Human {
            output.print("\n")?;
        }
        exit = exit.and(sample(arguments, &asked.scenario, check, seed, output)?);
        if interrupt::requested() {
            return Ok(exit.and(Exit::Interrupted));
        }
    }
    Ok(exit)
}

/// Simulates one check and tells what came.
fn sample(
    arguments: &Arguments,
    scenario: &Scenario,
    check: &Check,
    seed: u64,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let program = &check.program;
    let started = Instant::now();
    let runs = match (arguments.runs, arguments.time) {
        (Some(runs), _) => runs,
        (None, Some(_)) => u64::MAX,
        (None, None) => RUNS,
    };
    let time = arguments.time.unwrap_or(Duration::MAX);
    let mut scheduler = arguments.scheduler.scheduler(seed, arguments.depth);
    let simulation = schedule::simulate(program, scheduler.as_mut(), &mut |taken| {
        taken < runs && started.elapsed() < time && !interrupt::requested()
    });
    let observed = &simulation.observed;
    let elapsed = started.elapsed();
    let engine = format!("simulate, {}, seed {seed}", arguments.scheduler.name());
    let completeness = Completeness::Sampled;
    let report =
        engines::report(program, observed, &simulation.ran, &engine, completeness, elapsed);
    let mut checked = runner::judged(scenario, check, &report);
    checked.judgement = check.expectation.judge_sample(&report, program);
    if let Some(directory) = &arguments.save {
        for (name, trace) in observed.failing(program) {
            let schedule = Schedule::of(program, trace, &check.set, &engine, name);
            let schedule = schedule.expect("what was run can be run again");
            let part = files::name_part(&format!("{} {name}", program.check_name()));
            let path = directory.join(part + ".schedule");
            files::make_directory(directory)
                .and_then(|()| files::write(&path, &schedule.to_string()))
                .map_err(Failure::Output)?;
            checked.saved.push((name.to_string(), path.display().to_string()));
        }
    }
    let mut ended: Vec<_> = observed
        .ends
        .iter()
        .map(|(name, ends)| (name.clone(), ends.seen.runs))
        .chain(observed.failures.iter().map(|(violation, seen)| {
            let name = program.checks[usize::from(violation.check)].kind.name();
            (name.to_string(), seen.runs)
        }))
        .collect();
    let violated = observed.violated(program);
    let mut violated: Vec<_> = violated.map(|(name, seen)| (name.to_string(), seen.runs)).collect();
    for list in [&mut ended, &mut violated] {
        list.sort_by_key(|(_, runs)| std::cmp::Reverse(*runs));
    }
    let exit = Exit::of(&checked.judgement, report.completeness);
    let sample = Sample {
        checked,
        scheduler: arguments.scheduler.name(),
        seed,
        ended,
        violated,
        circles: observed.circles,
        known: known(check),
    };
    output.print(&match arguments.format {
        Format::Human => report::sample(&sample, arguments.width.columns()),
        Format::Json => report::json_sample(&sample),
    })?;
    Ok(exit)
}

/// What there is to see, if the search sees it all without much ado.
fn known(check: &Check) -> Option<Known> {
    let limits =
        Limits { states: Some(KNOWN_STATES_MAX), time: Some(KNOWN_TIME_MAX), ..Limits::default() };
    let report = search(&check.program, &limits, &mut |_| !interrupt::requested());
    let unreachable = check.program.statements.iter().filter(|statement| statement.unreachable);
    let unseen = unreachable.count() - report.ran_unexpectedly.len();
    Known::of(&report, check.program.statements.len() - unseen)
}
