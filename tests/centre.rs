//! Who may do what, over HTTP: every route with every role and with nobody; routes that are not there; coming in, being locked
//! out, going; and that no secret is anywhere it should not be.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

#[path = "centre/definitions.rs"]
mod definitions;
#[path = "kit/program.rs"]
mod program;

use program::Program;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const ROLES: [&str; 4] = ["viewer", "operator", "engineer", "admin"];
const MACHINE: &str = "none from this machine, viewer from others";

/// Every route, and the least role that may use it. A route that is not here fails the test: who may use it is said twice.
const ROUTES: &[(&str, &str, &str)] = &[
    ("DELETE", "/api/v1/accounts/{name}", "admin"),
    ("DELETE", "/api/v1/escorts/{id}", "operator"),
    ("DELETE", "/api/v1/interventions/{id}", "operator"),
    ("DELETE", "/api/v1/session", "viewer"),
    ("DELETE", "/api/v1/tokens/{id}", "viewer"),
    ("GET", "/", "none"),
    ("GET", "/api/v1/accounts", "admin"),
    ("GET", "/api/v1/alarms", "viewer"),
    ("GET", "/api/v1/audit", "engineer"),
    ("GET", "/api/v1/audit/verify", "engineer"),
    ("GET", "/api/v1/changes", "viewer"),
    ("GET", "/api/v1/city", "viewer"),
    ("GET", "/api/v1/corridors/{id}/diagram", "viewer"),
    ("GET", "/api/v1/decisions", "viewer"),
    ("GET", "/api/v1/escorts", "viewer"),
    ("GET", "/api/v1/escorts/{id}", "viewer"),
    ("GET", "/api/v1/events", "viewer"),
    ("GET", "/api/v1/feeds/signals", "viewer"),
    ("GET", "/api/v1/feeds/speeds", "viewer"),
    ("GET", "/api/v1/files", "viewer"),
    ("GET", "/api/v1/files/{name}", "viewer"),
    ("GET", "/api/v1/handover", "viewer"),
    ("GET", "/api/v1/intersections/{id}", "viewer"),
    ("GET", "/api/v1/interventions", "viewer"),
    ("GET", "/api/v1/network", "viewer"),
    ("GET", "/api/v1/openapi.json", "viewer"),
    ("GET", "/api/v1/plans", "viewer"),
    ("GET", "/api/v1/reports", "viewer"),
    ("GET", "/api/v1/session", "viewer"),
    ("GET", "/api/v1/setup", "none"),
    ("GET", "/api/v1/tasks", "viewer"),
    ("GET", "/api/v1/tasks/{id}", "viewer"),
    ("GET", "/api/v1/tokens", "viewer"),
    ("GET", "/assets/{*path}", "none"),
    ("GET", "/healthz", "none"),
    ("GET", "/metrics", MACHINE),
    ("GET", "/readyz", "none"),
    ("PATCH", "/api/v1/accounts/{name}", "admin"),
    ("POST", "/api/v1/accounts", "admin"),
    ("POST", "/api/v1/alarms/acknowledge", "operator"),
    ("POST", "/api/v1/alarms/{id}/acknowledge", "operator"),
    ("POST", "/api/v1/alarms/{id}/shelve", "operator"),
    ("POST", "/api/v1/changes/{id}/apply", "engineer"),
    ("POST", "/api/v1/changes/{id}/approve", "engineer"),
    ("POST", "/api/v1/changes/{id}/undo", "engineer"),
    ("POST", "/api/v1/escorts", "operator"),
    ("POST", "/api/v1/escorts/{id}/position", "operator"),
    ("POST", "/api/v1/files/{name}/check", "engineer"),
    ("POST", "/api/v1/files/{name}/stage", "engineer"),
    ("POST", "/api/v1/handover", "operator"),
    ("POST", "/api/v1/interventions", "operator"),
    ("POST", "/api/v1/plans/compare", "viewer"),
    ("POST", "/api/v1/plans/rollback", "engineer"),
    ("POST", "/api/v1/plans/{id}/approve", "engineer"),
    ("POST", "/api/v1/plans/{id}/schedule", "engineer"),
    ("POST", "/api/v1/session", "none"),
    ("POST", "/api/v1/setup", "none"),
    ("POST", "/api/v1/tasks", "engineer"),
    ("POST", "/api/v1/tasks/{id}/approve", "engineer"),
    ("POST", "/api/v1/tasks/{id}/end", "operator"),
    ("POST", "/api/v1/tasks/{id}/rehearse", "engineer"),
    ("POST", "/api/v1/tasks/{id}/start", "operator"),
    ("POST", "/api/v1/tokens", "viewer"),
    ("PUT", "/api/v1/session/password", "viewer"),
];

