//! `ghosthunt report`: the teaching page of a scenario.

use super::limits::default_limits;
use super::output::{Failure, Output};
use super::{Exit, files, interrupt, runner};
use crate::report::Lesson;
use crate::scenario::{Check, Named, Scenario, SplitName};
use crate::search::Report;
use clap::{Args, ValueEnum};
use std::fs;
use std::path::{Path, PathBuf};

/// Write the teaching page of a scenario: its schedule drawn and to play with, and the fix
///
/// The page is one file that needs no network and no other file. A scenario that says `fixed` gets
/// the same cast with the fix beside it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A built-in scenario or the path of a `.toml` file; with @KERNEL, on that kernel instead of
    /// the first that it names
    #[arg(value_name = "SCENARIO")]
    scenario: String,
    /// Where the page goes: a file, or a directory
    #[arg(long, value_name = "PATH", default_value = ".")]
    out: PathBuf,
    /// A page to open in a browser, or Markdown with its diagrams as SVG files for a code host
    #[arg(long, value_enum, default_value = "html")]
    format: PageFormat,
}

/// What a page is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PageFormat {
    /// One HTML file.
    Html,
    /// A Markdown file and SVG files.
    Markdown,
}

/// A cast, searched.
struct Searched {
    scenario: Scenario,
    check: Check,
    report: Report,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    interrupt::catch();
    let split = SplitName::parse(&arguments.scenario);
    let main = Searched::of(&Named::find(split.scenario)?, split.kernel)?;
    let kernel = main.check.program.kernel.clone();
    let fixed = match main.scenario.find_fixed()? {
        Some(named) => Some(Searched::of(&named, kernel.as_deref())?),
        None => None,
    };
    let checked = runner::judged(&main.scenario, &main.check, &main.report);
    let fixed_checked =
        fixed.as_ref().map(|fixed| runner::judged(&fixed.scenario, &fixed.check, &fixed.report));
    let lesson = Lesson::new(&checked, fixed_checked.as_ref());
    let name = files::name_part(&main.check.program.check_name());
    let pages = match arguments.format {
        PageFormat::Html => {
            vec![(target(&arguments.out, &name, "html"), lesson.html())]
        }
        PageFormat::Markdown => {
            let page = target(&arguments.out, &name, "md");
            let stem = page.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let directory = page.parent().map(Path::to_path_buf).unwrap_or_default();
            let files = lesson.markdown(&stem);
            files.into_iter().map(|(file, text)| (directory.join(file), text)).collect()
        }
    };
    for (path, text) in pages {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(Failure::Output)?;
        }
        files::write(&path, &text).map_err(Failure::Output)?;
        output.print(&format!("{}\n", path.display()))?;
    }
    let interrupted = interrupt::requested();
    Ok(if interrupted { Exit::Interrupted } else { Exit::AsExpected })
}

/// The file to write: the one named, or `NAME.EXTENSION` in the directory named.
fn target(out: &Path, name: &str, extension: &str) -> PathBuf {
    let is_file = out.extension().is_some_and(|found| found == extension) && !out.is_dir();
    if is_file { out.to_path_buf() } else { out.join(format!("{name}.{extension}")) }
}

impl Searched {
    /// Searches the scenario on `kernel`, or on the first that it names.
    fn of(named: &Named, kernel: Option<&str>) -> Result<Searched, Failure> {
        let scenario = named.parse()?;
        let kernel = kernel.or(scenario.kernel_names()[0]).map(str::to_string);
        let check = scenario.compile(kernel.as_deref(), &[])?;
        let report = runner::run(&check, &default_limits(), false);
        Ok(Searched { scenario, check, report })
    }
}
