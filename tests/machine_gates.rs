//! A machine that looks conditions up does what one that evaluates them does.

use ghosthunt::machine::{Machine, Scratch, Step, Transition};
use ghosthunt::scenario::Named;
use std::collections::HashSet;

type Row = Vec<(Transition, Step, Vec<u64>, bool)>;

fn row(machine: &Machine, state: &[u64], scratch: &mut Scratch) -> Row {
    let mut row = Row::new();
    machine.successors(state, scratch, |successor| {
        let state = successor.state.to_vec();
        row.push((successor.transition, successor.step, state, successor.spins));
    });
    row
}

/// Handlers, signals, several threads, actions of three kinds.
#[test]
fn successors_are_the_same_in_every_reachable_state() {
    for name in [
        "go/cgo-exit-1.14beta1",
        "go/gc-scan-in-c-1.14",
        "nt/special-user-apc",
        "nt/signals-off",
        "nt/two-exiters-without-locks",
        "bdwgc/exit-before",
        "webkit/exit-before",
        "patterns/11-special-user-apc-waits",
    ] {
        let scenario = Named::find(name).expect("it is built in").parse().expect("it is right");
        for kernel in scenario.kernel_names() {
            let check = scenario.compile(kernel, &[]).expect("it compiles");
            let plain = Machine::new(&check.program);
            let quick = Machine::new(&check.program).tabulated();
            let (mut scratch, mut quick_scratch) = (plain.scratch(), quick.scratch());
            let mut seen = HashSet::from([check.program.initial.clone()]);
            let mut left = vec![check.program.initial.clone()];
            while let Some(state) = left.pop() {
                let expected = row(&plain, &state, &mut scratch);
                assert_eq!(row(&quick, &state, &mut quick_scratch), expected, "{name} {kernel:?}");
                for (_, step, next, _) in expected {
                    if matches!(step, Step::Done { .. }) && seen.insert(next.clone()) {
                        left.push(next);
                    }
                }
            }
            let statements = 0..check.program.statements.len() as u32;
            let differ: Vec<_> =
                statements.filter(|&id| scratch.has_run(id) != quick_scratch.has_run(id)).collect();
            assert_eq!(differ, [0_u32; 0], "{name} {kernel:?}");
        }
    }
}
