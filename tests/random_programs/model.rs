//! Small random protocols, and how to draw them.
//!
//! Not realistic ones: flags are thrown at statements without regard for sense, so that spins that
//! do not yield, yields that do not spin and handlers that never stop being wanted all occur.

use ghosthunt::program::Fairness;
use proptest::prelude::*;

/// A shared variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Var {
    /// 0 to 2, modulo 3.
    X,
    /// 0 to 2. With `X` before it, it makes an array.
    Y,
    /// 0 to 2, a history variable.
    Aux,
    /// 0 or 1 for each thread: its user gate is off.
    Off(usize),
    /// 0 to 2 for each thread: it is to enter the handler before this one.
    Signal(usize),
}

/// A condition on a state.
#[derive(Debug, Clone)]
pub enum Cond {
    Is(Var, i32),
    LockFree,
    Finished(usize),
    InKernel(usize),
    Not(Box<Cond>),
    Both(Box<Cond>, Box<Cond>),
    /// By a jump over the right side.
    Either(Box<Cond>, Box<Cond>),
    /// An element of the array, by the value of a variable: fails for the value 2.
    ElementIs(Var, i32),
}

/// One step. A number names the statement to go to, modulo one more than there are; the last of
/// these is the end. `r` is the thread's local variable.
#[derive(Debug, Clone)]
pub enum Action {
    Store(Var, i32),
    /// `var += by`
    Add(Var, i32),
    /// `r = var`
    Read(Var),
    /// `var = r; r = 0`
    Write(Var),
    /// `array[r] = value`
    StoreAt(i32),
    /// `r = array[r]`
    ReadAt,
    /// `array[r] -= 1`
    SubAt,
    /// `if !cas(array[r], old, new) goto`
    CasAt(i32, i32, usize),
    /// `if !cas(var, old, new) goto`
    Cas(Var, i32, i32, usize),
    /// `r = swap(var, value)`
    Swap(Var, i32),
    Await(Cond),
    /// Goes on, or goes there: the scheduler's choice.
    Choose(usize),
    Lock,
    Unlock,
    /// Stays here until the condition holds, and stores a value with each turn, if any.
    Spin(Cond, Option<(Var, i32)>),
    GotoIf(Cond, usize),
    Goto(usize),
    Assert(Cond),
    Finish(usize),
}

#[derive(Debug, Clone)]
pub struct Statement {
    pub action: Action,
    pub kernel: bool,
    pub spins: bool,
    pub yields: bool,
    pub fairness: Fairness,
}

#[derive(Debug, Clone)]
pub struct Handler {
    /// Entering it takes the signal back.
    pub acknowledges: bool,
    /// Gotos count from its own first statement.
    pub body: Vec<Statement>,
}

#[derive(Debug, Clone)]
pub struct Thread {
    pub body: Vec<Statement>,
    pub handlers: Vec<Handler>,
    /// `runs user when off[t] == 0`
    pub user_gate: bool,
    pub kernel_gate: Option<Cond>,
    pub lives: Option<Cond>,
    pub fairness: Fairness,
}

/// A kernel's move: a guard, then stores, then it may finish a thread.
#[derive(Debug, Clone)]
pub struct Move {
    pub guard: Cond,
    pub stores: Vec<(Var, i32)>,
    pub finishes: Option<usize>,
    pub fairness: Fairness,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    Never,
    Always,
    Reach,
}

#[derive(Debug, Clone)]
pub struct Model {
    /// Words over which the variables are strewn.
    pub words: usize,
    pub threads: Vec<Thread>,
    pub moves: Vec<Move>,
    pub properties: Vec<(Claim, Cond)>,
    /// Whenever the first holds, or at the start without it, the second holds then or later. They
    /// come after the properties.
    pub promises: Vec<(Option<Cond>, Cond)>,
    /// Condition, and whether it is fine.
    pub outcomes: Vec<(Cond, bool)>,
}

fn var(threads: usize) -> impl Strategy<Value = Var> + Clone {
    prop_oneof![
        4 => Just(Var::X),
        4 => Just(Var::Y),
        1 => Just(Var::Aux),
        1 => (0..threads).prop_map(Var::Off),
        2 => (0..threads).prop_map(Var::Signal),
    ]
}

fn cond(threads: usize) -> impl Strategy<Value = Cond> + Clone {
    let leaf = prop_oneof![
        10 => (var(threads), 0..3i32).prop_map(|(var, value)| Cond::Is(var, value)),
        1 => Just(Cond::LockFree),
        2 => (0..threads).prop_map(Cond::Finished),
        1 => (0..threads).prop_map(Cond::InKernel),
        1 => (var(threads), 0..3i32).prop_map(|(var, value)| Cond::ElementIs(var, value)),
    ];
    leaf.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| Cond::Not(a.into())),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Cond::Both(a.into(), b.into())),
            (inner.clone(), inner).prop_map(|(a, b)| Cond::Either(a.into(), b.into())),
        ]
    })
}

/// A store that mostly stays within range, so that most models have more to show than failures.
fn store(threads: usize) -> impl Strategy<Value = (Var, i32)> + Clone {
    let any = (var(threads), 0..4i32);
    any.prop_map(|(var, value)| match var {
        Var::Off(_) if value < 3 => (var, value % 2),
        _ if value == 3 && matches!(var, Var::Y | Var::Aux) => (var, 1),
        _ => (var, value),
    })
}

