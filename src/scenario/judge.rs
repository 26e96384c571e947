//! Whether a search found what was expected, and if not, what differs.

use super::{Allowed, Expectation};
use crate::language::{Diagnostic, Spanned, listed};
use crate::program::{Program, PropertyKind};
use crate::search::{Completeness, Finding, Report};

/// What a search says about an expectation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// What differs; nothing if all is as expected.
    pub unmet: Vec<Unmet>,
}

/// One difference between what was expected and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// What kind of difference.
    pub kind: UnmetKind,
    /// A sentence for people, without a full stop.
    pub text: String,
}

/// The kinds of difference, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnmetKind {
    /// A state property or a step failed that was not expected to.
    Safety,
    /// A bad end occurred that was not expected.
    BadEnd,
    /// A liveness property failed that was not expected to.
    Liveness,
    /// The ends or violations are not those expected.
    Different,
    /// A `reach` was never witnessed, or what an `after` begins with never holds: the model does not
    /// do what it is meant to.
    Vacuous,
    /// The search stopped before it had seen everything.
    Incomplete,
}

/// Words of `violates` that are no property: the kinds of failing step.
const STEP_KINDS: [&str; 4] = ["assert", "range", "unlock", RACE];
/// What a memory-model engine calls two accesses in no order.
const RACE: &str = "race";

impl Judgement {
    /// All is as expected, and the whole state space was searched; of a sample, see
    /// [`Expectation::judge_sample`].
    pub fn as_expected(&self) -> bool {
        self.unmet.is_empty()
    }

    /// The gravest difference.
    pub fn gravest(&self) -> Option<UnmetKind> {
        self.unmet.iter().map(|unmet| unmet.kind).min()
    }
}

/// What a finding is called in `violates`, in schedules and in reports: a property's name, the kind
/// of a failing step, or an outcome's name.
pub fn finding_name<'a>(finding: &'a Finding, program: &'a Program) -> &'a str {
    match finding {
        Finding::Property(index) => &program.properties[*index].name,
        Finding::Step(violation) => program.checks[usize::from(violation.check)].kind.name(),
        Finding::End { outcome, .. } => outcome,
        Finding::Race(_) => RACE,
    }
}

impl Expectation {
    /// No violation at all is expected.
    pub fn expects_safety(&self) -> bool {
        match &self.outcome {
            Some(outcome) => outcome.value == "safe",
            None => *self == Expectation::default(),
        }
    }

    /// The expectation in a few words, as in `ghost` or `exactly exited, ghost`.
    pub fn summary(&self) -> String {
        let names = |names: &[Spanned<String>]| {
            names.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(", ")
        };
        let mut parts = Vec::new();
        if let Some(outcome) = &self.outcome {
            parts.push(outcome.value.clone());
        }
        if let Some(outcomes) = &self.outcomes {
            parts.push(format!("exactly {}", names(outcomes)));
        }
        if !self.must_not.is_empty() {
            parts.push(format!("never {}", names(&self.must_not)));
        }
        if !self.violates.is_empty() {
            parts.push(format!("violates {}", names(&self.violates)));
        }
        if parts.is_empty() { "safe".to_string() } else { parts.join("; ") }
    }

    /// Compares with what a search found.
    pub fn judge(&self, report: &Report, program: &Program) -> Judgement {
        let mut unmet = Vec::new();
        self.judge_violations(report, program, &mut unmet);
        self.judge_ends(report, &mut unmet);
        let exhaustive = report.completeness == Completeness::Exhaustive;
        let unseen = if exhaustive { UnmetKind::Different } else { UnmetKind::Incomplete };
        for name in self.missing(report, program) {
            let text = if exhaustive { "does not occur" } else { "has not been seen" };
            unmet.push(Unmet { kind: unseen, text: format!("`{name}` is expected, and {text}") });
        }
        let unseen = if exhaustive { UnmetKind::Vacuous } else { UnmetKind::Incomplete };
        for (index, _) in report.reach.iter().filter(|(_, witness)| witness.is_none()) {
            let name = &program.properties[*index].name;
            let text = if exhaustive { "is never witnessed" } else { "has not been witnessed" };
            unmet.push(Unmet { kind: unseen, text: format!("`{name}` {text}") });
        }
        for live in report.liveness.iter().filter(|live| !live.triggered) {
            let name = &program.properties[live.property].name;
            let text = match exhaustive {
                true => format!("what `{name}` begins with never holds"),
                false => format!("what `{name}` begins with has not been seen"),
            };
            unmet.push(Unmet { kind: unseen, text });
        }
        for &statement in &report.ran_unexpectedly {
            let statement = &program.statements[statement as usize];
            let place = format!("{}:{}", statement.owner, statement.line);
            unmet.push(Unmet {
                kind: UnmetKind::Different,
                text: format!(
                    "{place} `{}` runs, and the text calls it unreached",
                    statement.label
                ),
            });
        }
        if let Some(limit) = limit_reached(report.completeness) {
            unmet.push(Unmet { kind: UnmetKind::Incomplete, text: limit.to_string() });
        }
        unmet.sort_by_key(|unmet| unmet.kind);
        Judgement { unmet }
    }

