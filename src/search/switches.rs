//! Among the shortest schedules to a goal, one with the fewest switches between threads.
//!
//! The shortest schedules are the paths of a graph in layers: edges that lead one step further from
//! the initial state. Backwards through the layers, dynamic programming finds for each state and
//! each thread that may have stepped last the fewest switches that are left; forwards, the first
//! transition that loses none is taken. It is exact, and takes time linear in the graph.

use super::goal::Goal;
use super::graph::{Graph, Tree};
use super::report::{Finding, Report, Trace};
use super::{Bottoms, Label, liveness};
use crate::machine::Actor;
use crate::program::Program;

/// No goal can be reached.
const NEVER: u16 = u16::MAX;

/// A shortest schedule to the goal with the fewest switches; `None` if there is no way to it.
pub fn fewest_switches(graph: &Graph<'_>, tree: &Tree, goal: &Goal) -> Option<Trace> {
    let meets = |label: u32| goal.is_met_by(&graph.labels()[label as usize]);
    let states = 0..graph.len() as u32;
    let steps_to = |state: u32| {
        let depth = tree.depth[state as usize];
        if goal.states[state as usize] {
            Some(depth)
        } else {
            graph.edges(state).any(|(_, label)| meets(label)).then_some(depth + 1)
        }
    };
    // Depths never decrease: the first is nearest, but for one step that the failing edge takes.
    let length = states.clone().filter_map(steps_to).min()?;
    let layers = Layers { graph, tree, goal, length, width: graph.program().threads.len() + 1 };
    let end = states.clone().find(|&state| tree.depth[state as usize] > length);
    let fewest = layers.fewest(end.unwrap_or(graph.len() as u32));
    Some(layers.follow(&fewest))
}

/// Replaces every schedule of the report by one that is as short, with the fewest switches; of a
/// liveness property, in its stem.
pub fn polish(graph: &Graph<'_>, report: &mut Report) {
    let (tree, bottoms) = (graph.tree(), Bottoms::of(graph));
    let best = |what: &Finding, trace: &mut Trace| {
        let goal = Goal::of(graph, &bottoms, what);
        let found = goal.and_then(|goal| fewest_switches(graph, &tree, &goal));
        // A check that fails in the evaluation of a condition has no edge, and keeps its schedule.
        if let Some(found) = found.filter(|found| found.len() == trace.len()) {
            *trace = found;
        }
    };
    for found in &mut report.violations {
        match found.what {
            Finding::Property(property)
                if graph.program().properties[property].kind.is_liveness() =>
            {
                if let Some(run) = liveness::fewest_switches(graph, &tree, property) {
                    (found.trace, found.cycle_from) = run;
                }
            }
            _ => best(&found.what, &mut found.trace),
        }
    }
    for end in &mut report.ends {
        let what = Finding::End { outcome: end.outcome.clone(), spinning: end.spinning };
        best(&what, &mut end.trace);
    }
    for (property, witness) in &mut report.reach {
        if let Some(trace) = witness {
            best(&Finding::Property(*property), trace);
        }
    }
    report.fewest_switches = true;
}

/// The number of switches of a trace: how often another thread goes on than the one that stepped
/// before it, kernel moves aside.
pub fn switches(program: &Program, trace: &Trace) -> usize {
    let none = program.threads.len();
    let mut last = none;
    let mut switches = 0;
    for transition in trace {
        if let Actor::Thread(thread) = transition.actor {
            switches += usize::from(last != none && last != usize::from(thread));
            last = usize::from(thread);
        }
    }
    switches
}

struct Layers<'g, 'p> {
    graph: &'g Graph<'p>,
    tree: &'g Tree,
    goal: &'g Goal,
    /// Of the shortest schedules.
    length: u32,
    /// The threads that may have stepped last, and none.
    width: usize,
}

impl Layers<'_, '_> {
    /// For each state before `end` and each thread that stepped last: the fewest switches left.
    fn fewest(&self, end: u32) -> Vec<u16> {
        let mut fewest = vec![NEVER; end as usize * self.width];
        for state in (0..end).rev() {
            for last in 0..self.width {
                let left = self.left(state, last, &fewest);
                fewest[state as usize * self.width + last] = left;
            }
        }
        fewest
    }

    fn left(&self, state: u32, last: usize, fewest: &[u16]) -> u16 {
        if self.arrived(state) {
            return 0;
        }
        let ways = self.graph.edges(state);
        ways.map(|(to, label)| self.through(state, to, label, last, fewest)).min().unwrap_or(NEVER)
    }

    fn arrived(&self, state: u32) -> bool {
        self.goal.states[state as usize] && self.tree.depth[state as usize] == self.length
    }

    /// The fewest switches left by this edge.
    fn through(&self, from: u32, to: u32, label: u32, last: usize, fewest: &[u16]) -> u16 {
        let label = &self.graph.labels()[label as usize];
        let depth = self.tree.depth[from as usize] + 1;
        let (next, switch) = self.step(label, last);
        let left = if to == Graph::OUTSIDE {
            if depth == self.length && self.goal.is_met_by(label) { 0 } else { NEVER }
        } else if depth <= self.length && self.tree.depth[to as usize] == depth {
            fewest[to as usize * self.width + next]
        } else {
            NEVER
        };
        left.saturating_add(u16::from(switch && left != NEVER))
    }

    /// Who has stepped last after the step, and whether it is a switch.
    fn step(&self, label: &Label, last: usize) -> (usize, bool) {
        match label.transition.actor {
            Actor::Thread(thread) => {
                let thread = usize::from(thread);
                (thread, last != thread && last + 1 != self.width)
            }
            Actor::Action(_) => (last, false),
        }
    }

    /// The first schedule, in the machine's order, that loses nothing.
    fn follow(&self, fewest: &[u16]) -> Trace {
        let mut trace = Vec::with_capacity(self.length as usize);
        let (mut state, mut last) = (0, self.width - 1);
        while trace.len() < self.length as usize {
            let left = fewest[state as usize * self.width + last];
            let mut ways = self.graph.edges(state);
            let best =
                |&(to, label): &(u32, u32)| self.through(state, to, label, last, fewest) == left;
            let (to, label) = ways.find(best).expect("the fewest switches are those of an edge");
            let label = &self.graph.labels()[label as usize];
            trace.push(label.transition);
            last = self.step(label, last).0;
            state = to;
        }
        trace
    }
}
