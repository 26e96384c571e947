//! The fate of one mutant.

use super::compare::{Outline, same_graph};
use super::plan::{Base, Plan};
use super::pool::Control;
use super::{Class, Difference, Fate, Kill, KillRun, Mutant, Survival};
use crate::language::{Errors, Library, Operator, Severity, Texts};
use crate::program::Program;
use crate::scenario::{Check, Models, UnmetKind, finding_name, limit_reached};
use crate::search::{Completeness, Finding, Limits, Report, Trace, search_verdicts};
use std::rc::Rc;
use std::sync::OnceLock;

/// States that a mutant may have, however few the original has, unless the user sets a limit.
const STATES_MIN: u64 = 1 << 20;
/// How many times the states of the original a mutant may have, unless the user sets a limit.
const GROWTH_MAX: u64 = 32;

/// What all mutants of a plan share.
pub(super) struct Court<'a> {
    pub plan: &'a Plan,
    pub control: &'a Control<'a>,
    /// The outlines of the originals, by check.
    outlines: Vec<OnceLock<Option<Outline>>>,
    /// By check: the first in which the original runs alike, and which expects the same. Versions of
    /// a protocol share most of their scenarios.
    twins: Vec<usize>,
}

/// A mutant that a check let pass.
struct Passed {
    check: usize,
    program: Rc<Program>,
    /// What the search found, unless the graph is the original's and there was nothing to search.
    report: Option<Rc<Report>>,
    /// Another check has found it already, of a mutant and an original that run alike.
    repeated: bool,
}

/// The texts of a scenario, some of them changed.
pub(super) struct Changed<'a> {
    pub models: Models,
    /// The name of a file and its new text.
    pub changes: &'a [(String, String)],
    /// Those that have been read.
    pub texts: &'a Texts,
}

impl Library for Changed<'_> {
    fn model(&self, name: &str) -> Option<(String, String)> {
        let (file, text) = self.models.model(name)?;
        let changed = self.changes.iter().find(|(changed, _)| *changed == file);
        let text = changed.map_or(text, |(_, text)| text.clone());
        Some((file, text))
    }

    fn names(&self) -> Vec<String> {
        self.models.names()
    }

    fn texts(&self) -> Option<&Texts> {
        Some(self.texts)
    }
}

