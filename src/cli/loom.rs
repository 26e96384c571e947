//! loom, in a process of its own: it can end the process that it runs in.

use super::check::option;
use super::engine::Memory;
use super::limits::duration;
use super::output::{Failure, Output, say};
use super::{Exit, interrupt};
use crate::engines::loom::{self, Answer, Limits, Plan, Refusal, WireReport, WireRun};
use crate::engines::{self, Driven};
use crate::machine::Machine;
use crate::program::Program;
use crate::report::text;
use crate::scenario::{Check, Named, Scenario, built_in_scenarios};
use crate::schedule::Observed;
use crate::search::{Completeness, Report};
use clap::Args;
use std::io::{Write, stdin};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// The subcommand that the child runs.
const CHILD: &str = "run-loom";

/// Run loom here, and answer in JSON
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A built-in scenario or a file
    scenario: String,
    #[arg(long)]
    kernel: Option<String>,
    #[arg(long = "set", value_parser = option)]
    set: Vec<(String, String)>,
    /// The hash that the compiled program must have
    #[arg(long)]
    hash: u64,
    #[arg(long)]
    runs: Option<u64>,
    #[arg(long, value_parser = duration)]
    time: Option<Duration>,
    #[arg(long)]
    preemptions: Option<u8>,
    /// Drive it through the steps on the standard input
    #[arg(long)]
    replay: bool,
    #[arg(long, value_enum, default_value = "sc")]
    memory: Memory,
}

/// The child's side.
pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    let scenario = Named::find(&arguments.scenario)?.parse()?;
    let check = scenario.compile(arguments.kernel.as_deref(), &arguments.set)?;
    if check.program.hash() != arguments.hash {
        return Err(Failure::Usage("the texts have changed meanwhile".to_string()));
    }
    let program = Arc::new(check.program);
    let ran = |report: Report| Answer::Ran(Box::new(WireReport::from(&report)));
    let answer = if arguments.replay {
        let asked: WireRun = serde_json::from_reader(stdin().lock())
            .map_err(|error| Failure::Usage(format!("these are no steps: {error}")))?;
        let asked = Driven::from(asked);
        let driven = loom::replay(&program, &asked.trace);
        driven.map(|driven| Answer::Drove(driven.into())).map_err(|refusal| refusal.to_string())
    } else {
        let Arguments { runs, time, preemptions, .. } = *arguments;
        let limits = Limits { runs, time, preemptions };
        match arguments.memory {
            Memory::Sc => {
                loom::check(&program, limits).map(ran).map_err(|refusal| refusal.to_string())
            }
            Memory::C11 => {
                silence_races();
                loom::c11::check(&program, limits).map(ran).map_err(|refusal| refusal.to_string())
            }
        }
    };
    let answer = answer.unwrap_or_else(Answer::Refused);
    output.print(&serde_json::to_string(&answer).expect("strings and numbers are always JSON"))?;
    Ok(Exit::AsExpected)
}

/// loom reports a race by a panic, which is caught and told as a finding.
fn silence_races() {
    let said = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let message = panic.payload().downcast_ref::<String>();
        if !message.is_some_and(|message| message.starts_with(loom::c11::RACE)) {
            said(panic);
        }
    }));
}

/// The parent's side: says what to expect, and has a child run loom.
///
/// # Errors
/// Why loom cannot run this program, or that it came to grief.
pub(super) fn check(
    scenario: &Scenario,
    check: &Check,
    limits: Limits,
    memory: Memory,
    quiet: bool,
) -> Result<Report, Failure> {
    let program = &check.program;
    match memory {
        Memory::Sc => {
            announce(program, limits, quiet).map_err(|refusal| refused(check, memory, &refusal))?;
        }
        Memory::C11 => {
            let remarks = loom::c11::remarks(program);
            for remark in remarks.map_err(|refusal| refused(check, memory, &refusal))? {
                if !quiet {
                    say(&format!("loom: {remark}\n"));
                }
            }
        }
    }
    let mut child = child(scenario, check)?;
    if let Some(runs) = limits.runs {
        child.arg("--runs").arg(runs.to_string());
    }
    if let Some(time) = limits.time {
        child.arg("--time").arg(format!("{}ms", time.as_millis().max(1)));
    }
    if let Some(preemptions) = limits.preemptions {
        child.arg("--preemptions").arg(preemptions.to_string());
    }
    child.arg("--memory").arg(memory.name());
    match answer(child, None)? {
        Ok(Answer::Ran(report)) => Ok(Report::from(*report)),
        Err(_) if interrupt::requested() => Ok(nothing(check)),
        other => Err(unanswered(check, memory, other)),
    }
}

/// As [`check`] under C11, without limits or remarks. Why there is no report has been said.
pub(super) fn under_c11(scenario: &Scenario, one: &Check) -> Option<Report> {
    check(scenario, one, Limits::default(), Memory::C11, true).map_err(Failure::report).ok()
}

