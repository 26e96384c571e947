//! How many runs a program has, without taking them.

use crate::machine::{Machine, Step};
use crate::program::Program;
use std::collections::HashMap;

/// The number of walks of `program` (see [`crate::schedule::Walk`]) from its initial state to an end
/// or a failing step, which is how many executions an engine needs that takes each once. A turn of a
/// spin loop that one step makes counts for nothing.
///
/// `None` if there are more than `states_max` states, or if runs can come back to a state in several
/// steps, since how many walks there are is then not the number of paths of the graph.
pub fn runs(program: &Program, states_max: usize) -> Option<u128> {
    let graph = Graph::of(program, states_max)?;
    let mut open: Vec<u32> = vec![0; graph.edges.len()];
    for &target in graph.edges.iter().flatten() {
        open[target] += 1;
    }
    let mut order: Vec<usize> = (0..open.len()).filter(|&state| open[state] == 0).collect();
    let mut next = 0;
    while let Some(&state) = order.get(next) {
        next += 1;
        for &target in &graph.edges[state] {
            open[target] -= 1;
            if open[target] == 0 {
                order.push(target);
            }
        }
    }
    if order.len() < graph.edges.len() {
        return None;
    }
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

/// The state graph, without the edges from a state to itself.
struct Graph {
    edges: Vec<Vec<usize>>,
    /// By state: steps that fail.
    failing: Vec<u32>,
}

impl Graph {
    fn of(program: &Program, states_max: usize) -> Option<Graph> {
        let machine = Machine::new(program);
        let mut scratch = machine.scratch();
        let initial: Box<[u64]> = program.initial.clone().into();
        let mut index_of = HashMap::from([(initial.clone(), 0)]);
        let mut states = vec![initial];
        let mut graph = Graph { edges: Vec::new(), failing: Vec::new() };
        while let Some(state) = states.get(graph.edges.len()).cloned() {
            let from = graph.edges.len();
            let (mut targets, mut failing) = (Vec::new(), 0);
            machine.successors(&state, &mut scratch, |successor| {
                if matches!(successor.step, Step::Violation(_)) {
                    failing += 1;
                    return;
                }
                let next = states.len();
                let target = *index_of.entry(successor.state.into()).or_insert_with(|| {
                    states.push(successor.state.into());
                    next
                });
                if target != from {
                    targets.push(target);
                }
            });
            graph.edges.push(targets);
            graph.failing.push(failing);
            if states.len() > states_max {
                return None;
            }
        }
        Some(graph)
    }
}
