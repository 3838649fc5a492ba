//! Passwords: what may be one, and Argon2id.
//!
//! Costs are the OWASP Password Storage Cheat Sheet's: 19 MiB, 2 passes, 1 lane; each hash says what it cost, so that a dearer one
//! can come later.

use super::secret::Secret;
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use thiserror::Error;

const SHORTEST: usize = 12;
const LONGEST: usize = 256;
/// Beginnings of what people take when they must take twelve letters, lower case, without what is no letter or digit.
const COMMON: &[&str] = &[
    "password",
    "passw0rd",
    "123456789",
    "1234567890",
    "qwerty",
    "qwertyuiop",
    "asdfghjkl",
    "1q2w3e4r",
    "1qaz2wsx",
    "iloveyou",
    "letmein",
    "welcome",
    "administrator",
    "adminadmin",
    "admin",
    "greenwave",
    "trafficlight",
    "signal",
    "woaini",
    "mima",
    "jiaotong",
    "xinhao",
    "qazwsx",
    "abcdef",
    "abc123",
    "changeme",
    "default",
    "000000",
    "111111",
    "888888",
    "666666",
    "5201314",
];

/// What a hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Cost {
    /// The OWASP cheat sheet's minimum for Argon2id with one lane.
    pub const OWASP: Cost = Cost { memory_kib: 19 * 1024, passes: 2 };
}

/// Why something is no password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PasswordProblem {
    /// Under 12 characters.
    #[error("a password has at least 12 characters")]
    Short,
    /// Over 256 bytes.
    #[error("a password has at most 256 bytes")]
    Long,
    /// It has the name in it.
    #[error("a password does not contain the account's name")]
    Name,
    /// Everybody tries it first.
    #[error("this password is among those tried first")]
    Common,
    /// A few characters again and again.
    #[error("a password has at least 5 different characters")]
    Monotonous,
    /// The hash could not be computed.
    #[error("the password could not be hashed")]
    Unhashable,
}

impl PasswordProblem {
    /// A word for machines.
    pub const fn code(self) -> &'static str {
        match self {
            PasswordProblem::Short => "password-short",
            PasswordProblem::Long => "password-long",
            PasswordProblem::Name => "password-name",
            PasswordProblem::Common => "password-common",
            PasswordProblem::Monotonous => "password-monotonous",
            PasswordProblem::Unhashable => "password-unhashable",
        }
    }

    /// In Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            PasswordProblem::Short => "口令至少 12 个字符",
            PasswordProblem::Long => "口令最多 256 字节",
            PasswordProblem::Name => "口令不能包含用户名",
            PasswordProblem::Common => "口令过于常见",
            PasswordProblem::Monotonous => "口令至少有 5 种不同字符",
            PasswordProblem::Unhashable => "口令无法处理",
        }
    }
}

/// Whether this may be the password of this account.
pub fn check_password(name: &str, password: &Secret) -> Result<(), PasswordProblem> {
    let text = password.reveal();
    if text.chars().count() < SHORTEST {
        return Err(PasswordProblem::Short);
    }
    if text.len() > LONGEST {
        return Err(PasswordProblem::Long);
    }
    let lower = text.to_lowercase();
    if lower.contains(&name.to_lowercase()) {
        return Err(PasswordProblem::Name);
    }
    let mut different: Vec<char> = lower.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < 5 {
        return Err(PasswordProblem::Monotonous);
    }
    // A common beginning and a few characters more are no better than the beginning.
    let plain: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    let rest = COMMON.iter().filter_map(|word| plain.strip_prefix(word)).map(|rest| rest.chars().count()).min();
    match rest {
        Some(rest) if rest < 8 => Err(PasswordProblem::Common),
        _ => Ok(()),
    }
}

/// A password's Argon2id hash with its salt and cost. Does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Hashed {
    cost: Cost,
    salt: [u8; 16],
    hash: [u8; 32],
}

fn argon2id(cost: Cost, salt: &[u8; 16], password: &Secret) -> Option<[u8; 32]> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(32)).ok()?;
    let mut hash = [0; 32];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(password.reveal().as_bytes(), salt, &mut hash).ok()?;
    Some(hash)
}

impl Hashed {
    /// Hashes a password that may be one for this account. Takes tens of milliseconds: not on a loop that must not wait.
    pub fn new(name: &str, password: &Secret, salt: [u8; 16], cost: Cost) -> Result<Self, PasswordProblem> {
        check_password(name, password)?;
        let hash = argon2id(cost, &salt, password).ok_or(PasswordProblem::Unhashable)?;
        Ok(Hashed { cost, salt, hash })
    }

    /// What nobody's password hashes to; checking against it takes as long as against any other.
    pub(super) fn nobody(cost: Cost) -> Self {
        Hashed { cost, salt: [0x5A; 16], hash: [0; 32] }
    }

    /// Whether this is the password. Takes as long as making it did.
    pub(super) fn is(&self, password: &Secret) -> bool {
        // Longer ones cannot have been set; hashing them would only be work for whoever sends them.
        let short = Secret::new("");
        let fits = password.reveal().len() <= LONGEST;
        let hash = argon2id(self.cost, &self.salt, if fits { password } else { &short });
        let differ = |hash: [u8; 32]| hash.iter().zip(&self.hash).fold(0, |all, (a, b)| all | (a ^ b));
        hash.is_some_and(|hash| fits && differ(hash) == 0)
    }

    fn text(&self) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let Cost { memory_kib, passes } = self.cost;
        format!("argon2id$19${memory_kib}${passes}${}${}", hex(&self.salt), hex(&self.hash))
    }

    fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split('$').collect();
        let ["argon2id", "19", memory, passes, salt, hash] = words[..] else { return None };
        fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
            let mut all = [0; N];
            if hex.len() != 2 * N || !hex.is_ascii() {
                return None;
            }
            for (i, byte) in all.iter_mut().enumerate() {
                *byte = u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).ok()?;
            }
            Some(all)
        }
        let cost = Cost { memory_kib: memory.parse().ok()?, passes: passes.parse().ok()? };
        Some(Hashed { cost, salt: bytes(salt)?, hash: bytes(hash)? })
    }
}

impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hashed(..)")
    }
}

impl Serialize for Hashed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for Hashed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Hashed::parse(&text).ok_or_else(|| serde::de::Error::custom("no hash of a password"))
    }
}