/// Has a child drive loom through the steps of `asked`, which is the run as it should become.
///
/// # Errors
/// Why loom cannot run this schedule, or that it came to grief.
pub(super) fn replay(
    scenario: &Scenario,
    check: &Check,
    asked: &Driven,
) -> Result<Driven, Failure> {
    let mut child = child(scenario, check)?;
    child.arg("--replay");
    let asked = serde_json::to_string(&WireRun::from(asked.clone()));
    match answer(child, Some(&asked.expect("numbers are always JSON")))? {
        Ok(Answer::Drove(run)) => Ok(Driven::from(run)),
        other => Err(unanswered(check, Memory::Sc, other)),
    }
}

fn refused(check: &Check, memory: Memory, reason: &impl std::fmt::Display) -> Failure {
    let memory = if memory == Memory::C11 { " under C11" } else { "" };
    Failure::Usage(format!("{} is not for loom{memory}: {reason}", check.program.check_name()))
}

/// Why there is not the answer that was hoped for; `Err` is what the child said as it died.
fn unanswered(check: &Check, memory: Memory, answer: Result<Answer, String>) -> Failure {
    match answer {
        Ok(Answer::Refused(reason)) => refused(check, memory, &reason),
        Ok(_) => Failure::Differs("loom answered something else than it was asked".to_string()),
        Err(said) => Failure::Differs(format!("loom ended without an answer\n{}", said.trim_end())),
    }
}

/// The child, with everything that says which program it is to run.
fn child(scenario: &Scenario, check: &Check) -> Result<Command, Failure> {
    let program = &check.program;
    let mut child = Command::new(std::env::current_exe().map_err(Failure::Output)?);
    // loom's own settings would bound it without a word.
    for (name, _) in std::env::vars_os()
        .filter(|(name, _)| name.to_str().is_some_and(|name| name.starts_with("LOOM_")))
    {
        child.env_remove(name);
    }
    child.arg(CHILD).arg(argument(scenario)).arg("--hash").arg(program.hash().to_string());
    if let Some(kernel) = &program.kernel {
        child.args(["--kernel", kernel]);
    }
    for (name, value) in &check.set {
        child.arg("--set").arg(format!("{name}={value}"));
    }
    Ok(child)
}

/// Runs the child, and gives it `input` to read; what it answered, or what it said instead.
fn answer(mut child: Command, input: Option<&str>) -> Result<Result<Answer, String>, Failure> {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut child = child
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Failure::Output)?;
    if let (Some(mut pipe), Some(input)) = (child.stdin.take(), input) {
        // A child that has died does not read; that it gives no answer is told below.
        let _ = pipe.write_all(input.as_bytes());
    }
    let answered = child.wait_with_output().map_err(Failure::Output)?;
    let answer = serde_json::from_slice(&answered.stdout);
    Ok(answer.map_err(|_| String::from_utf8_lossy(&answered.stderr).into_owned()))
}

/// Says how many executions a sequentially consistent run will take, and on which threads.
fn announce(program: &Program, limits: Limits, quiet: bool) -> Result<(), Refusal> {
    let plan = Plan::of(program, loom::STATES_MAX)?;
    if quiet {
        return Ok(());
    }
    let expected = match engines::runs(program, loom::STATES_MAX) {
        Some(runs) => format!("{} executions", text::count(clamped(runs))),
        None => {
            let least = engines::runs_at_least(program, loom::STATES_MAX).unwrap_or(0);
            format!("at least {} executions", text::count(clamped(least)))
        }
    };
    let bound = limits.preemptions.map_or_else(String::new, |bound| {
        let preemptions = text::plural(u64::from(bound), "preemption");
        format!(", bounded to those with at most {preemptions}")
    });
    let threads = plan.describe(program).join("; ");
    say(&format!("loom: {expected} to take{bound}, on these threads: {threads}\n"));
    Ok(())
}

/// What the child is to find the scenario by.
fn argument(scenario: &Scenario) -> String {
    let file = &scenario.sources.files[0].name;
    let text = &scenario.sources.files[0].text;
    let built_in = built_in_scenarios().iter().any(|(name, known)| {
        *name == scenario.name && *file == format!("scenarios/{name}.toml") && known == text
    });
    if built_in { scenario.name.clone() } else { file.clone() }
}

/// The report of a run that was interrupted.
fn nothing(check: &Check) -> Report {
    let observed = Observed::new(&Machine::new(&check.program));
    let stopped = Completeness::Interrupted;
    engines::report(&check.program, &observed, &[], "loom", stopped, Duration::ZERO)
}

fn clamped(runs: u128) -> u64 {
    u64::try_from(runs).unwrap_or(u64::MAX)
}
