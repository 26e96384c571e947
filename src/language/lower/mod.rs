//! Syntax to program: names and types, then code.
//!
//! One walk does both. In the first round every proc of the model is walked by itself, its
//! parameters unknown and its calls not followed (`checking`): what is wrong with the text is found
//! whether or not the cast gets there. If nothing is, the threads of the cast are walked with every
//! call inlined, and what comes out is kept.
//!
//! A variable that the code of a cast never writes is a constant for that cast. Which ones are is
//! only known after a round, so rounds repeat until the set no longer grows.

mod access;
mod assemble;
mod assign;
mod call;
mod constant;
mod context;
mod control;
mod emit;
mod expr;
mod layout;
mod statement;
mod typing;
mod wait;

use super::Cast;
use super::diagnostic::Diagnostic;
use super::model::Model;
use super::syntax::*;
use super::types::{Base, Type};
use crate::program::*;
use context::{Context, Flow, Slots};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

/// How much code a program may have; more is hardly a protocol.
const CODE_MAX: usize = 1 << 20;

/// How many elements all variables together may have.
const ELEMENTS_MAX: usize = 1 << 14;

/// A shared variable under compilation.
struct Var {
    ty: Type,
    dims: Vec<Dim>,
    /// Elements of the array; 1 for a scalar.
    length: usize,
    initial: Vec<Value>,
    /// Some statement of the texts writes it: reading it is a shared access.
    written: bool,
    /// No code of this cast writes it: its value is known.
    constant: bool,
    first: FieldId,
}

/// One dimension of an array.
#[derive(Clone, Copy)]
struct Dim {
    ty: Type,
    low: Value,
    length: Value,
}

impl Dim {
    /// The values, ascending.
    fn values(self) -> impl Iterator<Item = Value> + Clone {
        (0..self.length).map(move |offset| self.low + offset)
    }
}

struct Lowering<'m> {
    model: &'m Model,
    cast: &'m Cast,
    sources: &'m Sources,
    errors: &'m mut Vec<Diagnostic>,
    /// The first round: procs by themselves, nothing kept.
    checking: bool,
    thread_names: Vec<String>,
    /// Thread names can be used: in a scenario's own texts.
    in_scenario: bool,
    options: Vec<Option<(Type, Value)>>,
    vars: Vec<Var>,
    signatures: Vec<typing::Signature>,
    listing: &'m Listing,

    code: Vec<Op>,
    checks: Vec<Check>,
    layout: Layout,
    /// Variables that the code emitted so far writes.
    stored: HashSet<usize>,
    /// Locals of atomic code, which are reset before the step ends, so all such code shares them.
    scratch: Slots,
    context: Context,
    flow: Flow,
    /// Statements and turns of unrolled loops so far.
    walked: usize,
    /// Statements around this point.
    depth: usize,
    overflowed: bool,
    /// Options that memory orders are named by.
    order_options: Vec<String>,
}

/// Compiles `model` for `cast`; what is wrong goes to `errors`.
pub(super) fn lower(
    model: &Model,
    listing: &Listing,
    cast: &Cast,
    sources: &Sources,
    errors: &mut Vec<Diagnostic>,
) -> Option<Program> {
    let mut written = None;
    loop {
        let mut lowering = Lowering::new(model, listing, cast, sources, errors);
        lowering.declare(written.as_ref());
        if written.is_none() {
            lowering.check();
        }
        if lowering.failed() {
            return None;
        }
        let program = lowering.assemble();
        if lowering.failed() {
            return None;
        }
        let stored = std::mem::take(&mut lowering.stored);
        let program = program?;
        if written.as_ref() == Some(&stored) {
            return Some(program);
        }
        written = Some(stored);
    }
}

