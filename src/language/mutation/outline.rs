//! What a text consists of, for whoever changes it.

use super::super::lower::{assigned_in, blocks, one_line};
use super::super::syntax::{Block, Item};
use super::{range, read};
use crate::program::Lines;
use std::collections::HashSet;
use std::ops::Range;

/// What a text consists of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// The texts that it uses, by name.
    pub uses: Vec<String>,
    /// It says when threads may step (`runs`): it is a kernel, no protocol.
    pub is_kernel: bool,
    /// Its procs, in the order of the text.
    pub procs: Vec<String>,
    /// Its history variables.
    pub history: Vec<String>,
    /// The names that its statements write.
    pub written: HashSet<String>,
    /// The statements of its procs, in the order of the text, an outer one before those in it.
    pub statements: Vec<StatementText>,
}

/// A statement of a proc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementText {
    /// The proc.
    pub owner: String,
    /// Its line, from 1.
    pub line: u32,
    /// Its words on one line, without the blocks it opens: what schedules print.
    pub head: String,
    /// All its words, on one line.
    pub words: String,
    /// Where it stands, in bytes of the text.
    pub span: Range<usize>,
    /// What to put in its place to leave it out.
    pub removal: &'static str,
}

/// What `text` consists of. A text that cannot be read consists of nothing.
pub fn outline(text: &str) -> Outline {
    let mut outline = Outline::default();
    let lines = Lines::of(text);
    for item in read(text).map(|module| module.items).unwrap_or_default() {
        match item {
            Item::Use { path, .. } => outline.uses.push(path.text),
            Item::Gate { .. } => outline.is_kernel = true,
            Item::Var(var) if var.aux => outline.history.push(var.name.text),
            Item::Proc(proc) => {
                outline.procs.push(proc.name.text.clone());
                let statements = &mut outline.statements;
                collect(text, &lines, &proc.name.text, &proc.body, statements);
                assigned_in(&proc.body, &mut outline.written);
            }
            Item::Action { proc, .. } => assigned_in(&proc.body, &mut outline.written),
            Item::Handler { body, .. } | Item::OnKernel { body, .. } => {
                assigned_in(&body, &mut outline.written);
            }
            _ => {}
        }
    }
    outline
}

/// An `else` needs something to stand before.
pub(super) fn removal(block: &Block) -> &'static str {
    let is_else_if = block.statements.len() == 1 && block.statements[0].span == block.span;
    if is_else_if { "{ }" } else { "" }
}

fn collect(text: &str, lines: &Lines, owner: &str, block: &Block, found: &mut Vec<StatementText>) {
    for statement in &block.statements {
        let span = range(statement.span);
        found.push(StatementText {
            owner: owner.to_string(),
            line: lines.line(span.start),
            head: one_line(&text[range(statement.head)]),
            words: one_line(&text[span.clone()]),
            span,
            removal: removal(block),
        });
        for inner in blocks(statement) {
            collect(text, lines, owner, inner, found);
        }
    }
}
