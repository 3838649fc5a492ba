//! Asking a running service over its interface.

use super::args::Format;
use anyhow::{Context, Result, anyhow, bail};
use clap::Args as ClapArgs;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;
use ureq::Agent;
use ureq::http::Method;

/// A service that says nothing for so long is not there.
const WITHIN: Duration = Duration::from_secs(20);

/// Where the service is, and who asks.
#[derive(Debug, ClapArgs)]
pub(super) struct Service {
    /// Where the service is.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9464", global = true)]
    at: String,
    /// A file with an API token (make one on the pages, or by POST /api/v1/tokens); without it the variable GREENWAVE_TOKEN.
    #[arg(long, value_name = "FILE", global = true)]
    token: Option<PathBuf>,
    /// The authority that signed the service's certificate, PEM, where it is not one everybody knows.
    #[arg(long, value_name = "PEM", global = true)]
    authority: Option<PathBuf>,
    /// How answers are printed.
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    pub(super) format: Format,
}

/// A connection to the service.
pub(super) struct Client {
    agent: Agent,
    at: String,
    token: Option<String>,
}

impl Service {
    /// Ready to ask; nothing is asked yet.
    pub(super) fn client(&self) -> Result<Client> {
        let token = match &self.token {
            Some(path) => Some(super::files::text(path)?.trim().to_owned()),
            None => std::env::var("GREENWAVE_TOKEN").ok(),
        };
        let mut config = Agent::config_builder().timeout_global(Some(WITHIN)).http_status_as_error(false);
        if let Some(path) = &self.authority {
            let pem = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            let certificate = ureq::tls::Certificate::from_pem(&pem)
                .with_context(|| format!("{} is no certificate", path.display()))?
                .to_owned();
            let roots = ureq::tls::RootCerts::new_with_certs(&[certificate]);
            config = config.tls_config(ureq::tls::TlsConfig::builder().root_certs(roots).build());
        }
        Ok(Client { agent: config.build().into(), at: self.at.trim_end_matches('/').to_owned(), token })
    }
}

impl Client {
    /// What comes back from a path; a refusal is an error in its own words.
    pub(super) fn get(&self, path: &str) -> Result<Value> {
        self.ask(Method::GET, path, None)
    }

    /// Sends something.
    pub(super) fn send(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        self.ask(method, path, Some(body))
    }

    /// Status code and text of a page for machines.
    pub(super) fn page(&self, path: &str) -> Result<(u16, String)> {
        let url = format!("{}{path}", self.at);
        let mut answer = self.agent.get(&url).call().with_context(|| format!("nobody answers at {}", self.at))?;
        Ok((answer.status().as_u16(), answer.body_mut().read_to_string()?))
    }

    fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let token = self.token.as_deref().ok_or_else(|| {
            anyhow!("who asks? Give an API token with --token FILE, or in the variable GREENWAVE_TOKEN")
        })?;
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.at))
            .header("Authorization", format!("Bearer {token}"))
            .header("X-Greenwave", "1")
            .header("Content-Type", "application/json");
        let sent = match body {
            Some(body) => self.agent.run(request.body(body.to_string())?),
            None => self.agent.run(request.body(())?),
        };
        let mut answer = sent.with_context(|| format!("nobody answers at {}", self.at))?;
        let recorded = answer.headers().get("x-recorded").is_none();
        let text = answer.body_mut().read_to_string()?;
        let value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if !answer.status().is_success() {
            bail!("{}", refusal(answer.status().as_u16(), &value));
        }
        if !recorded {
            super::tell("done, and not recorded yet: the service's disk does not take it");
        }
        Ok(value)
    }
}

/// A problem detail, for people.
fn refusal(status: u16, problem: &Value) -> String {
    let text = |key: &str| problem[key].as_str().unwrap_or_default();
    let mut told = format!("{} ({status})", if text("title").is_empty() { "refused" } else { text("title") });
    if !text("detail").is_empty() {
        told = format!("{told}: {}", text("detail"));
    }
    for fault in problem["problems"].as_array().into_iter().flatten() {
        let part = |key: &str| fault[key].as_str().unwrap_or_default();
        told = format!("{told}\n{}: {}. {}", part("place"), part("rule"), part("mend"));
    }
    told
}