/// Each role's password; canaries too.
fn password(role: &str) -> String {
    format!("Kestrel-{}-Canary-29", role.chars().rev().collect::<String>())
}

/// The demo over the tutorial's street, on ports of its own, with an account of each role.
struct Centre {
    folder: tempfile::TempDir,
    http: SocketAddr,
    _program: Program,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {} {}", self.head, self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Centre {
    fn new() -> Centre {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = tempfile::tempdir().unwrap();
        let free: Vec<TcpListener> = (0..4).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let address = |n: usize| free[n].local_addr().unwrap();
        let mut text = std::fs::read_to_string(root.join("corridors/three.toml")).unwrap();
        for n in 0..3 {
            text = text.replace(&format!("127.0.0.1:1510{}", n + 1), &address(n).to_string());
        }
        let (definition, store) = (folder.path().join("three.toml"), folder.path().join("store"));
        std::fs::write(&definition, text).unwrap();
        for role in ROLES {
            let mut child = Command::new(env!("CARGO_BIN_EXE_greenwave"))
                .args(["account", "add", &format!("the-{role}"), "--role", role, "--store"])
                .arg(&store)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            writeln!(child.stdin.take().unwrap(), "{}", password(role)).unwrap();
            assert!(child.wait().unwrap().success());
        }
        let http = address(3);
        drop(free);
        let console = std::fs::File::create(folder.path().join("console.txt")).unwrap();
        let program = Command::new(env!("CARGO_BIN_EXE_greenwave"))
            .arg("demo")
            .arg(&definition)
            .args(["--scenario", "sim/scenarios/three.toml", "--counts", "sim/scenarios/three/mean-workday.csv"])
            .args(["--http", &http.to_string(), "--store"])
            .arg(&store)
            .current_dir(root)
            .stdout(console.try_clone().unwrap())
            .stderr(console)
            .spawn()
            .unwrap();
        let centre = Centre { folder, http, _program: Program(program) };
        // until the loop has shown a picture
        let admin = centre.log_in_soon("admin");
        for _ in 0..600 {
            if centre.ask("GET", "/api/v1/city", Some(&admin), None).is_some_and(|a| a.status == 200) {
                return centre;
            }
            centre.rest();
        }
        panic!("no picture: {}", std::fs::read_to_string(centre.folder.path().join("console.txt")).unwrap());
    }

    /// A tenth of a second, kept by a socket: a test may not sleep.
    fn rest(&self) {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        assert!(socket.recv(&mut [0; 1]).is_err());
    }

