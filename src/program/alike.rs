//! Whether two programs run alike, statement for statement that is executed.

use super::{Action, Addr, Check, Op, Outcome, Place, Program, PropertyKind, Thread};

impl Program {
    /// Whether the two run alike: state for state, step for step, and whatever their properties,
    /// outcomes and failing steps are called. They may come from texts that differ in what is never
    /// compiled, and statements may have other numbers; those that a text calls unreached have to
    /// run at the same points, since it is a fault if they run at all.
    pub fn runs_alike(&self, other: &Program) -> bool {
        let (one, two) = (Bare::of(self), Bare::of(other));
        self.layout == other.layout
            && self.initial == other.initial
            && one.code == two.code
            && same(&self.checks, &other.checks, same_check)
            && self.variables == other.variables
            && same(&self.actions, &other.actions, same_action)
            && one.addresses(&self.actions, |action| action.entry)
                == two.addresses(&other.actions, |action| action.entry)
            && same(&self.properties, &other.properties, |a, b| a.name == b.name)
            && one.kinds() == two.kinds()
            && same(&self.outcomes, &other.outcomes, same_outcome)
            && one.addresses(&self.outcomes, |outcome| outcome.when)
                == two.addresses(&other.outcomes, |outcome| outcome.when)
            && same(&self.threads, &other.threads, |a, b| same_thread(&one, a, &two, b))
    }
}

fn same<T>(one: &[T], two: &[T], equal: impl Fn(&T, &T) -> bool) -> bool {
    one.len() == two.len() && one.iter().zip(two).all(|(a, b)| equal(a, b))
}

fn same_check(a: &Check, b: &Check) -> bool {
    (a.kind, &a.message) == (b.kind, &b.message)
}

/// But for where its code is.
fn same_action(a: &Action, b: &Action) -> bool {
    (&a.name, a.thread, a.fairness) == (&b.name, b.thread, b.fairness)
}

/// But for where its condition is.
fn same_outcome(a: &Outcome, b: &Outcome) -> bool {
    (&a.name, a.fine) == (&b.name, b.fine)
}

fn same_thread(one: &Bare, a: &Thread, two: &Bare, b: &Thread) -> bool {
    let fixed = |thread: &Thread| {
        let Thread { place, handler_place, fairness, .. } = *thread;
        (place, handler_place, fairness)
    };
    let gates = |bare: &Bare, thread: &Thread| {
        [thread.user_gate, thread.kernel_gate, thread.lives]
            .map(|gate| gate.map(|gate| bare.address(gate)))
    };
    let place = |bare: &Bare, place: &Place| {
        (bare.address(place.entry), place.mode, place.branches, place.spins, place.fairness)
    };
    let places = |bare: &Bare, thread: &Thread| -> Vec<_> {
        thread.places.iter().skip(1).map(|at| place(bare, at)).collect()
    };
    let handlers = |bare: &Bare, thread: &Thread| -> Vec<_> {
        let handlers = thread.handlers.iter();
        handlers.map(|handler| (bare.address(handler.when), bare.address(handler.enter))).collect()
    };
    a.name == b.name
        && fixed(a) == fixed(b)
        && a.local_mask == b.local_mask
        && gates(one, a) == gates(two, b)
        && places(one, a) == places(two, b)
        && handlers(one, a) == handlers(two, b)
}

/// The code of a program without the marks that say which statements have run.
struct Bare<'p> {
    program: &'p Program,
    code: Vec<Op>,
    /// By address in the program: the address of the same, or of what follows it, in `code`.
    moved: Vec<Addr>,
}

impl<'p> Bare<'p> {
    fn of(program: &'p Program) -> Bare<'p> {
        let mut moved = Vec::with_capacity(program.code.len() + 1);
        let mut code = Vec::with_capacity(program.code.len());
        for &op in &program.code {
            moved.push(code.len() as Addr);
            match op {
                Op::Cover(statement) if program.statements[statement as usize].unreachable => {
                    code.push(Op::Cover(0));
                }
                Op::Cover(_) => {}
                op => code.push(op),
            }
        }
        moved.push(code.len() as Addr);
        for op in &mut code {
            if let Op::Jump(to) | Op::JumpIf(to) | Op::JumpUnless(to) = op {
                *to = moved[*to as usize];
            }
        }
        Bare { program, code, moved }
    }

    fn address(&self, address: Addr) -> Addr {
        self.moved[address as usize]
    }

    fn addresses<T>(&self, of: &[T], address: impl Fn(&T) -> Addr) -> Vec<Addr> {
        of.iter().map(|it| self.address(address(it))).collect()
    }

    fn kinds(&self) -> Vec<PropertyKind> {
        let kinds = self.program.properties.iter().map(|property| property.kind);
        let moved = |address| self.address(address);
        kinds
            .map(|kind| match kind {
                PropertyKind::Never(a) => PropertyKind::Never(moved(a)),
                PropertyKind::Always(a) => PropertyKind::Always(moved(a)),
                PropertyKind::Reach(a) => PropertyKind::Reach(moved(a)),
                PropertyKind::After(a, b) => PropertyKind::After(moved(a), moved(b)),
                PropertyKind::Eventually(a) => PropertyKind::Eventually(moved(a)),
            })
            .collect()
    }
}
