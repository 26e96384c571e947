//! What commands are about, as arguments: scenarios, and schedule files with theirs.

use super::output::Failure;
use crate::language::{Diagnostic, Errors, Severity};
use crate::scenario::{Check, Named, NotFound, Scenario, SplitName, is_about_what_was_given};
use crate::schedule::{self, Replay, Schedule};
use clap::Args;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

/// The scenarios that a command is about.
#[derive(Debug, Args)]
pub(super) struct ScenariosArgument {
    /// A built-in scenario (see `ghosthunt list`) or the path of a `.toml` file; with @KERNEL, on
    /// that kernel only
    #[arg(value_name = "SCENARIO", required = true)]
    scenarios: Vec<String>,
}

impl ScenariosArgument {
    pub fn read(&self) -> Result<Vec<Asked>, Failure> {
        self.scenarios.iter().map(|argument| Asked::read(argument)).collect()
    }
}

/// A scenario, and the kernels that it is wanted on.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub scenario: Scenario,
    /// `None` once for a model without presets. There is at least one.
    pub kernels: Vec<Option<String>>,
}

impl Asked {
    /// What `NAME` or `NAME@KERNEL` asks for: the scenario's own kernels, or the one.
    pub fn read(argument: &str) -> Result<Asked, Failure> {
        let split = SplitName::parse(argument);
        let scenario = Named::find(split.scenario)?.parse()?;
        Ok(Asked::on(scenario, split.kernel))
    }

    /// The scenario on its own kernels, or on this one.
    pub fn on(scenario: Scenario, kernel: Option<&str>) -> Asked {
        let kernels = match kernel {
            Some(kernel) => vec![Some(kernel.to_string())],
            None => {
                scenario.kernel_names().into_iter().map(|name| name.map(str::to_string)).collect()
            }
        };
        Asked { scenario, kernels }
    }

    /// Its checks, all compiled before any of them is run: what is wrong on one kernel is said before
    /// time is spent on another.
    pub fn checks(&self, set: &[(String, String)]) -> Result<Vec<Check>, Errors> {
        self.kernels.iter().map(|kernel| self.scenario.compile(kernel.as_deref(), set)).collect()
    }
}

/// The schedule that a command is about.
#[derive(Debug, Args)]
pub(super) struct ScheduleArguments {
    /// The schedule, as `ghosthunt check --save` writes it; `-` is the standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Its scenario, if that is neither built in nor beside the schedule or where you are
    #[arg(long, value_name = "SCENARIO")]
    scenario: Option<String>,
}

impl ScheduleArguments {
    /// The schedule, its scenario, and the check that it is a run of.
    pub(super) fn read(&self) -> Result<(Schedule, Scenario, Check), Failure> {
        let (name, text) = read(&self.file)?;
        let schedule = parse(&name, &text)?;
        let scenario = match &self.scenario {
            Some(scenario) => Named::find(scenario)?,
            None => find(&self.file, &schedule.scenario)?,
        };
        let scenario = scenario.parse()?;
        let check = compiled(&scenario, schedule.kernel.as_deref(), &schedule)?;
        Ok((schedule, scenario, check))
    }
}

/// Reads the text of a schedule. Of what is wrong with it, only the first is told: one damage makes
/// every line after it wrong.
pub(super) fn parse(name: &str, text: &str) -> Result<Schedule, Errors> {
    Schedule::parse(name, text).map_err(|Errors { sources, mut diagnostics }| {
        let more = diagnostics.len() - 1;
        diagnostics.truncate(1);
        let first = diagnostics.remove(0);
        let first = match more {
            0 => first,
            1 => first.help("and 1 more error, perhaps for this reason"),
            more => first.help(format!("and {more} more errors, perhaps for this reason")),
        };
        Errors { sources, diagnostics: vec![first] }
    })
}

/// The check on `kernel` that a schedule is a run of.
pub(super) fn compiled(
    scenario: &Scenario,
    kernel: Option<&str>,
    schedule: &Schedule,
) -> Result<Check, Errors> {
    let compiled = scenario.compile(kernel, &schedule.set);
    compiled.map_err(|errors| in_schedule(&errors, schedule).unwrap_or(errors))
}

/// A kernel or an option that the model does not have is the schedule's mistake, if it names it.
fn in_schedule(errors: &Errors, schedule: &Schedule) -> Option<Errors> {
    if !is_about_what_was_given(errors) {
        return None;
    }
    let error = errors.diagnostics.iter().find(|one| one.severity == Severity::Error)?;
    let (span, label) = error.labels.first()?;
    let flag = &errors.sources.files[usize::from(span.file)].text;
    let line = schedule.line_with(flag.trim_start_matches("--"))?;
    let placed = Diagnostic { labels: vec![(line, label.clone())], ..error.clone() };
    Some(Errors { sources: schedule.sources.clone(), diagnostics: vec![placed] })
}

/// The schedule replayed.
pub(super) fn replayed<'p>(check: &'p Check, schedule: &Schedule) -> Result<Replay<'p>, Failure> {
    schedule::replay(&check.program, schedule)
        .map_err(|error| Failure::Bad(error.in_text(schedule)))
}

/// The name to report and the text of the file.
pub(super) fn read(file: &str) -> Result<(String, String), Failure> {
    let (name, text) = match file {
        "-" => {
            let mut text = String::new();
            let read = io::stdin().read_to_string(&mut text).map(|_| text);
            ("the standard input".to_string(), read)
        }
        path => (path.to_string(), fs::read_to_string(path)),
    };
    match text {
        Ok(text) => Ok((name, text)),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            let error = io::Error::new(error.kind(), "this is no schedule, which is a text");
            Err(Failure::Unreadable { path: name, error })
        }
        Err(error) => Err(Failure::Unreadable { path: name, error }),
    }
}

/// The scenario of that name: beside the schedule, built in, or where the user is.
fn find(schedule: &str, scenario: &str) -> Result<Named, Failure> {
    let beside = Path::new(schedule).parent();
    let beside = beside.map(|directory| directory.join(format!("{scenario}.toml")));
    match beside.filter(|path| path.is_file()) {
        Some(path) => Ok(Named::read(&path)?),
        None => Named::find(scenario).map_err(|error| match error {
            NotFound::Unknown { name, .. } => Failure::Usage(format!(
                "the schedule is of the scenario `{name}`, which is neither built in, nor beside it, \
                 nor here; name its file by --scenario"
            )),
            other => other.into(),
        }),
    }
}