impl<'m> Lowering<'m> {
    fn new(
        model: &'m Model,
        listing: &'m Listing,
        cast: &'m Cast,
        sources: &'m Sources,
        errors: &'m mut Vec<Diagnostic>,
    ) -> Self {
        Lowering {
            model,
            cast,
            sources,
            errors,
            checking: false,
            thread_names: cast.threads.iter().map(|thread| thread.name.value.clone()).collect(),
            in_scenario: false,
            options: Vec::new(),
            vars: Vec::new(),
            signatures: Vec::new(),
            listing,
            code: Vec::new(),
            checks: Vec::new(),
            layout: Layout::default(),
            stored: HashSet::new(),
            scratch: Slots::default(),
            context: Context::expression(),
            flow: Flow::start(),
            walked: 0,
            depth: 0,
            overflowed: false,
            order_options: Vec::new(),
        }
    }

    fn failed(&self) -> bool {
        self.errors.iter().any(|error| error.severity == super::Severity::Error)
    }

    /// Files a diagnostic once, however often the place is walked.
    fn report(&mut self, diagnostic: Diagnostic) {
        if !self.errors.contains(&diagnostic) {
            self.errors.push(diagnostic);
        }
    }

    /// How many values `thread` has. A text is checked even for an empty cast.
    fn thread_count(&self) -> Value {
        self.thread_names.len().max(1) as Value
    }

    /// Options and variables; `stored` is what the last round found to be written.
    fn declare(&mut self, stored: Option<&HashSet<usize>>) {
        self.declare_options();
        for (index, decl) in self.model.vars.iter().enumerate() {
            let ty = self.resolve_type(&decl.ty);
            if matches!(ty.base, Base::Proc) {
                let error = Diagnostic::error("a variable cannot hold a proc", decl.name.span, "");
                self.report(error);
            }
            let mut dims: Vec<Dim> = Vec::new();
            if decl.per_thread {
                let count = self.thread_count();
                dims.push(Dim { ty: Type::new(Base::Thread(count)), low: 0, length: count });
            }
            for domain in &decl.domains {
                dims.extend(self.resolve_dim(domain));
            }
            let length = dims.iter().map(|dim| dim.length as usize).product::<usize>();
            let total: usize = self.vars.iter().map(|var| var.length).sum();
            let too_many = length.saturating_add(total) > ELEMENTS_MAX;
            if too_many {
                let message = format!("the variables have more than {ELEMENTS_MAX} elements");
                self.report(Diagnostic::error(message, decl.name.span, "too many with this one"));
            }
            let length = if too_many { 1 } else { length };
            let first = match ty.range() {
                Some(_) if ty.has_none() => NONE,
                Some((low, _)) => low,
                None => 0,
            };
            let written = self.listing.assigned.contains(&decl.name.text)
                || matches!(ty.base, Base::Mutex(_));
            let constant = !written || stored.is_some_and(|stored| !stored.contains(&index));
            self.vars.push(Var {
                ty,
                dims,
                length,
                initial: vec![first; length],
                written,
                constant,
                first: 0,
            });
            if let Some(initial) = &decl.initial
                && let Some(value) = self.constant_of_type(initial, ty)
            {
                self.vars[index].initial.fill(value);
            }
        }
        self.declare_signatures();
        self.initialise();
        for index in 0..self.vars.len() {
            let var = &self.vars[index];
            if !self.is_kept(&self.model.vars[index], var) {
                continue;
            }
            let (ty, length) = (var.ty, var.length);
            if let Some((low, high)) = ty.range() {
                let wraps = matches!(ty.base, Base::Mod(_));
                let first = self.layout.add(low, high, ty.has_none(), wraps);
                for _ in 1..length {
                    self.layout.add(low, high, ty.has_none(), wraps);
                }
                self.vars[index].first = first;
            }
        }
    }

    fn declare_options(&mut self) {
        for option in &self.model.options {
            let ty = self.resolve_type(&option.ty);
            let value = std::iter::once(&option.default)
                .chain(&option.settings)
                .map(|setting| self.constant_of_type(setting, ty))
                .last()
                .flatten();
            self.options.push(value.map(|value| (ty, value)));
        }
    }

