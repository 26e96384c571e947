//! What a hunt's description says of its table: the known causes of what is not safe, and why some
//! combinations are left out.

use super::table::Reader;
use crate::language::{Diagnostic, Spanned};
use toml_edit::Item;

/// A known cause of cells that are not safe: a public record, or a page that tells of it. Each list
/// says where it applies; an empty one says everywhere.
#[derive(Debug, Clone, Default)]
pub struct Cause {
    /// The cause, in a few words.
    pub name: String,
    /// Where it is told: a page or a public record.
    pub source: String,
    models: Vec<String>,
    kernels: Vec<String>,
    situations: Vec<String>,
    exits: Vec<String>,
    suspenders: Vec<String>,
    shows: Vec<String>,
}

/// One thing that a hunt found, and where.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The model, without its directory and without `.ghost`.
    pub model: &'a str,
    /// The kernel preset.
    pub kernel: Option<&'a str>,
    /// Where the target is.
    pub situation: &'a str,
    /// How the process ends.
    pub exit: &'a str,
    /// Who suspends; a cause that is about one of them is enough.
    pub suspenders: &'a [String],
    /// What was found: an outcome or a property's name.
    pub shows: &'a str,
}

impl Cause {
    /// Whether it accounts for what was found there.
    pub fn explains(&self, place: &Place) -> bool {
        let lists = [
            (&self.models, Some(place.model)),
            (&self.kernels, place.kernel),
            (&self.situations, Some(place.situation)),
            (&self.exits, Some(place.exit)),
            (&self.shows, Some(place.shows)),
        ];
        lists.iter().all(|(list, name)| {
            list.is_empty() || name.is_some_and(|name| list.iter().any(|known| known == name))
        }) && (self.suspenders.is_empty()
            || place.suspenders.iter().any(|name| self.suspenders.contains(name)))
    }
}

/// Combinations that a hunt does not make, and why.
#[derive(Debug, Clone, Default)]
pub struct LeftOut {
    /// Which, in words.
    pub what: String,
    /// Why.
    pub why: String,
    situations: Vec<String>,
    exits: Vec<String>,
}

impl LeftOut {
    /// Whether it is about this situation and way out. One that names neither is about neither.
    pub fn is_about(&self, situation: &str, exit: &str) -> bool {
        let holds = |list: &[String], name: &str| list.is_empty() || list.iter().any(|n| n == name);
        !(self.situations.is_empty() && self.exits.is_empty())
            && holds(&self.situations, situation)
            && holds(&self.exits, exit)
    }
}

/// The names that lists may name: of situations, ways out and suspenders.
pub(super) struct Names<'a> {
    pub situations: Vec<&'a str>,
    pub exits: Vec<&'a str>,
    pub suspenders: Vec<&'a str>,
}

pub(super) fn causes(
    reader: &mut Reader,
    key: &Spanned<String>,
    item: &Item,
    names: &Names,
) -> Vec<Cause> {
    const KEYS: [&str; 7] =
        ["source", "models", "kernels", "situations", "exits", "suspenders", "shows"];
    let entries = entries(reader, key, item, "a cause of a hunt", KEYS[0], &KEYS, names);
    let of = |(name, source, mut lists): (String, String, Lists)| {
        let mut take = |key: &str| lists.remove(key).unwrap_or_default();
        Cause {
            name,
            source,
            models: take("models"),
            kernels: take("kernels"),
            situations: take("situations"),
            exits: take("exits"),
            suspenders: take("suspenders"),
            shows: take("shows"),
        }
    };
    entries.into_iter().map(of).collect()
}

pub(super) fn left_out(
    reader: &mut Reader,
    key: &Spanned<String>,
    item: &Item,
    names: &Names,
) -> Vec<LeftOut> {
    const KEYS: [&str; 3] = ["why", "situations", "exits"];
    let entries = entries(reader, key, item, "what a hunt leaves out", KEYS[0], &KEYS, names);
    let of = |(what, why, mut lists): (String, String, Lists)| LeftOut {
        what,
        why,
        situations: lists.remove("situations").unwrap_or_default(),
        exits: lists.remove("exits").unwrap_or_default(),
    };
    entries.into_iter().map(of).collect()
}

type Lists = std::collections::BTreeMap<String, Vec<String>>;

/// Named tables of one string, which must be there, and lists of names.
fn entries(
    reader: &mut Reader,
    key: &Spanned<String>,
    item: &Item,
    place: &str,
    text_key: &str,
    keys: &[&'static str],
    names: &Names,
) -> Vec<(String, String, Lists)> {
    let Some(table) = reader.table(key, item) else { return Vec::new() };
    let mut entries = Vec::new();
    for (name, item) in table.iter() {
        let name = reader.key(table, name);
        let Some(fields) = reader.table(&name, item) else { continue };
        let mut text = None;
        let mut lists = Lists::new();
        for (field, item) in fields.iter() {
            let field = reader.key(fields, field);
            if field.value == text_key {
                text = reader.string(&field, item).map(|text| text.value);
            } else if keys.contains(&field.value.as_str()) {
                let list = reader.strings(&field, item);
                known(reader, &field, &list, names);
                let list = list.into_iter().map(|name| name.value).collect();
                lists.insert(field.value, list);
            } else {
                reader.unknown_key(&field, place, keys.iter().copied());
            }
        }
        match text {
            Some(text) => entries.push((name.value, text, lists)),
            None => reader.error(Diagnostic::error(
                format!("`{}` has no `{text_key}`", name.value),
                name.span,
                "",
            )),
        }
    }
    entries
}

/// Complains about names in a list that name nothing.
fn known(reader: &mut Reader, field: &Spanned<String>, list: &[Spanned<String>], names: &Names) {
    let (what, known) = match field.value.as_str() {
        "situations" => ("situation", &names.situations),
        "exits" => ("way out", &names.exits),
        "suspenders" => ("suspender", &names.suspenders),
        _ => return,
    };
    for name in list.iter().filter(|name| !known.contains(&name.value.as_str())) {
        let message = format!("the hunt has no {what} `{}`", name.value);
        let error = Diagnostic::error(message, field.span, "");
        reader.error(error.nearest(&name.value, known.iter().copied()));
    }
}
