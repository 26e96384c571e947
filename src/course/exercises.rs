//! The chapters and their exercises. An answer is computed from a live run, or it is the judgement of
//! a search: none is written here.

use super::lab::Lab;
use super::{Answered, Asks, Chapter, Exercise, Hole, Hunted, Kernel, Specified, tables};

macro_rules! exercise_text {
    ($name:literal) => {
        include_str!(concat!("exercises/", $name))
    };
}

macro_rules! chapter_text {
    ($stem:literal) => {
        include_str!(concat!("chapters/", $stem, ".md"))
    };
}

/// Windows, as far as a solution needs it.
const NT: Kernel = Kernel {
    text: Some("nt"),
    user: &[
        "SuspendThread",
        "ResumeThread",
        "GetThreadContext",
        "SetThreadContext",
        "DuplicateHandle",
        "CloseHandle",
        "EnterCriticalSection",
        "LeaveCriticalSection",
        "ExitProcess",
        "TerminateProcess_self",
    ],
    variables: true,
};

/// Threads and memory alone.
const NONE: Kernel = Kernel { text: None, user: &[], variables: true };

/// A processor with store buffers, which would not hold stores to other variables.
const STORE_BUFFER: Kernel = Kernel {
    text: Some("course/store-buffer"),
    user: &["Flag", "raises", "sees", "mfence"],
    variables: false,
};

const NO_CASTS: Hole =
    Hole { handout: "", casts: &[], change: &[], names: &[], hidden: &[], kernel: &NT };

/// The least number of steps to what a scenario shows by this name.
fn steps_to(lab: &Lab, reference: &str, name: &str) -> Option<String> {
    lab.tried(reference).schedule(name).map(|trace| trace.len().to_string())
}

/// The kernels on which a scenario shows something wrong.
fn failing_kernels(lab: &Lab, scenario: &str) -> Option<String> {
    let tried = lab.tried(scenario);
    let kernels = tried.scenario.kernel_names().into_iter().flatten();
    let fails =
        |kernel: &&str| !lab.tried(&format!("{scenario}@{kernel}")).report.violations.is_empty();
    Some(kernels.filter(fails).collect::<Vec<_>>().join(" "))
}

/// Runs of a random walk until one of this name has come with a probability of 99 %.
fn runs_for(lab: &Lab, reference: &str, name: &str) -> Option<String> {
    let danger = lab.danger(reference, name)?;
    Some(((0.01f64).ln() / (1.0 - danger).ln()).ceil().to_string())
}

