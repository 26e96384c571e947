//! What can still become of each state that a page embeds, as the search says it.

use super::super::{Checked, Explained};
use crate::graph::View;
use crate::schedule::end_at;
use crate::search::{Aim, Fate};
use std::collections::BTreeMap;

/// For the nodes of a view, what can become of each.
#[derive(Debug, Clone, Default)]
pub(super) struct Fates {
    /// Of the nodes that lie in an end: its outcome, and whether it is a good one.
    pub(super) ends: BTreeMap<usize, (String, bool)>,
    /// By node, how it stands to what is to be avoided; empty if that is not known.
    pub(super) fates: Vec<Fate>,
    /// By node, the chance of a random scheduler to get there, in thousandths: 0 and 1000 only if it
    /// cannot, and if it always does. Empty if it is not known.
    pub(super) danger_permille: Vec<u16>,
}

impl Fates {
    /// The fates of the nodes of `view`, which is of all of the graph that `aim` is on.
    pub(super) fn of(aim: &Aim, view: &View) -> Fates {
        let graph = aim.graph();
        let program = graph.program();
        let mut ends = BTreeMap::new();
        for (outcome, states) in &aim.bottoms().ends {
            let declared = program.outcomes.iter().find(|known| known.name == *outcome);
            let fine = declared.map_or(outcome == "done", |outcome| outcome.fine);
            let end = |&state: &u32| (state as usize, (outcome.clone(), fine));
            ends.extend(states.iter().map(end));
        }
        let (danger, outlook) = (aim.danger(&[]), aim.outlook());
        let states = 0..graph.len() as u32;
        let mut fates: Vec<Fate> = states.map(|state| outlook.fate(state)).collect();
        let permille = danger.probability.iter().zip(&fates);
        let mut danger_permille: Vec<u16> =
            permille.map(|(chance, fate)| thousandths(*chance, *fate)).collect();
        // A failing step leads to a node that is no state of the search.
        for node in &view.nodes[graph.len()..] {
            let check = node.failed.expect("other nodes are states").check;
            let met = aim.goal().checks.contains(&check);
            fates.push(if met { Fate::Met } else { Fate::Excluded });
            danger_permille.push(if met { 1000 } else { 0 });
        }
        Fates { ends, fates, danger_permille }
    }

    /// The fates of the nodes of `view`, which is of a single run; what was `explained` of its steps is
    /// all there is to know but for ends.
    pub(super) fn along(checked: &Checked, view: &View, explained: Option<&Explained>) -> Fates {
        let program = &checked.check.program;
        let nodes = view.nodes.iter().enumerate().filter(|(_, node)| node.failed.is_none());
        let ends = nodes
            .filter_map(|(index, node)| {
                end_at(program, &node.state).map(|end| (index, (end.outcome, end.fine)))
            })
            .collect();
        let Some(explained) = explained else { return Fates { ends, ..Fates::default() } };
        let prospects = explained.prospects.iter();
        Fates {
            ends,
            fates: prospects.clone().map(|prospect| prospect.fate).collect(),
            danger_permille: prospects.map(|one| thousandths(one.danger, one.fate)).collect(),
        }
    }

    /// The first step of a run, from 1, after which what is to be avoided is certain; 0 if it always
    /// was, and `None` if that is not known.
    pub(super) fn point_of_no_return(&self, path: &[usize]) -> Option<usize> {
        let fate = |&node: &usize| self.fates.get(node);
        path.iter().map(fate).position(|fate| matches!(fate, Some(Fate::Met | Fate::Certain)))
    }
}

/// A probability in thousandths; neither none nor all of them where it is open.
fn thousandths(probability: f64, fate: Fate) -> u16 {
    let rounded = (probability * 1000.0).round() as u16;
    if fate == Fate::Open { rounded.clamp(1, 999) } else { rounded }
}
