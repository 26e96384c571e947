//! `ghosthunt man`: the manual.

use super::Exit;
use super::output::{Failure, Output};
use clap::Args;
use std::fs;
use std::io;
use std::path::PathBuf;

/// Print the man page
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Write the pages of all commands into a directory instead
    #[arg(long, value_name = "DIRECTORY")]
    dir: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    let command = super::command();
    let Some(directory) = &arguments.dir else {
        output.print(&page(command).map_err(Failure::Output)?)?;
        return Ok(Exit::AsExpected);
    };
    fs::create_dir_all(directory).map_err(Failure::Output)?;
    clap_mangen::generate_to(command, directory).map_err(Failure::Output)?;
    Ok(Exit::AsExpected)
}

fn page(command: clap::Command) -> io::Result<String> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
