//! Calls: arguments, inlining, the entry to the kernel and the way out.

use super::context::{Binding, Frame};
use super::typing::Signature;
use super::wait::begins_with_guard;
use super::{Lowering, Type, assigned_in};
use crate::language::diagnostic::Diagnostic;
use crate::language::model::{ProcId, Symbol};
use crate::language::parser::NESTING_MAX;
use crate::language::syntax::*;
use crate::language::types::Base;
use crate::program::*;
use std::collections::HashSet;
use std::rc::Rc;

impl Lowering<'_> {
    /// The call of a proc of the model that `expr` is, if it is one.
    pub(super) fn user_call<'e>(&self, expr: &'e Expr) -> Option<&'e Call> {
        match &expr.kind {
            ExprKind::Call(call) if self.builtin_arity(&call.name.text).is_none() => Some(call),
            _ => None,
        }
    }

    pub(super) fn contains_call(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Call(_) => self.user_call(expr).is_some(),
            ExprKind::Not(inner) | ExprKind::Negate(inner) => self.contains_call(inner),
            ExprKind::Binary(_, left, right) => {
                self.contains_call(left) || self.contains_call(right)
            }
            _ => false,
        }
    }

    /// What a call of `name` here calls: a proc that was passed, the proc that an override wraps, or
    /// the proc of that name.
    fn callee(&self, name: &str) -> Option<(ProcId, Vec<Binding>)> {
        if let Some(binding) = self.context.binding(name) {
            return match binding {
                Binding::Proc { id, args } => Some((*id, args.clone())),
                _ => None,
            };
        }
        let Some(Symbol::Proc(outermost)) = self.symbol(name) else { return None };
        let around = self.context.frames.last().and_then(|frame| frame.proc);
        let wrapped = around.and_then(|around| {
            let def = &self.model.procs[around];
            def.wraps.filter(|_| def.decl.name.text == name)
        });
        Some((wrapped.unwrap_or(outermost), Vec::new()))
    }

    /// Inlines a call and returns the type of the result that it leaves on the stack, or
    /// [`Type::NOTHING`]. `None` if the call is wrong, which is reported. The code of a thread itself
    /// has no statement.
    pub(super) fn call(&mut self, statement: Option<StatementId>, call: &Call) -> Option<Type> {
        let name = &call.name;
        if matches!(self.context.binding(&name.text), Some(Binding::Opaque(ty)) if ty.base == Base::Proc)
        {
            self.flow.stepped = true;
            return Some(Type::NOTHING);
        }
        if !call.orders.is_empty() {
            let message = format!("`{}` takes no memory order", name.text);
            self.report(Diagnostic::error(message, call.orders[0].1, "only memory operations do"));
        }
        let Some((id, bound)) = self.callee(&name.text) else {
            // Whatever was meant takes steps; one error is enough.
            self.flow.stepped = true;
            let error = match self.symbol(&name.text) {
                Some(symbol) => {
                    let message = format!("`{}` is {}, not a proc", name.text, symbol.describe());
                    Diagnostic::error(message, name.span, "cannot be called")
                }
                None => {
                    let procs = self.model.procs.iter().map(|proc| proc.decl.name.text.as_str());
                    let message = format!("there is no proc `{}`", name.text);
                    Diagnostic::error(message, name.span, "not found").nearest(&name.text, procs)
                }
            };
            self.report(error);
            return None;
        };
        let decl = self.model.procs[id].decl.clone();
        let signature = self.signatures[id].clone();
        let expected = signature.params.len().saturating_sub(bound.len());
        if call.args.len() != expected {
            let message =
                format!("`{}` takes {expected} arguments, not {}", name.text, call.args.len());
            self.report(Diagnostic::error(message, call.span, "").also(decl.head, "declared here"));
            return None;
        }
        if self.context.atomic && decl.kind != ProcKind::Atomic {
            let message = format!("`{}` is called inside a step", name.text);
            self.report(
                Diagnostic::error(message, call.span, "it takes steps of its own")
                    .also(decl.head, "declared here")
                    .help("atomic code may call an `atomic proc`"),
            );
            return None;
        }
        let result = signature.result.unwrap_or(Type::NOTHING);
        let mark = self.mark();
        let bindings = self.context.frame().bindings.len();
        let visible = self.context.visible.len();
        let bound = if bound.is_empty() {
            self.arguments(statement, call, &decl, &signature)
        } else {
            bound
        };
        if self.checking {
            self.flow.stepped = true;
            self.leave_scope(mark, bindings, visible);
            return Some(result);
        }
        if self.context.frames.len() > NESTING_MAX {
            let message = format!("calls nest more than {NESTING_MAX} deep here");
            let error = Diagnostic::error(message, call.span, "too deep to inline");
            self.report(
                error.help("a proc that reaches itself through a `proc` argument is recursion too"),
            );
            return None;
        }
        // A call has run when it is reached: it may not come back.
        if let Some(statement) = statement {
            self.cover(statement);
        }
        self.context.calls.extend(statement);
        // The scenario spoke the arguments; the text knows nothing of its threads' names.
        let in_scenario = std::mem::replace(&mut self.in_scenario, false);
        self.inline(statement, id, &decl, bound, signature.result);
        self.in_scenario = in_scenario;
        if statement.is_some() {
            self.context.calls.pop();
        }
        self.leave_scope(mark, bindings, visible);
        Some(result)
    }

    fn inline(
        &mut self,
        statement: Option<StatementId>,
        id: ProcId,
        decl: &Rc<ProcDecl>,
        args: Vec<Binding>,
        result: Option<Type>,
    ) {
        let enters_kernel = decl.kind == ProcKind::Syscall && self.context.kernel == 0;
        let becomes_atomic = decl.kind == ProcKind::Atomic && !self.context.atomic;
        if enters_kernel && self.flow.reachable {
            let place = self.new_place(statement.unwrap_or_default(), Mode::User);
            self.flow.open = Some(place);
            self.flow.fresh = false;
            self.flow.stepped = true;
            self.joined(&self.model.on_entry);
            self.flow.sole = true;
        }
        self.context.kernel += u32::from(decl.kind == ProcKind::Syscall);
        if becomes_atomic {
            let first = decl.body.statements.first().map(|first| self.listing.ids[&first.span]);
            let own = first.or(statement).unwrap_or_default();
            self.boundary(own, begins_with_guard(&decl.body));
            self.context.atomic = true;
        }
        let names = decl.params.iter().map(|param| param.name.text.clone());
        let mut frame = Frame::block();
        frame.proc = Some(id);
        frame.bindings = names.zip(args).collect();
        frame.assigned = assigned(&decl.body);
        frame.result = result;
        frame.mark = self.mark();
        self.context.frames.push(frame);
        if becomes_atomic {
            let mark = self.mark();
            let visible = self.context.visible.len();
            let params = decl.params.len();
            self.atomic_body(None, &decl.body);
            self.leave_scope(mark, params, visible);
        } else {
            self.block(&decl.body);
        }
        let frame = self.context.frames.pop().expect("the frame was pushed");
        self.bind(frame.leave);
        if becomes_atomic {
            self.context.atomic = false;
        }
        self.context.kernel -= u32::from(decl.kind == ProcKind::Syscall);
        if enters_kernel && self.flow.reachable {
            self.flow.open = None;
            self.cover_pending();
            self.joined(&self.model.on_exit);
            self.flow.fresh = true;
        }
    }

    /// Code of the kernel that joins the step around it.
    fn joined(&mut self, blocks: &[Rc<Block>]) {
        let outer = std::mem::replace(&mut self.context.atomic, true);
        for block in blocks {
            let mut frame = Frame::block();
            frame.mark = self.mark();
            frame.assigned = assigned(block);
            self.context.frames.push(frame);
            self.block(block);
            let frame = self.context.frames.pop().expect("the frame was pushed");
            self.bind(frame.leave);
        }
        self.context.atomic = outer;
    }

    fn arguments(
        &mut self,
        statement: Option<StatementId>,
        call: &Call,
        decl: &ProcDecl,
        signature: &Signature,
    ) -> Vec<Binding> {
        let mut accesses = Vec::new();
        self.collect_call_accesses(call, &mut accesses);
        if self.one_access(call.span, &accesses, None) > 0 {
            self.boundary(statement.unwrap_or_default(), false);
        }
        self.bind_arguments(call, decl, signature)
    }

    /// What the parameters mean; the step that reads the arguments has begun.
    fn bind_arguments(
        &mut self,
        call: &Call,
        decl: &ProcDecl,
        signature: &Signature,
    ) -> Vec<Binding> {
        let assigned = assigned(&decl.body);
        let params = decl.params.iter().zip(&signature.params);
        let args = call.args.iter().zip(params);
        args.map(|(arg, (param, &ty))| {
            let fixed = !assigned.contains(&param.name.text);
            self.argument(arg, ty, fixed, &param.name.text)
        })
        .collect()
    }

    /// What a parameter of type `ty` means when `arg` is passed. `fixed`: it is never assigned.
    fn argument(&mut self, arg: &Expr, ty: Type, fixed: bool, name: &str) -> Binding {
        match ty.base {
            Base::Proc => self.proc_argument(arg),
            Base::Mutex(_) => self.mutex_argument(arg),
            _ => {
                self.expect_type(arg, ty);
                let found = self.quiet_type(arg);
                if let Some(value) = self.constant(arg)
                    && fixed
                {
                    // While a proc is checked by itself, loops take one turn and branches both ways:
                    // a value out of range may be one that never gets here.
                    if !self.checking {
                        self.constant_of_type(arg, ty);
                    }
                    return Binding::Constant(value, ty);
                }
                if let ExprKind::Name(local) = &arg.kind
                    && let Some(Binding::Local { field, fixed: true, ty: given }) =
                        self.context.binding(local)
                    && fixed
                    && ty.contains(*given)
                {
                    return Binding::Local { field: *field, ty, fixed: true };
                }
                self.value(arg);
                let field = self.allot(ty);
                let message = format!("`{name}` leaves its range {}", self.show_type(ty));
                let check = if ty.contains(found) {
                    0
                } else {
                    self.check_id(CheckKind::Range, message, arg.span)
                };
                self.emit(Op::Store { field, order: Order::Plain, check });
                self.context.visible.push((name.to_string(), field, self.domain_of(ty)));
                Binding::Local { field, ty, fixed }
            }
        }
    }

    fn proc_argument(&mut self, arg: &Expr) -> Binding {
        let opaque = Binding::Opaque(Type::new(Base::Proc));
        match &arg.kind {
            ExprKind::Name(name) => match self.context.binding(name) {
                Some(binding @ (Binding::Proc { .. } | Binding::Opaque(_))) => {
                    return binding.clone();
                }
                _ => {
                    if let Some((id, args)) = self.callee(name) {
                        self.check_proc_argument(arg, id, 0);
                        return Binding::Proc { id, args };
                    }
                }
            },
            ExprKind::Call(call) => {
                if let Some((id, args)) = self.callee(&call.name.text)
                    && args.is_empty()
                {
                    self.check_proc_argument(arg, id, call.args.len());
                    let decl = self.model.procs[id].decl.clone();
                    let signature = self.signatures[id].clone();
                    let args = self.bind_arguments(call, &decl, &signature);
                    return Binding::Proc { id, args };
                }
            }
            _ => {}
        }
        let error = Diagnostic::error("expected a proc", arg.span, "not a proc");
        self.report(error.help("pass a proc's name, or its name with arguments"));
        opaque
    }

    fn check_proc_argument(&mut self, arg: &Expr, id: ProcId, given: usize) {
        let expected = self.signatures[id].params.len();
        let returns = self.signatures[id].result.is_some();
        if given != expected || returns {
            let message = if returns {
                "a proc that is passed returns nothing".to_string()
            } else {
                format!("this proc takes {expected} arguments, and {given} are bound")
            };
            let declared = self.model.procs[id].decl.head;
            self.report(Diagnostic::error(message, arg.span, "").also(declared, "declared here"));
        }
    }

    fn mutex_argument(&mut self, arg: &Expr) -> Binding {
        let opaque = Binding::Opaque(Type::new(Base::Mutex(self.thread_count())));
        let found = self.type_of(arg);
        let (name, indices): (&str, &[Expr]) = match &arg.kind {
            ExprKind::Name(name) => {
                if let Some(binding @ (Binding::Mutex { .. } | Binding::Opaque(_))) =
                    self.context.binding(name)
                {
                    return binding.clone();
                }
                (name, &[])
            }
            ExprKind::Index(name, indices) => (&name.text, indices),
            _ => ("", &[]),
        };
        let (Some(Symbol::Var(var)), Base::Mutex(_)) = (self.symbol(name), found.base) else {
            if found.base != Base::Unknown {
                let message = format!("expected a mutex, found {}", self.show_type(found));
                self.report(Diagnostic::error(message, arg.span, "not a mutex"));
            }
            return opaque;
        };
        let dims = self.vars[var].dims.clone();
        let indices = indices.iter().zip(dims);
        let indices =
            indices.map(|(index, dim)| self.argument(index, dim.ty, true, name)).collect();
        Binding::Mutex { var, indices }
    }
}

