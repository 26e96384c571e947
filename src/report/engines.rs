//! What several engines say of the same checks: a table for people, an object a check for programs.

use super::style::{BAD, FAINT, GOOD, STRONG, paint};
use super::text::{count, duration, pad, plural, wrap};
use crate::program::Program;
use crate::scenario::finding_name;
use crate::search::{Finding, Report};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What an engine has found, as far as any engine can find it: liveness is left out.
#[derive(Debug, Clone)]
pub struct Findings {
    /// Distinct reachable states.
    pub states: u64,
    /// Runs taken; `None` of the search.
    pub runs: Option<u64>,
    /// Wall-clock time.
    pub elapsed: Duration,
    /// Ends by outcome, with how many there are.
    pub ends: BTreeMap<String, u64>,
    /// Properties and checks that fail.
    pub violated: BTreeSet<String>,
    /// `reach` properties that are witnessed.
    pub reached: BTreeSet<String>,
}

impl Findings {
    /// Those of a report.
    pub fn of(report: &Report, program: &Program) -> Findings {
        let ends = report.ends.iter().map(|end| (end.outcome.clone(), end.count));
        let of_runs = |what: &Finding| match what {
            Finding::Property(index) => !program.properties[*index].kind.is_liveness(),
            Finding::Step(_) | Finding::Race(_) => true,
            Finding::End { .. } => false,
        };
        let violated = report.violations.iter().filter(|found| of_runs(&found.what));
        let reached = report.reach.iter().filter(|(_, trace)| trace.is_some());
        Findings {
            states: report.states,
            runs: report.runs,
            elapsed: report.elapsed,
            ends: ends.collect(),
            violated: violated.map(|found| finding_name(&found.what, program).into()).collect(),
            reached: reached.map(|(index, _)| program.properties[*index].name.clone()).collect(),
        }
    }

    fn same(&self, other: &Findings) -> bool {
        (self.states, &self.ends, &self.violated, &self.reached)
            == (other.states, &other.ends, &other.violated, &other.reached)
    }

    /// `exited 4, ghost 8`, and what fails.
    fn words(&self) -> String {
        let ends = self.ends.iter().map(|(name, count)| format!("{name} {count}"));
        ends.chain(self.violated.iter().cloned()).collect::<Vec<_>>().join(", ")
    }
}

/// One check on all engines. Of an engine that did not run it there is the reason.
#[derive(Debug, Clone)]
pub struct Compared<'a> {
    /// What was checked.
    pub program: &'a Program,
    /// How many runs there are, where that can be told without taking them.
    pub expected: Option<u64>,
    /// The search's findings.
    pub search: Result<Findings, String>,
    /// shuttle's.
    pub shuttle: Result<Findings, String>,
    /// loom's.
    pub loom: Result<Findings, String>,
}