    fn send(&self, head: &str, body: &str) -> Option<Answer> {
        let mut stream = TcpStream::connect_timeout(&self.http, Duration::from_secs(5)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).ok()?;
        let mut bytes = Vec::new();
        let mut chunk = [0; 65_536];
        // Live events have no end: the head is enough.
        let endless = |bytes: &[u8]| bytes.windows(17).any(|w| w == b"text/event-stream");
        while let Ok(n) = stream.read(&mut chunk) {
            bytes.extend(&chunk[..n]);
            if n == 0 || endless(&bytes) {
                break;
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
    }

    /// A request as the pages make it.
    fn ask(&self, method: &str, path: &str, cookie: Option<&str>, body: Option<&Value>) -> Option<Answer> {
        let cookie = cookie.map(|c| format!("Cookie: greenwave={c}\r\n")).unwrap_or_default();
        let json = "Content-Type: application/json\r\n";
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nX-Greenwave: 1\r\n{cookie}{json}",
            self.http
        );
        self.send(&head, &body.map(Value::to_string).unwrap_or_default())
    }

    fn must(&self, method: &str, path: &str, cookie: Option<&str>, body: Option<&Value>) -> Answer {
        self.ask(method, path, cookie, body).unwrap_or_else(|| panic!("no answer: {method} {path}"))
    }

    fn log_in(&self, name: &str, password: &str) -> Option<Answer> {
        self.ask("POST", "/api/v1/session", None, Some(&json!({ "name": name, "password": password })))
    }

    fn session(&self, role: &str) -> Option<String> {
        let answer = self.log_in(&format!("the-{role}"), &password(role)).filter(|a| a.status == 200)?;
        let cookie = answer.header("set-cookie")?.to_owned();
        assert!(cookie.contains("HttpOnly; SameSite=Strict; Path=/"), "{cookie}");
        Some(cookie.strip_prefix("greenwave=")?.split(';').next()?.to_owned())
    }

    fn log_in_soon(&self, role: &str) -> String {
        for _ in 0..600 {
            if let Some(cookie) = self.session(role) {
                return cookie;
            }
            self.rest();
        }
        panic!("nobody answers: {}", std::fs::read_to_string(self.folder.path().join("console.txt")).unwrap());
    }
}

/// All of it over one demo: starting one takes seconds.
#[test]
fn every_route_with_every_role() {
    let centre = Centre::new();
    let admin = centre.log_in_soon("admin");
    routes_are_those_of_the_table(&centre, &admin);
    every_cell(&centre);
    what_is_not_there(&centre, &admin);
    changes_need_our_header(&centre, &admin);
    tokens(&centre);
    accounts(&centre, &admin);
    handover_alarms_and_reports(&centre);
    locked_out(&centre, &admin);
    the_console_is_heard(&centre);
    definitions::live(&centre);
    audited(&centre, &admin);
    no_secret_anywhere(&centre, &admin);
}

fn routes_are_those_of_the_table(centre: &Centre, admin: &str) {
    let document = centre.must("GET", "/api/v1/openapi.json", Some(admin), None).json();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            found.push((method.to_uppercase(), path.clone(), operation["x-least-role"].as_str().unwrap().to_owned()));
        }
    }
    found.sort();
    let table: Vec<(String, String, String)> =
        ROUTES.iter().map(|(m, p, l)| ((*m).to_owned(), (*p).to_owned(), (*l).to_owned())).collect();
    let missing: Vec<_> = found.iter().filter(|r| !table.contains(r)).collect();
    let gone: Vec<_> = table.iter().filter(|r| !found.contains(r)).collect();
    assert!(missing.is_empty() && gone.is_empty(), "not in the table: {missing:?}\nnot served so: {gone:?}");
}

/// The path with something in its holes that is not there.
fn filled(path: &str) -> String {
    path.replace("{*path}", "nothing.js").replace("{id}", "999999").replace("{name}", "nobody")
}

fn every_cell(centre: &Centre) {
    let mut cells = 0;
    let kept = ROLES.map(|role| centre.session(role).unwrap());
    for (method, path, least) in ROUTES {
        let rank = ROLES.iter().position(|role| role == least);
        for (at, role) in [None, Some(0), Some(1), Some(2), Some(3)].into_iter().map(|r| (r, r.map(|r| ROLES[r]))) {
            let cookie = match (role, at) {
                // logging out ends the session
                (Some(role), _) if (*method, *path) == ("DELETE", "/api/v1/session") => centre.session(role),
                (_, at) => at.map(|at| kept[at].clone()),
            };
            let body = (*method != "GET").then(|| json!({}));
            let answer = centre.must(method, &filled(path), cookie.as_deref(), body.as_ref());
            let (status, place) =
                (answer.status, format!("{method} {path} as {role:?}: {} {}", answer.status, answer.body));
            match (rank, at) {
                (Some(_), None) => {
                    assert_eq!((status, answer.json()["code"].clone()), (401, json!("not-logged-in")), "{place}");
                }
                (Some(least), Some(role)) if role < least => {
                    assert_eq!((status, answer.json()["code"].clone()), (403, json!("forbidden")), "{place}");
                }
                _ => assert!(!matches!(status, 401 | 403 | 405 | 500) || path.ends_with("/setup"), "{place}"),
            }
            if (400..500).contains(&status) {
                assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{place}");
            }
            for header in ["content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy"] {
                assert!(answer.header(header).is_some(), "{place}: {header}");
            }
            cells += 1;
        }
    }
    assert_eq!(cells, 5 * ROUTES.len());
}

