//! The syntax tree.

use crate::program::{Fairness, Order, Span};
use std::rc::Rc;

/// A name where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub text: String,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub(super) struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub(super) enum ExprKind {
    Number(i64),
    Bool(bool),
    None,
    SelfThread,
    Name(String),
    Index(Name, Vec<Expr>),
    Call(Call),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    Quantifier { kind: Quantifier, var: Name, domain: Option<DomainExpr>, body: Box<Expr> },
}

#[derive(Debug, Clone)]
pub(super) struct Call {
    pub name: Name,
    /// The memory orders behind the name, as in `cas.acquire`.
    pub orders: Vec<(OrderWord, Span)>,
    pub args: Vec<Expr>,
    pub span: Span,
}

/// A memory order as the text names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OrderWord {
    Known(Order),
    /// The name of an option whose value is named as an order is.
    Option(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BinaryOp {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Add,
    Sub,
    Mul,
    Rem,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantifier {
    Exists,
    Forall,
    Number,
}

/// What an index, a `for` or a quantifier ranges over.
#[derive(Debug, Clone)]
pub(super) enum DomainExpr {
    /// An enum, `thread` or `bool`.
    Named(Name),
    Range(Box<Expr>, Box<Expr>, Span),
}

#[derive(Debug, Clone)]
pub(super) enum TypeExpr {
    Named(Name),
    Range(Expr, Expr, Span),
    Modulo(Expr, Span),
    Optional(Box<TypeExpr>, Span),
}

#[derive(Debug, Clone)]
pub(super) struct Block {
    pub statements: Vec<Stmt>,
    /// From its `{` to its `}`; of an `else if`, the `if` statement.
    pub span: Span,
}

#[derive(Debug, Clone)]
pub(super) struct Stmt {
    pub kind: StmtKind,
    /// The whole statement, its blocks included.
    pub span: Span,
    /// What a schedule prints: without the blocks it opens.
    pub head: Span,
    pub fairness: Fairness,
    /// The reason why it is not expected to run.
    pub unreached: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) enum StmtKind {
    Let { name: Name, declared: Option<TypeExpr>, value: Expr },
    Assign { target: Expr, op: AssignOp, value: Expr },
    If { condition: Expr, then: Block, otherwise: Option<Block> },
    While { condition: Expr, body: Block },
    Loop(Block),
    For { var: Name, domain: DomainExpr, reversed: bool, filter: Option<Expr>, body: Block },
    Choose(Vec<Block>),
    Await(Expr),
    Atomic(Block),
    Step,
    Lock(Expr),
    Unlock(Expr),
    Assert(Expr),
    Yield,
    Skip,
    Break,
    Continue,
    Return(Option<Expr>),
    Finish(Expr),
    Call(Call),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AssignOp {
    Set,
    Add,
    Sub,
}

#[derive(Debug, Clone)]
pub(super) struct Param {
    pub name: Name,
    pub ty: TypeExpr,
}

/// Whether a location says how it is accessed.
pub(super) use crate::program::LocationKind;

/// Cheap to clone where it holds code.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Use { path: Name, settings: Vec<(Name, Expr)> },
    Option { name: Name, ty: TypeExpr, value: Expr },
    Preset { name: Name, settings: Vec<(Name, Expr)> },
    Enum { name: Name, values: Vec<Name> },
    Var(VarDecl),
    Proc(Rc<ProcDecl>),
    Action { proc: Rc<ProcDecl>, when: Expr, fairness: Fairness },
    Handler { name: Name, thread: Name, when: Expr, body: Rc<Block> },
    Gate { kernel: bool, thread: Name, when: Expr },
    Lives { thread: Name, when: Expr },
    Shows { name: Name, thread: Name, when: Expr },
    Start { name: Name, thread: Name, body: Block },
    OnKernel { exit: bool, body: Rc<Block> },
    Outcome { name: Name, fine: bool, when: Expr },
    Property { kind: PropertyDecl, span: Span },
}

#[derive(Debug, Clone)]
pub(super) struct VarDecl {
    pub name: Name,
    pub per_thread: bool,
    pub aux: bool,
    pub domains: Vec<DomainExpr>,
    pub location: Option<LocationKind>,
    pub ty: TypeExpr,
    pub initial: Option<Expr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProcKind {
    Plain,
    Atomic,
    Syscall,
    Action,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProcRole {
    Plain,
    /// May be filled in by another text.
    Hook,
    /// Wraps the proc of the same name.
    Override,
}

#[derive(Debug, Clone)]
pub(super) struct ProcDecl {
    pub name: Name,
    pub kind: ProcKind,
    pub role: ProcRole,
    pub params: Vec<Param>,
    pub result: Option<TypeExpr>,
    pub body: Block,
    /// From its first word to the end of its signature.
    pub head: Span,
    /// The lines that start with `///`.
    pub doc: Vec<String>,
}

#[derive(Debug, Clone)]
pub(super) enum PropertyDecl {
    Never(Name, Expr),
    Always(Name, Expr),
    Reach(Name, Expr),
    After(Expr, Expr),
    Eventually(Expr),
}

/// One text.
#[derive(Debug, Clone, Default)]
pub(super) struct Module {
    pub header: Vec<String>,
    pub items: Vec<Item>,
    /// Where each of the items stands, its documentation aside.
    pub spans: Vec<Span>,
}
