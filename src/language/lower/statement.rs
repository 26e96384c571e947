//! Statements to code: where steps begin, and what joins them.

use super::context::{Binding, Kind, Label, Loop, LoopHead};
use super::expr::Location;
use super::{Lowering, Type, walk};
use crate::language::diagnostic::Diagnostic;
use crate::language::model::Symbol;
use crate::language::syntax::*;
use crate::language::types::Base;
use crate::program::*;

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

    fn statement(&mut self, statement: &Stmt) {
        if self.overflowed || !(self.flow.reachable || self.checking) {
            return;
        }
        let id = self.statement_ids[&statement.span];
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

    fn misplaced(&mut self, span: Span, what: &str, help: &str) {
        self.report(Diagnostic::error(what, span, "cannot stand here").help(help));
    }

    fn not_atomic(&mut self, statement: &Stmt, what: &str) {
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

    fn let_statement(
        &mut self,
        id: StatementId,
        name: &Name,
        declared: Option<&TypeExpr>,
        value: &Expr,
    ) {
        let declared = declared.map(|ty| self.resolve_type(ty));
        let found = match self.user_call(value) {
            Some(call) => self.call(Some(id), call).unwrap_or(Type::UNKNOWN),
            None => {
                let accesses = self.accesses(value);
                let found = self.type_of(value);
                if self.one_access(value.span, &accesses, None) > 0 {
                    self.boundary(id, false);
                }
                found
            }
        };
        let ty = declared.unwrap_or(match found.base {
            // What one learns of a mutex is who holds it.
            Base::Mutex(n) => Type { base: Base::Thread(n), optional: true },
            _ => found,
        });
        if !ty.accepts(found) {
            let message =
                format!("expected {}, found {}", self.show_type(ty), self.show_type(found));
            self.report(Diagnostic::error(message, value.span, "of another type"));
        }
        let assigned = self.context.frame().assigned.contains(&name.text);
        let narrow = assigned && declared.is_none() && self.constant(value).is_some();
        if ty.range().is_none() && ty.base != Base::Unknown || narrow && ty.as_int().is_some() {
            let message = format!("the type of `{}` cannot be told from its value", name.text);
            let error =
                Diagnostic::error(message, name.span, format!("this is {}", self.show_type(ty)));
            self.report(error.help(format!("give it: `let {}: 0..9 = …`", name.text)));
        }
        let is_call = self.user_call(value).is_some();
        let binding = match self.constant(value) {
            Some(known) if !assigned && !is_call => Binding::Constant(known, ty),
            _ => {
                if !is_call {
                    self.value(value);
                }
                let field = self.allot(ty);
                let check = if ty.contains(found) {
                    0
                } else {
                    let message =
                        format!("`{}` leaves its range {}", name.text, self.show_type(ty));
                    self.check_id(CheckKind::Range, message, value.span)
                };
                self.emit(Op::Store { field, order: Order::Plain, check });
                self.context.visible.push((name.text.clone(), field, self.domain_of(ty)));
                Binding::Local { field, ty, fixed: !assigned }
            }
        };
        self.cover(id);
        self.context.frame().bindings.push((name.text.clone(), binding));
    }

    fn assignment(
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

    fn assigned_var(&self, target: &Expr) -> Option<usize> {
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
    fn assign_local(
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
        let reads = self.accesses(value);
        if let Some(call) = self.user_call(value).filter(|_| op == AssignOp::Set) {
            let found = self.call(Some(id), call).unwrap_or(Type::UNKNOWN);
            self.expect_accepts(ty, found, value.span);
        } else {
            self.expect_type(value, ty);
            if self.one_access(statement.head, &reads, None) > 0 {
                self.boundary(id, false);
            }
            if op != AssignOp::Set {
                self.emit(Op::Load { field, order: Order::Plain });
            }
            self.value(value);
            match op {
                AssignOp::Set => {}
                AssignOp::Add => self.emit(Op::Add),
                AssignOp::Sub => self.emit(Op::Sub),
            }
        }
        let message = format!("`{name}` leaves its range {}", self.show_type(ty));
        let check = self.check_id(CheckKind::Range, message, statement.head);
        self.emit(Op::Store { field, order: Order::Plain, check });
        self.cover(id);
    }

    fn expect_accepts(&mut self, ty: Type, found: Type, span: Span) {
        if !ty.accepts(found) {
            let message =
                format!("expected {}, found {}", self.show_type(ty), self.show_type(found));
            self.report(Diagnostic::error(message, span, "of another type"));
        }
    }

    fn assign_shared(
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
        let mut reads = Vec::new();
        if let ExprKind::Index(_, indices) = &target.kind {
            indices.iter().for_each(|index| reads.extend(self.accesses(index)));
        }
        let call = self.user_call(value).filter(|_| op == AssignOp::Set);
        if let Some(call) = call {
            return self.assign_call(id, statement, target, ty, call, &reads);
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

    /// `x = f()` writes in a step of its own, after those of the call.
    fn assign_call(
        &mut self,
        id: StatementId,
        statement: &Stmt,
        target: &Expr,
        ty: Type,
        call: &Call,
        reads: &[Span],
    ) {
        self.one_access(statement.head, reads, Some(target.span));
        let found = self.call(Some(id), call).unwrap_or(Type::UNKNOWN);
        self.expect_accepts(ty, found, call.span);
        let mark = self.mark();
        let (bindings, visible) = (self.context.frame().bindings.len(), self.context.visible.len());
        let field = self.allot(found);
        self.emit(Op::Store { field, order: Order::Plain, check: 0 });
        self.boundary(id, false);
        self.cover(id);
        if let Some(location) = self.location(target) {
            self.emit(Op::Load { field, order: Order::Plain });
            self.store(location, self.default_order(location.var), statement.head);
        }
        self.leave_scope(mark, bindings, visible);
    }

    fn if_statement(
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

    /// A call as a condition, alone or compared with a value: leaves the truth on the stack.
    fn call_condition(&mut self, id: StatementId, expr: &Expr) -> bool {
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
        if !reads.is_empty() && !self.context.atomic {
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

    fn loop_statement(&mut self, id: StatementId, condition: Option<&Expr>, body: &Block) {
        if self.context.atomic {
            self.report(
                Diagnostic::error(
                    "a loop inside a step",
                    self.statements[id as usize].span,
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
        self.flow.fresh |= calls_something(body);
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
        self.jump_back(head, self.statements[id as usize].span);
        self.context.yielding -= u32::from(yields);
        let finished = self.context.loops.pop().expect("the loop was entered");
        self.bind(exit);
        self.bind(finished.exit);
        self.flow.stepped |= stepped;
    }

    fn jump_back(&mut self, head: Addr, span: Span) {
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

    fn for_statement(
        &mut self,
        var: &Name,
        domain: &DomainExpr,
        reversed: bool,
        filter: Option<&Expr>,
        body: &Block,
    ) {
        let Some(dim) = self.resolve_dim(domain) else { return };
        let mut values: Vec<Value> = (dim.low..dim.low + dim.length).collect();
        if reversed {
            values.reverse();
        }
        let mut exit = Label::new();
        for value in values {
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

    fn leave_turn(&mut self, statement: &Stmt) {
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

    fn choose(&mut self, id: StatementId, statement: &Stmt, branches: &[Block]) {
        self.not_atomic(statement, "`choose`");
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

    fn await_statement(&mut self, id: StatementId, condition: &Expr) {
        self.expect_condition(condition);
        let accesses = self.accesses(condition);
        if self.contains_call(condition) {
            self.misplaced(condition.span, "`await` of a call", "await a condition over variables");
        }
        if accesses.len() > 1 && !self.context.atomic {
            let error = Diagnostic::error(
                format!("this waits for {} shared reads at once", accesses.len()),
                accesses[0],
                "the first read",
            );
            let error = error.also(accesses[1], "another");
            self.report(error.help("if one look really sees both, write `atomic { await … }`"));
        }
        self.boundary(id, true);
        self.value(condition);
        self.guard();
        self.cover(id);
    }

    fn atomic(&mut self, id: StatementId, body: &Block) {
        if self.context.atomic {
            self.cover(id);
            return self.block(body);
        }
        let mark = self.mark();
        let bindings = self.context.frame().bindings.len();
        let visible = self.context.visible.len();
        self.boundary(id, begins_with_guard(body));
        self.context.atomic = true;
        self.atomic_body(Some(id), body);
        self.context.atomic = false;
        self.leave_scope(mark, bindings, visible);
    }

    /// The statements of one step; the first may decide whether it is enabled.
    pub(super) fn atomic_body(&mut self, id: Option<StatementId>, body: &Block) {
        let mut statements = body.statements.iter();
        if begins_with_guard(body)
            && let Some(first) = statements.next()
        {
            let first_id = self.statement_ids[&first.span];
            match &first.kind {
                StmtKind::Await(condition) => self.await_statement(first_id, condition),
                StmtKind::Lock(mutex) => self.lock(first_id, mutex),
                _ => {}
            }
        }
        if let Some(id) = id {
            self.cover(id);
        }
        self.cover_pending();
        for statement in statements {
            self.statement(statement);
        }
    }

    fn lock(&mut self, id: StatementId, mutex: &Expr) {
        let Some(place) = self.mutex_operand(id, mutex, true) else { return };
        let thread = self.context.thread.unwrap_or(0);
        self.load(place, Order::SeqCst);
        self.emit(Op::Const(NONE));
        self.emit(Op::Eq);
        self.guard();
        let Some(place) = self.mutex(mutex) else { return };
        self.emit(Op::Const(thread));
        self.store(place, Order::SeqCst, mutex.span);
        self.cover(id);
    }

    fn unlock(&mut self, id: StatementId, mutex: &Expr, head: Span) {
        let Some(place) = self.mutex_operand(id, mutex, false) else { return };
        self.cover(id);
        if let Some(thread) = self.context.thread {
            let name = self.sources.text(mutex.span).to_string();
            let message = format!("`{name}` is unlocked by a thread that does not hold it");
            let check = self.check_id(CheckKind::Unlock, message, head);
            self.load(place, Order::SeqCst);
            self.emit(Op::Const(thread));
            self.emit(Op::Eq);
            self.emit(Op::Check(check));
        } else if place.indexed.is_some() {
            self.emit(Op::Pop);
        }
        let Some(place) = self.mutex(mutex) else { return };
        self.emit(Op::Const(NONE));
        self.store(place, Order::SeqCst, head);
    }

    /// Begins the step of a mutex operation; leaves the index on the stack.
    fn mutex_operand(&mut self, id: StatementId, mutex: &Expr, guarded: bool) -> Option<Location> {
        let found = self.type_of(mutex);
        if !matches!(found.base, Base::Mutex(_) | Base::Unknown) {
            let message = format!("expected a mutex, found {}", self.show_type(found));
            self.report(Diagnostic::error(message, mutex.span, "not a mutex"));
            return None;
        }
        let accesses = self.accesses(mutex);
        self.one_access(mutex.span, &accesses, None);
        self.boundary(id, guarded);
        self.mutex(mutex)
    }

    fn assert(&mut self, id: StatementId, condition: &Expr, head: Span) {
        self.expect_condition(condition);
        let accesses = self.accesses(condition);
        let message = format!("`{}` does not hold", self.sources.text(head));
        let check = self.check_id(CheckKind::Assert, message, head);
        let split = accesses.len() > 1 && !self.context.atomic;
        if accesses.is_empty() {
            self.own_step_if_fresh(id);
        }
        self.cover(id);
        if split || self.contains_call(condition) {
            let mut holds = Label::new();
            self.condition(id, condition, true, &mut holds);
            self.emit(Op::Fail(check));
            self.bind(holds);
            return;
        }
        if !accesses.is_empty() {
            self.boundary(id, false);
        }
        self.value(condition);
        self.emit(Op::Check(check));
    }

    fn return_statement(&mut self, id: StatementId, head: Span, value: Option<&Expr>) {
        let result = self.context.frame().result;
        match (value, result) {
            (Some(value), Some(result)) => match self.user_call(value) {
                Some(call) => {
                    let found = self.call(Some(id), call).unwrap_or(Type::UNKNOWN);
                    self.expect_accepts(result, found, value.span);
                }
                None => {
                    self.expect_type(value, result);
                    let accesses = self.accesses(value);
                    if self.one_access(value.span, &accesses, None) > 0 {
                        self.boundary(id, false);
                    }
                    self.value(value);
                }
            },
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

    fn finish(&mut self, id: StatementId, statement: &Stmt, thread: &Expr) {
        if !self.context.atomic {
            self.misplaced(
                statement.head,
                "`finish` outside atomic code",
                "it belongs in the step that ends the thread: `atomic { … }`",
            );
        }
        self.expect_type(thread, Type::new(Base::Thread(self.thread_count())));
        self.cover(id);
        self.cover_pending();
        self.value(thread);
        self.emit(Op::Finish);
        let own = self.context.kind == Kind::Thread && self.constant(thread) == self.context.thread;
        if own && !self.checking {
            self.flow.reachable = false;
        }
    }

    fn call_statement(&mut self, id: StatementId, call: &Call) -> Option<Type> {
        if self.builtin_arity(&call.name.text).is_none() {
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

/// The first statement decides whether the step is enabled.
pub(super) fn begins_with_guard(body: &Block) -> bool {
    matches!(
        body.statements.first().map(|statement| &statement.kind),
        Some(StmtKind::Await(_) | StmtKind::Lock(_))
    )
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
