//! What can still become of each state: where the bad end is certain, where it is excluded, and how
//! likely a scheduler that knows nothing gets there.

use super::Graph;
use crate::machine::Machine;
use crate::program::{Program, PropertyKind};
use crate::schedule::{End, end_at};
use crate::search::Finding;

/// What is to be avoided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// An end that is no good one.
    BadEnd,
    /// A state in which this property fails, by its index in the program.
    Property(usize),
    /// A step that fails.
    FailingStep,
}

/// For every node of a whole graph, what can become of it.
#[derive(Debug, Clone)]
pub struct Fates {
    /// The end that the state lies in.
    pub ends: Vec<Option<End>>,
    /// The state is the target.
    pub hit: Vec<bool>,
    /// No run from here gets to a good end without the target: there is no return.
    pub doomed: Vec<bool>,
    /// The target cannot be reached from here.
    pub escaped: Vec<bool>,
    /// The chance, in thousandths, that a scheduler gets to the target which draws an actor that can
    /// step, all alike, and then one of its branches: the law of [`crate::search::Danger`]. Below one
    /// thousandth it is rounded up if not 0.
    pub danger_permille: Vec<u16>,
}

/// Sweeps of the iteration at most; each halves what is left, or better.
const SWEEPS_MAX: usize = 20_000;
/// Values that move less in a sweep have converged far beyond a thousandth.
const CONVERGED: f64 = 1e-9;

impl Target {
    /// What a finding is about.
    pub fn of(finding: &Finding) -> Target {
        match finding {
            Finding::End { .. } => Target::BadEnd,
            Finding::Property(index) => Target::Property(*index),
            Finding::Step(_) | Finding::Race(_) => Target::FailingStep,
        }
    }
}

impl Fates {
    /// The fates of all nodes of `graph`, which is the whole graph of `program`.
    pub fn of(program: &Program, graph: &Graph, target: Target) -> Fates {
        assert!(graph.whole, "a single run says nothing of what else could become of it");
        let ends: Vec<Option<End>> = graph
            .nodes
            .iter()
            .map(|node| match node.failed {
                None => end_at(program, &node.state),
                Some(_) => None,
            })
            .collect();
        let hit = hit(program, graph, &ends, target);
        let sources = sources(graph);
        let good: Vec<bool> = ends
            .iter()
            .zip(&hit)
            .map(|(end, hit)| !hit && end.as_ref().is_some_and(|end| end.fine))
            .collect();
        let good_ahead = backwards(&sources, &good, &hit);
        let target_ahead = backwards(&sources, &hit, &vec![false; hit.len()]);
        let doomed =
            good_ahead.iter().zip(&target_ahead).map(|(good, bad)| !good && *bad).collect();
        let escaped = target_ahead.iter().map(|ahead| !ahead).collect();
        let danger_permille = danger(graph, &hit, &target_ahead, &ends);
        Fates { ends, hit, doomed, escaped, danger_permille }
    }

    /// The first step of a run, from 1, after which the target is certain; 0 if it always was.
    pub fn point_of_no_return(&self, path: &[usize]) -> Option<usize> {
        path.iter().position(|&node| self.doomed[node])
    }
}

fn hit(program: &Program, graph: &Graph, ends: &[Option<End>], target: Target) -> Vec<bool> {
    let machine = Machine::new(program);
    let mut scratch = machine.scratch();
    let mut fails = |state: &[u64], index: usize| match program.properties[index].kind {
        PropertyKind::Never(addr) => machine.eval(addr, state, &mut scratch).unwrap_or(true),
        PropertyKind::Always(addr) => !machine.eval(addr, state, &mut scratch).unwrap_or(false),
        _ => false,
    };
    let nodes = graph.nodes.iter().zip(ends);
    nodes
        .map(|(node, end)| match target {
            Target::BadEnd => end.as_ref().is_some_and(|end| !end.fine),
            Target::Property(index) => node.failed.is_none() && fails(&node.state, index),
            Target::FailingStep => node.failed.is_some(),
        })
        .collect()
}

/// For each node, those with an edge to it.
fn sources(graph: &Graph) -> Vec<Vec<usize>> {
    let mut sources = vec![Vec::new(); graph.nodes.len()];
    for (from, node) in graph.nodes.iter().enumerate() {
        for edge in &node.edges {
            sources[edge.to].push(from);
        }
    }
    sources
}

/// The nodes from which one of `to` can be reached without a step out of one of `barred`.
fn backwards(sources: &[Vec<usize>], to: &[bool], barred: &[bool]) -> Vec<bool> {
    let mut reached = to.to_vec();
    let mut stack: Vec<usize> = (0..to.len()).filter(|&node| to[node]).collect();
    while let Some(node) = stack.pop() {
        for &from in sources[node].iter().filter(|&&from| !barred[from]) {
            if !std::mem::replace(&mut reached[from], true) {
                stack.push(from);
            }
        }
    }
    reached
}

/// The probability to reach a hit if actors are drawn alike, then branches: the least solution of its equations, by
/// iteration from below. Floating point is the same everywhere: only sums and quotients are taken.
fn danger(graph: &Graph, hit: &[bool], ahead: &[bool], ends: &[Option<End>]) -> Vec<u16> {
    let mut chance: Vec<f64> = hit.iter().map(|&hit| f64::from(u8::from(hit))).collect();
    for _ in 0..SWEEPS_MAX {
        let mut moved: f64 = 0.0;
        // From the last found to the first: most edges lead from earlier states to later ones.
        for (index, node) in graph.nodes.iter().enumerate().rev() {
            if hit[index] || !ahead[index] || ends[index].is_some() {
                continue;
            }
            let (mut sum, mut actors) = (0.0, 0.0);
            for branches in node.edges.chunk_by(|a, b| a.transition.actor == b.transition.actor) {
                let branch_sum: f64 = branches.iter().map(|edge| chance[edge.to]).sum();
                sum += branch_sum / branches.len() as f64;
                actors += 1.0;
            }
            let mean = sum / actors;
            moved = moved.max(mean - chance[index]);
            chance[index] = mean;
        }
        if moved < CONVERGED {
            break;
        }
    }
    chance
        .iter()
        .zip(ahead)
        .map(|(chance, &ahead)| ((chance * 1000.0).round() as u16).max(u16::from(ahead)))
        .collect()
}
