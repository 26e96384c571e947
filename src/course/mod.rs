//! The course: chapters to read, pages to play with, and exercises whose answers are judged.
//!
//! A chapter is a template in `chapters/`. Its prose is written by hand, its numbers, schedules,
//! diagrams, tables and excerpts are not: a template names a scenario, and `fill.rs` puts in what a
//! live run says. An exercise (`exercises.rs`) is a text with a hole, a schedule to find, or a
//! question; `judge.rs` compiles, searches or replays what is handed in, and knows no answer that it
//! did not compute. Solutions exist in `tests/course/` only.

mod exercises;
mod facts;
mod fill;
mod handouts;
mod judge;
mod lab;
mod markdown;
mod memory;
mod pages;
mod rules;
mod tables;

pub use handouts::{Handout, handouts};
pub use judge::{Given, Judged, Wrong, judge, read};
pub use lab::{Lab, Tried, UnderC11};
pub use pages::{Pages, pages};

/// A chapter.
#[derive(Debug)]
pub struct Chapter {
    /// From 1.
    pub number: usize,
    /// Its files' name without extension.
    pub stem: &'static str,
    /// As it is printed.
    pub title: &'static str,
    /// What it is about, in a sentence.
    pub about: &'static str,
    /// Its text, with places for live runs.
    template: &'static str,
    /// Its exercises.
    pub exercises: &'static [Exercise],
}

/// An exercise.
#[derive(Debug)]
pub struct Exercise {
    /// Its number and a word, as in `1.2-wait`: the name of the file that is handed in, without
    /// extension.
    pub name: &'static str,
    /// As it is printed.
    pub title: &'static str,
    /// What to do: Markdown, with places for live runs.
    task: &'static str,
    /// What helps whoever is stuck, and gives nothing away that the chapter has not said.
    pub hint: &'static str,
    /// What is handed in.
    asks: Asks,
}

/// What an exercise asks for, and how that is judged.
#[derive(Debug)]
enum Asks {
    /// A model text with a hole in it.
    Model(Hole),
    /// A schedule of a built-in scenario.
    Schedule(Hunted),
    /// A property that one cast has and others lack.
    Property(Specified),
    /// A number or a word.
    Answer(Answered),
}

/// A text with a hole.
#[derive(Debug)]
struct Hole {
    /// The text that is handed out.
    handout: &'static str,
    /// Its casts: file names without extension, and texts. Their expectations are the judgement.
    casts: &'static [(&'static str, &'static str)],
    /// The declarations that may be changed.
    change: &'static [&'static str],
    /// Variables of the handout and names of the kernel that may be used.
    names: &'static [&'static str],
    /// Names of other texts that may not.
    hidden: &'static [&'static str],
    /// What the solution runs on.
    kernel: &'static Kernel,
}

/// A text that a solution calls, and cannot look into.
#[derive(Debug)]
struct Kernel {
    /// Its name among the models; `None` if there is no kernel.
    text: Option<&'static str>,
    /// What user code may name.
    user: &'static [&'static str],
    /// A solution may have variables of its own.
    variables: bool,
}

/// A schedule to find.
#[derive(Debug)]
struct Hunted {
    /// The scenario, and the kernel if it must be one.
    scenario: &'static str,
    /// The outcome or property to get to.
    shows: &'static str,
    /// Steps that it must have: an actor, and the proc whose statement it takes.
    passes: &'static [(&'static str, &'static str)],
    /// It may be so many steps longer than a shortest one; `None`: as long as it likes.
    longer: Option<usize>,
}

/// A property to write.
#[derive(Debug)]
struct Specified {
    /// The scenario that must have it, and those that must break it.
    holds: &'static str,
    breaks: &'static [&'static str],
    /// The words it may begin with.
    begins: &'static [&'static str],
}

/// A question.
#[derive(Debug)]
struct Answered {
    /// The answer, computed.
    answer: fn(&Lab) -> Option<String>,
}

/// All chapters, in order.
pub fn chapters() -> &'static [Chapter] {
    exercises::CHAPTERS
}

/// All exercises, in order.
pub fn exercises() -> impl Iterator<Item = &'static Exercise> {
    chapters().iter().flat_map(|chapter| chapter.exercises)
}

impl Exercise {
    /// Its number, as in `1.2`.
    pub fn number(&self) -> &'static str {
        self.name.split('-').next().unwrap_or(self.name)
    }

    /// The name of the file that is handed in.
    pub fn file(&self) -> String {
        let extension = match self.asks {
            Asks::Model(_) => "ghost",
            Asks::Schedule(_) => "schedule",
            Asks::Property(_) | Asks::Answer(_) => "txt",
        };
        format!("{}.{extension}", self.name)
    }
}
