//! Small changes of a text, for whoever asks which of its lines matter.
//!
//! Mutation testing (R. DeMillo, R. Lipton and F. Sayward, "Hints on test data selection", 1978),
//! with operators for protocols: what a mutant does wrong is what a tired programmer does wrong. An
//! [`Edit`] replaces a stretch of the text by another one, so a mutant is a text like any other. It
//! need not compile: that the language rejects a mistake is worth knowing, too.
//!
//! Only procs are changed. Left alone are history (`aux` variables), `assert`, and statements that
//! the text calls `unreached`: none of them is part of what a protocol does.

mod expressions;
mod outline;
mod split;
mod statements;

pub use outline::{Outline, StatementText, outline};

use super::parser::parse_module;
use super::syntax::{Item, Module, ProcKind};
use crate::program::Span;
use statements::Finder;
use std::collections::HashSet;
use std::ops::Range;

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operator {
    /// A statement is left out.
    Delete,
    /// Two neighbours change places.
    Swap,
    /// A read-modify-write becomes a read and a write.
    Split,
    /// A condition becomes its opposite.
    Negate,
    /// One way to go on is left out.
    DropBranch,
    /// A lock is taken, or let go, one statement earlier or later.
    MoveLock,
    /// 0 becomes 1, 1 becomes 0; so do `false` and `true`.
    Constant,
    /// A memory order becomes the next weaker one.
    Weaken,
}

impl Operator {
    /// All of them, in the order of reports.
    pub const ALL: [Operator; 8] = [
        Operator::Delete,
        Operator::Swap,
        Operator::Split,
        Operator::Negate,
        Operator::DropBranch,
        Operator::MoveLock,
        Operator::Constant,
        Operator::Weaken,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Operator::Delete => "delete",
            Operator::Swap => "swap",
            Operator::Split => "split",
            Operator::Negate => "negate",
            Operator::DropBranch => "drop-branch",
            Operator::MoveLock => "move-lock",
            Operator::Constant => "constant",
            Operator::Weaken => "weaken",
        }
    }
}

/// A change of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What kind of change it is.
    pub operator: Operator,
    /// The proc.
    pub owner: String,
    /// The line that the description speaks of, from 1.
    pub line: u32,
    /// What changes, as in "delete `lock(m)`".
    pub description: String,
    /// What is replaced, in bytes of the text.
    pub span: Range<usize>,
    /// By what.
    pub replacement: String,
}

impl Edit {
    /// The text with this change.
    ///
    /// # Panics
    /// If the edit is of another text, and does not fit into this one.
    pub fn apply(&self, text: &str) -> String {
        [&text[..self.span.start], &self.replacement, &text[self.span.end..]].concat()
    }
}

/// Every change of `text`, in the order of its statements; of several that make the same text, the
/// first. There are none of a text that cannot be read. `history` names the aux variables of the
/// texts that it is used with.
pub fn mutations(text: &str, history: &[&str]) -> Vec<Edit> {
    let Some(module) = read(text) else { return Vec::new() };
    let mut finder = Finder::new(text, &module, history);
    for item in &module.items {
        if let Item::Proc(proc) = item {
            finder.proc(proc, proc.kind == ProcKind::Atomic);
        }
    }
    let mut seen = HashSet::from([text.to_string()]);
    finder.edits.retain(|edit| seen.insert(edit.apply(text)));
    finder.edits
}

/// The syntax of a text that has no errors in it. Its spans are offsets in the text.
fn read(text: &str) -> Option<Module> {
    let mut errors = Vec::new();
    let readable = u32::try_from(text.len()).is_ok();
    let module = readable.then(|| parse_module(text, 0, &mut errors))?;
    errors.is_empty().then_some(module)
}

fn range(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}
