//! What runs: the compiled form of one check.
//!
//! A [`Program`] is a model text with its options, its kernel preset and its cast folded in. It is
//! plain data: a packed state layout, one code array, and tables that say for every thread where it
//! can stand, for every action what it does, and for everything which source line it comes from.
//!
//! This room knows nothing of text, of searching or of Windows. It may use nothing but `std`.
//!
//! # How a thread is compiled
//! Every call is inlined, so a thread is one stretch of code, entered at a [`Place`]. A place is a
//! point at which another actor may run: it stands before a shared access, a system call's first
//! step, a `choose`, or a `step`. Running a thread from a place executes code until the next
//! [`Op::Stop`]; what lies between (local computation) therefore joins the step before it. Place 0
//! is the end of a thread.

mod alike;
mod code;
mod hash;
mod layout;
mod source;

pub use code::{Addr, Check, CheckId, CheckKind, Op, Order, RmwKind};
pub use hash::fnv1a;
pub use layout::{Field, FieldId, Layout, NONE, Value};
pub use source::{FileId, Lines, Location, SourceFile, Sources, Span, Statement, StatementId};

/// The index of a place of a thread; 0 is [`FINISHED`].
pub type PlaceId = u32;

/// The place of a thread whose code has ended.
pub const FINISHED: PlaceId = 0;

/// One compiled check: model, kernel preset, options and cast.
#[derive(Debug, Clone)]
pub struct Program {
    /// The scenario's name, as in `go/cgo-exit`; empty for a bare model.
    pub scenario: String,
    /// The model's name, as in `go/1.14beta1`.
    pub model: String,
    /// The kernel preset; `None` for a model without presets.
    pub kernel: Option<String>,
    /// How a state is packed.
    pub layout: Layout,
    /// The state before the first step. Local computation before each thread's first place is done.
    pub initial: Vec<u64>,
    /// All code. Every address in the program points into it.
    pub code: Vec<Op>,
    /// The checks that code can fail, by [`CheckId`].
    pub checks: Vec<Check>,
    /// Shared variables, in the order they are declared; constants are not among them.
    pub variables: Vec<Variable>,
    /// The cast, in the scenario's order. A `thread` value is an index into it.
    pub threads: Vec<Thread>,
    /// The kernel's own moves, one entry for each combination of arguments.
    pub actions: Vec<Action>,
    /// What must hold and what must be reached.
    pub properties: Vec<Property>,
    /// How ends are named, in the order they are tried.
    pub outcomes: Vec<Outcome>,
    /// Conditions of a thread that reports show, as in `suspended`.
    pub shows: Vec<Show>,
    /// What the head of the model's own text says (`//!`), line by line.
    pub header: Vec<String>,
    /// What the texts say of their procs, actions and system calls (`///`): name and lines.
    pub docs: Vec<(String, Vec<String>)>,
    /// The texts that were compiled.
    pub sources: Sources,
    /// Statements that can run, by [`StatementId`].
    pub statements: Vec<Statement>,
    /// Options of the model that the code's memory orders are named by, in the order it uses them.
    pub order_options: Vec<String>,
    /// Those that have run before the first step, to make the initial state.
    pub started: Vec<StatementId>,
}

/// A shared variable, or one `thread var`, or one array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The name in the text.
    pub name: String,
    /// The field of its first element; the others follow it.
    pub first: FieldId,
    /// The label of each element, as in `["[m0]", "[m1]"]`; one empty label for a scalar.
    pub labels: Vec<String>,
    /// A history variable: read by properties, outcomes and other aux variables only.
    pub aux: bool,
    /// `Some` for an `atomic` or `plain` location, which the memory-model engine distinguishes.
    pub location: Option<LocationKind>,
    /// How its values are printed.
    pub domain: Domain,
}

/// The C11 view of a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocationKind {
    /// Accessed by atomic operations.
    Atomic,
    /// Accessed by plain loads and stores; concurrent ones race.
    Plain,
}

/// The values of a variable, for printing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Domain {
    /// `false` and `true`.
    Bool,
    /// A whole number.
    Number,
    /// The named values of an enum, or the threads of the cast.
    Names(Vec<String>),
    /// A mutex: free ([`NONE`]), or the thread that holds it.
    Mutex(Vec<String>),
}

/// A member of the cast.
#[derive(Debug, Clone)]
pub struct Thread {
    /// Its name in the scenario.
    pub name: String,
    /// What it runs, as written in the scenario: `preempt(m0, 2)`.
    pub runs: String,
    /// The field that holds its [`PlaceId`].
    pub place: FieldId,
    /// The field that holds its place in a handler (0: in none); `None` if no handler applies.
    pub handler_place: Option<FieldId>,
    /// Where it can stand. Index 0 is [`FINISHED`] and has no code.
    pub places: Vec<Place>,
    /// The condition under which it takes user steps; `None`: always.
    pub user_gate: Option<Addr>,
    /// The condition under which it takes kernel steps; `None`: always.
    pub kernel_gate: Option<Addr>,
    /// The condition under which it is alive; `None`: always.
    pub lives: Option<Addr>,
    /// Code that it can be made to run.
    pub handlers: Vec<Handler>,
    /// Its scheduling assumption.
    pub fairness: Fairness,
    /// For each state word, the bits of its local variables and places.
    pub local_mask: Vec<u64>,
}

