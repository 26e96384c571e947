//! From each state: what can still come of it, and whether a goal can still be avoided.

use super::components::components;
use super::goal::{Bottoms, Goal};
use super::graph::Graph;

/// Kinds of ends that are told apart.
const ENDS_MAX: usize = 63;

/// What can come of each state.
#[derive(Debug, Clone)]
pub struct Outlook {
    /// Names of the outcomes, each a bit, from the lowest.
    names: Vec<String>,
    /// By state: the outcomes that can be reached.
    reachable: Vec<u64>,
    /// By state: the goal can be avoided, whoever schedules from here on.
    avoidable: Vec<bool>,
}

impl Outlook {
    /// What can come of the graph's states. A goal can be avoided where a run can get, without
    /// passing it, to a bottom component without it, or to a step that fails otherwise. A run that
    /// could get there for ever but never does, by being unfair, is no way out.
    pub fn of(graph: &Graph<'_>, bottoms: &Bottoms, goal: &Goal) -> Outlook {
        let mut names: Vec<String> = Vec::new();
        let mut reachable = vec![0u64; graph.len()];
        for (name, states) in &bottoms.ends {
            let known = names.iter().position(|known| known == name);
            let bit = known.unwrap_or(names.len());
            if bit < ENDS_MAX {
                if known.is_none() {
                    names.push(name.clone());
                }
                states.iter().for_each(|&state| reachable[state as usize] |= 1 << bit);
            }
        }
        let mut avoidable = vec![false; graph.len()];
        let all: Vec<u32> = (0..graph.len() as u32).collect();
        let is_goal = |state: u32| goal.states[state as usize];
        components(graph, &all, &mut Vec::new(), |states| {
            let edges = || states.iter().flat_map(|&state| graph.edges(state));
            let inner = edges().filter(|(to, _)| *to != Graph::OUTSIDE);
            let bits = inner.map(|(to, _)| reachable[to as usize]);
            let bits = bits.chain(states.iter().map(|&state| reachable[state as usize]));
            let bits = bits.fold(0, |all, bits| all | bits);
            states.iter().for_each(|&state| reachable[state as usize] = bits);
        });
        // Where runs stop at the goal, components are others.
        let rest: Vec<u32> = all.into_iter().filter(|&state| !is_goal(state)).collect();
        let mut component = vec![0; graph.len()];
        let mut number = 0;
        components(graph, &rest, &mut Vec::new(), |states| {
            number += 1;
            states.iter().for_each(|&state| component[state as usize] = number);
            let mut bottom = true;
            let mut avoids = false;
            for (to, label) in states.iter().flat_map(|&state| graph.edges(state)) {
                if to == Graph::OUTSIDE {
                    bottom = false;
                    avoids |= !goal.is_met_by(&graph.labels()[label as usize]);
                } else if component[to as usize] != number {
                    bottom = false;
                    avoids |= avoidable[to as usize];
                }
            }
            states.iter().for_each(|&state| avoidable[state as usize] = bottom || avoids);
        });
        Outlook { names, reachable, avoidable }
    }

    /// The outcomes that can be reached from the state.
    pub fn outcomes(&self, state: u32) -> impl Iterator<Item = &str> {
        let bits = self.reachable[state as usize];
        let named = self.names.iter().enumerate();
        named.filter(move |(bit, _)| bits & (1 << bit) != 0).map(|(_, name)| name.as_str())
    }

    /// Whether the goal can be avoided from the state.
    pub fn avoidable(&self, state: u32) -> bool {
        self.avoidable[state as usize]
    }
}
