//! A small program, made by hand: a race that leaves a suspended thread, in the form that a compiled
//! model has. It needs no model text, so what it shows of reports and schedules depends on nothing
//! else.
//!
//! `main` waits in a spin loop until `busy` is 0 and then exits; `sysmon` chooses whether to set
//! `busy` for ever; once it did, the kernel's `deliver(main)` may suspend `main`.

// Each test uses its own part of it.
#![allow(dead_code)]

use ghosthunt::machine::{Actor, Transition};
use ghosthunt::program::{
    Action, Addr, Domain, Fairness, Field, Layout, Mode, Op, Order, Outcome, Place, Program,
    Property, PropertyKind, Show, SourceFile, Sources, Span, Statement, StatementId, Thread,
    Variable,
};

const TEXT: &str = "\
proc main() {
    while busy { yield }
    exiting = true
}
proc sysmon() {
    choose { busy = true } or { skip }
}
action deliver(t: thread) when busy && !stopped[t] { stopped[t] = true }
";

const MAIN_PLACE: u16 = 0;
const SYSMON_PLACE: u16 = 1;
const BUSY: u16 = 2;
const STOPPED_MAIN: u16 = 3;
const EXITING: u16 = 5;

/// The transition of the thread with this index.
pub fn thread(index: u16, branch: u16) -> Transition {
    Transition { actor: Actor::Thread(index), branch }
}

/// The transition of the kernel.
pub fn deliver() -> Transition {
    Transition { actor: Actor::Action(0), branch: 0 }
}

/// The shortest run that leaves `main` suspended.
pub fn ghost() -> Vec<Transition> {
    vec![thread(1, 0), thread(1, 0), deliver()]
}

/// Code that grows.
struct Code(Vec<Op>);

impl Code {
    /// Appends, and returns where it starts.
    fn add(&mut self, ops: &[Op]) -> Addr {
        self.0.extend(ops);
        (self.0.len() - ops.len()) as Addr
    }
}

fn load(field: u16) -> Op {
    Op::Load { field, order: Order::SeqCst }
}

fn store(field: u16) -> Op {
    Op::Store { field, order: Order::SeqCst, check: 0 }
}

fn place(entry: Addr, statement: StatementId, branches: u32, spins: bool) -> Place {
    let fairness = Fairness::Weak;
    let (mode, calls, locals) = (Mode::User, Vec::new(), Vec::new());
    Place { entry, mode, statement, calls, branches, spins, locals, fairness }
}

fn cast(name: &str, field: u16, places: Vec<Place>, gate: Addr, layout: &Layout) -> Thread {
    let mut local_mask = vec![0; layout.words];
    let packed = &layout.fields[usize::from(field)];
    local_mask[usize::from(packed.word)] |= packed.mask();
    Thread {
        name: name.to_string(),
        runs: format!("{name}()"),
        place: field,
        handler_place: None,
        places,
        user_gate: Some(gate),
        kernel_gate: Some(gate),
        lives: None,
        handlers: Vec::new(),
        fairness: Fairness::Weak,
        local_mask,
    }
}

fn variable(name: &str, first: u16, labels: &[&str]) -> Variable {
    Variable {
        name: name.to_string(),
        first,
        labels: labels.iter().map(|label| label.to_string()).collect(),
        aux: false,
        location: None,
        domain: Domain::Bool,
    }
}

fn statement(owner: &str, label: &str, line: u32) -> Statement {
    let span = Span { file: 0, start: 0, end: 4 };
    Statement { span, owner: owner.to_string(), label: label.to_string(), line, unreachable: false }
}

fn layout() -> Layout {
    let mut layout = Layout::default();
    for high in [3, 3, 1, 1, 1, 1] {
        layout.add(0, high, false, false);
    }
    let shared = |field: &Field| field.mask();
    layout.shared_mask = vec![layout.fields[2..].iter().map(shared).sum()];
    layout.aux_mask = vec![0];
    layout
}

/// The program.
pub fn program() -> Program {
    let layout = layout();
    let mut code = Code(Vec::new());
    let yes = Op::Const(1);
    // while busy { yield } : place 1; exiting = true : place 2
    let spin = code.add(&[load(BUSY), Op::JumpUnless(4), Op::Yield, Op::Stop(1), Op::Stop(2)]);
    let exit = code.add(&[yes, store(EXITING), Op::End]);
    let choose_at = code.0.len() as Addr;
    let choose =
        code.add(&[Op::Branch { count: 2 }, Op::Jump(choose_at + 3), Op::End, Op::Stop(2)]);
    let set_busy = code.add(&[yes, store(BUSY), Op::End]);
    let main_gate = code.add(&[load(STOPPED_MAIN), Op::Not, Op::End]);
    let sysmon_gate = code.add(&[yes, Op::End]);
    let deliver = code.add(&[
        load(BUSY),
        load(STOPPED_MAIN),
        Op::Not,
        Op::And,
        Op::Guard,
        yes,
        store(STOPPED_MAIN),
        Op::End,
    ]);
    let stopped = code.add(&[load(STOPPED_MAIN), Op::End]);
    let never = code.add(&[Op::Const(0), Op::End]);
    let exiting = code.add(&[load(EXITING), Op::End]);
    let mut initial = vec![0; layout.words];
    for field in [MAIN_PLACE, SYSMON_PLACE] {
        assert!(layout.fields[usize::from(field)].set(&mut initial, 1));
    }
    let finished = || place(0, 0, 1, false);
    let main = vec![finished(), place(spin, 0, 1, true), place(exit, 1, 1, false)];
    let sysmon = vec![finished(), place(choose, 2, 2, false), place(set_busy, 3, 1, false)];
    Program {
        scenario: "race".to_string(),
        model: "by_hand".to_string(),
        kernel: Some("nt".to_string()),
        initial,
        checks: vec![ghosthunt::program::Check {
            kind: ghosthunt::program::CheckKind::Range,
            message: "never fails".to_string(),
            span: Span { file: 0, start: 0, end: 4 },
        }],
        variables: vec![
            variable("busy", BUSY, &[""]),
            variable("stopped", STOPPED_MAIN, &["[main]", "[sysmon]"]),
            variable("exiting", EXITING, &[""]),
        ],
        threads: vec![
            cast("main", MAIN_PLACE, main, main_gate, &layout),
            cast("sysmon", SYSMON_PLACE, sysmon, sysmon_gate, &layout),
        ],
        actions: vec![Action {
            name: "deliver(main)".to_string(),
            family: "deliver".to_string(),
            thread: Some(0),
            entry: deliver,
            statement: 4,
            fairness: Fairness::Weak,
        }],
        properties: vec![Property {
            name: "reach exit: exiting".to_string(),
            kind: PropertyKind::Reach(exiting),
            span: Span { file: 0, start: 0, end: 4 },
        }],
        outcomes: vec![Outcome { name: "ghost".to_string(), fine: false, when: stopped }],
        shows: vec![Show { name: "suspended".to_string(), when: vec![stopped, never] }],
        header: Vec::new(),
        docs: Vec::new(),
        order_options: Vec::new(),
        started: Vec::new(),
        sources: Sources {
            files: vec![SourceFile { name: "by_hand.ghost".to_string(), text: TEXT.to_string() }],
        },
        statements: vec![
            statement("main", "while busy", 2),
            statement("main", "exiting = true", 3),
            statement("sysmon", "choose", 6),
            statement("sysmon", "busy = true", 6),
            statement("deliver", "action deliver(t: thread)", 8),
        ],
        code: code.0,
        layout,
    }
}
