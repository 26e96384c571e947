//! The whole state graph of a small program, held in memory.
//!
//! Pages let their reader walk anywhere, and viewers of graphs want all of one; both need every
//! state and every edge at once, which the search never has. So this room is for programs of a few
//! thousand states: it stores them plainly, and says of each what can still become of it
//! ([`Fates`]). It knows nothing of how graphs are drawn or written.

mod fates;

pub use fates::{Fates, Target};

use crate::machine::{Machine, Step, Transition, Violation};
use crate::program::Program;
use crate::schedule::{Run, StepWords, enabled};
use std::collections::HashMap;

/// The reachable states of a program, in the order of a breadth-first search.
#[derive(Debug, Clone)]
pub struct Graph {
    /// The states; the initial one is the first.
    pub nodes: Vec<Node>,
    /// Every reachable state is here, with all its edges. Otherwise the graph is a single run.
    pub whole: bool,
}

/// A state and what can happen in it.
#[derive(Debug, Clone)]
pub struct Node {
    /// The packed state.
    pub state: Box<[u64]>,
    /// The state from which it was found first; the initial state's is itself.
    pub parent: usize,
    /// The step that led here failed, which ends the run.
    pub failed: Option<Violation>,
    /// What can happen, in the machine's order.
    pub edges: Vec<Edge>,
}

/// A step between two states.
#[derive(Debug, Clone)]
pub struct Edge {
    /// Who steps, and how.
    pub transition: Transition,
    /// What the step is called.
    pub words: StepWords,
    /// The state after it, by its index.
    pub to: usize,
}

impl Graph {
    /// All reachable states of `program`; `None` if there are more than `states_max`.
    pub fn whole(program: &Program, states_max: usize) -> Option<Graph> {
        let machine = Machine::new(program);
        let mut scratch = machine.scratch();
        let initial: Box<[u64]> = program.initial.clone().into();
        let mut index_of = HashMap::from([(initial.clone(), 0)]);
        let mut nodes = vec![Node::new(initial, 0, None)];
        let mut next = 0;
        while next < nodes.len() {
            if nodes.len() > states_max {
                return None;
            }
            if nodes[next].failed.is_none() {
                let state = nodes[next].state.clone();
                let mut after = state.clone();
                for (transition, words) in enabled(&machine, &state) {
                    let to = match machine.step(&state, transition, &mut after, &mut scratch) {
                        Step::Violation(violation) => {
                            nodes.push(Node::new(after.clone(), next, Some(violation)));
                            nodes.len() - 1
                        }
                        _ => *index_of.entry(after.clone()).or_insert_with(|| {
                            nodes.push(Node::new(after.clone(), next, None));
                            nodes.len() - 1
                        }),
                    };
                    nodes[next].edges.push(Edge { transition, words, to });
                }
            }
            next += 1;
        }
        Some(Graph { nodes, whole: true })
    }

    /// The states and steps of `run` alone, one node a step: a run may pass a state twice.
    pub fn along(run: &Run) -> Graph {
        let mut nodes: Vec<Node> = Vec::with_capacity(run.states.len());
        for (index, state) in run.states.iter().enumerate() {
            let failed = match index.checked_sub(1).map(|step| run.steps[step].step) {
                Some(Step::Violation(violation)) => Some(violation),
                _ => None,
            };
            let mut node = Node::new(state.clone(), index.saturating_sub(1), failed);
            if let Some(taken) = run.steps.get(index) {
                let words = taken.words.clone();
                node.edges.push(Edge { transition: taken.transition, words, to: index + 1 });
            }
            nodes.push(node);
        }
        Graph { nodes, whole: false }
    }

    /// The nodes that `trace` leads through, the initial one first; `None` if it leaves the graph.
    pub fn path(&self, trace: &[Transition]) -> Option<Vec<usize>> {
        let mut path = vec![0];
        for &transition in trace {
            let node = &self.nodes[*path.last().expect("it starts somewhere")];
            path.push(node.edges.iter().find(|edge| edge.transition == transition)?.to);
        }
        Some(path)
    }
}

impl Node {
    fn new(state: Box<[u64]>, parent: usize, failed: Option<Violation>) -> Node {
        Node { state, parent, failed, edges: Vec::new() }
    }
}
