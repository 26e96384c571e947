//! Expressions to code.

use super::context::{Binding, Kind, Label};
use super::{Dim, Lowering, Type};
use crate::language::diagnostic::Diagnostic;
use crate::language::model::Symbol;
use crate::language::syntax::*;
use crate::language::types::Base;
use crate::program::*;

/// A location whose index, if it is not known, is on the stack.
#[derive(Clone, Copy)]
pub(super) struct Location {
    pub var: usize,
    pub field: FieldId,
    /// `Some`: the index is on the stack; how many elements, and the check that it is one.
    pub indexed: Option<(u16, CheckId)>,
}

impl Lowering<'_> {
    /// Code that leaves the value of `expr` on the stack.
    pub(super) fn value(&mut self, expr: &Expr) {
        if let Some(value) = self.constant(expr) {
            self.emit(Op::Const(value));
            return;
        }
        match &expr.kind {
            ExprKind::Name(name) => self.name_value(name, expr.span),
            ExprKind::Index(name, indices) => {
                if let Some(Symbol::Var(var)) = self.symbol(&name.text) {
                    if self.vars[var].constant {
                        self.constant_element(var, indices, expr.span);
                    } else if let Some(location) = self.location(expr) {
                        self.load(location, self.default_order(location.var));
                    }
                }
            }
            ExprKind::Call(call) => self.builtin_value(call),
            ExprKind::Not(inner) => {
                self.value(inner);
                self.emit(Op::Not);
            }
            ExprKind::Negate(inner) => {
                self.value(inner);
                self.emit(Op::Neg);
            }
            ExprKind::Binary(BinaryOp::And | BinaryOp::Or, ..) | ExprKind::Quantifier { .. } => {
                if let ExprKind::Quantifier { kind: Quantifier::Number, var, domain, body } =
                    &expr.kind
                {
                    self.number(var, domain.as_ref(), body);
                    return;
                }
                let mut no = Label::new();
                let mut end = Label::new();
                self.branch(expr, false, &mut no);
                self.emit(Op::Const(1));
                self.jump(Op::Jump, &mut end);
                self.bind(no);
                self.emit(Op::Const(0));
                self.bind(end);
            }
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right),
            _ => {}
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr) {
        if matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
            self.warn_of_wrapping(left, right);
        }
        self.value(left);
        self.value(right);
        self.emit(match op {
            BinaryOp::Eq => Op::Eq,
            BinaryOp::Ne => Op::Ne,
            // `a > b` is `!(a <= b)`: the operands are evaluated in source order.
            BinaryOp::Lt | BinaryOp::Ge => Op::Lt,
            BinaryOp::Le | BinaryOp::Gt => Op::Le,
            BinaryOp::Add => Op::Add,
            BinaryOp::Sub => Op::Sub,
            BinaryOp::Mul => Op::Mul,
            _ => Op::Rem,
        });
        if matches!(op, BinaryOp::Gt | BinaryOp::Ge) {
            self.emit(Op::Not);
        }
        if matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul) {
            let modulus =
                [left, right].into_iter().find_map(|expr| match self.quiet_type(expr).base {
                    Base::Mod(n) => Some(n),
                    _ => None,
                });
            if let Some(n) = modulus {
                self.emit(Op::Const(n));
                self.emit(Op::Rem);
            }
        }
    }

    /// Wrap-around hides changes from a loop that waits for one.
    fn warn_of_wrapping(&mut self, left: &Expr, right: &Expr) {
        let in_loop = !self.context.loops.is_empty();
        let wraps = |base| matches!(base, Base::Mod(_));
        if in_loop && (wraps(self.quiet_type(left).base) || wraps(self.quiet_type(right).base)) {
            let span = left.span.to(right.span);
            let message = "a `mod` value is compared for equality inside a loop";
            self.report(
                Diagnostic::warning(message, span, "it may wrap around between two looks")
                    .help("use a range that is large enough for the cast: `0..n`"),
            );
        }
    }

    fn name_value(&mut self, name: &str, span: Span) {
        match self.context.binding(name).cloned() {
            Some(Binding::Constant(value, _)) => self.emit(Op::Const(value)),
            Some(Binding::Local { field, .. }) => {
                self.emit(Op::Load { field, order: Order::Plain });
            }
            // A mutex that nobody locks is free.
            Some(Binding::Mutex { var, .. }) if self.vars[var].constant => {
                self.emit(Op::Const(NONE));
            }
            Some(Binding::Mutex { .. }) => {
                if let Some(location) = self.mutex(&named(name, span)) {
                    self.load(location, Order::SeqCst);
                }
            }
            Some(_) => self.emit(Op::Const(0)),
            None => match self.symbol(name) {
                Some(Symbol::Var(_)) => {
                    if let Some(location) = self.location(&named(name, span)) {
                        self.load(location, self.default_order(location.var));
                    }
                }
                symbol
                    if symbol.is_none()
                        && (name != "done" || self.context.kind != Kind::Expression) => {}
                Some(Symbol::Outcome(_)) | None => {
                    let mut no = Label::new();
                    let mut end = Label::new();
                    self.branch(&named(name, span), false, &mut no);
                    self.emit(Op::Const(1));
                    self.jump(Op::Jump, &mut end);
                    self.bind(no);
                    self.emit(Op::Const(0));
                    self.bind(end);
                }
                _ => {}
            },
        }
    }

    /// An element of an array that nothing writes, by an index that is not known.
    fn constant_element(&mut self, var: usize, indices: &[Expr], span: Span) {
        let initial = self.vars[var].initial.clone();
        let name = self.model.vars[var].name.text.clone();
        let message = format!("the index of `{name}` is out of its range, or none");
        let check = self.check_id(CheckKind::Range, message, span);
        let mut end = Label::new();
        for (at, value) in initial.into_iter().enumerate() {
            let mut next = Label::new();
            self.flat_index(var, indices);
            self.emit(Op::Const(at as Value));
            self.emit(Op::Eq);
            self.jump(Op::JumpUnless, &mut next);
            self.emit(Op::Const(value));
            self.jump(Op::Jump, &mut end);
            self.bind(next);
        }
        self.emit(Op::Fail(check));
        self.emit(Op::Const(0));
        self.bind(end);
    }

    /// How many values of a domain satisfy a condition.
    fn number(&mut self, var: &Name, domain: Option<&DomainExpr>, body: &Expr) {
        let Ok(dim) = self.quantified(var, domain, body) else { return };
        self.emit(Op::Const(0));
        self.each(var, dim, |lowering| {
            let mut next = Label::new();
            lowering.branch(body, false, &mut next);
            lowering.emit(Op::Const(1));
            lowering.emit(Op::Add);
            lowering.bind(next);
        });
    }

    /// Walks `body` once for each value that `var` takes.
    fn each(&mut self, var: &Name, dim: Dim, mut body: impl FnMut(&mut Self)) {
        for value in dim.values() {
            if self.overflowed {
                return;
            }
            let binding = (var.text.clone(), Binding::Constant(value, dim.ty));
            self.context.frame().bindings.push(binding);
            body(self);
            self.context.frame().bindings.pop();
        }
    }

    /// Code that jumps to `label` if `expr` is `want`, and goes on otherwise.
    pub(super) fn branch(&mut self, expr: &Expr, want: bool, label: &mut Label) {
        if !self.checking
            && let Some(value) = self.constant(expr)
        {
            if (value != 0) == want {
                self.jump(Op::Jump, label);
            }
            return;
        }
        match &expr.kind {
            ExprKind::Not(inner) => self.branch(inner, !want, label),
            ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), left, right) => {
                // Both sides jump to `label`, or the left one jumps past the right one.
                if (*op == BinaryOp::Or) == want {
                    self.branch(left, want, label);
                    self.branch(right, want, label);
                } else {
                    let mut past = Label::new();
                    self.branch(left, !want, &mut past);
                    self.branch(right, want, label);
                    self.bind(past);
                }
            }
            ExprKind::Quantifier { kind, var, domain, body } if *kind != Quantifier::Number => {
                let Ok(dim) = self.quantified(var, domain.as_ref(), body) else { return };
                if (*kind == Quantifier::Exists) == want {
                    self.each(var, dim, |lowering| lowering.branch(body, want, label));
                } else {
                    let mut past = Label::new();
                    self.each(var, dim, |lowering| lowering.branch(body, !want, &mut past));
                    self.jump(Op::Jump, label);
                    self.bind(past);
                }
            }
            ExprKind::Name(name) if self.context.binding(name).is_none() => {
                match self.symbol(name) {
                    Some(Symbol::Outcome(id)) => {
                        let model = self.model;
                        let below = self.context.outcomes_below;
                        if id < below {
                            let in_scenario = std::mem::replace(&mut self.in_scenario, false);
                            self.context.outcomes_below = id;
                            self.branch(&model.outcomes[id].when, want, label);
                            self.context.outcomes_below = below;
                            self.in_scenario = in_scenario;
                        }
                    }
                    None if name == "done" && self.context.kind == Kind::Expression => {
                        self.done(want, label);
                    }
                    _ => self.branch_on_value(expr, want, label),
                }
            }
            _ => self.branch_on_value(expr, want, label),
        }
    }

    fn branch_on_value(&mut self, expr: &Expr, want: bool, label: &mut Label) {
        self.value(expr);
        self.jump(if want { Op::JumpIf } else { Op::JumpUnless }, label);
    }

    /// Every live thread has finished.
    fn done(&mut self, want: bool, label: &mut Label) {
        let mut not_done = Label::new();
        for thread in 0..self.thread_names.len() as Value {
            let mut next = Label::new();
            self.emit(Op::Const(thread));
            self.emit(Op::Finished);
            self.jump(Op::JumpIf, &mut next);
            let model = self.model;
            for lives in &model.lives {
                self.bound_branch(&lives.thread, thread, &lives.when, false, &mut next);
            }
            self.jump(Op::Jump, if want { &mut not_done } else { label });
            self.bind(next);
        }
        if want {
            self.jump(Op::Jump, label);
        }
        self.bind(not_done);
    }

    /// Like [`Self::branch`], for a condition of a thread.
    pub(super) fn bound_branch(
        &mut self,
        name: &Name,
        thread: Value,
        when: &Expr,
        want: bool,
        label: &mut Label,
    ) {
        let ty = Type::new(Base::Thread(self.thread_count()));
        let binding = (name.text.clone(), Binding::Constant(thread, ty));
        self.context.frame().bindings.push(binding);
        let outer = self.context.thread.replace(thread);
        let in_scenario = std::mem::replace(&mut self.in_scenario, false);
        self.branch(when, want, label);
        self.in_scenario = in_scenario;
        self.context.thread = outer;
        self.context.frame().bindings.pop();
    }

    pub(super) fn default_order(&self, var: usize) -> Order {
        match self.model.vars[var].location {
            Some(LocationKind::Plain) => Order::Plain,
            _ => Order::SeqCst,
        }
    }
}