fn what_is_not_there(centre: &Centre, admin: &str) {
    for path in [
        "/api",
        "/api/v1",
        "/api/v2/city",
        "/api/v1/city/",
        "/api/v1/secrets",
        "/admin",
        "/assets/../../Cargo.toml",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/.git/config",
        "/greenwave.db",
        "//api/v1/city",
        "/api/v1/../v1/city",
    ] {
        for method in ["GET", "POST"] {
            let answer = centre.must(method, path, Some(admin), None);
            assert!(matches!(answer.status, 404 | 405), "{method} {path}: {}", answer.status);
            assert!(answer.json()["code"].is_string(), "{path}");
        }
    }
    assert_eq!(centre.must("TRACE", "/api/v1/city", Some(admin), None).status, 405);
    for path in ["/api/v1/reports", "/api/v1/audit?before=yesterday", "/api/v1/escorts/one", "/api/v1/alarms?state=%ff"]
    {
        let answer = centre.must("GET", path, Some(admin), None);
        assert!(answer.status < 400 || answer.json()["code"] == "invalid", "{path}: {} {}", answer.status, answer.body);
    }
    let head = "GET /api/v1/setup HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n";
    assert_eq!(centre.send(head, "").unwrap().status, 421, "another name that leads here");
}

fn changes_need_our_header(centre: &Centre, admin: &str) {
    for (method, path, _) in ROUTES.iter().filter(|(method, _, _)| *method != "GET") {
        let head = format!(
            "{method} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nCookie: greenwave={admin}\r\nContent-Type: application/json\r\n",
            filled(path),
            centre.http
        );
        let answer = centre.send(&head, "{}").unwrap();
        assert_eq!((answer.status, answer.json()["code"].clone()), (403, json!("cross-site")), "{method} {path}");
    }
    let head = format!(
        "POST /api/v1/handover HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nCookie: greenwave={admin}\r\nX-Greenwave: 1\r\nContent-Type: text/plain\r\n",
        centre.http
    );
    assert_eq!(centre.send(&head, "{\"text\":\"a form's\"}").unwrap().status, 422, "JSON that says so");
}

fn tokens(centre: &Centre) {
    let operator = centre.session("operator").unwrap();
    let make = |role: &str| {
        let body = json!({ "label": "wall", "role": role, "days": 30 });
        centre.must("POST", "/api/v1/tokens", Some(&operator), Some(&body))
    };
    let above = make("engineer");
    assert_eq!((above.status, above.json()["problems"][0]["rule"].clone()), (422, json!("role-too-high")));
    let made = make("viewer").json();
    let bearer = |method: &str, path: &str, token: &str, body: &str| {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nX-Greenwave: 1\r\nContent-Type: application/json\r\nAuthorization: Bearer {token}\r\n",
            centre.http
        );
        centre.send(&head, body).unwrap().status
    };
    let token = made["token"].as_str().unwrap();
    assert_eq!(bearer("GET", "/api/v1/network", token, ""), 200);
    assert_eq!(bearer("POST", "/api/v1/handover", token, "{\"text\":\"x\"}"), 403, "a viewer's");
    assert_eq!(bearer("POST", "/api/v1/tokens", token, "{\"label\":\"x\",\"role\":\"viewer\",\"days\":1}"), 403);
    assert_eq!(bearer("GET", "/api/v1/network", "gwt_0000", ""), 401);
    let listed = centre.must("GET", "/api/v1/tokens", Some(&operator), None);
    assert!(listed.body.contains("\"wall\"") && !listed.body.contains(token), "shown once");
    let id = made["id"].as_str().unwrap();
    let viewer = centre.session("viewer").unwrap();
    assert_eq!(centre.must("DELETE", &format!("/api/v1/tokens/{id}"), Some(&viewer), None).status, 404, "another's");
    assert_eq!(centre.must("DELETE", &format!("/api/v1/tokens/{id}"), Some(&operator), None).status, 204);
    assert_eq!(bearer("GET", "/api/v1/network", token, ""), 401);
}

