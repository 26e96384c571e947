//! `ghosthunt check`: the exhaustive verdict.

use super::engine::{EngineArguments, Prepared};
use super::given::Asked;
use super::limits::LimitArguments;
use super::output::{Failure, Output, complain, say};
use super::unused::Unused;
use super::{Exit, WidthArgument, danger, files, interrupt, runner};
use crate::language::Errors;
use crate::report::{self, Chances, Checked, style, text};
use crate::scenario::{Check, Named, Scenario, SplitName, UnmetKind, is_about_what_was_given};
use crate::schedule::Schedule;
use clap::{Args, ValueEnum};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// Search every interleaving of a scenario
///
/// Says whether what the scenario expects is what the search found, draws the schedule that matters
/// most, and counts the ends.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A built-in scenario (see `ghosthunt list`) or the path of a `.toml` file; with @KERNEL, on
    /// that kernel only
    #[arg(value_name = "SCENARIO", required_unless_present = "all")]
    scenarios: Vec<String>,
    /// Check all built-in scenarios, one line each; details only of what is not as expected, and the
    /// lines of the models that no scenario runs. With --kernel or --set, those whose models have it
    #[arg(long, conflicts_with = "scenarios")]
    all: bool,
    /// Check on this kernel preset instead of the scenario's own; may be given several times
    #[arg(long = "kernel", value_name = "KERNEL")]
    kernels: Vec<String>,
    /// Set an option of the model, over the preset and the scenario
    #[arg(long = "set", value_name = "OPTION=VALUE", value_parser = option)]
    set: Vec<(String, String)>,
    /// For whom the output is
    #[arg(long, value_enum, default_value = "human")]
    format: CheckFormat,
    /// Draw the schedule to this outcome or property instead of the one that matters most
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    show: Option<String>,
    /// Draw the shortest schedule to each goal to reach
    #[arg(long)]
    witness: bool,
    /// List the statements that never ran
    #[arg(long)]
    coverage: bool,
    /// Compute how probable each end and violation is under random scheduling, and how that changes
    /// along the schedules
    #[arg(long, conflicts_with = "all")]
    danger: bool,
    /// With --danger: draw this thread or action more often, as in deliver=1000; may be repeated
    #[arg(long = "rate", value_name = "NAME=WEIGHT", value_parser = danger::rate, requires = "danger")]
    rates: Vec<(String, f64)>,
    /// Write the schedule drawn to a file; with several checks, or to a directory, all schedules. The
    /// directory is made if it is not there, but not the one it is in
    #[arg(long, value_name = "PATH")]
    save: Option<PathBuf>,
    /// Print only what is not as expected; no progress
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    engine: EngineArguments,
    #[command(flatten)]
    limits: LimitArguments,
    #[command(flatten)]
    width: WidthArgument,
}

/// For whom the verdicts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    /// For people.
    Human,
    /// For programs: one JSON object a line.
    Json,
    /// For CI: JUnit XML, one test case a check.
    Junit,
}

pub(super) fn option(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() && !value.trim().is_empty() => {
            Ok((name.trim().to_string(), value.trim().to_string()))
        }
        _ => Err("an option is set by OPTION=VALUE, as in exit_locks=false".to_string()),
    }
}

