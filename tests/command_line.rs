//! The command as people and scripts use it: the real binary, its output and its exit codes.

#[path = "support/binary.rs"]
mod binary;

use binary::{ghosthunt, ghosthunt_in};
use std::fs;
use std::process::Stdio;

/// A directory with these files.
fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("there is room for files");
    for (name, text) in files {
        fs::write(directory.path().join(name), text).expect("there is room for files");
    }
    directory
}

/// The command must fail with this code, print nothing, and say all these things on stderr.
#[track_caller]
fn check_failure(arguments: &[&str], files: &[(&str, &str)], code: i32, said: &[&str]) {
    let directory = directory(files);
    let (found, stdout, stderr) = ghosthunt_in(directory.path(), arguments);
    assert_eq!(found, code, "{stderr}");
    assert_eq!(stdout, "");
    for part in said {
        assert!(stderr.contains(part), "{part}\n{stderr}");
    }
    assert!(!stderr.contains('\x1b'), "no colour in a pipe: {stderr}");
}

#[test]
fn wrong_arguments_are_usage_errors() {
    check_failure(&["check"], &[], 2, &["SCENARIO"]);
    check_failure(&["frobnicate"], &[], 2, &["unrecognized subcommand"]);
    check_failure(&["check", "x", "--max-time", "5y"], &[], 2, &["as in 30s or 1h30m"]);
    check_failure(&["check", "x", "--max-memory", "lots"], &[], 2, &["as in 512M"]);
    check_failure(&["check", "x", "--max-states", "0"], &[], 2, &["--max-states"]);
    check_failure(&["check", "x", "--set", "novalue"], &[], 2, &["OPTION=VALUE"]);
    check_failure(&["check", "x", "--width", "9"], &[], 2, &["40..=1000"]);
    check_failure(&["check", "x", "--format", "xml"], &[], 2, &["human"]);
    check_failure(&["check", "x@a", "--kernel", "b"], &[], 2, &["give one of them"]);
    check_failure(&["check", "no/such"], &[], 2, &["no scenario `no/such`", "ghosthunt list"]);
}

#[test]
fn files_that_cannot_be_read_are_named() {
    check_failure(&["check", "gone.toml"], &[], 2, &["cannot read gone.toml"]);
    check_failure(&["replay", "gone.schedule"], &[], 2, &["cannot read gone.schedule"]);
}

#[test]
fn a_broken_scenario_is_shown_at_its_place() {
    let broken = "model = \"m\"\nkernel = \"k\"\n[threads]\na = 1\n";
    check_failure(
        &["check", "broken.toml"],
        &[("broken.toml", broken)],
        65,
        &[
            "error: unknown key `kernel` in a scenario",
            "broken.toml:2:1",
            "help: there is `kernels`",
            "broken.toml:4:5",
        ],
    );
    check_failure(&["check", "broken"], &[("broken.toml", "model = ")], 65, &["not TOML"]);
}

#[test]
fn a_mangled_schedule_is_shown_at_its_place() {
    let mangled = "ghosthunt-schedule 1\nscenario x\nmodel m 12\nengine search\nshows ghost\n";
    check_failure(
        &["replay", "mangled"],
        &[("mangled", mangled)],
        65,
        &["error: this names no program", "mangled:3:7", "16 hexadecimal digits"],
    );
    check_failure(&["replay", "other"], &[("other", "hello\n")], 65, &["not a schedule"]);
}

#[test]
fn help_lists_the_exit_codes() {
    for arguments in [&["--help"] as &[&str], &["check", "--help"]] {
        let (code, stdout, _) = ghosthunt(arguments);
        assert_eq!(code, 0);
        for line in ["   11  stuck or ghost", "   21  incomplete", "  130  interrupted"] {
            assert!(stdout.contains(line), "{line}\n{stdout}");
        }
        assert!(stdout.lines().all(|line| line.chars().count() <= 100), "{stdout}");
    }
}

#[test]
fn completions_and_man_pages_are_made_for_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (code, stdout, _) = ghosthunt(&["completions", shell]);
        assert_eq!(code, 0);
        assert!(stdout.contains("replay"), "{shell}");
    }
    let directory = directory(&[]);
    let (code, stdout, _) = ghosthunt_in(directory.path(), &["man"]);
    assert!(code == 0 && stdout.contains(".TH ghosthunt 1"), "{stdout}");
    assert_eq!(ghosthunt_in(directory.path(), &["man", "--dir", "pages/man1"]).0, 0);
    let page = fs::read_to_string(directory.path().join("pages/man1/ghosthunt-check.1"));
    assert!(page.expect("the page is written").contains("max\\-states"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_a_closed_pipe_is_no_error() {
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    for arguments in [&["completions", "bash"] as &[&str], &["--help"]] {
        let output = binary::command(arguments).stdout(full()).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(74), "{arguments:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains("cannot write the output: No space left"), "{stderr}");
    }
    let (reader, writer) = std::io::pipe().expect("there are pipes");
    drop(reader);
    let output = binary::command(&["completions", "bash"])
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .expect("the binary runs");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}
