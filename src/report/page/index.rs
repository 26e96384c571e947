//! The index of a directory of pages: `index.html`, and `README.md` for a code host.

use super::html::STYLE;
use super::{diagram, markdown};
use std::fmt::Write as _;

const TEMPLATE: &str = include_str!("index.html");

/// Families of scenarios by the first part of their names: what they are called, and what they are
/// about. The pages of any other family stand under its own name.
const FAMILIES: [(&str, &str, &str); 6] = [
    (
        "nt",
        "The kernel",
        "What SuspendThread and ExitProcess do by themselves: the best place to start.",
    ),
    ("go", "Go", "The race of 2020, its fix, and what the fix costs."),
    ("patterns", "Patterns", "Ways to keep a suspender and an exit apart, from nothing to a lock."),
    (
        "webkit",
        "WebKit and Bun",
        "A JavaScript engine that suspends its threads, in a process that exits.",
    ),
    ("hotspot", "HotSpot", "A virtual machine whose threads suspend themselves."),
    ("slimdetours", "SlimDetours", "A library that suspends all threads while it patches code."),
];

/// A page's line in an index.
#[derive(Debug, Clone)]
pub struct Entry {
    pub(super) stem: String,
    pub(super) name: String,
    /// The first part of the scenario's name.
    pub(super) family: String,
    pub(super) verdict: String,
    pub(super) bad: bool,
    /// What the cast is about, in a sentence.
    pub(super) title: String,
    /// Of the run that is shown.
    pub(super) steps: usize,
    /// Of the same cast with the fix: its name, its verdict, and whether that is good.
    pub(super) fixed: Option<(String, String, bool)>,
}

/// A finding's line in an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The path of its page, below the index.
    path: String,
    title: String,
}

impl Finding {
    /// The finding that the Markdown page at `path`, below the index, tells of; its title is the
    /// page's first heading, or its path if it has none.
    pub fn of(path: &str, text: &str) -> Finding {
        let heading = text.lines().find_map(|line| line.strip_prefix("# "));
        Finding { path: path.to_string(), title: heading.unwrap_or(path).trim().to_string() }
    }
}

/// Everything that an index lists, in the order given.
#[derive(Debug, Clone)]
pub struct Index {
    /// The pages.
    pub entries: Vec<Entry>,
    /// The findings.
    pub findings: Vec<Finding>,
}

impl Index {
    /// The files of the index: names and contents.
    pub fn files(&self) -> Vec<(String, String)> {
        vec![("index.html".to_string(), self.html()), ("README.md".to_string(), self.markdown())]
    }

    /// The pages by family, those of a family together, in the order of their first pages.
    fn families(&self) -> Vec<(&str, &str, Vec<&Entry>)> {
        let mut families: Vec<(&str, Vec<&Entry>)> = Vec::new();
        for entry in &self.entries {
            match families.iter_mut().find(|(family, _)| *family == entry.family) {
                Some((_, entries)) => entries.push(entry),
                None => families.push((&entry.family, vec![entry])),
            }
        }
        let named = families.into_iter().map(|(family, entries)| {
            let known = FAMILIES.iter().find(|(known, ..)| *known == family);
            known
                .map_or((family, "", entries.clone()), |&(_, title, about)| (title, about, entries))
        });
        named.collect()
    }

    fn html(&self) -> String {
        let escape = diagram::escape;
        let mut list = String::new();
        for (title, about, entries) in self.families() {
            let _ = writeln!(
                list,
                "<h2>{}</h2>\n<p>{}</p>\n<ul class=\"index\">",
                escape(title),
                escape(about)
            );
            for entry in entries {
                list += &card(entry);
            }
            list += "</ul>\n";
        }
        if !self.findings.is_empty() {
            list += "<h2>Findings</h2>\n<p>What the search found that no report tells, or tells otherwise \
                     (Markdown).</p>\n<ul>\n";
            for finding in &self.findings {
                let (path, title) = (escape(&finding.path), escape(&finding.title));
                let _ = writeln!(list, "<li><a href=\"{path}\">{title}</a></li>");
            }
            list += "</ul>\n";
        }
        TEMPLATE.replace("{{style}}", STYLE).replace("{{entries}}", &list)
    }

    fn markdown(&self) -> String {
        let escape = markdown::escape;
        let mut text = String::from(
            "# Races to read\n\nOne page a cast of threads: what goes wrong, a shortest schedule to it, and \
             the fix if there is one. Made by `ghosthunt report --all`; the `.html` files beside these pages, opened in a \
             browser, can be played with ([`index.html`](index.html) lists them). [The course](course/README.md) begins \
             at the beginning.\n",
        );
        for (title, about, entries) in self.families() {
            let _ = write!(
                text,
                "\n## {}\n\n{}\n\n| cast | verdict | steps | with the fix |\n|---|---|--:|---|\n",
                escape(title),
                escape(about)
            );
            for entry in entries {
                let _ = writeln!(
                    text,
                    "| [{}]({}.md) `{}` | {} | {} | {} |",
                    escape(&entry.title),
                    entry.stem,
                    entry.name,
                    escape(&entry.verdict),
                    entry.steps,
                    entry.fixed.as_ref().map_or(String::new(), |(_, verdict, _)| escape(verdict)),
                );
            }
        }
        if !self.findings.is_empty() {
            text += "\n## Findings\n\nWhat the search found that no report tells, or tells otherwise.\n\n";
            for finding in &self.findings {
                let _ = writeln!(text, "* [{}]({})", escape(&finding.title), finding.path);
            }
        }
        text
    }
}

fn card(entry: &Entry) -> String {
    let escape = diagram::escape;
    let (class, mark) = if entry.bad { ("bad", "✗") } else { ("good", "✓") };
    let mut card = format!(
        "<li><a class=\"title\" href=\"{}.html\">{}</a>\n<p class=\"tags\"><span class=\"chip {class}\">\
         <span aria-hidden=\"true\">{mark}</span> {}</span> ",
        escape(&entry.stem),
        escape(&entry.title),
        escape(&entry.verdict),
    );
    if entry.steps > 0 {
        let _ = write!(card, "<span>in {} steps</span> ", entry.steps);
    }
    if let Some((name, verdict, good)) = &entry.fixed {
        let (class, mark) = if *good { ("good", "✓") } else { ("bad", "✗") };
        let _ = write!(
            card,
            "<span class=\"chip {class}\" title=\"{}\"><span aria-hidden=\"true\">{mark}</span> with \
             the fix: {}</span>",
            escape(name),
            escape(verdict)
        );
    }
    let _ = writeln!(card, "</p>\n<code>{}</code></li>", escape(&entry.name));
    card
}

#[cfg(test)]
mod tests {
    use super::Finding;

    #[test]
    fn a_findings_title_is_its_first_heading() {
        let finding = Finding::of("findings/one.md", "\n# A lock *alone*\n\n## More\n");
        assert_eq!(finding.title, "A lock *alone*");
        assert_eq!(Finding::of("findings/two.md", "no heading\n").title, "findings/two.md");
    }
}
