//! Ctrl-C: the first ends the search with everything it has learned, the second ends ghosthunt.

use super::Exit;
use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C (and a request to terminate) is noted instead of obeyed at once.
pub(super) fn catch() {
    let caught = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
    });
    // Where there are no signals to catch, Ctrl-C does what it always does.
    drop(caught);
}

/// Whether there was a Ctrl-C.
pub(super) fn requested() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
