//! The interpreter: runs code until the step ends.

use super::{Machine, Memory, Step, Violation};
use crate::program::{
    Addr, CheckId, FINISHED, FieldId, NONE, Op, Order, PlaceId, StatementId, Value,
};

/// As whom code runs, which decides what its `Stop` and `End` mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The code of the thread with this index.
    Thread(usize),
    /// A handler that this thread runs.
    Handler(usize),
    /// A move of the kernel.
    Action,
    /// An expression; its value is [`Workspace::value`].
    Expression,
}

/// An operand. Wider than a [`Value`], so that arithmetic on values never wraps around into a
/// declared range: a result that no field can hold stays one until it is stored, and fails there.
type Cell = i64;

/// The operand stack, and the record of which statements have run.
#[derive(Debug, Clone)]
pub struct Workspace {
    stack: Box<[Cell]>,
    ran: Box<[bool]>,
    /// Statements that ran for the first time in the step being run: if it turns out to be disabled,
    /// they have not.
    fresh: Vec<StatementId>,
}

impl Workspace {
    pub(super) fn new(stack_depth: usize, statements: usize) -> Workspace {
        Workspace {
            stack: vec![0; stack_depth.max(1)].into(),
            ran: vec![false; statements].into(),
            fresh: Vec::new(),
        }
    }

    /// The value of the expression that ran last.
    pub fn value(&self) -> i64 {
        self.stack[0]
    }

    pub(super) fn mark(&mut self, statement: StatementId) {
        self.ran[statement as usize] = true;
    }

    /// Whether the statement has run.
    pub fn has_run(&self, statement: StatementId) -> bool {
        self.ran[statement as usize]
    }
}

/// The operands on the stack.
struct Operands<'a> {
    cells: &'a mut [Cell],
    len: usize,
}

impl Operands<'_> {
    #[inline(always)]
    fn push(&mut self, cell: Cell) {
        self.cells[self.len] = cell;
        self.len += 1;
    }

    #[inline(always)]
    fn pop(&mut self) -> Cell {
        self.len -= 1;
        self.cells[self.len]
    }

    #[inline(always)]
    fn unary(&mut self, f: impl FnOnce(Cell) -> Cell) {
        let a = self.pop();
        self.push(f(a));
    }

    #[inline(always)]
    fn binary(&mut self, f: impl FnOnce(Cell, Cell) -> Cell) {
        let b = self.pop();
        let a = self.pop();
        self.push(f(a, b));
    }
}

/// The result of arithmetic: what would read as `none` becomes a number out of every range.
#[inline(always)]
fn number(cell: Cell) -> Cell {
    if cell == Cell::from(NONE) { Cell::MIN } else { cell }
}

/// The field of an array's element; `None` if the index is outside it.
#[inline(always)]
fn element(base: FieldId, length: u16, index: Cell) -> Option<FieldId> {
    (0..Cell::from(length)).contains(&index).then(|| base + index as FieldId)
}

/// What a failed check makes of the step.
fn fails(check: CheckId) -> Step {
    Step::Violation(Violation { check })
}

