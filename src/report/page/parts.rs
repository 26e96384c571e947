//! Parts of a page, for texts that say the rest themselves.

use super::diagram::svg;
use super::{Lesson, words};
use crate::report::Checked;

impl Lesson<'_> {
    /// The diagram of the schedule; `None` if there is no run to show. `id` keeps its parts apart from
    /// those of other diagrams in one document.
    pub fn diagram(&self, id: &str) -> Option<String> {
        let scene = &self.main;
        let mark = scene.no_return.map(|step| (step, "⚠ point of no return"));
        (!scene.run.steps.is_empty()).then(|| svg(scene, id, mark))
    }

    /// The diagram of the same cast with the fix, and where it leaves the schedule, as a sentence.
    pub fn fixed(&self, id: &str) -> Option<(String, String)> {
        let (scene, parting) = self.fixed.as_ref()?;
        let mark = words::parted(parting);
        let mark = mark.as_ref().map(|(step, words)| (*step, words.as_str()));
        Some((svg(scene, id, mark), words::parting(parting)))
    }

    /// The step, from 1, after which what the schedule shows is certain; `None` if it never is, or
    /// that is not known.
    pub fn no_return(&self) -> Option<usize> {
        self.main.no_return
    }
}

/// What the verdict means, and how much was searched, as a sentence.
pub fn searched(checked: &Checked) -> String {
    words::searched(checked)
}
