//! Certificates, keys and authorities from files: `--tls-certificate`, `--tls-key`, `--tls-authority`.

use crate::bus::tls::Credentials;
use crate::corridor::{Line, Network};
use anyhow::{Context, Result, bail};
use clap::Args as ClapArgs;
use std::path::{Path, PathBuf};

/// Who we are and whom we trust, for cabinets with `transport = "tls"`; PEM files. All three or none.
#[derive(Debug, ClapArgs)]
pub(super) struct Papers {
    /// Our certificate and those up to its authority, for cabinets reached by TLS (Modbus/TCP Security).
    #[arg(long, value_name = "PEM", requires_all = ["tls_key", "tls_authority"])]
    tls_certificate: Option<PathBuf>,
    /// Its private key.
    #[arg(long, value_name = "PEM", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// The authorities whose certificates are believed.
    #[arg(long, value_name = "PEM", requires = "tls_certificate")]
    tls_authority: Option<PathBuf>,
}

impl Papers {
    /// Made into something from the files' text; `None` where none were given.
    pub(super) fn read<T, E>(&self, make: impl FnOnce(&Credentials<'_>) -> Result<T, E>) -> Result<Option<T>>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let (Some(chain), Some(key), Some(authorities)) = (&self.tls_certificate, &self.tls_key, &self.tls_authority)
        else {
            return Ok(None);
        };
        let read = |path: &Path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
        let (chain_text, key_text, authorities_text) = (read(chain)?, read(key)?, read(authorities)?);
        let credentials = Credentials { chain: &chain_text, key: &key_text, authorities: &authorities_text };
        let made = make(&credentials).with_context(|| {
            let [chain, key, authorities] = [chain, key, authorities].map(|p| p.display());
            format!("{chain}, {key} and {authorities} can not be used for TLS")
        });
        made.map(Some)
    }

    /// Refuses a network that needs them where they were not given.
    pub(super) fn needed_by(&self, network: &Network) -> Result<()> {
        let by_tls = network.intersections().iter().find(|i| matches!(i.cabinet.line, Line::Tls { .. }));
        match by_tls {
            Some(at) if self.tls_certificate.is_none() => bail!(
                "the cabinet of {} is reached by TLS ({}): give --tls-certificate, --tls-key and --tls-authority",
                at.id,
                at.cabinet.line
            ),
            _ => Ok(()),
        }
    }
}