fn accounts(centre: &Centre, admin: &str) {
    let add = |body: Value| centre.must("POST", "/api/v1/accounts", Some(admin), Some(&body));
    let short = add(json!({ "name": "zhao", "role": "viewer", "password": "short" }));
    assert_eq!((short.status, short.json()["problems"][0]["rule"].clone()), (422, json!("password-short")));
    assert_eq!(add(json!({ "name": "zhao", "role": "viewer", "password": "Kestrel-Canary-one" })).status, 200);
    assert_eq!(add(json!({ "name": "Zhao", "role": "viewer", "password": "Kestrel-Canary-one" })).status, 409);
    let cookie = |password: &str| {
        let answer = centre.log_in("zhao", password).unwrap();
        let cookie = answer.header("set-cookie").map(|c| c["greenwave=".len()..].split(';').next().unwrap().to_owned());
        (answer.status, cookie)
    };
    let (_, here) = cookie("Kestrel-Canary-one");
    let (_, there) = cookie("Kestrel-Canary-one");
    let status = |cookie: &Option<String>| centre.must("GET", "/api/v1/session", cookie.as_deref(), None).status;
    // one's own password: this session stays, the other ends
    let change = |old: &str, new: &str| {
        let body = json!({ "old": old, "new": new });
        centre.must("PUT", "/api/v1/session/password", here.as_deref(), Some(&body)).status
    };
    assert_eq!(change("not the old one", "Kestrel-Canary-two"), 401);
    assert_eq!(change("Kestrel-Canary-one", "short"), 422);
    assert_eq!(change("Kestrel-Canary-one", "Kestrel-Canary-two"), 204);
    assert_eq!((status(&here), status(&there)), (200, 401));
    // another role: everything ends
    let patch = |body: Value| centre.must("PATCH", "/api/v1/accounts/zhao", Some(admin), Some(&body));
    assert_eq!(patch(json!({ "role": "operator" })).json()["role"], "operator");
    assert_eq!(status(&here), 401);
    assert_eq!(patch(json!({ "disabled": true })).json()["disabled"], true);
    assert_eq!(cookie("Kestrel-Canary-two").0, 401);
    assert_eq!(patch(json!({ "colour": "green" })).status, 422);
    let own = centre.must("PATCH", "/api/v1/accounts/the-admin", Some(admin), Some(&json!({ "role": "viewer" })));
    assert_eq!((own.status, own.json()["problems"][0]["rule"].clone()), (409, json!("last-admin")));
    assert_eq!(centre.must("DELETE", "/api/v1/accounts/zhao", Some(admin), None).status, 204);
    let names = centre.must("GET", "/api/v1/accounts", Some(admin), None).json();
    assert_eq!(names.as_array().unwrap().len(), 4);
    // logging out
    let (viewer, other) = (centre.session("viewer").unwrap(), centre.session("viewer").unwrap());
    assert_eq!(centre.must("DELETE", "/api/v1/session", Some(&viewer), None).status, 204);
    assert_eq!((status(&Some(viewer)), status(&Some(other))), (401, 200));
    assert_eq!(centre.must("GET", "/api/v1/setup", None, None).json(), json!({ "needed": false }));
    let again = json!({ "token": "setup_00", "name": "second", "password": "Kestrel-Canary-three" });
    assert_eq!(centre.must("POST", "/api/v1/setup", None, Some(&again)).status, 409);
}

fn handover_alarms_and_reports(centre: &Centre) {
    let operator = centre.session("operator").unwrap();
    let note = json!({ "text": "东昌路 3 号检测器待修 loop 3 waits for repair" });
    assert_eq!(centre.must("POST", "/api/v1/handover", Some(&operator), Some(&note)).json()["by"], "the-operator");
    assert_eq!(centre.must("POST", "/api/v1/handover", Some(&operator), Some(&json!({ "text": " " }))).status, 422);
    let notes = centre.must("GET", "/api/v1/handover", Some(&operator), None).json();
    assert_eq!((notes[0]["text"].clone(), notes[0]["by"].clone()), (note["text"].clone(), json!("the-operator")));
    assert!(notes[0]["at"].as_f64().unwrap() > 1.0e9);
    let alarms =
        |state: &str| centre.must("GET", &format!("/api/v1/alarms?state={state}"), Some(&operator), None).json();
    assert!(alarms("open").as_array().unwrap().len() <= alarms("all").as_array().unwrap().len());
    let shelve = json!({ "minutes": 0, "why": "" });
    let refused = centre.must("POST", "/api/v1/alarms/1/shelve", Some(&operator), Some(&shelve));
    assert_eq!((refused.status, refused.json()["problems"].as_array().unwrap().len()), (422, 2), "all at once");
    let now = centre.must("GET", "/api/v1/city", Some(&operator), None).json()["at"].as_f64().unwrap();
    let report = |b_until: f64| {
        let path = format!(
            "/api/v1/reports?corridor=three&a_from={}&a_until={}&b_from={}&b_until={b_until}",
            now - 7200.0,
            now - 3600.0,
            now - 3600.0
        );
        centre.must("GET", &path, Some(&operator), None)
    };
    let rows = report(now).json();
    assert_eq!((rows["rows"].as_array().unwrap().len(), rows["by"].clone()), (6, json!("hour")));
    assert_eq!(rows["rows"][0]["a"], Value::Null, "nothing measured is no zero");
    assert_eq!(report(now - 7200.0).status, 422, "ends before it begins");
}

