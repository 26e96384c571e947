//! Whole texts: kernel, procs, handlers, actions, properties, cast.

use super::{Draw, Here, bin, boxed, local, of_thread};
use crate::text::*;

impl Draw<'_> {
    pub(super) fn hook(&mut self, here: &Here) -> Vec<St> {
        match self.pick(4) {
            1 => vec![St::Set(G, vec![], Some(Op::Add), Ex::Num(1))],
            2 => vec![St::If(
                Ex::Read(B, vec![]),
                vec![St::Set(SIG, vec![Ex::Me], None, Ex::Bool(false))],
                vec![],
            )],
            3 => vec![
                St::Let("l0".into(), None, Ex::Read(Y, vec![])),
                St::Set(D, vec![self.truth_index(here), Ex::EnumValue(1)], None, Ex::Num(1)),
                St::If(bin(Op::Eq, local("l0"), Ex::Num(0)), vec![St::Aux(Ex::Num(1))], vec![]),
            ],
            _ => vec![],
        }
    }

    /// The system calls that every text has: stop, go and kill.
    pub(super) fn kernel_calls(&mut self) {
        let thread = || vec![("t".to_string(), Takes::Value(Ty::Thread))];
        let set = |var, value| St::Set(var, vec![local("t")], None, Ex::Bool(value));
        let bodies = [
            vec![set(STOPPED, true)],
            vec![set(STOPPED, false)],
            vec![set(ALIVE, false), St::Finish(local("t"))],
        ];
        for (name, body) in ["stop", "go", "kill"].into_iter().zip(bodies) {
            let name = name.to_string();
            let body = vec![St::Atomic(body)];
            let kind = Kind::Syscall;
            self.procs.push(Proc { name, kind, params: thread(), result: None, body });
        }
    }

    pub(super) fn text(&mut self) -> Text {
        let count = 2 + self.pick(4);
        let outside = Here {
            locals: vec![],
            mutexes: vec![],
            passed: vec![],
            level: usize::MAX - 1,
            atomic: true,
            looping: false,
            returns: None,
            depth: 1,
        };
        // Callees come first here, so that calls know what they call; all are numbered from the end.
        self.kernel_calls();
        let nothing = Proc {
            name: "nothing".into(),
            kind: Kind::Plain,
            params: vec![],
            result: None,
            body: vec![St::Step],
        };
        let fixed = std::mem::take(&mut self.procs);
        let mut later: Vec<Proc> = fixed.into_iter().chain([nothing]).collect();
        for level in (0..2 + count).rev() {
            // Procs before this one are not known yet: their slots are never called.
            let blank = later.last().expect("one at least").clone();
            self.procs = vec![blank; level + 1];
            self.procs.extend(later.iter().cloned());
            let proc = if level < 2 {
                self.main(level)
            } else {
                let kind = [Kind::Plain, Kind::Syscall, Kind::Atomic][self.pick(3)];
                self.proc(level, kind)
            };
            later.insert(0, proc);
        }
        self.procs = later;
        let mut q = outside.clone();
        q.locals.push(("q".into(), Ty::Thread));
        let handler = (self.pick(3) == 1).then(|| {
            let mut inside = q.clone();
            inside.atomic = false;
            inside.level = 1;
            let mut body = vec![St::Set(SIG, vec![Ex::Me], None, Ex::Bool(false))];
            body.extend(self.body(&inside, 2));
            (of_thread(SIG, local("q")), body)
        });
        let actions = (0..self.pick(3))
            .map(|_| {
                let mut inside = q.clone();
                inside.level = self.procs.len();
                let when = bin(Op::And, self.claimless(), of_thread(ALIVE, local("q")));
                let body = match self.pick(3) {
                    0 => vec![St::Set(STOPPED, vec![local("q")], None, Ex::Bool(false))],
                    1 => vec![St::Set(SIG, vec![local("q")], None, Ex::Bool(true))],
                    _ => vec![St::Set(B, vec![], None, Ex::Not(boxed(Ex::Read(B, vec![]))))],
                };
                (when, body)
            })
            .collect();
        let claims = (0..1 + self.pick(3))
            .map(|_| {
                let claim = [Claim::Never, Claim::Always, Claim::Reach][self.pick(3)];
                (claim, self.claim(2))
            })
            .collect();
        let alive = of_thread(ALIVE, local("q"));
        let kernel_gate = match self.pick(2) {
            0 => alive,
            _ => bin(Op::And, alive, Ex::Not(boxed(of_thread(STOPPED, local("q"))))),
        };
        Text {
            on_entry: self.hook(&outside),
            on_exit: self.hook(&outside),
            kernel_gate,
            handler,
            actions,
            claims,
            outcomes: (0..self.pick(3)).map(|_| self.claim(2)).collect(),
            cast: (0..2)
                .map(|thread| (self.pick(2).abs_diff(thread), self.pick(2) as i32))
                .collect(),
            procs: std::mem::take(&mut self.procs),
        }
    }

    /// An action's guard: it reads no history.
    pub(super) fn claimless(&mut self) -> Ex {
        match self.pick(3) {
            0 => bin(Op::Eq, Ex::Read(X, vec![]), Ex::Num(1)),
            1 => Ex::InKernel(boxed(local("q"))),
            _ => of_thread(STOPPED, local("q")),
        }
    }

    pub(super) fn main(&mut self, level: usize) -> Proc {
        let here = Here {
            locals: vec![("t".into(), Ty::Thread)],
            mutexes: vec![],
            passed: vec![],
            level: level.max(1),
            atomic: false,
            looping: false,
            returns: Some(None),
            depth: 1,
        };
        let params = vec![("t".to_string(), Takes::Value(Ty::Thread))];
        let body = self.body(&here, 8);
        Proc { name: format!("main{level}"), kind: Kind::Plain, params, result: None, body }
    }
}
