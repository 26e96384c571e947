//! `ghosthunt mutate`: which lines of a protocol are load-bearing.

use super::limits::LimitArguments;
use super::output::{Failure, Output, complain};
use super::runner::StatusLine;
use super::{Exit, Format, WidthArgument, files, interrupt};
use crate::language::{Operator, listed};
use crate::mutate::{Class, Control, Fate, Mutant, Notes, Plan, Target, examine, search_originals};
use crate::report::{self, Detail, Mutated};
use crate::scenario::Scenario;
use clap::Args;
use clap::builder::PossibleValuesParser;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

/// Change a protocol's lines one by one, and see which changes its scenarios notice
///
/// Every mutant is a text of its own. It is searched in all scenarios that use the model, on every
/// kernel they name, and is killed if one of them does not find what it expects. Survivors are
/// compared with the original: equivalent (the same graph), slower only (it does nothing new), or
/// not distinguished, which calls for a reason in the notes beside the model (NAME.mutate.toml) or
/// for a better scenario: exit code 20.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A built-in model, the path of a `.ghost` file, or a scenario: its model is meant
    #[arg(value_name = "SCENARIO|MODEL")]
    target: String,
    /// Take out the hunks that the notes name, one by one, instead of changing single lines
    #[arg(long, conflicts_with_all = ["procs", "operators"])]
    hunks: bool,
    /// Change these procs only [default: those in the notes, else all but the kernel's]
    #[arg(long, value_name = "PROC", value_delimiter = ',')]
    procs: Vec<String>,
    /// Make these changes only
    #[arg(long, value_name = "OPERATOR", value_delimiter = ',',
        value_parser = PossibleValuesParser::new(Operator::ALL.map(Operator::name)))]
    operators: Vec<String>,
    /// Judge by this scenario only; may be given several times
    #[arg(long = "scenario", value_name = "NAME")]
    scenarios: Vec<String>,
    /// Judge on this kernel only; may be given several times
    #[arg(long = "kernel", value_name = "KERNEL")]
    kernels: Vec<String>,
    /// Go on after the first check that kills; with --hunks, always
    #[arg(long)]
    all_checks: bool,
    /// List only what survives
    #[arg(long)]
    survivors: bool,
    /// Draw the schedules that kill; in JSON, list them
    #[arg(long, short)]
    verbose: bool,
    /// Write each mutant to a directory of its own under DIR, with the scenarios that judged it
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
    /// Examine N mutants at a time [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// For whom the output is
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    limits: LimitArguments,
    #[command(flatten)]
    width: WidthArgument,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    interrupt::catch();
    let started = Instant::now();
    if let Some(directory) = &arguments.write {
        files::has_directory("--write", directory)?;
    }
    let target = Target::find(&arguments.target)??;
    let notes = match target.models().notes(&target.model) {
        Some((file, text)) => Notes::parse(&file, &text)?,
        None => Notes::default(),
    };
    let mut plan = Plan::new(&target);
    if plan.texts.is_empty() {
        return Err(Failure::Usage(format!(
            "there is no protocol in the model `{}`",
            target.model
        )));
    }
    add_mutants(arguments, &notes, &mut plan)?;
    let mut exit = add_checks(arguments, &target, &mut plan)?;
    if plan.checks.is_empty() || exit == Exit::Interrupted {
        return Ok(exit);
    }
    let what = if arguments.hunks { "hunks" } else { "mutants" };
    let mut fates = with_control(arguments, &plan.model, plan.mutants.len(), what, |control| {
        examine(&plan, control)
    });
    for (mutant, fate) in plan.mutants.iter().zip(&mut fates) {
        if let Some(Fate::Survived(survival)) = fate
            && survival.class == Class::NotDistinguished
            && survival.reason.is_none()
        {
            survival.reason = notes.reason(&mutant.name()).map(str::to_string);
        }
    }
    let mutated = Mutated { plan: &plan, fates: &fates, elapsed: started.elapsed() };
    let detail = Detail { survivors: arguments.survivors, schedules: arguments.verbose };
    let width = arguments.width.columns();
    output.print(&match (arguments.format, arguments.hunks) {
        (Format::Json, _) => report::mutation_json(&mutated),
        (Format::Human, true) => report::hunk_table(&mutated, detail, width),
        (Format::Human, false) => report::mutation_table(&mutated, detail, width),
    })?;
    if let Some(directory) = &arguments.write {
        write_all(directory, &target, &plan, &fates).map_err(Failure::Output)?;
    }
    let counts = mutated.counts();
    if !arguments.hunks && counts.not_examined == 0 {
        let complete = arguments.scenarios.is_empty() && arguments.kernels.is_empty();
        plan.verify(&notes, &fates, complete && counts.undecided == 0)?;
    }
    // Whether a hunk is needed is an answer; a line that no scenario tells from another is a gap.
    if counts.without_reason > 0 && !arguments.hunks {
        exit = exit.and(Exit::Vacuous);
    }
    if counts.undecided > 0 {
        exit = exit.and(Exit::Incomplete);
    }
    if counts.not_examined > 0 || interrupt::requested() {
        exit = exit.and(Exit::Interrupted);
    }
    Ok(exit)
}

