//! The Modbus server in front of a device: what an emulated cabinet answers with, over MBAP or RTU framing.
//!
//! The library's server ends at the first failed accept, waits for handshakes in its accept loop, knows no bound of connections,
//! and waits for as many bytes as a header claims. This one outlives a lack of descriptors, bounds connections, cuts idle
//! ones and frames that do not become whole, and drops who speaks no Modbus.
//!
//! ```text
//!   accept loop ──► connection (a task; at most `most`) ──► frame ──► fate ──► device ──► reply
//!        │              ends: idle, hostile, dropped                    │
//!        └── deliveries: writes that arrive (again) later ◄─────────────┘
//! ```

use super::SharedDevice;
use super::faults::{LineFault, LineFaults, State, Strike};
use super::frame::{Framing, Head, ILLEGAL_FUNCTION, Inquiry, MOST_BYTES, Reply, Taken, refusal_pdu, reply_pdu};
use super::tls::{Rights, TlsServer};
use crate::field::Op;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

/// Rest after a failed accept, so that a lack of descriptors is not a busy loop.
const REST: Duration = Duration::from_millis(50);
/// Time for a frame from its first byte to its last, and for a reply to be taken.
const FRAME_WITHIN: Duration = Duration::from_secs(5);
/// Writes that wait to arrive (again).
const MOST_DELIVERIES: usize = 1024;

/// How a server serves.
#[derive(Debug, Clone)]
pub struct Serving {
    /// How frames are wrapped.
    pub framing: Framing,
    /// Connections at the same time; one more is closed at once.
    pub most: usize,
    /// A connection on which no request came for this long is cut.
    pub idle: Duration,
    /// Certificates; without them nobody is asked who they are.
    pub security: Option<TlsServer>,
    /// What goes wrong.
    pub faults: Option<LineFaults>,
}

impl Default for Serving {
    fn default() -> Self {
        Serving { framing: Framing::Mbap, most: 16, idle: Duration::from_secs(300), security: None, faults: None }
    }
}

/// A running server; stops when dropped, with all its connections.
pub struct TcpServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl TcpServer {
    /// Binds and serves a device by Modbus TCP; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address can not be bound.
    pub async fn serve(address: SocketAddr, device: SharedDevice) -> io::Result<TcpServer> {
        Self::serve_as(address, device, Serving::default()).await
    }

    /// The same in another way.
    ///
    /// # Errors
    /// When the address can not be bound.
    pub async fn serve_as(address: SocketAddr, device: SharedDevice, serving: Serving) -> io::Result<TcpServer> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        // Without faults nobody ever changes the state.
        let state =
            serving.faults.as_ref().map_or_else(|| watch::Sender::new(State::default()).subscribe(), |f| f.state());
        let task = tokio::spawn(accept(listener, address, device, serving, state));
        Ok(TcpServer { address, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for TcpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A write that arrives later.
struct Delivery {
    after: Duration,
    unit: u8,
    address: u16,
    words: Vec<u16>,
}

async fn accept(
    listener: TcpListener,
    address: SocketAddr,
    device: SharedDevice,
    serving: Serving,
    mut state: watch::Receiver<State>,
) {
    let mut listener = Some(listener);
    let (later, mut due) = mpsc::channel(MOST_DELIVERIES);
    let peer = Arc::new(Peer { device: device.clone(), serving, later });
    // Dropped with this task, and all in them with it.
    let (mut connections, mut deliveries) = (JoinSet::new(), JoinSet::new());
    loop {
        while connections.try_join_next().is_some() {}
        while deliveries.try_join_next().is_some() {}
        if state.borrow().refuse {
            listener = None;
        } else if listener.is_none() {
            match TcpListener::bind(address).await {
                Ok(again) => listener = Some(again),
                Err(_) => sleep(REST).await,
            }
        }
        let Some(open) = &listener else {
            tokio::select! {
                () = changed(&mut state) => {}
                Some(delivery) = due.recv() => {
                    deliveries.spawn(deliver(device.clone(), delivery));
                }
            }
            continue;
        };
        tokio::select! {
            accepted = open.accept() => match accepted {
                Ok((stream, _)) => {
                    while connections.try_join_next().is_some() {}
                    if connections.len() < peer.serving.most {
                        connections.spawn(peer.clone().converse(stream, state.clone()));
                    }
                }
                Err(_) => sleep(REST).await,
            },
            () = changed(&mut state) => {}
            Some(delivery) = due.recv() => {
                    deliveries.spawn(deliver(device.clone(), delivery));
                }
        }
    }
}

/// Waits for a change; for ever when nobody is left to make one.
async fn changed(state: &mut watch::Receiver<State>) {
    if state.changed().await.is_err() {
        std::future::pending().await
    }
}

async fn deliver(device: SharedDevice, delivery: Delivery) {
    sleep(delivery.after).await;
    // Nobody waits for the answer.
    let _ = device.write(delivery.unit, delivery.address, &delivery.words);
}

/// What all connections of a server share.
struct Peer {
    device: SharedDevice,
    serving: Serving,
    later: mpsc::Sender<Delivery>,
}

/// A reply that comes later.
struct Pending {
    wait: std::pin::Pin<Box<tokio::time::Sleep>>,
    bytes: Vec<u8>,
}

/// What a server talks on.
trait Stream: AsyncRead + AsyncWrite + Unpin {
    /// Lets the connection end by a reset instead of a close.
    fn reset(&self) -> io::Result<()>;
}

impl Stream for TcpStream {
    fn reset(&self) -> io::Result<()> {
        self.set_zero_linger()
    }
}

impl Stream for tokio_rustls::server::TlsStream<TcpStream> {
    fn reset(&self) -> io::Result<()> {
        self.get_ref().0.set_zero_linger()
    }
}

/// Why a connection ends; nobody asks.
struct End;

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        End
    }
}

impl Peer {
    async fn converse(self: Arc<Self>, stream: TcpStream, mut state: watch::Receiver<State>) {
        let drops = state.borrow_and_update().drops;
        if stream.set_nodelay(true).is_err() {
            return;
        }
        tokio::select! {
            _ = self.meet(stream, state.clone()) => {}
            () = dropped(&mut state, drops) => {}
        }
    }