/// What several checks come to.
#[derive(Default)]
struct Tally {
    /// Each of them is as expected, not as expected or incomplete.
    checks: usize,
    as_expected: usize,
    /// Stopped early, and nothing that is not expected was seen by then.
    incomplete: usize,
    bad_input: usize,
    not_run: usize,
    states: u64,
    time: Duration,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    interrupt::catch();
    let mut exit = Exit::AsExpected;
    let mut tally = Tally::default();
    let mut cases = String::new();
    let mut asked = Vec::new();
    for (named, kernel) in named(arguments)? {
        match named.parse() {
            Ok(scenario) => asked.push(on_kernels(arguments, scenario, kernel)),
            Err(errors) => {
                tally.bad_input += 1;
                let rendered = report::errors(&errors, arguments.width.columns());
                cases += &report::junit_broken(&named.name, &rendered);
                exit = exit.and(Failure::Bad(errors).report());
            }
        }
    }
    if arguments.all {
        asked = that_can(arguments, asked);
    }
    let engine = arguments.engine.prepare(&arguments.limits)?;
    if arguments.danger && !engine.is_search() {
        return Err(Failure::Usage("--danger needs --engine search".to_string()));
    }
    let kernels = asked.iter().flat_map(|asked| asked.kernels.iter().flatten());
    let mut session = Session {
        arguments,
        engine,
        width: arguments.width.columns(),
        kernel_width: kernels.map(|kernel| kernel.width()).max().unwrap_or(0),
        heading: String::new(),
        to_directory: saves_to_directory(arguments, &asked)?,
        warned: HashSet::new(),
        details: String::new(),
        cases,
        unused: Unused::default(),
        tally,
    };
    let mut ready = Vec::new();
    for asked in &asked {
        match session.compile(asked) {
            Ok(checks) if arguments.all => {
                exit = exit.and(session.check_each(&asked.scenario, &checks, output)?);
            }
            // Of what is named one by one, all that is wrong is said before any of it is searched.
            Ok(checks) => ready.push((&asked.scenario, checks)),
            Err(errors) if is_about_what_was_given(&errors) => return Err(Failure::Bad(errors)),
            Err(errors) => exit = exit.and(session.bad_input(&asked.scenario.name, &errors)),
        }
    }
    for (_, checks) in &ready {
        session.know(checks)?;
    }
    for (scenario, checks) in &ready {
        exit = exit.and(session.check_each(scenario, checks, output)?);
    }
    let unused = session.unused.words(session.width).filter(|_| session.checks_everything());
    if arguments.format == CheckFormat::Junit {
        let Tally { checks, as_expected, bad_input, .. } = session.tally;
        let (tests, failures) = (checks + bad_input, checks - as_expected);
        output.print(&report::junit_suite(&session.cases, tests, failures, bad_input))?;
    }
    if arguments.all && arguments.format == CheckFormat::Human {
        let (tally, unused) = (session.tally.words(), unused.as_deref().unwrap_or(""));
        output.print(&format!("{}{unused}\n{tally}", session.details))?;
    } else if let Some(unused) = &unused {
        say(unused);
    }
    Ok(if unused.is_some() { exit.and(Exit::Vacuous) } else { exit })
}

/// The scenarios to check, each with the kernel that its argument names.
fn named(arguments: &Arguments) -> Result<Vec<(Named, Option<String>)>, Failure> {
    if arguments.all {
        return Ok(Named::built_in().map(|named| (named, None)).collect());
    }
    let mut named = Vec::new();
    for argument in &arguments.scenarios {
        let split = SplitName::parse(argument);
        if split.kernel.is_some() && !arguments.kernels.is_empty() {
            return Err(Failure::Usage(format!(
                "`{argument}` names a kernel, and so does --kernel; give one of them"
            )));
        }
        named.push((Named::find(split.scenario)?, split.kernel.map(str::to_string)));
    }
    Ok(named)
}

/// The scenario on the kernels that are asked for, else on its own.
fn on_kernels(arguments: &Arguments, scenario: Scenario, kernel: Option<String>) -> Asked {
    match arguments.kernels.as_slice() {
        [] => Asked::on(scenario, kernel.as_deref()),
        kernels => Asked { scenario, kernels: kernels.iter().cloned().map(Some).collect() },
    }
}

/// With `--all`: the scenarios whose models have the kernels and options that are asked for. If none
/// has them all, they are a mistake, and compiling any scenario tells it.
fn that_can(arguments: &Arguments, all: Vec<Asked>) -> Vec<Asked> {
    let Arguments { kernels, set, .. } = arguments;
    if kernels.is_empty() && set.is_empty() {
        return all;
    }
    let can = |asked: &Asked| {
        let (presets, options) = asked.scenario.choices();
        kernels.iter().all(|kernel| presets.contains(kernel))
            && set.iter().all(|(option, _)| options.contains(option))
    };
    let (can, cannot): (Vec<_>, Vec<_>) = all.into_iter().partition(can);
    if can.is_empty() {
        return cannot;
    }
    if !cannot.is_empty() {
        let number = text::plural(cannot.len() as u64, "scenario");
        say(&format!("{number} left out, whose models have no such preset or option\n"));
    }
    can
}

/// Whether `--save` names a directory.
fn saves_to_directory(arguments: &Arguments, asked: &[Asked]) -> Result<bool, Failure> {
    let Some(path) = &arguments.save else { return Ok(false) };
    files::has_directory("--save", path)?;
    let checks: usize = asked.iter().map(|asked| asked.kernels.len()).sum();
    let several = arguments.all || checks > 1;
    if several && path.is_file() {
        return Err(Failure::Usage(format!(
            "--save names the file {}, and there are several checks; name a directory",
            path.display()
        )));
    }
    let names_directory =
        path.as_os_str().to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR]);
    Ok(several || names_directory || path.is_dir())
}

