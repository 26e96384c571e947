//! How many shared accesses an expression makes: what the atomicity rule counts.

use super::context::Binding;
use super::{Lowering, Type};
use crate::language::model::Symbol;
use crate::language::syntax::*;
use crate::language::types::Base;
use crate::program::*;

impl Lowering<'_> {
    /// Where `expr` accesses shared variables, each access by itself.
    pub(super) fn accesses(&self, expr: &Expr) -> Vec<Span> {
        let mut found = Vec::new();
        self.collect_accesses(expr, &mut found);
        found
    }

    fn collect_accesses(&self, expr: &Expr, found: &mut Vec<Span>) {
        match &expr.kind {
            ExprKind::Name(name) => {
                let mutex = matches!(self.context.binding(name), Some(Binding::Mutex { .. }));
                let opaque = Type::new(Base::Mutex(self.thread_count()));
                let unknown = self.context.binding(name) == Some(&Binding::Opaque(opaque));
                let local = self.context.binding(name).is_some();
                if mutex || unknown || (!local && self.is_shared(name)) {
                    found.push(expr.span);
                }
            }
            ExprKind::Index(name, indices) => {
                indices.iter().for_each(|index| self.collect_accesses(index, found));
                if self.is_shared(&name.text) {
                    found.push(expr.span);
                }
            }
            ExprKind::Call(call) => self.collect_call_accesses(call, found),
            ExprKind::Not(inner) | ExprKind::Negate(inner) => self.collect_accesses(inner, found),
            ExprKind::Binary(_, left, right) => {
                self.collect_accesses(left, found);
                self.collect_accesses(right, found);
            }
            ExprKind::Quantifier { var, domain, body, .. } => {
                let length =
                    self.quantified(var, domain.as_ref(), body).map_or(1, |dim| dim.length);
                let before = found.len();
                self.collect_accesses(body, found);
                // More than one is too many, whatever their number.
                if length > 1 && found.len() == before + 1 {
                    found.extend_from_within(before..);
                }
            }
            _ => {}
        }
    }

    pub(super) fn collect_call_accesses(&self, call: &Call, found: &mut Vec<Span>) {
        if self.builtin_arity(&call.name.text).is_none() {
            // Arguments that are themselves names of mutexes or procs are not read.
            for (index, arg) in call.args.iter().enumerate() {
                let param = self.param_type(&call.name.text, index);
                match param.map(|ty| ty.base) {
                    // What is bound to a proc's parameters is read where it is passed.
                    Some(Base::Proc) => {
                        if let ExprKind::Call(bound) = &arg.kind {
                            self.collect_call_accesses(bound, found);
                        }
                    }
                    Some(Base::Mutex(_)) => {
                        if let ExprKind::Index(_, indices) = &arg.kind {
                            indices.iter().for_each(|index| self.collect_accesses(index, found));
                        }
                    }
                    _ => self.collect_accesses(arg, found),
                }
            }
        } else if matches!(call.name.text.as_str(), "in_kernel" | "finished") {
            call.args.iter().for_each(|arg| self.collect_accesses(arg, found));
        } else {
            for (index, arg) in call.args.iter().enumerate() {
                self.collect_accesses(arg, found);
                // The location itself is the one access of the operation, whatever it holds.
                if index == 0 && found.last() != Some(&arg.span) {
                    found.push(arg.span);
                }
            }
        }
    }

    fn param_type(&self, name: &str, index: usize) -> Option<Type> {
        match self.symbol(name) {
            Some(Symbol::Proc(id)) if self.context.binding(name).is_none() => {
                self.signatures[id].params.get(index).copied()
            }
            _ => None,
        }
    }

    /// Reading it is a shared access: some statement of the texts writes it, and it is no history.
    fn is_shared(&self, name: &str) -> bool {
        match self.symbol(name) {
            Some(Symbol::Var(var)) => {
                !self.model.vars[var].aux && self.vars.get(var).is_some_and(|var| var.written)
            }
            _ => false,
        }
    }

    /// Evaluating it cannot fail: every index is sure to be in its range.
    pub(super) fn infallible(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Call(call) => call.args.iter().all(|arg| self.infallible(arg)),
            ExprKind::Index(name, indices) => match self.symbol(&name.text) {
                Some(Symbol::Var(var)) => self.vars.get(var).is_some_and(|var| {
                    let mut indices = indices.iter().zip(&var.dims);
                    indices.all(|(index, dim)| {
                        dim.ty.contains(self.quiet_type(index)) && self.infallible(index)
                    })
                }),
                _ => false,
            },
            ExprKind::Not(inner) | ExprKind::Negate(inner) => self.infallible(inner),
            ExprKind::Binary(_, left, right) => self.infallible(left) && self.infallible(right),
            ExprKind::Quantifier { .. } => false,
            _ => true,
        }
    }

    /// Evaluating it changes nothing.
    pub(super) fn pure(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Call(call) => {
                matches!(call.name.text.as_str(), "load" | "in_kernel" | "finished")
                    && call.args.iter().all(|arg| self.pure(arg))
            }
            ExprKind::Index(_, indices) => indices.iter().all(|index| self.pure(index)),
            ExprKind::Not(inner) | ExprKind::Negate(inner) => self.pure(inner),
            ExprKind::Binary(_, left, right) => self.pure(left) && self.pure(right),
            ExprKind::Quantifier { body, .. } => self.pure(body),
            _ => true,
        }
    }
}
