//! How many runs a program has, and how long they are, without taking them.

use crate::machine::{Machine, Step, Transition};
use crate::program::Program;
use std::collections::HashMap;

/// The number of walks of `program` (see [`crate::schedule::Walk`]) from its initial state to an end
/// or a failing step, which is how many executions an engine needs that takes each once. A turn of a
/// spin loop that one step makes counts for nothing.
///
/// `None` if there are more than `states_max` states, or if runs can come back to a state in several
/// steps, since how many walks there are is then not the number of paths of the graph.
pub fn runs(program: &Program, states_max: usize) -> Option<u128> {
    let graph = Graph::of(program, states_max, |_| ())?;
    let order = graph.order()?;
    let mut runs = vec![0u128; order.len()];
    for &state in order.iter().rev() {
        let failing = u128::from(graph.failing[state]);
        let onward = graph.edges[state].iter();
        let below = onward.fold(failing, |sum, &target| sum.saturating_add(runs[target]));
        // A run ends where there is no way on.
        runs[state] = below.max(1);
    }
    Some(runs[0])
}

/// A lower bound on the number of walks of `program`, for programs that [`runs`] cannot count: walks
/// that go on only by steps on a shortest way to a state, counted up to where no such step is left.
/// `None` if there are more than `states_max` states.
pub fn runs_at_least(program: &Program, states_max: usize) -> Option<u128> {
    let graph = Graph::of(program, states_max, |_| ())?;
    let mut runs = vec![1u128; graph.edges.len()];
    // A step on a shortest way leads to a state that is found later.
    for state in (0..runs.len()).rev().filter(|&state| !graph.rests[state]) {
        let failing = u128::from(graph.failing[state]);
        let onward = graph.edges[state].iter();
        let onward = onward.filter(|&&target| graph.depth[target] == graph.depth[state] + 1);
        let below = onward.fold(failing, |sum, &target| sum.saturating_add(runs[target]));
        runs[state] = below.max(1);
    }
    Some(runs[0])
}

/// As many steps as a walk of `program` can have, or more. `None` if there are more than
/// `states_max` states. `enabled` is called with the transitions that are enabled in each state.
pub(super) fn steps_max(
    program: &Program,
    states_max: usize,
    enabled: impl FnMut(&[Transition]),
) -> Option<usize> {
    let graph = Graph::of(program, states_max, enabled)?;
    let Some(order) = graph.order() else {
        // A walk is in no state twice, and its last step may fail.
        return Some(graph.edges.len());
    };
    let mut longest = vec![0; order.len()];
    for &state in &order {
        for &target in &graph.edges[state] {
            longest[target] = longest[target].max(longest[state] + 1);
        }
    }
    let steps = longest.iter().zip(&graph.failing);
    steps.map(|(steps, &failing)| steps + usize::from(failing > 0)).max()
}

/// The state graph, without the edges from a state to itself.
struct Graph {
    edges: Vec<Vec<usize>>,
    /// By state: steps that fail.
    failing: Vec<u32>,
    /// By state: steps from the initial state, at least.
    depth: Vec<u32>,
    /// By state: nothing but spin turns can happen, so that a walk may end there.
    rests: Vec<bool>,
}

impl Graph {
    /// The states, each before those that its steps lead to; `None` if there is no such order.
    fn order(&self) -> Option<Vec<usize>> {
        let mut open: Vec<u32> = vec![0; self.edges.len()];
        for &target in self.edges.iter().flatten() {
            open[target] += 1;
        }
        let mut order: Vec<usize> = (0..open.len()).filter(|&state| open[state] == 0).collect();
        let mut next = 0;
        while let Some(&state) = order.get(next) {
            next += 1;
            for &target in &self.edges[state] {
                open[target] -= 1;
                if open[target] == 0 {
                    order.push(target);
                }
            }
        }
        (order.len() == self.edges.len()).then_some(order)
    }

    fn of(
        program: &Program,
        states_max: usize,
        mut enabled: impl FnMut(&[Transition]),
    ) -> Option<Graph> {
        let machine = Machine::new(program);
        let mut scratch = machine.scratch();
        let initial: Box<[u64]> = program.initial.clone().into();
        let mut index_of = HashMap::from([(initial.clone(), 0)]);
        let mut states = vec![initial];
        let mut graph =
            Graph { edges: Vec::new(), failing: Vec::new(), depth: vec![0], rests: Vec::new() };
        let mut here = Vec::new();
        while let Some(state) = states.get(graph.edges.len()).cloned() {
            let from = graph.edges.len();
            let (mut targets, mut failing, mut rests) = (Vec::new(), 0, true);
            here.clear();
            machine.successors(&state, &mut scratch, |successor| {
                here.push(successor.transition);
                rests &= successor.spins;
                if matches!(successor.step, Step::Violation(_)) {
                    failing += 1;
                    return;
                }
                let next = states.len();
                let target = *index_of.entry(successor.state.into()).or_insert_with(|| {
                    states.push(successor.state.into());
                    graph.depth.push(graph.depth[from] + 1);
                    next
                });
                if target != from {
                    targets.push(target);
                }
            });
            enabled(&here);
            graph.edges.push(targets);
            graph.failing.push(failing);
            graph.rests.push(rests);
            if states.len() > states_max {
                return None;
            }
        }
        Some(graph)
    }
}