    /// All that a proc by itself may turn on, but for the texts: the options, how many threads there
    /// are, the values of variables that no statement assigns, and whether there is history.
    fn known(&self) -> Vec<Option<Value>> {
        let options = self.options.iter().map(|option| option.map(|(_, value)| value));
        let constants = self.vars.iter().filter(|var| var.constant).flat_map(|var| &var.initial);
        let cast = [self.thread_count(), Value::from(self.cast.without_aux)];
        options.chain(cast.map(Some)).chain(constants.map(|&value| Some(value))).collect()
    }

    /// Walks every declaration by itself.
    fn check(&mut self) {
        self.checking = true;
        let (known, filed_before) = (self.known(), self.errors.len());
        if !self.listing.checked.borrow().contains(&known) {
            self.check_recursion();
            for id in 0..self.model.procs.len() {
                self.check_proc(id);
            }
            if self.errors.len() == filed_before {
                self.listing.checked.borrow_mut().insert(known);
            }
        }
        self.check_cast();
        self.checking = false;
        self.code.clear();
        self.checks.clear();
        self.stored.clear();
        self.layout
            .fields
            .truncate(self.vars.iter().filter(|v| !v.constant).map(|v| v.length).sum());
        self.scratch = Slots::default();
        self.walked = 0;
        self.overflowed = false;
        self.order_options.clear();
    }
}

/// What is known of the texts of a model, whatever the cast is.
#[derive(Debug)]
pub(super) struct Listing {
    /// Every statement, in the order of the texts, whether or not the cast gets there: what is never
    /// run is known by its number.
    statements: Vec<Statement>,
    ids: HashMap<Span, StatementId>,
    /// Names that some statement assigns.
    assigned: HashSet<String>,
    /// With what each proc by itself was found to be right: see [`Lowering::known`].
    checked: RefCell<HashSet<Vec<Option<Value>>>>,
}

impl Listing {
    pub(super) fn of(model: &Model, sources: &Sources) -> Listing {
        let statements = statements(model, sources);
        let spans = statements.iter().map(|statement| statement.span);
        let ids = spans.zip(0..).collect();
        let (assigned, checked) = (assigned_names(model), RefCell::default());
        Listing { statements, ids, assigned, checked }
    }
}

fn statements(model: &Model, sources: &Sources) -> Vec<Statement> {
    let mut found: Vec<(Span, Span, &str, bool)> = Vec::new();
    for proc in &model.procs {
        collect(&proc.decl.body, &proc.decl.name.text, &mut found);
    }
    for action in &model.actions {
        let proc = &action.proc;
        found.push((proc.head, proc.head, &proc.name.text, false));
        collect(&proc.body, &proc.name.text, &mut found);
    }
    for handler in &model.handlers {
        found.push((handler.name.span, handler.name.span, &handler.name.text, false));
        collect(&handler.body, &handler.name.text, &mut found);
    }
    for (blocks, owner) in
        [(&model.on_entry, "on kernel entry"), (&model.on_exit, "on kernel exit")]
    {
        for block in blocks {
            collect(block, owner, &mut found);
        }
    }
    found.sort_by_key(|(span, ..)| (*span, std::cmp::Reverse(span.end)));
    let lines: Vec<_> = sources.files.iter().map(|file| Lines::of(&file.text)).collect();
    let statement = |(span, head, owner, unreachable): (Span, Span, &str, bool)| {
        let line = lines[usize::from(head.file)].line(head.start as usize);
        let label = one_line(sources.text(head));
        Statement { span, owner: owner.to_string(), label, line, unreachable }
    };
    found.into_iter().map(statement).collect()
}

/// The names that some statement of the texts assigns, or passes to something that writes.
fn assigned_names(model: &Model) -> HashSet<String> {
    let mut names = HashSet::new();
    let mut visit = |block: &Block| assigned_in(block, &mut names);
    model.procs.iter().for_each(|proc| visit(&proc.decl.body));
    model.actions.iter().for_each(|action| visit(&action.proc.body));
    model.handlers.iter().for_each(|handler| visit(&handler.body));
    model.on_entry.iter().chain(&model.on_exit).for_each(|block| visit(block));
    names
}

