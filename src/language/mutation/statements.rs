//! Changes of statements: left out, swapped, moved, their branches dropped.

use super::super::lower::one_line;
use super::super::syntax::*;
use super::outline::removal;
use super::{Edit, Operator, range};
use crate::program::{Lines, Span};
use std::collections::HashSet;

/// Walks the procs of a text and notes what can be changed.
pub(super) struct Finder<'t> {
    pub text: &'t str,
    pub edits: Vec<Edit>,
    lines: Lines,
    /// History variables.
    aux: HashSet<&'t str>,
    /// The text's own options.
    options: HashSet<&'t str>,
    pub owner: String,
    /// Names that are locals or parameters of the proc.
    pub locals: HashSet<String>,
}

/// Where a block stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// The statement around the block, if what stands at the block's edge can be moved out of it.
    around: Option<&'a Stmt>,
    /// It is one step.
    atomic: bool,
}

impl<'t> Finder<'t> {
    /// `history` names aux variables besides the text's own.
    pub(super) fn new(text: &'t str, module: &'t Module, history: &[&'t str]) -> Finder<'t> {
        let own = module.items.iter().filter_map(|item| match item {
            Item::Var(var) if var.aux => Some(var.name.text.as_str()),
            _ => None,
        });
        let options = module.items.iter().filter_map(|item| match item {
            Item::Option { name, .. } => Some(name.text.as_str()),
            _ => None,
        });
        Finder {
            text,
            edits: Vec::new(),
            lines: Lines::of(text),
            aux: own.chain(history.iter().copied()).collect(),
            options: options.collect(),
            owner: String::new(),
            locals: HashSet::new(),
        }
    }

    pub(super) fn proc(&mut self, proc: &ProcDecl, atomic: bool) {
        self.owner = proc.name.text.clone();
        self.locals = proc.params.iter().map(|param| param.name.text.clone()).collect();
        self.block(&proc.body, Place { around: None, atomic });
    }

    fn block(&mut self, block: &Block, place: Place) {
        let statements = &block.statements;
        for (index, statement) in statements.iter().enumerate() {
            if let StmtKind::Let { name, .. } = &statement.kind {
                self.locals.insert(name.text.clone());
            }
            if self.is_left_alone(statement) {
                continue;
            }
            let optional = self.only_with_option(statement);
            if !optional {
                self.delete(statement, removal(block));
            }
            let next = statements.get(index + 1).filter(|next| !self.is_left_alone(next));
            if let Some(next) = next {
                self.swap(statement, next);
            }
            if let Some(around) = place.around.filter(|_| is_lock(statement)) {
                if index == 0 {
                    self.move_before(statement, around);
                }
                if index + 1 == statements.len() {
                    self.move_behind(statement, around);
                }
            }
            if !place.atomic {
                self.split(statement);
            }
            if !optional {
                self.expressions_of(statement);
            }
            self.branches(statement);
            let leavable = !optional && removal(block).is_empty();
            self.inside(statement, place.atomic, leavable);
        }
    }

    /// A single statement that an option turns on: to change the `if` is to change the statement.
    fn only_with_option(&self, statement: &Stmt) -> bool {
        let StmtKind::If { condition, then, otherwise: None } = &statement.kind else {
            return false;
        };
        let ExprKind::Name(name) = &condition.kind else { return false };
        then.statements.len() == 1 && self.options.contains(name.as_str())
    }

    /// The blocks of a statement. `leavable`: what stands at the edge of one can stand beside it.
    fn inside(&mut self, statement: &Stmt, atomic: bool, leavable: bool) {
        let leavable = Place { around: leavable.then_some(statement), atomic };
        let closed = Place { around: None, atomic };
        match &statement.kind {
            StmtKind::If { then, otherwise, .. } => {
                self.block(then, leavable);
                if let Some(otherwise) = otherwise {
                    self.block(otherwise, leavable);
                }
            }
            StmtKind::Choose(branches) => {
                branches.iter().for_each(|branch| self.block(branch, leavable));
            }
            StmtKind::While { body, .. } | StmtKind::Loop(body) => self.block(body, closed),
            StmtKind::For { var, body, .. } => {
                self.locals.insert(var.text.clone());
                self.block(body, closed);
            }
            StmtKind::Atomic(body) => self.block(body, Place { around: None, atomic: true }),
            _ => {}
        }
    }

    /// History, assertions, what is not expected to run, and what does nothing.
    fn is_left_alone(&self, statement: &Stmt) -> bool {
        if statement.unreached.is_some() {
            return true;
        }
        match &statement.kind {
            StmtKind::Assert(_) | StmtKind::Skip => true,
            StmtKind::Assign { target, .. } => match &target.kind {
                ExprKind::Name(name) => self.aux.contains(name.as_str()),
                ExprKind::Index(name, _) => self.aux.contains(name.text.as_str()),
                _ => false,
            },
            _ => false,
        }
    }

    fn delete(&mut self, statement: &Stmt, removal: &str) {
        let description = format!("delete {}", self.quoted(statement.head));
        self.replace(Operator::Delete, statement.span, statement.span, removal, description);
    }

    /// Whatever stands behind `return` and its like never runs: to swap with one is to delete.
    fn swap(&mut self, first: &Stmt, second: &Stmt) {
        if leaves(first) || leaves(second) {
            return;
        }
        let between = &self.text[first.span.end as usize..second.span.start as usize];
        let swapped = [self.words(second.span), between, self.words(first.span)].concat();
        let whole = first.span.to(second.span);
        let (one, other) = (self.called(first), self.called(second));
        if is_lock(first) {
            let description = format!("{one} later, behind {other}");
            self.replace(Operator::MoveLock, first.span, whole, &swapped, description);
        } else if is_lock(second) {
            let description = format!("{other} earlier, before {one}");
            self.replace(Operator::MoveLock, second.span, whole, &swapped, description);
        } else {
            let description = format!("swap {one} and {other}");
            self.replace(Operator::Swap, first.span, whole, &swapped, description);
        }
    }

    /// The first statement of a block goes before the statement around.
    fn move_before(&mut self, statement: &Stmt, around: &Stmt) {
        let rest = &self.text[around.span.start as usize..statement.span.start as usize];
        let moved =
            [self.words(statement.span), "\n", self.indent(around.span), rest.trim_end()].concat();
        let whole = Span { end: statement.span.end, ..around.span };
        let (what, where_to) = (self.called(statement), self.called(around));
        let description = format!("{what} earlier, before {where_to}");
        self.replace(Operator::MoveLock, statement.span, whole, &moved, description);
    }

    /// The last statement of a block goes behind the statement around.
    fn move_behind(&mut self, statement: &Stmt, around: &Stmt) {
        let rest = &self.text[statement.span.end as usize..around.span.end as usize];
        let moved = [rest.trim_start(), "\n", self.indent(around.span), self.words(statement.span)]
            .concat();
        let whole = Span { end: around.span.end, ..statement.span };
        let (what, where_to) = (self.called(statement), self.called(around));
        let description = format!("{what} later, behind {where_to}");
        self.replace(Operator::MoveLock, statement.span, whole, &moved, description);
    }

    /// One branch of a `choose`, or of an `if` that has two.
    fn branches(&mut self, statement: &Stmt) {
        match &statement.kind {
            StmtKind::If { condition, then, otherwise: Some(otherwise) } => {
                let head = self.quoted(statement.head);
                let description = format!("drop what {head} does");
                self.replace(Operator::DropBranch, statement.span, then.span, "{ }", description);
                let rest = Span { start: then.span.end, ..otherwise.span };
                let description = format!("drop the `else` of {head}");
                self.replace(Operator::DropBranch, condition.span, rest, "", description);
            }
            StmtKind::Choose(branches) if branches.len() > 1 => {
                for (index, branch) in branches.iter().enumerate() {
                    // With the `or` that joins it to a neighbour.
                    let span = match branches.get(index + 1) {
                        Some(next) => Span { end: next.span.start, ..branch.span },
                        None => Span { start: branches[index - 1].span.end, ..branch.span },
                    };
                    let what = self.quoted(branch.span);
                    let description = format!("drop {what} of a `choose`");
                    self.replace(Operator::DropBranch, branch.span, span, "", description);
                }
            }
            _ => {}
        }
    }

    pub(super) fn replace(
        &mut self,
        operator: Operator,
        at: Span,
        span: Span,
        replacement: &str,
        description: String,
    ) {
        self.edits.push(Edit {
            operator,
            owner: self.owner.clone(),
            line: self.lines.line(at.start as usize),
            description,
            span: range(span),
            replacement: replacement.to_string(),
        });
    }

    pub(super) fn words(&self, span: Span) -> &'t str {
        &self.text[range(span)]
    }

    /// A statement without the blocks it opens, unless it is one with its block.
    fn called(&self, statement: &Stmt) -> String {
        let whole = self.only_with_option(statement);
        self.quoted(if whole { statement.span } else { statement.head })
    }

    pub(super) fn quoted(&self, span: Span) -> String {
        format!("`{}`", one_line(self.words(span)))
    }

    /// The blanks before the line that `span` starts on.
    pub(super) fn indent(&self, span: Span) -> &'t str {
        let line_start = self.text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
        let line = &self.text[line_start..];
        &line[..line.find(|c: char| c != ' ' && c != '\t').unwrap_or(0)]
    }
}

/// It takes a lock or lets one go, perhaps only where an option says so.
fn is_lock(statement: &Stmt) -> bool {
    match &statement.kind {
        StmtKind::Lock(_) | StmtKind::Unlock(_) => true,
        StmtKind::If { then, otherwise: None, .. } => {
            matches!(then.statements.as_slice(), [only] if is_lock(only))
        }
        _ => false,
    }
}

fn leaves(statement: &Stmt) -> bool {
    matches!(statement.kind, StmtKind::Return(_) | StmtKind::Break | StmtKind::Continue)
}
