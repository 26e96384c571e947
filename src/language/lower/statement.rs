//! Statements to code: where steps begin, and what joins them.

use super::context::{Label, LoopHead};
use super::{Lowering, Type};
use crate::language::diagnostic::Diagnostic;
use crate::language::syntax::*;
use crate::program::*;

/// How deep statements may nest, those of inlined calls included; more is hardly a protocol.
const DEPTH_MAX: usize = 512;

impl Lowering<'_> {
    pub(super) fn block(&mut self, block: &Block) {
        let mark = self.mark();
        let bindings = self.context.frame().bindings.len();
        let visible = self.context.visible.len();
        for statement in &block.statements {
            self.statement(statement);
        }
        self.leave_scope(mark, bindings, visible);
    }

    pub(super) fn statement(&mut self, statement: &Stmt) {
        if self.overflowed || !(self.flow.reachable || self.checking) {
            return;
        }
        self.walk_on();
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            let message = format!("statements nest more than {DEPTH_MAX} deep here");
            let error = Diagnostic::error(message, statement.head, "with all calls inlined");
            self.report(error.help("use fewer nested calls and blocks"));
        } else {
            self.one_statement(statement);
        }
        self.depth -= 1;
    }

    fn one_statement(&mut self, statement: &Stmt) {
        let id = self.listing.ids[&statement.span];
        let outer = std::mem::replace(&mut self.context.fairness, statement.fairness);
        match &statement.kind {
            StmtKind::Let { name, declared, value } => {
                self.let_statement(id, name, declared.as_ref(), value);
            }
            StmtKind::Assign { target, op, value } => {
                self.assignment(id, statement, target, *op, value);
            }
            StmtKind::If { condition, then, otherwise } => {
                self.if_statement(id, condition, then, otherwise.as_ref());
            }
            StmtKind::While { condition, body } => self.loop_statement(id, Some(condition), body),
            StmtKind::Loop(body) => self.loop_statement(id, None, body),
            StmtKind::For { var, domain, reversed, filter, body } => {
                self.cover(id);
                self.for_statement(var, domain, *reversed, filter.as_ref(), body);
            }
            StmtKind::Choose(branches) => self.choose(id, statement, branches),
            StmtKind::Await(condition) => {
                if self.context.atomic {
                    self.misplaced(
                        statement.head,
                        "`await` inside a step",
                        "an atomic block may only begin with `await`",
                    );
                }
                self.await_statement(id, condition);
            }
            StmtKind::Atomic(body) => self.atomic(id, body),
            StmtKind::Step => {
                self.not_atomic(statement, "a `step`");
                self.boundary(id, false);
                self.cover(id);
            }
            StmtKind::Lock(mutex) => {
                if self.context.atomic {
                    self.misplaced(
                        statement.head,
                        "`lock` inside a step",
                        "an atomic block may only begin with `lock`",
                    );
                }
                self.lock(id, mutex);
            }
            StmtKind::Unlock(mutex) => self.unlock(id, mutex, statement.head),
            StmtKind::Assert(condition) => self.assert(id, condition, statement.head),
            StmtKind::Yield => {
                self.not_atomic(statement, "`yield`");
                if !self
                    .context
                    .loops
                    .iter()
                    .any(|around| matches!(around.again, LoopHead::Back(_)))
                {
                    self.misplaced(
                        statement.head,
                        "`yield` outside a loop",
                        "it makes the loop around it a spin loop",
                    );
                }
                self.cover(id);
                self.emit(Op::Yield);
            }
            StmtKind::Skip => self.cover(id),
            StmtKind::Break | StmtKind::Continue => {
                self.cover(id);
                self.leave_turn(statement);
            }
            StmtKind::Return(value) => self.return_statement(id, statement.head, value.as_ref()),
            StmtKind::Finish(thread) => self.finish(id, statement, thread),
            StmtKind::Call(call) => {
                if let Some(result) = self.call_statement(id, call)
                    && result != Type::NOTHING
                {
                    self.emit(Op::Pop);
                }
            }
        }
        self.context.fairness = outer;
    }

    pub(super) fn misplaced(&mut self, span: Span, what: &str, help: &str) {
        self.report(Diagnostic::error(what, span, "cannot stand here").help(help));
    }

    pub(super) fn not_atomic(&mut self, statement: &Stmt, what: &str) {
        if self.context.atomic {
            let message = format!("{what} inside a step");
            self.misplaced(
                statement.head,
                &message,
                "atomic code is one step: take it out of the atomic block",
            );
        }
    }

    /// The atomicity rule: outside atomic code a statement makes one shared access at most.
    /// `own` is the statement's own write, if it makes one.
    pub(super) fn one_access(&mut self, head: Span, reads: &[Span], own: Option<Span>) -> usize {
        let count = reads.len() + usize::from(own.is_some());
        if count > 1 && !self.context.atomic {
            let mut error = Diagnostic::error(
                format!(
                    "this statement makes {count} shared accesses, and another thread can run between them"
                ),
                reads[0],
                "the first access",
            );
            for (index, &span) in reads[1..].iter().chain(&own).enumerate().take(3) {
                if span != reads[0] {
                    error = error.also(span, format!("access {}", index + 2));
                }
            }
            let text = self.sources.text(head);
            let first = self.sources.text(reads[0]);
            let split = match text.strip_prefix("let ") {
                _ if own.is_some() && text.contains("+=") || text.contains("-=") => {
                    format!(
                        "split it: `let old = {first}`, then write `{first}` from `old`; or declare the location `atomic`"
                    )
                }
                _ => format!("split it: `let first = {first}`, then use `first` in its place"),
            };
            self.report(
                error.help(split).help("or, if it really is one access, write `atomic { … }`"),
            );
        }
        count
    }

    fn return_statement(&mut self, id: StatementId, head: Span, value: Option<&Expr>) {
        let result = self.context.frame().result;
        match (value, result) {
            (Some(value), Some(result)) => {
                let found = match self.user_call(value) {
                    Some(call) => self.call(Some(id), call).unwrap_or(Type::UNKNOWN),
                    None => {
                        let found = self.type_of(value);
                        self.read_value(id, value.span, value);
                        found
                    }
                };
                self.expect_accepts(result, found, value.span);
                self.hold_to(result, found, value.span);
            }
            (None, Some(result)) => {
                let label = format!("the proc returns {}", self.show_type(result));
                self.report(Diagnostic::error("a value is missing", head, label));
            }
            (Some(value), None) => {
                let error = Diagnostic::error("this proc returns nothing", value.span, "a value");
                self.report(error.help("declare its type: `proc name() -> 0..9`"));
            }
            (None, None) => {}
        }
        self.cover(id);
        let mark = self.context.frame().mark;
        self.reset_since(mark);
        let mut leave = std::mem::replace(&mut self.context.frame().leave, Label::new());
        self.jump(Op::Jump, &mut leave);
        self.context.frame().leave = leave;
    }

    /// Holds the result on the stack, of type `found`, to the declared one.
    fn hold_to(&mut self, result: Type, found: Type, span: Span) {
        if result.contains(found) {
            return;
        }
        let message = format!("the result leaves its range {}", self.show_type(result));
        let check = self.check_id(CheckKind::Range, message, span);
        let mark = self.mark();
        let (bindings, visible) = (self.context.frame().bindings.len(), self.context.visible.len());
        let field = self.allot(result);
        self.emit(Op::Store { field, order: Order::Plain, check });
        self.emit(Op::Load { field, order: Order::Plain });
        self.leave_scope(mark, bindings, visible);
    }

    fn call_statement(&mut self, id: StatementId, call: &Call) -> Option<Type> {
        if self.builtin_arity(&call.name.text).is_none() {
            self.cover(id);
            return self.call(Some(id), call);
        }
        let expr = Expr { kind: ExprKind::Call(call.clone()), span: call.span };
        let result = self.type_of(&expr);
        let mut accesses = Vec::new();
        self.collect_call_accesses(call, &mut accesses);
        self.one_access(call.span, &accesses, None);
        self.boundary(id, false);
        self.cover(id);
        self.builtin_value(call);
        Some(result)
    }
}
