//! What is mutated, and the scenarios that use it.

use crate::language::{Errors, Library, Outline, outline};
use crate::scenario::{Models, Named, NotFound, Scenario, built_in_models};
use std::fs;
use std::path::{Path, PathBuf};

/// A text that a model consists of.
#[derive(Debug, Clone)]
pub struct SourceText {
    /// Its name, as `use` says it.
    pub name: String,
    /// What diagnostics call it.
    pub file: String,
    /// The whole text.
    pub text: String,
    /// What it consists of.
    pub outline: Outline,
}

/// A model, and where it and its scenarios are found.
#[derive(Debug, Clone)]
pub struct Target {
    /// The model's name.
    pub model: String,
    /// The directory of the model and its scenarios; `None` for a built-in model.
    directory: Option<PathBuf>,
}

impl Target {
    /// What `argument` names: a scenario (its model is meant), a built-in model, or a `.ghost` file.
    ///
    /// # Errors
    /// If there is none, or it cannot be read; the inner ones are those of a scenario's text.
    pub fn find(argument: &str) -> Result<Result<Target, Errors>, NotFound> {
        if let Some(name) = argument.strip_suffix(".ghost") {
            let path = Path::new(name);
            let directory = path.parent().map(Path::to_path_buf).unwrap_or_default();
            if let Err(error) = fs::metadata(argument) {
                return Err(NotFound::Unreadable { path: argument.to_string(), error });
            }
            let model = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Ok(Ok(Target { model, directory: Some(directory) }));
        }
        if built_in_models().iter().any(|(name, _)| *name == argument) {
            return Ok(Ok(Target { model: argument.to_string(), directory: None }));
        }
        let named = Named::find(argument)?;
        let directory = named.directory().map(Path::to_path_buf);
        Ok(named.parse().map(|scenario| Target { model: scenario.model.value, directory }))
    }

    /// The scenarios that may use the model: those beside it, or those built in.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn candidates(&self) -> Result<Vec<Named>, NotFound> {
        let Some(directory) = &self.directory else { return Ok(Named::built_in().collect()) };
        let listed = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        let unreadable = |error| NotFound::Unreadable { path: listed.display().to_string(), error };
        let mut paths = Vec::new();
        for entry in fs::read_dir(listed).map_err(unreadable)? {
            let file_name = entry.map_err(unreadable)?.file_name();
            if Path::new(&file_name).extension().is_some_and(|extension| extension == "toml") {
                paths.push(directory.join(file_name));
            }
        }
        paths.sort();
        paths.iter().map(|path| Named::read(path)).collect()
    }

    /// The models that it can use.
    pub fn models(&self) -> Models {
        Models::beside(self.directory.as_deref())
    }

    /// What diagnostics call the built-in texts.
    pub fn built_in_files() -> Vec<String> {
        built_in_models().iter().map(|(name, _)| format!("models/{name}.ghost")).collect()
    }

    /// The texts of the model, what is used before what uses it; empty if there is no such model.
    pub fn texts(&self) -> Vec<SourceText> {
        texts_of(&self.model, &self.models())
    }

    /// Whether the scenario's model uses this one, or is it.
    pub fn is_used_by(&self, scenario: &Scenario) -> bool {
        let models = self.models();
        let Some((file, _)) = models.model(&self.model) else { return false };
        texts_of(&scenario.model.value, &scenario.models()).iter().any(|text| text.file == file)
    }
}

/// The protocol among the texts of a model: those that are no kernel and that no kernel uses.
pub(super) fn protocol(texts: Vec<SourceText>, models: &Models) -> Vec<SourceText> {
    let mut kernel_files = Vec::new();
    for kernel in texts.iter().filter(|text| text.outline.is_kernel) {
        kernel_files.extend(texts_of(&kernel.name, models).into_iter().map(|text| text.file));
    }
    texts.into_iter().filter(|text| !kernel_files.contains(&text.file)).collect()
}

fn texts_of(model: &str, models: &Models) -> Vec<SourceText> {
    let (mut seen, mut texts) = (Vec::new(), Vec::new());
    collect(model, models, &mut seen, &mut texts);
    texts
}

fn collect(name: &str, models: &Models, seen: &mut Vec<String>, texts: &mut Vec<SourceText>) {
    if seen.iter().any(|known| known == name) {
        return;
    }
    seen.push(name.to_string());
    let Some((file, text)) = models.model(name) else { return };
    let outline = outline(&text);
    for used in &outline.uses {
        collect(used, models, seen, texts);
    }
    texts.push(SourceText { name: name.to_string(), file, text, outline });
}