impl<'a> Court<'a> {
    pub(super) fn new(plan: &'a Plan, control: &'a Control<'a>) -> Court<'a> {
        let outlines = plan.checks.iter().map(|_| OnceLock::new()).collect();
        let twins = (0..plan.checks.len()).map(|index| first_twin(&plan.checks, index));
        Court { plan, control, outlines, twins: twins.collect() }
    }

    /// Judges a mutant; `None` if it was interrupted. `read` are texts that have been read before.
    pub(super) fn judge(&self, mutant: &Mutant, read: &Texts) -> Option<Fate> {
        let texts = self.plan.texts.iter().enumerate();
        let changed = texts
            .filter_map(|(index, text)| Some((text.file.clone(), mutant.text(index, &text.text)?)));
        let changed: Vec<_> = changed.collect();
        let judges = self.plan.judges(mutant);
        let (mut kills, mut passed, mut undecided) = (Vec::new(), Vec::new(), None);
        // One that nobody runs may still be rejected by the language.
        let unread = if judges.is_empty() { self.plan.checks.first() } else { None };
        if let Some(Err(errors)) = unread.map(|base| compile(base, &changed, read)) {
            return Some(Fate::Rejected(first_error(&errors)));
        }
        // Whether the graph last looked at was not the original's. The next is then likely to differ,
        // too, and is searched first.
        let mut differs = false;
        for &index in &judges {
            let base = &self.plan.checks[index];
            let check = match compile(base, &changed, read) {
                Ok(check) => check,
                Err(errors) => return Some(Fate::Rejected(first_error(&errors))),
            };
            let original = &base.check.program;
            let mut earlier = passed.iter().filter(|passed: &&Passed| {
                self.twins[passed.check] == self.twins[index]
                    && passed.program.runs_alike(&check.program)
            });
            if let Some(Passed { program, report, .. }) = earlier.next() {
                let (program, report) = (program.clone(), report.clone());
                passed.push(Passed { check: index, program, report, repeated: true });
                continue;
            }
            let is_same = || same_graph(original, base.reached.as_deref(), &check.program);
            if original.runs_alike(&check.program) || !differs && is_same() {
                let program = Rc::new(check.program);
                passed.push(Passed { check: index, program, report: None, repeated: false });
                continue;
            }
            let report = self.search(base, &check)?;
            differs = !(differs && same_size(&base.report, &report) && is_same());
            if !differs {
                let program = Rc::new(check.program);
                passed.push(Passed { check: index, program, report: None, repeated: false });
            } else if let Some(kill) = self.kill(index, &check, &report) {
                kills.push(kill);
                if !self.control.all_checks {
                    break;
                }
            } else if let Some(limit) = limit_reached(report.completeness) {
                undecided = undecided.or(Some(Fate::Undecided { check: base.name(), limit }));
            } else {
                let (program, report) = (Rc::new(check.program), Some(Rc::new(report)));
                passed.push(Passed { check: index, program, report, repeated: false });
            }
        }
        if !kills.is_empty() {
            // Stable: equally clear kills stay in the order of the checks.
            kills.sort_by_key(|kill| {
                let steps = kill.clearest().steps;
                (steps.is_none(), steps)
            });
            return Some(Fate::Killed(kills));
        }
        Some(undecided.unwrap_or_else(|| Fate::Survived(self.compare(mutant, &passed))))
    }

    fn search(&self, base: &Base, check: &Check) -> Option<Report> {
        let own = STATES_MIN.max(base.report.states.saturating_mul(GROWTH_MAX));
        let limits =
            Limits { states: self.control.limits.states.or(Some(own)), ..self.control.limits };
        let goes_on = || !(self.control.interrupted)();
        let report = search_verdicts(&check.program, &limits, &mut |_| goes_on());
        (report.completeness != Completeness::Interrupted && goes_on()).then_some(report)
    }

    /// What the check found that it does not expect, if a limit is not all there is.
    fn kill(&self, index: usize, check: &Check, report: &Report) -> Option<Kill> {
        let judgement = check.expectation.judge(report, &check.program);
        let certain = judgement.unmet.iter().filter(|unmet| unmet.kind != UnmetKind::Incomplete);
        let shown = unexpected(check, report);
        let mut differences: Vec<Difference> = shown.iter().map(Unexpected::difference).collect();
        for unmet in certain {
            let by = quoted(&unmet.text);
            if differences.iter().all(|difference| difference.by != by) {
                let words = unmet.text.clone();
                differences.push(Difference { kind: unmet.kind, by, words, steps: None });
            }
        }
        if differences.is_empty() {
            return None;
        }
        let vacuous = differences.iter().any(|unmet| unmet.kind == UnmetKind::Vacuous);
        let was_bad = !self.plan.checks[index].report.violations.is_empty();
        let heals = shown.is_empty() && !vacuous && was_bad && report.violations.is_empty();
        let kept = shown.first().filter(|_| self.control.keep_schedules);
        let run = kept.map(|shown| KillRun {
            check: check.clone(),
            report: report.clone(),
            trace: shown.trace.clone(),
            cycle_from: shown.cycle_from,
        });
        let run = run.map(Box::new);
        Some(Kill { check: index, differences, heals, run })
    }

    fn states(&self, passed: &Passed) -> u64 {
        let original = &self.plan.checks[passed.check].report;
        passed.report.as_ref().map_or(original.states, |report| report.states)
    }

    fn compare(&self, mutant: &Mutant, passed: &[Passed]) -> Survival {
        let mut survival = Survival {
            class: Class::NotDistinguished,
            words: String::new(),
            checks: passed.iter().map(|passed| passed.check).collect(),
            states: passed.iter().map(|passed| self.states(passed)).sum(),
            reason: None,
        };
        if passed.is_empty() {
            survival.words = "no check runs it".to_string();
            return survival;
        }
        if mutant.operator() == Operator::Weaken {
            survival.words =
                "the search is sequentially consistent: orders make no difference".into();
            survival.reason = Some("only an engine with a memory model can tell".to_string());
            return survival;
        }
        let mut class = Class::Equivalent;
        let mut cost = None;
        for passed in passed.iter().filter(|passed| !passed.repeated) {
            let (Some(report), program) = (&passed.report, &passed.program) else { continue };
            let base = &self.plan.checks[passed.check];
            let original = &base.check.program;
            let outline = self.outlines[passed.check].get_or_init(|| Outline::of(original));
            let reached = base.reached.as_deref();
            let covers = |outline: &Outline| outline.covers(original, reached, program);
            if !same_ends(&base.report, report) || !outline.as_ref().is_some_and(covers) {
                survival.words = format!("in {} it does something else", base.name());
                return survival;
            }
            class = Class::SlowerOnly;
            cost = cost.or_else(|| cost_words(base, report));
        }
        survival.class = class;
        survival.words = match class {
            Class::Equivalent => "the same graph".to_string(),
            _ => cost.unwrap_or_else(|| "as many states, and ends as near".to_string()),
        };
        survival
    }
}

/// The first check that is as this one: the original runs alike, and the same is expected of it.
fn first_twin(checks: &[Base], index: usize) -> usize {
    let base = &checks[index];
    let is_twin = |other: &Base| {
        other.report.states == base.report.states
            && other.check.expectation.summary() == base.check.expectation.summary()
            && other.check.program.runs_alike(&base.check.program)
    };
    checks.iter().position(is_twin).unwrap_or(index)
}

fn compile(base: &Base, changes: &[(String, String)], texts: &Texts) -> Result<Check, Errors> {
    let library = Changed { models: base.scenario.models(), changes, texts };
    base.scenario.compile_with(base.kernel.as_deref(), &[], &library)
}

fn first_error(errors: &Errors) -> String {
    let mut diagnostics = errors.diagnostics.iter();
    let error = diagnostics.find(|diagnostic| diagnostic.severity == Severity::Error);
    error.map_or_else(String::new, |error| error.message.clone())
}

/// What is not expected of a mutant, and a schedule that shows it.
struct Unexpected<'r> {
    kind: UnmetKind,
    name: String,
    trace: &'r Trace,
    cycle_from: Option<usize>,
}

