//! Constants: options, ranges, domains, initial values, conditions that are known.

use super::context::Binding;
use super::{Dim, Lowering};
use crate::language::diagnostic::{Diagnostic, Spanned};
use crate::language::model::Symbol;
use crate::language::parser::parse_expr;
use crate::language::syntax::*;
use crate::language::types::{Base, Type};
use crate::program::*;

/// The value of `op`, unless it leaves the range of numbers.
pub(super) fn arithmetic(op: BinaryOp, a: Value, b: Value) -> Option<Value> {
    if a == NONE || b == NONE {
        return match op {
            BinaryOp::Eq => Some(Value::from(a == b)),
            BinaryOp::Ne => Some(Value::from(a != b)),
            _ => None,
        };
    }
    let value = match op {
        BinaryOp::Or => Some(a | b),
        BinaryOp::And => Some(a & b),
        BinaryOp::Eq => Some(Value::from(a == b)),
        BinaryOp::Ne => Some(Value::from(a != b)),
        BinaryOp::Lt => Some(Value::from(a < b)),
        BinaryOp::Le => Some(Value::from(a <= b)),
        BinaryOp::Gt => Some(Value::from(a > b)),
        BinaryOp::Ge => Some(Value::from(a >= b)),
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Sub => a.checked_sub(b),
        BinaryOp::Mul => a.checked_mul(b),
        BinaryOp::Rem => a.checked_rem_euclid(b),
    };
    value.filter(|&value| value != NONE)
}