    /// The handshake, where there is one.
    async fn meet(&self, mut stream: TcpStream, mut state: watch::Receiver<State>) -> Result<(), End> {
        if state.borrow_and_update().black_hole {
            return swallow(&mut stream, &mut state).await;
        }
        match &self.serving.security {
            None => self.listen(stream, Rights::ALL, state).await,
            Some(security) => {
                let (stream, rights) = timeout(FRAME_WITHIN, security.accept(stream)).await.map_err(|_| End)??;
                self.listen(stream, rights, state).await
            }
        }
    }

    async fn listen<S: Stream>(
        &self,
        mut stream: S,
        rights: Rights,
        mut state: watch::Receiver<State>,
    ) -> Result<(), End> {
        let mut heard: Vec<u8> = Vec::new();
        let mut late: Vec<Pending> = Vec::new();
        let patience = sleep(self.serving.idle);
        tokio::pin!(patience);
        loop {
            if state.borrow_and_update().black_hole {
                return swallow(&mut stream, &mut state).await;
            }
            match self.serving.framing.request(&heard) {
                Taken::Hostile(_) => return Err(End),
                Taken::Frame(length, head, inquiry) => {
                    heard.drain(..length);
                    self.answer(&mut stream, rights, &mut late, head, inquiry).await?;
                    patience.set(sleep(if heard.is_empty() { self.serving.idle } else { FRAME_WITHIN }));
                    continue;
                }
                Taken::More => {}
            }
            let mut chunk = [0; MOST_BYTES];
            tokio::select! {
                read = stream.read(&mut chunk) => {
                    let n = read?;
                    if n == 0 {
                        return Err(End);
                    }
                    if heard.is_empty() {
                        patience.set(sleep(FRAME_WITHIN));
                    }
                    heard.extend(&chunk[..n]);
                }
                bytes = next(&mut late) => send(&mut stream, &bytes).await?,
                () = changed(&mut state) => {}
                () = &mut patience => return Err(End),
            }
        }
    }

    /// Answers a request, or does to it what goes wrong.
    async fn answer<S: Stream>(
        &self,
        stream: &mut S,
        rights: Rights,
        late: &mut Vec<Pending>,
        head: Head,
        inquiry: Inquiry,
    ) -> Result<(), End> {
        let framing = self.serving.framing;
        if framing == Framing::Rtu && head.unit == 0 {
            return Ok(()); // a broadcast: nothing here is for everybody, and nobody answers one
        }
        let op = match inquiry {
            Inquiry::Op(op) => op,
            Inquiry::Refuse(function, code) => {
                return send(stream, &framing.wrap(head, &refusal_pdu(function, code))).await;
            }
        };
        let write = matches!(op, Op::Write { .. });
        if !(if write { rights.write } else { rights.read }) {
            return send(stream, &framing.wrap(head, &reply_pdu(&op, &Reply::Exception(ILLEGAL_FUNCTION)))).await;
        }
        let Strike { delay, fault, roll } =
            self.serving.faults.as_ref().map(|f| f.fate(head.unit, write)).unwrap_or_default();
        if !delay.is_zero() {
            sleep(delay).await;
        }
        let reply = match fault {
            Some(LineFault::Silence) => return Ok(()),
            Some(LineFault::Exception(code)) => Reply::Exception(code),
            Some(LineFault::DeliverLate(after)) => {
                self.deliver(head.unit, &op, after);
                return Ok(());
            }
            _ => self.carry_out(head.unit, &op),
        };
        let bytes = framing.wrap(head, &reply_pdu(&op, &reply));
        let half = bytes.len() / 2;
        match fault {
            Some(LineFault::Lost) => return Ok(()),
            Some(LineFault::Reset) => {
                send(stream, &bytes[..half]).await?;
                stream.reset()?;
                return Err(End);
            }
            Some(LineFault::Truncate) => return send(stream, &bytes[..half]).await,
            Some(LineFault::Duplicate) => return send(stream, &[&bytes[..], &bytes[..]].concat()).await,
            Some(LineFault::Late(by)) => {
                late.push(Pending { wait: Box::pin(sleep(by)), bytes });
                return Ok(());
            }
            Some(LineFault::Redeliver(after)) => self.deliver(head.unit, &op, after),
            Some(fault) => return send(stream, &bent(framing, head, &op, &reply, bytes, fault, roll)).await,
            None => {}
        }
        send(stream, &bytes).await
    }

