//! Files that ghosthunt writes: whole, or not at all.

use super::output::Failure;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes `text` to `path`. A regular file, also one that a symbolic link leads to, is written beside
/// itself first, and what is written then takes its place: a full disk thus loses neither the old file
/// nor half of the new one. Into anything else, as a FIFO or a device, the text goes as it is.
///
/// # Errors
/// Those of the file system, with the path in their words.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    write_whole(path, text)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(there) if is_stdout(&there) => {
            let mut stdout = io::stdout();
            stdout.write_all(text.as_bytes())?;
            stdout.flush()
        }
        Ok(there) if there.is_file() => {
            // Whoever may not write to a file may not replace it.
            OpenOptions::new().write(true).open(path)?;
            replace(&fs::canonicalize(path)?, text, Some(there.permissions()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => {
            replace(path, text, None)
        }
        // A link that leads nowhere as yet is followed as well.
        _ => File::create(path)?.write_all(text.as_bytes()),
    }
}

/// Whether the file is where stdout goes, as `/dev/stdout` is: another file in its place would get
/// nothing of what is printed.
#[cfg(unix)]
fn is_stdout(file: &fs::Metadata) -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt;
    let stdout = io::stdout().as_fd().try_clone_to_owned();
    let stdout = stdout.and_then(|stdout| File::from(stdout).metadata());
    stdout.is_ok_and(|stdout| (stdout.dev(), stdout.ino()) == (file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn is_stdout(_: &fs::Metadata) -> bool {
    false
}

/// Writes a new file, which then takes the place of the one at `path`, if there is one.
fn replace(path: &Path, text: &str, permissions: Option<fs::Permissions>) -> io::Result<()> {
    let (beside, file) = new_beside(path)?;
    let written = fill(file, text, permissions).and_then(|()| fs::rename(&beside, path));
    written.inspect_err(|_| {
        // The cause is what the user must hear of, not that this failed too.
        let _ = fs::remove_file(&beside);
    })
}

/// A new file with a name of its own, in the same directory.
fn new_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let mut number = std::process::id();
    loop {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}.tmp"));
        let beside = PathBuf::from(name);
        match OpenOptions::new().write(true).create_new(true).open(&beside) {
            // Left by one that was killed, perhaps; whoever it belongs to, it is not ours.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                number = number.wrapping_add(1);
            }
            opened => return opened.map(|file| (beside, file)),
        }
    }
}

fn fill(mut file: File, text: &str, permissions: Option<fs::Permissions>) -> io::Result<()> {
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.write_all(text.as_bytes())?;
    // Some file systems find out only here that the disk is full.
    file.sync_all()
}

/// Makes sure, before a long search, that `path` can be written later: that the directory is there in
/// which the file or directory will stand. `flag` is what names it.
///
/// # Errors
/// A usage error that names the directory.
pub(super) fn has_directory(flag: &str, path: &Path) -> Result<(), Failure> {
    let directory = match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => return Ok(()),
    };
    let shown = directory.display();
    if directory.is_dir() {
        return Ok(());
    }
    let what = match directory.exists() {
        true => format!("`{shown}` is no directory"),
        false => format!("there is no directory `{shown}`; make it first (mkdir -p {shown})"),
    };
    Err(Failure::Usage(format!("{flag} {}: {what}", path.display())))
}

/// Makes the directory, if it is not there, in one that is.
///
/// # Errors
/// Those of the file system, with the path in their words.
pub(super) fn make_directory(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(_) if path.is_dir() => Ok(()),
        made => made
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
    }
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
