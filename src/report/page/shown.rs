//! The run that a page is about.

use super::super::{Checked, Explained, explain};
use super::is_small;
use crate::machine::Transition;
use crate::scenario::finding_name;
use crate::schedule::Run;
use crate::search::{Aim, Bottoms, Found, Graph};

/// A run to show, and what is known of its steps.
#[derive(Debug, Clone)]
pub struct Shown {
    /// What it leads to; empty if there is no run with a name.
    pub(super) shows: String,
    pub(super) trace: Vec<Transition>,
    /// The steps before its cycle, if it ends in one.
    pub(super) cycle_from: Option<usize>,
    /// It is somebody's own, not a shortest one.
    pub(super) own: bool,
    /// How its steps fare, where the page cannot find that out from an embedded graph.
    pub(super) explained: Option<Explained>,
}

impl Shown {
    /// The run of a check that matters most: to a violation, else to a good end, else to a goal.
    pub fn of(checked: &Checked) -> Shown {
        let told = checked
            .told_first()
            .map(|found| (finding_name(&found.what, &checked.check.program), &found.trace));
        let run = told.or_else(|| checked.runs().into_iter().next());
        let (shows, trace) = run.map_or(("", Vec::new()), |(name, trace)| (name, trace.clone()));
        Shown {
            shows: shows.to_string(),
            trace,
            cycle_from: checked.cycle_of(shows),
            own: false,
            explained: None,
        }
    }

    /// A run that somebody made: what it shows, its steps, and those before its cycle.
    pub fn own(shows: &str, trace: Vec<Transition>, cycle_from: Option<usize>) -> Shown {
        Shown { shows: shows.to_string(), trace, cycle_from, own: true, explained: None }
    }

    /// The run of the fixed cast.
    pub(super) fn parted(shows: String, trace: Vec<Transition>) -> Shown {
        Shown { shows, trace, cycle_from: None, own: true, explained: None }
    }

    /// The same, with how each step fares on `graph`, the whole graph of the check, if the run leads to
    /// a violation and that graph is too large for the page to find out by itself.
    #[must_use]
    pub fn explained_by(self, checked: &Checked, graph: &Graph<'_>) -> Shown {
        let program = &checked.check.program;
        let is_shown = |found: &Found| finding_name(&found.what, program) == self.shows;
        if !checked.report.violations.iter().any(is_shown) {
            return self;
        }
        let bottoms = Bottoms::of(graph);
        let aim = Aim::named(graph, &bottoms, &self.shows);
        let Some(aim) = aim.filter(|aim| !is_small(aim.graph())) else { return self };
        let run = Run::new(graph.program(), &self.trace).expect("it is a run of the program");
        let explained = Some(explain(&run.with_cycle(self.cycle_from), &aim, &[]));
        Shown { explained, ..self }
    }
}
