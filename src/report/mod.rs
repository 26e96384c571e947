//! What people and programs are told of a search. One file a kind of text; none of them prints.

mod columns;
mod danger;
mod diagnostics;
mod endless;
mod engines;
mod execution;
mod explain;
mod human;
pub mod hunt;
mod json;
mod junit;
mod mutation;
mod mutation_hunks;
mod mutation_json;
pub mod orders;
mod page;
mod rows;
mod simulation;
mod standing;
pub mod style;
pub mod text;

pub use columns::columns;
pub use danger::{Chances, law};
pub use diagnostics::{diagnostics, errors};
pub use endless::{ForEver, assumption, assumptions, for_ever};
pub use engines::{Compared, Findings, Summary, engines_head, engines_line, json_engines};
pub use execution::execution;
pub use explain::{Explained, Prospect, explain, explanation};
pub use human::{coverage, details, line, minimised, never_run, replayed, witnesses};
pub use json::{check as json, danger as json_danger, list as json_list, replay as json_replay};
pub use junit::{broken as junit_broken, case as junit_case, suite as junit_suite};
pub use mutation::{Counts, Detail, Mutated, mutation_table};
pub use mutation_hunks::hunk_table;
pub use mutation_json::mutation_json;
pub use page::{Entry, FindingPage, Index, Lesson, PAGE_STYLE, Shown, searched};
pub use simulation::{Known, Sample, human as sample, json as json_sample};
pub use standing::{Condition, Standing, standings};

use crate::scenario::{Check, Judgement, Scenario, finding_name};
use crate::search::{Completeness, Finding, Found, Report, Trace};

/// A check that has run, with all that a report says of it.
#[derive(Debug, Clone)]
pub struct Checked<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The program and what is expected of it.
    pub check: &'a Check,
    /// What the search found.
    pub report: &'a Report,
    /// How that compares.
    pub judgement: Judgement,
    /// Schedules that were saved: what each shows, and its path.
    pub saved: Vec<(String, String)>,
    /// How probable each end and violation is, and under which rates, if that was asked for and can be
    /// told.
    pub chances: Option<(Vec<(String, f64)>, Chances)>,
}

/// The verdict. It never says more than was searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// No violation in the whole state space.
    Safe,
    /// A violation.
    Violated,
    /// No violation in the part that was searched.
    Incomplete,
}

impl Verdict {
    /// The verdict of a search.
    pub fn of(report: &Report) -> Verdict {
        match report.completeness {
            _ if !report.violations.is_empty() => Verdict::Violated,
            Completeness::Exhaustive => Verdict::Safe,
            _ => Verdict::Incomplete,
        }
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Safe => "safe",
            Verdict::Violated => "violated",
            Verdict::Incomplete => "incomplete",
        }
    }
}

impl Checked<'_> {
    /// The violation that a report tells first: one that is not expected, else the outcome that is,
    /// else a bad end, else the first.
    pub fn told_first(&self) -> Option<&Found> {
        let program = &self.check.program;
        let expectation = &self.check.expectation;
        let violations = &self.report.violations;
        let wanted = expectation.outcome.as_ref().map(|outcome| outcome.value.as_str());
        let find = |wanted: &dyn Fn(&Finding) -> bool| violations.iter().find(|f| wanted(&f.what));
        find(&|finding| !expectation.allows(finding, program))
            .or_else(|| find(&|finding| Some(finding_name(finding, program)) == wanted))
            .or_else(|| find(&|finding| matches!(finding, Finding::End { .. })))
            .or(violations.first())
    }

    /// The steps before the cycle of the run with this name, if it ends in one.
    pub fn cycle_of(&self, name: &str) -> Option<usize> {
        let named = |found: &&Found| finding_name(&found.what, &self.check.program) == name;
        self.report.violations.iter().find(named)?.cycle_from
    }

    /// What was found has schedules; a memory-model engine has executions instead.
    pub fn has_schedules(&self) -> bool {
        self.report.executions.is_empty()
    }

    /// All runs of the report that have a name: violations, then good ends, then witnesses.
    pub fn runs(&self) -> Vec<(&str, &Trace)> {
        if !self.has_schedules() {
            return Vec::new();
        }
        let program = &self.check.program;
        let violations = self.report.violations.iter();
        let violations = violations.map(|found| (finding_name(&found.what, program), &found.trace));
        let ends = self.report.ends.iter().map(|end| (end.outcome.as_str(), &end.trace));
        let reached = self.report.reach.iter().filter_map(|(index, witness)| {
            Some((program.properties[*index].name.as_str(), witness.as_ref()?))
        });
        let mut runs: Vec<(&str, &Trace)> = Vec::new();
        for run in violations.chain(ends).chain(reached) {
            if !runs.iter().any(|(name, _)| *name == run.0) {
                runs.push(run);
            }
        }
        runs
    }
}
