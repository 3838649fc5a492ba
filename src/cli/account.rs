//! `greenwave account`: people, at the local console.

use super::audit::Place;
use super::{say, tell};
use crate::clock::{Clock, SystemClock};
use crate::people::{AccountView, Cost, Hashed, Identity, Limits, People, Role, Secret, Via, marked};
use crate::store::{Entry, Opener, Settings, Store, Write, random};
use crate::units::Moment;
use anyhow::{Context, Result, bail};
use clap::{Args as ClapArgs, Subcommand};
use std::io::{BufRead, IsTerminal};
use std::process::{Command as Process, ExitCode, Stdio};
use std::time::Duration;

/// Look after accounts at the machine itself; whoever may write the store's files may do this. The service may be running.
///
/// Passwords are read from the terminal, or one line from standard input; never from the command line.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  greenwave account list --store /var/lib/greenwave\n  greenwave account add li.na --role operator --store /var/lib/greenwave\n  greenwave account unlock li.na --store /var/lib/greenwave"
)]
pub(super) struct Account {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make an account; the first one of a new store too.
    Add {
        /// Its name.
        name: String,
        /// viewer, operator, engineer or admin.
        #[arg(long)]
        role: Role,
    },
    /// Set a new password; the account's sessions end.
    Password {
        /// Whose.
        name: String,
    },
    /// Set the role; the account's sessions end.
    Role {
        /// Whose.
        name: String,
        /// viewer, operator, engineer or admin.
        role: Role,
    },
    /// Forgive wrong passwords: the account's lock and those of all addresses.
    Unlock {
        /// Whose.
        name: String,
    },
    /// Keep an account out; its sessions end.
    Disable {
        /// Whose.
        name: String,
    },
    /// Let an account in again.
    Enable {
        /// Whose.
        name: String,
    },
    /// List accounts.
    List,
}

/// The disk has this long to take the change.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn run(args: &Account) -> Result<ExitCode> {
    let settings = args.place.settings();
    let now = SystemClock::new().utc();
    // A store that is not there yet is made for its first account, and for nothing else.
    let makes = matches!(args.command, Command::Add { .. }) && !settings.database().exists();
    let store = Store::open(&settings, if makes { Opener::Service } else { Opener::Console }, now)?;
    let mut people = People::load(&store.reader()?, Limits::default(), Cost::OWASP)?;
    let done = match &args.command {
        Command::List => {
            list(&people.accounts(now));
            return Ok(ExitCode::SUCCESS);
        }
        Command::Add { name, role } => {
            let password = new_password(name)?;
            people.add(name, *role, password, now).map(|()| ("account-add", name, role.name()))
        }
        Command::Password { name } => {
            let password = new_password(name)?;
            let console = Identity { name: "console".to_owned(), role: Role::Admin, via: Via::Password };
            people.set_password(name, password, &console, now).map(|()| ("account-password", name, ""))
        }
        Command::Role { name, role } => people.set_role(name, *role, now).map(|()| ("account-role", name, role.name())),
        Command::Unlock { name } => people.unlock(name).map(|_| ("account-unlock", name, "")),
        Command::Disable { name } => people.set_disabled(name, true, now).map(|()| ("account-disable", name, "")),
        Command::Enable { name } => people.set_disabled(name, false, now).map(|()| ("account-enable", name, "")),
    };
    let (action, name, role) = match done {
        Ok(done) => done,
        Err(refusal) => {
            tell(&format!("{} {refusal}", refusal.zh()));
            return Ok(ExitCode::FAILURE);
        }
    };
    save(&store, &settings, &mut people, (action, name, role), now)?;
    say(&format!("完成 done: {action} {name}"));
    Ok(ExitCode::SUCCESS)
}

fn save(
    store: &Store,
    settings: &Settings,
    people: &mut People,
    (action, name, role): (&str, &str, &str),
    now: Moment,
) -> Result<()> {
    let mut writes = people.take_writes();
    writes.push(marked(now, random()?));
    let user = std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).unwrap_or_default();
    let body = serde_json::json!({ "role": role, "user": user }).to_string();
    let entry =
        Entry { who: "console".to_owned(), from: "console".to_owned(), ..Entry::system(now, action, name, body) };
    writes.push(Write::Audit(entry));
    let recorded = store.write(writes).wait(PATIENCE);
    recorded.with_context(|| format!("{}: {}", settings.database().display(), store.health().words))?;
    Ok(())
}

fn list(accounts: &[AccountView]) {
    say(&format!("{:32} {:10} {}", "用户 account", "角色 role", "状态 state"));
    for account in accounts {
        let state = match (account.disabled, account.locked_until) {
            (true, _) => "停用 disabled",
            (false, Some(_)) => "锁定 locked",
            (false, None) => "",
        };
        say(format!("{:34} {:12} {state}", account.name, account.role).trim_end());
    }
}

/// A password that may be one, hashed.
fn new_password(name: &str) -> Result<Hashed> {
    let password = if std::io::stdin().is_terminal() { asked()? } else { line()? };
    let made = Hashed::new(name, &password, random()?, Cost::OWASP);
    made.map_err(|problem| anyhow::anyhow!("{} {problem}", problem.zh()))
}

fn line() -> Result<Secret> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read the password")?;
    Ok(Secret::new(line.trim_end_matches(['\r', '\n'])))
}

/// Twice at the terminal, which shows nothing meanwhile.
fn asked() -> Result<Secret> {
    let echo = |on: &str| Process::new("stty").arg(on).stdin(Stdio::inherit()).status().is_ok_and(|s| s.success());
    if !echo("-echo") {
        bail!("the terminal cannot hide the password; give it as a line of standard input");
    }
    tell("口令 password:");
    let first = line();
    tell("再次输入 once more:");
    let second = line();
    echo("echo");
    let (first, second) = (first?, second?);
    if first != second {
        bail!("两次输入不同 the two are not the same");
    }
    Ok(first)
}
