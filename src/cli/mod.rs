//! The command line. One file a command; each parses its arguments, calls, and prints through
//! `report`. Results go to stdout; diagnostics and progress go to stderr.

mod check;
mod completions;
mod course;
mod danger;
mod engine;
mod engines;
mod exit;
mod export;
mod files;
mod given;
mod hunt;
mod interrupt;
mod limits;
mod list;
mod loom;
mod man;
mod meant;
mod minimise;
mod mutate;
mod new;
mod orders;
mod output;
mod replay;
mod report;
mod runner;
mod simulate;
mod step;
mod story;
mod unused;

pub use exit::Exit;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use output::{Failure, Output};
use std::panic;
use std::process::ExitCode;

/// Finds ghost processes, and proves their absence.
///
/// Without a command, tells the story of one ghost: the race found, drawn, fixed, and proved.
#[derive(Debug, Parser)]
#[command(name = "ghosthunt", version, max_term_width = 100)]
#[command(after_help = exit::help(), args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    width: WidthArgument,
}

#[derive(Debug, Subcommand)]
enum Command {
    New(new::Arguments),
    List(list::Arguments),
    #[command(after_help = exit::help())]
    Check(check::Arguments),
    #[command(after_help = exit::help())]
    Hunt(hunt::Arguments),
    #[command(after_help = exit::help())]
    Orders(orders::Arguments),
    #[command(after_help = exit::help())]
    Replay(replay::Arguments),
    #[command(after_help = exit::help())]
    Minimise(minimise::Arguments),
    #[command(after_help = exit::help())]
    Mutate(mutate::Arguments),
    #[command(after_help = exit::help())]
    Simulate(simulate::Arguments),
    #[command(after_help = exit::help())]
    Engines(engines::Arguments),
    #[command(name = "run-loom", hide = true)]
    RunLoom(loom::Arguments),
    #[command(after_help = exit::help())]
    Danger(danger::Arguments),
    #[command(after_help = exit::help())]
    Step(step::Arguments),
    Report(report::Arguments),
    #[command(after_help = exit::help())]
    Course(course::Arguments),
    #[command(after_help = exit::help())]
    Export(export::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// How wide texts for people are.
#[derive(Debug, Clone, Copy, clap::Args)]
struct WidthArgument {
    /// Fit the output to N columns [default: the terminal's width, or 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(40..=1000))]
    width: Option<u16>,
}

/// For whom the output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// For programs: one JSON object a line.
    Json,
}

/// The widest that output gets on a wide terminal: schedules are not read better for more.
const WIDTH_MAX: usize = 140;
const WIDTH_DEFAULT: usize = 100;
const WIDTH_MIN: usize = 40;

impl WidthArgument {
    /// The number of columns to fit.
    fn columns(self) -> usize {
        let terminal = || {
            let (width, _) = terminal_size::terminal_size_of(std::io::stdout())?;
            Some(usize::from(width.0).clamp(WIDTH_MIN, WIDTH_MAX))
        };
        self.width.map(usize::from).or_else(terminal).unwrap_or(WIDTH_DEFAULT)
    }
}

/// Runs the command line that the process was started with.
pub fn main() -> ExitCode {
    panic::set_hook(Box::new(|panic| {
        // Said without `eprintln`, which panics where stderr is gone.
        output::say(&format!(
            "ghosthunt: internal error: {panic}\nThis is a bug in ghosthunt. Please report it, with \
             the command line and the files it read.\n"
        ));
    }));
    let exit = panic::catch_unwind(run).unwrap_or(Exit::Internal);
    ExitCode::from(exit.code())
}

fn run() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help that goes into a closed pipe is no error, like any other output.
            let printed = error.print();
            return match (printed, error.exit_code()) {
                (Ok(()), 0) => Exit::AsExpected,
                (Err(error), 0) => Failure::Output(error).report(),
                _ => Exit::Usage,
            };
        }
    };
    let mut output = Output::new();
    let result = match &cli.command {
        None => story::run(cli.width, &mut output),
        Some(Command::New(arguments)) => new::run(arguments, &mut output),
        Some(Command::List(arguments)) => list::run(arguments, &mut output),
        Some(Command::Check(arguments)) => check::run(arguments, &mut output),
        Some(Command::Hunt(arguments)) => hunt::run(arguments, &mut output),
        Some(Command::Orders(arguments)) => orders::run(arguments, &mut output),
        Some(Command::Replay(arguments)) => replay::run(arguments, &mut output),
        Some(Command::Minimise(arguments)) => minimise::run(arguments, &mut output),
        Some(Command::Mutate(arguments)) => mutate::run(arguments, &mut output),
        Some(Command::Simulate(arguments)) => simulate::run(arguments, &mut output),
        Some(Command::Engines(arguments)) => engines::run(arguments, &mut output),
        Some(Command::RunLoom(arguments)) => loom::run(arguments, &mut output),
        Some(Command::Danger(arguments)) => danger::run(arguments, &mut output),
        Some(Command::Step(arguments)) => step::run(arguments),
        Some(Command::Report(arguments)) => report::run(arguments, &mut output),
        Some(Command::Course(arguments)) => course::run(arguments, &mut output),
        Some(Command::Export(arguments)) => export::run(arguments, &mut output),
        Some(Command::Completions(arguments)) => completions::run(arguments, &mut output),
        Some(Command::Man(arguments)) => man::run(arguments, &mut output),
    };
    result.unwrap_or_else(Failure::report)
}

/// The command line as data, for completions and man pages.
fn command() -> clap::Command {
    Cli::command()
}
