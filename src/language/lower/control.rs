//! Branches, loops and choices to code.

use super::context::{Binding, Label, Loop, LoopHead};
use super::{Lowering, Type, walk};
use crate::language::diagnostic::Diagnostic;
use crate::language::syntax::*;
use crate::program::*;

impl Lowering<'_> {
    pub(super) fn if_statement(
        &mut self,
        id: StatementId,
        condition: &Expr,
        then: &Block,
        otherwise: Option<&Block>,
    ) {
        self.expect_condition(condition);
        let mut no = Label::new();
        let mut end = Label::new();
        self.condition(id, condition, false, &mut no);
        self.block(then);
        self.jump(Op::Jump, &mut end);
        self.bind(no);
        if let Some(otherwise) = otherwise {
            self.block(otherwise);
        }
        self.bind(end);
    }

    /// Code that jumps to `label` if the condition is `want`. Outside atomic code, `&&` and `||`
    /// over several shared reads take a step for each, in source order.
    pub(super) fn condition(
        &mut self,
        id: StatementId,
        expr: &Expr,
        want: bool,
        label: &mut Label,
    ) {
        if !self.checking
            && self.accesses(expr).is_empty()
            && let Some(value) = self.constant(expr)
        {
            self.cover(id);
            if (value != 0) == want {
                self.jump(Op::Jump, label);
            }
            return;
        }
        match &expr.kind {
            ExprKind::Not(inner) => return self.condition(id, inner, !want, label),
            ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), left, right)
                if self.accesses(expr).len() > 1 || self.contains_call(expr) =>
            {
                if (*op == BinaryOp::Or) == want {
                    self.condition(id, left, want, label);
                    self.condition(id, right, want, label);
                } else {
                    let mut past = Label::new();
                    self.condition(id, left, !want, &mut past);
                    self.condition(id, right, want, label);
                    self.bind(past);
                }
                return;
            }
            _ => {}
        }
        if self.call_condition(id, expr) {
            self.cover(id);
            self.cover_pending();
            self.jump(if want { Op::JumpIf } else { Op::JumpUnless }, label);
            return;
        }
        let accesses = self.accesses(expr);
        if self.one_access(expr.span, &accesses, None) > 0 {
            self.boundary(id, false);
        }
        self.cover(id);
        self.cover_pending();
        self.branch(expr, want, label);
    }

    /// Code that leaves the value of `expr` on the stack, in the step or the steps that it takes.
    /// `head` is the statement that the atomicity rule looks at.
    pub(super) fn read_value(&mut self, id: StatementId, head: Span, expr: &Expr) {
        if self.split_value(id, expr) {
            return;
        }
        let accesses = self.accesses(expr);
        if self.one_access(head, &accesses, None) > 0 {
            self.boundary(id, false);
        }
        self.value(expr);
    }

    /// Code that leaves a truth value on the stack, with a step for each of several shared reads;
    /// false, and no code, if `expr` is no such condition.
    fn split_value(&mut self, id: StatementId, expr: &Expr) -> bool {
        let joins = matches!(expr.kind, ExprKind::Binary(BinaryOp::And | BinaryOp::Or, ..));
        if self.context.atomic || !joins || self.accesses(expr).len() < 2 {
            return false;
        }
        let mut no = Label::new();
        let mut end = Label::new();
        self.condition(id, expr, false, &mut no);
        self.emit(Op::Const(1));
        self.jump(Op::Jump, &mut end);
        self.bind(no);
        self.emit(Op::Const(0));
        self.bind(end);
        true
    }

    /// A call as a condition, alone or compared with a value: leaves the truth on the stack.
    pub(super) fn call_condition(&mut self, id: StatementId, expr: &Expr) -> bool {
        if let Some(call) = self.user_call(expr) {
            let result = self.call(Some(id), call).unwrap_or(Type::UNKNOWN);
            self.expect_accepts(Type::BOOL, result, expr.span);
            return true;
        }
        let ExprKind::Binary(op, left, right) = &expr.kind else { return false };
        let (call, other, flipped) = match (self.user_call(left), self.user_call(right)) {
            (Some(call), None) => (call, right, false),
            (None, Some(call)) => (call, left, true),
            _ => return false,
        };
        let reads = self.accesses(other);
        if !reads.is_empty() && (flipped || !self.context.atomic) {
            let error = Diagnostic::error(
                "a call is compared with a shared variable",
                reads[0],
                "an access of its own",
            );
            self.report(error.help("name the call's result with `let` first"));
        }
        self.call(Some(id), call);
        self.value(other);
        self.emit(match (op, flipped) {
            (BinaryOp::Eq, _) => Op::Eq,
            (BinaryOp::Ne, _) => Op::Ne,
            (BinaryOp::Lt, false) | (BinaryOp::Gt, true) => Op::Lt,
            (BinaryOp::Le, false) | (BinaryOp::Ge, true) => Op::Le,
            // `f() > n` is `!(f() <= n)`.
            (BinaryOp::Gt, false) | (BinaryOp::Lt, true) => Op::Le,
            _ => Op::Lt,
        });
        let negated = matches!(
            (op, flipped),
            (BinaryOp::Gt | BinaryOp::Ge, false) | (BinaryOp::Lt | BinaryOp::Le, true)
        );
        if negated {
            self.emit(Op::Not);
        }
        true
    }

    pub(super) fn loop_statement(
        &mut self,
        id: StatementId,
        condition: Option<&Expr>,
        body: &Block,
    ) {
        if self.context.atomic {
            self.report(
                Diagnostic::error(
                    "a loop inside a step",
                    self.listing.statements[id as usize].span,
                    "a step cannot loop",
                )
                .help("`for` is unrolled, and may stand in atomic code"),
            );
            return;
        }
        if let Some(condition) = condition {
            self.expect_condition(condition);
        }
        // A step that is open has its access inside the loop only in the first turn.
        if self.flow.open.take().is_some() {
            self.cover_pending();
        }
        let stepped = std::mem::replace(&mut self.flow.stepped, false);
        self.flow.fresh |= self.context.kernel == 0 && calls_something(body);
        let yields = yields(body);
        self.context.yielding += u32::from(yields);
        let head = self.here();
        let mark = self.mark();
        let frame = self.context.frames.len();
        self.context.loops.push(Loop {
            again: LoopHead::Back(head),
            exit: Label::new(),
            mark,
            frame,
        });
        let mut exit = Label::new();
        match condition {
            Some(condition) => self.condition(id, condition, false, &mut exit),
            None => self.cover(id),
        }
        self.block(body);
        self.jump_back(head, self.listing.statements[id as usize].span);
        self.context.yielding -= u32::from(yields);
        let finished = self.context.loops.pop().expect("the loop was entered");
        self.bind(exit);
        self.bind(finished.exit);
        self.flow.stepped |= stepped;
    }

    pub(super) fn jump_back(&mut self, head: Addr, span: Span) {
        if !self.flow.reachable {
            return;
        }
        if !self.flow.stepped {
            let error = Diagnostic::error(
                "a turn of this loop may take no step",
                span,
                "it could run for ever between two steps",
            );
            self.report(error.help("add a shared access or a `step` to the path that lacks one"));
        }
        self.emit(Op::Jump(head));
        self.flow.reachable = false;
    }

    pub(super) fn for_statement(
        &mut self,
        var: &Name,
        domain: &DomainExpr,
        reversed: bool,
        filter: Option<&Expr>,
        body: &Block,
    ) {
        let Some(dim) = self.resolve_dim(domain) else { return };
        let mut values: Vec<Value> = dim.values().collect();
        if reversed {
            values.reverse();
        }
        let mut exit = Label::new();
        for value in values {
            self.walk_on();
            let bindings = self.context.frame().bindings.len();
            let binding = Binding::Constant(value, dim.ty);
            self.context.frame().bindings.push((var.text.clone(), binding));
            let wanted = filter.map(|filter| {
                self.require_constant(filter, "a `for` is unrolled, so its condition must be known")
            });
            if wanted.is_none_or(|wanted| wanted == Some(1) || self.checking) {
                let (mark, frame) = (self.mark(), self.context.frames.len());
                let again = LoopHead::Forward(Label::new());
                self.context.loops.push(Loop { again, exit, mark, frame });
                self.block(body);
                let turn = self.context.loops.pop().expect("the loop was entered");
                exit = turn.exit;
                if let LoopHead::Forward(next) = turn.again {
                    self.bind(next);
                }
            }
            self.context.frame().bindings.truncate(bindings);
            if self.checking || self.overflowed {
                break;
            }
        }
        self.bind(exit);
    }

    pub(super) fn leave_turn(&mut self, statement: &Stmt) {
        let frame = self.context.frames.len();
        let Some(around) = self.context.loops.last().filter(|around| around.frame == frame) else {
            self.misplaced(
                statement.head,
                "this stands outside a loop",
                "`break` and `continue` belong in `while`, `loop` and `for`",
            );
            return;
        };
        self.reset_since(around.mark);
        let mut around = self.context.loops.pop().expect("there is one");
        match (&statement.kind, &mut around.again) {
            (StmtKind::Break, _) => self.jump(Op::Jump, &mut around.exit),
            (_, LoopHead::Forward(next)) => self.jump(Op::Jump, next),
            (_, LoopHead::Back(head)) => self.jump_back(*head, statement.head),
        }
        self.context.loops.push(around);
    }

    pub(super) fn choose(&mut self, id: StatementId, statement: &Stmt, branches: &[Block]) {
        self.not_atomic(statement, "`choose`");
        // A system call's first step is this choice only if it is the same on every path.
        if !self.flow.sole && self.flow.open.take().is_some() {
            self.cover_pending();
        }
        self.boundary(id, false);
        self.cover(id);
        let count = branches.len() as u32;
        if let Some(place) = self.context.places.last_mut().filter(|_| self.flow.reachable) {
            place.branches = count;
        }
        self.emit(Op::Branch { count });
        let chosen = self.flow;
        let mut starts: Vec<Label> = branches.iter().map(|_| Label::new()).collect();
        for start in &mut starts {
            self.flow = chosen;
            self.jump(Op::Jump, start);
        }
        let mut end = Label::new();
        for (branch, start) in branches.iter().zip(starts) {
            self.bind(start);
            self.block(branch);
            self.jump(Op::Jump, &mut end);
        }
        self.bind(end);
    }
}

/// The loop with this body is a spin loop: a `yield` stands in it, and in no loop inside it.
fn yields(body: &Block) -> bool {
    body.statements.iter().any(|statement| match &statement.kind {
        StmtKind::Yield => true,
        StmtKind::While { .. } | StmtKind::Loop(_) => false,
        _ => super::blocks(statement).into_iter().any(yields),
    })
}

/// Some statement calls a proc, so that a turn may end in a system call's return.
fn calls_something(body: &Block) -> bool {
    let mut found = false;
    walk(body, &mut |statement| {
        let has_call = |expr: &Expr| super::call::contains_any_call(expr);
        found |= matches!(statement.kind, StmtKind::Call(_))
            || super::expressions(statement).into_iter().any(has_call);
    });
    found
}