/// What all checks of one run have in common.
struct Session<'a> {
    arguments: &'a Arguments,
    engine: Prepared,
    width: usize,
    kernel_width: usize,
    /// With `--all`: the scenario whose name was printed last.
    heading: String,
    to_directory: bool,
    /// Warnings already given: kernels of one scenario share them.
    warned: HashSet<String>,
    /// With `--all`: what is not as expected, to be shown at the end.
    details: String,
    /// With `--format junit`: the test cases, which stand in a suite that says how many they are.
    cases: String,
    /// With `--all`: lines that no check has run.
    unused: Unused,
    tally: Tally,
}

impl Session<'_> {
    /// Every built-in scenario is checked as it stands, on all its kernels.
    fn checks_everything(&self) -> bool {
        let Arguments { all, kernels, set, .. } = self.arguments;
        *all && kernels.is_empty()
            && set.is_empty()
            && self.tally.bad_input + self.tally.not_run == 0
    }

    /// The checks of a scenario, with what is expected of this engine.
    fn compile(&self, asked: &Asked) -> Result<Vec<Check>, Errors> {
        let checks = asked.checks(&self.arguments.set)?.into_iter();
        Ok(checks.map(|check| self.engine.expecting(&asked.scenario, check)).collect())
    }

    /// What is asked to be shown or drawn more often must be there.
    fn know(&self, checks: &[Check]) -> Result<(), Failure> {
        for check in checks {
            if let Some(show) = &self.arguments.show {
                known_name(show, check)?;
            }
            danger::known(&self.arguments.rates, check)?;
        }
        Ok(())
    }

    /// Makes the checks of a scenario, until Ctrl-C.
    fn check_each(
        &mut self,
        scenario: &Scenario,
        checks: &[Check],
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let mut exit = Exit::AsExpected;
        for check in checks {
            if interrupt::requested() {
                self.tally.not_run += 1;
                exit = exit.and(Exit::Interrupted);
            } else {
                exit = exit.and(self.check(scenario, check, output)?);
            }
        }
        Ok(exit)
    }

    fn check(
        &mut self,
        scenario: &Scenario,
        check: &Check,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        self.warn(check);
        let Arguments { limits, quiet, danger, rates, .. } = self.arguments;
        let mut chances = None;
        let report = if *danger {
            let (report, graph) = runner::run_and_keep(check, &limits.limits(), *quiet);
            chances = graph.and_then(|graph| Chances::of(&graph, &report, rates));
            report
        } else {
            self.engine.check(scenario, check, limits, *quiet)?
        };
        let mut checked = runner::judged(scenario, check, &report);
        let untold = *danger && chances.is_none();
        checked.chances = chances.map(|chances| (rates.clone(), chances));
        let saved = self.save(&mut checked);
        self.print(&checked, output)?;
        if untold {
            complain(&format!("{}: {}", check.program.check_name(), danger::too_large("told")));
        }
        self.tally.add(&checked);
        if self.arguments.all {
            self.unused.add(&check.program, &report);
        }
        // The verdict has been told; now what went wrong beside it.
        let exit = Exit::of(&checked.judgement, report.completeness);
        let exit = if untold { exit.and(Exit::Incomplete) } else { exit };
        Ok(match saved {
            Ok(()) => exit,
            Err(error) => exit.and(Failure::Output(error).report()),
        })
    }

    /// A text that is wrong does not keep the other checks from being made.
    fn bad_input(&mut self, scenario: &str, errors: &Errors) -> Exit {
        self.tally.bad_input += 1;
        let rendered = report::errors(errors, self.width);
        self.cases += &report::junit_broken(scenario, &rendered);
        if self.warned.insert(rendered.clone()) {
            say(&rendered);
        }
        Exit::BadInput
    }

    fn warn(&mut self, check: &Check) {
        let text = report::diagnostics(&check.warnings, &check.program.sources, self.width);
        if !self.arguments.quiet && !text.is_empty() && self.warned.insert(text.clone()) {
            say(&text);
        }
    }

    fn print(&mut self, checked: &Checked, output: &mut Output) -> Result<(), Failure> {
        let as_expected = checked.judgement.as_expected();
        match self.arguments.format {
            CheckFormat::Json => return output.print(&report::json(checked)),
            CheckFormat::Junit => {
                self.cases += &report::junit_case(checked);
                return Ok(());
            }
            CheckFormat::Human => {}
        }
        let details = || {
            let details = report::details(checked, self.arguments.show.as_deref(), self.width);
            let coverage = match self.arguments.coverage {
                true => report::coverage(checked, self.width),
                false => report::never_run(checked, self.width),
            };
            let witnesses = self.arguments.witness.then(|| report::witnesses(checked, self.width));
            let danger = checked.chances.as_ref();
            let danger = danger.map(|(_, all)| all.words(&checked.check.program, self.width));
            let more = [witnesses, danger, Some(coverage)];
            details + &more.into_iter().flatten().collect::<String>()
        };
        if self.arguments.all {
            if !as_expected {
                self.details += &format!("\n{}", details());
            }
            if self.arguments.quiet && as_expected {
                return Ok(());
            }
            return output.print(&self.line(checked));
        }
        if self.arguments.quiet && as_expected {
            return Ok(());
        }
        let gap = if self.tally.checks == 0 { "" } else { "\n" };
        output.print(&format!("{gap}{}", details()))
    }

    /// A check's line, below the name of its scenario if that is another than before.
    fn line(&mut self, checked: &Checked) -> String {
        let name = &checked.scenario.name;
        let line = report::line(checked, self.kernel_width, self.width);
        if self.heading == *name {
            return line;
        }
        self.heading.clone_from(name);
        format!("{}\n{line}", style::paint(style::STRONG, name))
    }

    /// Writes the schedules that `--save` asks for.
    fn save(&self, checked: &mut Checked) -> std::io::Result<()> {
        let Some(path) = &self.arguments.save else { return Ok(()) };
        let told_first = checked.told_first().map(|found| found.trace.clone());
        let runs = checked.runs().into_iter();
        let chosen = runs.filter(|(name, trace)| match &self.arguments.show {
            _ if self.to_directory => true,
            Some(show) => name == show,
            None => told_first.as_ref() == Some(trace),
        });
        let mut schedules = Vec::new();
        for (name, trace) in chosen {
            let check = checked.check;
            let engine = &checked.report.engine;
            let schedule = Schedule::of(&check.program, trace, &check.set, engine, name)
                .expect("what was found can be run");
            let cycle_from = checked.cycle_of(name);
            schedules.push((name.to_string(), schedule.with_cycle(cycle_from)));
        }
        if schedules.is_empty() {
            complain(&format!("{} has no schedule to save", checked.check.program.check_name()));
        }
        for (name, schedule) in schedules {
            let file = if self.to_directory {
                files::make_directory(path)?;
                let check = checked.check.program.check_name();
                path.join(files::name_part(&format!("{check} {name}")) + ".schedule")
            } else {
                path.clone()
            };
            write_schedule(&file, &schedule)?;
            checked.saved.push((name, file.display().to_string()));
        }
        Ok(())
    }
}