impl Machine<'_> {
    /// Runs code from `entry` on `memory` until the step ends. If the step turns out to be
    /// disabled, `memory` may have been written already and is to be thrown away.
    ///
    /// # Panics
    /// If the code is malformed: a bug in whatever compiled it.
    pub fn run<M: Memory>(
        &self,
        entry: Addr,
        role: Role,
        branch: u32,
        memory: &mut M,
        work: &mut Workspace,
    ) -> Step {
        work.fresh.clear();
        let mut stack = Operands { cells: &mut work.stack, len: 0 };
        let mut at = entry as usize;
        let mut yielded = false;
        macro_rules! store {
            ($field:expr, $cell:expr, $order:expr, $check:expr) => {{
                let stored =
                    Value::try_from($cell).is_ok_and(|value| memory.store($field, value, $order));
                if !stored {
                    return fails($check);
                }
            }};
        }
        macro_rules! cas {
            ($field:expr, $expected:expr, $new:expr, $success:expr, $failure:expr, $check:expr) => {{
                // An expected value that is out of every range is equal to no field's.
                let swapped = match (Value::try_from($expected), Value::try_from($new)) {
                    (Ok(expected), Ok(new)) => {
                        memory.compare_and_swap($field, expected, new, $success, $failure)
                    }
                    (Err(_), _) => {
                        memory.load($field, $failure);
                        Some(false)
                    }
                    (Ok(expected), Err(_)) => {
                        (memory.load($field, $failure) != expected).then_some(false)
                    }
                };
                match swapped {
                    Some(swapped) => stack.push(Cell::from(swapped)),
                    None => return fails($check),
                }
            }};
        }
        macro_rules! rmw {
            ($field:expr, $kind:expr, $operand:expr, $order:expr, $check:expr) => {{
                let old = Value::try_from($operand)
                    .ok()
                    .and_then(|operand| memory.read_modify_write($field, $kind, operand, $order));
                match old {
                    Some(old) => stack.push(Cell::from(old)),
                    None => return fails($check),
                }
            }};
        }
        macro_rules! element {
            ($base:expr, $length:expr, $index:expr, $check:expr) => {
                match element($base, $length, $index) {
                    Some(field) => field,
                    None => return fails($check),
                }
            };
        }
        loop {
            let op = &self.program.code[at];
            at += 1;
            match *op {
                Op::Const(value) => stack.push(Cell::from(value)),
                Op::Load { field, order } => stack.push(Cell::from(memory.load(field, order))),
                Op::LoadAt { base, length, order, check } => {
                    let field = element!(base, length, stack.pop(), check);
                    stack.push(Cell::from(memory.load(field, order)));
                }
                Op::Store { field, order, check } => store!(field, stack.pop(), order, check),
                Op::StoreAt { base, length, order, check } => {
                    let cell = stack.pop();
                    let field = element!(base, length, stack.pop(), check);
                    store!(field, cell, order, check);
                }
                Op::Cas { field, success, failure, check } => {
                    let new = stack.pop();
                    let expected = stack.pop();
                    cas!(field, expected, new, success, failure, check);
                }
                Op::CasAt { base, length, success, failure, check } => {
                    let new = stack.pop();
                    let expected = stack.pop();
                    let field = element!(base, length, stack.pop(), check);
                    cas!(field, expected, new, success, failure, check);
                }
                Op::Rmw { field, kind, order, check } => {
                    rmw!(field, kind, stack.pop(), order, check);
                }
                Op::RmwAt { base, length, kind, order, check } => {
                    let operand = stack.pop();
                    let field = element!(base, length, stack.pop(), check);
                    rmw!(field, kind, operand, order, check);
                }
                Op::Fence(order) => memory.fence(order),
                Op::Pop => {
                    stack.pop();
                }
                Op::Add => stack.binary(|a, b| number(a.saturating_add(b))),
                Op::Sub => stack.binary(|a, b| number(a.saturating_sub(b))),
                Op::Mul => stack.binary(|a, b| number(a.saturating_mul(b))),
                Op::Rem => stack.binary(Cell::rem_euclid),
                Op::Neg => stack.unary(|a| number(a.saturating_neg())),
                Op::Not => stack.unary(|a| Cell::from(a == 0)),
                Op::Eq => stack.binary(|a, b| Cell::from(a == b)),
                Op::Ne => stack.binary(|a, b| Cell::from(a != b)),
                Op::Lt => stack.binary(|a, b| Cell::from(a < b)),
                Op::Le => stack.binary(|a, b| Cell::from(a <= b)),
                Op::And => stack.binary(|a, b| Cell::from(a != 0 && b != 0)),
                Op::Or => stack.binary(|a, b| Cell::from(a != 0 || b != 0)),
                Op::Jump(to) => at = to as usize,
                Op::JumpIf(to) => {
                    if stack.pop() != 0 {
                        at = to as usize;
                    }
                }
                Op::JumpUnless(to) => {
                    if stack.pop() == 0 {
                        at = to as usize;
                    }
                }
                Op::Guard => {
                    if stack.pop() == 0 {
                        for statement in work.fresh.drain(..) {
                            work.ran[statement as usize] = false;
                        }
                        return Step::Disabled;
                    }
                }
                Op::Check(check) => {
                    if stack.pop() == 0 {
                        return fails(check);
                    }
                }
                Op::Fail(check) => return fails(check),
                Op::Branch { count } => {
                    assert!(branch < count, "the scheduler chose a branch that does not exist");
                    at += branch as usize;
                }
                Op::InKernel => {
                    let thread = self.operand_thread(stack.pop());
                    stack.push(Cell::from(self.in_kernel(thread, memory)));
                }
                Op::Finished => {
                    let thread = self.operand_thread(stack.pop());
                    let place = memory.load(self.program.threads[thread].place, Order::Plain);
                    stack.push(Cell::from(place as PlaceId == FINISHED));
                }
                Op::Finish => {
                    let thread = self.operand_thread(stack.pop());
                    memory.finish(thread);
                    // Nothing is left of the runner to run on.
                    if role == Role::Thread(thread) || role == Role::Handler(thread) {
                        return Step::Done { yielded };
                    }
                }
                Op::Yield => yielded = true,
                Op::Cover(statement) => {
                    if !std::mem::replace(&mut work.ran[statement as usize], true) {
                        work.fresh.push(statement);
                    }
                }
                Op::Stop(place) => {
                    let field = match role {
                        Role::Thread(thread) => Some(self.program.threads[thread].place),
                        Role::Handler(thread) => self.program.threads[thread].handler_place,
                        Role::Action | Role::Expression => None,
                    };
                    let stopped = field
                        .is_some_and(|field| memory.store(field, place as Value, Order::Plain));
                    assert!(stopped, "only threads have places, and each fits its field");
                    return Step::Done { yielded };
                }
                Op::End => {
                    match role {
                        Role::Thread(thread) => memory.finish(thread),
                        Role::Handler(thread) => {
                            let field = self.program.threads[thread].handler_place;
                            let left = field.is_some_and(|field| {
                                memory.store(field, FINISHED as Value, Order::Plain)
                            });
                            assert!(left, "a thread with handlers has a place in them");
                        }
                        Role::Action | Role::Expression => {}
                    }
                    return Step::Done { yielded };
                }
            }
        }
    }

    /// The thread that an operand names. The language's types leave no other value.
    fn operand_thread(&self, cell: Cell) -> usize {
        let thread = usize::try_from(cell).ok().filter(|&t| t < self.program.threads.len());
        thread.expect("a thread operand is an index into the cast")
    }
}

