//! `ghosthunt report`: the teaching page of a scenario.

use super::limits::default_limits;
use super::output::{Failure, Output};
use super::{Exit, files, interrupt, runner};
use crate::course::{self, Lab};
use crate::report::{Checked, Entry, Lesson};
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
    #[arg(value_name = "SCENARIO", required_unless_present = "all")]
    scenario: Option<String>,
    /// Write the gallery, in both formats and with an index, and the course: the pages of `reports/`
    #[arg(long, conflicts_with_all = ["scenario", "format"])]
    all: bool,
    /// Where the page goes: a file, or a directory [default: here; with --all, `reports`]
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// A page to open in a browser, or Markdown with its diagrams as SVG files for a code host
    #[arg(long, value_enum, default_value = "html")]
    format: PageFormat,
}

/// The scenarios of the gallery, in the order in which they are best read.
const GALLERY: [&str; 6] = [
    "nt/suspend-is-asynchronous",
    "nt/suspend-against-exit",
    "go/cgo-exit-1.14beta1",
    "go/racefini-1.14beta1",
    "go/exit-1.14beta1-no-suspendlock",
    "go/mutual-preempt-1.14beta1-no-suspendlock",
];

/// What a page is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PageFormat {
    /// One HTML file.
    Html,
    /// A Markdown file and SVG files.
    Markdown,
}

/// A cast, and the same cast with the fix if there is one, both searched.
struct Pair {
    main: Searched,
    fixed: Option<Searched>,
}

/// A cast, searched.
struct Searched {
    scenario: Scenario,
    check: Check,
    report: Report,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    interrupt::catch();
    let files = match &arguments.scenario {
        Some(scenario) => page(arguments, scenario)?,
        None => gallery(arguments)?,
    };
    if interrupt::requested() {
        return Ok(Exit::Interrupted);
    }
    for (path, text) in files {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(Failure::Output)?;
        }
        files::write(&path, &text).map_err(Failure::Output)?;
        output.print(&format!("{}\n", path.display()))?;
    }
    Ok(Exit::AsExpected)
}

/// The page of one scenario: paths and contents.
fn page(arguments: &Arguments, scenario: &str) -> Result<Vec<(PathBuf, String)>, Failure> {
    let split = SplitName::parse(scenario);
    let searched = Pair::of(&Named::find(split.scenario)?, split.kernel)?;
    let name = files::name_part(&searched.main.check.program.check_name());
    let out = arguments.out.as_deref().unwrap_or(Path::new("."));
    Ok(searched.tell(|lesson| match arguments.format {
        PageFormat::Html => vec![(target(out, &name, "html"), lesson.html())],
        PageFormat::Markdown => {
            let page = target(out, &name, "md");
            let stem = page.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let directory = page.parent().map(Path::to_path_buf).unwrap_or_default();
            let files = lesson.markdown(&stem);
            files.into_iter().map(|(file, text)| (directory.join(file), text)).collect()
        }
    }))
}

/// All pages, and where they go.
fn gallery(arguments: &Arguments) -> Result<Vec<(PathBuf, String)>, Failure> {
    let out = arguments.out.as_deref().unwrap_or(Path::new("reports"));
    Ok(all()?.into_iter().map(|(file, text)| (out.join(file), text)).collect())
}

/// The pages of the gallery in both formats, their index, and the course.
pub(super) fn all() -> Result<Vec<(String, String)>, Failure> {
    let mut all = Vec::new();
    let mut entries = Vec::new();
    for scenario in GALLERY {
        let stem = files::name_part(scenario);
        let searched = Pair::of(&Named::find(scenario)?, None)?;
        all.extend(searched.tell(|lesson| {
            entries.push(lesson.entry(&stem));
            let mut files = lesson.markdown(&stem);
            files.push((format!("{stem}.html"), lesson.html()));
            files
        }));
    }
    all.extend(Entry::index(&entries));
    let goes_on = || !interrupt::requested();
    let pages = course::pages(&Lab::new(default_limits(), &goes_on), &GALLERY);
    all.extend(pages.files.into_iter().map(|(file, text)| (format!("course/{file}"), text)));
    Ok(all)
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

    fn judged(&self) -> Checked<'_> {
        runner::judged(&self.scenario, &self.check, &self.report)
    }
}

impl Pair {
    /// Searches the scenario and the one that it names as its fix, both on one kernel.
    fn of(named: &Named, kernel: Option<&str>) -> Result<Pair, Failure> {
        let main = Searched::of(named, kernel)?;
        let kernel = main.check.program.kernel.as_deref();
        let fixed = match main.scenario.find_fixed()? {
            Some(named) => Some(Searched::of(&named, kernel)?),
            None => None,
        };
        Ok(Pair { main, fixed })
    }

    /// What `write` makes of what there is to tell.
    fn tell<T>(&self, write: impl FnOnce(&Lesson) -> T) -> T {
        let main = self.main.judged();
        let fixed = self.fixed.as_ref().map(Searched::judged);
        write(&Lesson::new(&main, fixed.as_ref()))
    }
}
