//! A model as a program.

use crate::model::{Action, Claim, Cond, Model, Statement, Var};
use ghosthunt::program as p;
use ghosthunt::program::{Addr, FieldId, Layout, NONE, Op, Order, Value};

/// The checks of every program, by id.
pub const RANGE: u16 = 0;
pub const UNLOCK: u16 = 1;
pub const ASSERT: u16 = 2;
pub const INDEX: u16 = 3;

const X: FieldId = 0;
const MUTEX: FieldId = 3;
const ORDER: Order = Order::SeqCst;

struct Assembler {
    code: Vec<Op>,
    statements: u32,
}

fn field(var: Var) -> FieldId {
    match var {
        Var::X => X,
        Var::Y => 1,
        Var::Aux => 2,
        Var::Off(thread) => 4 + 5 * thread as FieldId,
        Var::Signal(thread) => 5 + 5 * thread as FieldId,
    }
}

fn local(thread: usize) -> FieldId {
    6 + 5 * thread as FieldId
}

fn place(thread: usize) -> FieldId {
    7 + 5 * thread as FieldId
}

fn handler_place(thread: usize) -> FieldId {
    8 + 5 * thread as FieldId
}

fn load(field: FieldId) -> Op {
    Op::Load { field, order: ORDER }
}

fn store(field: FieldId) -> Op {
    Op::Store { field, order: ORDER, check: RANGE }
}

impl Assembler {
    fn emit(&mut self, ops: impl IntoIterator<Item = Op>) {
        self.code.extend(ops);
    }

    fn here(&self) -> Addr {
        self.code.len() as Addr
    }

    fn cond(&mut self, cond: &Cond) {
        match cond {
            Cond::Is(var, value) => self.emit([load(field(*var)), Op::Const(*value), Op::Eq]),
            Cond::LockFree => self.emit([load(MUTEX), Op::Const(NONE), Op::Eq]),
            Cond::Finished(thread) => self.emit([Op::Const(*thread as Value), Op::Finished]),
            Cond::InKernel(thread) => self.emit([Op::Const(*thread as Value), Op::InKernel]),
            Cond::Not(a) => {
                self.cond(a);
                self.emit([Op::Not]);
            }
            Cond::Both(a, b) => {
                self.cond(a);
                self.cond(b);
                self.emit([Op::And]);
            }
            Cond::Either(a, b) => {
                self.cond(a);
                let jump = self.here();
                self.emit([Op::JumpIf(0)]);
                self.cond(b);
                let to = self.here() + 2;
                self.emit([Op::Jump(to), Op::Const(1)]);
                self.code[jump as usize] = Op::JumpIf(to - 1);
            }
            Cond::ElementIs(var, value) => self.emit([
                load(field(*var)),
                Op::LoadAt { base: X, length: 2, order: ORDER, check: INDEX },
                Op::Const(*value),
                Op::Eq,
            ]),
        }
    }

    fn expression(&mut self, cond: &Cond) -> Addr {
        let at = self.here();
        self.cond(cond);
        self.emit([Op::End]);
        at
    }

    /// Ends the step of a statement: at place `first + to`, or after the last.
    fn go(&mut self, statement: &Statement, to: usize, first: u32, count: usize) {
        if statement.yields {
            self.emit([Op::Yield]);
        }
        let to = to % (count + 1);
        let stop = if to == count { Op::End } else { Op::Stop(first + to as u32) };
        self.emit([Op::Cover(self.statements), stop]);
    }