fn add_mutants(arguments: &Arguments, notes: &Notes, plan: &mut Plan) -> Result<(), Failure> {
    if arguments.hunks {
        if notes.hunks.is_empty() {
            return Err(Failure::Usage(format!(
                "there are no hunks: `{}.mutate.toml` beside the model would name them",
                plan.model
            )));
        }
        return Ok(plan.add_hunks(notes)?);
    }
    let chosen = |operator: &Operator| {
        arguments.operators.is_empty() || arguments.operators.iter().any(|o| o == operator.name())
    };
    let operators: Vec<Operator> = Operator::ALL.into_iter().filter(chosen).collect();
    let procs = match arguments.procs.as_slice() {
        [] => notes.procs.as_deref(),
        procs => Some(procs),
    };
    plan.add_mutations(&operators, procs).map_err(Failure::Usage)
}

/// Searches the original in every check. The status is that of the checks that are not as expected:
/// they cannot judge.
fn add_checks(arguments: &Arguments, target: &Target, plan: &mut Plan) -> Result<Exit, Failure> {
    let mut exit = Exit::AsExpected;
    let mut checks = Vec::new();
    let scenarios = scenarios(arguments, target)?;
    let mut known: Vec<&str> = Vec::new();
    for scenario in &scenarios {
        for kernel in scenario.kernel_names() {
            known.extend(kernel.filter(|kernel| !known.contains(kernel)));
            let wanted = |kernel: &str| arguments.kernels.iter().any(|name| name == kernel);
            if arguments.kernels.is_empty() || kernel.is_some_and(wanted) {
                checks.push((scenario.clone(), kernel.map(str::to_string)));
            }
        }
    }
    for (scenario, kernel) in &checks {
        // What does not compile is said before anything is searched.
        scenario.compile(kernel.as_deref(), &[])?;
    }
    if checks.is_empty() && !arguments.kernels.is_empty() {
        let kernels = arguments.kernels.join(", ");
        let message = format!("no scenario of `{}` runs on {kernels}", plan.model);
        return Err(Failure::Usage(match known.as_slice() {
            [] => format!("{message}; they name no kernels"),
            known => format!("{message}; their kernels are {}", listed(known)),
        }));
    }
    let name = plan.model.clone();
    let complete = with_control(arguments, &name, checks.len(), "checks", |control| {
        search_originals(plan, &checks, control)
    })?;
    if !complete {
        complain("interrupted before the original had been searched in every check");
        return Ok(Exit::Interrupted);
    }
    for unfit in &plan.unfit {
        exit = exit.and(Exit::of(&unfit.judgement, unfit.completeness));
        let unmet = unfit.judgement.unmet.iter().map(|unmet| unmet.text.as_str());
        let why = unmet.collect::<Vec<_>>().join("; ");
        complain(&format!("{} judges no mutant: {why}", unfit.check));
    }
    if plan.checks.is_empty() && plan.unfit.is_empty() {
        return Err(Failure::Usage(format!("no scenario that is left uses `{}`", plan.model)));
    }
    Ok(exit)
}

