//! Liveness: what every infinite run does sooner or later.
//!
//! `after P: Q` fails if, from a reachable state in which P holds and Q does not, a fair run goes on
//! without Q; `eventually Q` is the same with the initial state for P. Runs are infinite: one that
//! cannot go on repeats its last state for ever, and so may one in which only `unfair` threads and
//! actions could go on. The search is exact: it looks at the strongly connected components of the
//! states that lack Q, and at no path, so it misses no cycle through states seen before. An end that
//! lacks Q is a fair component, and needs no case of its own.
//!
//! What a property rests on is found by taking away one assumption at a time, and what it would take
//! to make it hold by adding one; either is done only where it is cheap.

mod cycles;
mod fairness;
mod lasso;
mod promise;

pub use fairness::{Assumed, Assumption};
pub(super) use promise::{Promise, Unfolded};

use super::goal::Goal;
use super::graph::{Graph, Tree};
use super::report::{Finding, Found, Report, Trace};
use super::switches;
use crate::machine::{Transition, Violation};
use crate::program::{Fairness, Program, PropertyKind};
use cycles::FairComponents;
use fairness::{Demand, Demands};
use lasso::Region;
use std::collections::HashSet;

/// Assumptions are varied only if the states to be searched for it, all in all, are no more.
const VARIATION_STATES_MAX: usize = 20_000_000;

/// Whether a liveness property holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// On every fair run.
    Holds,
    /// Not on some fair run.
    Fails,
    /// Not all runs were looked at, and it holds on those that were.
    Open,
}

/// What was found of a liveness property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Liveness {
    /// Its index in the program.
    pub property: usize,
    /// Its P holds in some state that was looked at. Always, for `eventually`.
    pub triggered: bool,
    /// Whether it holds.
    pub decision: Decision,
    /// If it holds: the assumptions without which, one at a time, it would not. If it does not: the
    /// assumptions that would each make it hold. `None` if that was not looked into.
    pub turns_on: Option<Vec<Assumption>>,
}

/// A run that breaks a liveness property.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Broken {
    property: usize,
    trace: Vec<Transition>,
    stem: usize,
}

/// Everything that the search for fair cycles found.
#[derive(Debug, Default)]
struct Verdicts {
    properties: Vec<Liveness>,
    broken: Vec<Broken>,
    /// Checks that the evaluation of a condition failed, each with the nearest state.
    failed: Vec<(Violation, u32)>,
}

/// Decides every liveness property of the graph's program, and adds what it finds to the report;
/// what they turn on only if `assumptions` are wanted.
///
/// If the graph is not `whole`, it has all states that were expanded, with all their edges, of which
/// some lead out of it. A run that stays in it is a run of the program, and fair if it is so by what is
/// possible in its states: what it breaks is broken. Nothing else is decided.
pub(super) fn decide(graph: &Graph<'_>, whole: bool, assumptions: bool, report: &mut Report) {
    let tree = graph.tree();
    let Verdicts { properties, broken, failed } = check(graph, &tree, whole, assumptions);
    report.liveness = properties;
    for Broken { property, trace, stem } in broken {
        let cycle_from = (stem < trace.len()).then_some(stem);
        let what = Finding::Property(property);
        report.violations.push(Found { what, trace, cycle_from });
    }
    for (violation, state) in failed {
        let what = Finding::Step(violation);
        let known = report.violations.iter().position(|found| found.what == what);
        let trace = graph.way(&tree.path(state));
        if known.is_none_or(|known| report.violations[known].trace.len() > trace.len()) {
            known.map(|known| report.violations.remove(known));
            report.violations.push(Found::new(what, trace));
        }
    }
    report.violations.sort_by_key(|found| found.trace.len());
}

/// Leaves every liveness property undecided.
pub(super) fn leave_open(program: &Program, report: &mut Report) {
    let properties = program.properties.iter().enumerate();
    let live = properties.filter(|(_, property)| property.kind.is_liveness());
    let open = live.map(|(property, declared)| Liveness {
        property,
        triggered: matches!(declared.kind, PropertyKind::Eventually(_)),
        decision: Decision::Open,
        turns_on: None,
    });
    report.liveness = open.collect();
}

/// Who is treated unfairly by a run that goes round through `states` for ever by these `steps`, or,
/// without steps, rests in the only state: what fairness assumes, and such a run denies.
pub fn denied(program: &Program, states: &[Box<[u64]>], steps: &[Transition]) -> Vec<Assumption> {
    let graph = Graph::of_few(program, states.to_vec());
    let demands = Demands::of(&graph);
    let mut standings = Vec::new();
    let all: Vec<u32> = (0..graph.len() as u32).collect();
    demands.standings(&graph, &all, |_| false, &mut standings);
    for (state, step) in states.iter().zip(steps) {
        let state = graph.find(state).expect("it is among the states");
        let labels = graph.labels();
        let taken = graph.edges(state).find(|(_, l)| labels[*l as usize].transition == *step);
        taken.into_iter().for_each(|(_, label)| demands.take(label, &mut standings));
    }
    let demands = demands.all.iter().zip(&standings);
    let denied = demands.filter(|(demand, standing)| !demand.is_met(**standing, all.len()));
    denied
        .map(|(demand, _)| Assumption {
            of: demand.of,
            strong: demand.fairness == Fairness::Strong,
        })
        .collect()
}

