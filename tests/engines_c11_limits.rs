//! What loom's C11 is not: each limit that the engine works around, or warns of, pinned.

use loom::sync::Mutex;
use loom::sync::atomic::AtomicU8;
use loom::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};
use loom::thread;
use std::collections::BTreeSet;
use std::sync::Arc;

type Seen = BTreeSet<(u8, u8)>;

/// What all of loom's executions come to.
fn outcomes(model: impl Fn() -> (u8, u8) + Send + Sync + 'static) -> Seen {
    let seen = Arc::new(std::sync::Mutex::new(Seen::new()));
    let into = Arc::clone(&seen);
    loom::model::Builder::new().check(move || {
        let outcome = model();
        into.lock().expect("nothing panics").insert(outcome);
    });
    let seen = seen.lock().expect("nothing panics");
    seen.clone()
}

fn variable() -> Arc<AtomicU8> {
    Arc::new(AtomicU8::new(0))
}

/// In C11 there is one order of all seq_cst accesses, so one of the two reads comes last.
#[test]
fn limit_seq_cst_is_acquire_and_release() {
    let buffering = |write: Ordering, read: Ordering| {
        outcomes(move || {
            let (x, y) = (variable(), variable());
            let (a, b) = (Arc::clone(&x), Arc::clone(&y));
            let other = thread::spawn(move || {
                a.store(1, write);
                b.load(read)
            });
            y.store(1, write);
            let first = x.load(read);
            (first, other.join().expect("it ends"))
        })
    };
    assert_eq!(buffering(SeqCst, SeqCst), buffering(Release, Acquire));
    assert!(buffering(SeqCst, SeqCst).contains(&(0, 0)));
}

/// In C11 the addition reads what comes directly before it: 0 and then 2, or 2 and then 3.
#[test]
fn limit_a_read_modify_write_beside_a_store_is_torn() {
    let seen = outcomes(|| {
        let x = variable();
        let y = Arc::clone(&x);
        let other = thread::spawn(move || y.store(2, Relaxed));
        let old = x.fetch_add(1, Relaxed);
        other.join().expect("it ends");
        (old, x.load(Relaxed))
    });
    assert_eq!(
        seen,
        Seen::from([(0, 1), (0, 2), (2, 3)]),
        "(0, 1) is C11's no more than this loom's"
    );
}

/// In C11 a compare-and-swap that fails may read any older value.
#[test]
fn limit_a_failing_compare_and_swap_reads_the_newest() {
    let seen = outcomes(|| {
        let (x, flag) = (variable(), variable());
        let (a, b) = (Arc::clone(&x), Arc::clone(&flag));
        let other = thread::spawn(move || {
            a.store(1, Relaxed);
            b.store(1, Relaxed);
        });
        let raised = flag.load(Relaxed);
        let read = x.compare_exchange(9, 9, Relaxed, Relaxed).expect_err("it is never 9");
        other.join().expect("it ends");
        (raised, read)
    });
    assert!(!seen.contains(&(1, 0)), "loom has mended compare-and-swap");
    assert!(seen.contains(&(1, 1)) && seen.contains(&(0, 0)));
}

/// C11 lets both read 1, where nothing is acquired.
#[test]
fn limit_no_load_reads_what_comes_later() {
    let seen = outcomes(|| {
        let (x, y) = (variable(), variable());
        let (a, b) = (Arc::clone(&x), Arc::clone(&y));
        let other = thread::spawn(move || {
            let read = a.load(Relaxed);
            b.store(1, Relaxed);
            read
        });
        let read = y.load(Relaxed);
        x.store(1, Relaxed);
        (read, other.join().expect("it ends"))
    });
    assert_eq!(seen, Seen::from([(0, 0), (0, 1), (1, 0)]), "loom shows load buffering");
}