impl Unexpected<'_> {
    fn difference(&self) -> Difference {
        let words = format!("`{}` is not expected", self.name);
        let steps = Some(self.trace.len());
        Difference { kind: self.kind, by: self.name.clone(), words, steps }
    }
}

/// The ends and failures that are not expected, the nearest first.
fn unexpected<'r>(check: &Check, report: &'r Report) -> Vec<Unexpected<'r>> {
    let (program, expectation) = (&check.program, &check.expectation);
    let violations = report.violations.iter();
    let violations = violations.filter(|found| !expectation.allows(&found.what, program));
    let violations = violations.map(|found| {
        let kind = match &found.what {
            Finding::End { .. } => UnmetKind::BadEnd,
            Finding::Property(index) if program.properties[*index].kind.is_liveness() => {
                UnmetKind::Liveness
            }
            Finding::Property(_) | Finding::Step(_) | Finding::Race(_) => UnmetKind::Safety,
        };
        let name = finding_name(&found.what, program).to_string();
        Unexpected { kind, name, trace: &found.trace, cycle_from: found.cycle_from }
    });
    let ends = report.ends.iter().filter(|end| end.fine);
    let ends = ends.filter(|end| !expectation.allows_fine_end(&end.outcome)).map(|end| {
        let name = end.outcome.clone();
        Unexpected { kind: UnmetKind::Different, name, trace: &end.trace, cycle_from: None }
    });
    let mut found: Vec<_> = violations.chain(ends).collect();
    found.sort_by_key(|unexpected| unexpected.trace.len());
    found
}

/// The words between the first two backticks of a sentence, or all of it.
fn quoted(sentence: &str) -> String {
    sentence.split('`').nth(1).unwrap_or(sentence).to_string()
}

/// Whether the graphs may be the same.
fn same_size(one: &Report, other: &Report) -> bool {
    let size = |report: &Report| (report.states, report.transitions, report.depth);
    size(one) == size(other)
}

fn same_ends(one: &Report, other: &Report) -> bool {
    let names = |report: &Report| -> Vec<String> {
        report.ends.iter().map(|end| end.outcome.clone()).collect()
    };
    names(one) == names(other)
}

/// What the mutant costs more or less than the original; `None` if nothing.
fn cost_words(base: &Base, mutant: &Report) -> Option<String> {
    let nearest = |report: &Report| {
        report.ends.iter().filter(|end| end.fine).map(|end| end.trace.len()).min()
    };
    let (before, after) = (nearest(&base.report), nearest(mutant));
    let steps = before.zip(after).filter(|(before, after)| before != after);
    let states = (base.report.states, mutant.states);
    if let Some((before, after)) = steps {
        return Some(format!(
            "in {} the nearest good end is {after} steps away, not {before}",
            base.name()
        ));
    }
    (states.0 != states.1)
        .then(|| format!("in {} it has {} states, not {}", base.name(), states.1, states.0))
}
