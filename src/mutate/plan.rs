//! What to do: the texts and their mutants, and the checks that judge them.

use super::notes::{Notes, Part};
use super::stood::stood;
use super::texts::{SourceText, Target, protocol};
use super::{Class, Fate, Mutant};
use crate::language::{
    Diagnostic, Edit, Errors, Operator, StatementText, mutations, nearest_name, outline,
};
use crate::program::{Program, StatementId};
use crate::scenario::{Check, Judgement, Scenario};
use crate::search::{Completeness, Distinct, Report};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The original in one check.
#[derive(Debug, Clone)]
pub struct Base {
    /// The scenario.
    pub scenario: Scenario,
    /// The kernel preset.
    pub kernel: Option<String>,
    /// The original, compiled.
    pub check: Check,
    /// What the search of it found.
    pub report: Report,
    /// The statements that ran in it or at which a thread stood: the file's name, and where they are.
    ran: HashSet<(String, u32, u32)>,
    /// All its states, unless there was no room for them.
    pub(super) reached: Option<Arc<Distinct<0>>>,
}

/// Bytes that the states of all originals may take together.
const REACHED_MAX: usize = 1 << 30;

/// What is left of [`REACHED_MAX`].
pub(super) struct Room(AtomicUsize);

impl Default for Room {
    fn default() -> Room {
        Room(AtomicUsize::new(REACHED_MAX))
    }
}

impl Room {
    fn take(&self, bytes: usize) -> bool {
        let less = |left: usize| left.checked_sub(bytes);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

/// A check that cannot judge mutants: what it found of the original is not what it expects.
#[derive(Debug, Clone)]
pub struct Unfit {
    /// The name of the check.
    pub check: String,
    /// What it found.
    pub judgement: Judgement,
    /// Whether it searched everything.
    pub completeness: Completeness,
}

/// Mutants and the checks that judge them.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The model.
    pub model: String,
    /// The texts that are changed.
    pub texts: Vec<SourceText>,
    /// The checks: those of the model's own scenarios before those of models that use it, and of
    /// these the ones with the fewest states first.
    pub checks: Vec<Base>,
    /// Checks that cannot judge.
    pub unfit: Vec<Unfit>,
    /// The mutants, in the order of the texts.
    pub mutants: Vec<Mutant>,
    /// The names of all mutants of the texts, those that are not wanted, too.
    names: Vec<String>,
}

impl Base {
    /// The name of the check.
    pub fn name(&self) -> String {
        self.check.program.check_name()
    }

    /// The check with what the search of the original found, whose states are walked once more to
    /// learn where threads stand, and kept if there is room.
    ///
    /// # Errors
    /// Why it cannot judge.
    pub(super) fn new(
        scenario: Scenario,
        kernel: Option<String>,
        check: Check,
        report: Report,
        room: &Room,
    ) -> Result<Base, Unfit> {
        let judgement = check.expectation.judge(&report, &check.program);
        if !judgement.as_expected() {
            let completeness = report.completeness;
            return Err(Unfit { check: check.program.check_name(), judgement, completeness });
        }
        let (stood, reached) = stood(&check.program, report.states);
        let ran = ran(&check.program, &report, &stood);
        // A mutant's marks are compared with the original's, which should not have run any.
        let keeps = report.ran_unexpectedly.is_empty() && room.take(reached.bytes());
        let reached = keeps.then(|| Arc::new(reached));
        Ok(Base { scenario, kernel, check, report, ran, reached })
    }

    /// Whether one of these statements of the file ran, or a thread stood at it.
    pub(super) fn runs(&self, file: &str, touched: &[Range<usize>]) -> bool {
        touched
            .iter()
            .any(|span| self.ran.contains(&(file.to_string(), span.start as u32, span.end as u32)))
    }
}

fn ran(
    program: &Program,
    report: &Report,
    stood: &HashSet<StatementId>,
) -> HashSet<(String, u32, u32)> {
    let idle: HashSet<_> = report.not_run.iter().collect();
    let statements = (0..).zip(&program.statements);
    statements
        .filter(|(id, statement)| {
            stood.contains(id) || !idle.contains(id) && !statement.unreachable
        })
        .map(|(_, statement)| {
            let file = &program.sources.files[usize::from(statement.span.file)].name;
            (file.clone(), statement.span.start, statement.span.end)
        })
        .collect()
}

impl Plan {
    /// A plan for the protocol texts of the target, without checks and mutants.
    pub fn new(target: &Target) -> Plan {
        let texts = protocol(target.texts(), &target.models());
        Plan { model: target.model.clone(), texts, ..Plan::default() }
    }

