//! Secrets that do not show themselves, and their digests.

use sha2::{Digest as _, Sha256};
use std::fmt;

/// A password, a cookie, a token: never in a log, since it does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// From what somebody typed or sent.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// A new one: 256 random bits in hexadecimal after a few letters that say what it is.
    pub fn random(prefix: &str, random: [u8; 32]) -> Self {
        let mut text = prefix.to_owned();
        random.iter().for_each(|byte| text.push_str(&format!("{byte:02x}")));
        Secret(text)
    }

    /// The secret itself, for the one place that must show it: the cookie, the answer that makes a token, a file of mode 0600.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it. Good for random secrets only; passwords are hashed slowly.
    pub fn digest(&self) -> Digest {
        Digest(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Secret)
    }
}

impl schemars::JsonSchema for Secret {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "password", "writeOnly": true })
    }
}

/// SHA-256 of a random secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// 64 hexadecimal digits: the key it is stored under.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// From its hexadecimal digits.
    pub fn parse(hex: &str) -> Option<Self> {
        if hex.len() != 64 || !hex.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).ok()?;
        }
        Some(Digest(bytes))
    }

    /// The first eight digits, to tell things apart by.
    pub fn short(&self) -> String {
        self.hex()[..8].to_owned()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(..)")
    }
}