    fn carry_out(&self, unit: u8, op: &Op) -> Reply {
        let done = match op {
            Op::Read { table, address, count } => self.device.read(unit, *table, *address, *count),
            Op::Write { address, words } => self.device.write(unit, *address, words).map(|()| Vec::new()),
        };
        match (done, op) {
            (Ok(words), Op::Read { count, .. }) if words.len() != usize::from(*count) => Reply::Exception(FAILURE),
            (Ok(words), _) => Reply::Words(words),
            (Err(code), _) => Reply::Exception(code),
        }
    }

    fn deliver(&self, unit: u8, op: &Op, after: Duration) {
        if let Op::Write { address, words } = op {
            let delivery = Delivery { after, unit, address: *address, words: words.clone() };
            // More than a thousand on their way are a lost one.
            let _ = self.later.try_send(delivery);
        }
    }
}

/// The device failed: it gave another number of registers than it was asked for.
const FAILURE: u8 = 4;

/// The bytes of a reply that is wrong in one way.
fn bent(
    framing: Framing,
    head: Head,
    op: &Op,
    reply: &Reply,
    mut bytes: Vec<u8>,
    fault: LineFault,
    roll: u64,
) -> Vec<u8> {
    match (fault, framing) {
        (LineFault::WrongTransaction, Framing::Mbap) => {
            let transaction = head.transaction.wrapping_sub(1);
            framing.wrap(Head { transaction, ..head }, &reply_pdu(op, reply))
        }
        (LineFault::WrongTransaction, Framing::Rtu) => {
            if let Some(last) = bytes.last_mut() {
                *last ^= 1;
            }
            bytes
        }
        (LineFault::WrongUnit, _) => framing.wrap(Head { unit: head.unit ^ 1, ..head }, &reply_pdu(op, reply)),
        (LineFault::WrongFunction, _) => {
            let mut pdu = reply_pdu(op, reply);
            pdu[0] ^= 7;
            framing.wrap(head, &pdu)
        }
        (LineFault::WrongCount, _) => framing.wrap(head, &one_more(op, reply)),
        // What is corrupted is what a check exists for: in MBAP the values have none but TCP's own.
        (LineFault::Corrupt, _) => {
            let reach = match (framing, reply) {
                (Framing::Rtu, _) => bytes.len(),
                (Framing::Mbap, Reply::Words(_)) => 9,
                (Framing::Mbap, Reply::Exception(_)) => 8,
            };
            let n = reach.min(bytes.len()).max(1);
            let at = (roll >> 3) as usize % n;
            bytes[at] ^= 1 << (roll % 8);
            bytes
        }
        _ => bytes,
    }
}

/// A reply about one register more than was asked for.
fn one_more(op: &Op, reply: &Reply) -> Vec<u8> {
    let mut more = op.clone();
    match &mut more {
        Op::Read { count, .. } => *count += 1,
        Op::Write { words, .. } => words.push(0),
    }
    match (op, reply) {
        (Op::Read { .. }, Reply::Words(words)) => reply_pdu(&more, &Reply::Words([&words[..], &[0]].concat())),
        _ => reply_pdu(&more, reply),
    }
}

async fn send<S: Stream>(stream: &mut S, bytes: &[u8]) -> Result<(), End> {
    let sent = async {
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    Ok(timeout(FRAME_WITHIN, sent).await.map_err(|_| End)??)
}

/// Takes what is said and says nothing, until the peer gives up or somebody lets it out of the hole.
async fn swallow<S: Stream>(stream: &mut S, state: &mut watch::Receiver<State>) -> Result<(), End> {
    let mut chunk = [0; MOST_BYTES];
    while state.borrow_and_update().black_hole {
        tokio::select! {
            read = stream.read(&mut chunk) => if read? == 0 { break },
            () = changed(state) => {}
        }
    }
    Err(End)
}

/// The late reply that is due next; never, when there is none.
async fn next(late: &mut Vec<Pending>) -> Vec<u8> {
    let due =
        std::future::poll_fn(|cx| match late.iter_mut().position(|p| Future::poll(p.wait.as_mut(), cx).is_ready()) {
            Some(place) => std::task::Poll::Ready(place),
            None => std::task::Poll::Pending,
        });
    let place = due.await;
    late.remove(place).bytes
}

/// Waits until all connections end.
async fn dropped(state: &mut watch::Receiver<State>, drops: u64) {
    while state.borrow_and_update().drops == drops {
        changed(state).await;
    }
}
