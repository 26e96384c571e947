//! What a search found.

use super::liveness::Liveness;
use crate::machine::{Transition, Violation};
use crate::program::StatementId;
use std::time::Duration;

/// The transitions of a run, from the initial state.
pub type Trace = Vec<Transition>;

/// Everything a search learned. All of it is deterministic but `elapsed`.
#[derive(Debug, Clone)]
pub struct Report {
    /// What searched: `search`, or another engine.
    pub engine: String,
    /// How many runs an engine took that takes runs one by one.
    pub runs: Option<u64>,
    /// Whether the whole state space was searched, and if not, what stopped it.
    pub completeness: Completeness,
    /// Distinct reachable states.
    pub states: u64,
    /// Enabled transitions of all states searched, those that end in a violation included.
    pub transitions: u64,
    /// The greatest distance of a state from the initial one, in transitions.
    pub depth: u32,
    /// States that are stored but not yet searched; 0 when exhaustive.
    pub frontier: u64,
    /// Bytes that the state store takes, parent links included.
    pub store_bytes: u64,
    /// Bytes that one packed state takes in it, without its links.
    pub state_bytes: u32,
    /// Wall-clock time of the search.
    pub elapsed: Duration,
    /// The first violation of each property and check, and one for each bad end's name, shortest
    /// schedule first.
    pub violations: Vec<Found>,
    /// Ends by outcome: the program's outcomes in the order written, then `done`, then `stuck`;
    /// those that never occurred are left out. Each is certain, also if the search was limited:
    /// all its states were searched. Only then there may be more.
    pub ends: Vec<EndClass>,
    /// For each `reach` property: its index in the program and the shortest schedule to it.
    pub reach: Vec<(usize, Option<Trace>)>,
    /// What was found of each liveness property.
    pub liveness: Vec<Liveness>,
    /// Among the shortest schedules, these have the fewest switches between threads.
    pub fewest_switches: bool,
    /// Statements of the program that never ran, but those that the text calls unreachable.
    pub not_run: Vec<StatementId>,
    /// Statements that ran although the text calls them unreachable.
    pub ran_unexpectedly: Vec<StatementId>,
    /// Of a memory-model engine: an execution for everything found, since it has no schedule. No
    /// order of steps gives what its loads read.
    pub executions: Vec<Execution>,
    /// What else there is to know before one believes it, each a sentence without a full stop.
    pub remarks: Vec<String>,
}

/// What a memory-model engine saw: accesses, in an order in which it made them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// What it leads to.
    pub shows: String,
    /// The accesses.
    pub steps: Vec<ExecutionStep>,
}

/// One access of an [`Execution`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionStep {
    /// The thread's name.
    pub actor: String,
    /// Where it stands, `owner:line`.
    pub place: String,
    /// The statement's words.
    pub label: String,
    /// What it read or wrote; empty if nothing shared.
    pub what: String,
}

/// Whether the whole state space was searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// Every reachable state was searched.
    Exhaustive,
    /// The limit on states was reached.
    StateLimit,
    /// The limit on memory was reached.
    MemoryLimit,
    /// The limit on time was reached.
    TimeLimit,
    /// The user interrupted.
    Interrupted,
    /// The limit on runs was reached.
    RunLimit,
    /// Runs were picked by chance.
    Sampled,
    /// Only runs with few preemptions were taken.
    PreemptionBound,
    /// Every run that ends was taken, and there are properties of those that do not.
    FiniteRuns,
    /// Runs that did not end were cut off.
    CutOff,
    /// All executions were taken that the engine has, and C11 may have more.
    PartOfC11,
    /// Every end was seen, and there are properties of the states before.
    EndsOnly,
}

/// A violation and the shortest schedule to it.
#[derive(Debug, Clone)]
pub struct Found {
    /// What was violated.
    pub what: Finding,
    /// The schedule. For a violated check its last transition is the failing one (or leads to the
    /// state in which a property or an outcome could not be evaluated); for a state property it
    /// leads to the state; for an end it leads to the nearest state of the end. For a liveness
    /// property it goes once round the cycle, or to a state in which the run may rest for ever.
    pub trace: Trace,
    /// For a liveness property with a cycle: the steps before it. The state after so many steps is
    /// the last one, too.
    pub cycle_from: Option<usize>,
}

impl Found {
    /// A violation with a schedule that has no cycle.
    pub fn new(what: Finding, trace: Trace) -> Found {
        Found { what, trace, cycle_from: None }
    }
}

/// What was violated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A property other than a `reach`, by its index in the program.
    Property(usize),
    /// A step failed: an assert, a range, an unlock.
    Step(Violation),
    /// A bad end, with its outcome's name (`stuck` if it has none).
    End { outcome: String, spinning: bool },
    /// A data race, of a memory-model engine: which two accesses, in words.
    Race(String),
}

/// All ends of one outcome.
#[derive(Debug, Clone)]
pub struct EndClass {
    /// A declared outcome's name, `done` or `stuck`.
    pub outcome: String,
    /// It is no violation.
    pub fine: bool,
    /// How many ends (bottom components that only spin; a state with nothing enabled is one).
    pub count: u64,
    /// The one that the schedule leads to spins.
    pub spinning: bool,
    /// The shortest schedule to one.
    pub trace: Trace,
}
