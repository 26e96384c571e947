//! `let` and assignments to code.

use super::context::Binding;
use super::{Lowering, Type};
use crate::language::diagnostic::Diagnostic;
use crate::language::model::Symbol;
use crate::language::syntax::*;
use crate::language::types::Base;
use crate::program::*;

impl Lowering<'_> {
    pub(super) fn let_statement(
        &mut self,
        id: StatementId,
        name: &Name,
        declared: Option<&TypeExpr>,
        value: &Expr,
    ) {
        let declared = declared.map(|ty| self.resolve_type(ty));
        let assigned = self.context.frame().assigned.contains(&name.text);
        let call = self.user_call(value);
        let accesses = self.accesses(value).len();
        let known = self.constant(value).filter(|_| !assigned && call.is_none() && accesses < 2);
        let found = match call {
            Some(call) => self.call(Some(id), call).unwrap_or(Type::UNKNOWN),
            None => self.type_of(value),
        };
        let ty = declared.unwrap_or(match found.base {
            // What one learns of a mutex is who holds it.
            Base::Mutex(n) => Type { base: Base::Thread(n), optional: true },
            _ => found,
        });
        self.expect_accepts(ty, found, value.span);
        let single = ty.as_int().is_some_and(|(low, high)| low == high);
        let narrow = assigned && declared.is_none() && single;
        if ty.range().is_none() && ty.base != Base::Unknown || narrow {
            let message = format!("the type of `{}` cannot be told from its value", name.text);
            let error =
                Diagnostic::error(message, name.span, format!("this is {}", self.show_type(ty)));
            self.report(error.help(format!("give it: `let {}: 0..9 = …`", name.text)));
        }
        let binding = if let Some(known) = known {
            if accesses > 0 {
                self.boundary(id, false);
            }
            // While a proc is checked by itself, its loops take one turn, perhaps not this one.
            if !self.checking {
                self.constant_of_type(value, ty);
            }
            Binding::Constant(known, ty)
        } else {
            if call.is_none() {
                self.read_value(id, value.span, value);
            }
            let field = self.allot(ty);
            let check = match ty.contains(found) {
                true => 0,
                false => self.local_range(&name.text, ty, value.span),
            };
            self.emit(Op::Store { field, order: Order::Plain, check });
            self.context.visible.push((name.text.clone(), field, self.domain_of(ty)));
            Binding::Local { field, ty, fixed: !assigned }
        };
        self.cover(id);
        self.context.frame().bindings.push((name.text.clone(), binding));
    }

    pub(super) fn assignment(
        &mut self,
        id: StatementId,
        statement: &Stmt,
        target: &Expr,
        op: AssignOp,
        value: &Expr,
    ) {
        if let ExprKind::Name(name) = &target.kind
            && let Some(binding) = self.context.binding(name).cloned()
        {
            return self.assign_local(id, statement, name, target.span, binding, op, value);
        }
        let aux = self.assigned_var(target).is_some_and(|var| self.model.vars[var].aux);
        let readable = self.context.aux_readable;
        self.context.aux_readable |= aux;
        self.assign_shared(id, statement, target, op, value, aux);
        self.context.aux_readable = readable;
    }

    pub(super) fn assigned_var(&self, target: &Expr) -> Option<usize> {
        let name = match &target.kind {
            ExprKind::Name(name) => name,
            ExprKind::Index(name, _) => &name.text,
            _ => return None,
        };
        match self.symbol(name) {
            Some(Symbol::Var(var)) => Some(var),
            _ => None,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one statement")]
    pub(super) fn assign_local(
        &mut self,
        id: StatementId,
        statement: &Stmt,
        name: &str,
        span: Span,
        binding: Binding,
        op: AssignOp,
        value: &Expr,
    ) {
        let Binding::Local { field, ty, .. } = binding else {
            let message = format!("`{name}` cannot be assigned");
            self.report(Diagnostic::error(
                message,
                span,
                "a constant, or bound by a loop or a call",
            ));
            return;
        };
        if let Some(call) = self.user_call(value).filter(|_| op == AssignOp::Set) {
            let found = self.call(Some(id), call).unwrap_or(Type::UNKNOWN);
            self.expect_accepts(ty, found, value.span);
        } else {
            self.expect_type(value, ty);
            self.read_value(id, statement.head, value);
            if op != AssignOp::Set {
                self.expect_number(ty, span);
                self.emit(Op::Load { field, order: Order::Plain });
            }
            match op {
                AssignOp::Set => {}
                AssignOp::Add => self.emit(Op::Add),
                // What is on the stack is `value - local`.
                AssignOp::Sub => {
                    self.emit(Op::Sub);
                    self.emit(Op::Neg);
                }
            }
        }
        let check = self.local_range(name, ty, statement.head);
        self.emit(Op::Store { field, order: Order::Plain, check });
        self.cover(id);
    }

    /// The check that a local does not leave its range.
    fn local_range(&mut self, name: &str, ty: Type, span: Span) -> CheckId {
        let message = format!("`{name}` leaves its range {}", self.show_type(ty));
        self.check_id(CheckKind::Range, message, span)
    }

    fn expect_number(&mut self, ty: Type, span: Span) {
        if ty.as_int().is_none() && ty.base != Base::Unknown {
            let message = format!("expected a number, found {}", self.show_type(ty));
            self.report(Diagnostic::error(message, span, "not a number"));
        }
    }

    pub(super) fn expect_accepts(&mut self, ty: Type, found: Type, span: Span) {
        if !ty.accepts(found) {
            let message =
                format!("expected {}, found {}", self.show_type(ty), self.show_type(found));
            self.report(Diagnostic::error(message, span, "of another type"));
        }
    }

    pub(super) fn assign_shared(
        &mut self,
        id: StatementId,
        statement: &Stmt,
        target: &Expr,
        op: AssignOp,
        value: &Expr,
        aux: bool,
    ) {
        let ty = self.type_of(target);
        let Some(var) = self.assigned_var(target) else {
            if ty != Type::UNKNOWN {
                self.report(Diagnostic::error(
                    "this cannot be assigned",
                    target.span,
                    "not a variable",
                ));
            }
            return;
        };
        if matches!(ty.base, Base::Mutex(_)) {
            let error = Diagnostic::error("a mutex cannot be assigned", target.span, "");
            self.report(error.help("use `lock` and `unlock`"));
            return;
        }
        if op != AssignOp::Set {
            self.expect_number(ty, target.span);
        }
        let mut reads = Vec::new();
        if let ExprKind::Index(_, indices) = &target.kind {
            indices.iter().for_each(|index| reads.extend(self.accesses(index)));
        }
        let call = self.user_call(value).filter(|_| op == AssignOp::Set);
        if let Some(call) = call {
            return self.assign_call(id, statement, target, ty, call, &reads, aux);
        }
        reads.extend(self.accesses(value));
        self.expect_type(value, ty);
        let atomic_location = self.model.vars[var].location == Some(LocationKind::Atomic);
        if aux {
            // History joins the step before it; what it reads must be history or local too.
            if !reads.is_empty() && !self.context.atomic {
                let error = Diagnostic::error(
                    "a history variable takes no step of its own",
                    reads[0],
                    "a shared read",
                );
                self.report(
                    error.help("read it with `let` in a step of its own, or write `atomic { … }`"),
                );
            }
            if !self.pure(value) {
                let error = Diagnostic::error(
                    "a history variable is written from something that changes more",
                    value.span,
                    "a write",
                );
                self.report(error.help("name its result with `let` first"));
            }
            self.own_step_if_fresh(id);
        } else {
            if op != AssignOp::Set && !atomic_location {
                reads.push(target.span);
            }
            self.one_access(statement.head, &reads, Some(target.span));
            self.boundary(id, false);
        }
        self.cover(id);
        if aux && self.cast.without_aux {
            return;
        }
        let order = self.default_order(var);
        let Some(location) = self.location(target) else { return };
        if op != AssignOp::Set && atomic_location {
            self.value(value);
            let kind = if op == AssignOp::Add { RmwKind::Add } else { RmwKind::Sub };
            self.read_modify_write(location, kind, order, statement.head);
            self.emit(Op::Pop);
            return;
        }
        if op != AssignOp::Set {
            if let Some(again) = self.location(target) {
                self.load(again, order);
            }
            self.value(value);
            self.emit(if op == AssignOp::Add { Op::Add } else { Op::Sub });
        } else {
            self.value(value);
        }
        self.store(location, order, statement.head);
    }

    /// `x = f()` writes in a step of its own, after those of the call; history joins its last.
    #[expect(clippy::too_many_arguments, reason = "the parts of one statement")]
    fn assign_call(
        &mut self,
        id: StatementId,
        statement: &Stmt,
        target: &Expr,
        ty: Type,
        call: &Call,
        reads: &[Span],
        aux: bool,
    ) {
        self.one_access(statement.head, reads, Some(target.span));
        let found = self.call(Some(id), call).unwrap_or(Type::UNKNOWN);
        self.expect_accepts(ty, found, call.span);
        let mark = self.mark();
        let (bindings, visible) = (self.context.frame().bindings.len(), self.context.visible.len());
        let field = self.allot(found);
        self.emit(Op::Store { field, order: Order::Plain, check: 0 });
        if aux {
            self.own_step_if_fresh(id);
        } else {
            self.boundary(id, false);
        }
        self.cover(id);
        if aux && self.cast.without_aux {
            // The call alone has had its effects.
        } else if let Some(location) = self.location(target) {
            self.emit(Op::Load { field, order: Order::Plain });
            self.store(location, self.default_order(location.var), statement.head);
        }
        self.leave_scope(mark, bindings, visible);
    }
}