impl Lowering<'_> {
    /// The value of `expr` if it is known at compile time; reports nothing.
    pub(super) fn constant(&self, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Number(value) => Value::try_from(*value).ok(),
            ExprKind::Bool(value) => Some(Value::from(*value)),
            ExprKind::None => Some(NONE),
            ExprKind::SelfThread => self.context.thread,
            ExprKind::Name(name) => self.constant_name(name),
            ExprKind::Index(name, indices) => {
                let Symbol::Var(var) = self.symbol(&name.text)? else { return None };
                let var = &self.vars[var];
                if !var.constant || var.dims.len() != indices.len() {
                    return None;
                }
                let mut at = 0;
                for (dim, index) in var.dims.iter().zip(indices) {
                    let index = self.constant(index)?;
                    let offset =
                        index.checked_sub(dim.low).filter(|o| (0..dim.length).contains(o))?;
                    at = at * dim.length as usize + offset as usize;
                }
                var.initial.get(at).copied()
            }
            ExprKind::Call(_) => None,
            ExprKind::Not(inner) => self.constant(inner).map(|value| Value::from(value == 0)),
            ExprKind::Negate(inner) => self.constant(inner)?.checked_neg(),
            ExprKind::Binary(op, left, right) => {
                let a = self.constant(left);
                match (op, a) {
                    (BinaryOp::And, Some(0)) | (BinaryOp::Or, Some(1)) => return a,
                    _ => {}
                }
                let b = self.constant(right);
                match (op, b) {
                    // The left side is a pure read: if it has no effect, the right side decides.
                    (BinaryOp::And, Some(0)) | (BinaryOp::Or, Some(1))
                        if self.pure(left) && self.infallible(left) =>
                    {
                        b
                    }
                    _ => {
                        let value = arithmetic(*op, a?, b?)?;
                        Some(self.wrap(*op, left, right, value))
                    }
                }
            }
            // Its variable is bound when it is unrolled; what can be folded is folded there.
            ExprKind::Quantifier { .. } => None,
        }
    }

    /// Arithmetic on `mod n` wraps around.
    fn wrap(&self, op: BinaryOp, left: &Expr, right: &Expr, value: Value) -> Value {
        if !matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul) {
            return value;
        }
        match (self.quiet_type(left).base, self.quiet_type(right).base) {
            (Base::Mod(n), _) | (_, Base::Mod(n)) => value.rem_euclid(n),
            _ => value,
        }
    }

    fn constant_name(&self, name: &str) -> Option<Value> {
        if let Some(binding) = self.context.binding(name) {
            return match binding {
                Binding::Constant(value, _) => Some(*value),
                _ => None,
            };
        }
        if let Some(thread) = self.scenario_thread(name) {
            return Some(thread);
        }
        match self.symbol(name)? {
            Symbol::Option(option) => self.options.get(option)?.map(|(_, value)| value),
            Symbol::Value(_, value) => Some(value as Value),
            Symbol::Var(var) => {
                let var = self.vars.get(var)?;
                (var.constant && var.dims.is_empty()).then(|| var.initial[0])
            }
            _ => None,
        }
    }

    pub(super) fn symbol(&self, name: &str) -> Option<Symbol> {
        self.model.symbols.get(name).copied()
    }

    /// The thread of the cast with this name, where a scenario speaks.
    pub(super) fn scenario_thread(&self, name: &str) -> Option<Value> {
        if !self.in_scenario {
            return None;
        }
        self.thread_names.iter().position(|thread| thread == name).map(|thread| thread as Value)
    }

    /// The constant that `expr` must be; reports what it is otherwise.
    pub(super) fn require_constant(&mut self, expr: &Expr, why: &str) -> Option<Value> {
        let ty = self.type_of(expr);
        if ty.base == Base::Unknown {
            return None;
        }
        let value = self.constant(expr);
        if value.is_none() {
            let error = Diagnostic::error("this is not a constant", expr.span, why);
            self.report(error.help("constants are numbers, options, enum values, constant parameters, and variables that nothing writes"));
        }
        value
    }

    /// The constant that `expr` must be, if it is of type `ty`.
    pub(super) fn constant_of_type(&mut self, expr: &Expr, ty: Type) -> Option<Value> {
        let value = self.require_constant(expr, "must be known before anything runs")?;
        self.expect_type(expr, ty);
        if ty.base == Base::Unknown {
            return None;
        }
        let fits = match ty.range() {
            _ if value == NONE => ty.has_none(),
            Some((low, high)) => (low..=high).contains(&value),
            None => false,
        };
        if !fits && ty.accepts(self.quiet_type(expr)) {
            let message = format!("{value} is not in {}", self.show_type(ty));
            self.report(Diagnostic::error(message, expr.span, "out of range"));
        }
        fits.then_some(value)
    }

    /// The dimension that an index or a bound variable ranges over.
    pub(super) fn resolve_dim(&mut self, domain: &DomainExpr) -> Option<Dim> {
        match domain {
            DomainExpr::Named(name) => {
                let (ty, length) = match (name.text.as_str(), self.symbol(&name.text)) {
                    ("thread", _) => {
                        let count = self.thread_count();
                        (Type::new(Base::Thread(count)), count)
                    }
                    ("bool", _) => (Type::BOOL, 2),
                    (_, Some(Symbol::Enum(id))) => {
                        let length = self.model.enums[id].values.len() as Value;
                        (Type::new(Base::Enum(id, length)), length)
                    }
                    _ => {
                        self.unknown_name(name, "an enum, `thread`, `bool` or a range");
                        return None;
                    }
                };
                Some(Dim { ty, low: 0, length })
            }
            DomainExpr::Range(low, high, span) => {
                let (low, high) = self.range(low, high, *span)?;
                let length = high.checked_sub(low).and_then(|length| length.checked_add(1));
                match length.filter(|&length| length as usize <= super::ELEMENTS_MAX) {
                    Some(length) => Some(Dim { ty: Type::int(low, high), low, length }),
                    None => {
                        let label = format!("more than {} values", super::ELEMENTS_MAX);
                        self.report(Diagnostic::error(
                            "this range is too large here",
                            *span,
                            label,
                        ));
                        None
                    }
                }
            }
        }
    }

    fn range(&mut self, low: &Expr, high: &Expr, span: Span) -> Option<(Value, Value)> {
        let low = self.require_constant(low, "the end of a range must be a constant")?;
        let high = self.require_constant(high, "the end of a range must be a constant")?;
        if low > high || low == NONE {
            let message = format!("the range {low}..{high} is empty");
            let error = Diagnostic::error(message, span, "");
            self.report(error.help("write the lower end first; both ends are included"));
            return None;
        }
        Some((low, high))
    }

    pub(super) fn resolve_type(&mut self, ty: &TypeExpr) -> Type {
        match ty {
            TypeExpr::Optional(inner, span) => {
                let inner = self.resolve_type(inner);
                match inner.base {
                    Base::Mutex(_) | Base::Proc => {
                        let error = Diagnostic::error("this type cannot be `or none`", *span, "");
                        self.report(error);
                        Type::UNKNOWN
                    }
                    base => Type { base, optional: base != Base::Unknown },
                }
            }
            TypeExpr::Range(low, high, span) => match self.range(low, high, *span) {
                Some((low, high)) => Type::int(low, high),
                None => Type::UNKNOWN,
            },
            TypeExpr::Modulo(size, span) => {
                match self.require_constant(size, "the modulus must be a constant") {
                    Some(size) if size > 0 => Type::new(Base::Mod(size)),
                    Some(_) => {
                        self.report(Diagnostic::error("the modulus must be positive", *span, ""));
                        Type::UNKNOWN
                    }
                    None => Type::UNKNOWN,
                }
            }
            TypeExpr::Named(name) => match (name.text.as_str(), self.symbol(&name.text)) {
                ("bool", _) => Type::BOOL,
                ("thread", _) => Type::new(Base::Thread(self.thread_count())),
                ("mutex", _) => Type::new(Base::Mutex(self.thread_count())),
                ("proc", _) => Type::new(Base::Proc),
                (_, Some(Symbol::Enum(id))) => {
                    Type::new(Base::Enum(id, self.model.enums[id].values.len() as Value))
                }
                _ => {
                    let enums = self.model.enums.iter().map(|decl| decl.name.text.as_str());
                    let known = ["bool", "thread", "mutex", "proc"].into_iter().chain(enums);
                    let message = format!("there is no type `{}`", name.text);
                    let label = "expected bool, a..b, mod n, thread, mutex or an enum";
                    let error = Diagnostic::error(message, name.span, label);
                    self.report(error.nearest(&name.text, known));
                    Type::UNKNOWN
                }
            },
        }
    }

    /// Initial values: those of the scenario's threads' starts, then those of its `[init]`.
    pub(super) fn initialise(&mut self) {
        self.in_scenario = true;
        for (index, thread) in self.cast.threads.iter().enumerate() {
            let Some(start) = &thread.start else { continue };
            let Some(decl) = self.model.starts.get(&start.value) else {
                let message = format!("there is no start `{}`", start.value);
                let error = Diagnostic::error(message, start.span, "not found");
                let names = self.model.starts.keys().map(String::as_str);
                self.report(error.nearest(&start.value, names));
                continue;
            };
            let name = decl.thread.text.clone();
            let ty = Type::new(Base::Thread(self.thread_count()));
            let binding = (name, Binding::Constant(index as Value, ty));
            self.context.frame().bindings.push(binding);
            for statement in &decl.body.statements {
                match &statement.kind {
                    StmtKind::Assign { target, op: AssignOp::Set, value } => {
                        self.set_initial(target, value);
                    }
                    _ => {
                        let error = Diagnostic::error("a start only assigns", statement.head, "");
                        self.report(error);
                    }
                }
            }
            self.context.frame().bindings.clear();
        }
        for (target, value) in &self.cast.init {
            let Spanned { value: target, span } = target;
            let target = parse_expr(target, *span, self.errors);
            let value = parse_expr(&value.value, value.span, self.errors);
            if let (Some(target), Some(value)) = (target, value) {
                self.set_initial(&target, &value);
            }
        }
        self.in_scenario = false;
    }

    fn set_initial(&mut self, target: &Expr, value: &Expr) {
        let (name, span, indices): (&str, Span, &[Expr]) = match &target.kind {
            ExprKind::Name(name) => (name, target.span, &[]),
            ExprKind::Index(name, indices) => (&name.text, name.span, indices),
            _ => {
                let error = Diagnostic::error("this is not a variable", target.span, "");
                self.report(error.help("write `name` or `name[index]`"));
                return;
            }
        };
        let Some(Symbol::Var(var)) = self.symbol(name) else {
            let name = Name { text: name.to_string(), span };
            self.unknown_name(&name, "a variable");
            return;
        };
        let (ty, dims) = (self.vars[var].ty, self.vars[var].dims.clone());
        let Some(value) = self.constant_of_type(value, ty) else { return };
        if indices.is_empty() {
            self.vars[var].initial.fill(value);
            return;
        }
        if dims.len() != indices.len() {
            self.wrong_dimensions(target.span, name, dims.len(), indices.len());
            return;
        }
        let mut at = 0;
        for (dim, index) in dims.iter().zip(indices) {
            let Some(index) = self.constant_of_type(index, dim.ty) else { return };
            at = at * dim.length as usize + (index - dim.low) as usize;
        }
        if let Some(element) = self.vars[var].initial.get_mut(at) {
            *element = value;
        }
    }
}
