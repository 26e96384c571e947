//! A report on its way from the process that runs loom to the one that asked for it.

use super::super::Driven;
use crate::machine::{Actor, Transition, Violation};
use crate::search::{
    Completeness, EndClass, Execution, ExecutionStep, Finding, Found, Report, Trace,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What the child process answers.
#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    /// Why loom cannot run the program.
    Refused(String),
    /// What its runs came to.
    Ran(Box<WireReport>),
    /// What became of the run that it was driven through.
    Drove(WireRun),
}

/// A step: a thread's index, or an action's after all threads', and the branch.
type WireTrace = Vec<(bool, u16, u16)>;

/// A run, as data: steps, and the state after the last.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WireRun {
    steps: WireTrace,
    state: Vec<u64>,
}

impl From<Driven> for WireRun {
    fn from(run: Driven) -> WireRun {
        WireRun { steps: pack(&run.trace), state: run.state.into() }
    }
}

impl From<WireRun> for Driven {
    fn from(wire: WireRun) -> Driven {
        Driven { trace: unpack(wire.steps), state: wire.state.into() }
    }
}

/// A [`Report`], as data.
#[derive(Debug, Serialize, Deserialize)]
pub struct WireReport {
    engine: String,
    runs: Option<u64>,
    completeness: WireCompleteness,
    states: u64,
    transitions: u64,
    depth: u32,
    state_bytes: u32,
    elapsed: Duration,
    properties: Vec<(usize, WireTrace)>,
    checks: Vec<(u16, WireTrace)>,
    ends: Vec<WireEnd>,
    reach: Vec<(usize, Option<WireTrace>)>,
    not_run: Vec<u32>,
    ran_unexpectedly: Vec<u32>,
    races: Vec<String>,
    executions: Vec<(String, Vec<WireStep>)>,
    remarks: Vec<String>,
}

/// Actor, place, label, and what it did.
type WireStep = (String, String, String, String);

#[derive(Debug, Serialize, Deserialize)]
struct WireEnd {
    outcome: String,
    fine: bool,
    count: u64,
    spinning: bool,
    trace: WireTrace,
}

/// The kinds of completeness that loom's runs can have.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum WireCompleteness {
    Exhaustive,
    RunLimit,
    TimeLimit,
    PreemptionBound,
    FiniteRuns,
    CutOff,
    PartOfC11,
    EndsOnly,
}

fn pack(trace: &Trace) -> WireTrace {
    let step = |step: &Transition| match step.actor {
        Actor::Thread(thread) => (true, thread, step.branch),
        Actor::Action(action) => (false, action, step.branch),
    };
    trace.iter().map(step).collect()
}

fn unpack(trace: WireTrace) -> Trace {
    let step = |(is_thread, index, branch)| Transition {
        actor: if is_thread { Actor::Thread(index) } else { Actor::Action(index) },
        branch,
    };
    trace.into_iter().map(step).collect()
}

fn pack_execution(execution: &Execution) -> (String, Vec<WireStep>) {
    let steps = execution.steps.iter().cloned();
    let steps = steps.map(|step| (step.actor, step.place, step.label, step.what));
    (execution.shows.clone(), steps.collect())
}

fn unpack_execution((shows, steps): (String, Vec<WireStep>)) -> Execution {
    let step = |(actor, place, label, what)| ExecutionStep { actor, place, label, what };
    Execution { shows, steps: steps.into_iter().map(step).collect() }
}

