//! Which lines of a protocol are load-bearing.
//!
//! A *mutant* is a model text with a small change ([`crate::language::mutations`], or the hunks that
//! the notes beside a model name). It is compiled and searched like any text, in every check that
//! runs a line it changes, and has one of these fates ([`Fate`]):
//!
//! * *rejected*: the language does not accept it, as two shared accesses in one statement;
//! * *killed*: some check does not find what its scenario expects;
//! * *survived*: every check does. Then the graphs of the mutant and the original are compared
//!   ([`Class`], and `compare.rs` for the exact definitions), so that a survivor is told to be
//!   *equivalent*, *slower only*, or *not distinguished*;
//! * *undecided*: a search reached a limit, and nothing was found until then.
//!
//! A check is left out for a mutant if its search of the original was exhaustive and no thread ran or
//! got to a statement that the mutant changes: there both do the same. (A mutant that takes the last
//! write of a variable away is judged by all checks: to read what nobody writes is no step.)
//!
//! Mutants run in parallel and do not know of each other, so results do not depend on how many run
//! at a time. This room does not print.

mod compare;
mod examine;
mod notes;
mod places;
mod plan;
mod pool;
mod stood;
mod texts;

pub use notes::{Hunk, Notes, Part, Reason};
pub use plan::{Base, Plan, Unfit};
pub use pool::{Control, examine, search_originals};
pub use texts::{SourceText, Target};

use crate::language::{Edit, Operator};
use crate::scenario::{Check, UnmetKind};
use crate::search::{Report, Trace};

/// One change, or several that belong together, of the texts of a [`Plan`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// The name of the hunk; `None` for a change that an operator made.
    pub hunk: Option<String>,
    /// Each the index of a text in the plan, and a change of it. No two overlap.
    pub edits: Vec<(usize, Edit)>,
    /// Which of the changes of the proc that have the same words, from 1.
    pub number: usize,
}

impl Mutant {
    /// What kind of change it is.
    pub fn operator(&self) -> Operator {
        self.edits[0].1.operator
    }

    /// The proc, and the line in its text.
    pub fn place(&self) -> (&str, u32) {
        let edit = &self.edits[0].1;
        (&edit.owner, edit.line)
    }

    /// What it changes: the hunk, or the edit, as in "delete `lock(m)`".
    pub fn description(&self) -> &str {
        self.hunk.as_deref().unwrap_or(&self.edits[0].1.description)
    }

    /// The name that notes call it by: `preemptM: delete \`lock(m)\``, and `#2` behind the second of
    /// that name.
    pub fn name(&self) -> String {
        let name = format!("{}: {}", self.place().0, self.description());
        if self.number == 1 { name } else { format!("{name} #{}", self.number) }
    }

    /// The text with this index in the plan, changed; `None` if the mutant leaves it as it is.
    pub fn text(&self, index: usize, original: &str) -> Option<String> {
        let mut edits: Vec<_> = self.edits.iter().filter(|(text, _)| *text == index).collect();
        edits.sort_by_key(|(_, edit)| std::cmp::Reverse(edit.span.start));
        let mut text: Option<String> = None;
        for (_, edit) in edits {
            text = Some(edit.apply(text.as_deref().unwrap_or(original)));
        }
        text
    }
}

/// What became of a mutant.
#[derive(Debug, Clone)]
pub enum Fate {
    /// The language does not accept it, and what it says.
    Rejected(String),
    /// At least one check found something else than expected; the clearest first: those that show a
    /// schedule, shorter ones before longer ones.
    Killed(Vec<Kill>),
    /// Every check found what it expects.
    Survived(Survival),
    /// A limit was reached in this check, and nothing unexpected was found until then.
    Undecided {
        /// The name of the check.
        check: String,
        /// Which limit.
        limit: &'static str,
    },
}

/// A check that tells a mutant from the original.
#[derive(Debug, Clone)]
pub struct Kill {
    /// The index of the check in the plan.
    pub check: usize,
    /// All that differs from what the check expects, at least one thing: what has a schedule first,
    /// the shortest before longer ones.
    pub differences: Vec<Difference>,
    /// The mutant has no violation at all, and what is missed is one that the original has: the
    /// change mends something.
    pub heals: bool,
    /// The schedule to the first difference, if it has one and it was to be kept.
    pub run: Option<Box<KillRun>>,
}

impl Kill {
    /// The clearest difference.
    pub fn clearest(&self) -> &Difference {
        &self.differences[0]
    }
}

/// Something that a check finds of a mutant and does not expect, or the other way round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What kind of difference it is.
    pub kind: UnmetKind,
    /// The outcome or property.
    pub by: String,
    /// The difference in a sentence.
    pub words: String,
    /// How long the shortest schedule to it is; what never occurs has none.
    pub steps: Option<usize>,
}

/// A schedule that shows what is wrong with a mutant.
#[derive(Debug, Clone)]
pub struct KillRun {
    /// The mutant, compiled.
    pub check: Check,
    /// What the search of it found.
    pub report: Report,
    /// The schedule.
    pub trace: Trace,
    /// The steps before its cycle, if it goes on for ever.
    pub cycle_from: Option<usize>,
}

/// A mutant that every check lets pass.
#[derive(Debug, Clone)]
pub struct Survival {
    /// How it compares with the original.
    pub class: Class,
    /// What the comparison saw, in a sentence.
    pub words: String,
    /// Checks that run a changed line, by their index in the plan.
    pub checks: Vec<usize>,
    /// States of the mutant that they searched, together.
    pub states: u64,
    /// Why it need not be distinguished.
    pub reason: Option<String>,
}

/// How a survivor compares with the original, in all checks that run a changed line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The same labelled graph: step by step the same actors can take the same branches, and shared
    /// memory is the same after each.
    Equivalent,
    /// It does nothing to shared memory that the original does not do as well; at most it does less,
    /// or in other steps.
    SlowerOnly,
    /// It does something else, and no scenario objects; or no check runs it.
    NotDistinguished,
}

impl Class {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Class::Equivalent => "equivalent",
            Class::SlowerOnly => "slower only",
            Class::NotDistinguished => "not distinguished",
        }
    }
}
