//! Setting the centre up, and the desk between it and the loop.

use super::acts::{self, Acts};
use super::alarms::{AlarmPage, Alarms};
use super::door::{Names, Rule, every, guard};
use super::files::{Files, Workshop};
use super::keep::Keeper;
use super::live::{History, Shelf, city};
use super::problem::Problem;
use super::table::Route;
use super::tasks::{self, Rehearsal, Tasks};
use super::tls::Tls;
use super::usual::{Usual, usual};
use super::{console, routes, server, webhook};
use crate::calendar::Calendar;
use crate::clock::Clock;
use crate::control::{Event, Setup};
use crate::corridor::Network;
use crate::people::People;
use crate::service::{self, Instruments, Picture};
use crate::store::Store;
use crate::units::Moment;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};

/// Pictures that may wait for the collector; when it is that far behind, they are left out.
const MOST_PICTURES: usize = 64;
/// Live messages a client may be behind before it misses some.
const MOST_BEHIND: usize = 256;
/// Between two looks at the definition files.
const LOOK_AT_FILES: Duration = Duration::from_secs(5);
/// Orders that may wait for the loop's next step.
const MOST_ORDERS: usize = 64;

/// What the centre is given.
pub struct CentreSetup {
    /// The checked definitions.
    pub network: Arc<Network>,
    /// Of the loop.
    pub instruments: Arc<Instruments>,
    /// The machine's.
    pub clock: Arc<dyn Clock>,
    /// What is remembered.
    pub store: Store,
    /// Who may come in.
    pub people: People,
    /// The definition files.
    pub workshop: Arc<dyn Workshop>,
    /// The simulated street tasks are rehearsed on, where there is one.
    pub rehearsal: Option<Arc<dyn Rehearsal>>,
    /// Where every change of an alarm is sent.
    pub webhook: Option<String>,
    /// Where to listen.
    pub address: SocketAddr,
    /// Names, beside the address, that the server is reached under.
    pub names: Vec<String>,
    /// Certificate and key, PEM; without them it speaks plain HTTP.
    pub tls: Option<Tls>,
}

/// What keeps the centre from being opened.
#[derive(Debug, thiserror::Error)]
pub enum CentreProblem {
    /// The address.
    #[error("can not listen on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The machine.
    #[error("the machine gives no thread for the pages: {0}")]
    Machine(#[from] io::Error),
}

/// The centre, open.
pub struct Centre {
    address: SocketAddr,
    pictures: mpsc::Sender<Picture>,
    orders: Arc<Mutex<Vec<Event>>>,
    room: Arc<Room>,
}

/// What all routes share.
pub(super) struct Room {
    pub(super) instruments: Arc<Instruments>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) store: Store,
    people: Mutex<People>,
    pub(super) names: Names,
    /// Whether it is reached by TLS.
    pub(super) secure: bool,
    live: Mutex<Live>,
    acts: Mutex<Acts>,
    tasks: Mutex<Tasks>,
    pub(super) rehearsal: Option<Arc<dyn Rehearsal>>,
    files: Mutex<Files>,
    alarms: Mutex<Alarms>,
    pub(super) feed: broadcast::Sender<Message>,
    orders: Arc<Mutex<Vec<Event>>>,
}

/// What changes with every step.
pub(super) struct Live {
    pub(super) history: History,
    pub(super) shelf: Shelf,
    /// The city as JSON.
    pub(super) city: Option<Arc<str>>,
    usual: Usual,
    calendar: Calendar,
}

impl Live {
    fn new(network: Arc<Network>) -> Live {
        let calendar = Calendar::new(&network);
        Live { history: History::new(network), shelf: Shelf::default(), city: None, usual: Usual::new(), calendar }
    }

    /// The definitions the loop goes by.
    pub(super) fn network(&self) -> &Arc<Network> {
        &self.history.network
    }
}

/// Something told to all who listen.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) kind: &'static str,
    pub(super) data: Arc<str>,
}

