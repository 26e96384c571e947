//! A state graph as people and other tools look at it: states and steps with their words.
//!
//! Pages let their reader walk anywhere, and viewers of graphs want all of one; both need what the
//! search leaves out: what each step is called, the state that a failing step leads to, and a single
//! run where the graph is too large. What can become of a state is for the search to say, whose
//! numbers the states keep. This room knows nothing of how graphs are drawn or written.

use crate::machine::{Step, Transition, Violation};
use crate::schedule::{Run, StepWords, enabled};
use crate::search::Graph;

/// States and steps to be shown.
#[derive(Debug, Clone)]
pub struct View {
    /// The states; the initial one is the first. Of a whole graph, the search's states under their
    /// numbers, and after them those that failing steps lead to.
    pub nodes: Vec<Node>,
    /// Every reachable state is here, with all its edges. Otherwise the view is of a single run.
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

impl View {
    /// All of a graph.
    pub fn whole(graph: &Graph) -> View {
        let machine = graph.machine();
        let mut scratch = machine.scratch();
        let tree = graph.tree();
        let states = 0..graph.len() as u32;
        let node = |index| Node::new(graph.state(index).into(), tree.parent(index) as usize, None);
        let mut nodes: Vec<Node> = states.clone().map(node).collect();
        for index in states {
            let state = graph.state(index);
            let mut after: Box<[u64]> = state.into();
            for ((transition, words), (target, label)) in
                enabled(machine, state).into_iter().zip(graph.edges(index))
            {
                let to = match graph.labels()[label as usize].fails {
                    None => target as usize,
                    Some(check) => {
                        machine.step(state, transition, &mut after, &mut scratch);
                        let failed = Some(Violation { check });
                        nodes.push(Node::new(after.clone(), index as usize, failed));
                        nodes.len() - 1
                    }
                };
                nodes[index as usize].edges.push(Edge { transition, words, to });
            }
        }
        View { nodes, whole: true }
    }

    /// The states and steps of `run` alone, one node a step: a run may pass a state twice.
    pub fn along(run: &Run) -> View {
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
        View { nodes, whole: false }
    }

    /// The nodes that `trace` leads through, the initial one first; `None` if it leaves the view.
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