/// Locations.
impl Lowering<'_> {
    /// Code that leaves the index of a location on the stack, unless it is known.
    pub(super) fn location(&mut self, target: &Expr) -> Option<Location> {
        let (name, indices): (&str, &[Expr]) = match &target.kind {
            ExprKind::Name(name) => (name, &[]),
            ExprKind::Index(name, indices) => (&name.text, indices),
            _ => return None,
        };
        let Some(Symbol::Var(var)) = self.symbol(name) else { return None };
        self.element(var, indices, target.span)
    }

    fn element(&mut self, var: usize, indices: &[Expr], span: Span) -> Option<Location> {
        let first = self.vars[var].first;
        if self.vars[var].dims.len() != indices.len() {
            return None;
        }
        let mut known = Some(0);
        for (dim, index) in self.vars[var].dims.iter().zip(indices) {
            let offset = self.constant(index).and_then(|index| index.checked_sub(dim.low));
            known = match (known, offset) {
                (Some(at), Some(offset)) if (0..dim.length).contains(&offset) => {
                    Some(at * dim.length as usize + offset as usize)
                }
                _ => None,
            };
        }
        if let Some(at) = known {
            let field = first.saturating_add(at as FieldId);
            return Some(Location { var, field, indexed: None });
        }
        self.flat_index(var, indices);
        let name = &self.model.vars[var].name.text;
        let message = format!("the index of `{name}` is out of its range, or none");
        let check = self.check_id(CheckKind::Range, message, span);
        let length = self.vars[var].length as u16;
        Some(Location { var, field: first, indexed: Some((length, check)) })
    }

    /// Code that leaves the position of an element in its array on the stack.
    fn flat_index(&mut self, var: usize, indices: &[Expr]) {
        let dims = self.vars[var].dims.clone();
        for (position, (dim, index)) in dims.iter().zip(indices).enumerate() {
            if position > 0 {
                self.emit(Op::Const(dim.length));
                self.emit(Op::Mul);
            }
            self.value(index);
            if dim.low != 0 {
                self.emit(Op::Const(dim.low));
                self.emit(Op::Sub);
            }
            if position > 0 {
                self.emit(Op::Add);
            }
        }
    }

    /// The location of a mutex, given as a variable or as a parameter.
    pub(super) fn mutex(&mut self, expr: &Expr) -> Option<Location> {
        if let ExprKind::Name(name) = &expr.kind
            && let Some(binding) = self.context.binding(name).cloned()
        {
            let Binding::Mutex { var, indices } = binding else { return None };
            let indices: Vec<Expr> =
                indices.into_iter().map(|index| self.rebind(index, expr.span)).collect();
            let location = self.element(var, &indices, expr.span);
            let rebound = indices.len();
            let length = self.context.frame().bindings.len();
            self.context.frame().bindings.truncate(length - rebound);
            return location;
        }
        self.location(expr)
    }

    /// A bound operand as an expression: under a name that no text can spell.
    fn rebind(&mut self, operand: Binding, span: Span) -> Expr {
        let name = format!("#{}", self.context.frame().bindings.len());
        self.context.frame().bindings.push((name.clone(), operand));
        named(&name, span)
    }

    pub(super) fn load(&mut self, location: Location, order: Order) {
        let Location { field, indexed, .. } = location;
        self.emit(match indexed {
            None => Op::Load { field, order },
            Some((length, check)) => Op::LoadAt { base: field, length, order, check },
        });
    }

    /// Stores what is on the stack.
    pub(super) fn store(&mut self, location: Location, order: Order, span: Span) {
        self.stored.insert(location.var);
        let check = self.range_check(location.var, span);
        let Location { field, indexed, .. } = location;
        self.emit(match indexed {
            None => Op::Store { field, order, check },
            Some((length, _)) => Op::StoreAt { base: field, length, order, check },
        });
    }

    fn range_check(&mut self, var: usize, span: Span) -> CheckId {
        let ty = self.show_type(self.vars[var].ty);
        let name = &self.model.vars[var].name.text;
        let message = format!("`{name}` leaves its range {ty}");
        self.check_id(CheckKind::Range, message, span)
    }
}

