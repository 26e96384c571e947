//! Where the walk stands: what names mean, which step is open, which locals are live.

use crate::language::model::ProcId;
use crate::language::types::Type;
use crate::program::*;

/// What a local name, a parameter or a bound variable means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Binding {
    /// A constant; the type is the declared one, so that a text means the same for every constant.
    Constant(Value, Type),
    /// A local variable. `fixed`: it is never assigned after its declaration.
    Local { field: FieldId, ty: Type, fixed: bool },
    /// A mutex, by its variable and the way to its index.
    Mutex { var: usize, indices: Vec<Binding> },
    /// A proc, with the arguments that are bound already.
    Proc { id: ProcId, args: Vec<Binding> },
    /// A mutex or a proc of which only the kind is known, while a proc is checked by itself.
    Opaque(Type),
}

/// A part of the state that locals are allotted from, first in, last out. Positions are virtual
/// until the program is assembled.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    /// The next free bit: word and bit.
    pub next: (u16, u8),
    /// The most ever taken.
    pub most: (u16, u8),
    /// The live ones, with the position before each.
    pub live: Vec<(FieldId, (u16, u8))>,
    /// All fields ever allotted, each with its position and width.
    pub all: Vec<(FieldId, (u16, u8), u8)>,
}

/// What is known of the code at one point, on all paths that lead there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flow {
    pub reachable: bool,
    /// A step has begun at this place and has room for its access: a system call's first step.
    pub open: Option<PlaceId>,
    /// All paths from the open step lead here, so that the step may be a choice made here.
    pub sole: bool,
    /// No step was taken since the mode changed, or since the start.
    pub fresh: bool,
    /// A step was taken in this turn of the innermost loop.
    pub stepped: bool,
}

impl Flow {
    pub(super) fn start() -> Flow {
        Flow { reachable: true, open: None, sole: false, fresh: true, stepped: false }
    }

    pub(super) fn join(self, other: Flow) -> Flow {
        match (self.reachable, other.reachable) {
            (false, _) => other,
            (_, false) => self,
            _ => Flow {
                reachable: true,
                open: if self.open == other.open { self.open } else { None },
                sole: self.sole && other.sole,
                fresh: self.fresh || other.fresh,
                stepped: self.stepped && other.stepped,
            },
        }
    }
}

/// A place in the code that jumps lead to.
#[derive(Debug, Clone)]
pub(super) struct Label {
    pub jumps: Vec<usize>,
    pub flow: Option<Flow>,
}

impl Label {
    pub(super) fn new() -> Label {
        Label { jumps: Vec::new(), flow: None }
    }
}

/// A point that locals are reset down to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    pub slots: usize,
    pub scratch: usize,
}

/// A loop being walked.
pub(super) struct Loop {
    pub again: LoopHead,
    pub exit: Label,
    pub mark: Mark,
    /// The frame it stands in: `break` does not leave a call.
    pub frame: usize,
}

/// Where `continue` leads.
pub(super) enum LoopHead {
    /// Back, to code that stands already.
    Back(Addr),
    /// Forward, to the next copy of an unrolled body.
    Forward(Label),
}

/// A call being inlined, or the code of the thread itself.
pub(super) struct Frame {
    /// The proc, unless it is a declaration's own block.
    pub proc: Option<ProcId>,
    pub bindings: Vec<(String, Binding)>,
    /// Names that its body assigns.
    pub assigned: std::collections::HashSet<String>,
    pub result: Option<Type>,
    pub leave: Label,
    pub mark: Mark,
}

/// What is being walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A property, an outcome: a condition of a state.
    Expression,
    /// A gate, a handler's condition: it decides what can happen.
    Gate,
    /// A kernel action.
    Action,
    /// The code of a thread or a handler.
    Thread,
}

pub(super) struct Context {
    pub kind: Kind,
    /// `self`, where there is one.
    pub thread: Option<Value>,
    /// Inside one step.
    pub atomic: bool,
    /// An aux variable is being written, or a property is being read.
    pub aux_readable: bool,
    /// Outcomes with a smaller index can be named: those declared before the one being walked.
    pub outcomes_below: usize,
    /// System calls around this point.
    pub kernel: u32,
    /// Loops around this point that yield.
    pub yielding: u32,
    pub loops: Vec<Loop>,
    pub frames: Vec<Frame>,
    /// The statements of the calls around this point, outermost first.
    pub calls: Vec<StatementId>,
    pub fairness: Fairness,
    pub places: Vec<Place>,
    pub slots: Slots,
    /// The locals in scope by name, for places.
    pub visible: Vec<(String, FieldId, Domain)>,
    /// Statements that have begun to run but whose step may still turn out not to be enabled.
    pub uncovered: Vec<StatementId>,
}

impl Context {
    pub(super) fn expression() -> Context {
        Context::new(Kind::Expression, None)
    }

    /// Nothing may be changed here.
    pub(super) fn only_looks(&self) -> bool {
        matches!(self.kind, Kind::Expression | Kind::Gate)
    }

    pub(super) fn new(kind: Kind, thread: Option<Value>) -> Context {
        Context {
            kind,
            thread,
            atomic: kind != Kind::Thread,
            aux_readable: kind == Kind::Expression,
            outcomes_below: usize::MAX,
            kernel: 0,
            yielding: 0,
            loops: Vec::new(),
            frames: vec![Frame::block()],
            calls: Vec::new(),
            fairness: Fairness::Weak,
            places: Vec::new(),
            slots: Slots::default(),
            visible: Vec::new(),
            uncovered: Vec::new(),
        }
    }

    pub(super) fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("code is walked in a frame")
    }

    /// What a name means here, if it is local.
    pub(super) fn binding(&self, name: &str) -> Option<&Binding> {
        let frame = self.frames.last().expect("code is walked in a frame");
        frame.bindings.iter().rev().find(|(known, _)| known == name).map(|(_, binding)| binding)
    }
}

impl Frame {
    /// The frame of a declaration's own block.
    pub(super) fn block() -> Frame {
        Frame {
            proc: None,
            bindings: Vec::new(),
            assigned: std::collections::HashSet::new(),
            result: None,
            leave: Label::new(),
            mark: Mark::default(),
        }
    }
}
