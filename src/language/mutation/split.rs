//! A read-modify-write becomes a read and a write, each a step of its own.

use super::super::syntax::*;
use super::Operator;
use super::statements::Finder;
use crate::program::Span;

/// `cas(place, old, new)`, as it is written.
struct Cas<'t> {
    /// `place == old`
    test: String,
    /// `place = new`
    store: String,
    span: Span,
    words: &'t str,
}

impl<'t> Finder<'t> {
    /// The read-modify-write of a statement that is no part of a larger step.
    pub(super) fn split(&mut self, statement: &Stmt) {
        match &statement.kind {
            StmtKind::Call(call) => {
                if let Some(cas) = self.cas_call(call) {
                    let split = format!("if {} {{ {} }}", cas.test, cas.store);
                    self.split_into(&cas, statement.span, &split);
                }
            }
            StmtKind::Let { name, value, .. } => {
                let result = name.text.clone();
                self.split_value(statement, &result, value);
            }
            StmtKind::Assign { target, op: AssignOp::Set, value } => {
                let result = self.words(target.span).to_string();
                self.split_value(statement, &result, value);
            }
            StmtKind::Assign { target, op, value } => {
                self.split_update(statement, target, *op, value);
            }
            StmtKind::Return(Some(value)) => {
                if let Some(cas) = self.cas(value) {
                    let split = format!(
                        "if {} {{ {}  return true }}\n{}return false",
                        cas.test,
                        cas.store,
                        self.indent(statement.span)
                    );
                    self.split_into(&cas, statement.span, &split);
                }
            }
            StmtKind::If { condition, then, otherwise } => {
                if let Some(cas) = negated(condition).and_then(|cas| self.cas(cas)) {
                    let rest = otherwise.as_ref().map_or("", |block| self.inner(block));
                    let then = self.words(then.span);
                    let split = format!("if {} {{ {}{rest} }} else {then}", cas.test, cas.store);
                    self.split_into(&cas, statement.span, &split);
                } else {
                    self.split_before_block(condition, then);
                }
            }
            StmtKind::While { condition, body } => {
                if let Some(cas) = negated(condition).and_then(|cas| self.cas(cas)) {
                    let split = format!(
                        "loop {{ if {} {{ {}  break }}{} }}",
                        cas.test,
                        cas.store,
                        self.inner(body)
                    );
                    self.split_into(&cas, statement.span, &split);
                } else {
                    self.split_before_block(condition, body);
                }
            }
            _ => {}
        }
    }

    /// `… && cas(…) { … }`: the test stays, and the block starts with the store.
    fn split_before_block(&mut self, condition: &Expr, block: &Block) {
        let mut last = condition;
        while let ExprKind::Binary(BinaryOp::And, _, right) = &last.kind {
            last = right;
        }
        if let Some(cas) = self.cas(last) {
            let between = Span { start: cas.span.end, end: block.span.start + 1, ..cas.span };
            let split = format!("{}{} {}", cas.test, self.words(between), cas.store);
            self.split_into(&cas, Span { end: between.end, ..cas.span }, &split);
        }
    }

    /// `result = cas(…)`
    fn split_value(&mut self, statement: &Stmt, result: &str, value: &Expr) {
        if let Some(cas) = self.cas(value) {
            let start = Span { end: value.span.start, ..statement.span };
            let split = format!(
                "{}{}\n{}if {result} {{ {} }}",
                self.words(start),
                cas.test,
                self.indent(statement.span),
                cas.store
            );
            self.split_into(&cas, statement.span, &split);
        }
    }

    /// `place += value`
    fn split_update(&mut self, statement: &Stmt, target: &Expr, op: AssignOp, value: &Expr) {
        if matches!(&target.kind, ExprKind::Name(name) if self.locals.contains(name)) {
            return;
        }
        let sign = if op == AssignOp::Add { '+' } else { '-' };
        let (place, value) = (self.words(target.span), self.words(value.span));
        let loaded = self.unused_name();
        let indent = self.indent(statement.span);
        let split = format!("let {loaded} = {place}\n{indent}{place} = {loaded} {sign} {value}");
        let what = self.quoted(statement.span);
        let description = format!("split {what} into a read and a write");
        self.replace(Operator::Split, statement.span, statement.span, &split, description);
    }

    fn split_into(&mut self, cas: &Cas, span: Span, split: &str) {
        let description = format!("split `{}` into a read and a write", cas.words);
        self.replace(Operator::Split, cas.span, span, split, description);
    }

    fn cas(&self, expr: &Expr) -> Option<Cas<'t>> {
        match &expr.kind {
            ExprKind::Call(call) => self.cas_call(call),
            _ => None,
        }
    }

    fn cas_call(&self, call: &Call) -> Option<Cas<'t>> {
        let [place, old, new] = call.args.as_slice() else { return None };
        if call.name.text != "cas" {
            return None;
        }
        let words = |expr: &Expr| match expr.kind {
            ExprKind::Binary(..) => format!("({})", self.words(expr.span)),
            _ => self.words(expr.span).to_string(),
        };
        Some(Cas {
            test: format!("{} == {}", words(place), words(old)),
            store: format!("{} = {}", words(place), self.words(new.span)),
            span: call.span,
            words: self.words(call.span),
        })
    }

    /// What stands in a block, with the blanks around.
    fn inner(&self, block: &Block) -> &'t str {
        let words = self.words(block.span);
        match words.strip_prefix('{') {
            Some(rest) => rest.strip_suffix('}').unwrap_or(rest).trim_end(),
            None => words,
        }
    }

    /// A name that the text has no word of.
    fn unused_name(&self) -> String {
        let numbered = (2..).map(|number| format!("loaded_{number}"));
        let mut names = std::iter::once("loaded".to_string()).chain(numbered);
        names.find(|name| !self.text.contains(name.as_str())).expect("texts end, numbers do not")
    }
}

fn negated(condition: &Expr) -> Option<&Expr> {
    match &condition.kind {
        ExprKind::Not(operand) => Some(operand),
        _ => None,
    }
}
