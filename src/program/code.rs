//! The instructions of the simulated machine.
//!
//! A stack machine: expressions push their value, statements pop what they use. The operand stack
//! is empty at every place, so it is no part of a state.

use super::{FieldId, PlaceId, Span, StatementId, Value};

/// An index into a program's code.
pub type Addr = u32;

/// The index of a check in its program.
pub type CheckId = u16;

/// A C11 memory order. Only the memory-model engine tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// A plain access, or a local variable.
    Plain,
    /// `relaxed`
    Relaxed,
    /// `acquire`
    Acquire,
    /// `release`
    Release,
    /// `acq_rel`
    AcqRel,
    /// `seq_cst`, the default of `atomic` locations.
    #[default]
    SeqCst,
}

impl Order {
    /// The orders that a text can name, the weakest first.
    pub const NAMED: [(&str, Order); 5] = [
        ("relaxed", Order::Relaxed),
        ("acquire", Order::Acquire),
        ("release", Order::Release),
        ("acq_rel", Order::AcqRel),
        ("seq_cst", Order::SeqCst),
    ];

    /// The order with this name, as in `acq_rel`.
    pub fn named(name: &str) -> Option<Order> {
        Order::NAMED.iter().find(|(known, _)| *known == name).map(|(_, order)| *order)
    }
}

/// What a read-modify-write stores, given the old value and one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RmwKind {
    /// The operand.
    Swap,
    /// The sum.
    Add,
    /// The difference.
    Sub,
}

/// One instruction. The stack is shown as `before -- after`, its top to the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `-- v`
    Const(Value),
    /// `-- v` The value of a field.
    Load { field: FieldId, order: Order },
    /// `index -- v` The field `base + index`; an index outside `0..length` fails the check.
    LoadAt { base: FieldId, length: u16, order: Order, check: CheckId },
    /// `v --` A value that the field cannot hold fails the check.
    Store { field: FieldId, order: Order, check: CheckId },
    /// `index v --`
    StoreAt { base: FieldId, length: u16, order: Order, check: CheckId },
    /// `expected new -- success` Compare and swap: one access, a write only if it succeeds.
    Cas { field: FieldId, success: Order, failure: Order, check: CheckId },
    /// `index expected new -- success`
    CasAt { base: FieldId, length: u16, success: Order, failure: Order, check: CheckId },
    /// `operand -- old`
    Rmw { field: FieldId, kind: RmwKind, order: Order, check: CheckId },
    /// `index operand -- old`
    RmwAt { base: FieldId, length: u16, kind: RmwKind, order: Order, check: CheckId },
    /// `--` A C11 fence.
    Fence(Order),
    /// `v --`
    Pop,
    /// `a b -- a+b`
    Add,
    /// `a b -- a-b`
    Sub,
    /// `a b -- a*b`
    Mul,
    /// `a b -- a mod b`, 0 to b-1; `b` is a positive constant.
    Rem,
    /// `a -- -a`
    Neg,
    /// `a -- !a`
    Not,
    /// `a b -- a==b`
    Eq,
    /// `a b -- a!=b`
    Ne,
    /// `a b -- a<b`
    Lt,
    /// `a b -- a<=b`
    Le,
    /// `a b -- a&&b` Both operands are evaluated; short-circuit forms are compiled to jumps.
    And,
    /// `a b -- a||b`
    Or,
    /// Continue at the address.
    Jump(Addr),
    /// `c --` Continue at the address if true.
    JumpIf(Addr),
    /// `c --` Continue at the address if false.
    JumpUnless(Addr),
    /// `c --` If false, the step is not enabled and nothing of it happened.
    Guard,
    /// `c --` If false, the check is violated.
    Check(CheckId),
    /// The check is violated.
    Fail(CheckId),
    /// Continue at this address plus one plus the branch the scheduler chose; as many jumps follow.
    Branch { count: u32 },
    /// `t -- b` Thread `t` stands in a system call.
    InKernel,
    /// `t -- b` The code of thread `t` has ended.
    Finished,
    /// `t --` Thread `t` runs no more: its places become [`super::FINISHED`], its locals are reset.
    Finish,
    /// `--` A turn of a yielding loop ends here.
    Yield,
    /// `--` The statement has run.
    Cover(StatementId),
    /// The step ends here: the running thread now stands at this place.
    Stop(PlaceId),
    /// The code ends: of a thread or handler (it is finished), of an action (its step is done), or
    /// of an expression (its value is on the stack).
    End,
}

/// Something that must hold when code gets there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What kind of failure it is.
    pub kind: CheckKind,
    /// What to say when it fails.
    pub message: String,
    /// What the text says there.
    pub span: Span,
}

/// The kinds of failure that code can meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckKind {
    /// An `assert` does not hold.
    Assert,
    /// A value leaves its declared range, or an index is `none`.
    Range,
    /// `unlock` of a mutex by a thread that does not hold it.
    Unlock,
}

impl CheckKind {
    /// The word for it in scenarios, schedules and reports.
    pub fn name(self) -> &'static str {
        match self {
            CheckKind::Assert => "assert",
            CheckKind::Range => "range",
            CheckKind::Unlock => "unlock",
        }
    }
}
