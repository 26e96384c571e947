//! The type of an expression, and how many shared accesses it makes.

use super::context::{Binding, Kind};
use super::{Dim, ELEMENTS_MAX, Lowering, Type};
use crate::language::diagnostic::Diagnostic;
use crate::language::model::Symbol;
use crate::language::syntax::*;
use crate::language::types::Base;
use crate::program::*;

/// What a proc takes and gives.
#[derive(Debug, Clone)]
pub(super) struct Signature {
    pub params: Vec<Type>,
    pub result: Option<Type>,
}

/// Variables that quantifiers around an expression bind.
type Bound = Vec<(String, Type)>;

impl Lowering<'_> {
    pub(super) fn type_of(&mut self, expr: &Expr) -> Type {
        let mut errors = Vec::new();
        let ty = self.infer(expr, &mut Vec::new(), &mut errors);
        errors.into_iter().for_each(|error| self.report(error));
        ty
    }

    /// The type of an expression that was reported on already, or will be.
    pub(super) fn quiet_type(&self, expr: &Expr) -> Type {
        self.infer(expr, &mut Vec::new(), &mut Vec::new())
    }

    /// Reports unless `expr` may be used where a value of type `ty` is needed.
    pub(super) fn expect_type(&mut self, expr: &Expr, ty: Type) {
        let found = self.type_of(expr);
        if !ty.accepts(found) {
            let message =
                format!("expected {}, found {}", self.show_type(ty), self.show_type(found));
            self.report(Diagnostic::error(message, expr.span, "of another type"));
        }
    }

    /// Reports unless `expr` is true or false.
    pub(super) fn expect_condition(&mut self, expr: &Expr) {
        let mut errors = Vec::new();
        self.need_bool(expr, &mut Vec::new(), &mut errors);
        if self.context.only_looks() && !self.pure(expr) {
            let message = "a condition of a state changes nothing";
            errors.push(Diagnostic::error(message, expr.span, "this writes, or calls a proc"));
        }
        errors.into_iter().for_each(|error| self.report(error));
    }

    pub(super) fn show_type(&self, ty: Type) -> String {
        let base = match ty.base {
            Base::Bool => "bool".to_string(),
            Base::Int(low, high) if low == high => format!("the number {low}"),
            Base::Int(low, high) => format!("{low}..{high}"),
            Base::Mod(n) => format!("mod {n}"),
            Base::Enum(id, _) => self.model.enums[id].name.text.clone(),
            Base::Thread(_) => "thread".to_string(),
            Base::Mutex(_) => "mutex".to_string(),
            Base::None => return "none".to_string(),
            Base::Proc => "a proc".to_string(),
            Base::Nothing => "no value".to_string(),
            Base::Unknown => "an unknown type".to_string(),
        };
        if ty.optional { format!("{base} or none") } else { base }
    }

    fn infer(&self, expr: &Expr, bound: &mut Bound, errors: &mut Vec<Diagnostic>) -> Type {
        match &expr.kind {
            ExprKind::Number(value) => Type::int(*value as Value, *value as Value),
            ExprKind::Bool(_) => Type::BOOL,
            ExprKind::None => Type::NONE,
            ExprKind::SelfThread => {
                if self.context.thread.is_none() {
                    let label = "no thread runs this";
                    errors.push(Diagnostic::error("there is no `self` here", expr.span, label));
                }
                Type::new(Base::Thread(self.thread_count()))
            }
            ExprKind::Name(name) => self.infer_name(name, expr.span, bound, errors),
            ExprKind::Index(name, indices) => self.infer_index(name, indices, expr, bound, errors),
            ExprKind::Call(call) => self.infer_call(call, bound, errors),
            ExprKind::Not(inner) => {
                self.need_bool(inner, bound, errors);
                Type::BOOL
            }
            ExprKind::Negate(inner) => match self.need_int(inner, bound, errors) {
                Some((low, high)) => Type::int(-high, -low),
                None => Type::UNKNOWN,
            },
            ExprKind::Binary(op, left, right) => {
                self.infer_binary(*op, left, right, expr, bound, errors)
            }
            ExprKind::Quantifier { kind, var, domain, body } => {
                let (ty, length) = match self.quantified(var, domain.as_ref(), body) {
                    Ok(dim) => (dim.ty, dim.length),
                    Err(error) => {
                        errors.push(error);
                        (Type::UNKNOWN, 1)
                    }
                };
                bound.push((var.text.clone(), ty));
                self.need_bool(body, bound, errors);
                bound.pop();
                match kind {
                    Quantifier::Number => Type::int(0, length),
                    _ => Type::BOOL,
                }
            }
        }
    }

    fn infer_name(
        &self,
        name: &str,
        span: Span,
        bound: &Bound,
        errors: &mut Vec<Diagnostic>,
    ) -> Type {
        if let Some((_, ty)) = bound.iter().rev().find(|(known, _)| known == name) {
            return *ty;
        }
        let mutex = Type::new(Base::Mutex(self.thread_count()));
        match self.context.binding(name) {
            Some(Binding::Constant(_, ty) | Binding::Local { ty, .. } | Binding::Opaque(ty)) => {
                return *ty;
            }
            Some(Binding::Mutex { .. }) => return mutex,
            Some(Binding::Proc { .. }) => return Type::new(Base::Proc),
            None => {}
        }
        if self.scenario_thread(name).is_some() {
            return Type::new(Base::Thread(self.thread_count()));
        }
        match self.symbol(name) {
            Some(Symbol::Option(option)) => match self.options.get(option) {
                Some(Some((ty, _))) => *ty,
                _ => Type::UNKNOWN,
            },
            Some(Symbol::Value(id, _)) => {
                Type::new(Base::Enum(id, self.model.enums[id].values.len() as Value))
            }
            Some(Symbol::Var(var)) => {
                let Some(info) = self.vars.get(var) else { return Type::UNKNOWN };
                if !info.dims.is_empty() {
                    let message = format!("`{name}` is an array");
                    let error = Diagnostic::error(message, span, "an index is missing");
                    errors.push(error.help(format!("write `{name}[…]`")));
                    return Type::UNKNOWN;
                }
                self.check_aux(var, span, errors);
                info.ty
            }
            Some(Symbol::Proc(_)) => Type::new(Base::Proc),
            Some(Symbol::Outcome(id)) => {
                if id >= self.context.outcomes_below {
                    let message = format!("the outcome `{name}` is used before it is declared");
                    let error = Diagnostic::error(message, span, "declared here or further down");
                    errors.push(error.help("an outcome may only build on those above it"));
                }
                self.only_in_properties(name, span, errors)
            }
            None if name == "done" => self.only_in_properties(name, span, errors),
            Some(symbol @ (Symbol::Enum(_) | Symbol::Other)) => {
                let message = format!("`{name}` is {}, not a value", symbol.describe());
                errors.push(Diagnostic::error(message, span, ""));
                Type::UNKNOWN
            }
            None => {
                errors.push(self.no_such_name(name, span, "not found"));
                Type::UNKNOWN
            }
        }
    }

    fn only_in_properties(&self, name: &str, span: Span, errors: &mut Vec<Diagnostic>) -> Type {
        if self.context.kind != Kind::Expression {
            let message = format!("`{name}` can only be asked by properties");
            errors.push(Diagnostic::error(message, span, "an outcome"));
        }
        Type::BOOL
    }

    /// Aux variables must not influence what happens.
    fn check_aux(&self, var: usize, span: Span, errors: &mut Vec<Diagnostic>) {
        if self.model.vars[var].aux && !self.context.aux_readable {
            let name = &self.model.vars[var].name.text;
            let message = format!("`{name}` is a history variable: code cannot read it");
            errors.push(
                Diagnostic::error(message, span, "read here")
                    .help("only properties, outcomes and writes of aux variables read one")
                    .help(format!("declare `{name}` without `aux` if the protocol uses it")),
            );
        }
    }

    pub(super) fn infer_index(
        &self,
        name: &Name,
        indices: &[Expr],
        expr: &Expr,
        bound: &mut Bound,
        errors: &mut Vec<Diagnostic>,
    ) -> Type {
        let Some(Symbol::Var(var)) = self.symbol(&name.text) else {
            errors.push(match self.symbol(&name.text) {
                Some(symbol) => {
                    let message = format!("`{}` is {}", name.text, symbol.describe());
                    Diagnostic::error(message, name.span, "not an array")
                }
                None => self.no_such_name(&name.text, name.span, "not found"),
            });
            return Type::UNKNOWN;
        };
        let Some(info) = self.vars.get(var) else { return Type::UNKNOWN };
        if info.dims.len() != indices.len() {
            let message =
                format!("`{}` takes {} indices, not {}", name.text, info.dims.len(), indices.len());
            errors.push(Diagnostic::error(message, expr.span, ""));
            return info.ty;
        }
        for (dim, index) in info.dims.iter().zip(indices) {
            let found = self.infer(index, bound, errors);
            if !self.pure(index) && !self.contains_call(index) {
                let error =
                    Diagnostic::error("an index that changes something", index.span, "a write");
                errors.push(error.help("name it first: `let i = …`"));
            }
            let several = info.dims.len() > 1;
            let exact = dim.ty.contains(found) || found.base == Base::Unknown;
            if !dim.ty.accepts(found) || (several || dim.low != 0) && found.optional {
                let message =
                    format!("expected {}, found {}", self.show_type(dim.ty), self.show_type(found));
                errors.push(Diagnostic::error(message, index.span, "of another type"));
            } else if several && !exact {
                let message = "an index of several dimensions must be sure to be in range";
                let error = Diagnostic::error(message, index.span, self.show_type(found));
                errors.push(
                    error.help(format!("name it first: `let i: {} = …`", self.show_type(dim.ty))),
                );
            }
        }
        self.check_aux(var, expr.span, errors);
        info.ty
    }

    fn infer_call(&self, call: &Call, bound: &mut Bound, errors: &mut Vec<Diagnostic>) -> Type {
        let mut arg_types: Vec<Type> = Vec::new();
        let builtin = self.builtin_arity(&call.name.text);
        if let Some(arity) = builtin {
            for arg in &call.args {
                arg_types.push(self.infer(arg, bound, errors));
            }
            if arity != call.args.len() {
                let message = format!(
                    "`{}` takes {arity} arguments, not {}",
                    call.name.text,
                    call.args.len()
                );
                errors.push(Diagnostic::error(message, call.span, ""));
                return Type::UNKNOWN;
            }
        }
        match call.name.text.as_str() {
            "cas" | "swap" | "fetch_add" | "fetch_sub" | "load" | "store" => {
                let target = arg_types[0];
                self.check_location(call, errors);
                if matches!(call.name.text.as_str(), "fetch_add" | "fetch_sub") {
                    self.int_range(target, call.args[0].span, errors);
                }
                for (arg, &found) in call.args.iter().zip(&arg_types).skip(1) {
                    if !target.accepts(found) {
                        let expected = self.show_type(target);
                        let message =
                            format!("expected {expected}, found {}", self.show_type(found));
                        errors.push(Diagnostic::error(message, arg.span, "of another type"));
                    }
                }
                match call.name.text.as_str() {
                    "cas" => Type::BOOL,
                    "store" => Type::NOTHING,
                    _ => target,
                }
            }
            "fence" => Type::NOTHING,
            "try_lock" => {
                if self.context.thread.is_none() {
                    let message = "there is no `self` here to hold a mutex";
                    errors.push(Diagnostic::error(message, call.span, "no thread runs this"));
                }
                if !matches!(arg_types[0].base, Base::Mutex(_) | Base::Unknown) {
                    errors.push(Diagnostic::error("this is not a mutex", call.args[0].span, ""));
                }
                Type::BOOL
            }
            "in_kernel" | "finished" => {
                let thread = Type::new(Base::Thread(self.thread_count()));
                if !thread.accepts(arg_types[0]) {
                    let found = self.show_type(arg_types[0]);
                    let message = format!("expected thread, found {found}");
                    errors.push(Diagnostic::error(message, call.args[0].span, "of another type"));
                }
                if !self.context.atomic {
                    let message = format!("`{}` looks at another thread's place", call.name.text);
                    let error = Diagnostic::error(message, call.span, "outside atomic code");
                    errors.push(error.help("put the statement into `atomic { … }`"));
                }
                Type::BOOL
            }
            name => match (self.context.binding(name), self.symbol(name)) {
                (Some(Binding::Proc { .. } | Binding::Opaque(_)), _) => Type::NOTHING,
                (None, Some(Symbol::Proc(id))) => {
                    self.signatures[id].result.unwrap_or(Type::NOTHING)
                }
                _ => {
                    errors.push(self.no_such_name(name, call.name.span, "not a proc"));
                    Type::UNKNOWN
                }
            },
        }
    }

    pub(super) fn builtin_arity(&self, name: &str) -> Option<usize> {
        match name {
            "fence" => Some(0),
            "load" | "try_lock" | "in_kernel" | "finished" => Some(1),
            "swap" | "fetch_add" | "fetch_sub" | "store" => Some(2),
            "cas" => Some(3),
            _ => None,
        }
    }

    /// The first argument of a memory operation must be a location that allows it.
    fn check_location(&self, call: &Call, errors: &mut Vec<Diagnostic>) {
        let target = &call.args[0];
        let name = match &target.kind {
            ExprKind::Name(name) if self.context.binding(name).is_none() => name,
            ExprKind::Index(name, _) => &name.text,
            _ => {
                let message = format!("`{}` works on a shared variable", call.name.text);
                errors.push(Diagnostic::error(message, target.span, "not one"));
                return;
            }
        };
        let Some(Symbol::Var(var)) = self.symbol(name) else { return };
        let reads_and_writes =
            matches!(call.name.text.as_str(), "cas" | "swap" | "fetch_add" | "fetch_sub");
        let decl = &self.model.vars[var];
        if reads_and_writes && decl.location != Some(LocationKind::Atomic) {
            let message = format!("`{}` needs an atomic location", call.name.text);
            errors.push(
                Diagnostic::error(message, target.span, "not declared `atomic`")
                    .also(decl.name.span, "declared here")
                    .help(format!("declare it as `var {name}: atomic …`")),
            );
        }
    }

    fn infer_binary(
        &self,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        expr: &Expr,
        bound: &mut Bound,
        errors: &mut Vec<Diagnostic>,
    ) -> Type {
        match op {
            BinaryOp::Or | BinaryOp::And => {
                self.need_bool(left, bound, errors);
                self.need_bool(right, bound, errors);
                Type::BOOL
            }
            BinaryOp::Eq | BinaryOp::Ne => {
                let a = self.infer(left, bound, errors);
                let b = self.infer(right, bound, errors);
                if !a.comparable(b) {
                    let message =
                        format!("{} and {} are never equal", self.show_type(a), self.show_type(b));
                    errors.push(Diagnostic::error(message, expr.span, "of different types"));
                }
                Type::BOOL
            }
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                self.need_int(left, bound, errors);
                self.need_int(right, bound, errors);
                Type::BOOL
            }
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Rem => {
                let a_type = self.infer(left, bound, errors);
                let b_type = self.infer(right, bound, errors);
                let (Some(a), Some(b)) = (
                    self.int_range(a_type, left.span, errors),
                    self.int_range(b_type, right.span, errors),
                ) else {
                    return Type::UNKNOWN;
                };
                if op == BinaryOp::Rem {
                    return match self.constant(right) {
                        Some(n) if n > 0 => Type::int(0, n - 1),
                        _ => {
                            let message = "`%` needs a positive constant on its right";
                            errors.push(Diagnostic::error(message, right.span, ""));
                            Type::UNKNOWN
                        }
                    };
                }
                if let (Base::Mod(n), _) | (_, Base::Mod(n)) = (a_type.base, b_type.base) {
                    return Type::new(Base::Mod(n));
                }
                let combine = |x: Value, y: Value| match op {
                    BinaryOp::Add => i64::from(x) + i64::from(y),
                    BinaryOp::Sub => i64::from(x) - i64::from(y),
                    _ => i64::from(x) * i64::from(y),
                };
                let all =
                    [combine(a.0, b.0), combine(a.0, b.1), combine(a.1, b.0), combine(a.1, b.1)];
                let (low, high) = (all.iter().min().copied(), all.iter().max().copied());
                match (low.map(i32::try_from), high.map(i32::try_from)) {
                    (Some(Ok(low)), Some(Ok(high))) if low > i32::MIN => Type::int(low, high),
                    _ => {
                        let message = "this can leave the range of numbers";
                        let label = format!("beyond {} or {}", i32::MIN + 1, i32::MAX);
                        errors.push(Diagnostic::error(message, expr.span, label));
                        Type::UNKNOWN
                    }
                }
            }
        }
    }

    fn need_bool(&self, expr: &Expr, bound: &mut Bound, errors: &mut Vec<Diagnostic>) {
        let found = self.infer(expr, bound, errors);
        if !found.is_bool() {
            let message = format!("expected a condition, found {}", self.show_type(found));
            errors.push(Diagnostic::error(message, expr.span, "not true or false"));
        }
    }

    fn need_int(
        &self,
        expr: &Expr,
        bound: &mut Bound,
        errors: &mut Vec<Diagnostic>,
    ) -> Option<(Value, Value)> {
        let found = self.infer(expr, bound, errors);
        self.int_range(found, expr.span, errors)
    }

    fn int_range(
        &self,
        found: Type,
        span: Span,
        errors: &mut Vec<Diagnostic>,
    ) -> Option<(Value, Value)> {
        if found.base == Base::Unknown {
            return None;
        }
        if found.as_int().is_none() {
            let message = format!("expected a number, found {}", self.show_type(found));
            let mut error = Diagnostic::error(message, span, "not a number");
            if found.optional {
                error = error
                    .help("compare it with `none` first, and name the number: `let n: 0..9 = …`");
            }
            errors.push(error);
        }
        found.as_int()
    }

    /// What a bound variable ranges over: the domain given, or the one that it indexes.
    pub(super) fn quantified(
        &self,
        var: &Name,
        domain: Option<&DomainExpr>,
        body: &Expr,
    ) -> Result<Dim, Diagnostic> {
        let found = match domain {
            Some(DomainExpr::Range(low, high, _)) => {
                match (self.constant(low), self.constant(high)) {
                    (Some(low), Some(high)) if low <= high && low != NONE => {
                        let length = high.checked_sub(low).and_then(|length| length.checked_add(1));
                        let length = length.filter(|&length| length as usize <= ELEMENTS_MAX);
                        length.map(|length| Dim { ty: Type::int(low, high), low, length })
                    }
                    _ => None,
                }
            }
            Some(DomainExpr::Named(name)) => match (name.text.as_str(), self.symbol(&name.text)) {
                ("thread", _) => Some(self.thread_dim()),
                ("bool", _) => Some(Dim { ty: Type::BOOL, low: 0, length: 2 }),
                (_, Some(Symbol::Enum(id))) => {
                    let length = self.model.enums[id].values.len() as Value;
                    Some(Dim { ty: Type::new(Base::Enum(id, length)), low: 0, length })
                }
                _ => None,
            },
            None => self.indexed_by(&var.text, body),
        };
        found.ok_or_else(|| {
            let message = format!("cannot tell what `{}` ranges over", var.text);
            let help = format!("say so, as in `exists({} in thread: …)`", var.text);
            Diagnostic::error(message, var.span, "it indexes nothing").help(help)
        })
    }

    fn thread_dim(&self) -> Dim {
        let count = self.thread_count();
        Dim { ty: Type::new(Base::Thread(count)), low: 0, length: count }
    }

    /// The dimension of the first array that `var` indexes in `expr`.
    fn indexed_by(&self, var: &str, expr: &Expr) -> Option<Dim> {
        let is_var = |expr: &Expr| matches!(&expr.kind, ExprKind::Name(name) if name == var);
        match &expr.kind {
            ExprKind::Index(name, indices) => {
                let Some(Symbol::Var(id)) = self.symbol(&name.text) else { return None };
                let dims = &self.vars.get(id)?.dims;
                let here = indices.iter().zip(dims).find(|(index, _)| is_var(index));
                here.map(|(_, dim)| *dim)
                    .or_else(|| indices.iter().find_map(|index| self.indexed_by(var, index)))
            }
            ExprKind::Call(call) => {
                let places = matches!(call.name.text.as_str(), "in_kernel" | "finished");
                if places && call.args.iter().any(is_var) {
                    return Some(self.thread_dim());
                }
                call.args.iter().find_map(|arg| self.indexed_by(var, arg))
            }
            ExprKind::Not(inner) | ExprKind::Negate(inner) => self.indexed_by(var, inner),
            ExprKind::Binary(_, left, right) => {
                self.indexed_by(var, left).or_else(|| self.indexed_by(var, right))
            }
            ExprKind::Quantifier { var: inner, body, .. } if inner.text != var => {
                self.indexed_by(var, body)
            }
            _ => None,
        }
    }

    pub(super) fn no_such_name(&self, name: &str, span: Span, label: &str) -> Diagnostic {
        let locals = self.context.frames.iter().rev().take(1).flat_map(|frame| &frame.bindings);
        let mut known: Vec<&str> = locals.map(|(name, _)| name.as_str()).collect();
        known.extend(self.model.symbols.keys().map(String::as_str));
        if self.in_scenario {
            known.extend(self.thread_names.iter().map(String::as_str));
        }
        known.sort_unstable();
        Diagnostic::error(format!("there is no `{name}`"), span, label).nearest(name, known)
    }

    pub(super) fn unknown_name(&mut self, name: &Name, expected: &str) {
        let label = format!("expected {expected}");
        let error = self.no_such_name(&name.text, name.span, &label);
        self.report(error);
    }

    pub(super) fn wrong_dimensions(&mut self, span: Span, name: &str, has: usize, given: usize) {
        let message = format!("`{name}` takes {has} indices, not {given}");
        self.report(Diagnostic::error(message, span, ""));
    }
}