impl Room {
    /// Who may come in.
    pub(super) fn people(&self) -> MutexGuard<'_, People> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What changes with every step. Whoever died while holding it left whole values.
    pub(super) fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What people asked of the core.
    pub(super) fn acts(&self) -> MutexGuard<'_, Acts> {
        self.acts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is prepared.
    pub(super) fn tasks(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Definition files and changes to them.
    pub(super) fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is wrong.
    pub(super) fn alarms(&self) -> MutexGuard<'_, Alarms> {
        self.alarms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what changed in the book of alarms, and tells who listens.
    pub(super) fn tell_alarms(&self, changed: Vec<AlarmPage>) {
        let writes = self.alarms().writes();
        if !writes.is_empty() {
            self.store.commit(writes, Box::new(drop));
        }
        let data = serde_json::to_string(&changed).unwrap_or_default();
        let _ = self.feed.send(Message { kind: "alarm", data: data.into() });
    }

    /// The street's time: that of the last picture, before it the machine's.
    pub(super) fn street_time(&self) -> Moment {
        self.live().history.last.as_ref().map_or_else(|| self.clock.utc(), |picture| picture.at)
    }

    /// The definitions the loop goes by.
    pub(super) fn network(&self) -> Arc<Network> {
        self.live().network().clone()
    }

    /// Hands an event to the core, for the next step.
    pub(super) fn order(&self, event: Event) -> Result<(), Problem> {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if orders.len() >= MOST_ORDERS {
            return Err(Problem::not_now());
        }
        orders.push(event);
        Ok(())
    }

    /// Takes the loop's next picture.
    fn take(&self, picture: Picture) {
        let mut live = self.live();
        let lines: Vec<Arc<str>> = picture.journal.iter().map(|line| line.as_str().into()).collect();
        let picture = Arc::new(picture);
        if !Arc::ptr_eq(live.network(), &picture.network) {
            // Other definitions: what was drawn is of another street, and the core that goes by them knows of no orders.
            *live = Live::new(picture.network.clone());
            let again = self.acts().again(&picture.network, picture.at);
            self.orders.lock().unwrap_or_else(PoisonError::into_inner).extend(again);
        }
        let Live { history, shelf, .. } = &mut *live;
        history.take(picture.clone());
        shelf.take(&picture, history.in_step);
        let city = city(&live.history, &live.calendar, &live.usual).and_then(|city| serde_json::to_string(&city).ok());
        live.city = city.map(Into::into);
        let (acted, writes) = {
            let mut acts = self.acts();
            let due = acts.due(&picture.network, picture.at);
            self.orders.lock().unwrap_or_else(PoisonError::into_inner).extend(due);
            (acts.take(&picture), acts.take_writes())
        };
        writes.into_iter().for_each(|write| self.store.offer(write));
        for id in acted {
            let data = format!("{{\"id\":{id}}}").into();
            let _ = self.feed.send(Message { kind: "intervention", data });
        }
        // Nobody listens: that is no fault.
        for data in lines {
            let _ = self.feed.send(Message { kind: "decision", data });
        }
        if let Some(data) = live.city.clone() {
            let _ = self.feed.send(Message { kind: "city", data });
        }
    }
}

/// Opens the centre: it listens when this returns, on a thread of its own, until the program ends.
///
/// # Errors
/// When the address can not be bound.
pub fn start(setup: CentreSetup) -> Result<Centre, CentreProblem> {
    let listen = |source| CentreProblem::Listen { address: setup.address, source };
    let listener = TcpListener::bind(setup.address).map_err(listen)?;
    listener.set_nonblocking(true).map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let (pictures, shown) = mpsc::channel(MOST_PICTURES);
    let documents = |kind| setup.store.reader().and_then(|reader| reader.documents(kind)).unwrap_or_default();
    let mut acts = Acts::remembered(&documents(acts::KIND));
    let tasks = Tasks::remembered(&documents(tasks::KIND));
    // What stood when the service ended stands again.
    let orders = Arc::new(Mutex::new(acts.again(&setup.network, setup.clock.utc())));
    let room = Arc::new(Room {
        live: Mutex::new(Live::new(setup.network)),
        acts: Mutex::new(acts),
        tasks: Mutex::new(tasks),
        rehearsal: setup.rehearsal,
        files: Mutex::new(Files::new(setup.workshop)),
        alarms: Mutex::new(setup.store.reader().map(|reader| Alarms::load(&reader)).unwrap_or_default()),
        instruments: setup.instruments,
        clock: setup.clock,
        store: setup.store,
        people: Mutex::new(setup.people),
        names: Names { bound: address.ip(), more: setup.names },
        secure: setup.tls.is_some(),
        feed: broadcast::channel(MOST_BEHIND).0,
        orders: Arc::clone(&orders),
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (served, tls, hook) = (room.clone(), setup.tls, setup.webhook);
    let run = move || runtime.block_on(run(listener, tls, hook, served, shown));
    std::thread::Builder::new().name("centre".into()).spawn(run)?;
    Ok(Centre { address, pictures, orders, room })
}

async fn run(
    listener: TcpListener,
    tls: Option<Tls>,
    hook: Option<String>,
    room: Arc<Room>,
    mut shown: mpsc::Receiver<Picture>,
) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let router = router(&room);
    tokio::spawn(server::accept(listener, tls.map(|tls| tls.0), router));
    tokio::spawn(follow_files(room.clone()));
    tokio::spawn(console::follow(room.clone()));
    if let Some(url) = hook {
        tokio::spawn(webhook::send(room.clone(), url));
    }
    let (mut keeper, mut first) = (Keeper::default(), true);
    while let Some(picture) = shown.recv().await {
        let (at, over) = (picture.at, keeper.take(&picture, &room.store));
        let changed = room.alarms().take(&picture, &room.store.health());
        if !changed.is_empty() {
            room.tell_alarms(changed);
        }
        room.take(picture);
        if over || first {
            first = false;
            let shared = room.clone();
            tokio::task::spawn_blocking(move || {
                let calendar = Calendar::new(&shared.network());
                let usual = usual(&shared.store, &calendar, at);
                shared.live().usual = usual;
            });
        }
    }
}

/// Looks again and again whether definition files were changed on disk. What is in order the loop takes at its next safe point;
/// what is not is told once, and nothing changes.
async fn follow_files(room: Arc<Room>) {
    let mut told = Vec::new();
    loop {
        tokio::time::sleep(LOOK_AT_FILES).await;
        let shared = room.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let going_by = shared.network();
            shared.files().reload(going_by.fingerprint())
        });
        let Ok(Err(problems)) = looked.await else {
            told.clear();
            continue;
        };
        if problems != told {
            let text = serde_json::to_string(&problems).unwrap_or_default();
            let _ = room.feed.send(Message { kind: "files", data: text.into() });
            told = problems;
        }
    }
}

