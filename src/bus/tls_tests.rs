//! Modbus/TCP Security: who is let in, who may write, and what is said of those who may not.

use super::super::tls::{Credentials, Roles, TlsClient, TlsProblem, TlsServer};
use super::super::{Device, Serving, TcpServer};
use super::*;
use crate::clock::SystemClock;
use crate::corridor::Line;
use crate::corridor::profile::RegisterTable;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts writes.
#[derive(Default)]
struct Counting(AtomicUsize);

impl Counting {
    fn writes(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Device for Counting {
    fn read(&self, _: u8, _: RegisterTable, _: u16, count: u16) -> Result<Vec<u16>, u8> {
        Ok(vec![0; usize::from(count)])
    }

    fn write(&self, _: u8, _: u16, _: &[u16]) -> Result<(), u8> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// The role's place in a certificate.
const ROLE: [u64; 9] = [1, 3, 6, 1, 4, 1, 50316, 802, 1];

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate, its key, and the authority its owner believes.
struct Papers {
    chain: String,
    key: String,
    authorities: String,
}

impl Authority {
    fn new(name: &str) -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    fn papers(&self, role: Option<&str>, change: impl FnOnce(&mut CertificateParams)) -> Papers {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        if let Some(role) = role {
            let value = [&[0x0C, role.len() as u8][..], role.as_bytes()].concat();
            params.custom_extensions.push(CustomExtension::from_oid_content(&ROLE, value));
        }
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Papers { chain: certificate.pem(), key: key.serialize_pem(), authorities: self.pem.clone() }
    }
}

impl Papers {
    fn credentials(&self) -> Credentials<'_> {
        let [chain, key, authorities] = [&self.chain, &self.key, &self.authorities].map(String::as_bytes);
        Credentials { chain, key, authorities }
    }
}

fn expired(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2021, 1, 1);
}

/// A read and a write.
fn asked() -> Vec<(usize, Op)> {
    let read = Op::Read { table: RegisterTable::Holding, address: 0, count: 4 };
    vec![(0, read), (0, Op::Write { address: 620, words: vec![1] })]
}

/// What reads and writes become, and the news.
async fn meet(cabinet: &Papers, us: &Papers) -> (Vec<(bool, Answer)>, Vec<String>, Arc<Counting>) {
    let device = Arc::new(Counting::default());
    let security = TlsServer::new(&cabinet.credentials(), Roles::default()).unwrap();
    let serving = Serving { security: Some(security), ..Serving::default() };
    let server = TcpServer::serve_as(SocketAddr::from(([127, 0, 0, 1], 0)), device.clone(), serving).await.unwrap();
    let settings = LiveSettings {
        security: Some(TlsClient::new(&us.credentials()).unwrap()),
        ..LiveSettings::every(Duration::from_secs(2))
    };
    let line = Line::Tls { address: server.address() };
    let mut bus = LiveBus::new([(line, 1)], settings, Arc::new(SystemClock::new()));
    let answers = bus.ask(asked()).await;
    let news = bus.take_news().into_iter().map(|n| n.text).collect();
    ([false, true].into_iter().zip(answers).collect(), news, device)
}

#[test]
fn certificates_decide_who_reads_and_who_writes() {
    let city = Authority::new("the city's field devices");
    let foreign = Authority::new("somebody");
    let cabinet = city.papers(None, |_| ());
    let none = |_: &mut CertificateParams| ();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (answers, news, device) = meet(&cabinet, &city.papers(Some("Operator"), none)).await;
        assert_eq!(device.writes(), 1);
        assert!(answers.iter().all(|(_, a)| a.is_ok()), "{answers:?}");
        assert!(news.is_empty(), "{news:?}");

        let refused = Err(FieldFault::Exception(1));
        let (answers, news, device) = meet(&cabinet, &city.papers(Some("Viewer"), none)).await;
        assert_eq!(device.writes(), 0);
        assert!(answers.iter().all(|(w, a)| if *w { *a == refused } else { a.is_ok() }), "{answers:?}");
        assert!(news.iter().any(|n| n.contains("role")), "{news:?}");
        for nobody in [None, Some("operator"), Some("")] {
            let (answers, ..) = meet(&cabinet, &city.papers(nobody, none)).await;
            assert!(answers.iter().all(|(_, a)| *a == refused), "{nobody:?}: {answers:?}");
        }

        // who is not who he must be is not asked anything, and it is said why
        let mut strangers = foreign.papers(Some("Operator"), none);
        strangers.authorities = city.pem.clone();
        let other_address = |p: &mut CertificateParams| {
            p.subject_alt_names = CertificateParams::new(vec!["127.0.0.2".to_owned()]).unwrap().subject_alt_names;
        };
        let operator = || city.papers(Some("Operator"), none);
        let mut impostor = foreign.papers(None, none);
        impostor.authorities = city.pem.clone();
        let cases = [
            (&cabinet, city.papers(Some("Operator"), expired), "our certificate has expired"),
            (&cabinet, strangers, "does not trust the authority of our certificate"),
            (&impostor, operator(), "an authority that we do not trust"),
            (&city.papers(None, expired), operator(), "the cabinet's certificate has expired"),
            (&city.papers(None, other_address), operator(), "made out to another address"),
        ];
        for (cabinet, us, why) in cases {
            let (answers, news, device) = meet(cabinet, &us).await;
            assert_eq!(device.writes(), 0);
            assert!(answers.iter().all(|(_, a)| *a == Err(FieldFault::Untrusted)), "{why}: {answers:?}");
            assert!(news.len() == 1 && news[0].contains(why), "{why}: {news:?}");
        }
    });
}

#[test]
fn papers_that_are_none_are_refused_before_anything_starts() {
    let city = Authority::new("the city's field devices");
    let (mut good, other) = (city.papers(None, |_| ()), city.papers(None, |_| ()));
    assert!(TlsClient::new(&good.credentials()).is_ok());
    good.key = other.key;
    assert!(matches!(TlsClient::new(&good.credentials()), Err(TlsProblem::Unusable(_))), "another's key");
    good.key = "nothing".to_owned();
    assert!(matches!(TlsClient::new(&good.credentials()), Err(TlsProblem::Pem("private key", _))));
    good.chain = String::new();
    assert!(matches!(TlsClient::new(&good.credentials()), Err(TlsProblem::Missing("certificate"))));
}
