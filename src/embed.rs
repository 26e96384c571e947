//! The build script: puts the texts of `models/` and `scenarios/` into the binary, so that an
//! installed ghosthunt has them wherever it runs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut table = String::new();
    for (constant, directory, extension) in [
        ("MODELS", "models", "ghost"),
        ("HUNTS", "models", "toml"),
        ("SCENARIOS", "scenarios", "toml"),
    ] {
        println!("cargo::rerun-if-changed={directory}");
        let directory = root.join(directory);
        let mut texts = Vec::new();
        collect(&directory, "", extension, &mut texts)?;
        // Directories are listed in no order of their own; the table is the same on every machine.
        texts.sort();
        let _ = writeln!(table, "pub(super) const {constant}: &[(&str, &str)] = &[");
        for (name, path) in texts {
            let _ = writeln!(table, "    ({name:?}, include_str!({path:?})),");
        }
        let _ = writeln!(table, "];");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("library.rs"), table)
}

/// Adds the texts under `directory`, each with its name: its path below the top, without extension
/// and with `/` between the parts. A directory that is not there has no texts.
fn collect(
    directory: &Path,
    prefix: &str,
    extension: &str,
    texts: &mut Vec<(String, String)>,
) -> io::Result<()> {
    if !directory.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let Some(file_name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if path.is_dir() {
            collect(&path, &format!("{prefix}{file_name}/"), extension, texts)?;
        } else if let Some(stem) = file_name.strip_suffix(&format!(".{extension}")) {
            texts.push((format!("{prefix}{stem}"), path.to_string_lossy().into_owned()));
        }
    }
    Ok(())
}