/// Looking at procs by themselves.
impl Lowering<'_> {
    pub(super) fn declare_signatures(&mut self) {
        for id in 0..self.model.procs.len() {
            let decl = self.model.procs[id].decl.clone();
            let params = decl.params.iter().map(|param| self.resolve_type(&param.ty)).collect();
            let result = decl.result.as_ref().map(|result| self.resolve_type(result));
            if let Some(ty) = result
                && ty.range().is_none()
                && ty.base != Base::Unknown
            {
                let message = format!("a proc cannot return {}", self.show_type(ty));
                self.report(Diagnostic::error(message, decl.head, ""));
            }
            self.signatures.push(Signature { params, result });
        }
    }

    /// Walks a proc with unknown arguments.
    pub(super) fn check_proc(&mut self, id: ProcId) {
        use super::context::{Context, Flow, Kind};
        let decl = self.model.procs[id].decl.clone();
        let signature = self.signatures[id].clone();
        self.context = Context::new(Kind::Thread, Some(0));
        self.context.atomic = decl.kind == ProcKind::Atomic;
        self.flow = Flow::start();
        let mut frame = Frame::block();
        frame.proc = Some(id);
        frame.assigned = assigned(&decl.body);
        frame.result = signature.result;
        self.context.frames = vec![frame];
        for (param, &ty) in decl.params.iter().zip(&signature.params) {
            let binding = match ty.base {
                Base::Proc | Base::Mutex(_) | Base::Unknown => Binding::Opaque(ty),
                _ => Binding::Local {
                    field: self.allot(ty),
                    ty,
                    fixed: !self.context.frame().assigned.contains(&param.name.text),
                },
            };
            self.context.frame().bindings.push((param.name.text.clone(), binding));
        }
        if self.context.atomic {
            self.atomic_body(None, &decl.body);
        } else {
            self.block(&decl.body);
        }
        if signature.result.is_some() && self.flow.reachable && !diverges(&decl.body) {
            let message = format!("`{}` may end without a value", decl.name.text);
            let error = Diagnostic::error(message, decl.head, "it returns a value");
            self.report(error.help("end every path with `return …`"));
        }
    }

    /// Calls are inlined, so no proc may reach itself.
    pub(super) fn check_recursion(&mut self) {
        let count = self.model.procs.len();
        let calls: Vec<Vec<(ProcId, Span)>> = (0..count).map(|id| self.callees(id)).collect();
        for start in 0..count {
            let mut seen = HashSet::new();
            let mut path = vec![(start, 0)];
            while let Some((at, next)) = path.last_mut() {
                let Some(&(callee, span)) = calls[*at].get(*next) else {
                    path.pop();
                    continue;
                };
                *next += 1;
                if callee == start {
                    let names: Vec<&str> = path
                        .iter()
                        .map(|(id, _)| self.model.procs[*id].decl.name.text.as_str())
                        .collect();
                    let message = format!("`{}` calls itself", names[0]);
                    let label = format!("{} -> {}", names.join(" -> "), names[0]);
                    let error = Diagnostic::error(message, span, label);
                    self.report(error.help("calls are inlined: use a loop"));
                    return;
                }
                if seen.insert(callee) {
                    path.push((callee, 0));
                }
            }
        }
    }

    /// The procs that a proc calls by name.
    fn callees(&mut self, id: ProcId) -> Vec<(ProcId, Span)> {
        let decl = self.model.procs[id].decl.clone();
        let mut frame = Frame::block();
        frame.proc = Some(id);
        self.context.frames = vec![frame];
        let params: HashSet<&str> =
            decl.params.iter().map(|param| param.name.text.as_str()).collect();
        let mut calls: Vec<Call> = Vec::new();
        super::walk(&decl.body, &mut |statement| {
            if let StmtKind::Call(call) = &statement.kind {
                calls.push(call.clone());
            }
            let parts = match &statement.kind {
                StmtKind::Call(_) => Vec::new(),
                _ => super::expressions(statement),
            };
            parts.into_iter().for_each(|expr| called_in(expr, &mut calls));
        });
        calls
            .into_iter()
            .filter(|call| !params.contains(call.name.text.as_str()))
            .filter_map(|call| Some((self.callee(&call.name.text)?.0, call.span)))
            .collect()
    }
}

