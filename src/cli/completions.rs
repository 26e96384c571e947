//! `ghosthunt completions`: for shells.

use super::Exit;
use super::output::{Failure, Output};
use clap::Args;
use clap_complete::Shell;

/// Print completions for a shell
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::command(), "ghosthunt", &mut script);
    output.print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::AsExpected)
}
