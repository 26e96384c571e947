//! A hash that is the same on every machine and in every release.

/// The 64-bit FNV-1a hash (Fowler, Noll and Vo), for names that are written to files. It resists
/// accidents, not adversaries.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