    /// Adds a check with what the search of the original found.
    pub fn add_check(
        &mut self,
        scenario: Scenario,
        kernel: Option<String>,
        check: Check,
        report: Report,
    ) {
        self.add(Base::new(scenario, kernel, check, report, &Room::default()));
    }

    /// Adds a check, or why it cannot judge.
    pub(super) fn add(&mut self, base: Result<Base, Unfit>) {
        match base {
            Ok(base) => self.checks.push(base),
            Err(unfit) => self.unfit.push(unfit),
        }
        let model = &self.model;
        let is_own = |base: &Base| base.scenario.model.value == *model;
        // The sort is stable: equally large checks stay in the order of their names.
        self.checks.sort_by_key(|base| (!is_own(base), base.report.states));
    }

    /// Adds every mutant of these operators. `procs` limits them to some procs.
    ///
    /// # Errors
    /// A sentence about a proc that the texts do not have.
    pub fn add_mutations(
        &mut self,
        operators: &[Operator],
        procs: Option<&[String]>,
    ) -> Result<(), String> {
        for name in procs.into_iter().flatten() {
            let known = self.texts.iter().flat_map(|text| &text.outline.procs);
            let known: Vec<&str> = known.map(String::as_str).collect();
            if !known.contains(&name.as_str()) {
                let near = match nearest_name(name, known) {
                    Some(near) => format!("; there is `{near}`"),
                    None => String::new(),
                };
                return Err(format!("the texts of {} have no proc `{name}`{near}", self.model));
            }
        }
        let history = self.texts.iter().flat_map(|text| &text.outline.history);
        let history: Vec<&str> = history.map(String::as_str).collect();
        let mut numbers: HashMap<(String, String), usize> = HashMap::new();
        for (index, text) in self.texts.iter().enumerate() {
            for edit in mutations(&text.text, &history) {
                let wanted = operators.contains(&edit.operator)
                    && procs.is_none_or(|procs| procs.contains(&edit.owner));
                let words = (edit.owner.clone(), edit.description.clone());
                let number = *numbers.entry(words).and_modify(|last| *last += 1).or_insert(1);
                let mutant = Mutant { hunk: None, edits: vec![(index, edit)], number };
                self.names.push(mutant.name());
                if wanted {
                    self.mutants.push(mutant);
                }
            }
        }
        Ok(())
    }

    /// What the notes say that is not, or no more, so: reasons for mutants that there are not, or that
    /// need none. `complete`: all checks that use the model are in the plan, and the fates are of its
    /// mutants.
    ///
    /// # Errors
    /// A diagnostic for each.
    pub fn verify(
        &self,
        notes: &Notes,
        fates: &[Option<Fate>],
        complete: bool,
    ) -> Result<(), Errors> {
        let mut known = HashMap::new();
        for (mutant, fate) in self.mutants.iter().zip(fates) {
            known.insert(mutant.name(), fate.as_ref());
        }
        let mut diagnostics = Vec::new();
        for name in notes.reasons.iter().flat_map(|reason| &reason.mutants) {
            let needless = match known.get(&name.value) {
                Some(Some(Fate::Killed(_))) => Some("is killed"),
                Some(Some(Fate::Rejected(_))) => Some("is rejected by the language"),
                Some(Some(Fate::Survived(survival))) if complete => match survival.class {
                    Class::NotDistinguished => None,
                    class => Some(class.name()),
                },
                _ => None,
            };
            if let Some(fate) = needless {
                let message = format!("`{}` {fate}, and needs no reason", name.value);
                diagnostics.push(Diagnostic::error(message, name.span, ""));
            } else if !self.names.contains(&name.value) {
                let message = format!("{} has no mutant `{}`", self.model, name.value);
                let names = self.names.iter().map(String::as_str);
                let error = Diagnostic::error(message, name.span, "");
                diagnostics.push(error.nearest(&name.value, names));
            }
        }
        if diagnostics.is_empty() {
            return Ok(());
        }
        Err(Errors { sources: notes.sources.clone(), diagnostics })
    }

