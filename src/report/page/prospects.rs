//! What can still become of the states that a page holds: the one place where a page asks for it.

use super::super::{Checked, Explained};
use crate::graph::{Fates, Graph, Target};
use crate::schedule::{End, end_at};
use crate::search::Finding;

/// What is known of the states of a page, each by its node in the page's graph.
#[derive(Debug, Clone, Default)]
pub(super) struct Prospects {
    /// The end that the state lies in.
    pub ends: Vec<Option<End>>,
    /// What can still become of it; empty if that is not known.
    pub fates: Vec<Fate>,
    /// The chance, in thousandths, that a scheduler which draws lots gets to what is to be avoided;
    /// empty if that is not known.
    pub danger_permille: Vec<u16>,
}

/// What can still become of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is what is to be avoided.
    Hit,
    /// No run from here ends well.
    Doomed,
    /// No run from here leads to it.
    Escaped,
    /// It is open.
    Open,
}

impl Fate {
    /// A letter for it.
    pub fn letter(self) -> char {
        match self {
            Fate::Hit => 'h',
            Fate::Doomed => 'd',
            Fate::Escaped => 'e',
            Fate::Open => 'o',
        }
    }
}

impl Prospects {
    /// Those of the nodes of `graph`. What a run does for ever, which is shown if it is `endless`, is
    /// no state that could be got to: then only ends are known. Of a graph that is a single run, all
    /// there is to know is what was `explained` of its steps.
    pub fn of(
        checked: &Checked,
        graph: &Graph,
        endless: bool,
        explained: Option<&Explained>,
    ) -> Prospects {
        let program = &checked.check.program;
        let ends = || {
            let end = |node: &crate::graph::Node| match node.failed {
                None => end_at(program, &node.state),
                Some(_) => None,
            };
            graph.nodes.iter().map(end).collect()
        };
        if !graph.whole {
            return Prospects { ends: ends(), ..explained.map_or_else(Prospects::default, along) };
        }
        let found = checked.told_first().map(|found| &found.what);
        let is_endless = |what: &&Finding| match what {
            Finding::Property(index) => program.properties[*index].kind.is_liveness(),
            _ => false,
        };
        if endless || found.as_ref().is_some_and(is_endless) {
            return Prospects { ends: ends(), ..Prospects::default() };
        }
        let found = found.map(Target::of);
        let fates = Fates::of(program, graph, found.unwrap_or(Target::BadEnd));
        let fate = |node: usize| match () {
            () if fates.hit[node] => Fate::Hit,
            () if fates.doomed[node] => Fate::Doomed,
            () if fates.escaped[node] => Fate::Escaped,
            () => Fate::Open,
        };
        Prospects {
            fates: (0..graph.nodes.len()).map(fate).collect(),
            danger_permille: fates.danger_permille,
            ends: fates.ends,
        }
    }

    /// The first step of a path, from 1, after which what is to be avoided is certain; 0 if it always
    /// was.
    pub fn point_of_no_return(&self, path: &[usize]) -> Option<usize> {
        let fate = |&node: &usize| self.fates.get(node);
        path.iter().map(fate).position(|fate| matches!(fate, Some(Fate::Hit | Fate::Doomed)))
    }
}

/// What was explained of a run, state by state.
fn along(explained: &Explained) -> Prospects {
    let last = explained.prospects.len() - 1;
    let mut doomed = false;
    let fate = explained.prospects.iter().enumerate().map(|(index, prospect)| {
        doomed |= prospect.no_return;
        match () {
            () if index == last => Fate::Hit,
            () if doomed => Fate::Doomed,
            () if prospect.danger == 0.0 => Fate::Escaped,
            () => Fate::Open,
        }
    });
    let fates = fate.collect();
    let permille = explained.prospects.iter().map(|prospect| {
        let rounded = (prospect.danger * 1000.0).round() as u16;
        rounded.max(u16::from(prospect.danger > 0.0))
    });
    Prospects { ends: Vec::new(), fates, danger_permille: permille.collect() }
}
