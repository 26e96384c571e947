//! Texts that have been read.

use super::diagnostic::Diagnostic;
use super::parser::parse_module;
use super::syntax::Module;
use crate::program::FileId;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// The syntax of texts, for whoever compiles many models that share most of theirs: each is read once,
/// and again when it has changed.
#[derive(Debug, Default)]
pub struct Texts(RefCell<HashMap<(String, FileId), Read>>);

/// A text and its syntax.
#[derive(Debug)]
struct Read {
    text: String,
    module: Rc<Module>,
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
    ) -> Rc<Module> {
        let key = (file_name.to_string(), file);
        if let Some(read) = self.0.borrow().get(&key)
            && read.text == text
        {
            return read.module.clone();
        }
        let filed_before = errors.len();
        let module = Rc::new(parse_module(text, file, errors));
        if errors.len() == filed_before {
            let read = Read { text: text.to_string(), module: module.clone() };
            self.0.borrow_mut().insert(key, read);
        }
        module
    }
}
