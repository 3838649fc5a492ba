//! Accounts, and why something about them is refused.

use super::password::{Hashed, PasswordProblem};
use super::role::Role;
use crate::store::{Document, Write};
use crate::units::Moment;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub(super) const ACCOUNT: &str = "account";

/// One person's account as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) password: Hashed,
    pub(super) disabled: bool,
    /// Grows with each change; of two accounts of a name the later one holds.
    pub(super) version: u64,
    /// Grows when sessions are to end: one opened under an earlier epoch is over.
    pub(super) epoch: u64,
    pub(super) made: Moment,
}

impl Account {
    pub(super) fn put(&self, now: Moment) -> Option<Write> {
        // Plain data: it always has a JSON form.
        let body = serde_json::to_string(self).ok()?;
        Some(Write::Put(Document { kind: ACCOUNT.to_owned(), key: self.name.clone(), at: now, body }))
    }
}

/// An account as others may see it.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct AccountView {
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Whether it may come in.
    pub disabled: bool,
    /// Locked after wrong passwords until then, UTC seconds.
    pub locked_until: Option<f64>,
    /// Sessions that are open.
    pub sessions: usize,
    /// When it was made, UTC seconds.
    pub made: f64,
}

/// Why something was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Somebody has the name.
    #[error("there is an account of this name")]
    NameTaken,
    /// Nobody has it.
    #[error("there is no account of this name")]
    NoSuchAccount,
    /// 2 to 32 letters, digits, dots, dashes or underscores.
    #[error("a name has 2 to 32 letters, digits, dots, dashes or underscores")]
    BadName,
    /// Not a password.
    #[error(transparent)]
    BadPassword(#[from] PasswordProblem),
    /// Nobody could look after accounts any more.
    #[error("this is the last administrator who can log in")]
    LastAdmin,
    /// A token of more than one's own role.
    #[error("the role is above your own")]
    RoleTooHigh,
    /// A token for less than a day or more than a year.
    #[error("a token lasts 1 to 366 days")]
    BadDays,
    /// An empty label, or one over 64 characters.
    #[error("a label has 1 to 64 characters")]
    BadLabel,
    /// 500 accounts, or 50 tokens of one.
    #[error("there are too many already")]
    TooMany,
    /// There is an administrator.
    #[error("setup has been done")]
    SetupDone,
    /// Not the token in the file.
    #[error("this is not the setup token")]
    SetupWrong,
    /// No token of this number.
    #[error("there is no such token")]
    NoSuchToken,
}

impl Refusal {
    /// A word for machines.
    pub const fn code(self) -> &'static str {
        match self {
            Refusal::NameTaken => "name-taken",
            Refusal::NoSuchAccount => "no-such-account",
            Refusal::BadName => "bad-name",
            Refusal::BadPassword(problem) => problem.code(),
            Refusal::LastAdmin => "last-admin",
            Refusal::RoleTooHigh => "role-too-high",
            Refusal::BadDays => "bad-days",
            Refusal::BadLabel => "bad-label",
            Refusal::TooMany => "too-many",
            Refusal::SetupDone => "setup-done",
            Refusal::SetupWrong => "setup-wrong",
            Refusal::NoSuchToken => "no-such-token",
        }
    }

    /// In Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Refusal::NameTaken => "用户名已存在",
            Refusal::NoSuchAccount => "没有此用户",
            Refusal::BadName => "用户名为 2 至 32 个字母、数字、点、横线或下划线",
            Refusal::BadPassword(problem) => problem.zh(),
            Refusal::LastAdmin => "这是最后一个可登录的管理员",
            Refusal::RoleTooHigh => "角色高于本人",
            Refusal::BadDays => "令牌有效期为 1 至 366 天",
            Refusal::BadLabel => "标签为 1 至 64 个字符",
            Refusal::TooMany => "数量已达上限",
            Refusal::SetupDone => "初始设置已完成",
            Refusal::SetupWrong => "设置令牌不正确",
            Refusal::NoSuchToken => "没有此令牌",
        }
    }
}

/// The name as it is kept: lower case, letters of any script.
pub fn parse_name(text: &str) -> Result<String, Refusal> {
    let name = text.trim().to_lowercase();
    let good = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let fits = (2..=32).contains(&name.chars().count()) && name.chars().all(good);
    fits.then_some(name).ok_or(Refusal::BadName)
}

/// UTC seconds with tenths, as the API tells instants.
pub(super) fn seconds(at: Moment) -> f64 {
    at.count() as f64 / 10.0
}
