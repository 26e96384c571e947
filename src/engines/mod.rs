//! Engines that others wrote, run on the same program, and what their runs say in the search's terms.
//!
//! The search is the reference. An engine here takes whole runs instead of storing states; it shows
//! each to an [`Observed`], and [`report`] says what they come to. This room may not know how the
//! search finds states, nor how reports are written.

mod count;
pub mod loom;
pub mod shuttle;

pub use count::{runs, runs_at_least};

use crate::machine::Transition;
use crate::program::{Program, PropertyKind, StatementId};
use crate::schedule::Observed;
use crate::search::{Completeness, EndClass, Finding, Found, Report};
use std::time::Duration;

/// The runs that an engine took.
#[derive(Debug, Clone)]
pub struct Ran {
    /// What they showed.
    pub observed: Observed,
    /// The statements that ran.
    pub statements: Vec<StatementId>,
    /// What took them, as reports call it.
    pub engine: String,
    /// Whether they are all there are.
    pub completeness: Completeness,
    /// Wall-clock time.
    pub elapsed: Duration,
}

impl Ran {
    /// What they come to.
    pub fn report(&self, program: &Program) -> Report {
        let Ran { observed, statements, engine, completeness, elapsed } = self;
        report(program, observed, statements, engine, *completeness, *elapsed)
    }
}

/// What became of a run that an engine was driven through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driven {
    /// The steps taken; fewer than asked for if a step was not enabled.
    pub trace: Vec<Transition>,
    /// The state after the last.
    pub state: Box<[u64]>,
}

/// What runs come to, as the search would report it: `ends` counts distinct ends, `transitions` the
/// steps of all runs, and schedules are the shortest that were seen. `ran` holds the statements that
/// ran.
pub fn report(
    program: &Program,
    observed: &Observed,
    ran: &[StatementId],
    engine: &str,
    completeness: Completeness,
    elapsed: Duration,
) -> Report {
    let mut violations = Vec::new();
    let mut reach = Vec::new();
    for (index, property) in program.properties.iter().enumerate() {
        let trace = observed.properties.get(&index).map(|seen| seen.trace.clone());
        match (property.kind, trace) {
            (PropertyKind::Reach(_), trace) => reach.push((index, trace)),
            (_, Some(trace)) => violations.push(Found::new(Finding::Property(index), trace)),
            (_, None) => {}
        }
    }
    let failures = observed.failures.iter();
    violations.extend(
        failures.map(|(violation, seen)| Found::new(Finding::Step(*violation), seen.trace.clone())),
    );
    let names = program.outcomes.iter().map(|outcome| outcome.name.as_str());
    let mut ends = Vec::new();
    for (name, seen) in
        names.chain(["done", "stuck"]).filter_map(|name| Some((name, observed.ends.get(name)?)))
    {
        let (outcome, trace) = (name.to_string(), seen.seen.trace.clone());
        if !seen.fine {
            let what = Finding::End { outcome: outcome.clone(), spinning: seen.spinning };
            violations.push(Found::new(what, trace.clone()));
        }
        let count = seen.states.len() as u64;
        ends.push(EndClass { outcome, fine: seen.fine, count, spinning: seen.spinning, trace });
    }
    violations.sort_by_key(|found| found.trace.len());
    let statements = 0..program.statements.len() as StatementId;
    let unreachable = |statement: &StatementId| program.statements[*statement as usize].unreachable;
    let (ran_unexpectedly, _): (Vec<_>, Vec<_>) = ran.iter().copied().partition(unreachable);
    let not_run =
        statements.filter(|statement| !ran.contains(statement) && !unreachable(statement));
    // Runs that end say nothing of those that do not.
    let live = program.properties.iter().any(|property| property.kind.is_liveness());
    let completeness = match completeness {
        Completeness::Exhaustive if live => Completeness::FiniteRuns,
        other => other,
    };
    Report {
        engine: engine.to_string(),
        runs: Some(observed.runs),
        completeness,
        states: observed.states(),
        transitions: observed.steps,
        depth: observed.longest as u32,
        frontier: 0,
        store_bytes: 0,
        state_bytes: (program.layout.words * size_of::<u64>()) as u32,
        elapsed,
        violations,
        ends,
        reach,
        liveness: Vec::new(),
        fewest_switches: false,
        executions: Vec::new(),
        remarks: Vec::new(),
        not_run: not_run.collect(),
        ran_unexpectedly,
    }
}
