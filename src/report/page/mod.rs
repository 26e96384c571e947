//! The teaching page of a scenario: what its cast does, the verdict, the schedule as a diagram and
//! to play with, and the same cast with the fix. One content, written as HTML or as Markdown.
//!
//! A page depends on nothing but its texts and the search's result, which is deterministic, so it is
//! the same, byte for byte, on every machine. It is one file: no network, no build step.

mod data;
mod diagram;
mod fix;
mod html;
mod markdown;
mod parts;
mod words;

pub use fix::Parting;
pub use html::STYLE as PAGE_STYLE;
pub use parts::searched;

use super::{Checked, Verdict};
use crate::graph::{Fates, Graph, Target};
use crate::machine::Transition;
use crate::scenario::finding_name;
use crate::schedule::Run;
use crate::search::Finding;

/// A graph with more states is not embedded: its page has the schedule alone.
const STATES_MAX: usize = 4000;

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
    graph: Graph,
    /// The run's nodes in the graph.
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
            let graph = Graph::whole(&fixed.check.program, STATES_MAX);
            let parting = Parting::of(&main.run, &fixed.check.program, graph.as_ref());
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
        let target = found.map_or(Target::BadEnd, Target::of);
        // What a run does for ever is no state that could be got to, and has no fates.
        let endless = matches!(found, Some(Finding::Property(index))
            if program.properties[*index].kind.is_liveness());
        let small = checked.report.states <= STATES_MAX as u64;
        let whole = small.then(|| Graph::whole(program, STATES_MAX)).flatten();
        let graph = whole.unwrap_or_else(|| Graph::along(&run));
        let path = graph.path(trace).expect("the graph has every run");
        let hunted = graph.whole && !endless;
        let fates = hunted.then(|| Fates::of(program, &graph, target));
        let bad = Verdict::of(checked.report) == Verdict::Violated
            && checked.report.ends.iter().all(|end| !(end.fine && end.outcome == shows));
        let no_return = fates.as_ref().filter(|_| bad);
        let no_return = no_return.and_then(|fates| fates.point_of_no_return(&path));
        Scene { checked, shows, bad, run, graph, path, fates, no_return }
    }

    fn name(&self) -> String {
        self.checked.check.program.check_name()
    }
}
