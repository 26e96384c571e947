//! Ends by their definition, on a whole graph.

use ghosthunt::machine::{Actor, Transition};
use std::collections::BTreeSet;

/// An edge of the graph, or a failure.
pub struct Edge {
    pub transition: Transition,
    /// To a state, and whether a turn ended; or the check that failed.
    pub target: Result<(usize, bool), u16>,
    pub spins: bool,
    /// What fairness may demand it of, and whether each demand counts it as enabled.
    pub demands: Vec<(Demanded, bool)>,
}

/// Whom a demand of fairness is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demanded {
    Actor(Actor),
    /// A strong step: the transition, where it starts (handler and statement), where it leads, and
    /// whether it changes something; or that it fails.
    Way(Transition, Position, Option<(Position, bool)>),
}

/// The handler that a thread is in, and its statement; `None` if it has finished.
pub type Position = Option<(Option<usize>, usize)>;

/// The ends of a graph, each with its states in order, the one that is found first first.
pub fn ends(graph: &[Vec<Edge>]) -> Vec<Vec<usize>> {
    let mut ends: Vec<Vec<usize>> =
        components(graph).into_iter().filter(|component| is_end(graph, component)).collect();
    ends.sort();
    ends
}

fn is_end(graph: &[Vec<Edge>], component: &[usize]) -> bool {
    let inside: BTreeSet<usize> = component.iter().copied().collect();
    let (mut moves, mut yields) = (BTreeSet::new(), BTreeSet::new());
    for edge in component.iter().flat_map(|&state| &graph[state]) {
        let Ok((target, yielded)) = edge.target else { return false };
        if !edge.spins || !inside.contains(&target) {
            return false;
        }
        moves.insert(edge.transition.actor);
        if yielded {
            yields.insert(edge.transition.actor);
        }
    }
    moves == yields
}

/// Strongly connected components (S. Kosaraju's way: forwards, then backwards), states in order.
fn components(graph: &[Vec<Edge>]) -> Vec<Vec<usize>> {
    let targets = |state: usize| {
        graph[state].iter().filter_map(|edge| edge.target.ok()).map(|target| target.0)
    };
    let mut seen = vec![false; graph.len()];
    let mut finished = Vec::new();
    for root in 0..graph.len() {
        let mut visits = vec![(root, false)];
        while let Some((state, leaving)) = visits.pop() {
            if leaving {
                finished.push(state);
            } else if !std::mem::replace(&mut seen[state], true) {
                visits.push((state, true));
                visits.extend(targets(state).map(|target| (target, false)));
            }
        }
    }
    let mut sources = vec![Vec::new(); graph.len()];
    for state in 0..graph.len() {
        targets(state).for_each(|target| sources[target].push(state));
    }
    let mut components = Vec::new();
    let mut taken = vec![false; graph.len()];
    for &root in finished.iter().rev() {
        let mut component = Vec::new();
        let mut visits = vec![root];
        while let Some(state) = visits.pop() {
            if !std::mem::replace(&mut taken[state], true) {
                component.push(state);
                visits.extend(&sources[state]);
            }
        }
        if !component.is_empty() {
            component.sort_unstable();
            components.push(component);
        }
    }
    components
}
