//! The limits of a search, as arguments.

use crate::search::Limits;
use clap::Args;
use std::fs;
use std::time::Duration;

/// Where a search stops. What it has learned by then is reported, and the check is `incomplete`.
#[derive(Debug, Clone, Args)]
pub(super) struct LimitArguments {
    /// Stop after N states
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    max_states: Option<u64>,
    /// Stop when the state store takes SIZE, as in 512M or 4G [default: most of the free memory]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_memory: Option<u64>,
    /// Stop each check after DURATION, as in 30s, 5m or 1h30m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    max_time: Option<Duration>,
}

impl LimitArguments {
    /// Whether states or their memory are limited.
    pub fn of_states(&self) -> bool {
        self.max_states.is_some() || self.max_memory.is_some()
    }

    /// The limit on time.
    pub fn time(&self) -> Option<Duration> {
        self.max_time
    }

    /// The limits of each search.
    pub fn limits(&self) -> Limits {
        Limits {
            states: self.max_states,
            memory_bytes: self.max_memory.or_else(most_of_the_memory),
            time: self.max_time,
        }
    }
}

/// The limits where none are given.
pub(super) fn default_limits() -> Limits {
    Limits { memory_bytes: most_of_the_memory(), ..Limits::default() }
}

/// A number of bytes, with a binary unit or without.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err("a size is a number and B, K, M, G or T, as in 512M".to_string()),
    };
    let number: u64 = number.parse().map_err(|_| "a size starts with a number, as in 512M")?;
    number
        .checked_mul(1 << shift)
        .filter(|&bytes| bytes > 0)
        .ok_or_else(|| "a size from one byte to 16 million terabytes".to_string())
}

/// A duration: numbers and units.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let expected = || "a duration is a number and ms, s, m or h, as in 30s or 1h30m".to_string();
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(expected)?;
        let (number, units) = rest.split_at(digits);
        let number: u64 = number.parse().map_err(|_| expected())?;
        let letters = units.find(|c: char| c.is_ascii_digit()).unwrap_or(units.len());
        let (unit, after) = units.split_at(letters);
        let milliseconds = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            _ => return Err(expected()),
        };
        let part = number.checked_mul(milliseconds).ok_or_else(expected)?;
        total = total.checked_add(Duration::from_millis(part)).ok_or_else(expected)?;
        rest = after;
    }
    if total.is_zero() { Err(expected()) } else { Ok(total) }
}

/// Four fifths of the memory that this process may still take, so that a search that is too large
/// ends as `incomplete` and not by the system's hand. `None` where the system does not say.
fn most_of_the_memory() -> Option<u64> {
    let free = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
        Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
    });
    let group = fs::read_to_string("/sys/fs/cgroup/memory.max")
        .ok()
        .and_then(|text| text.trim().parse::<u64>().ok());
    let address_space = fs::read_to_string("/proc/self/limits").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("Max address space"))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    });
    let least = [free, group, address_space].into_iter().flatten().min()?;
    Some(least / 5 * 4)
}

#[cfg(test)]
mod tests {
    use super::{duration, size};
    use std::time::Duration;

    #[test]
    fn sizes_have_binary_units() {
        assert_eq!(size("512"), Ok(512));
        assert_eq!(size("2k"), Ok(2048));
        assert_eq!(size("3GiB"), Ok(3 << 30));
        for wrong in ["", "G", "0", "-1", "1X", "99999999999T"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_add_up() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5400)));
        for wrong in ["", "5", "0s", "s", "1y", "1h30", "18446744073709551615h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