pub(super) const CHAPTERS: &[Chapter] = &[
    Chapter {
        number: 1,
        stem: "1-to-suspend-is-to-ask",
        title: "To suspend is to ask",
        about: "Two threads, one SuspendThread, and a step too many.",
        template: chapter_text!("1-to-suspend-is-to-ask"),
        exercises: &[
            Exercise {
                name: "1.1-late",
                title: "Be the scheduler",
                task: "Run `ghosthunt step nt/suspend-is-asynchronous --save 1.1-late.schedule` in a \
                    terminal. You decide who steps. Lead the target into user code while the suspender \
                    believes that it stands still (`user_code_while_claimed` becomes true), and press \
                    `s` to save the schedule. You have {{steps nt/suspend-is-asynchronous + 2}} steps. \
                    The page of this chapter is the same game, and warns you.",
                asks: Asks::Schedule(Hunted {
                    scenario: "nt/suspend-is-asynchronous",
                    shows: "never user_code_while_claimed",
                    passes: &[],
                    longer: Some(2),
                }),
                hint: "The suspender is to get as far as `claimed`, and `deliver` is not to come: \
                    then let the target step.",
            },
            Exercise {
                name: "1.2-wait",
                title: "Wait for it",
                task: "In `1.2-wait.ghost` a sampler reads the registers of a thread that may still be \
                    running. Change `samples` so that it never moves while it is read. Reading nothing \
                    is no solution.",
                asks: Asks::Model(Hole {
                    handout: exercise_text!("1.2-wait.ghost"),
                    casts: &[("1.2-wait", exercise_text!("1.2-wait.toml"))],
                    change: &["samples"],
                    ..NO_CASTS
                }),
                hint: "The chapter ends with the call that waits for the answer.",
            },
            Exercise {
                name: "1.3-stopped",
                title: "Ask the search",
                task: "After how many steps, at the least, can the target of \
                    nt/suspend-is-asynchronous stand stopped on `windows_10`? The scenario asks for it as a \
                    goal, `reach stopped`, and `ghosthunt check` has an option that draws the shortest \
                    schedule to each goal.",
                asks: Asks::Answer(Answered {
                    answer: |lab| {
                        steps_to(lab, "nt/suspend-is-asynchronous@windows_10", "reach stopped")
                    },
                }),
                hint: "`--witness` draws the shortest schedule to each `reach`.",
            },
        ],
    },
    Chapter {
        number: 2,
        stem: "2-what-exitprocess-does",
        title: "What ExitProcess does",
        about: "One thread kills all others, and then goes on to run code.",
        template: chapter_text!("2-what-exitprocess-does"),
        exercises: &[
            Exercise {
                name: "2.1-flush",
                title: "Last words",
                task: "A DLL flushes a log when the process exits, under a lock that a dead thread may \
                    hold. Change `last_words` in `2.1-flush.ghost` so that the process always exits, the \
                    log is flushed whenever the lock is free, and half an entry never is.",
                asks: Asks::Model(Hole {
                    handout: exercise_text!("2.1-flush.ghost"),
                    casts: &[("2.1-flush", exercise_text!("2.1-flush.toml"))],
                    change: &["last_words"],
                    names: &["log_lock", "half_written"],
                    ..NO_CASTS
                }),
                hint: "`try_lock(m)` takes a lock only if it is free, and says whether it did.",
            },
            Exercise {
                name: "2.2-beside",
                title: "Beside the exit",
                task: "On one of the three kernels a thread that has been killed may still run user code \
                    while the DLLs are told that the process ends. Which? Check nt/barrier, and hand in \
                    the kernel's name.",
                asks: Asks::Answer(Answered { answer: |lab| failing_kernels(lab, "nt/barrier") }),
                hint: "`ghosthunt check nt/barrier` has one verdict for each kernel.",
            },
        ],
    },
    Chapter {
        number: 3,
        stem: "3-the-ghost",
        title: "The ghost",
        about: "Chapters 1 and 2 at once: the exit kills whoever would have resumed it.",
        template: chapter_text!("3-the-ghost"),
        exercises: &[
            Exercise {
                name: "3.1-ghost",
                title: "Find the ghost that did everything right",
                task: "In the shortest schedule the suspender dies before it has had an answer. Find one to a \
                    ghost of nt/suspend-against-exit in which GetThreadContext has already answered the \
                    suspender (a step of it in `await_answer`), so that it had every reason to believe in \
                    the suspension. `ghosthunt step nt/suspend-against-exit --save 3.1-ghost.schedule`",
                asks: Asks::Schedule(Hunted {
                    scenario: "nt/suspend-against-exit",
                    shows: "ghost",
                    passes: &[("suspender", "await_answer")],
                    longer: None,
                }),
                hint: "A live target answers wherever it is, in the critical region of its exit too. \
                    Let it get there, let the suspender have its answer, and let the exit kill it \
                    before it resumes.",
            },
            Exercise {
                name: "3.2-no-return",
                title: "The point of no return",
                task: "Save the shortest schedule to the ghost on `windows_2003` (`ghosthunt check \
                    nt/suspend-against-exit@windows_2003 --save old.schedule`) and have it explained. \
                    After which step can the process no longer be saved?",
                asks: Asks::Answer(Answered {
                    answer: |lab| {
                        let step = lab.lesson("nt/suspend-against-exit@windows_2003", |lesson| {
                            lesson.no_return()
                        });
                        step.map(|step| step.to_string())
                    },
                }),
                hint: "`ghosthunt replay old.schedule --explain` says of each step what it made \
                        impossible.",
            },
        ],
    },
    Chapter {
        number: 4,
        stem: "4-why-suspendlock-was-not-enough",
        title: "Why suspendLock was not enough",
        about: "Go 1.14beta1 had a lock against this, and a ghost.",
        template: chapter_text!("4-why-suspendlock-was-not-enough"),
        exercises: &[
            Exercise {
                name: "4.1-hold",
                title: "How long to hold it",
                task: "`4.1-hold.ghost` has a lock like suspendLock, and the ghost all the same. Change \
                    `suspends` so that it has none. It is to go on suspending, and to give back what it \
                    takes.",
                asks: Asks::Model(Hole {
                    handout: exercise_text!("4.1-hold.ghost"),
                    casts: &[("4.1-hold", exercise_text!("4.1-hold.toml"))],
                    change: &["suspends"],
                    names: &["suspend_lock"],
                    ..NO_CASTS
                }),
                hint: "The exit can take the lock while the request is still on its way. Which call \
                    waits until it has arrived?",
            },
            Exercise {
                name: "4.2-foreign",
                title: "An exit that knows nothing of you",
                task: "In `4.2-foreign.ghost` a DLL calls ExitProcess and has never heard of the lock. \
                    Change `suspends` so that there is no ghost all the same. Chapter 2 shows which lock \
                    every ExitProcess takes; you may name it.",
                asks: Asks::Model(Hole {
                    handout: exercise_text!("4.2-foreign.ghost"),
                    casts: &[("4.2-foreign", exercise_text!("4.2-foreign.toml"))],
                    change: &["suspends", "suspend_lock"],
                    names: &["loader_lock", "LdrLockLoaderLock", "LdrUnlockLoaderLock"],
                    ..NO_CASTS
                }),
                hint: "Of the locks in the text of ExitProcess, the first is never given back. Hold \
                    it for as long as exercise 4.1 did.",
            },
        ],
    },
    Chapter {
        number: 5,
        stem: "5-the-cas-lock-hunk-by-hunk",
        title: "The CAS lock, hunk by hunk",
        about: "Take out one part of the fix after the other, and see what breaks.",
        template: chapter_text!("5-the-cas-lock-hunk-by-hunk"),
        exercises: &[
            Exercise {
                name: "5.1-exclude",
                title: "Your own CAS lock",
                task: "`5.1-exclude.ghost` is Go's protocol made small, with the lock word and without the \
                    lock. Write `preempt`, `enter` and `leave` so that the thread is never suspended in C, \
                    is preempted whenever it stays in Go, before C and after it, and sysmon never waits \
                    for C.",
                asks: Asks::Model(Hole {
                    handout: exercise_text!("5.1-exclude.ghost"),
                    casts: &[("5.1-exclude", exercise_text!("5.1-exclude.toml"))],
                    change: &["preempt", "enter", "leave"],
                    names: &["ext"],
                    ..NO_CASTS
                }),
                hint: "`enter` waits and `preempt` gives up. Somebody who waits in `enter` may be \
                    suspended there, but not once the word is his: give it back when \
                    GetThreadContext has answered.",
            },
            Exercise {
                name: "5.2-needed",
                title: "What one test sees of it",
                task: "Judge the hunks by one scenario alone: `ghosthunt mutate go/1.14 --hunks --scenario \
                    go/cgo-exit-1.14 --kernel windows_10`. How many of them does it need? The others \
                    could be left out, and that test would stay green.",
                asks: Asks::Answer(Answered {
                    answer: |lab| {
                        let judged =
                            tables::hunks(lab, "go/1.14", &["go/cgo-exit-1.14@windows_10"]);
                        Some(judged.iter().filter(|hunk| hunk.needed).count().to_string())
                    },
                }),
                hint: "The last line counts them.",
            },
        ],
    },
    Chapter {
        number: 6,
        stem: "6-what-random-testing-sees",
        title: "What random testing sees",
        about: "A thousand runs without a ghost, and a ghost.",
        template: chapter_text!("6-what-random-testing-sees"),
        exercises: &[
            Exercise {
                name: "6.1-runs",
                title: "How many runs are enough",
                task: "`ghosthunt danger go/cgo-exit-1.14beta1@windows_10` says how probable the ghost is \
                    in one run of a random walk. How many runs do you need to see it with a probability \
                    of at least 99 %?",
                asks: Asks::Answer(Answered {
                    answer: |lab| runs_for(lab, "go/cgo-exit-1.14beta1@windows_10", "ghost"),
                }),
                hint: "With a danger of p, n runs all miss it with a probability of (1 - p)^n.",
            },
            Exercise {
                name: "6.2-rare",
                title: "The needle",
                task: "Hand in a schedule to the ghost of go/extra-m-1.27.3@windows_10, found by whatever \
                    means you like. Try `ghosthunt simulate go/extra-m-1.27.3@windows_10 --save found` \
                    first, and count how long you wait.",
                asks: Asks::Schedule(Hunted {
                    scenario: "go/extra-m-1.27.3@windows_10",
                    shows: "ghost",
                    passes: &[],
                    longer: None,
                }),
                hint: "`ghosthunt check … --save` has it at once. That is the point.",
            },
        ],
    },
    Chapter {
        number: 7,
        stem: "7-fairness",
        title: "Fairness",
        about: "Nothing bad happens is not yet: something good does.",
        template: chapter_text!("7-fairness"),
        exercises: &[
            Exercise {
                name: "7.1-promise",
                title: "Say what you want",
                task: "Write a property that begins with `after` or `eventually` into `7.1-promise.txt`. \
                    It is to hold in go/live-cgo-exit-1.14@windows_10 and to fail in \
                    go/live-cgo-exit-1.14beta1@windows_10, which leaves a ghost, and in \
                    go/detach-calls-go-exit-1.14@windows_10, which hangs without one. What must an exit \
                    that has begun lead to? `exit_begun` and `exited` are names you can use.",
                asks: Asks::Property(Specified {
                    holds: "go/live-cgo-exit-1.14@windows_10",
                    breaks: &[
                        "go/live-cgo-exit-1.14beta1@windows_10",
                        "go/detach-calls-go-exit-1.14@windows_10",
                    ],
                    begins: &["after", "eventually"],
                }),
                hint: "Whenever the one holds, the other does some time: `after exit_begun: …`",
            },
            Exercise {
                name: "7.2-starve",
                title: "A lock that starves nobody",
                task: "Two threads take the spin lock of `7.2-starve.ghost` again and again, and one of \
                    them may lose every race. Change `enter` and `leave`, and declare what you need, so \
                    that whoever wants the lock gets it. No fairness words: you are not the scheduler.",
                asks: Asks::Model(Hole {
                    handout: exercise_text!("7.2-starve.ghost"),
                    casts: &[("7.2-starve", exercise_text!("7.2-starve.toml"))],
                    change: &["enter", "leave", "taken"],
                    kernel: &NONE,
                    ..NO_CASTS
                }),
                hint: "Draw a number and wait until it is called: `fetch_add(x, 1)` gives the old \
                    value, and a `mod 4` wraps around.",
            },
        ],
    },
    Chapter {
        number: 8,
        stem: "8-memory-orders",
        title: "Memory orders",
        about: "A store is a request too.",
        template: chapter_text!("8-memory-orders"),
        exercises: &[
            Exercise {
                name: "8.1-fence",
                title: "Where the fence goes",
                task: "In `8.1-fence.ghost` two threads raise flags through store buffers, and both get \
                    in. Change `tries` so that they cannot. One `mfence()` is enough, if it stands in the \
                    right place.",
                asks: Asks::Model(Hole {
                    handout: exercise_text!("8.1-fence.ghost"),
                    casts: &[("8.1-fence", exercise_text!("8.1-fence.toml"))],
                    change: &["tries"],
                    kernel: &STORE_BUFFER,
                    ..NO_CASTS
                }),
                hint: "What must have arrived before one looks at the other flag?",
            },
            Exercise {
                name: "8.2-late-store",
                title: "Be the memory",
                task: "`ghosthunt step course/flags-buffered --save 8.2-late-store.schedule`: lead both \
                    threads inside. The kernel's `arrive` moves are yours too, and the best way to use \
                    them is not to. You have {{steps course/flags-buffered}} steps.",
                asks: Asks::Schedule(Hunted {
                    scenario: "course/flags-buffered",
                    shows: "never both_inside",
                    passes: &[],
                    longer: Some(0),
                }),
                hint: "Both raise, both look, both go in.",
            },
        ],
    },
    Chapter {
        number: 9,
        stem: "9-prove-your-own-protocol",
        title: "Others' bugs, and your own protocol",
        about: "The same bug elsewhere, what is still open, and how to prove yours.",
        template: chapter_text!("9-prove-your-own-protocol"),
        exercises: &[
            Exercise {
                name: "9.1-profiler",
                title: "Repair Go",
                task: "The CPU profiler of Go 1.27.3 leaves a ghost. `9.1-profiler.ghost` takes the place \
                    of its loop: change `profile` so that none is left, whether Go's exit() or C code ends \
                    the process, samples are still taken, and the profiler waits for no C code.",
                asks: Asks::Model(Hole {
                    handout: exercise_text!("9.1-profiler.ghost"),
                    casts: &[
                        ("9.1-profiler-exit", exercise_text!("9.1-profiler-exit.toml")),
                        ("9.1-profiler-cgo", exercise_text!("9.1-profiler-cgo.toml")),
                        ("9.1-profiler-waits", exercise_text!("9.1-profiler-waits.toml")),
                    ],
                    change: &["profile"],
                    names: &["loader_lock", "LdrLockLoaderLock", "LdrUnlockLoaderLock"],
                    // Whose value says that a sample was taken.
                    hidden: &["prof_signalLock"],
                    ..NO_CASTS
                }),
                hint: "Two ways out need two protections. suspendLock holds off exit(); whoever finds \
                    preemptExtLock taken gives up.",
            },
            Exercise {
                name: "9.2-prove",
                title: "Prove your own protocol",
                task: "Two collectors that suspend the main thread and each other, an exit of your own \
                    and one that knows nothing of you: write `collects` and `exits` in `9.2-prove.ghost` \
                    so that no run leaves a ghost or hangs, on any of the three kernels.",
                asks: Asks::Model(Hole {
                    handout: exercise_text!("9.2-prove.ghost"),
                    casts: &[("9.2-prove", exercise_text!("9.2-prove.toml"))],
                    change: &["collects", "exits"],
                    names: &["loader_lock", "LdrLockLoaderLock", "LdrUnlockLoaderLock"],
                    ..NO_CASTS
                }),
                hint: "Exercise 4.2 has the lock that every exit takes, and 4.1 says how long to hold \
                    it.",
            },
        ],
    },
];
