//! `ghosthunt course`: chapters to read, and exercises whose answers are judged.

use super::limits::default_limits;
use super::output::{Failure, Output, say};
use super::{Exit, WidthArgument, files, interrupt, loom, report as report_pages};
use crate::course::{self, Exercise, Given, Judged, Lab, Wrong};
use crate::report::style::{BAD, GOOD, NOTE, STRONG, paint};
use crate::report::{self, text};
use clap::{Args, Subcommand};
use std::fs;
use std::path::{Path, PathBuf};

/// Learn how ghosts come about, and how one proves that there are none
///
/// Nine chapters with exercises, whose answers the search judges. Without a subcommand: the chapters,
/// how far you are in the current directory, and what is next.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    width: WidthArgument,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Hand out the exercises, and the chapters to read, in a directory
    Start {
        /// A directory, new or without any of the files
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Judge what is handed in: exit code 0 if all of it is right
    Check {
        /// Files, or directories with all exercises [default: here]
        #[arg(value_name = "DIR|FILE", default_value = ".", hide_default_value = true)]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        width: WidthArgument,
    },
    /// Say what an exercise asks for, and what helps
    Hint {
        /// Its number, as in `4.1`, or its file
        exercise: PathBuf,
        #[command(flatten)]
        width: WidthArgument,
    },
}

/// Where `start` puts the pages.
const PAGES: &str = "pages";

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    interrupt::catch();
    let goes_on = || !interrupt::requested();
    let lab = Lab::new(default_limits(), &goes_on, &loom::under_c11);
    match &arguments.what {
        None => list(&lab, output, arguments.width.columns()),
        Some(What::Start { directory }) => start(&lab, directory, output),
        Some(What::Check { paths, width }) => check(&lab, paths, output, width.columns()),
        Some(What::Hint { exercise, width }) => {
            let exercise = exercise_called(exercise)?;
            let told = asked(&lab, exercise, width.columns());
            let hint = text::wrap(exercise.hint, width.columns().saturating_sub(2), usize::MAX);
            output.print(&format!("{told}\n{}", lines(&hint)))?;
            Ok(Exit::AsExpected)
        }
    }
}

/// An exercise's name, and what it asks for.
fn asked(lab: &Lab, exercise: &Exercise, width: usize) -> String {
    let name = format!("{} {}", exercise.number(), exercise.title);
    let file = format!("  ({})", exercise.file());
    let task = text::wrap(&exercise.task(lab), width.saturating_sub(2), usize::MAX);
    format!("{}{file}\n{}", paint(STRONG, &name), lines(&task))
}

fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("  {line}\n")).collect()
}

/// The chapters and exercises, each with how it stands in the current directory.
fn list(lab: &Lab, output: &mut Output, width: usize) -> Result<Exit, Failure> {
    let here = Path::new(".");
    let begun = begun(here);
    let mut next = None;
    for chapter in course::chapters() {
        let title = format!("{}. {}", chapter.number, chapter.title);
        let mut told = format!("{}\n", paint(STRONG, &title));
        for line in text::wrap(chapter.about, width.saturating_sub(3), usize::MAX) {
            told += &format!("   {line}\n");
        }
        for exercise in chapter.exercises {
            let state = if begun { state(lab, exercise, here)? } else { String::new() };
            let solved = state.contains(SOLVED);
            next = next.or((!solved).then_some((chapter, exercise)));
            told += &format!("   {} {}{state}\n", exercise.number(), exercise.title);
        }
        output.print(&told)?;
    }
    output.print(&match next {
        _ if !begun => {
            "\n`ghosthunt course start DIR` hands out the exercises and the chapters.\n".to_string()
        }
        Some((chapter, exercise)) => {
            let page = Path::new(PAGES).join("course").join(format!("{}.html", chapter.stem));
            let number = exercise.number();
            format!(
                "\nNext:  {}\nRead:  {}\nJudge: ghosthunt course check {}\n\
                 Stuck: ghosthunt course hint {number}\n",
                asked(lab, exercise, width),
                page.display(),
                exercise.file(),
            )
        }
        None => "\nAll solved. `ghosthunt new NAME` begins a protocol of your own.\n".to_string(),
    })?;
    Ok(if interrupt::requested() { Exit::Interrupted } else { Exit::AsExpected })
}