fn write_schedule(path: &Path, schedule: &Schedule) -> std::io::Result<()> {
    files::write(path, &schedule.to_string())
}

/// `--show` must name something that the program can show.
fn known_name(show: &str, check: &Check) -> Result<(), Failure> {
    let program = &check.program;
    let outcomes = program.outcomes.iter().map(|outcome| outcome.name.as_str());
    let properties = program.properties.iter().map(|property| property.name.as_str());
    let built_in = ["done", "stuck", "assert", "range", "unlock"];
    let known: Vec<_> = outcomes.chain(built_in).chain(properties).collect();
    if known.contains(&show) {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "{} has no outcome or property `{show}`; there are {}",
        program.check_name(),
        known.join(", ")
    )))
}

impl Tally {
    fn add(&mut self, checked: &Checked) {
        self.checks += 1;
        self.as_expected += usize::from(checked.judgement.as_expected());
        let incomplete = checked.judgement.gravest() == Some(UnmetKind::Incomplete);
        self.incomplete += usize::from(incomplete);
        self.states += checked.report.states;
        self.time += checked.report.elapsed;
    }

    fn words(&self) -> String {
        let mut words = vec![format!("{} as expected", text::count(self.as_expected as u64))];
        let unexpected = self.checks - self.as_expected - self.incomplete;
        for (number, what) in [
            (unexpected, "not as expected"),
            (self.incomplete, "incomplete"),
            (self.bad_input, "with errors"),
            (self.not_run, "not run"),
        ] {
            if number > 0 {
                words.push(format!("{} {what}", text::count(number as u64)));
            }
        }
        format!(
            "{}: {}; {} states in {}\n",
            text::plural(self.checks as u64, "check"),
            words.join(", "),
            text::count(self.states),
            text::duration(self.time)
        )
    }
}
