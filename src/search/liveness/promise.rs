//! A liveness property on a state graph: where it promises something, and where that is missing.

use crate::machine::Violation;
use crate::program::{Addr, PropertyKind};
use crate::search::graph::Graph;

/// What a liveness property promises.
pub(in crate::search) struct Promise {
    /// The states in which it is made and not kept at once, in order.
    pub(super) starts: Vec<u32>,
    /// By state: what is promised is missing.
    pub(super) lacking: Vec<bool>,
    /// The states in which it is made include reachable ones.
    pub(super) triggered: bool,
    /// It is made anew whenever a start is passed; otherwise once, at the beginning.
    repeats: bool,
}

/// A graph of which each state tells whether a promise is pending.
pub(in crate::search) struct Unfolded<'g> {
    pub(in crate::search) graph: Graph<'g>,
    /// By state of it: the state that it is a copy of.
    pub(in crate::search) origins: Vec<u32>,
    /// By state of it: the promise is pending.
    pub(in crate::search) pending: Vec<bool>,
}

impl Promise {
    /// What the property promises; `None` if it is no liveness property. Checks that the evaluation
    /// of its conditions fails go to `failed`, each with the nearest state.
    pub(in crate::search) fn of(
        graph: &Graph<'_>,
        property: usize,
        failed: &mut Vec<(Violation, u32)>,
    ) -> Option<Promise> {
        match graph.program().properties[property].kind {
            PropertyKind::After(first, second) => {
                let lacking = holding(graph, second, false, failed);
                let first = holding(graph, first, true, failed);
                let both = |&state: &u32| first[state as usize] && lacking[state as usize];
                let starts = (0..graph.len() as u32).filter(both).collect();
                let triggered = first.contains(&true);
                Some(Promise { starts, lacking, triggered, repeats: true })
            }
            PropertyKind::Eventually(condition) => {
                let lacking = holding(graph, condition, false, failed);
                let starts: Vec<u32> = if lacking[0] { vec![0] } else { Vec::new() };
                Some(Promise { starts, lacking, triggered: true, repeats: false })
            }
            PropertyKind::Never(_) | PropertyKind::Always(_) | PropertyKind::Reach(_) => None,
        }
    }

    /// The graph, each state twice where it can be reached with and without the promise pending;
    /// `None` if that is too large.
    pub(in crate::search) fn unfold<'g>(&self, graph: &'g Graph<'g>) -> Option<Unfolded<'g>> {
        let mut starts = vec![false; graph.len()];
        self.starts.iter().for_each(|&state| starts[state as usize] = true);
        let pending = |before: bool, state: u32| {
            let made = before || self.repeats && starts[state as usize];
            made && self.lacking[state as usize]
        };
        let (graph, origins, pending) = graph.unfold(starts[0], pending)?;
        Some(Unfolded { graph, origins, pending })
    }
}

/// By state: whether the condition is `wanted` there. What cannot be evaluated is not.
fn holding(
    graph: &Graph<'_>,
    condition: Addr,
    wanted: bool,
    failed: &mut Vec<(Violation, u32)>,
) -> Vec<bool> {
    let mut scratch = graph.machine().scratch();
    let mut holds = |state| match graph.machine().eval(condition, graph.state(state), &mut scratch)
    {
        Ok(value) => value == wanted,
        Err(violation) => {
            match failed.iter_mut().find(|(known, _)| *known == violation) {
                Some((_, first)) => *first = state.min(*first),
                None => failed.push((violation, state)),
            }
            false
        }
    };
    (0..graph.len() as u32).map(&mut holds).collect()
}
