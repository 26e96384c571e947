//! A thread of a text, run small step by small step on an explicit stack of what is left to do.

mod statements;

use crate::text::*;
use crate::value::*;

/// What is left to do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Todo<'t> {
    /// The statements of a block from this one on.
    Rest(At<'t, [St]>, usize),
    /// Forget the names bound since.
    Forget(usize),
    /// A loop; its condition is next.
    Loop(At<'t, St>),
    /// An unrolled loop: how many turns are done, and the names bound before it.
    Turn(At<'t, St>, usize, usize),
    EndAtomic,
    /// A value, a condition, the second half of a condition.
    Value(At<'t, Ex>),
    Condition(At<'t, Ex>),
    Half(Op, At<'t, Ex>),
    Negate,
    Compare(Op, At<'t, Ex>, bool),
    /// What a statement does with the value that it waited for.
    Use(At<'t, St>),
    Call(At<'t, Call>),
    /// The arguments are bound; the system call or the atomic proc begins.
    Enter(usize, Names),
    Body(usize, Names),
    /// A call returns: the proc, the caller's names, whether it leaves the kernel, or a step.
    Leave(usize, Names, bool, bool),
    /// The exit hook has run: what the call gave.
    Left(Option<i32>, Names),
}

/// Code that runs: a thread's own, or a handler's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Code<'t> {
    stack: Vec<Todo<'t>>,
    names: Names,
    atomic: u32,
    kernel: u32,
    /// The value that is being handed on.
    given: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Thread<'t> {
    pub base: Code<'t>,
    pub handler: Option<Code<'t>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State<'t> {
    pub shared: Shared,
    pub threads: Vec<Thread<'t>>,
}

/// How a step ended.
pub enum Halt {
    /// At the next step, or at the end.
    Done,
    Disabled,
    Fails(Fail),
}

impl From<Fail> for Halt {
    fn from(fail: Fail) -> Halt {
        Halt::Fails(fail)
    }
}

/// A step of one thread, or of an action, under way.
pub struct Step<'s, 't> {
    text: &'t Text,
    state: &'s mut State<'t>,
    me: usize,
    code: Code<'t>,
    stands: Vec<Stands>,
    /// The step that begins here may make its access.
    ready: bool,
    /// No step since the mode changed.
    fresh: bool,
    branch: usize,
    pub branches: usize,
    pub yielded: bool,
}

impl<'t> Code<'t> {
    pub fn new(body: &'t [St], names: Names) -> Code<'t> {
        Code { stack: vec![Todo::Rest(At(body), 0)], names, ..Code::default() }
    }

    /// A thread that runs a proc, told of a thread.
    pub fn running(text: &'t Text, proc: usize, about: i32) -> Code<'t> {
        let name = text.procs[proc].params[0].0.clone();
        let names = vec![(name, Bound::Value(Ty::Thread, Some(about)))];
        Code { stack: vec![Todo::Enter(proc, names)], ..Code::default() }
    }

    pub fn finished(&self) -> bool {
        self.stack.is_empty()
    }

    /// It stands in a loop that yields.
    pub fn spins(&self) -> bool {
        self.stack
            .iter()
            .any(|todo| matches!(todo, Todo::Loop(At(St::While(_, body))) if yields(body)))
    }
}

fn yields(body: &[St]) -> bool {
    body.iter().any(|statement| match statement {
        St::Yield => true,
        St::If(_, then, otherwise) => yields(then) || yields(otherwise),
        St::For(.., body) | St::Atomic(body) => yields(body),
        St::Choose(branches) => branches.iter().any(|branch| yields(branch)),
        _ => false,
    })
}

impl Thread<'_> {
    pub fn stands(&self) -> Stands {
        match &self.handler {
            _ if self.base.finished() => Stands::Finished,
            Some(code) if code.kernel > 0 => Stands::Kernel,
            None if self.base.kernel > 0 => Stands::Kernel,
            _ => Stands::User,
        }
    }
}

impl<'s, 't> Step<'s, 't> {
    /// Runs code to the next step. `ready`: its own first step is taken. Returns how it ended and
    /// the code that is left; `me` is 2 for an action.
    pub fn run(
        text: &'t Text,
        state: &'s mut State<'t>,
        me: usize,
        code: Code<'t>,
        ready: bool,
        branch: usize,
    ) -> (Halt, Code<'t>, Step<'s, 't>) {
        let stands = state.threads.iter().map(Thread::stands).collect();
        let mut step = Step {
            text,
            state,
            me,
            code,
            stands,
            ready,
            fresh: true,
            branch,
            branches: 1,
            yielded: false,
        };
        let halt = loop {
            let Some(todo) = step.code.stack.pop() else { break Halt::Done };
            match step.act(todo) {
                Ok(true) => {}
                Ok(false) => break Halt::Done,
                Err(halt) => break halt,
            }
        };
        let code = std::mem::take(&mut step.code);
        (halt, code, step)
    }

    /// Code of one step: an action's.
    pub fn action(text: &'t Text, state: &'s mut State<'t>, about: i32, body: &'t [St]) -> Halt {
        let names = vec![("q".into(), Bound::Value(Ty::Thread, Some(about)))];
        let mut code = Code::new(body, names);
        code.atomic = 1;
        let (halt, ..) = Step::run(text, state, 2 + about as usize, code, false, 0);
        halt
    }

    fn eyes(&mut self) -> Eyes<'_> {
        let me = (self.me % 2) as i32;
        Eyes { shared: &mut self.state.shared, names: &self.code.names, me, stands: &self.stands }
    }

    fn push(&mut self, todo: Todo<'t>) {
        self.code.stack.push(todo);
    }

    fn block(&mut self, block: &'t [St]) {
        self.push(Todo::Forget(self.code.names.len()));
        self.push(Todo::Rest(At(block), 0));
    }

    /// A step begins here; false, with `todo` put back, if it is the next one.
    fn begins(&mut self, todo: &Todo<'t>) -> bool {
        if self.code.atomic > 0 {
            return true;
        }
        self.fresh = false;
        if !std::mem::take(&mut self.ready) {
            self.push(todo.clone());
            return false;
        }
        true
    }

    fn give(&mut self, value: Option<i32>) {
        self.code.given = value;
    }

    fn taken(&mut self) -> Option<i32> {
        self.code.given.take()
    }

    /// True to go on, false if the step ends here.
    fn act(&mut self, todo: Todo<'t>) -> Result<bool, Halt> {
        match &todo {
            Todo::Rest(At(block), at) => {
                if let Some(statement) = block.get(*at) {
                    self.push(Todo::Rest(At(block), at + 1));
                    return self.statement(statement);
                }
            }
            Todo::Forget(length) => self.code.names.truncate(*length),
            Todo::Loop(at) => {
                let St::While(condition, body) = at.0 else { unreachable!("a loop") };
                self.push(todo.clone());
                match condition {
                    None => self.block(body),
                    Some(condition) => {
                        self.push(Todo::Use(*at));
                        self.push(Todo::Condition(At(condition)));
                    }
                }
            }
            Todo::Turn(at, turns, length) => {
                let St::For(name, range, reversed, without, body) = at.0 else { unreachable!() };
                self.code.names.truncate(*length);
                let (low, high) = range.unwrap_or((0, 2));
                let mut values: Vec<i32> = (low..=high).filter(|v| Some(*v) != *without).collect();
                if *reversed {
                    values.reverse();
                }
                if let Some(&value) = values.get(*turns) {
                    let ty = range.map_or(Ty::Enum, |(low, high)| Ty::Int(low, high));
                    self.push(Todo::Turn(*at, turns + 1, *length));
                    self.code.names.push((name.clone(), Bound::Value(ty, Some(value))));
                    self.block(body);
                }
            }
            Todo::EndAtomic => self.code.atomic -= 1,
            Todo::Value(At(ex)) => return self.value(&todo, ex),
            Todo::Condition(At(ex)) => return self.condition(&todo, ex),
            Todo::Half(op, right) => {
                let first = self.taken();
                if (first == Some(1)) == (*op == Op::Or) {
                    self.give(first);
                } else {
                    self.push(Todo::Condition(*right));
                }
            }
            Todo::Negate => {
                let value = self.taken();
                self.give(Some(i32::from(value != Some(1))));
            }
            Todo::Compare(op, At(other), flipped) => {
                let left = self.taken();
                let right = self.eyes().eval(other)?;
                let (left, right) = if *flipped { (right, left) } else { (left, right) };
                self.give(Some(i32::from(match op {
                    Op::Eq => left == right,
                    Op::Ne => left != right,
                    Op::Lt => left < right,
                    Op::Le => left <= right,
                    Op::Gt => left > right,
                    _ => left >= right,
                })));
            }
            Todo::Use(At(statement)) => return self.finish_statement(&todo, statement),
            Todo::Call(At(call)) => {
                if accesses(&Ex::Call((*call).clone())) > 0 && !self.begins(&todo) {
                    return Ok(false);
                }
                let (proc, args) = self.bind(call)?;
                let params = &self.text.procs[proc].params;
                let names = params.iter().map(|param| param.0.clone()).zip(args).collect();
                self.push(Todo::Enter(proc, names));
            }
            Todo::Enter(proc, names) => {
                let kind = self.text.procs[*proc].kind;
                let enters = kind == Kind::Syscall && self.code.kernel == 0;
                let one_step = kind == Kind::Atomic && self.code.atomic == 0;
                if (enters || one_step) && !self.begins(&todo) {
                    return Ok(false);
                }
                let outer = std::mem::take(&mut self.code.names);
                self.code.kernel += u32::from(kind == Kind::Syscall);
                self.code.atomic += u32::from(one_step);
                self.push(Todo::Leave(*proc, outer, enters, one_step));
                self.push(Todo::Body(*proc, names.clone()));
                if enters {
                    // The first access is made in the step that enters.
                    self.ready = true;
                    self.code.atomic += 1;
                    self.push(Todo::EndAtomic);
                    self.block(&self.text.on_entry);
                }
            }
            Todo::Body(proc, names) => {
                self.code.names.clone_from(names);
                self.push(Todo::Rest(At(&self.text.procs[*proc].body), 0));
            }
            Todo::Leave(proc, names, leaves, one_step) => {
                self.code.atomic -= u32::from(*one_step);
                self.code.kernel -= u32::from(self.text.procs[*proc].kind == Kind::Syscall);
                self.code.names.clear();
                if *leaves {
                    self.ready = false;
                    let given = self.taken();
                    self.push(Todo::Left(given, names.clone()));
                    self.code.atomic += 1;
                    self.push(Todo::EndAtomic);
                    self.block(&self.text.on_exit);
                } else {
                    self.code.names.clone_from(names);
                }
            }
            Todo::Left(given, names) => {
                self.fresh = true;
                self.give(*given);
                self.code.names.clone_from(names);
            }
        }
        Ok(true)
    }

    /// The proc that a call means, and all its arguments.
    fn bind(&mut self, call: &Call) -> Result<(usize, Vec<Bound>), Halt> {
        let proc = match &call.proc {
            Ok(proc) => *proc,
            Err(name) => {
                let found = self.code.names.iter().rev().find(|(known, _)| known == name);
                let Some((_, Bound::Proc(proc, args))) = found else { unreachable!("a proc") };
                return Ok((*proc, args.clone()));
            }
        };
        let params = &self.text.procs[proc].params;
        let mut args = Vec::new();
        for (arg, (_, takes)) in call.args.iter().zip(params) {
            args.push(match (arg, takes) {
                (Arg::Value(ex), Takes::Value(ty)) => {
                    Bound::Value(*ty, fit(*ty, self.eyes().eval(ex)?)?)
                }
                (Arg::Mutex(mutex), _) => {
                    let (var, at) = self.eyes().mutex(mutex)?;
                    Bound::Mutex(var, at)
                }
                (Arg::Proc(call), _) => {
                    let (proc, args) = self.bind(call)?;
                    Bound::Proc(proc, args)
                }
                _ => unreachable!("the generator passes what is taken"),
            });
        }
        Ok((proc, args))
    }

    fn value(&mut self, todo: &Todo<'t>, ex: &'t Ex) -> Result<bool, Halt> {
        match ex {
            Ex::Call(call) => self.push(Todo::Call(At(call))),
            Ex::Bin(Op::And | Op::Or, ..) if accesses(ex) > 1 && self.code.atomic == 0 => {
                self.push(Todo::Condition(At(ex)));
            }
            _ => {
                if accesses(ex) > 0 && !self.begins(todo) {
                    return Ok(false);
                }
                let value = self.eyes().eval(ex)?;
                self.give(value);
            }
        }
        Ok(true)
    }

    fn condition(&mut self, todo: &Todo<'t>, ex: &'t Ex) -> Result<bool, Halt> {
        match ex {
            Ex::Not(inner) => {
                self.push(Todo::Negate);
                self.push(Todo::Condition(At(inner)));
            }
            Ex::Bin(op @ (Op::And | Op::Or), left, right) if accesses(ex) > 1 || calls(ex) => {
                self.push(Todo::Half(*op, At(right)));
                self.push(Todo::Condition(At(left)));
            }
            Ex::Bin(op, left, right) if calls(ex) => {
                let (call, other, flipped) = match (&**left, &**right) {
                    (Ex::Call(call), other) => (call, other, false),
                    (other, Ex::Call(call)) => (call, other, true),
                    _ => unreachable!("a call stands alone"),
                };
                self.push(Todo::Compare(*op, At(other), flipped));
                self.push(Todo::Call(At(call)));
            }
            _ => return self.value(todo, ex),
        }
        Ok(true)
    }
}
