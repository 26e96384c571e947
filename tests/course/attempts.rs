//! What students write, beside the files in `solved` and `wrong`: other ways to be right, and mistakes that
//! an exercise once let through or could.

/// An exercise, what the attempt is, the bodies of procs and what is declared before them, the exit code,
/// and what is said.
pub struct Attempt {
    pub exercise: &'static str,
    pub what: &'static str,
    pub bodies: &'static [(&'static str, &'static str)],
    pub declared: &'static str,
    pub code: i32,
    pub said: &'static str,
}

impl Attempt {
    /// The handout with these bodies in the place of its own.
    pub fn text(&self, handout: &str) -> String {
        let mut text = handout.to_string();
        for (name, body) in self.bodies {
            let head = text.find(&format!("proc {name}(")).expect("the handout has it");
            let from = head + text[head..].find('{').expect("a body begins");
            let whole = if text[from..].starts_with("{ }") { "}" } else { "\n}\n" };
            let to = from + text[from..].find(whole).expect("a body ends");
            text.replace_range(from..to, &format!("{{\n{body}\n"));
        }
        let first = text.find("/// ").expect("a handout documents its procs");
        text.insert_str(first, self.declared);
        text
    }
}

const SOLVED: i32 = 0;
const HANGS: i32 = 11;
const UNSAFE: i32 = 12;
const STARVES: i32 = 13;
const REFUSED: i32 = 65;

const fn attempt(
    exercise: &'static str,
    what: &'static str,
    bodies: &'static [(&'static str, &'static str)],
    declared: &'static str,
    code: i32,
    said: &'static str,
) -> Attempt {
    Attempt { exercise, what, bodies, declared, code, said }
}

const ENTER: (&str, &str) = ("enter", "while !cas(ext, 0, 1) { yield }");
const LEAVE: (&str, &str) = ("leave", "ext = 0");

