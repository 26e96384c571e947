//! What a finding is about, as a goal on a graph where it shows in each state.
//!
//! A liveness property is broken by a whole run, and no state tells. But a run of random choices gets
//! into a bottom component of the graph with probability 1, and goes through all of that again and
//! again: it breaks `after P: Q` exactly if the component has no Q in it, and P has been seen since
//! the last Q (for `eventually Q`: there never was one). So the graph is unfolded by one bit, whether
//! the promise is pending, and the goal is its bottom components that are pending throughout. (M. Y.
//! Vardi, "Automatic verification of probabilistic concurrent finite-state programs", 1985; C. Baier
//! and J.-P. Katoen, "Principles of Model Checking", 2008, section 10.3.)
//!
//! A random scheduler takes again and again whatever it can take again and again, `unfair` threads
//! and actions included. What breaks a promise only by passing a way out for ever, or because somebody
//! unfair rests, therefore has probability 0: it takes a scheduler that means it.

use super::components::{Component, components};
use super::danger::{Danger, Rates};
use super::goal::{Bottoms, Goal};
use super::graph::Graph;
use super::liveness::{Promise, Unfolded};
use super::outlook::Outlook;
use super::report::Finding;
use crate::machine::Transition;
use std::borrow::Cow;

/// A goal, and the graph that it is on.
pub struct Aim<'g> {
    /// The program's own graph.
    whole: &'g Graph<'g>,
    /// Of a liveness property, the graph in which it shows whether the promise is pending.
    unfolded: Option<Unfolded<'g>>,
    bottoms: Cow<'g, Bottoms>,
    goal: Goal,
}

impl<'g> Aim<'g> {
    /// Nothing to get to.
    pub fn nothing(graph: &'g Graph<'g>, bottoms: &'g Bottoms) -> Aim<'g> {
        let goal = Goal::nothing(graph);
        Aim { whole: graph, unfolded: None, bottoms: Cow::Borrowed(bottoms), goal }
    }

    /// What a finding is about. `None` if the graph is too large to be unfolded.
    pub fn of(graph: &'g Graph<'g>, bottoms: &'g Bottoms, what: &Finding) -> Option<Aim<'g>> {
        if let Finding::Property(property) = what
            && let Some(promise) = Promise::of(graph, *property, &mut Vec::new())
        {
            let unfolded = promise.unfold(graph)?;
            let bottoms = Bottoms::of(&unfolded.graph);
            let mut goal = Goal::nothing(&unfolded.graph);
            for states in bottoms.all() {
                if states.iter().all(|&state| unfolded.pending[state as usize]) {
                    states.iter().for_each(|&state| goal.states[state as usize] = true);
                }
            }
            let (unfolded, bottoms) = (Some(unfolded), Cow::Owned(bottoms));
            return Some(Aim { whole: graph, unfolded, bottoms, goal });
        }
        let goal = Goal::of(graph, bottoms, what)?;
        Some(Aim { whole: graph, unfolded: None, bottoms: Cow::Borrowed(bottoms), goal })
    }

    /// What a schedule shows by this name: a property, a kind of failing step, or an outcome.
    pub fn named(graph: &'g Graph<'g>, bottoms: &'g Bottoms, name: &str) -> Option<Aim<'g>> {
        match Goal::named(graph, bottoms, name) {
            Some(goal) => {
                Some(Aim { whole: graph, unfolded: None, bottoms: Cow::Borrowed(bottoms), goal })
            }
            None => {
                let property = graph.program().properties.iter().position(|p| p.name == name)?;
                Aim::of(graph, bottoms, &Finding::Property(property))
            }
        }
    }

    /// The graph that the goal is on: its states are those of the program, once or twice.
    pub fn graph(&self) -> &Graph<'g> {
        self.unfolded.as_ref().map_or(self.whole, |unfolded| &unfolded.graph)
    }

    /// The bottom components of [`Aim::graph`].
    pub fn bottoms(&self) -> &Bottoms {
        &self.bottoms
    }

    /// The goal.
    pub fn goal(&self) -> &Goal {
        &self.goal
    }

    /// The goal is that a promise is broken, which takes a run for ever.
    pub fn is_endless(&self) -> bool {
        self.unfolded.is_some()
    }

    /// How probable the goal is, from each state of [`Aim::graph`].
    pub fn danger(&self, rates: &Rates) -> Danger {
        Danger::of(self.graph(), &self.bottoms, &self.goal, rates)
    }

    /// What can come of each state of [`Aim::graph`].
    pub fn outlook(&self) -> Outlook {
        Outlook::of(self.graph(), &self.bottoms, &self.goal)
    }

    /// The states of [`Aim::graph`] that a run leads through, but for the one that a failing step
    /// would lead to; `None` if it leaves the graph.
    pub fn path(&self, trace: &[Transition]) -> Option<Vec<u32>> {
        self.graph().path(trace)
    }

    /// The steps that a run passes by for ever and that would lead out: it stays in the last of the
    /// states of [`Aim::graph`] that it leads through, or goes round from the one with the number
    /// `cycle_from`, its promise pending. Each with the number of the state where it is possible.
    /// They are those after which the run cannot come back to its cycle without keeping the promise;
    /// if it always can, those that leave the cycle.
    pub fn passed_by(&self, path: &[u32], cycle_from: Option<usize>) -> Vec<(usize, Transition)> {
        let Some(Unfolded { graph, pending, .. }) = &self.unfolded else { return Vec::new() };
        let from = cycle_from.unwrap_or(path.len() - 1);
        // The last state of a cycle is its first.
        let cycle = &path[from..path.len() - usize::from(cycle_from.is_some())];
        let members: Vec<u32> =
            (0..graph.len() as u32).filter(|&state| pending[state as usize]).collect();
        let mut together = vec![false; graph.len()];
        components(graph, &members, &mut Vec::new(), |Component { states, .. }| {
            if states.contains(&cycle[0]) {
                states.iter().for_each(|&state| together[state as usize] = true);
            }
        });
        let leaving = |stays: &dyn Fn(u32) -> bool| -> Vec<(usize, Transition)> {
            let at = |(index, &state): (usize, &u32)| {
                let out = graph.edges(state).filter(|(to, _)| !stays(*to));
                let out = out.map(move |(_, label)| graph.labels()[label as usize].transition);
                out.map(move |transition| (from + index, transition)).collect::<Vec<_>>()
            };
            cycle.iter().enumerate().flat_map(at).collect()
        };
        let out = leaving(&|to| to != Graph::OUTSIDE && together[to as usize]);
        if out.is_empty() { leaving(&|to| cycle.contains(&to)) } else { out }
    }
}
