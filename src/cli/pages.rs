//! Opening the command centre beside the loop.

use super::args::DemandFiles;
use super::escort::Stage;
use super::workshop::Shop;
use crate::centre::{Centre, CentreSetup, Tls, start};
use crate::clock::Clock;
use crate::corridor::Network;
use crate::people::{Cost, Limits, People};
use crate::service::Instruments;
use crate::store::{Settings, Store, random, write_private};
use crate::units::Shift;
use anyhow::{Context, Result, bail};
use clap::Args as ClapArgs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where and how the pages are served.
#[derive(Debug, ClapArgs)]
pub(super) struct Pages {
    /// Where the pages, the interface, /metrics and /healthz are served.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9464")]
    pub(super) http: SocketAddr,
    /// Serve them also on an address that is not this machine's loopback.
    #[arg(long)]
    pub(super) listen_any: bool,
    /// ... and there unencrypted: passwords can be read on the way.
    #[arg(long, requires = "listen_any", conflicts_with = "https_certificate")]
    pub(super) plain: bool,
    /// Send every alarm that begins, changes or ends to this address, as JSON.
    #[arg(long, value_name = "URL")]
    pub(super) webhook: Option<String>,
    /// A name that the pages are reached under, beside the address. May be given several times.
    #[arg(long = "name", value_name = "HOST")]
    pub(super) names: Vec<String>,
    /// Certificate of the pages with those up to its authority, PEM: they are served by HTTPS.
    #[arg(long, value_name = "PEM", requires = "https_key")]
    pub(super) https_certificate: Option<PathBuf>,
    /// Its private key.
    #[arg(long, value_name = "PEM", requires = "https_certificate")]
    pub(super) https_key: Option<PathBuf>,
}

/// What the pages are opened beside.
pub(super) struct Beside<'a> {
    pub(super) network: &'a Arc<Network>,
    pub(super) instruments: &'a Arc<Instruments>,
    pub(super) clock: &'a Arc<dyn Clock>,
    /// Where the store lies.
    pub(super) place: &'a Settings,
    /// Whether the store goes with the program, so that its secrets may be shown.
    pub(super) fleeting: bool,
}

impl Pages {
    /// Refuses what would lay the centre open.
    pub(super) fn check(&self) -> Result<()> {
        if self.http.ip().is_loopback() {
            return Ok(());
        }
        if !self.listen_any {
            bail!(
                "--http {} is not this machine's loopback: whoever reaches it can try to log in. Serve there with --listen-any \
                 and --https-certificate, if that is what you want",
                self.http
            );
        }
        if self.https_certificate.is_none() && !self.plain {
            bail!(
                "--http {} without --https-certificate: passwords would go over the network unencrypted. If nothing better can be \
                 had, say so with --plain",
                self.http
            );
        }
        Ok(())
    }

    /// Opens the centre.
    pub(super) fn open(
        &self,
        &Beside { network, instruments, clock, place, fleeting }: &Beside<'_>,
        shop: Shop,
        note: &mut dyn FnMut(&str),
    ) -> Result<Centre> {
        let read = |path: &Path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
        let tls = match (&self.https_certificate, &self.https_key) {
            (Some(chain), Some(key)) => Some(
                Tls::new(&read(chain)?, &read(key)?)
                    .with_context(|| format!("{} and {} can not be used for HTTPS", chain.display(), key.display()))?,
            ),
            _ => None,
        };
        let demand = DemandFiles { counts: shop.knowledge.counts.clone(), scenario: None };
        let stage = Stage { paths: shop.paths.clone(), demand, plans: shop.knowledge.plans.clone() };
        let now = clock.utc();
        // Days of the roll-ups are the street's.
        let midnight = Shift::new(-10 * i64::from(network.utc_offset_s()));
        let store = Store::open_patiently(&Settings { midnight, ..place.clone() }, now)?;
        let setup = CentreSetup {
            network: network.clone(),
            instruments: instruments.clone(),
            clock: clock.clone(),
            people: people(&store, fleeting, note)?,
            store,
            workshop: Arc::new(shop),
            webhook: self.webhook.clone(),
            rehearsal: Some(Arc::new(stage)),
            address: self.http,
            names: self.names.clone(),
            tls,
        };
        Ok(start(setup)?)
    }

    /// Where a browser finds the pages.
    pub(super) fn link(&self, address: SocketAddr) -> String {
        let scheme = if self.https_certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{address}")
    }
}

/// Everybody the store knows; where nobody can look after accounts, a token to begin with is told and written down.
fn people(store: &Store, fleeting: bool, note: &mut dyn FnMut(&str)) -> Result<People> {
    let health = store.health();
    if !health.is_writable() {
        // The street is controlled all the same; people can come in when the store can be read.
        note(&format!("The store waits for its disk, and control goes on: {}", health.words));
        return Ok(People::unread(Limits::default(), Cost::OWASP));
    }
    let mut people = People::load(&store.reader()?, Limits::default(), Cost::OWASP)?;
    if let Some(token) = people.offer_setup(random()?) {
        let path = store.settings().folder.join("setup.token");
        write_private(&path, format!("{}\n", token.reveal()).as_bytes())?;
        // What a log keeps, others read: a service says where the token lies, a demonstration shows it.
        let shown = if fleeting { format!("{}, also", token.reveal()) } else { String::new() };
        note(&format!("Nobody has an account yet. Make the first with the setup token {shown} in {}", path.display()));
    }
    Ok(people)
}