    /// Compares with what a sample saw. It decides what occurs, and nothing of what does not: where
    /// something bad is expected, and it and nothing unexpected was seen, all is as expected; where
    /// safety is, that is left open.
    pub fn judge_sample(&self, report: &Report, program: &Program) -> Judgement {
        let mut judgement = self.judge(report, program);
        let only_sampled = judgement.unmet.len() == 1;
        if report.completeness == Completeness::Sampled
            && only_sampled
            && self.expects_something_bad(program)
        {
            judgement.unmet.clear();
        }
        judgement
    }

    /// A bad end is to occur, or a property to fail.
    fn expects_something_bad(&self, program: &Program) -> bool {
        let is_bad = |name: &Spanned<String>| {
            let declared = program.outcomes.iter().find(|outcome| outcome.name == name.value);
            declared.map_or(name.value == "stuck", |outcome| !outcome.fine)
        };
        let ends = self.outcome.iter().chain(self.outcomes.iter().flatten());
        ends.into_iter().any(is_bad) || !self.violates.is_empty()
    }

    /// Whether the violation is one that is expected.
    pub fn allows(&self, finding: &Finding, program: &Program) -> bool {
        match finding {
            Finding::End { outcome, .. } => self.allows_end(outcome, false),
            _ => self.lists_violation(finding_name(finding, program)),
        }
    }

    /// The good end may occur.
    pub fn allows_fine_end(&self, outcome: &str) -> bool {
        self.allows_end(outcome, true)
    }

    /// Violations that are not expected.
    fn judge_violations(&self, report: &Report, program: &Program, unmet: &mut Vec<Unmet>) {
        for found in report.violations.iter().filter(|found| !self.allows(&found.what, program)) {
            let kind = match &found.what {
                Finding::End { .. } => UnmetKind::BadEnd,
                Finding::Property(index) if program.properties[*index].kind.is_liveness() => {
                    UnmetKind::Liveness
                }
                Finding::Property(_) | Finding::Step(_) | Finding::Race(_) => UnmetKind::Safety,
            };
            let name = finding_name(&found.what, program);
            let verb = if kind == UnmetKind::BadEnd { "occurs" } else { "fails" };
            unmet.push(Unmet { kind, text: format!("`{name}` {verb}, and is not expected") });
        }
    }

    /// Good ends that are not expected; bad ones are violations.
    fn judge_ends(&self, report: &Report, unmet: &mut Vec<Unmet>) {
        for end in report.ends.iter().filter(|end| end.fine) {
            if !self.allows_end(&end.outcome, true) {
                unmet.push(Unmet {
                    kind: UnmetKind::Different,
                    text: format!("`{}` occurs, and is not expected", end.outcome),
                });
            }
        }
    }

