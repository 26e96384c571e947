//! loom, in a process of its own: it can end the process that it runs in.

use super::check::option;
use super::engine::Memory;
use super::limits::duration;
use super::output::{Failure, Output, say};
use super::{Exit, interrupt};
use crate::engines::loom::{self, Answer, Limits, Plan, Refusal, WireReport};
use crate::engines::{self};
use crate::machine::Machine;
use crate::program::Program;
use crate::report::text;
use crate::scenario::{Check, Named, Scenario, built_in_scenarios};
use crate::schedule::Observed;
use crate::search::{Completeness, Report};
use clap::Args;
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
    #[arg(long, value_enum)]
    memory: Memory,
}

/// The child's side.
pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    let scenario = Named::find(&arguments.scenario)?.parse()?;
    let check = scenario.compile(arguments.kernel.as_deref(), &arguments.set)?;
    if check.program.hash != arguments.hash {
        return Err(Failure::Usage("the texts have changed meanwhile".to_string()));
    }
    let Arguments { runs, time, preemptions, .. } = *arguments;
    let limits = Limits { runs, time, preemptions };
    let program = Arc::new(check.program);
    let ran = match arguments.memory {
        Memory::Sc => loom::check(&program, limits).map_err(|refusal| refusal.to_string()),
        Memory::C11 => {
            silence_races();
            loom::c11::check(&program, limits).map_err(|refusal| refusal.to_string())
        }
    };
    let answer = match ran {
        Ok(report) => Answer::Ran(Box::new(WireReport::from(&report))),
        Err(refusal) => Answer::Refused(refusal),
    };
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
    let refuse = |reason: String| {
        let memory = if memory == Memory::C11 { " under C11" } else { "" };
        Failure::Usage(format!("{} is not for loom{memory}: {reason}", program.check_name()))
    };
    match memory {
        Memory::Sc => announce(program, quiet).map_err(|refusal| refuse(refusal.to_string()))?,
        Memory::C11 => {
            let remarks = loom::c11::remarks(program);
            for remark in remarks.map_err(|refusal| refuse(refusal.to_string()))? {
                if !quiet {
                    say(&format!("loom: {remark}\n"));
                }
            }
        }
    }
    let mut child = Command::new(std::env::current_exe().map_err(Failure::Output)?);
    // loom's own settings would bound it without a word.
    for (name, _) in std::env::vars_os()
        .filter(|(name, _)| name.to_str().is_some_and(|name| name.starts_with("LOOM_")))
    {
        child.env_remove(name);
    }
    child.arg(CHILD).arg(argument(scenario)).arg("--hash").arg(program.hash.to_string());
    if let Some(kernel) = &program.kernel {
        child.args(["--kernel", kernel]);
    }
    for (name, value) in &check.set {
        child.arg("--set").arg(format!("{name}={value}"));
    }
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
    let child = child.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let answered = child.and_then(|child| child.wait_with_output()).map_err(Failure::Output)?;
    match serde_json::from_slice(&answered.stdout) {
        Ok(Answer::Ran(report)) => Ok(Report::from(*report)),
        Ok(Answer::Refused(reason)) => Err(refuse(reason)),
        Err(_) if interrupt::requested() => Ok(nothing(check)),
        Err(_) => {
            let said = String::from_utf8_lossy(&answered.stderr);
            Err(Failure::Differs(format!("loom ended without an answer\n{}", said.trim_end())))
        }
    }
}

/// Says how many executions a sequentially consistent run will take, and on which threads.
fn announce(program: &Program, quiet: bool) -> Result<(), Refusal> {
    let plan = Plan::of(program, loom::STATES_MAX)?;
    if quiet {
        return Ok(());
    }
    let expected = match engines::runs(program, loom::STATES_MAX) {
        Some(runs) => format!("{} executions", text::count(clamped(runs))),
        None => "a number of executions that is not known".to_string(),
    };
    let threads = plan.describe(program).join("; ");
    say(&format!("loom: {expected} to take, on these threads: {threads}\n"));
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