fn action(threads: usize) -> impl Strategy<Value = Action> + Clone {
    let (var, cond, store) = (var(threads), cond(threads), store(threads));
    let goto = 0..8usize;
    prop_oneof![
        12 => store.clone().prop_map(|(var, value)| Action::Store(var, value)),
        4 => (-1..2i32).prop_map(|by| Action::Add(Var::X, by)),
        1 => (var.clone(), -1..2i32).prop_map(|(var, by)| Action::Add(var, by)),
        5 => var.clone().prop_map(Action::Read),
        2 => var.clone().prop_map(Action::Write),
        2 => (0..3i32).prop_map(Action::StoreAt),
        2 => Just(Action::ReadAt),
        1 => Just(Action::SubAt),
        2 => (0..3i32, 0..3i32, goto.clone()).prop_map(|(a, b, to)| Action::CasAt(a, b, to)),
        4 => (var, 0..3i32, 0..3i32, goto.clone())
            .prop_map(|(var, a, b, to)| Action::Cas(var, a, b, to)),
        2 => store.clone().prop_map(|(var, value)| Action::Swap(var, value)),
        6 => cond.clone().prop_map(Action::Await),
        6 => goto.clone().prop_map(Action::Choose),
        5 => Just(Action::Lock),
        1 => Just(Action::Unlock),
        8 => (cond.clone(), proptest::option::weighted(0.3, store))
            .prop_map(|(cond, store)| Action::Spin(cond, store)),
        6 => (cond.clone(), goto.clone()).prop_map(|(cond, to)| Action::GotoIf(cond, to)),
        3 => goto.prop_map(Action::Goto),
        1 => cond.prop_map(Action::Assert),
        2 => (0..threads).prop_map(Action::Finish),
    ]
}

fn fairness(weak: u32) -> impl Strategy<Value = Fairness> + Clone {
    prop_oneof![
        weak => Just(Fairness::Weak),
        1 => Just(Fairness::Strong),
        1 => Just(Fairness::Unfair),
    ]
}

fn statements(
    threads: usize,
    lengths: std::ops::RangeInclusive<usize>,
) -> impl Strategy<Value = Vec<Statement>> + Clone {
    let flags = (prop::bool::weighted(0.2), prop::bool::weighted(0.7), prop::bool::weighted(0.7));
    let statement = (action(threads), flags, fairness(8)).prop_map(
        |(action, (kernel, spins, yields), fairness)| Statement {
            action,
            kernel,
            spins,
            yields,
            fairness,
        },
    );
    prop::collection::vec(statement, lengths)
}

fn thread(threads: usize) -> impl Strategy<Value = Thread> {
    let handler = (prop::bool::weighted(0.8), statements(threads, 0..=3))
        .prop_map(|(acknowledges, body)| Handler { acknowledges, body });
    (
        prop_oneof![1 => Just(0..=1), 9 => Just(2..=6)]
            .prop_flat_map(move |lengths| statements(threads, lengths)),
        prop_oneof![1 => Just(0..=0), 1 => Just(1..=2)]
            .prop_flat_map(move |count| prop::collection::vec(handler.clone(), count)),
        prop::bool::weighted(0.3),
        proptest::option::weighted(0.2, cond(threads)),
        proptest::option::weighted(0.2, cond(threads)),
        fairness(4),
    )
        .prop_map(|(body, handlers, user_gate, kernel_gate, lives, fairness)| Thread {
            body,
            handlers,
            user_gate,
            kernel_gate,
            lives,
            fairness,
        })
}

/// Any model.
pub fn model() -> impl Strategy<Value = Model> {
    prop_oneof![1 => Just(1), 3 => Just(2), 4 => Just(3usize)].prop_flat_map(|threads| {
        let one_move = (
            cond(threads),
            prop::collection::vec(store(threads), 0..2),
            proptest::option::weighted(0.1, 0..threads),
            fairness(2),
        )
            .prop_map(|(guard, stores, finishes, fairness)| Move {
                guard,
                stores,
                finishes,
                fairness,
            });
        let promise = (proptest::option::weighted(0.7, cond(threads)), cond(threads));
        let claim = prop_oneof![Just(Claim::Never), Just(Claim::Always), Just(Claim::Reach)];
        (
            prop::sample::select(vec![1, 1, 2, 3, 4, 5, 6, 8, 12, 16, 17]),
            prop::collection::vec(thread(threads), threads),
            prop_oneof![1 => Just(0..=0), 1 => Just(1..=2)]
                .prop_flat_map(move |count| prop::collection::vec(one_move.clone(), count)),
            prop::collection::vec((claim, cond(threads)), 0..3),
            prop::collection::vec((cond(threads), any::<bool>()), 0..3),
            prop_oneof![1 => Just(0..=0), 5 => Just(1..=3)]
                .prop_flat_map(move |count| prop::collection::vec(promise.clone(), count)),
        )
            .prop_map(|(words, threads, moves, properties, outcomes, promises)| Model {
                words,
                threads,
                moves,
                properties,
                promises,
                outcomes,
            })
    })
}