impl From<&Report> for WireReport {
    fn from(report: &Report) -> WireReport {
        let (mut properties, mut checks, mut races) = (Vec::new(), Vec::new(), Vec::new());
        for found in &report.violations {
            match &found.what {
                Finding::Property(index) => properties.push((*index, pack(&found.trace))),
                Finding::Step(violation) => checks.push((violation.check, pack(&found.trace))),
                Finding::Race(what) => races.push(what.clone()),
                // The ends tell it.
                Finding::End { .. } => {}
            }
        }
        let end = |end: &EndClass| WireEnd {
            outcome: end.outcome.clone(),
            fine: end.fine,
            count: end.count,
            spinning: end.spinning,
            trace: pack(&end.trace),
        };
        let reach = report.reach.iter();
        WireReport {
            engine: report.engine.clone(),
            runs: report.runs,
            completeness: match report.completeness {
                Completeness::Exhaustive => WireCompleteness::Exhaustive,
                Completeness::TimeLimit => WireCompleteness::TimeLimit,
                Completeness::PreemptionBound => WireCompleteness::PreemptionBound,
                Completeness::FiniteRuns => WireCompleteness::FiniteRuns,
                Completeness::CutOff => WireCompleteness::CutOff,
                Completeness::PartOfC11 => WireCompleteness::PartOfC11,
                Completeness::EndsOnly => WireCompleteness::EndsOnly,
                // Whatever else it is, it is limited.
                _ => WireCompleteness::RunLimit,
            },
            states: report.states,
            transitions: report.transitions,
            depth: report.depth,
            state_bytes: report.state_bytes,
            elapsed: report.elapsed,
            properties,
            checks,
            ends: report.ends.iter().map(end).collect(),
            reach: reach.map(|(index, trace)| (*index, trace.as_ref().map(pack))).collect(),
            not_run: report.not_run.clone(),
            ran_unexpectedly: report.ran_unexpectedly.clone(),
            races,
            executions: report.executions.iter().map(pack_execution).collect(),
            remarks: report.remarks.clone(),
        }
    }
}

impl From<WireReport> for Report {
    fn from(wire: WireReport) -> Report {
        let properties = wire
            .properties
            .into_iter()
            .map(|(index, trace)| Found::new(Finding::Property(index), unpack(trace)));
        let checks = wire
            .checks
            .into_iter()
            .map(|(check, trace)| Found::new(Finding::Step(Violation { check }), unpack(trace)));
        let races = wire.races.into_iter();
        let races = races.map(|what| Found::new(Finding::Race(what), Vec::new()));
        let mut violations: Vec<Found> = races.chain(properties).chain(checks).collect();
        let mut ends = Vec::new();
        for WireEnd { outcome, fine, count, spinning, trace } in wire.ends {
            let trace = unpack(trace);
            if !fine {
                let what = Finding::End { outcome: outcome.clone(), spinning };
                violations.push(Found::new(what, trace.clone()));
            }
            ends.push(EndClass { outcome, fine, count, spinning, trace });
        }
        violations.sort_by_key(|found| found.trace.len());
        let reach = wire.reach.into_iter();
        Report {
            engine: wire.engine,
            runs: wire.runs,
            completeness: match wire.completeness {
                WireCompleteness::Exhaustive => Completeness::Exhaustive,
                WireCompleteness::RunLimit => Completeness::RunLimit,
                WireCompleteness::TimeLimit => Completeness::TimeLimit,
                WireCompleteness::PreemptionBound => Completeness::PreemptionBound,
                WireCompleteness::FiniteRuns => Completeness::FiniteRuns,
                WireCompleteness::CutOff => Completeness::CutOff,
                WireCompleteness::PartOfC11 => Completeness::PartOfC11,
                WireCompleteness::EndsOnly => Completeness::EndsOnly,
            },
            states: wire.states,
            transitions: wire.transitions,
            depth: wire.depth,
            frontier: 0,
            store_bytes: 0,
            state_bytes: wire.state_bytes,
            elapsed: wire.elapsed,
            violations,
            ends,
            reach: reach.map(|(index, trace)| (index, trace.map(unpack))).collect(),
            not_run: wire.not_run,
            ran_unexpectedly: wire.ran_unexpectedly,
            liveness: Vec::new(),
            fewest_switches: false,
            executions: wire.executions.into_iter().map(unpack_execution).collect(),
            remarks: wire.remarks,
        }
    }
}
