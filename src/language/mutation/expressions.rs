//! Changes of expressions: conditions, constants, memory orders.

use super::super::syntax::*;
use super::Operator;
use super::statements::Finder;
use crate::program::{Order, Span};

impl Finder<'_> {
    /// The expressions of a statement, those of its blocks apart.
    pub(super) fn expressions_of(&mut self, statement: &Stmt) {
        let head = statement.head;
        match &statement.kind {
            StmtKind::If { condition, .. }
            | StmtKind::While { condition, .. }
            | StmtKind::Await(condition) => {
                self.negate(condition, head);
                self.expression(condition, head);
            }
            StmtKind::Let { value, .. } | StmtKind::Return(Some(value)) => {
                self.expression(value, head);
            }
            StmtKind::Assign { target, value, .. } => {
                self.expression(target, head);
                self.expression(value, head);
            }
            StmtKind::Lock(argument) | StmtKind::Unlock(argument) | StmtKind::Finish(argument) => {
                self.expression(argument, head);
            }
            StmtKind::Call(call) => self.call(call, head),
            _ => {}
        }
    }

    fn negate(&mut self, condition: &Expr, head: Span) {
        let description = format!("negate the condition of {}", self.quoted(head));
        let (span, opposite) = match &condition.kind {
            ExprKind::Not(operand) => (condition.span, self.words(operand.span).to_string()),
            // The parser forgets parentheses, but not that they belong to the span.
            ExprKind::Binary(op, left, right) if left.span.end <= right.span.start => {
                match opposite(*op) {
                    Some(opposite) => {
                        let op_span = Span { start: left.span.end, ..right.span };
                        let right = self.words(right.span);
                        (op_span, format!(" {opposite} {right}"))
                    }
                    None => (condition.span, format!("!({})", self.words(condition.span))),
                }
            }
            _ => (condition.span, format!("!({})", self.words(condition.span))),
        };
        self.replace(Operator::Negate, condition.span, span, &opposite, description);
    }

    fn expression(&mut self, expr: &Expr, head: Span) {
        match &expr.kind {
            ExprKind::Number(0) => self.constant(expr.span, "0", "1", head),
            ExprKind::Number(1) => self.constant(expr.span, "1", "0", head),
            ExprKind::Bool(false) => self.constant(expr.span, "false", "true", head),
            ExprKind::Bool(true) => self.constant(expr.span, "true", "false", head),
            ExprKind::Index(_, indices) => {
                indices.iter().for_each(|index| self.expression(index, head));
            }
            ExprKind::Call(call) => self.call(call, head),
            ExprKind::Not(operand) | ExprKind::Negate(operand) => self.expression(operand, head),
            ExprKind::Binary(_, left, right) => {
                self.expression(left, head);
                self.expression(right, head);
            }
            ExprKind::Quantifier { body, .. } => self.expression(body, head),
            ExprKind::Number(_) | ExprKind::None | ExprKind::SelfThread | ExprKind::Name(_) => {}
        }
    }

    fn call(&mut self, call: &Call, head: Span) {
        let known = call.orders.iter().filter_map(|(order, span)| match order {
            OrderWord::Known(order) => Some((order, span)),
            OrderWord::Option(_) => None,
        });
        for (order, span) in known {
            for weaker in weaker(*order, &call.name.text) {
                let (now, what) = (self.quoted(*span), self.quoted(head));
                let description = format!("{now} becomes `{weaker}` in {what}");
                self.replace(Operator::Weaken, *span, *span, weaker, description);
            }
        }
        call.args.iter().for_each(|arg| self.expression(arg, head));
    }

    fn constant(&mut self, span: Span, old: &str, new: &str, head: Span) {
        let description = format!("`{old}` becomes `{new}` in {}", self.quoted(head));
        self.replace(Operator::Constant, span, span, new, description);
    }
}

/// The comparison that holds where this one does not.
fn opposite(op: BinaryOp) -> Option<&'static str> {
    Some(match op {
        BinaryOp::Eq => "!=",
        BinaryOp::Ne => "==",
        BinaryOp::Lt => ">=",
        BinaryOp::Ge => "<",
        BinaryOp::Gt => "<=",
        BinaryOp::Le => ">",
        _ => return None,
    })
}

/// The orders just below `order` for this operation.
fn weaker(order: Order, operation: &str) -> &'static [&'static str] {
    match (order, operation) {
        (Order::SeqCst, "load") => &["acquire"],
        (Order::SeqCst, "store") => &["release"],
        (Order::SeqCst, _) => &["acq_rel"],
        (Order::AcqRel, _) => &["acquire", "release"],
        (Order::Acquire | Order::Release, _) => &["relaxed"],
        (Order::Relaxed | Order::Plain, _) => &[],
    }
}