    fn statement(&mut self, me: usize, at: usize, first: u32, body: &[Statement]) -> p::Place {
        let statement = &body[at];
        let count = body.len();
        let entry = self.here();
        let mut branches = 1;
        let r = local(me);
        // Ends the step there if the condition on the stack holds.
        let go_if = |this: &mut Self, to: usize| {
            let jump = this.code.len();
            this.emit([Op::JumpUnless(0)]);
            this.go(statement, to, first, count);
            this.code[jump] = Op::JumpUnless(this.here());
        };
        match &statement.action {
            Action::Store(var, value) => self.emit([Op::Const(*value), store(field(*var))]),
            Action::Add(var, by) => {
                let (field, kind) = (field(*var), p::RmwKind::Add);
                let add = Op::Rmw { field, kind, order: ORDER, check: RANGE };
                self.emit([Op::Const(*by), add, Op::Pop]);
            }
            Action::Read(var) => self.emit([load(field(*var)), store(r)]),
            Action::Write(var) => {
                self.emit([load(r), store(field(*var)), Op::Const(0), store(r)]);
            }
            Action::StoreAt(value) => {
                let at = Op::StoreAt { base: X, length: 2, order: ORDER, check: RANGE };
                self.emit([load(r), Op::Const(*value), at]);
            }
            Action::ReadAt => {
                let at = Op::LoadAt { base: X, length: 2, order: ORDER, check: INDEX };
                self.emit([load(r), at, store(r)]);
            }
            Action::SubAt => {
                let (kind, order, check) = (p::RmwKind::Sub, ORDER, RANGE);
                let at = Op::RmwAt { base: X, length: 2, kind, order, check };
                self.emit([load(r), Op::Const(1), at, Op::Pop]);
            }
            Action::CasAt(old, new, to) => {
                let (success, failure, check) = (ORDER, ORDER, RANGE);
                let at = Op::CasAt { base: X, length: 2, success, failure, check };
                self.emit([load(r), Op::Const(*old), Op::Const(*new), at, Op::Not]);
                go_if(self, *to);
            }
            Action::Cas(var, old, new, to) => {
                let (success, failure, check) = (ORDER, ORDER, RANGE);
                let cas = Op::Cas { field: field(*var), success, failure, check };
                self.emit([Op::Const(*old), Op::Const(*new), cas, Op::Not]);
                go_if(self, *to);
            }
            Action::Swap(var, value) => {
                let (field, kind) = (field(*var), p::RmwKind::Swap);
                let swap = Op::Rmw { field, kind, order: ORDER, check: RANGE };
                self.emit([Op::Const(*value), swap, store(r)]);
            }
            Action::Await(cond) => {
                self.cond(cond);
                self.emit([Op::Guard]);
            }
            Action::Choose(to) => {
                branches = 2;
                let at = self.here();
                self.emit([Op::Branch { count: 2 }, Op::Jump(at + 3), Op::Jump(0)]);
                self.go(statement, at_next(body, statement), first, count);
                self.code[at as usize + 2] = Op::Jump(self.here());
                self.go(statement, *to, first, count);
            }
            Action::Lock => {
                self.emit([load(MUTEX), Op::Const(NONE), Op::Eq, Op::Guard]);
                self.emit([Op::Const(me as Value), store(MUTEX)]);
            }
            Action::Unlock => {
                self.emit([load(MUTEX), Op::Const(me as Value), Op::Eq, Op::Check(UNLOCK)]);
                self.emit([Op::Const(NONE), store(MUTEX)]);
            }
            Action::Spin(cond, write) => {
                self.cond(cond);
                go_if(self, at + 1);
                if let Some((var, value)) = write {
                    self.emit([Op::Const(*value), store(field(*var))]);
                }
                self.go(statement, at, first, count);
            }
            Action::GotoIf(cond, to) => {
                self.cond(cond);
                go_if(self, *to);
            }
            Action::Goto(to) => self.go(statement, *to, first, count),
            Action::Assert(cond) => {
                self.cond(cond);
                self.emit([Op::Check(ASSERT)]);
            }
            Action::Finish(thread) => self.emit([Op::Const(*thread as Value), Op::Finish]),
        }
        self.go(statement, at + 1, first, count);
        self.statements += 1;
        let mode = if statement.kernel { p::Mode::Kernel } else { p::Mode::User };
        let (spins, fairness) = (statement.spins, statement.fairness);
        p::Place { entry, mode, branches, spins, fairness, ..no_place() }
    }

    fn body(&mut self, me: usize, body: &[Statement], places: &mut Vec<p::Place>) {
        let first = places.len() as u32;
        for at in 0..body.len() {
            places.push(self.statement(me, at, first, body));
        }
    }

    fn thread(&mut self, me: usize, model: &Model) -> p::Thread {
        let thread = &model.threads[me];
        let mut places = vec![no_place()];
        self.body(me, &thread.body, &mut places);
        let mut handlers = Vec::new();
        for (index, handler) in thread.handlers.iter().enumerate() {
            let signal = field(Var::Signal(me));
            let when = self.expression(&Cond::Is(Var::Signal(me), index as Value + 1));
            let enter = self.here();
            if handler.acknowledges {
                self.emit([Op::Const(0), store(signal)]);
            }
            let first = places.len() as u32;
            self.emit([if handler.body.is_empty() { Op::End } else { Op::Stop(first) }]);
            self.body(me, &handler.body, &mut places);
            handlers.push(p::Handler { name: String::new(), when, enter, statement: 0 });
        }
        let gate = Cond::Is(Var::Off(me), 0);
        p::Thread {
            name: format!("t{me}"),
            runs: String::new(),
            place: place(me),
            handler_place: (!handlers.is_empty()).then(|| handler_place(me)),
            places,
            user_gate: thread.user_gate.then(|| self.expression(&gate)),
            kernel_gate: thread.kernel_gate.as_ref().map(|cond| self.expression(cond)),
            lives: thread.lives.as_ref().map(|cond| self.expression(cond)),
            handlers,
            fairness: thread.fairness,
            local_mask: Vec::new(),
        }
    }

    fn kernel_move(&mut self, kernel_move: &crate::model::Move) -> p::Action {
        let entry = self.here();
        self.cond(&kernel_move.guard);
        self.emit([Op::Guard]);
        for (var, value) in &kernel_move.stores {
            self.emit([Op::Const(*value), store(field(*var))]);
        }
        if let Some(thread) = kernel_move.finishes {
            self.emit([Op::Const(thread as Value), Op::Finish]);
        }
        self.emit([Op::Cover(self.statements), Op::End]);
        self.statements += 1;
        let (name, family) = (String::new(), String::new());
        let fairness = kernel_move.fairness;
        p::Action { name, family, thread: None, entry, statement: 0, fairness }
    }
}

