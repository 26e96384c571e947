//! What waits, what is one step, and what must hold there: `await`, `atomic`, mutexes, `assert`,
//! `finish`.

use super::context::{Kind, Label, Mark};
use super::expr::Location;
use super::{Lowering, Type};
use crate::language::diagnostic::Diagnostic;
use crate::language::syntax::*;
use crate::language::types::Base;
use crate::program::*;

impl Lowering<'_> {
    pub(super) fn await_statement(&mut self, id: StatementId, condition: &Expr) {
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

    pub(super) fn atomic(&mut self, id: StatementId, body: &Block) {
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
            let first_id = self.listing.ids[&first.span];
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

    pub(super) fn lock(&mut self, id: StatementId, mutex: &Expr) {
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

    pub(super) fn unlock(&mut self, id: StatementId, mutex: &Expr, head: Span) {
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
    pub(super) fn mutex_operand(
        &mut self,
        id: StatementId,
        mutex: &Expr,
        guarded: bool,
    ) -> Option<Location> {
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

    pub(super) fn assert(&mut self, id: StatementId, condition: &Expr, head: Span) {
        self.expect_condition(condition);
        let accesses = self.accesses(condition);
        let message = format!("`{}` does not hold", self.sources.text(head));
        let check = self.check_id(CheckKind::Assert, message, head);
        let split = accesses.len() > 1 && !self.context.atomic;
        if self.contains_call(condition) {
            return self.assert_call(id, condition, check);
        }
        if accesses.is_empty() {
            self.own_step_if_fresh(id);
        }
        self.cover(id);
        if split {
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

    /// What a call gave is asserted as if it had been named: in a user step if it left the kernel.
    fn assert_call(&mut self, id: StatementId, condition: &Expr, check: CheckId) {
        let mut no = Label::new();
        let mut end = Label::new();
        self.cover(id);
        self.condition(id, condition, false, &mut no);
        self.emit(Op::Const(1));
        self.jump(Op::Jump, &mut end);
        self.bind(no);
        self.emit(Op::Const(0));
        self.bind(end);
        let mark = self.mark();
        let (bindings, visible) = (self.context.frame().bindings.len(), self.context.visible.len());
        let field = self.allot(Type::BOOL);
        self.emit(Op::Store { field, order: Order::Plain, check: 0 });
        self.own_step_if_fresh(id);
        self.emit(Op::Load { field, order: Order::Plain });
        self.emit(Op::Check(check));
        self.leave_scope(mark, bindings, visible);
    }

    pub(super) fn finish(&mut self, id: StatementId, statement: &Stmt, thread: &Expr) {
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
        let mine = self.context.thread.filter(|_| self.context.kind == Kind::Thread);
        if let Some(mine) = mine.filter(|_| !self.scratch.live.is_empty()) {
            // A step that ends its own thread ends here: nobody else resets its locals.
            let mut other = Label::new();
            self.value(thread);
            self.emit(Op::Const(mine));
            self.emit(Op::Eq);
            self.jump(Op::JumpUnless, &mut other);
            self.reset_since(Mark { slots: self.context.slots.live.len(), scratch: 0 });
            self.emit(Op::Const(mine));
            self.emit(Op::Finish);
            self.bind(other);
        }
        self.value(thread);
        self.emit(Op::Finish);
        let own = self.context.kind == Kind::Thread && self.constant(thread) == self.context.thread;
        if own && !self.checking {
            self.flow.reachable = false;
        }
    }
}

/// The first statement decides whether the step is enabled.
pub(super) fn begins_with_guard(body: &Block) -> bool {
    matches!(
        body.statements.first().map(|statement| &statement.kind),
        Some(StmtKind::Await(_) | StmtKind::Lock(_))
    )
}