/// Decides every liveness property.
fn check(graph: &Graph<'_>, tree: &Tree, whole: bool, assumptions: bool) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let demands = Demands::of(graph);
    let mut finder = FairComponents::default();
    for property in 0..graph.program().properties.len() {
        let Some(promise) = Promise::of(graph, property, &mut verdicts.failed) else { continue };
        let region = Region::of(graph, tree, &promise);
        let broken = region.lasso(graph, tree, &demands, &mut finder);
        let holds = broken.is_none();
        let turns_on = || turns_on(graph, &region, &demands, &mut finder, holds);
        let turns_on = (whole && assumptions).then(turns_on).flatten();
        let triggered = promise.triggered;
        let decision = match (holds, whole) {
            (true, true) => Decision::Holds,
            (true, false) => Decision::Open,
            (false, _) => Decision::Fails,
        };
        verdicts.properties.push(Liveness { property, triggered, decision, turns_on });
        let broken = broken.map(|lasso| Broken { property, trace: lasso.trace, stem: lasso.stem });
        verdicts.broken.extend(broken);
    }
    verdicts
}

/// A run that breaks the liveness property, with a stem as short as can be and, among those, the fewest
/// switches between threads in it; and the steps before its cycle, if there is one. `None` if the
/// property holds, or the graph is too large to be unfolded.
pub(super) fn fewest_switches(
    graph: &Graph<'_>,
    tree: &Tree,
    property: usize,
) -> Option<(Trace, Option<usize>)> {
    let promise = Promise::of(graph, property, &mut Vec::new())?;
    let region = Region::of(graph, tree, &promise);
    let demands = Demands::of(graph);
    let entries = region.nearest(graph, &demands, &mut FairComponents::default());
    let Unfolded { graph: unfolded, origins, pending } = promise.unfold(graph)?;
    let mut is_entry = vec![false; graph.len()];
    entries.iter().for_each(|entry| is_entry[entry.state as usize] = true);
    let mut goal = Goal::nothing(&unfolded);
    for (state, &origin) in origins.iter().enumerate() {
        goal.states[state] = pending[state] && is_entry[origin as usize];
    }
    let mut trace = switches::fewest_switches(&unfolded, &unfolded.tree(), &goal)?;
    let end = unfolded.path(&trace)?.pop().expect("it starts somewhere");
    let entry = entries.iter().find(|entry| entry.state == origins[end as usize])?;
    let stem = trace.len();
    trace.extend(entry.cycle(graph, &demands));
    let cycle_from = (stem < trace.len()).then_some(stem);
    Some((trace, cycle_from))
}

/// The assumptions that the answer turns on, one at a time.
fn turns_on(
    graph: &Graph<'_>,
    region: &Region,
    demands: &Demands,
    finder: &mut FairComponents,
    holds: bool,
) -> Option<Vec<Assumption>> {
    let mut of = HashSet::new();
    let variations = demands.all.iter().filter(|demand| of.insert(demand.of));
    let variations: Vec<(Assumption, Fairness)> =
        variations.flat_map(|demand| variations_of(demand, holds)).collect();
    if region.members.len().saturating_mul(variations.len()) > VARIATION_STATES_MAX {
        return None;
    }
    let mut turns_on = Vec::new();
    let mut covered: HashSet<Assumed> = HashSet::new();
    for (assumption, fairness) in variations {
        if covered.contains(&assumption.of) {
            continue;
        }
        let varied = demands.with(assumption.of, fairness);
        if region.holds_a_run(graph, &varied, finder) == holds {
            covered.insert(assumption.of);
            turns_on.push(assumption);
        }
    }
    Some(turns_on)
}

/// Other fairness for whatever the demand is about, weakest change first: less if the property
/// holds, more if it does not; and the assumption that is then without effect, or new.
fn variations_of(demand: &Demand, holds: bool) -> Vec<(Assumption, Fairness)> {
    let assumption = |strong| Assumption { of: demand.of, strong };
    let is_step = matches!(demand.of, Assumed::Step(..));
    match (holds, demand.fairness) {
        (true, Fairness::Weak) => vec![(assumption(false), Fairness::Unfair)],
        (true, Fairness::Strong) if is_step => vec![(assumption(true), Fairness::Unfair)],
        // That it is strong matters if weak fairness does not do; else it may still be needed.
        (true, Fairness::Strong) => {
            vec![(assumption(true), Fairness::Weak), (assumption(false), Fairness::Unfair)]
        }
        (true, Fairness::Unfair) | (false, Fairness::Strong) => Vec::new(),
        (false, Fairness::Weak) => vec![(assumption(true), Fairness::Strong)],
        (false, Fairness::Unfair) => {
            vec![(assumption(false), Fairness::Weak), (assumption(true), Fairness::Strong)]
        }
    }
}