pub const ATTEMPTS: &[Attempt] = &[
    attempt(
        "1.2-wait",
        "reads only if GetThreadContext says that the target lives",
        &[(
            "samples",
            "SuspendThread(t)  if GetThreadContext(t) { reads_registers(t) }  ResumeThread(t)",
        )],
        "",
        SOLVED,
        "solved",
    ),
    attempt(
        "1.2-wait",
        "reads only sometimes",
        &[(
            "samples",
            "SuspendThread(t)  GetThreadContext(t)
             choose { reads_registers(t) } or { skip }
             ResumeThread(t)",
        )],
        "",
        UNSAFE,
        "`never nothing_was_read` fails",
    ),
    attempt(
        "1.2-wait",
        "suspends twice instead of waiting",
        &[(
            "samples",
            "SuspendThread(t)  SuspendThread(t)  reads_registers(t)  ResumeThread(t)  ResumeThread(t)",
        )],
        "",
        UNSAFE,
        "`never moved_while_read` fails",
    ),
    attempt(
        "2.1-flush",
        "does not give the lock back: nobody is left",
        &[("last_words", "if try_lock(log_lock) { flushes() }")],
        "",
        SOLVED,
        "solved",
    ),
    attempt(
        "2.1-flush",
        "ends the process where it cannot flush",
        &[("last_words", "if !try_lock(log_lock) { TerminateProcess_self() }  flushes()")],
        "",
        SOLVED,
        "solved",
    ),
    attempt(
        "2.1-flush",
        "tries twice",
        &[("last_words", "for i in 0..1 { if try_lock(log_lock) { flushes()  return } }")],
        "",
        SOLVED,
        "solved",
    ),
    attempt(
        "2.1-flush",
        "flushes only in some runs",
        &[("last_words", "choose { if try_lock(log_lock) { flushes() } } or { skip }")],
        "",
        UNSAFE,
        "`never left_unflushed` fails",
    ),
    attempt(
        "2.1-flush",
        "relies on what Windows 10 does with critical sections",
        &[(
            "last_words",
            "EnterCriticalSection(log_lock)  flushes()  LeaveCriticalSection(log_lock)",
        )],
        "",
        UNSAFE,
        "2.1-flush@wine_8",
    ),
    attempt(
        "2.1-flush",
        "looks at the log instead of the lock",
        &[("last_words", "if !half_written { flushes() }")],
        "",
        UNSAFE,
        "`never half_an_entry` fails in 2.1-flush@windows_2003",
    ),
    attempt(
        "4.1-hold",
        "holds the lock until the target is resumed",
        &[(
            "suspends",
            "lock(suspend_lock)
             if SuspendThread(t) != none { GetThreadContext(t)  looks_at(t)  ResumeThread(t) }
             unlock(suspend_lock)",
        )],
        "",
        SOLVED,
        "solved",
    ),
    attempt(
        "4.1-hold",
        "never resumes",
        &[(
            "suspends",
            "lock(suspend_lock)
             if SuspendThread(t) != none { GetThreadContext(t)  looks_at(t) }
             unlock(suspend_lock)",
        )],
        "",
        HANGS,
        "can hang (`stuck`)",
    ),
    attempt(
        "4.2-foreign",
        "takes the lock as the loader does, and only if it is free",
        &[(
            "suspends",
            "if !try_lock(loader_lock) { return }
             if SuspendThread(t) != none { GetThreadContext(t)  looks_at(t)  ResumeThread(t) }
             LdrUnlockLoaderLock()",
        )],
        "",
        SOLVED,
        "solved",
    ),
    attempt(
        "4.2-foreign",
        "keeps the loader lock for ever",
        &[(
            "suspends",
            "if loader_lock != self { lock(loader_lock) }
             if SuspendThread(t) != none { GetThreadContext(t)  looks_at(t)  ResumeThread(t) }",
        )],
        "",
        HANGS,
        "can hang (`stuck`)",
    ),
    attempt(
        "5.1-exclude",
        "a mutex instead of a word",
        &[
            (
                "preempt",
                "if !try_lock(m) { return }
                 if SuspendThread(t) != none {
                     GetThreadContext(t)  looks_at(t)  unlock(m)  ResumeThread(t)
                 } else { unlock(m) }",
            ),
            ("enter", "lock(m)"),
            ("leave", "unlock(m)"),
        ],
        "var m: mutex\n\n",
        SOLVED,
        "solved",
    ),
    attempt(
        "5.1-exclude",
        "two flags, as Dekker's",
        &[
            (
                "preempt",
                "preempting = true
                 if calling { preempting = false  return }
                 if SuspendThread(t) == none { preempting = false  return }
                 GetThreadContext(t)
                 looks_at(t)
                 preempting = false
                 ResumeThread(t)",
            ),
            ("enter", "calling = true  while preempting { yield }"),
            ("leave", "calling = false"),
        ],
        "var calling: atomic bool = false\nvar preempting: atomic bool = false\n\n",
        SOLVED,
        "solved",
    ),
    attempt(
        "5.1-exclude",
        "tries twice, and gives the word back last",
        &[
            (
                "preempt",
                "if !cas(ext, 0, 1) { if !cas(ext, 0, 1) { return } }
                 if SuspendThread(t) != none { GetThreadContext(t)  looks_at(t)  ResumeThread(t) }
                 ext = 0",
            ),
            ENTER,
            LEAVE,
        ],
        "",
        SOLVED,
        "solved",
    ),
    attempt(
        "5.1-exclude",
        "waits for C from its second round on",
        &[
            (
                "preempt",
                "if tried { while !cas(ext, 0, 1) { yield } } else {
                     tried = true
                     if !cas(ext, 0, 1) { return }
                 }
                 if SuspendThread(t) == none { ext = 0  return }
                 GetThreadContext(t)
                 looks_at(t)
                 ext = 0
                 ResumeThread(t)",
            ),
            ENTER,
            LEAVE,
        ],
        "var tried: plain bool = false\n\n",
        HANGS,
        "can hang (`stuck`)",
    ),
    attempt(
        "5.1-exclude",
        "preempts only sometimes",
        &[
            (
                "preempt",
                "choose { skip } or { return }
                 if !cas(ext, 0, 1) { return }
                 if SuspendThread(t) != none { GetThreadContext(t)  looks_at(t)  ResumeThread(t) }
                 ext = 0",
            ),
            ENTER,
            LEAVE,
        ],
        "",
        UNSAFE,
        "`never passed_over_in_go` fails",
    ),
    attempt(
        "5.1-exclude",
        "gives the word back before the answer",
        &[
            (
                "preempt",
                "if !cas(ext, 0, 1) { return }
                 let old = SuspendThread(t)
                 ext = 0
                 if old != none { GetThreadContext(t)  looks_at(t)  ResumeThread(t) }",
            ),
            ENTER,
            LEAVE,
        ],
        "",
        UNSAFE,
        "`never suspended_in_c` fails",
    ),
    attempt(
        "7.2-starve",
        "Peterson's lock",
        &[
            (
                "enter",
                "interested[self] = true
                 turn = self
                 for other in thread where other != self {
                     while interested[other] && turn == self { yield }
                 }",
            ),
            ("leave", "interested[self] = false"),
        ],
        "thread var interested: atomic bool = false\nvar turn: atomic thread or none = none\n\n",
        SOLVED,
        "solved",
    ),
    attempt(
        "7.2-starve",
        "tickets, by names that another exercise's kernel has",
        &[("enter", "let mine = fetch_add(count, 1)  await lag == mine"), ("leave", "lag += 1")],
        "var count: atomic mod 2 = 0\nvar lag: atomic mod 2 = 0\n\n",
        SOLVED,
        "solved",
    ),
    attempt(
        "7.2-starve",
        "a mutex, which promises nothing",
        &[("enter", "lock(m)"), ("leave", "unlock(m)")],
        "var m: mutex\n\n",
        STARVES,
        "a run need never get there",
    ),
    attempt(
        "8.1-fence",
        "looks again behind the fence",
        &[(
            "tries",
            "raises(mine)  if sees(other) { return }  mfence()  if !sees(other) { goes_in() }",
        )],
        "",
        SOLVED,
        "solved",
    ),
    attempt(
        "8.1-fence",
        "waits until it sees its own flag, which is in its buffer",
        &[("tries", "raises(mine)  while !sees(mine) { yield }  if !sees(other) { goes_in() }")],
        "",
        UNSAFE,
        "`never both_inside` fails",
    ),
    attempt(
        "8.1-fence",
        "raises twice instead of a fence",
        &[("tries", "raises(mine)  raises(mine)  if !sees(other) { goes_in() }")],
        "",
        UNSAFE,
        "`never both_inside` fails",
    ),
    attempt(
        "9.1-profiler",
        "holds the loader lock, which every exit takes",
        &[(
            "profile",
            "let handle = thread_of[mp]
             if handle == none { return }
             LdrLockLoaderLock()
             let old = SuspendThread(handle)
             if old != none { GetThreadContext(handle) }
             LdrUnlockLoaderLock()
             if old != none {
                 if profilehz[mp] != 0 { profilem(mp, handle) }
                 ResumeThread(handle)
             }",
        )],
        "",
        SOLVED,
        "solved",
    ),
    attempt(
        "9.1-profiler",
        "waits for C",
        &[(
            "profile",
            "let handle = thread_of[mp]
             if handle == none { return }
             while !cas(preemptExtLock[mp], 0, 1) { yield }
             lock(suspendLock)
             let old = SuspendThread(handle)
             if old != none { GetThreadContext(handle) }
             unlock(suspendLock)
             if old != none {
                 if profilehz[mp] != 0 { profilem(mp, handle) }
                 ResumeThread(handle)
             }
             preemptExtLock[mp] = 0",
        )],
        "",
        HANGS,
        "can hang (`stuck`) in 9.1-profiler-waits",
    ),
    attempt(
        "9.2-prove",
        "takes the loader lock before a lock of its own",
        &[
            (
                "collects",
                "lock(loader_lock)  lock(mine)
                 if SuspendThread(t) != none { GetThreadContext(t)  looks_at(t)  ResumeThread(t) }
                 unlock(mine)  unlock(loader_lock)",
            ),
            ("exits", "lock(mine)  ExitProcess()"),
        ],
        "var mine: mutex\n\n",
        HANGS,
        "can hang (`stuck`)",
    ),
    attempt(
        "9.2-prove",
        "never resumes",
        &[(
            "collects",
            "lock(loader_lock)
             if SuspendThread(t) != none { GetThreadContext(t)  looks_at(t) }
             unlock(loader_lock)",
        )],
        "",
        HANGS,
        "can hang (`stuck`)",
    ),
    attempt(
        "9.2-prove",
        "waits for ever instead of exiting",
        &[
            (
                "collects",
                "lock(loader_lock)
                 if SuspendThread(t) != none { GetThreadContext(t)  looks_at(t)  ResumeThread(t) }
                 unlock(loader_lock)",
            ),
            ("exits", "loop { step waits  yield }"),
        ],
        "",
        HANGS,
        "can hang (`stuck`)",
    ),
    attempt(
        "4.1-hold",
        "calls a local variable as the kernel calls one of its own",
        &[("suspends", "let count = SuspendThread(t)  if count != none { ResumeThread(t) }")],
        "",
        REFUSED,
        "`count` is the kernel's own",
    ),
];