/// The router of the table.
pub(super) fn router(room: &Arc<Room>) -> Router {
    let mut paths: BTreeMap<&'static str, axum::routing::MethodRouter<Arc<Room>>> = BTreeMap::new();
    for Route { method, path, least, handler, secret, .. } in routes::all() {
        let door = room.clone();
        let rule = Arc::new(Rule { action: format!("{method} {path}"), least, secret });
        let through = move |request: Request, next: Next| guard(door.clone(), rule.clone(), request, next);
        let guarded = handler.layer(from_fn(through));
        let merged = match paths.remove(path) {
            Some(others) => others.merge(guarded),
            None => guarded,
        };
        paths.insert(path, merged);
    }
    let mut router = Router::new();
    for (path, methods) in paths {
        router = router.route(path, methods.fallback(|| async { Problem::method() }));
    }
    let door = room.clone();
    router
        .fallback(|| async { Problem::not_found() })
        .layer(from_fn(move |request: Request, next: Next| every(door.clone(), request, next)))
        .with_state(room.clone())
}

impl Centre {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl service::Desk for Centre {
    fn show(&mut self, picture: Picture) -> bool {
        // A collector that is that far behind catches up with a newer one.
        !matches!(self.pictures.try_send(picture), Err(mpsc::error::TrySendError::Closed(_)))
    }

    fn orders(&mut self) -> Vec<Event> {
        std::mem::take(&mut *self.orders.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn replacement(&mut self) -> Option<Box<Setup>> {
        // Whoever checks a file holds them for a while: then at a later step.
        let mut files = self.room.files.try_lock().ok()?;
        files.take_ready(self.room.clock.utc())
    }
}
