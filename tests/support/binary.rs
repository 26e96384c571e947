//! Running the binary that was built.

#![allow(dead_code, reason = "each test uses its part of this")]

use std::path::Path;
use std::process::Command;

/// The command, in the directory of the project.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ghosthunt"));
    command.args(arguments);
    command
}

/// Runs a command to its end; the exit code, stdout and stderr.
#[track_caller]
pub fn finish(command: &mut Command) -> (i32, String, String) {
    let output = command.output().expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    let code = output.status.code().expect("it ends by itself");
    (code, text(output.stdout), text(output.stderr))
}

/// Runs in the directory of the project; the exit code, stdout and stderr.
#[track_caller]
pub fn ghosthunt(arguments: &[&str]) -> (i32, String, String) {
    finish(&mut command(arguments))
}

/// Runs in a directory; the exit code, stdout and stderr.
#[track_caller]
pub fn ghosthunt_in(directory: &Path, arguments: &[&str]) -> (i32, String, String) {
    finish(command(arguments).current_dir(directory))
}
