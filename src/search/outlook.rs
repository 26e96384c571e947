//! From each state: what can still come of it, and whether a goal can still be avoided.
//!
//! *Unavoidable* means one thing everywhere: from here on, every run gets to the goal that takes again
//! and again whatever it can take again and again. A run that could get away for ever, but never does,
//! is no way out; a run that gets into a bottom component without the goal is one, whether that is an
//! end or goes on for ever. So the goal is unavoidable exactly where a random scheduler gets to it with
//! probability 1, and excluded where it does so with probability 0 ([`Danger`](super::Danger)).

use super::components::{Component, components};
use super::goal::{Bottoms, Goal};
use super::graph::Graph;

/// Outcomes that are told apart: one is a bit.
const ENDS_MAX: usize = 63;

/// How a state stands to a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is the goal.
    Met,
    /// It leads there, and that cannot be avoided.
    Certain,
    /// The goal can be reached, and can be avoided.
    Open,
    /// The goal cannot be reached.
    Excluded,
}

/// What can come of each state.
#[derive(Debug, Clone)]
pub struct Outlook {
    /// Names of the outcomes, each a bit, from the lowest.
    names: Vec<String>,
    /// By state: the outcomes that can be reached.
    reachable: Vec<u64>,
    /// By state.
    fates: Vec<Fate>,
}

impl Outlook {
    /// What can come of the graph's states. A goal can be avoided where a run can get, without
    /// passing it, to a bottom component without it, or to a step that fails otherwise.
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
        let mut possible = goal.states.clone();
        components(graph, &all, &mut Vec::new(), |Component { states, .. }| {
            let (mut bits, mut gets_there) = (0, false);
            for &state in states {
                bits |= reachable[state as usize];
                gets_there |= possible[state as usize];
                for (to, label) in graph.edges(state) {
                    if to == Graph::OUTSIDE {
                        gets_there |= goal.is_met_by(&graph.labels()[label as usize]);
                    } else {
                        bits |= reachable[to as usize];
                        gets_there |= possible[to as usize];
                    }
                }
            }
            for &state in states {
                (reachable[state as usize], possible[state as usize]) = (bits, gets_there);
            }
        });
        // Where runs stop at the goal, components are others.
        let rest: Vec<u32> = all.into_iter().filter(|&state| !is_goal(state)).collect();
        components(graph, &rest, &mut Vec::new(), |Component { states, is_bottom }| {
            // Of the component's own states it is not said yet, nor ever of the goal's.
            let avoids = |(to, label): (u32, u32)| match to {
                Graph::OUTSIDE => !goal.is_met_by(&graph.labels()[label as usize]),
                _ => avoidable[to as usize],
            };
            let mut edges = states.iter().flat_map(|&state| graph.edges(state));
            let avoids = is_bottom || edges.any(avoids);
            states.iter().for_each(|&state| avoidable[state as usize] = avoids);
        });
        let fate = |state: usize| match () {
            () if goal.states[state] => Fate::Met,
            () if !avoidable[state] => Fate::Certain,
            () if possible[state] => Fate::Open,
            () => Fate::Excluded,
        };
        Outlook { names, reachable, fates: (0..graph.len()).map(fate).collect() }
    }

    /// The outcomes that can be reached from the state, of the first 63 that the graph's ends have.
    pub fn outcomes(&self, state: u32) -> impl Iterator<Item = &str> {
        let bits = self.reachable[state as usize];
        let named = self.names.iter().enumerate();
        named.filter(move |(bit, _)| bits & (1 << bit) != 0).map(|(_, name)| name.as_str())
    }

    /// How the state stands to the goal.
    pub fn fate(&self, state: u32) -> Fate {
        self.fates[state as usize]
    }

    /// Whether the goal can be avoided from the state.
    pub fn avoidable(&self, state: u32) -> bool {
        matches!(self.fate(state), Fate::Open | Fate::Excluded)
    }
}