impl<'a> Compared<'a> {
    /// A check that is too large for engines that take runs: what the search found, if it was small
    /// enough for that, and the reason.
    pub fn too_large(program: &'a Program, search: Option<Findings>, reason: &str) -> Compared<'a> {
        let not_run = || reason.to_string();
        let search = search.ok_or_else(not_run);
        Compared { program, expected: None, search, shuttle: Err(not_run()), loom: Err(not_run()) }
    }

    fn engines(&self) -> [(&'static str, &Result<Findings, String>); 3] {
        [("search", &self.search), ("shuttle", &self.shuttle), ("loom", &self.loom)]
    }

    /// Whether all engines ran it.
    pub fn complete(&self) -> bool {
        self.engines().iter().all(|(_, findings)| findings.is_ok())
    }

    /// Whether the engines that ran it found the same, and those that take runs as many of them.
    pub fn agree(&self) -> bool {
        let found: Vec<&Findings> =
            self.engines().into_iter().filter_map(|(_, found)| found.as_ref().ok()).collect();
        let mut runs = found.iter().filter_map(|found| found.runs).chain(self.expected);
        let first = runs.next();
        runs.all(|runs| Some(runs) == first) && found.iter().all(|other| other.same(found[0]))
    }

    fn is_live(&self) -> bool {
        self.program.properties.iter().any(|property| property.kind.is_liveness())
    }
}

/// What the table ends with.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    compared: u64,
    differ: u64,
    live: u64,
    /// By the engines that run them, and the reason why the others do not.
    left: BTreeMap<(&'static str, String), Left>,
}

/// Checks that not all engines run.
#[derive(Debug, Clone, Default)]
struct Left {
    checks: u64,
    /// The kernels of each scenario.
    scenarios: Vec<(String, Vec<String>)>,
}

/// Between columns.
const GAP: &str = "  ";
/// Columns of a kernel's name, numbers and times.
const KERNEL_WIDTH: usize = 14;
const NUMBER_WIDTH: usize = 8;

/// The words above the columns.
pub fn engines_head() -> String {
    let columns = ["states", "runs", "search", "shuttle", "loom"];
    let columns = columns.map(|word| format!("{word:>NUMBER_WIDTH$}"));
    let line = format!("{}{}{GAP}ends and violations", pad("", KERNEL_WIDTH), columns.concat());
    format!("{}\n", paint(FAINT, &line))
}

/// A check's line; nothing if only the search is for it.
pub fn engines_line(compared: &Compared, width: usize) -> String {
    let (Ok(search), Ok(shuttle)) = (&compared.search, &compared.shuttle) else {
        return String::new();
    };
    let kernel = compared.program.kernel.as_deref().unwrap_or("");
    let numbers = [
        count(search.states),
        count(shuttle.runs.unwrap_or(0)),
        duration(search.elapsed),
        duration(shuttle.elapsed),
        compared.loom.as_ref().map_or("-".to_string(), |loom| duration(loom.elapsed)),
    ];
    let numbers = numbers.map(|number| format!("{number:>NUMBER_WIDTH$}")).concat();
    let start = format!("{}{numbers}{GAP}", pad(&format!("{GAP}{kernel}"), KERNEL_WIDTH));
    let indent = " ".repeat(start.len());
    let mut words = search.words();
    if compared.is_live() {
        words += " *";
    }
    let words = wrap(&words, width.saturating_sub(start.len()).max(20), usize::MAX);
    let mut text = format!("{start}{}\n", words.join(&format!("\n{indent}")));
    if !compared.agree() {
        text += &differences(compared, width);
    }
    text
}

/// What each engine found, where they differ.
fn differences(compared: &Compared, width: usize) -> String {
    let mut text = String::new();
    for (engine, findings) in compared.engines() {
        let Ok(found) = findings else { continue };
        let runs = found.runs.map_or(String::new(), |runs| format!(", {}", plural(runs, "run")));
        let reached = found.reached.iter().cloned().collect::<Vec<_>>().join(", ");
        let words = format!(
            "{engine}: {}{runs}: {}; {reached}",
            plural(found.states, "state"),
            found.words()
        );
        for line in wrap(&words, width.saturating_sub(4), usize::MAX) {
            text += &format!("    {}\n", paint(BAD, &line));
        }
    }
    if let Some(expected) = compared.expected {
        text +=
            &format!("    {}\n", paint(BAD, &format!("{} are expected", plural(expected, "run"))));
    }
    text
}

impl Summary {
    /// Counts a check.
    pub fn add(&mut self, compared: &Compared) {
        self.compared += u64::from(compared.complete());
        self.differ += u64::from(!compared.agree());
        self.live += u64::from(compared.shuttle.is_ok() && compared.is_live());
        let left = match (&compared.shuttle, &compared.loom) {
            (Err(reason), _) => ("the search", reason),
            (Ok(_), Err(reason)) => ("the search and shuttle", reason),
            (Ok(_), Ok(_)) => return,
        };
        let Program { scenario, kernel, .. } = compared.program;
        let Left { checks, scenarios } = self.left.entry((left.0, left.1.clone())).or_default();
        *checks += 1;
        if scenarios.last().is_none_or(|(last, _)| last != scenario) {
            scenarios.push((scenario.clone(), Vec::new()));
        }
        let (_, kernels) = scenarios.last_mut().expect("one was pushed");
        kernels.extend(kernel.clone());
    }

    /// Whether any engines differ.
    pub fn differs(&self) -> bool {
        self.differ > 0
    }

    /// What is said below the table.
    pub fn words(&self, width: usize) -> String {
        let checks = plural(self.compared, "check");
        let verdict = match self.differ {
            0 => paint(GOOD, &format!("{checks} on all three engines, and they agree")),
            differ => paint(BAD, &format!("{checks} on all three engines; {differ} differ")),
        };
        let mut text = format!("\n{verdict}\n");
        if self.live > 0 {
            text += "* has properties of runs that never end, which are the search's alone\n";
        }
        for ((engines, reason), Left { checks, scenarios }) in &self.left {
            let head = format!("{} for {engines} alone ({reason}):", plural(*checks, "check"));
            text += &format!("\n{}\n", paint(STRONG, &head));
            let scenarios = scenarios.iter().map(|(name, kernels)| match kernels.as_slice() {
                [] => name.clone(),
                kernels => format!("{name} ({})", kernels.join(", ")),
            });
            let scenarios = scenarios.collect::<Vec<_>>().join("; ");
            for line in wrap(&scenarios, width.saturating_sub(2), usize::MAX) {
                text += &format!("  {line}\n");
            }
        }
        text
    }
}

#[derive(Serialize)]
struct ComparedObject<'a> {
    schema: &'static str,
    scenario: &'a str,
    model: &'a str,
    kernel: Option<&'a str>,
    liveness: bool,
    runs: Option<u64>,
    agree: bool,
    complete: bool,
    engines: BTreeMap<&'static str, FindingsObject<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum FindingsObject<'a> {
    NotRun {
        not_run: &'a str,
    },
    Ran {
        states: u64,
        runs: Option<u64>,
        seconds: f64,
        outcomes: &'a BTreeMap<String, u64>,
        violated: &'a BTreeSet<String>,
        reached: &'a BTreeSet<String>,
    },
}

impl FindingsObject<'_> {
    fn of(findings: &Result<Findings, String>) -> FindingsObject<'_> {
        match findings {
            Err(reason) => FindingsObject::NotRun { not_run: reason },
            Ok(found) => FindingsObject::Ran {
                states: found.states,
                runs: found.runs,
                seconds: found.elapsed.as_secs_f64(),
                outcomes: &found.ends,
                violated: &found.violated,
                reached: &found.reached,
            },
        }
    }
}

/// A check as one line of JSON, schema `ghosthunt.engines/1`.
pub fn json_engines(compared: &Compared) -> String {
    let program = compared.program;
    let engines = compared.engines().into_iter();
    let object = ComparedObject {
        schema: "ghosthunt.engines/1",
        scenario: &program.scenario,
        model: &program.model,
        kernel: program.kernel.as_deref(),
        liveness: compared.is_live(),
        runs: compared.expected,
        agree: compared.agree(),
        complete: compared.complete(),
        engines: engines.map(|(engine, found)| (engine, FindingsObject::of(found))).collect(),
    };
    serde_json::to_string(&object).expect("strings and numbers are always JSON") + "\n"
}
