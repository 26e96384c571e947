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
mod markdown;
mod parts;
mod words;

pub use fix::Parting;
pub use html::STYLE as PAGE_STYLE;
pub use parts::searched;

use super::{Checked, Verdict};
use crate::graph::View;
use crate::machine::Transition;
use crate::scenario::finding_name;
use crate::schedule::Run;
use crate::search::small_graph;
use fates::Fates;

/// A graph with more states is not embedded: its page has the schedule alone.
const STATES_MAX: u64 = 4000;

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
    run: Run<'a>,
    view: View,
    /// The run's nodes in the view.
    path: Vec<usize>,
    /// Of a whole graph, and if what the run shows can be seen in a state.
    fates: Option<Fates>,
    /// The step, from 1, after which what the run shows is certain; if that is known.
    no_return: Option<usize>,
}

impl<'a> Lesson<'a> {
    /// What there is to tell of a check, and of its counterpart with the fix.
    pub fn new(checked: &'a Checked<'a>, fixed: Option<&'a Checked<'a>>) -> Lesson<'a> {
        let program = &checked.check.program;
        let (shows, trace) = shown(checked);
        let main = Scene::new(checked, shows, &trace);
        let fixed = fixed.map(|fixed| {
            let graph = small_graph(&fixed.check.program, STATES_MAX);
            let view = graph.as_ref().map(View::whole);
            let parting = Parting::of(&main.run, &fixed.check.program, view.as_ref());
            (Scene::new(fixed, parting.shows.clone(), &parting.trace), parting)
        });
        debug_assert_eq!(program.threads.len(), main.run.program.threads.len());
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
            verdict: words::verdict(checked).to_string(),
            about: checked.scenario.about.clone(),
            fixed: fixed
                .map(|(scene, _)| format!("{}: {}", scene.name(), words::verdict(scene.checked))),
        }
    }
}

/// A page's line in an index.
#[derive(Debug, Clone)]
pub struct Entry {
    stem: String,
    name: String,
    verdict: String,
    about: String,
    fixed: Option<String>,
}

impl Entry {
    /// The index of several pages: `index.html`, and `README.md` for a code host.
    pub fn index(entries: &[Entry]) -> Vec<(String, String)> {
        vec![
            ("index.html".to_string(), html::index(entries)),
            ("README.md".to_string(), markdown::index(entries)),
        ]
    }
}

/// The run that a page shows: to what matters most, else to a good end, else to a goal.
fn shown(checked: &Checked) -> (String, Vec<Transition>) {
    let told = checked
        .told_first()
        .map(|found| (finding_name(&found.what, &checked.check.program), &found.trace));
    let run = told.or_else(|| checked.runs().into_iter().next());
    run.map_or((String::new(), Vec::new()), |(name, trace)| (name.to_string(), trace.clone()))
}

impl<'a> Scene<'a> {
    fn new(checked: &'a Checked<'a>, shows: String, trace: &[Transition]) -> Scene<'a> {
        let program = &checked.check.program;
        let run = Run::new(program, trace).expect("what was found can be run");
        let found = checked.told_first().map(|found| &found.what);
        let graph = small_graph(program, STATES_MAX);
        let view = graph.as_ref().map_or_else(|| View::along(&run), View::whole);
        let path = view.path(trace).expect("the view has every run");
        let fates = graph.and_then(|graph| Fates::of(&graph, &view, found));
        let bad = Verdict::of(checked.report) == Verdict::Violated
            && checked.report.ends.iter().all(|end| !(end.fine && end.outcome == shows));
        let no_return = fates.as_ref().filter(|_| bad);
        let no_return = no_return.and_then(|fates| fates.point_of_no_return(&path));
        Scene { checked, shows, bad, run, view, path, fates, no_return }
    }

    fn name(&self) -> String {
        self.checked.check.program.check_name()
    }
}
