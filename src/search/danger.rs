//! Danger: how probable it is that a run of random choices ends badly.
//!
//! The scheduler draws an actor among those that can step, each by its weight (1 unless said
//! otherwise), then one of the actor's branches, all alike. That makes the state graph a Markov
//! chain, whose absorbing states are the violations and the bottom components without one. The
//! probability to be absorbed in a violation is the least solution of a system of linear equations.
//! Where it is 0 or 1 the graph alone tells ([`Outlook`]). Elsewhere it is found component by component,
//! those that come last first: exactly for a state alone, its repetitions summed up, and by Gauss–Seidel
//! iteration from below in a component with cycles.
//! (J. G. Kemeny and J. L. Snell, "Finite Markov Chains", 1960; in the order of components: C. Baier
//! and J.-P. Katoen, "Principles of Model Checking", 2008, section 10.1.)
//!
//! This compares schedules and protocols. It is no estimate of how often anything happens in the
//! field: no real scheduler draws lots at every access.

use super::components::{Component, components};
use super::goal::{Bottoms, Goal};
use super::graph::Graph;
use super::outlook::{Fate, Outlook};
use crate::machine::Actor;

/// Iteration in a component ends when no state changes by more.
const CHANGE_MAX: f64 = 1e-13;
/// Sweeps of one component, at most. What is left then is in the residual.
const SWEEPS_MAX: u32 = 100_000;

/// Weights of actors: the name of a thread, an action with its arguments, or an action's family.
pub type Rates = [(String, f64)];

/// The probability of a violation from each state.
#[derive(Debug, Clone)]
pub struct Danger {
    /// By state.
    pub probability: Vec<f64>,
    /// From the initial state: to go on for ever in a bottom component that is no end.
    pub endless: f64,
    /// The greatest difference between a state's value and what its equation makes of the others'.
    pub residual: f64,
}

impl Danger {
    /// Computes the danger of a violation under these weights.
    pub fn of(graph: &Graph<'_>, bottoms: &Bottoms, goal: &Goal, rates: &Rates) -> Danger {
        let weights = weights(graph, rates);
        let all: Vec<u32> = (0..graph.len() as u32).collect();
        let mut order = Vec::with_capacity(graph.len());
        let mut sizes = Vec::new();
        components(graph, &all, &mut Vec::new(), |Component { states, .. }| {
            order.extend_from_slice(states);
            sizes.push(states.len());
        });
        let chain = Chain { graph, weights, order, sizes };
        let (probability, residual) = chain.absorbed(bottoms, goal);
        let mut states = vec![false; graph.len()];
        bottoms.endless.iter().flatten().for_each(|&state| states[state as usize] = true);
        let (endless, other) = chain.absorbed(bottoms, &Goal { states, checks: Vec::new() });
        Danger { probability, endless: endless[0], residual: residual.max(other) }
    }
}

/// By label: the weight of its actor.
fn weights(graph: &Graph<'_>, rates: &Rates) -> Vec<f64> {
    let program = graph.program();
    let weight = |actor| {
        let (name, family) = match actor {
            Actor::Thread(thread) => {
                let name = program.threads[usize::from(thread)].name.as_str();
                (name, name)
            }
            Actor::Action(action) => {
                let action = &program.actions[usize::from(action)];
                (action.name.as_str(), action.family.as_str())
            }
        };
        let given = |wanted: &str| rates.iter().rev().find(|(known, _)| known == wanted);
        given(name).or_else(|| given(family)).map_or(1.0, |(_, rate)| *rate)
    };
    graph.labels().iter().map(|label| weight(label.transition.actor)).collect()
}

struct Chain<'g, 'p> {
    graph: &'g Graph<'p>,
    weights: Vec<f64>,
    /// States by component, each after those that it leads to.
    order: Vec<u32>,
    /// The sizes of the components in `order`.
    sizes: Vec<usize>,
}

impl Chain<'_, '_> {
    /// By state, the probability to get to the goal; and the residual.
    fn absorbed(&self, bottoms: &Bottoms, goal: &Goal) -> (Vec<f64>, f64) {
        let outlook = Outlook::of(self.graph, bottoms, goal);
        let known = |state: u32| match outlook.fate(state) {
            Fate::Met | Fate::Certain => 1.0,
            Fate::Open | Fate::Excluded => 0.0,
        };
        let mut values: Vec<f64> = (0..self.graph.len() as u32).map(known).collect();
        let mut residual: f64 = 0.0;
        let mut rest = self.order.as_slice();
        for &size in &self.sizes {
            let (states, after) = rest.split_at(size);
            rest = after;
            let open = states.iter().copied().filter(|&state| outlook.fate(state) == Fate::Open);
            let open: Vec<u32> = open.collect();
            let sweeps = if size == 1 { 1 } else { SWEEPS_MAX };
            for _ in 0..sweeps {
                let mut change: f64 = 0.0;
                for &state in open.iter().rev() {
                    let value = self.value(state, &values, goal);
                    change = change.max((value - values[state as usize]).abs());
                    values[state as usize] = value;
                }
                if change <= CHANGE_MAX {
                    break;
                }
            }
            for &state in &open {
                let value = self.value(state, &values, goal);
                residual = residual.max((value - values[state as usize]).abs());
            }
        }
        (values, residual)
    }

    /// What a state's equation makes of the values of the others: a step that stays is drawn again.
    fn value(&self, state: u32, values: &[f64], goal: &Goal) -> f64 {
        let edges: Vec<(u32, u32)> = self.graph.edges(state).collect();
        let labels = self.graph.labels();
        let actor = |label: u32| labels[label as usize].transition.actor;
        let (mut leaves, mut sum) = (0.0, 0.0);
        // Branches of an actor stand together, and share its weight.
        for branches in edges.chunk_by(|a, b| actor(a.1) == actor(b.1)) {
            let share = self.weights[branches[0].1 as usize] / branches.len() as f64;
            for &(target, label) in branches.iter().filter(|(target, _)| *target != state) {
                leaves += share;
                sum += share
                    * match target {
                        Graph::OUTSIDE => f64::from(goal.is_met_by(&labels[label as usize])),
                        _ => values[target as usize],
                    };
            }
        }
        if leaves > 0.0 { sum / leaves } else { 0.0 }
    }
}
