//! Files that ghosthunt writes: whole, or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Writes `text` to `path`: to a new file beside it first, which then takes its place. A full disk
/// thus loses neither the old file nor half of the new one.
///
/// # Errors
/// Those of the file system, with the path in their words.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = Path::new(&beside);
    let written = write_new(beside, text).and_then(|()| fs::rename(beside, path));
    written.map_err(|error| {
        // The cause is what the user must hear of, not that this failed too.
        let _ = fs::remove_file(beside);
        io::Error::new(error.kind(), format!("{}: {error}", path.display()))
    })
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text.as_bytes())?;
    // Some file systems find out only here that the disk is full.
    file.sync_all()
}

/// `text` as a part of a file name on every system.
pub(super) fn name_part(text: &str) -> String {
    let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    text.split(|c| !kept(c)).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::name_part;

    #[test]
    fn names_are_names_on_every_system() {
        assert_eq!(name_part("go/cgo-exit@windows_10"), "go-cgo-exit@windows_10");
        assert_eq!(name_part("never x: y[m0] == 1"), "never-x-y-m0-1");
    }
}