/// What is said of an exercise that is.
const SOLVED: &str = "solved";

/// Whether there is a file of any exercise in the directory.
fn begun(directory: &Path) -> bool {
    course::exercises().any(|exercise| directory.join(exercise.file()).is_file())
}

fn state(lab: &Lab, exercise: &Exercise, directory: &Path) -> Result<String, Failure> {
    let Some(given) = handed_in(exercise, directory)? else {
        return Ok(": not begun".to_string());
    };
    if untouched(lab, exercise, &given) {
        return Ok(": not begun".to_string());
    }
    Ok(match course::judge(exercise, &given, lab) {
        Judged::Solved(_) => format!(": {}", paint(GOOD, SOLVED)),
        Judged::Wrong(_) | Judged::Bad(_) => format!(": {}", paint(NOTE, "not yet")),
    })
}

fn untouched(lab: &Lab, exercise: &Exercise, given: &Given) -> bool {
    exercise.handed_out(lab).as_ref() == Some(&given.text)
}

fn handed_in(exercise: &Exercise, directory: &Path) -> Result<Option<Given>, Failure> {
    course::read(exercise, directory).map_err(|error| {
        let path = directory.join(exercise.file()).display().to_string();
        Failure::Unreadable { path, error }
    })
}

/// Writes everything, or nothing if one of the files is there already.
fn start(lab: &Lab, directory: &Path, output: &mut Output) -> Result<Exit, Failure> {
    // Joined to nothing, a name is printed as it is.
    let here = directory == Path::new(".");
    let directory = if here { Path::new("") } else { directory };
    let handouts = course::handouts(lab).into_iter();
    let mut all: Vec<(PathBuf, String)> =
        handouts.map(|handout| (directory.join(handout.file), handout.text)).collect();
    if directory.is_file() {
        let path = directory.display();
        return Err(Failure::Usage(format!("{path} is no directory; name a new one")));
    }
    let pages = directory.join(PAGES);
    if let Some(path) = all.iter().map(|(path, _)| path).chain([&pages]).find(|path| path.exists())
    {
        let path = path.display();
        return Err(Failure::Usage(format!("{path} is there already; name another directory")));
    }
    all.extend(report_pages::all(&pages)?.into_iter().map(|(file, text)| (pages.join(file), text)));
    if interrupt::requested() {
        return Ok(Exit::Interrupted);
    }
    for (path, text) in &all {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(Path::new(".").join(directory)).map_err(Failure::Output)?;
        }
        files::write(path, text).map_err(Failure::Output)?;
    }
    let check = if here { String::new() } else { format!(" {}", directory.display()) };
    output.print(&format!(
        "Read:  {}\n\
         Solve: {} says what\n\
         Then:  ghosthunt course check{check}\n\
         Next:  ghosthunt course, in that directory, says how far you are\n\
         Stuck: ghosthunt course hint 1.1\n",
        pages.join("course").join("index.html").display(),
        directory.join("README.md").display(),
    ))?;
    Ok(Exit::AsExpected)
}

fn check(lab: &Lab, paths: &[PathBuf], output: &mut Output, width: usize) -> Result<Exit, Failure> {
    let mut exit = Exit::AsExpected;
    for path in paths {
        let several = path.is_dir();
        if several && !begun(path) {
            return Err(Failure::Usage(format!(
                "none of the exercises' files is in `{}`; name the directory that they were handed \
                 out in, or hand them out: ghosthunt course start DIR",
                path.display()
            )));
        }
        let chosen = match several {
            true => course::exercises().map(|exercise| (exercise, path.as_path())).collect(),
            false => vec![(exercise_of(path)?, path.parent().unwrap_or(Path::new("")))],
        };
        let (mut solved, all) = (0, chosen.len());
        for (exercise, directory) in chosen {
            if interrupt::requested() {
                return Ok(exit.and(Exit::Interrupted));
            }
            let one = check_one(lab, exercise, directory, several, output, width)?;
            solved += usize::from(one == Exit::AsExpected);
            exit = exit.and(one);
        }
        if several {
            output.print(&format!("\n{solved} of {all} solved\n"))?;
        }
    }
    Ok(exit)
}