    /// Expected ends and violations that are not in the report.
    fn missing<'a>(&'a self, report: &'a Report, program: &'a Program) -> Vec<&'a str> {
        let ends: Vec<_> = report
            .ends
            .iter()
            .map(|end| end.outcome.as_str())
            .chain(report.violations.iter().filter_map(|found| match &found.what {
                Finding::End { outcome, .. } => Some(outcome.as_str()),
                _ => None,
            }))
            .collect();
        let outcome = self.outcome.iter().filter(|outcome| outcome.value != "safe");
        let outcomes = outcome.chain(self.outcomes.iter().flatten());
        let missing_ends = outcomes.filter(|end| !ends.contains(&end.value.as_str()));
        let missing_violations = self.violates.iter().filter(|wanted| {
            !report.violations.iter().any(|found| {
                !matches!(found.what, Finding::End { .. })
                    && same_name(&wanted.value, finding_name(&found.what, program))
            })
        });
        missing_ends.chain(missing_violations).map(|name| name.value.as_str()).collect()
    }

    /// The end may occur. Without a word about ends, the good ones may.
    fn allows_end(&self, outcome: &str, fine: bool) -> bool {
        if self.must_not.iter().any(|name| name.value == outcome) {
            return false;
        }
        match (&self.outcomes, &self.outcome) {
            (Some(exact), _) => exact.iter().any(|name| name.value == outcome),
            (None, Some(_)) => fine || !self.expects_safety(),
            (None, None) => fine || !self.must_not.is_empty(),
        }
    }

    fn lists_violation(&self, name: &str) -> bool {
        self.violates.iter().any(|listed| same_name(&listed.value, name))
    }

    /// Names that mean nothing in `program`, as diagnostics.
    pub(super) fn names_unknown_to(&self, program: &Program) -> Vec<Diagnostic> {
        let ends: Vec<_> = program.end_classes().map(|(name, _)| name).collect();
        let outcome = self.outcome.iter().filter(|outcome| outcome.value != "safe");
        let wanted = outcome.chain(self.outcomes.iter().flatten()).chain(&self.must_not);
        let mut diagnostics: Vec<_> = wanted
            .filter(|name| !ends.contains(&name.value.as_str()))
            .map(|name| unknown("outcome", name, &ends))
            .collect();
        let (reached, failing): (Vec<_>, Vec<_>) = program
            .properties
            .iter()
            .partition(|property| matches!(property.kind, PropertyKind::Reach(_)));
        let properties: Vec<_> =
            failing.iter().map(|property| property.name.as_str()).chain(STEP_KINDS).collect();
        for name in &self.violates {
            if properties.iter().any(|known| same_name(known, &name.value)) {
                continue;
            }
            let is_reach = reached.iter().any(|known| same_name(&known.name, &name.value));
            diagnostics.push(match is_reach {
                true => Diagnostic::error("a `reach` is not violated", name.span, "")
                    .help("say `never` in the model if the condition must not be reached"),
                false => unknown("property", name, &properties),
            });
        }
        diagnostics
    }
}

impl Allowed {
    /// What a complete run of loom under C11 is expected to show.
    pub fn expectation(&self) -> Expectation {
        let hidden = |name: &&Spanned<String>| {
            !self.loom_hides.iter().any(|hidden| hidden.value == name.value)
        };
        let shown = self.allows.iter().filter(hidden).chain(&self.loom_shows);
        let (races, ends): (Vec<_>, Vec<_>) =
            shown.cloned().partition(|name: &Spanned<String>| name.value == RACE);
        Expectation {
            outcomes: races.is_empty().then_some(ends),
            violates: races,
            ..Expectation::default()
        }
    }

    /// Names that mean nothing in `program`, as diagnostics.
    pub(super) fn names_unknown_to(&self, program: &Program) -> Vec<Diagnostic> {
        let known: Vec<_> = program.end_classes().map(|(name, _)| name).chain([RACE]).collect();
        let named = self.allows.iter().chain(&self.forbids);
        named
            .filter(|name| !known.contains(&name.value.as_str()))
            .map(|name| unknown("outcome", name, &known))
            .collect()
    }
}

fn unknown(what: &str, name: &Spanned<String>, known: &[&str]) -> Diagnostic {
    let error =
        Diagnostic::error(format!("the model has no {what} `{}`", name.value), name.span, "")
            .nearest(&name.value, known.iter().copied());
    if error.helps.is_empty() { error.help(format!("there are {}", listed(known))) } else { error }
}

/// The same words, however they are spaced.
fn same_name(a: &str, b: &str) -> bool {
    a.split_whitespace().eq(b.split_whitespace())
}

/// What stopped a search; `None` if nothing did.
pub fn limit_reached(completeness: Completeness) -> Option<&'static str> {
    match completeness {
        Completeness::Exhaustive => None,
        Completeness::StateLimit => Some("the limit on states was reached"),
        Completeness::MemoryLimit => Some("the limit on memory was reached"),
        Completeness::TimeLimit => Some("the limit on time was reached"),
        Completeness::Interrupted => Some("the search was interrupted"),
        Completeness::RunLimit => Some("the limit on runs was reached"),
        Completeness::Sampled => Some("a sample proves no absence"),
        Completeness::PreemptionBound => Some("bounded: runs with more preemptions were not taken"),
        Completeness::FiniteRuns => Some("infinite runs were not looked at"),
        Completeness::CutOff => Some("runs that did not end were cut off"),
        Completeness::PartOfC11 => Some("C11 may have executions that loom does not show"),
        Completeness::EndsOnly => Some("states were looked at in ends only"),
    }
}
