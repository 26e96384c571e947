//! `ghosthunt report`: the teaching page of a scenario.

use super::limits::default_limits;
use super::output::{Failure, Output};
use super::{Exit, files, given, interrupt, loom, runner};
use crate::course::{self, Lab};
use crate::report::{Checked, FindingPage, Index, Lesson, Shown};
use crate::scenario::{Check, Named, Scenario, SplitName};
use crate::schedule::{self, Schedule};
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
    /// Show this schedule, as `ghosthunt check --save` or the key `s` of `ghosthunt step` writes it,
    /// instead of a shortest one
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    schedule: Option<String>,
    /// Where the page goes: a file, or a directory [default: here; with --all, `reports`]
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// A page to open in a browser, or Markdown with its diagrams as SVG files for a code host
    #[arg(long, value_enum, default_value = "html")]
    format: PageFormat,
}

/// The scenarios of the gallery, in the order in which they are best read.
const GALLERY: [&str; 12] = [
    "nt/suspend-is-asynchronous",
    "nt/suspend-against-exit",
    "patterns/04-lock-over-suspend",
    "go/cgo-exit-1.14beta1",
    "go/racefini-1.14beta1",
    "go/exit-1.14beta1-no-suspendlock",
    "go/mutual-preempt-1.14beta1-no-suspendlock",
    "go/live-enter-1.14",
    "webkit/exit-before",
    "webkit/detach-40533",
    "slimdetours/heap",
    "hotspot/atexit-joins",
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
    shown: Shown,
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
    let schedule = match &arguments.schedule {
        Some(file) => {
            let (name, text) = given::read(file)?;
            Some(given::parse(&name, &text)?)
        }
        None => None,
    };
    if let Some(out) = &arguments.out {
        files::has_directory("--out", out)?;
    }
    let searched = Pair::of(&Named::find(split.scenario)?, split.kernel, schedule.as_ref())?;
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
    files::has_directory("--out", out)?;
    Ok(all(out)?.into_iter().map(|(file, text)| (out.join(file), text)).collect())
}

/// The pages of the gallery in both formats, their index, which lists the findings that are in `out`,
/// and the course.
pub(super) fn all(out: &Path) -> Result<Vec<(String, String)>, Failure> {
    let mut all = Vec::new();
    let mut entries = Vec::new();
    for scenario in GALLERY {
        let stem = files::name_part(scenario);
        let searched = Pair::of(&Named::find(scenario)?, None, None)?;
        all.extend(searched.tell(|lesson| {
            entries.push(lesson.entry(&stem));
            let mut files = lesson.markdown(&stem);
            files.push((format!("{stem}.html"), lesson.html()));
            files
        }));
    }
    all.extend(Index { entries, findings: findings(out)? }.files());
    let goes_on = || !interrupt::requested();
    let pages = course::pages(&Lab::new(default_limits(), &goes_on, &loom::under_c11), &GALLERY);
    all.extend(pages.files.into_iter().map(|(file, text)| (format!("course/{file}"), text)));
    Ok(all)
}

/// The findings that are written up in `findings/` beside the index, by the names of their files.
fn findings(out: &Path) -> Result<Vec<FindingPage>, Failure> {
    let directory = out.join("findings");
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let mut pages = Vec::new();
    for entry in fs::read_dir(&directory).map_err(Failure::Output)? {
        let path = entry.map_err(Failure::Output)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".md") {
            let text = fs::read_to_string(&path)
                .map_err(|error| Failure::Unreadable { path: path.display().to_string(), error })?;
            pages.push((format!("findings/{name}"), text));
        }
    }
    // Directories are listed in no order of their own.
    pages.sort();
    Ok(pages.iter().map(|(path, text)| FindingPage::of(path, text)).collect())
}

/// The file to write: the one named, or `NAME.EXTENSION` in the directory named.
fn target(out: &Path, name: &str, extension: &str) -> PathBuf {
    let is_file = out.extension().is_some_and(|found| found == extension) && !out.is_dir();
    if is_file { out.to_path_buf() } else { out.join(format!("{name}.{extension}")) }
}

impl Searched {
    /// Searches the scenario on `kernel`, or on the first that it names. What is shown is a schedule
    /// that was found, or the one given; that one says the kernel and the options, too.
    fn of(
        named: &Named,
        kernel: Option<&str>,
        schedule: Option<&Schedule>,
    ) -> Result<Searched, Failure> {
        let scenario = named.parse()?;
        let of_schedule = schedule.and_then(|schedule| schedule.kernel.as_deref());
        let kernel = kernel.or(of_schedule).or(scenario.kernel_names()[0]).map(str::to_string);
        let check = match schedule {
            Some(schedule) => given::compiled(&scenario, kernel.as_deref(), schedule)?,
            None => scenario.compile(kernel.as_deref(), &[])?,
        };
        let own = match schedule {
            Some(schedule) => {
                let replayed = schedule::replay(&check.program, schedule)
                    .map_err(|error| Failure::Bad(error.in_text(schedule)))?;
                Some(Shown::own(&schedule.shows, replayed.trace, schedule.cycle_from))
            }
            None => None,
        };
        let (report, shown) = {
            let (report, graph) = runner::run_and_keep(&check, &default_limits(), false);
            let checked = runner::judged(&scenario, &check, &report);
            let shown = own.unwrap_or_else(|| Shown::of(&checked));
            let shown = match &graph {
                Some(graph) => shown.explained_by(&checked, graph),
                None => shown,
            };
            (report, shown)
        };
        Ok(Searched { scenario, check, report, shown })
    }

    fn judged(&self) -> Checked<'_> {
        runner::judged(&self.scenario, &self.check, &self.report)
    }
}

impl Pair {
    /// Searches the scenario and the one that it names as its fix, both on one kernel.
    fn of(
        named: &Named,
        kernel: Option<&str>,
        schedule: Option<&Schedule>,
    ) -> Result<Pair, Failure> {
        let main = Searched::of(named, kernel, schedule)?;
        let kernel = main.check.program.kernel.as_deref();
        let fixed = match main.scenario.find_fixed()? {
            Some(named) => Some(Searched::of(&named, kernel, None)?),
            None => None,
        };
        Ok(Pair { main, fixed })
    }

    /// What `write` makes of what there is to tell.
    fn tell<T>(&self, write: impl FnOnce(&Lesson) -> T) -> T {
        let main = self.main.judged();
        let fixed = self.fixed.as_ref().map(Searched::judged);
        write(&Lesson::new(&main, &self.main.shown, fixed.as_ref()))
    }
}