/// A store is forgotten once seven others have come.
#[test]
fn limit_seven_stores_are_remembered() {
    let readable = |stores: u8| {
        let seen = outcomes(move || {
            let (x, flag) = (variable(), variable());
            let (a, b) = (Arc::clone(&x), Arc::clone(&flag));
            let other = thread::spawn(move || {
                (1..=stores).for_each(|value| a.store(value, Relaxed));
                b.store(1, Relaxed);
            });
            let raised = flag.load(Relaxed);
            let read = x.load(Relaxed);
            other.join().expect("it ends");
            (raised, read)
        });
        seen.contains(&(1, 0))
    };
    assert!(readable(6), "the initial value and six stores are remembered");
    assert!(!readable(7), "loom remembers more than seven");
}

/// tokio-rs/loom#166, #392: the thread's own load hides the other's, so that the store is never tried
/// before it.
#[test]
fn limit_a_redundant_load_hides_runs() {
    let read_by_other = |redundant: bool| -> BTreeSet<u8> {
        let seen = outcomes(move || {
            let x = variable();
            let y = Arc::clone(&x);
            let other = thread::spawn(move || {
                if redundant {
                    y.load(Relaxed);
                }
                y.store(1, Relaxed);
            });
            let read = x.load(Relaxed);
            other.join().expect("it ends");
            (read, 0)
        });
        seen.into_iter().map(|(read, _)| read).collect()
    };
    assert_eq!(read_by_other(false), BTreeSet::from([0, 1]));
    assert_eq!(read_by_other(true), BTreeSet::from([0]), "loom has mended its reduction");
}

/// A later store of the same thread belongs to a release sequence in C11, which C++20 has dropped.
#[test]
fn limit_release_sequences_are_those_of_cpp20() {
    let seen = outcomes(|| {
        let (payload, x) = (variable(), variable());
        let (a, b) = (Arc::clone(&payload), Arc::clone(&x));
        let other = thread::spawn(move || {
            a.store(1, Relaxed);
            b.store(1, Release);
            b.store(2, Relaxed);
        });
        let at = x.load(Acquire);
        let read = payload.load(Relaxed);
        other.join().expect("it ends");
        (at, read)
    });
    assert!(!seen.contains(&(1, 0)));
    assert!(seen.contains(&(2, 0)), "loom's release sequences are C11's");
}

/// In C11 the fence of a thread takes in what that thread has read: here it has not read the flag.
#[test]
fn limit_an_acquire_fence_takes_in_what_others_have_read() {
    let old_payload = |fenced: bool| {
        let seen = outcomes(move || {
            let (payload, flag, passed) = (variable(), variable(), variable());
            let (a, b) = (Arc::clone(&payload), Arc::clone(&flag));
            let first = thread::spawn(move || {
                a.store(1, Relaxed);
                b.store(1, Release);
            });
            let (b, c) = (Arc::clone(&flag), Arc::clone(&passed));
            let second = thread::spawn(move || {
                if b.load(Relaxed) == 1 {
                    c.store(1, Release);
                }
            });
            let at = passed.load(Acquire);
            if fenced {
                loom::sync::atomic::fence(Acquire);
            }
            let read = payload.load(Relaxed);
            first.join().expect("it ends");
            second.join().expect("it ends");
            (at, read)
        });
        seen.contains(&(1, 0))
    };
    assert!(old_payload(false));
    assert!(!old_payload(true), "loom's fences are C11's");
}

/// A thread that is about to try a mutex is made to wait for it if another takes it first.
#[test]
fn limit_try_lock() {
    let seen = outcomes(|| {
        let mutex = Arc::new(Mutex::new(()));
        let other = Arc::clone(&mutex);
        let holder = thread::spawn(move || drop(other.lock().expect("nothing panics")));
        let taken = u8::from(mutex.try_lock().is_ok());
        holder.join().expect("it ends");
        (taken, 0)
    });
    assert_eq!(seen, Seen::from([(1, 0)]), "loom has mended try_lock");
}
