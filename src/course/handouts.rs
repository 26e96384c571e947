//! What is handed out: a file for each exercise, the casts, and a list of what to do.

use super::lab::Lab;
use super::pages::filled_task;
use super::{Asks, Exercise, chapters};
use crate::report::text::wrap;
use std::fmt::Write as _;

/// How wide the comments of handed-out files are.
const WIDTH: usize = 98;

/// A file that is handed out.
#[derive(Debug, Clone)]
pub struct Handout {
    /// Its name.
    pub file: String,
    /// Its text.
    pub text: String,
}

/// All files that are handed out, `README.md` first.
pub fn handouts(lab: &Lab) -> Vec<Handout> {
    let mut all = vec![Handout { file: "README.md".to_string(), text: readme(lab) }];
    for exercise in chapters().iter().flat_map(|chapter| chapter.exercises) {
        all.extend(exercise.handouts(lab));
    }
    all
}

fn readme(lab: &Lab) -> String {
    let mut text = String::from(
        "# Ghosts: the exercises\n\n\
         The chapters are in `pages/course/index.html`. For each exercise you hand in one file, here, \
         under the name that is given. `ghosthunt course check` judges all of them, \
         `ghosthunt course check FILE` one, and `ghosthunt course` says how far you are.\n\n\
         The `.toml` files are casts for your texts: `ghosthunt check FILE.toml` shows what the search \
         finds. You may change them to try something out; you are judged by them as they were.\n\n\
         Stuck? `ghosthunt course hint 4.1` helps with exercise 4.1. A solution to each exercise that asks \
         for a text stands in `tests/course/solved` of ghosthunt's source; there are others.\n",
    );
    for chapter in chapters() {
        let _ = writeln!(text, "\n## {}. {}", chapter.number, chapter.title);
        for exercise in chapter.exercises {
            let _ = write!(
                text,
                "\n**{} {}** (`{}`) {}\n",
                exercise.number(),
                exercise.title,
                exercise.file(),
                exercise.task(lab)
            );
        }
    }
    text
}

impl Exercise {
    /// What to do.
    pub fn task(&self, lab: &Lab) -> String {
        filled_task(lab, self)
    }

    /// The text of the file to hand in, as it is handed out; `None` if there is none to begin with.
    pub fn handed_out(&self, lab: &Lab) -> Option<String> {
        match &self.asks {
            Asks::Model(hole) => Some(hole.handout.to_string()),
            Asks::Schedule(_) => None,
            Asks::Property(_) | Asks::Answer(_) => Some(self.sheet(lab)),
        }
    }

    fn handouts(&self, lab: &Lab) -> Vec<Handout> {
        let own = self.handed_out(lab).map(|text| Handout { file: self.file(), text });
        let casts: &[(&str, &str)] = match &self.asks {
            Asks::Model(hole) => hole.casts,
            _ => &[],
        };
        let cast = |(name, text): &(&str, &str)| Handout {
            file: format!("{name}.toml"),
            text: (*text).to_string(),
        };
        own.into_iter().chain(casts.iter().map(cast)).collect()
    }

    /// A text file with the question in comments.
    fn sheet(&self, lab: &Lab) -> String {
        let mut sheet = format!("# Exercise {}: {}\n#\n", self.number(), self.title);
        for line in wrap(&self.task(lab), WIDTH, usize::MAX) {
            let _ = writeln!(sheet, "# {line}");
        }
        sheet + "#\n# Write below this line.\n\n"
    }
}