/// How many operands the code keeps on the stack at most.
///
/// One pass suffices: jumps that go back do so with an empty stack, because every turn of a loop
/// takes a step.
pub(super) fn stack_depth(code: &[Op]) -> usize {
    let mut arriving = vec![0usize; code.len() + 1];
    let mut depth = 0usize;
    let mut deepest = 0;
    for (at, op) in code.iter().enumerate() {
        depth = depth.max(arriving[at]);
        let (pops, pushes) = operands(op);
        depth = depth.saturating_sub(pops) + pushes;
        deepest = deepest.max(depth);
        if let Op::Jump(to) | Op::JumpIf(to) | Op::JumpUnless(to) = *op {
            let arriving = &mut arriving[to as usize];
            *arriving = depth.max(*arriving);
        }
        if matches!(op, Op::Jump(_) | Op::Fail(_) | Op::Stop(_) | Op::End) {
            depth = 0;
        }
    }
    deepest
}

/// How many operands an instruction pops and pushes.
fn operands(op: &Op) -> (usize, usize) {
    match op {
        Op::Const(_) | Op::Load { .. } => (0, 1),
        Op::LoadAt { .. } | Op::Rmw { .. } | Op::Neg | Op::Not => (1, 1),
        Op::InKernel | Op::Finished => (1, 1),
        Op::Store { .. } | Op::Pop | Op::JumpIf(_) | Op::JumpUnless(_) => (1, 0),
        Op::Guard | Op::Check(_) | Op::Finish => (1, 0),
        Op::StoreAt { .. } => (2, 0),
        Op::Cas { .. } | Op::RmwAt { .. } => (2, 1),
        Op::CasAt { .. } => (3, 1),
        Op::Add | Op::Sub | Op::Mul | Op::Rem => (2, 1),
        Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::And | Op::Or => (2, 1),
        Op::Fence(_) | Op::Jump(_) | Op::Fail(_) | Op::Branch { .. } => (0, 0),
        Op::Yield | Op::Cover(_) | Op::Stop(_) | Op::End => (0, 0),
    }
}
