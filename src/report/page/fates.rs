//! What can still become of each state that a page embeds, as the search says it.

use crate::graph::View;
use crate::search::{Bottoms, Danger, Fate, Finding, Goal, Graph, Outlook};
use std::collections::BTreeMap;

/// For every node of a view of a whole graph, what can become of it.
#[derive(Debug, Clone)]
pub(super) struct Fates {
    /// Of the nodes that lie in an end: its outcome, and whether it is a good one.
    pub(super) ends: BTreeMap<usize, (String, bool)>,
    /// By node, how it stands to what is to be avoided.
    pub(super) fates: Vec<Fate>,
    /// By node, the chance of a random scheduler to get there, in thousandths. Below one thousandth
    /// it is rounded up if not 0.
    pub(super) danger_permille: Vec<u16>,
}

impl Fates {
    /// The fates of the nodes of `view`, which is of all of `graph`. What is to be avoided is `what`
    /// was found, if anything; `None` if that is about infinite runs, and so about no state.
    pub(super) fn of(graph: &Graph, view: &View, what: Option<&Finding>) -> Option<Fates> {
        let bottoms = Bottoms::of(graph);
        let goal = match what {
            Some(what) => Goal::of(graph, &bottoms, what)?,
            None => Goal::nothing(graph),
        };
        let danger = Danger::of(graph, &bottoms, &goal, &[]);
        let outlook = Outlook::of(graph, &bottoms, &goal);
        let mut fates: Vec<Fate> =
            (0..graph.len() as u32).map(|state| outlook.fate(state)).collect();
        let permille = |(chance, fate): (&f64, &Fate)| {
            let least = u16::from(*fate != Fate::Excluded);
            ((chance * 1000.0).round() as u16).max(least)
        };
        let mut danger_permille: Vec<u16> =
            danger.probability.iter().zip(&fates).map(permille).collect();
        // A failing step leads to a node that is no state of the search.
        for node in &view.nodes[graph.len()..] {
            let check = node.failed.expect("other nodes are states").check;
            let met = goal.checks.contains(&check);
            fates.push(if met { Fate::Met } else { Fate::Excluded });
            danger_permille.push(if met { 1000 } else { 0 });
        }
        let program = graph.program();
        let mut ends = BTreeMap::new();
        for (outcome, states) in &bottoms.ends {
            let declared = program.outcomes.iter().find(|known| known.name == *outcome);
            let fine = declared.map_or(outcome == "done", |outcome| outcome.fine);
            let end = |&state: &u32| (state as usize, (outcome.clone(), fine));
            ends.extend(states.iter().map(end));
        }
        Some(Fates { ends, fates, danger_permille })
    }

    /// The first step of a run, from 1, after which what is to be avoided is certain; 0 if it always
    /// was.
    pub(super) fn point_of_no_return(&self, path: &[usize]) -> Option<usize> {
        path.iter().position(|&node| matches!(self.fates[node], Fate::Met | Fate::Certain))
    }
}