/// The statement after this one.
fn at_next(body: &[Statement], statement: &Statement) -> usize {
    body.iter().position(|other| std::ptr::eq(other, statement)).expect("of this body") + 1
}

fn no_place() -> p::Place {
    p::Place {
        entry: 0,
        mode: p::Mode::User,
        statement: 0,
        calls: Vec::new(),
        branches: 1,
        spins: false,
        locals: Vec::new(),
        fairness: p::Fairness::Weak,
    }
}

const NOWHERE: p::Span = p::Span { file: 0, start: 0, end: 0 };

/// The program of a model.
pub fn assemble(model: &Model) -> p::Program {
    let count = model.threads.len();
    let mut this = Assembler { code: Vec::new(), statements: 0 };
    let mut threads: Vec<p::Thread> = (0..count).map(|me| this.thread(me, model)).collect();
    let actions = model.moves.iter().map(|kernel_move| this.kernel_move(kernel_move)).collect();
    let properties = model.properties.iter().map(|(claim, cond)| {
        let at = this.expression(cond);
        let kind = match claim {
            Claim::Never => p::PropertyKind::Never(at),
            Claim::Always => p::PropertyKind::Always(at),
            Claim::Reach => p::PropertyKind::Reach(at),
        };
        p::Property { name: String::new(), kind, span: NOWHERE }
    });
    let mut properties: Vec<p::Property> = properties.collect();
    properties.extend(model.promises.iter().map(|(cause, promise)| {
        let promise = this.expression(promise);
        let kind = match cause {
            Some(cause) => p::PropertyKind::After(this.expression(cause), promise),
            None => p::PropertyKind::Eventually(promise),
        };
        p::Property { name: String::new(), kind, span: NOWHERE }
    }));
    let outcomes = model.outcomes.iter().enumerate().map(|(index, (cond, fine))| {
        let when = this.expression(cond);
        p::Outcome { name: format!("outcome {index}"), fine: *fine, when }
    });
    let outcomes = outcomes.collect();
    let layout = layout(model.words, &mut threads);
    let mut initial = vec![0; model.words];
    for (thread, text) in threads.iter().zip(&model.threads) {
        // A thread without statements of its own has finished from the start.
        let has_body = !text.body.is_empty();
        let field = layout.fields[usize::from(thread.place)];
        assert!(field.set(&mut initial, Value::from(has_body)));
    }
    let check = |kind| p::Check { kind, message: String::new(), span: NOWHERE };
    use p::CheckKind::{Assert, Range, Unlock};
    let statement = p::Statement {
        span: NOWHERE,
        owner: String::new(),
        label: String::new(),
        line: 1,
        unreachable: false,
    };
    p::Program {
        scenario: String::new(),
        model: String::new(),
        kernel: None,
        layout,
        initial,
        code: this.code,
        checks: vec![check(Range), check(Unlock), check(Assert), check(Range)],
        variables: Vec::new(),
        threads,
        actions,
        properties,
        outcomes,
        shows: Vec::new(),
        header: Vec::new(),
        docs: Vec::new(),
        order_options: Vec::new(),
        started: Vec::new(),
        sources: p::Sources::default(),
        statements: vec![statement; this.statements as usize],
    }
}

/// Fields in turn over all words, and the masks.
fn layout(words: usize, threads: &mut [p::Thread]) -> Layout {
    let mut layout = Layout { words, ..Layout::default() };
    let (mut shared, mut aux) = (vec![0; words], vec![0; words]);
    let mut taken = vec![0u8; words];
    let mut add = |high: Value, optional: bool, wraps: bool| {
        let word = layout.fields.len() % words;
        let width = (high as u32 + u32::from(optional)).ilog2() as u8 + 1;
        let shift = taken[word];
        taken[word] += width;
        assert!(taken[word] <= 64);
        layout.push(p::Field { word: word as u16, shift, width, low: 0, high, optional, wraps });
        (word, layout.fields[layout.fields.len() - 1].mask())
    };
    let mark = |masks: &mut Vec<u64>, (word, mask): (usize, u64)| masks[word] |= mask;
    mark(&mut shared, add(2, false, true));
    mark(&mut shared, add(2, false, false));
    mark(&mut aux, add(2, false, false));
    // Free is the stored value 0.
    mark(&mut shared, add(threads.len() as Value - 1, true, false));
    for thread in threads {
        thread.local_mask = vec![0; words];
        mark(&mut shared, add(1, false, false));
        mark(&mut shared, add(2, false, false));
        for high in [2, 15, 15] {
            mark(&mut thread.local_mask, add(high, false, false));
        }
    }
    layout.shared_mask = shared;
    layout.aux_mask = aux;
    layout
}