fn called_in(expr: &Expr, calls: &mut Vec<Call>) {
    match &expr.kind {
        ExprKind::Call(call) => calls.push(call.clone()),
        ExprKind::Not(inner) | ExprKind::Negate(inner) => called_in(inner, calls),
        ExprKind::Binary(_, left, right) => {
            called_in(left, calls);
            called_in(right, calls);
        }
        _ => {}
    }
}

/// `expr` contains a call of any kind.
pub(super) fn contains_any_call(expr: &Expr) -> bool {
    let mut calls = Vec::new();
    called_in(expr, &mut calls);
    !calls.is_empty()
}

/// The names that a body assigns.
fn assigned(body: &Block) -> HashSet<String> {
    let mut names = HashSet::new();
    assigned_in(body, &mut names);
    names
}

/// The last statement never lets control past it.
fn diverges(body: &Block) -> bool {
    match body.statements.last().map(|statement| &statement.kind) {
        Some(StmtKind::Return(_)) => true,
        Some(StmtKind::If { then, otherwise: Some(otherwise), .. }) => {
            diverges(then) && diverges(otherwise)
        }
        Some(StmtKind::Atomic(body)) => diverges(body),
        Some(StmtKind::Choose(branches)) => branches.iter().all(diverges),
        _ => false,
    }
}
