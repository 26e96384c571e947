//! Texts that have been read.

use super::diagnostic::Diagnostic;
use super::lower::Listing;
use super::model::Model;
use super::parser::parse_module;
use super::syntax::Module;
use crate::program::{FileId, Sources};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// The syntax of texts, for whoever compiles many models that share most of theirs: each is read once,
/// and again when it has changed.
#[derive(Debug, Default)]
pub struct Texts {
    read: RefCell<HashMap<(String, FileId), Read>>,
    /// By the numbers of the readings that make a model.
    listed: RefCell<HashMap<Vec<usize>, Rc<Listing>>>,
    readings: Cell<usize>,
}

/// A text and its syntax.
#[derive(Debug)]
struct Read {
    text: String,
    reading: Reading,
}

/// The syntax of a text, and a number that no other reading has.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub module: Rc<Module>,
    pub number: usize,
}

impl Texts {
    /// The syntax of a text. `file_name` is what diagnostics call it, and `file` its index in the
    /// sources, which its spans name. What is wrong with it goes to `errors` each time.
    pub(super) fn module(
        &self,
        file_name: &str,
        text: &str,
        file: FileId,
        errors: &mut Vec<Diagnostic>,
    ) -> Reading {
        let key = (file_name.to_string(), file);
        if let Some(read) = self.read.borrow().get(&key)
            && read.text == text
        {
            return read.reading.clone();
        }
        let filed_before = errors.len();
        let module = Rc::new(parse_module(text, file, errors));
        let reading = Reading { module, number: self.readings.replace(self.readings.get() + 1) };
        if errors.len() == filed_before {
            let read = Read { text: text.to_string(), reading: reading.clone() };
            if let Some(old) = self.read.borrow_mut().insert(key, read) {
                let is_old = |numbers: &Vec<usize>| numbers.contains(&old.reading.number);
                self.listed.borrow_mut().retain(|numbers, _| !is_old(numbers));
            }
        }
        reading
    }

    /// What the texts of a model consist of, listed once for these readings of them.
    pub(super) fn listing(&self, model: &Model, sources: &Sources) -> Rc<Listing> {
        if let Some(listing) = self.listed.borrow().get(&model.readings) {
            return listing.clone();
        }
        let listing = Rc::new(Listing::of(model, sources));
        self.listed.borrow_mut().insert(model.readings.clone(), listing.clone());
        listing
    }
}