/// A point at which a thread can be stopped, killed or overtaken.
#[derive(Debug, Clone)]
pub struct Place {
    /// Where its code starts.
    pub entry: Addr,
    /// Which gate its next step needs.
    pub mode: Mode,
    /// The statement whose access the next step makes.
    pub statement: StatementId,
    /// The calls that lead here, outermost first, without `statement` itself.
    pub calls: Vec<StatementId>,
    /// How many ways the step can go: the branches of a `choose`, or 1.
    pub branches: u32,
    /// It stands in a loop that yields: a turn that writes nothing is a spin turn.
    pub spins: bool,
    /// The local variables in scope: name, field and how to print them.
    pub locals: Vec<(String, FieldId, Domain)>,
    /// The scheduling assumption of this step.
    pub fairness: Fairness,
}

/// Which gate a step needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Ordinary code, and the first step of a system call.
    User,
    /// Inside a system call.
    Kernel,
}

/// Code that a thread is made to run: its next user step enters it.
#[derive(Debug, Clone)]
pub struct Handler {
    /// Its name in the text.
    pub name: String,
    /// The condition under which it is entered.
    pub when: Addr,
    /// The code up to its first place; a [`Op::Stop`] there is the handler's place.
    pub enter: Addr,
    /// The declaration, for reports.
    pub statement: StatementId,
}

/// One move of the kernel: guard and effect in one piece of code, one step.
#[derive(Debug, Clone)]
pub struct Action {
    /// With its arguments, as in `deliver(main)`.
    pub name: String,
    /// The name alone, as in `deliver`.
    pub family: String,
    /// The thread it is about: the first argument of type `thread`.
    pub thread: Option<usize>,
    /// Where its code starts; a failing [`Op::Guard`] in it means it is not enabled.
    pub entry: Addr,
    /// The declaration.
    pub statement: StatementId,
    /// Its scheduling assumption.
    pub fairness: Fairness,
}

/// What a proof of liveness may assume of a thread, an action or a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fairness {
    /// Enabled for ever, it happens (weak fairness).
    #[default]
    Weak,
    /// Enabled again and again, it happens.
    Strong,
    /// It may never happen.
    Unfair,
}

/// A property of the runs.
#[derive(Debug, Clone)]
pub struct Property {
    /// As reported: `never preempted_in_external_code`, `after P: Q`.
    pub name: String,
    /// What it says.
    pub kind: PropertyKind,
    /// Where it is declared.
    pub span: Span,
}

/// What a property says of its conditions, each an address of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PropertyKind {
    /// The condition holds in no reachable state.
    Never(Addr),
    /// The condition holds in every reachable state.
    Always(Addr),
    /// Some reachable state satisfies the condition.
    Reach(Addr),
    /// Whenever the first holds, the second holds then or later.
    After(Addr, Addr),
    /// On every run the condition holds at some time.
    Eventually(Addr),
}

/// A named class of ends.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// A good end; any other is a violation.
    pub fine: bool,
    /// The condition that holds in all states of the end.
    pub when: Addr,
}

/// A condition of a thread that reports show beside it.
#[derive(Debug, Clone)]
pub struct Show {
    /// The word, as in `suspended`.
    pub name: String,
    /// For each thread of the cast, the condition.
    pub when: Vec<Addr>,
}

impl Program {
    /// Identifies the program: a hash of everything that decides which schedules it has and how they
    /// read (layout, code, places, actions, properties and outcomes). Equal on every machine and in
    /// every run; computed anew each time.
    pub fn hash(&self) -> u64 {
        let text = format!(
            "{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}",
            self.layout,
            self.initial,
            self.code,
            self.checks,
            self.threads,
            self.actions,
            self.properties.iter().map(|p| (&p.name, p.kind)).collect::<Vec<_>>(),
            self.outcomes,
        );
        fnv1a(text.as_bytes())
    }

    /// What an end can be called, and whether it is a good one: the outcomes in the order in which
    /// they are tried, then `done`, then `stuck`. An index into it is the class of an end.
    pub fn end_classes(&self) -> impl DoubleEndedIterator<Item = (&str, bool)> {
        let declared = self.outcomes.iter().map(|outcome| (outcome.name.as_str(), outcome.fine));
        declared.chain([("done", true), ("stuck", false)])
    }

    /// The name of the check, as in `go/cgo-exit@windows_10`.
    pub fn check_name(&self) -> String {
        match &self.kernel {
            Some(kernel) => format!("{}@{kernel}", self.scenario),
            None => self.scenario.clone(),
        }
    }
}

impl PropertyKind {
    /// It is about infinite runs.
    pub fn is_liveness(self) -> bool {
        matches!(self, PropertyKind::After(..) | PropertyKind::Eventually(_))
    }

    /// The conditions that it evaluates.
    pub fn conditions(self) -> impl Iterator<Item = Addr> {
        let (first, second) = match self {
            PropertyKind::Never(condition)
            | PropertyKind::Always(condition)
            | PropertyKind::Reach(condition)
            | PropertyKind::Eventually(condition) => (condition, None),
            PropertyKind::After(first, second) => (first, Some(second)),
        };
        std::iter::once(first).chain(second)
    }
}

impl Domain {
    /// The value as the text would write it.
    pub fn show(&self, value: Value) -> String {
        match self {
            Domain::Mutex(_) if value == NONE => "free".to_string(),
            _ if value == NONE => "none".to_string(),
            Domain::Bool => (value != 0).to_string(),
            Domain::Number => value.to_string(),
            Domain::Names(names) | Domain::Mutex(names) => match names.get(value as usize) {
                Some(name) => name.clone(),
                None => format!("number {value}"),
            },
        }
    }
}
