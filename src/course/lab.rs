//! Live runs: everything that a chapter or an answer says of a scenario is searched here, once.

use crate::report::{Checked, Lesson, Shown};
use crate::scenario::{Check, Named, Scenario, SplitName};
use crate::search::{Bottoms, Danger, Goal, Limits, Report, Trace, polish, search_graph};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Transitions of a graph that is made for the sake of better schedules, at most.
const POLISHED_TRANSITIONS_MAX: u64 = 1 << 20;

/// Runs loom under C11: a report, or nothing if loom could not be run. It is handed in, since loom has
/// to run in a process of its own.
pub type UnderC11<'a> = dyn Fn(&Scenario, &Check) -> Option<Report> + 'a;

/// Searches scenarios, each once.
pub struct Lab<'a> {
    /// The limits of each search.
    pub limits: Limits,
    /// Whether to go on; asked during every search.
    pub goes_on: &'a (dyn Fn() -> bool + Sync),
    /// What runs loom.
    pub under_c11: &'a UnderC11<'a>,
    tried: RefCell<BTreeMap<String, Rc<Tried>>>,
}

/// A check that was searched.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The scenario.
    pub scenario: Scenario,
    /// What was searched.
    pub check: Check,
    /// What was found.
    pub report: Report,
}

impl<'a> Lab<'a> {
    /// A laboratory in which nothing has been tried yet.
    pub fn new(
        limits: Limits,
        goes_on: &'a (dyn Fn() -> bool + Sync),
        under_c11: &'a UnderC11<'a>,
    ) -> Lab<'a> {
        Lab { limits, goes_on, under_c11, tried: RefCell::default() }
    }

    /// Searches what `reference` names: `SCENARIO`, `SCENARIO@KERNEL` or either and `OPTION=VALUE`s.
    /// Without a kernel, the first that the scenario names.
    ///
    /// # Panics
    /// If there is no such scenario: references are built in.
    pub fn tried(&self, reference: &str) -> Rc<Tried> {
        if let Some(tried) = self.tried.borrow().get(reference) {
            return Rc::clone(tried);
        }
        let (scenario, check) = compiled(reference);
        let tried = Rc::new(self.search(scenario, check));
        self.tried.borrow_mut().insert(reference.to_string(), Rc::clone(&tried));
        tried
    }

    /// Searches a check. Its schedules are those with the fewest switches, where that is cheap.
    pub fn search(&self, scenario: Scenario, check: Check) -> Tried {
        self.search_within(&self.limits, scenario, check)
    }

    /// As [`Lab::search`], within other limits.
    pub fn search_within(&self, limits: &Limits, scenario: Scenario, check: Check) -> Tried {
        let report = self.report(limits, &check);
        Tried { scenario, check, report }
    }

    fn report(&self, limits: &Limits, check: &Check) -> Report {
        let goes_on = &mut |_: &_| (self.goes_on)();
        let max = POLISHED_TRANSITIONS_MAX;
        let (mut report, graph) = search_graph(&check.program, limits, max, goes_on);
        if let Some(graph) = graph {
            polish(&graph, &mut report);
        }
        report
    }

    /// What loom says under C11 of what `reference` names.
    ///
    /// # Panics
    /// If there is no such scenario, or loom cannot run it: references are built in.
    pub fn under_c11(&self, reference: &str) -> Tried {
        let (scenario, check) = compiled(reference);
        let report = (self.under_c11)(&scenario, &check);
        let report = report.unwrap_or_else(|| panic!("loom does not run {reference}"));
        Tried { scenario, check, report }
    }

    /// What `tell` makes of the teaching page of `reference`, beside the fix that its scenario names.
    pub fn lesson<T>(&self, reference: &str, tell: impl FnOnce(&Lesson) -> T) -> T {
        let tried = self.tried(reference);
        let fixed = tried.scenario.find_fixed().ok().flatten();
        let kernel = tried.check.program.kernel.as_ref();
        let at = kernel.map_or(String::new(), |kernel| format!("@{kernel}"));
        let fixed = fixed.map(|named| self.tried(&format!("{}{at}", named.name)));
        let (main, fixed) = (tried.checked(), fixed.as_ref().map(|fixed| fixed.checked()));
        tell(&Lesson::new(&main, &Shown::of(&main), fixed.as_ref()))
    }

    /// The probability that a run of random choices gets to the outcome or property of that name;
    /// `None` if the search was interrupted.
    pub fn danger(&self, reference: &str, name: &str) -> Option<f64> {
        let tried = self.tried(reference);
        let goes_on = &mut |_: &_| (self.goes_on)();
        let (_, graph) = search_graph(&tried.check.program, &self.limits, u64::MAX, goes_on);
        let graph = graph?;
        let bottoms = Bottoms::of(&graph);
        let goal = Goal::named(&graph, &bottoms, name)?;
        Some(Danger::of(&graph, &bottoms, &goal, &[]).probability[0])
    }
}

/// What `reference` names, as [`Lab::tried`] takes it, compiled.
fn compiled(reference: &str) -> (Scenario, Check) {
    let mut words = reference.split_whitespace();
    let split = SplitName::parse(words.next().expect("a scenario is named"));
    let set: Vec<(String, String)> = words
        .map(|word| word.split_once('=').expect("an option is set by `=`"))
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    let scenario = built_in(split.scenario);
    let kernel = split.kernel.or(scenario.kernel_names()[0]).map(str::to_string);
    let check = scenario.compile(kernel.as_deref(), &set);
    let check = check.unwrap_or_else(|_| panic!("{reference} does not compile"));
    (scenario, check)
}

/// The built-in scenario of that name.
///
/// # Panics
/// If there is none, or it cannot be read.
pub(super) fn built_in(name: &str) -> Scenario {
    let named = Named::find(name).unwrap_or_else(|_| panic!("there is no scenario {name}"));
    named.parse().unwrap_or_else(|_| panic!("{name} cannot be read"))
}

impl Tried {
    /// What was found, judged by what the scenario expects.
    pub fn checked(&self) -> Checked<'_> {
        let judgement = self.check.expectation.judge(&self.report, &self.check.program);
        Checked {
            scenario: &self.scenario,
            check: &self.check,
            report: &self.report,
            judgement,
            saved: Vec::new(),
            chances: None,
        }
    }

    /// The shortest schedule to the outcome or property of that name.
    pub fn schedule(&self, name: &str) -> Option<Trace> {
        let checked = self.checked();
        let runs = checked.runs().into_iter();
        runs.filter(|(known, _)| *known == name).map(|(_, trace)| trace.clone()).next()
    }
}