/// The scenarios that use the model, as far as they are wanted.
fn scenarios(arguments: &Arguments, target: &Target) -> Result<Vec<Scenario>, Failure> {
    let mut scenarios = Vec::new();
    // By model: whether it uses the target's.
    let mut users: HashMap<String, bool> = HashMap::new();
    for named in target.candidates()? {
        let scenario = match named.parse() {
            Ok(scenario) => scenario,
            // Not every TOML file beside a model is a scenario; one that names a model is.
            Err(errors) if named.text.lines().any(|line| line.starts_with("model")) => {
                return Err(errors.into());
            }
            Err(_) => continue,
        };
        let wanted = arguments.scenarios.is_empty() || arguments.scenarios.contains(&scenario.name);
        let model = scenario.model.value.clone();
        if wanted && *users.entry(model).or_insert_with(|| target.is_used_by(&scenario)) {
            scenarios.push(scenario);
        }
    }
    for name in &arguments.scenarios {
        if !scenarios.iter().any(|scenario| scenario.name == *name) {
            let message = format!("no scenario `{name}` uses the model `{}`", target.model);
            return Err(Failure::Usage(message));
        }
    }
    Ok(scenarios)
}

/// Does something that many threads do, with a line that says how far they are.
fn with_control<T>(
    arguments: &Arguments,
    model: &str,
    total: usize,
    what: &str,
    act: impl FnOnce(&Control) -> T,
) -> T {
    let processors = || thread::available_parallelism().map_or(1, usize::from);
    let jobs = arguments.jobs.map_or_else(processors, usize::from);
    let mut limits = arguments.limits.limits();
    limits.memory_bytes = limits.memory_bytes.map(|bytes| bytes / jobs as u64);
    let line = Mutex::new(StatusLine::new(arguments.quiet));
    let result = act(&Control {
        jobs,
        limits,
        all_checks: arguments.all_checks || arguments.hunks,
        keep_schedules: arguments.verbose,
        interrupted: &interrupt::requested,
        progress: &|done| {
            if let Ok(mut line) = line.lock() {
                line.show(|| format!("{model}: {done} of {total} {what}"));
            }
        },
    });
    if let Ok(mut line) = line.lock() {
        line.erase();
    }
    result
}

/// Writes every mutant, so that `ghosthunt check` on a scenario beside it does what was done here.
fn write_all(
    directory: &Path,
    target: &Target,
    plan: &Plan,
    fates: &[Option<Fate>],
) -> std::io::Result<()> {
    let (built_in, texts) = (Target::built_in_files(), target.texts());
    for (index, (mutant, fate)) in plan.mutants.iter().zip(fates).enumerate() {
        let directory = directory.join(directory_name(index + 1, mutant));
        for text in &texts {
            let number = plan.texts.iter().position(|planned| planned.file == text.file);
            let changed = number.and_then(|number| mutant.text(number, &text.text));
            if changed.is_none() && built_in.contains(&text.file) {
                continue;
            }
            let path = directory.join(format!("{}.ghost", text.name.trim_end_matches(".ghost")));
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            files::write(&path, changed.as_deref().unwrap_or(&text.text))?;
        }
        for check in judges(plan, fate.as_ref()) {
            let scenario = &plan.checks[check].scenario;
            let source = &scenario.sources.files[0];
            let stem = scenario.name.rsplit('/').next().unwrap_or(&scenario.name);
            files::write(&directory.join(format!("{stem}.toml")), &source.text)?;
        }
    }
    Ok(())
}

/// The checks that showed the mutant's fate, by index.
fn judges(plan: &Plan, fate: Option<&Fate>) -> Vec<usize> {
    match fate {
        Some(Fate::Killed(kills)) => kills.iter().map(|kill| kill.check).collect(),
        Some(Fate::Survived(survival)) if !survival.checks.is_empty() => survival.checks.clone(),
        _ => (0..plan.checks.len().min(1)).collect(),
    }
}

/// `012-delete-preemptM-57`
fn directory_name(number: usize, mutant: &Mutant) -> String {
    let (proc, line) = mutant.place();
    let what = mutant.hunk.as_deref().unwrap_or(mutant.operator().name());
    let name = format!("{number:03} {what} {proc} {line}");
    files::name_part(&name)
}
