//! What there is to get to in a state graph: violations, witnesses, ends.

use super::components::{Component, components};
use super::graph::{Graph, Label};
use super::report::Finding;
use crate::machine::Actor;
use crate::program::{CheckId, PropertyKind};

/// Where a run may want to get, or not to: some states, and steps that fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    /// By state.
    pub states: Vec<bool>,
    /// A step that fails one of these checks leads there.
    pub checks: Vec<CheckId>,
}

/// The bottom components of a graph: those that no edge leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bottoms {
    /// The ends: the outcome, and the states.
    pub ends: Vec<(String, Vec<u32>)>,
    /// The states of the others, in which a run goes on for ever and does more than spin.
    pub endless: Vec<Vec<u32>>,
    /// States of ends in which a check fails when they are to be classified.
    unclassified: Vec<(u32, CheckId)>,
}

impl Bottoms {
    /// Those of the graph.
    pub fn of(graph: &Graph<'_>) -> Bottoms {
        let mut bottoms = Bottoms::default();
        let all: Vec<u32> = (0..graph.len() as u32).collect();
        let mut scratch = graph.machine().scratch();
        let names: Vec<&str> = graph.program().end_classes().map(|(name, _)| name).collect();
        components(graph, &all, &mut Vec::new(), |Component { states, is_bottom }| {
            if !is_bottom {
                return;
            }
            if !only_spins(graph, states) {
                bottoms.endless.push(states.to_vec());
                return;
            }
            let mut states = states.to_vec();
            states.sort_unstable();
            let packed = states.iter().map(|&state| graph.state(state));
            let class = graph.machine().end_class(packed, &mut scratch);
            let class = class.unwrap_or_else(|(number, violation)| {
                bottoms.unclassified.push((states[number], violation.check));
                names.len() - 1
            });
            let name = names[class];
            bottoms.ends.push((name.to_string(), states));
        });
        bottoms
    }

    /// The states of each.
    pub(super) fn all(&self) -> impl Iterator<Item = &[u32]> {
        let ends = self.ends.iter().map(|(_, states)| states.as_slice());
        ends.chain(self.endless.iter().map(Vec::as_slice))
    }
}

/// Marks the states in which the check fails when a property or an outcome is evaluated.
fn mark_failing(graph: &Graph<'_>, bottoms: &Bottoms, check: CheckId, states: &mut [bool]) {
    let failing = bottoms.unclassified.iter().filter(|(_, failed)| *failed == check);
    failing.for_each(|&(state, _)| states[state as usize] = true);
    let mut scratch = graph.machine().scratch();
    let properties = graph.program().properties.iter();
    for condition in properties.flat_map(|property| property.kind.conditions()) {
        for state in 0..graph.len() as u32 {
            let value = graph.machine().eval(condition, graph.state(state), &mut scratch);
            states[state as usize] |= value.is_err_and(|violation| violation.check == check);
        }
    }
}

/// Whether only spin turns are taken in a bottom component, each of them ending.
fn only_spins(graph: &Graph<'_>, states: &[u32]) -> bool {
    let threads = graph.program().threads.len();
    let (mut moves, mut yields) = (vec![false; threads], vec![false; threads]);
    for (_, label) in states.iter().flat_map(|&state| graph.edges(state)) {
        let label = graph.labels()[label as usize];
        let Actor::Thread(thread) = label.transition.actor else { return false };
        if !label.spins {
            return false;
        }
        moves[usize::from(thread)] = true;
        yields[usize::from(thread)] |= label.yielded;
    }
    moves == yields
}

impl Goal {
    /// Nothing to get to.
    pub fn nothing(graph: &Graph<'_>) -> Goal {
        Goal { states: vec![false; graph.len()], checks: Vec::new() }
    }

    /// What a finding is about; `None` for a liveness property, which is about no state of the
    /// program's own graph (see [`Aim`](super::Aim)).
    pub fn of(graph: &Graph<'_>, bottoms: &Bottoms, what: &Finding) -> Option<Goal> {
        let mut states = vec![false; graph.len()];
        let mut checks = Vec::new();
        match what {
            Finding::Property(property) => {
                let (condition, wanted) = match graph.program().properties[*property].kind {
                    PropertyKind::Never(condition) | PropertyKind::Reach(condition) => {
                        (condition, true)
                    }
                    PropertyKind::Always(condition) => (condition, false),
                    PropertyKind::After(..) | PropertyKind::Eventually(_) => return None,
                };
                let mut scratch = graph.machine().scratch();
                for state in 0..graph.len() as u32 {
                    let value = graph.machine().eval(condition, graph.state(state), &mut scratch);
                    states[state as usize] = value == Ok(wanted);
                }
            }
            Finding::Step(violation) => {
                checks.push(violation.check);
                mark_failing(graph, bottoms, violation.check, &mut states);
            }
            // The graph is sequentially consistent.
            Finding::Race(_) => return None,
            Finding::End { outcome, .. } => {
                let ends = bottoms.ends.iter().filter(|(name, _)| name == outcome);
                ends.flat_map(|(_, end)| end).for_each(|&state| states[state as usize] = true);
            }
        }
        Some(Goal { states, checks })
    }

    /// What a schedule shows by this name: a property, a kind of failing step, or an outcome. `None`
    /// for a liveness property.
    pub fn named(graph: &Graph<'_>, bottoms: &Bottoms, name: &str) -> Option<Goal> {
        let program = graph.program();
        if let Some(property) = program.properties.iter().position(|p| p.name == name) {
            return Goal::of(graph, bottoms, &Finding::Property(property));
        }
        let checks = (0..).zip(&program.checks).filter(|(_, check)| check.kind.name() == name);
        let checks: Vec<CheckId> = checks.map(|(id, _)| id).collect();
        if !checks.is_empty() {
            let Goal { mut states, .. } = Goal::nothing(graph);
            checks.iter().for_each(|&check| mark_failing(graph, bottoms, check, &mut states));
            return Some(Goal { states, checks });
        }
        Goal::of(graph, bottoms, &Finding::End { outcome: name.to_string(), spinning: false })
    }

    /// The edge fails, and that is the goal.
    pub fn is_met_by(&self, label: &Label) -> bool {
        label.fails.is_some_and(|check| self.checks.contains(&check))
    }
}
