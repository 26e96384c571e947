//! Instructions that random programs do not use: each against its value.

use crate::assemble::{RANGE, assemble};
use crate::model::{Model, Thread};
use ghosthunt::machine::{Machine, Violation};
use ghosthunt::program::{Fairness, NONE, Op, Value};

/// Evaluates `code` in a program without steps.
fn eval(code: &[Op]) -> Result<bool, Violation> {
    let thread = Thread {
        body: Vec::new(),
        handlers: Vec::new(),
        user_gate: false,
        kernel_gate: None,
        lives: None,
        fairness: Fairness::Weak,
    };
    let mut program = assemble(&Model {
        words: 1,
        threads: vec![thread],
        moves: Vec::new(),
        properties: Vec::new(),
        promises: Vec::new(),
        outcomes: Vec::new(),
    });
    program.code = code.to_vec();
    program.code.push(Op::End);
    let machine = Machine::new(&program);
    machine.eval(0, &program.initial, &mut machine.scratch())
}

#[track_caller]
fn check(a: Value, op: Op, b: Value, expected: Value) {
    let code = [Op::Const(a), Op::Const(b), op, Op::Const(expected), Op::Eq];
    assert_eq!(eval(&code), Ok(true), "{a} {op:?} {b}");
}

#[test]
fn operators_have_their_values() {
    check(2, Op::Add, 3, 5);
    check(2, Op::Sub, 3, -1);
    check(-2, Op::Mul, 3, -6);
    check(-1, Op::Rem, 3, 2);
    check(7, Op::Rem, 3, 1);
    for (a, b) in [(1, 2), (2, 2), (2, 1)] {
        check(a, Op::Eq, b, Value::from(a == b));
        check(a, Op::Ne, b, Value::from(a != b));
        check(a, Op::Lt, b, Value::from(a < b));
        check(a, Op::Le, b, Value::from(a <= b));
    }
    for (a, b) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        check(a, Op::And, b, a & b);
        check(a, Op::Or, b, a | b);
    }
    assert_eq!(eval(&[Op::Const(4), Op::Neg, Op::Const(-4), Op::Eq]), Ok(true));
    assert_eq!(eval(&[Op::Const(4), Op::Not]), Ok(false));
    assert_eq!(eval(&[Op::Const(1), Op::Const(7), Op::Pop]), Ok(true));
    assert_eq!(eval(&[Op::Fail(RANGE)]), Err(Violation { check: RANGE }));
}

/// Arithmetic never wraps around, neither into a range nor to `none`.
#[test]
fn arithmetic_does_not_wrap_around() {
    let (max, two) = (Op::Const(Value::MAX), Op::Const(2));
    assert_eq!(eval(&[max, two, Op::Add, max, Op::Le]), Ok(false));
    assert_eq!(eval(&[max, max, Op::Mul, max, Op::Mul, max, Op::Mul, max, Op::Le]), Ok(false));
    let lowest = [Op::Const(-Value::MAX), Op::Const(1), Op::Sub, Op::Const(NONE), Op::Eq];
    assert_eq!(eval(&lowest), Ok(false));
}

/// The operand stack is as deep as an expression needs.
#[test]
fn deep_expressions_have_room() {
    let mut code = vec![Op::Const(1); 1_000];
    code.extend([Op::Add; 999]);
    code.extend([Op::Const(1_000), Op::Eq]);
    assert_eq!(eval(&code), Ok(true));
}