fn locked_out(centre: &Centre, admin: &str) {
    let viewer = "the-viewer";
    let wrong = |name: &str| centre.log_in(name, "a wrong password").unwrap();
    let bodies: Vec<String> = (0..5).map(|_| wrong(viewer)).map(|a| format!("{} {}", a.status, a.body)).collect();
    assert!(bodies.iter().all(|b| b.starts_with("401") && b.contains("wrong-credentials")), "{bodies:?}");
    let stranger = wrong("a-stranger");
    assert_eq!(format!("{} {}", stranger.status, stranger.body), bodies[0], "nobody learns who has an account");
    let right = centre.log_in(viewer, &password("viewer")).unwrap();
    assert_eq!((right.status, right.json()["code"].clone()), (429, json!("locked")), "the right one too, for a while");
    assert!(right.header("retry-after").is_some());
    let unlock = centre.must("PATCH", "/api/v1/accounts/the-viewer", Some(admin), Some(&json!({ "unlock": true })));
    assert_eq!(unlock.json()["locked_until"], Value::Null);
    assert!(centre.session("viewer").is_some());
    // every name from one address: the address waits
    for n in 0..10 {
        centre.log_in(&format!("guess-{n}"), "a wrong password").unwrap();
    }
    assert_eq!(centre.log_in("the-admin", &password("admin")).unwrap().status, 429);
    assert_eq!(centre.must("GET", "/api/v1/session", Some(admin), None).status, 200, "who is in stays in");
}

fn the_console_is_heard(centre: &Centre) {
    let store = centre.folder.path().join("store");
    let console = |args: &[&str]| {
        let command = Command::new(env!("CARGO_BIN_EXE_greenwave")).args(args).arg("--store").arg(&store).output();
        assert!(command.unwrap().status.success(), "{args:?}");
    };
    // the address is locked by now; unlocking any account at the console forgives addresses
    console(&["account", "unlock", "the-admin"]);
    let cookie = centre.log_in_soon("operator");
    console(&["account", "disable", "the-operator"]);
    for _ in 0..300 {
        if centre.must("GET", "/api/v1/session", Some(&cookie), None).status == 401 {
            return;
        }
        centre.rest();
    }
    panic!("a disabled account's session goes on");
}

fn audited(centre: &Centre, admin: &str) {
    let verdict = centre.must("GET", "/api/v1/audit/verify", Some(admin), None).json();
    assert_eq!((verdict["whole"].clone(), verdict["findings"].clone()), (json!(true), json!([])));
    let mut all = Vec::new();
    let mut before = u64::MAX >> 1;
    loop {
        let page = centre.must("GET", &format!("/api/v1/audit?limit=200&before={before}"), Some(admin), None).json();
        let page = page.as_array().unwrap().clone();
        let Some(last) = page.last() else { break };
        before = last["seq"].as_u64().unwrap();
        all.extend(page);
    }
    assert_eq!(all.len() as u64, all[0]["seq"].as_u64().unwrap(), "all of them, page by page");
    let has = |action: &str, who: &str, outcome: &str| {
        let found = all.iter().any(|e| e["action"] == action && e["who"] == who && e["outcome"] == outcome);
        assert!(found, "no {action} by {who:?}, {outcome}");
    };
    has("account-add", "console", "done");
    has("POST /api/v1/session", "the-operator", "done");
    has("POST /api/v1/handover", "the-operator", "done");
    has("POST /api/v1/handover", "the-viewer", "refused 403");
    has("PATCH /api/v1/accounts/{name}", "the-admin", "done");
    has("password", "", "refused 401");
    assert!(all.iter().all(|e| e["subject"] != "a-stranger"), "names that are none may be passwords");
}

fn no_secret_anywhere(centre: &Centre, admin: &str) {
    let mut secrets: Vec<String> = ROLES.iter().map(|role| password(role)).collect();
    secrets.extend(
        ["Kestrel-Canary-one", "Kestrel-Canary-two", "Kestrel-Canary-three", "a wrong password"].map(str::to_owned),
    );
    secrets.push(admin.to_owned());
    let mut looked = 0;
    for entry in std::fs::read_dir(centre.folder.path().join("store"))
        .unwrap()
        .chain(std::fs::read_dir(centre.folder.path()).unwrap())
    {
        let path = entry.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else { continue };
        for secret in &secrets {
            assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret} in {}", path.display());
        }
        looked += 1;
    }
    assert!(looked >= 5, "{looked}");
}