/// Adds the names that `block` assigns.
pub(super) fn assigned_in(block: &Block, names: &mut HashSet<String>) {
    walk(block, &mut |statement| {
        if let StmtKind::Assign { target, .. } = &statement.kind {
            written(target, names);
            written_by_calls(target, names);
        }
        for expr in expressions(statement) {
            written_by_calls(expr, names);
        }
        if let StmtKind::Call(call) = &statement.kind {
            written_by_call(call, names);
        }
    });
}

fn written(target: &Expr, names: &mut HashSet<String>) {
    match &target.kind {
        ExprKind::Name(name) => names.insert(name.clone()),
        ExprKind::Index(name, _) => names.insert(name.text.clone()),
        _ => false,
    };
}

fn written_by_calls(expr: &Expr, names: &mut HashSet<String>) {
    match &expr.kind {
        ExprKind::Call(call) => {
            written_by_call(call, names);
            call.args.iter().for_each(|arg| written_by_calls(arg, names));
        }
        ExprKind::Index(_, indices) => {
            indices.iter().for_each(|index| written_by_calls(index, names));
        }
        ExprKind::Not(inner) | ExprKind::Negate(inner) => written_by_calls(inner, names),
        ExprKind::Binary(_, left, right) => {
            written_by_calls(left, names);
            written_by_calls(right, names);
        }
        ExprKind::Quantifier { body, .. } => written_by_calls(body, names),
        _ => {}
    }
}

/// `cas(x, …)` and its like write their first argument.
fn written_by_call(call: &Call, names: &mut HashSet<String>) {
    if matches!(call.name.text.as_str(), "cas" | "swap" | "fetch_add" | "fetch_sub" | "store") {
        call.args.iter().take(1).for_each(|target| written(target, names));
    }
}

/// Calls `visit` on every statement of the block and of the blocks in it.
fn walk(block: &Block, visit: &mut impl FnMut(&Stmt)) {
    for statement in &block.statements {
        visit(statement);
        for inner in blocks(statement) {
            walk(inner, visit);
        }
    }
}

/// The blocks of a statement.
pub(super) fn blocks(statement: &Stmt) -> Vec<&Block> {
    match &statement.kind {
        StmtKind::If { then, otherwise, .. } => std::iter::once(then).chain(otherwise).collect(),
        StmtKind::While { body, .. }
        | StmtKind::Loop(body)
        | StmtKind::For { body, .. }
        | StmtKind::Atomic(body) => vec![body],
        StmtKind::Choose(branches) => branches.iter().collect(),
        _ => Vec::new(),
    }
}

/// The expressions of a statement, the target of an assignment apart.
fn expressions(statement: &Stmt) -> Vec<&Expr> {
    match &statement.kind {
        StmtKind::Let { value, .. } | StmtKind::Assign { value, .. } => vec![value],
        StmtKind::If { condition, .. } | StmtKind::While { condition, .. } => vec![condition],
        StmtKind::Await(expr)
        | StmtKind::Assert(expr)
        | StmtKind::Lock(expr)
        | StmtKind::Unlock(expr)
        | StmtKind::Finish(expr)
        | StmtKind::Return(Some(expr)) => vec![expr],
        StmtKind::Call(call) => call.args.iter().collect(),
        _ => Vec::new(),
    }
}

fn collect<'m>(block: &'m Block, owner: &'m str, found: &mut Vec<(Span, Span, &'m str, bool)>) {
    collect_marked(block, owner, false, found);
}

fn collect_marked<'m>(
    block: &'m Block,
    owner: &'m str,
    marked: bool,
    found: &mut Vec<(Span, Span, &'m str, bool)>,
) {
    for statement in &block.statements {
        let marked = marked || statement.unreached.is_some();
        found.push((statement.span, statement.head, owner, marked));
        for inner in blocks(statement) {
            collect_marked(inner, owner, marked, found);
        }
    }
}

/// A statement's words on one line, comments left out.
pub(super) fn one_line(text: &str) -> String {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or(""));
    code.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}
