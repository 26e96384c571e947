//! The `ghosthunt` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ghosthunt::cli::main()
}
