//! `ghosthunt hunt`: every combination of who suspends, where, and how the process ends.

use super::limits::LimitArguments;
use super::output::{Failure, Output, say};
use super::{Exit, Format, files, interrupt};
use crate::program::Program;
use crate::report::hunt::{self, Hunted};
use crate::report::style;
use crate::scenario::{Cell, Hunt, Judgement, UnmetKind, finding_name};
use crate::schedule::Schedule;
use crate::search::{Completeness, Report, search};
use clap::Args;
use std::path::{Path, PathBuf};

/// Search every combination of suspenders, ways out and situations
///
/// What is combined stands in a `hunt.toml` beside the model. Prints a table: for each situation and
/// way out, what each suspender does alone, what several do together that none does alone, and how
/// many states were searched. A number is the length of a shortest schedule, in steps; a letter stands for
/// a known cause, listed below the table, and `?` for none.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A built-in model, as in go/1.27.3, or the path of a `.ghost` file
    model: String,
    /// Hunt on this kernel preset instead of the description's own; may be given several times
    #[arg(long = "kernel", value_name = "KERNEL")]
    kernels: Vec<String>,
    /// Combine up to N suspenders
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=3))]
    suspenders: u8,
    /// For whom the output is
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// Write a scenario and its schedules to DIR for each combination that is not safe
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    #[command(flatten)]
    limits: LimitArguments,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    interrupt::catch();
    let hunt = Hunt::find(&arguments.model)??;
    let kernels = match (arguments.kernels.as_slice(), hunt.kernels.as_slice()) {
        ([], []) => vec![None],
        ([], own) => own.iter().map(|kernel| Some(kernel.as_str())).collect(),
        (asked, _) => asked.iter().map(|kernel| Some(kernel.as_str())).collect(),
    };
    let cells = hunt.cells(usize::from(arguments.suspenders));
    // A kernel that is not there is said before any of the tables is begun.
    if let Some(first) = cells.first() {
        let scenario = hunt.scenario(first)?;
        for kernel in &kernels {
            scenario.compile(*kernel, &[])?;
        }
    }
    if let Some(directory) = &arguments.save {
        files::has_directory("--save", directory)?;
    }
    let mut exit = Exit::AsExpected;
    for (index, kernel) in kernels.iter().enumerate() {
        if index > 0 && arguments.format == Format::Human {
            output.print("\n")?;
        }
        exit = exit.and(table(arguments, &hunt, &cells, *kernel, output)?);
        if interrupt::requested() {
            for left in kernels[index + 1..].iter().flatten() {
                say(&format!("{} on {left} was not begun: interrupted\n", hunt.model));
            }
            return Ok(exit.and(Exit::Interrupted));
        }
    }
    Ok(exit)
}

/// The table of one kernel.
fn table(
    arguments: &Arguments,
    hunt: &Hunt,
    cells: &[Cell],
    kernel: Option<&str>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let human = arguments.format == Format::Human;
    if human {
        output.print(&hunt::head(hunt, kernel))?;
    }
    let mut exit = Exit::AsExpected;
    let mut all: Vec<Hunted> = Vec::new();
    let mut row: Vec<Hunted> = Vec::new();
    let mut heading = String::new();
    for cell in cells {
        let of_row =
            |one: &Hunted| one.cell.situation == cell.situation && one.cell.exit == cell.exit;
        if human && row.first().is_some_and(|first| !of_row(first)) {
            print_row(&mut row, &mut heading, hunt, output)?;
        }
        let hunted = match interrupt::requested() {
            true => {
                exit = exit.and(Exit::Interrupted);
                Hunted::not_begun(cell.clone())
            }
            false => {
                let (hunted, status) = search_cell(arguments, hunt, cell, kernel)?;
                exit = exit.and(status);
                hunted
            }
        };
        if human {
            row.push(hunted.clone());
        } else {
            output.print(&hunt::json(&hunted, hunt, kernel))?;
        }
        all.push(hunted);
    }
    if human {
        print_row(&mut row, &mut heading, hunt, output)?;
        output.print(&hunt::notes(&all, hunt))?;
        output.print(&hunt::tally(&all))?;
    }
    Ok(exit)
}

/// Searches a combination, and saves what is asked for.
fn search_cell(
    arguments: &Arguments,
    hunt: &Hunt,
    cell: &Cell,
    kernel: Option<&str>,
) -> Result<(Hunted, Exit), Failure> {
    let check = hunt.scenario(cell)?.compile(kernel, &[])?;
    let limits = arguments.limits.limits();
    let report = search(&check.program, &limits, &mut |_| !interrupt::requested());
    if let Some(directory) = &arguments.save {
        save(directory, cell, &check.program, &report).map_err(Failure::Output)?;
    }
    let status = status(&check.expectation.judge(&report, &check.program), &report);
    Ok((Hunted::of(cell.clone(), hunt, &report, &check.program), status))
}

/// Prints a row, below the name of its situation if that is another than before.
fn print_row(
    row: &mut Vec<Hunted>,
    heading: &mut String,
    hunt: &Hunt,
    output: &mut Output,
) -> Result<(), Failure> {
    if let Some(first) = row.first()
        && *heading != first.cell.situation
    {
        heading.clone_from(&first.cell.situation);
        output.print(&format!("{}\n", style::paint(style::STRONG, heading)))?;
    }
    output.print(&hunt::row(row, hunt))?;
    row.clear();
    Ok(())
}

/// As of a check that expects safety. A hunt has no goals of its own.
fn status(judgement: &Judgement, report: &Report) -> Exit {
    match judgement.gravest() {
        Some(UnmetKind::Vacuous) if report.violations.is_empty() => match report.completeness {
            Completeness::Exhaustive => Exit::AsExpected,
            _ => Exit::Incomplete,
        },
        _ => Exit::of(judgement, report.completeness),
    }
}

/// Writes the scenario and a schedule for each thing that is wrong; nothing if nothing is.
fn save(directory: &Path, cell: &Cell, program: &Program, report: &Report) -> std::io::Result<()> {
    if report.violations.is_empty() {
        return Ok(());
    }
    files::make_directory(directory)?;
    files::write(&directory.join(format!("{}.toml", cell.name)), &cell.text)?;
    for found in &report.violations {
        let shows = finding_name(&found.what, program);
        let schedule = Schedule::of(program, &found.trace, &[], "search", shows)
            .expect("what was found can be run");
        let kernel = program.kernel.as_deref().unwrap_or("");
        let file = files::name_part(&format!("{}@{kernel} {shows}", cell.name));
        files::write(&directory.join(file + ".schedule"), &schedule.to_string())?;
    }
    Ok(())
}
