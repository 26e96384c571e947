//! The teaching page of a scenario: what its cast does, the verdict, the schedule as a diagram and
//! to play with, and the same cast with the fix. One content, written as HTML or as Markdown.
//!
//! A page depends on nothing but its texts and the search's result, which is deterministic, so it is
//! the same, byte for byte, on every machine. It is one file: no network, no build step.

mod data;
mod diagram;
mod fates;
mod fix;
mod html;
mod index;
mod layers;
mod markdown;
mod parts;
mod shown;
mod states;
mod words;

pub use fix::Parting;
pub use html::{SCROLLING, STYLE as PAGE_STYLE, scrolls};
pub use index::{Entry, Finding as FindingPage, Index};
pub use parts::searched;
pub use shown::Shown;

use super::{Checked, Explained, Verdict, explain};
use crate::graph::View;
use crate::scenario::finding_name;
use crate::schedule::Run;
use crate::search::{Aim, Bottoms, Finding, Found, Graph, small_graph};
use fates::Fates;

/// A graph with more states is not embedded: its page has the schedule alone.
const STATES_MAX: u64 = 4000;

/// The graph can be embedded.
fn is_small(graph: &Graph<'_>) -> bool {
    graph.len() as u64 <= STATES_MAX
}

/// Everything that a page tells.
#[derive(Debug)]
pub struct Lesson<'a> {
    /// The cast that the page is about.
    main: Scene<'a>,
    /// The same cast with the fix, and where the two part.
    fixed: Option<(Scene<'a>, Parting)>,
}

/// One cast: its check, the run that is shown of it, and its states as far as they are embedded.
#[derive(Debug)]
struct Scene<'a> {
    checked: &'a Checked<'a>,
    /// What the run leads to; empty if the search found no run with a name.
    shows: String,
    /// The run leads to what is to be avoided.
    bad: bool,
    /// The run breaks a promise about what happens sooner or later, by going on for ever.
    endless: bool,
    /// What is to be avoided is that such a promise is broken. The view's nodes are then states with
    /// whether the promise is pending.
    promise: bool,
    /// The run is somebody's own, not a shortest one.
    own: bool,
    run: Run<'a>,
    view: View,
    /// The run's nodes in the view.
    path: Vec<usize>,
    /// What can still become of the view's nodes, as far as that is known.
    fates: Fates,
    /// How each step of the run fares, if it leads to what is to be avoided.
    explained: Option<Explained>,
    /// The step, from 1, after which what the run shows is certain; if that is known.
    no_return: Option<usize>,
}

impl<'a> Lesson<'a> {
    /// What there is to tell of a check: the run `shown`, and its counterpart with the fix.
    pub fn new(
        checked: &'a Checked<'a>,
        shown: &Shown,
        fixed: Option<&'a Checked<'a>>,
    ) -> Lesson<'a> {
        let main = Scene::new(checked, shown);
        let fixed = fixed.map(|fixed| {
            let graph = small_graph(&fixed.check.program, STATES_MAX);
            let view = graph.as_ref().map(View::whole);
            let parting = Parting::of(&main.run, &fixed.check.program, view.as_ref());
            let shown = Shown::parted(parting.shows.clone(), parting.trace.clone());
            (Scene::new(fixed, &shown), parting)
        });
        Lesson { main, fixed }
    }

    /// The page as one HTML file.
    pub fn html(&self) -> String {
        html::page(self)
    }

    /// The page as files: `STEM.md` first, and the diagrams that it shows.
    pub fn markdown(&self, stem: &str) -> Vec<(String, String)> {
        markdown::files(self, stem)
    }

    /// The page's line in an index; `stem` is its file's name without extension.
    pub fn entry(&self, stem: &str) -> Entry {
        let checked = self.main.checked;
        let fixed = self.fixed.as_ref();
        Entry {
            stem: stem.to_string(),
            name: self.main.name(),
            family: checked.check.program.scenario.split('/').next().unwrap_or("").to_string(),
            verdict: words::verdict(checked),
            bad: Verdict::of(checked.report) == Verdict::Violated,
            title: words::title(checked).0.to_string(),
            steps: self.main.run.steps.len(),
            fixed: fixed.map(|(scene, _)| {
                let safe = Verdict::of(scene.checked.report) == Verdict::Safe;
                (scene.name(), words::verdict(scene.checked), safe)
            }),
        }
    }
}

impl<'a> Scene<'a> {
    fn new(checked: &'a Checked<'a>, shown: &Shown) -> Scene<'a> {
        let program = &checked.check.program;
        let shows = shown.shows.clone();
        let run = Run::new(program, &shown.trace).expect("what was found can be run");
        let run = run.with_cycle(shown.cycle_from);
        let property = program.properties.iter().find(|property| property.name == shows);
        let endless = property.is_some_and(|property| property.kind.is_liveness());
        // What the run leads to is avoided, or else what matters most of what there is.
        let named = |found: &&Found| finding_name(&found.what, program) == shows;
        let violation = checked.report.violations.iter().find(named);
        let bad = violation.is_some();
        let avoided = violation.or(checked.told_first()).map(|found| &found.what);
        let promise = matches!(avoided, Some(Finding::Property(index))
            if program.properties[*index].kind.is_liveness());
        let graph = small_graph(program, STATES_MAX);
        let bottoms = graph.as_ref().map(Bottoms::of);
        let aim = graph.as_ref().zip(bottoms.as_ref()).and_then(|(graph, bottoms)| match avoided {
            // As `ghosthunt replay` explains its schedule: by its name.
            Some(_) if bad => Aim::named(graph, bottoms, &shows),
            Some(what) => Aim::of(graph, bottoms, what),
            None => Some(Aim::nothing(graph, bottoms)),
        });
        let (view, fates, explained) = match aim.filter(|aim| is_small(aim.graph())) {
            Some(aim) => {
                let view = View::whole(aim.graph());
                let fates = Fates::of(&aim, &view);
                (view, fates, bad.then(|| explain(&run, &aim, &[])))
            }
            None => {
                let view = View::along(&run);
                let fates = Fates::along(checked, &view, shown.explained.as_ref());
                (view, fates, shown.explained.clone())
            }
        };
        let path = view.path(&shown.trace).expect("the view has every run");
        let no_return = if bad { fates.point_of_no_return(&path) } else { None };
        let own = shown.own;
        Scene {
            checked,
            shows,
            bad,
            endless,
            promise,
            own,
            run,
            view,
            path,
            fates,
            explained,
            no_return,
        }
    }

    fn name(&self) -> String {
        self.checked.check.program.check_name()
    }
}