/// The operations on memory.
impl Lowering<'_> {
    /// Code for an operation of the language; user calls are inlined elsewhere.
    pub(super) fn builtin_value(&mut self, call: &Call) {
        let orders = self.orders(call);
        let order = orders.first().copied().unwrap_or_default();
        let target = call.args.first();
        match (call.name.text.as_str(), target) {
            ("in_kernel", Some(thread)) => {
                self.value(thread);
                self.emit(Op::InKernel);
            }
            ("finished", Some(thread)) => {
                self.value(thread);
                self.emit(Op::Finished);
            }
            ("fence", _) => self.emit(Op::Fence(order)),
            ("try_lock", Some(mutex)) => self.try_lock(mutex, call.span),
            (
                name @ ("load" | "store" | "cas" | "swap" | "fetch_add" | "fetch_sub"),
                Some(target),
            ) => {
                let folded = self.assigned_var(target).is_some_and(|var| self.vars[var].constant);
                if name == "load" && folded {
                    return self.value(target);
                }
                let Some(location) = self.location(target) else { return };
                call.args[1..].iter().for_each(|arg| self.value(arg));
                self.memory_operation(name, location, order, &orders, call.span);
            }
            (name, _) => {
                let message = format!("the call of `{name}` cannot stand here");
                self.report(
                    Diagnostic::error(message, call.span, "a call inside an expression")
                        .help("a call stands alone, on the right of `=` or `return`, or as a condition, alone, negated or compared with a value")
                        .help(format!("name its result: `let result = {name}(…)`")),
                );
            }
        }
    }

    fn memory_operation(
        &mut self,
        name: &str,
        location: Location,
        order: Order,
        orders: &[Order],
        span: Span,
    ) {
        let Location { var, field, indexed, .. } = location;
        let kind = match name {
            "load" => return self.load(location, order),
            "store" => return self.store(location, order, span),
            "cas" => {
                self.stored.insert(var);
                let check = self.range_check(var, span);
                // C11: without a second word, a failure reads as the success would.
                let failure = orders.get(1).copied().unwrap_or(match order {
                    Order::AcqRel => Order::Acquire,
                    Order::Release => Order::Relaxed,
                    order => order,
                });
                self.emit(match indexed {
                    None => Op::Cas { field, success: order, failure, check },
                    Some((length, _)) => {
                        Op::CasAt { base: field, length, success: order, failure, check }
                    }
                });
                return;
            }
            "swap" => RmwKind::Swap,
            "fetch_add" => RmwKind::Add,
            _ => RmwKind::Sub,
        };
        self.read_modify_write(location, kind, order, span);
    }

    /// `operand -- old`, the index below the operand if it is not known.
    pub(super) fn read_modify_write(
        &mut self,
        location: Location,
        kind: RmwKind,
        order: Order,
        span: Span,
    ) {
        self.stored.insert(location.var);
        let check = self.range_check(location.var, span);
        let Location { field, indexed, .. } = location;
        self.emit(match indexed {
            None => Op::Rmw { field, kind, order, check },
            Some((length, _)) => Op::RmwAt { base: field, length, kind, order, check },
        });
    }

    fn try_lock(&mut self, mutex: &Expr, span: Span) {
        let thread = self.context.thread.unwrap_or(0);
        let mut held = Label::new();
        let mut end = Label::new();
        let Some(location) = self.mutex(mutex) else { return };
        self.load(location, Order::SeqCst);
        self.emit(Op::Const(NONE));
        self.emit(Op::Eq);
        self.jump(Op::JumpUnless, &mut held);
        let Some(location) = self.mutex(mutex) else { return };
        self.emit(Op::Const(thread));
        self.store(location, Order::SeqCst, span);
        self.emit(Op::Const(1));
        self.jump(Op::Jump, &mut end);
        self.bind(held);
        self.emit(Op::Const(0));
        self.bind(end);
    }

    /// The orders of an operation. Which ones it takes is C11's rule.
    fn orders(&mut self, call: &Call) -> Vec<Order> {
        let allowed = |position: usize, order: Order| match (call.name.text.as_str(), position) {
            ("load", 0) | ("cas", 1) => !matches!(order, Order::Release | Order::AcqRel),
            ("store", 0) => !matches!(order, Order::Acquire | Order::AcqRel),
            ("cas" | "swap" | "fetch_add" | "fetch_sub", 0) => true,
            ("fence", 0) => order != Order::Relaxed,
            _ => false,
        };
        let mut orders = Vec::new();
        for (position, (word, span)) in call.orders.iter().enumerate() {
            let (order, named) = match word {
                OrderWord::Known(order) => (*order, String::new()),
                OrderWord::Option(option) => match self.order_of(option) {
                    Some((name, order)) => {
                        if !self.order_options.contains(option) {
                            self.order_options.push(option.clone());
                        }
                        (order, format!(": `{option}` is {name}"))
                    }
                    None => {
                        self.unknown_order(option, *span);
                        continue;
                    }
                },
            };
            if !allowed(position, order) {
                let message =
                    format!("`{}` does not take this memory order{named}", call.name.text);
                self.report(Diagnostic::error(message, *span, "not in C11"));
            }
            orders.push(order);
        }
        orders
    }

    /// The order that an option stands for: its value is named as one is.
    fn order_of(&self, option: &str) -> Option<(&'static str, Order)> {
        let Symbol::Option(option) = self.symbol(option)? else { return None };
        let (ty, value) = (*self.options.get(option)?)?;
        let Base::Enum(id, _) = ty.base else { return None };
        let name = &self.model.enums[id].values.get(value as usize)?.text;
        Order::NAMED.into_iter().find(|(known, _)| known == name)
    }

    fn unknown_order(&mut self, word: &str, span: Span) {
        let names = Order::NAMED.map(|(name, _)| name);
        let message = format!("`{word}` is no memory order, and no option whose value is one");
        let error = Diagnostic::error(message, span, "not an order").nearest(word, names);
        self.report(error.help(format!("the orders are {}", names.join(", "))));
    }
}

/// A name as an expression.
pub(super) fn named(name: &str, span: Span) -> Expr {
    Expr { kind: ExprKind::Name(name.to_string()), span }
}