/// The exercise of this number, or with a file of this name.
fn exercise_called(name: &Path) -> Result<&'static Exercise, Failure> {
    let known = |exercise: &&Exercise| {
        [exercise.number(), &exercise.file()].iter().any(|known| name == Path::new(known))
    };
    course::exercises().find(known).ok_or_else(|| {
        let numbers: Vec<_> = course::exercises().map(Exercise::number).collect();
        let (name, numbers) = (name.display(), numbers.join(", "));
        Failure::Usage(format!("there is no exercise {name}; they are {numbers}"))
    })
}

/// The exercise that a file is handed in for.
fn exercise_of(path: &Path) -> Result<&'static Exercise, Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let exercise = course::exercises().find(|exercise| exercise.file() == name);
    let exercise =
        exercise.or_else(|| course::exercises().find(|exercise| exercise.number() == name));
    exercise.ok_or_else(|| {
        let known = course::exercises().map(Exercise::file).collect::<Vec<_>>();
        let near = known.iter().find(|file| file.split('-').next() == name.split('-').next());
        let near = near.map_or(String::new(), |file| format!("; there is {file}"));
        let missing = match path.exists() {
            true => String::new(),
            false => format!("there is no directory `{}`, and ", path.display()),
        };
        Failure::Usage(format!("{missing}no exercise asks for a file `{name}`{near}"))
    })
}

/// Judges one exercise. With several, one line each: details are for whoever asks for one.
fn check_one(
    lab: &Lab,
    exercise: &Exercise,
    directory: &Path,
    several: bool,
    output: &mut Output,
    width: usize,
) -> Result<Exit, Failure> {
    let name = format!("{} {}", exercise.number(), exercise.title);
    let line = |style, word: &str, words: &str| {
        let plain = format!("{word}: {words}");
        let indent = if several { 4 } else { 2 };
        let lines = text::wrap(&plain, width.saturating_sub(indent), usize::MAX);
        let mut told = format!("{}\n", paint(STRONG, &name));
        for line in lines {
            let painted = line.replacen(word, &paint(style, word), 1);
            told += &format!("{}{painted}\n", " ".repeat(indent));
        }
        told
    };
    let Some(given) = handed_in(exercise, directory)? else {
        let file = directory.join(exercise.file());
        let way = match exercise.handed_out(lab) {
            Some(_) if !several => "; `ghosthunt course start DIR` hands it out",
            None if !several => "; it is a schedule that you save under this name",
            _ => "",
        };
        let words = format!("{} is not there{way}", file.display());
        output.print(&line(NOTE, "not begun", &words))?;
        return Ok(Exit::Different);
    };
    if several && untouched(lab, exercise, &given) {
        output.print(&line(
            NOTE,
            "not begun",
            &format!("{} is as it was handed out", given.file),
        ))?;
        return Ok(Exit::Different);
    }
    let judged = course::judge(exercise, &given, lab);
    if interrupt::requested() {
        return Ok(Exit::Interrupted);
    }
    match judged {
        Judged::Solved(words) => {
            output.print(&line(GOOD, SOLVED, &words))?;
            Ok(Exit::AsExpected)
        }
        Judged::Bad(errors) => {
            let words = format!("{} cannot be judged", given.file);
            output.print(&line(BAD, "not yet", &words))?;
            say(&report::errors(&errors, width));
            Ok(Exit::BadInput)
        }
        Judged::Wrong(wrong) => {
            let Wrong { kind, words, shown } = *wrong;
            let mut told = line(BAD, "not yet", &words);
            if let Some(tried) = shown.filter(|_| !several) {
                told += &format!("\n{}", report::details(&tried.checked(), None, width));
            }
            if !several && !words.contains(exercise.hint) {
                told += &format!("\nA hint: ghosthunt course hint {}\n", exercise.number());
            }
            output.print(&told)?;
            Ok(Exit::from(kind))
        }
    }
}
