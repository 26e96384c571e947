//! Fair runs by their definition, on a whole graph, by fixpoints over edges: no component is ever
//! looked at, and no path followed.

use crate::graph::{Demanded, Edge};
use crate::model::Model;
use ghosthunt::machine::Actor;
use ghosthunt::program::{Fairness, Program};
use ghosthunt::schedule::Run;
use ghosthunt::search::{Finding, Report, denied};
use std::collections::BTreeMap;

/// The runs of a graph that stay where a promise is not kept.
pub struct Endless<'g> {
    graph: &'g [Vec<Edge>],
    kept: &'g [bool],
    demands: Vec<Demand>,
    edges: Vec<Arc>,
}

/// An edge from and to states without the promise, or a rest in one.
struct Arc {
    from: usize,
    to: usize,
    /// By demand: it is what the demand wants.
    meets: Vec<bool>,
}

struct Demand {
    strong: bool,
    /// By state.
    enabled: Vec<bool>,
}

impl<'g> Endless<'g> {
    pub fn new(model: &Model, graph: &'g [Vec<Edge>], kept: &'g [bool]) -> Endless<'g> {
        let mut numbers: BTreeMap<Demanded, usize> = BTreeMap::new();
        let mut demands = Vec::new();
        let all = graph.iter().flatten().flat_map(|edge| &edge.demands);
        for (demanded, _) in all {
            let fairness = match demanded {
                Demanded::Actor(Actor::Thread(thread)) => {
                    model.threads[usize::from(*thread)].fairness
                }
                Demanded::Actor(Actor::Action(action)) => {
                    model.moves[usize::from(*action)].fairness
                }
                Demanded::Way(..) => Fairness::Strong,
            };
            if fairness != Fairness::Unfair && !numbers.contains_key(demanded) {
                numbers.insert(demanded.clone(), demands.len());
                let strong = fairness == Fairness::Strong;
                demands.push(Demand { strong, enabled: vec![false; graph.len()] });
            }
        }
        let mut edges = Vec::new();
        for (from, leaving) in graph.iter().enumerate() {
            let rest = Arc { from, to: from, meets: vec![false; demands.len()] };
            edges.extend((!kept[from]).then_some(rest));
            for edge in leaving {
                let mut meets = vec![false; demands.len()];
                for (demanded, enables) in &edge.demands {
                    if let Some(&number) = numbers.get(demanded) {
                        meets[number] = true;
                        demands[number].enabled[from] |= enables;
                    }
                }
                if let Ok((to, _)) = edge.target
                    && !kept[from]
                    && !kept[to]
                {
                    edges.push(Arc { from, to, meets });
                }
            }
        }
        Endless { graph, kept, demands, edges }
    }

    /// The least number of steps to a state that a fair run without the promise visits for ever, on
    /// a way that passes an owed state and keeps no promise after it.
    pub fn shortest_stem(&self, owed: &[bool], lengths: &[usize]) -> Option<usize> {
        if self.edges.is_empty() || !self.fair_run(None) {
            return None;
        }
        let distances = self.distances(owed, lengths);
        let mut order: Vec<usize> =
            (0..self.graph.len()).filter(|&state| distances[state] < usize::MAX).collect();
        order.sort_by_key(|&state| distances[state]);
        let nearest = order.into_iter().find(|&state| self.fair_run(Some(state)));
        nearest.map(|state| distances[state])
    }

    fn distances(&self, owed: &[bool], lengths: &[usize]) -> Vec<usize> {
        let start = |state: usize| owed[state] && !self.kept[state];
        let start = |state| if start(state) { lengths[state] } else { usize::MAX };
        let mut distances: Vec<usize> = (0..self.graph.len()).map(start).collect();
        loop {
            let mut changed = false;
            for edge in &self.edges {
                let through = distances[edge.from].saturating_add(1);
                if through < distances[edge.to] {
                    distances[edge.to] = through;
                    changed = true;
                }
            }
            if !changed {
                return distances;
            }
        }
    }

    /// Whether there is a fair run without the promise, one that visits the state for ever if one
    /// is given. (Y. Kesten, A. Pnueli and L. Raviv, "Algorithmic verification of linear temporal
    /// logic specifications", 1998.)
    fn fair_run(&self, through: Option<usize>) -> bool {
        let mut alive = vec![true; self.edges.len()];
        loop {
            let before = alive.clone();
            for (number, demand) in self.demands.iter().enumerate() {
                let goal =
                    |edge: &Arc| edge.meets[number] || !demand.strong && !demand.enabled[edge.from];
                let reaches = self.reaching(&alive, goal);
                for (index, edge) in self.edges.iter().enumerate() {
                    let avoids = demand.strong && !demand.enabled[edge.from];
                    alive[index] &= goal(edge) || reaches[edge.to] || avoids;
                }
            }
            if let Some(state) = through {
                let reaches = self.reaching(&alive, |edge| edge.from == state);
                for (index, edge) in self.edges.iter().enumerate() {
                    alive[index] &= reaches[edge.from];
                }
            }
            // Every edge goes on.
            let mut goes_on = vec![false; self.graph.len()];
            let live = |(_, alive): &(&Arc, &bool)| **alive;
            self.edges.iter().zip(&alive).filter(live).for_each(|(e, _)| goes_on[e.from] = true);
            for (index, edge) in self.edges.iter().enumerate() {
                alive[index] &= goes_on[edge.to];
            }
            if alive == before {
                return alive.contains(&true);
            }
        }
    }

    /// By state: an edge that is alive and a goal can be taken there or later.
    fn reaching(&self, alive: &[bool], goal: impl Fn(&Arc) -> bool) -> Vec<bool> {
        let mut reaches = vec![false; self.graph.len()];
        loop {
            let mut changed = false;
            for (edge, _) in self.edges.iter().zip(alive).filter(|(_, alive)| **alive) {
                if !reaches[edge.from] && (goal(edge) || reaches[edge.to]) {
                    reaches[edge.from] = true;
                    changed = true;
                }
            }
            if !changed {
                return reaches;
            }
        }
    }
}

/// Every run that breaks a liveness property closes its cycle, and is fair.
pub fn go_round(program: &Program, report: &Report) {
    for found in &report.violations {
        let Finding::Property(index) = found.what else { continue };
        if !program.properties[index].kind.is_liveness() {
            continue;
        }
        let run = Run::new(program, &found.trace).expect("it runs");
        let from = found.cycle_from.unwrap_or(found.trace.len());
        assert_eq!(run.states[from], run.states[found.trace.len()]);
        let states = &run.states[from..found.trace.len().max(from + 1)];
        assert_eq!(denied(program, states, &found.trace[from..]), []);
    }
}
