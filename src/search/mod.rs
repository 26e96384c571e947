//! Exhaustive exploration: every interleaving, each state once.
//!
//! The search is breadth first, so the first schedule found to anything is a shortest one, and in
//! the machine's order, so that it is the same one in every run. States are stored exactly. It goes
//! on after a violation: a report tells everything that can go wrong, not what goes wrong first.
//!
//! Who takes the machine's word for it need not know more: this room may not look inside a step,
//! nor know how a report is written, or what a Windows thread is.

mod aim;
mod components;
mod danger;
mod ends;
mod explore;
mod goal;
mod graph;
mod hasher;
mod liveness;
mod outlook;
mod parents;
mod report;
mod store;
mod switches;

pub use aim::Aim;
pub use danger::{Danger, Rates};
pub use goal::{Bottoms, Goal};
pub use graph::{Graph, Label, Tree};
pub(crate) use hasher::WordHasher;
pub use liveness::{Assumed, Assumption, Decision, Liveness, denied};
pub use outlook::{Fate, Outlook};
pub use report::{Completeness, EndClass, Execution, ExecutionStep, Finding, Found, Report, Trace};
pub(crate) use store::Distinct;
pub use switches::{fewest_switches, polish, switches};

use crate::program::Program;
use explore::Explorer;
use std::time::Duration;

/// When to stop early. What was learned until then is reported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// How many states may be stored. Without it, as many as 32-bit numbers tell apart.
    pub states: Option<u64>,
    /// How many bytes may be taken by the states, by who found which, by the list of those that only
    /// spin, and by the graph. The store stays below; what grows beside it is looked at every 1,000
    /// states or so, and the list may have doubled by then.
    pub memory_bytes: Option<u64>,
    /// How long states may be expanded and the graph be made, give or take some 1,000 states. What
    /// is then made of them (ends that spin, fair cycles, schedules) takes its own time.
    pub time: Option<Duration>,
}

/// How far a search has got.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// States found.
    pub states: u64,
    /// States found and not expanded yet.
    pub frontier: u64,
    /// Transitions from the initial state to those that are being expanded.
    pub depth: u32,
    /// Bytes that the state store takes.
    pub store_bytes: u64,
    /// Since the search began.
    pub elapsed: Duration,
}

/// Searches all reachable states of `program`.
///
/// Checks every property, every check in the code, and the ends. If there is a liveness property
/// (`after`, `eventually`), the graph is made and searched for fair cycles; where it does not fit,
/// the search counts as limited. A search that the limit on states stops looks for them in the part of
/// the graph that it has expanded. The observer is called about every 65,000 states; if it returns
/// false, the search stops.
pub fn search(
    program: &Program,
    limits: &Limits,
    observer: &mut dyn FnMut(&Progress) -> bool,
) -> Report {
    explore(program, limits, &Wanted { transitions_max: 0, assumptions: true }, observer).0
}

/// As [`search`], for those who ask of a liveness property only whether it holds: what it turns on
/// is not looked into.
pub fn search_verdicts(
    program: &Program,
    limits: &Limits,
    observer: &mut dyn FnMut(&Progress) -> bool,
) -> Report {
    explore(program, limits, &Wanted { transitions_max: 0, assumptions: false }, observer).0
}

/// As [`search`], and keeps the state graph if the search is exhaustive, the graph fits, and it has
/// at most `transitions_max` transitions.
pub fn search_graph<'p>(
    program: &'p Program,
    limits: &Limits,
    transitions_max: u64,
    observer: &mut dyn FnMut(&Progress) -> bool,
) -> (Report, Option<Graph<'p>>) {
    explore(program, limits, &Wanted { transitions_max, assumptions: true }, observer)
}

/// What a search is to tell besides the verdicts.
struct Wanted {
    /// The graph, if it has at most so many transitions.
    transitions_max: u64,
    /// What each liveness property turns on.
    assumptions: bool,
}

/// The state graph of a program, unless it has more than `states_max` states.
pub fn small_graph(program: &Program, states_max: u64) -> Option<Graph<'_>> {
    let limits = Limits { states: Some(states_max), ..Limits::default() };
    search_graph(program, &limits, u64::MAX, &mut |_| true).1
}

fn explore<'p>(
    program: &'p Program,
    limits: &Limits,
    wanted: &Wanted,
    observer: &mut dyn FnMut(&Progress) -> bool,
) -> (Report, Option<Graph<'p>>) {
    // One search is compiled for each of the common sizes of states, in words, and one for any.
    match program.layout.words {
        1 => Explorer::<1>::new(program, limits).run(wanted, observer),
        2 => Explorer::<2>::new(program, limits).run(wanted, observer),
        3 => Explorer::<3>::new(program, limits).run(wanted, observer),
        4 => Explorer::<4>::new(program, limits).run(wanted, observer),
        5 => Explorer::<5>::new(program, limits).run(wanted, observer),
        6 => Explorer::<6>::new(program, limits).run(wanted, observer),
        8 => Explorer::<8>::new(program, limits).run(wanted, observer),
        12 => Explorer::<12>::new(program, limits).run(wanted, observer),
        16 => Explorer::<16>::new(program, limits).run(wanted, observer),
        _ => Explorer::<0>::new(program, limits).run(wanted, observer),
    }
}