    /// Adds the hunks of the notes: each a mutant without its statements.
    ///
    /// # Errors
    /// Those of hunks that name a statement the texts do not have, or one twice.
    pub fn add_hunks(&mut self, notes: &Notes) -> Result<(), Errors> {
        let mut diagnostics = Vec::new();
        for hunk in &notes.hunks {
            let mut edits: Vec<(usize, Edit)> = Vec::new();
            for part in &hunk.remove {
                match self.removal(part) {
                    Some((index, edit))
                        if edits.iter().all(|(i, e)| *i != index || apart(e, &edit)) =>
                    {
                        edits.push((index, edit));
                    }
                    Some(_) => diagnostics.push(Diagnostic::error(
                        format!("`{}` is removed twice", part.statement.value),
                        part.statement.span,
                        "",
                    )),
                    None => diagnostics.push(self.no_such(part)),
                }
            }
            if !edits.is_empty() {
                self.mutants.push(Mutant { hunk: Some(hunk.name.clone()), edits, number: 1 });
            }
        }
        if diagnostics.is_empty() {
            return Ok(());
        }
        Err(Errors { sources: notes.sources.clone(), diagnostics })
    }

    fn removal(&self, part: &Part) -> Option<(usize, Edit)> {
        let mut matching = self.texts.iter().enumerate().flat_map(|(index, text)| {
            let statements = text.outline.statements.iter();
            let named = statements.filter(|statement| {
                statement.owner == part.proc && is_called(statement, &part.statement.value)
            });
            named.map(move |statement| (index, statement))
        });
        let (index, statement) = matching.nth(part.number - 1)?;
        let edit = Edit {
            operator: Operator::Delete,
            owner: statement.owner.clone(),
            line: statement.line,
            description: format!("delete `{}`", statement.head),
            span: statement.span.clone(),
            replacement: statement.removal.to_string(),
        };
        Some((index, edit))
    }

    fn no_such(&self, part: &Part) -> Diagnostic {
        let number = match part.number {
            1 => String::new(),
            number => format!(" number {number}"),
        };
        let message =
            format!("`{}` has no statement `{}`{number}", part.proc, part.statement.value);
        let statements = self.texts.iter().flat_map(|text| &text.outline.statements);
        let of_proc = statements.filter(|statement| statement.owner == part.proc);
        Diagnostic::error(message, part.statement.span, "")
            .nearest(&part.statement.value, of_proc.map(|statement| statement.head.as_str()))
    }

    /// Checks that run a statement which the mutant changes, or get to it, by index. All of them, if a
    /// variable is not written any more that was: then to read it is no step.
    pub fn judges(&self, mutant: &Mutant) -> Vec<usize> {
        if self.takes_a_last_write(mutant) {
            return (0..self.checks.len()).collect();
        }
        let touched: Vec<_> = mutant
            .edits
            .iter()
            .map(|(text, edit)| {
                let text = &self.texts[*text];
                (text.file.as_str(), touched(&text.outline.statements, edit))
            })
            .collect();
        let runs = |base: &Base| touched.iter().any(|(file, spans)| base.runs(file, spans));
        (0..self.checks.len()).filter(|&index| runs(&self.checks[index])).collect()
    }

    /// Whether the texts write fewer variables with the mutant.
    fn takes_a_last_write(&self, mutant: &Mutant) -> bool {
        let texts = self.texts.iter().enumerate();
        let changed = texts.map(|(index, text)| mutant.text(index, &text.text));
        let changed: Vec<_> = changed.map(|text| text.map(|text| outline(&text).written)).collect();
        let before = self.texts.iter().map(|text| &text.outline.written);
        let after: HashSet<&String> = before
            .clone()
            .zip(&changed)
            .flat_map(|(before, changed)| changed.as_ref().unwrap_or(before))
            .collect();
        before.flatten().any(|name| !after.contains(name))
    }
}

fn apart(one: &Edit, other: &Edit) -> bool {
    one.span.end <= other.span.start || other.span.end <= one.span.start
}

fn is_called(statement: &StatementText, words: &str) -> bool {
    statement.head == words || statement.words == words
}

/// The statements of which one must run for the edit to make a difference: those that it replaces,
/// or the one that it changes within. What is moved out of a block runs with the statement around.
fn touched(statements: &[StatementText], edit: &Edit) -> Vec<Range<usize>> {
    let inside = |span: &Range<usize>| edit.span.start <= span.start && span.end <= edit.span.end;
    let around = |span: &Range<usize>| span.start <= edit.span.start && edit.span.end <= span.end;
    let spans = || statements.iter().map(|statement| &statement.span);
    let mut touched: Vec<_> = spans().filter(|span| inside(span)).cloned().collect();
    if touched.is_empty() || edit.operator == Operator::MoveLock {
        // Outer statements stand before inner ones.
        touched.extend(spans().rfind(|span| around(span)).cloned());
    }
    touched
}
