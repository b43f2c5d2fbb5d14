//! Control over HTTP: the residents' actions, reading back, faults and limits under `/sim/…`, so that
//! another process can drive the simulator.
//!
//! Arguments are a JSON object in the body (or the query string); `bot` is the bot's token, the first
//! bot when absent. The answer is `{"ok":true,"result":…}`, or 400 with `{"ok":false,"error":…}`.
//!
//! | path | arguments (`?` = may be left out) |
//! | --- | --- |
//! | `say` | `user`, `text`?, `chat`?, `reply_to`?, `media`? (`"sticker"`, `"voice"`, `"photo"`, `"location"`, `"contact"`, `{"other":[field,value]}`) |
//! | `press` | `user`, `chat`?, `message_id`, `target`: `{"label":…}`, `{"data":…}` or `{"forged":…}` |
//! | `edit` | `user`, `chat`?, `message_id`, `text` |
//! | `update` | any fields of an update |
//! | `unknown_update`, `unparsable_update`, `expire_presses`, `clear_scripts`, `reset_counts`, `reset_limits` | none |
//! | `block`, `unblock`, `deactivate` | `user` |
//! | `language` | `user`, `language_code`? |
//! | `user` | `user`, `known`: a [`super::User`] |
//! | `poll_answer` | `user`, `poll_id`, `option_ids` |
//! | `duplicate` | `update_id` |
//! | `reorder` | `seed`? (shuffled; reversed without it) |
//! | `jump` | `by` |
//! | `seed` | `base`, `n`, `language_code`? |
//! | `group` | a [`super::NewGroup`] |
//! | `member`, `bot_member` | `chat`, `user` (who; who did it), `standing` |
//! | `migrate`, `messages`, `chat` | `chat` |
//! | `faults`, `script`, `limits` | a [`super::Faults`], [`super::Script`], [`super::Limits`] |
//! | `down` | `down` |
//! | `answers`, `calls`, `log`, `limit_report`, `state`, `pending` | none |
//! | `wait` | `timeout_ms`, and what is waited for: `messages`? in `chat`?, `answered`?, `calls`? of `method`?, `pending`? |
//! | `load/questions`, `load/votes` | a [`super::LoadQuestions`], [`super::LoadVotes`]; answers when done |
//! | `load/watch` | `first_chat_id`, `n` |
//! | `load/broadcast/wait` | `messages`, `timeout_s` |
//! | `load/broadcast`, `load/progress` | none |
//! | `stop` | none |

#![allow(
    clippy::unit_arg,
    reason = "`done` turns the end of an action into an answer"
)]

use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use hyper::body::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::bot::{SimBot, SimError};
use super::control_load::{self, parse};
use super::http::Shared;
use super::{LimitMode, PressTarget, Say, Standing};

/// Handles a control request; `path` is what follows `/sim/`.
pub(super) async fn handle(
    shared: &Arc<Shared>,
    path: &str,
    query: Option<&str>,
    body: &Bytes,
) -> (StatusCode, String) {
    let result = match arguments(query, body) {
        Ok((token, args)) => {
            let bot = match token {
                Some(token) => shared.bots.iter().find(|bot| bot.token() == token),
                None => shared.bots.first(),
            };
            match bot {
                Some(_) if path == "stop" => {
                    shared.stop.notify_one();
                    Some(Ok(json!({})))
                }
                Some(bot) => run(bot, path, args).await,
                None => Some(Err(SimError::new("no bot with this token"))),
            }
        }
        Err(error) => Some(Err(error)),
    };
    match result {
        Some(Ok(result)) => (
            StatusCode::OK,
            json!({"ok": true, "result": result}).to_string(),
        ),
        Some(Err(error)) => (
            StatusCode::BAD_REQUEST,
            json!({"ok": false, "error": error.0}).to_string(),
        ),
        None => (
            StatusCode::NOT_FOUND,
            json!({"ok": false, "error": "no such path"}).to_string(),
        ),
    }
}

fn arguments(query: Option<&str>, body: &[u8]) -> Result<(Option<String>, Value), SimError> {
    let mut args = Map::new();
    for (key, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let value =
            serde_json::from_str(&value).unwrap_or_else(|_| Value::from(value.into_owned()));
        args.insert(key.into_owned(), value);
    }
    if !body.is_empty() {
        let more: Map<String, Value> =
            serde_json::from_slice(body).map_err(|error| SimError::new(error.to_string()))?;
        args.extend(more);
    }
    let token = match args.remove("bot") {
        None => None,
        Some(Value::String(token)) => Some(token),
        Some(_) => return Err(SimError::new("bot must be a token")),
    };
    Ok((token, Value::Object(args)))
}

async fn run(bot: &SimBot, path: &str, args: Value) -> Option<Result<Value, SimError>> {
    if let Some(path) = path.strip_prefix("load/") {
        return control_load::handle(bot, path, args).await;
    }
    if path == "wait" {
        return Some(wait(bot, args).await);
    }
    let result = act(bot, path, &args).or_else(|| read(bot, path, &args));
    Some(result?.and_then(|action| action))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserArgs {
    user: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PressArgs {
    user: i64,
    chat: Option<i64>,
    message_id: i64,
    target: PressTarget,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditArgs {
    user: i64,
    chat: Option<i64>,
    message_id: i64,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedArgs {
    base: i64,
    n: i64,
    #[serde(default)]
    language_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberArgs {
    chat: i64,
    user: i64,
    standing: Standing,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChatArgs {
    chat: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PollArgs {
    user: i64,
    poll_id: String,
    option_ids: Vec<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateArgs {
    update_id: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderArgs {
    /// Shuffled with this seed; reversed when absent.
    #[serde(default)]
    seed: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JumpArgs {
    by: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DownArgs {
    down: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LanguageArgs {
    user: i64,
    language_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownUserArgs {
    user: i64,
    known: super::User,
}

type Outcome = Result<Result<Value, SimError>, SimError>;

/// Reads arguments, then does something with them.
fn with<T: serde::de::DeserializeOwned>(
    args: &Value,
    f: impl FnOnce(T) -> Result<Value, SimError>,
) -> Outcome {
    parse(args.clone()).map(f)
}

/// Actions; `None` when there is no such path.
fn act(bot: &SimBot, path: &str, args: &Value) -> Option<Outcome> {
    Some(match path {
        "say" => with(args, |say: Say| bot.say_with(&say).map(|said| json!(said))),
        "press" => with(args, |a: PressArgs| {
            let chat = a.chat.unwrap_or(a.user);
            bot.press(a.user, chat, a.message_id, &a.target)
                .map(|pressed| json!(pressed))
        }),
        "edit" => with(args, |a: EditArgs| {
            let chat = a.chat.unwrap_or(a.user);
            bot.edit_said(chat, a.user, a.message_id, &a.text)
                .map(|id| json!({"update_id": id}))
        }),
        "update" => with(args, |fields| {
            Ok(json!({"update_id": bot.odd_update(fields)}))
        }),
        "unknown_update" => Ok(Ok(json!({"update_id": bot.unknown_update()}))),
        "unparsable_update" => Ok(Ok(json!({"update_id": bot.unparsable_update()}))),
        "block" => with(args, |a: UserArgs| {
            Ok(json!({"update_id": bot.block(a.user)}))
        }),
        "unblock" => with(args, |a: UserArgs| {
            Ok(json!({"update_id": bot.unblock(a.user)}))
        }),
        "deactivate" => with(args, |a: UserArgs| done(bot.deactivate(a.user))),
        "language" => with(args, |a: LanguageArgs| {
            done(bot.set_language(a.user, a.language_code.as_deref()))
        }),
        "user" => with(args, |a: KnownUserArgs| done(bot.set_user(a.user, a.known))),
        "poll_answer" => with(args, |a: PollArgs| {
            Ok(json!({"update_id": bot.poll_answer(a.user, &a.poll_id, &a.option_ids)}))
        }),
        "duplicate" => with(args, |a: UpdateArgs| {
            bot.duplicate(a.update_id).and_then(done)
        }),
        "reorder" => with(args, |a: OrderArgs| match a.seed {
            Some(seed) => done(bot.shuffle_queue(seed)),
            None => done(bot.reverse_queue()),
        }),
        "jump" => with(args, |a: JumpArgs| done(bot.jump_update_id(a.by))),
        "expire_presses" => Ok(done(bot.expire_presses())),
        "seed" => with(args, |a: SeedArgs| {
            done(bot.seed_chats(a.base, a.n, a.language_code.as_deref().unwrap_or("fi")))
        }),
        "group" => with(args, |new| bot.create_group(new).and_then(done)),
        "member" => with(args, |a: MemberArgs| {
            bot.set_member(a.chat, a.user, a.standing).and_then(done)
        }),
        "bot_member" => with(args, |a: MemberArgs| {
            bot.set_bot_standing(a.chat, a.user, a.standing)
                .and_then(done)
        }),
        "migrate" => with(args, |a: ChatArgs| {
            bot.migrate(a.chat).map(|id| json!({"chat": id}))
        }),
        "faults" => with(args, |faults| done(bot.set_faults(faults))),
        "script" => with(args, |script| done(bot.script(script))),
        "clear_scripts" => Ok(done(bot.clear_scripts())),
        "down" => with(args, |a: DownArgs| done(bot.set_down(a.down))),
        "limits" => with(args, |limits| done(bot.set_limits(limits))),
        "reset_counts" => Ok(done(bot.reset_counts())),
        "reset_limits" => Ok(done(bot.reset_limits())),
        _ => return None,
    })
}

#[allow(
    clippy::unnecessary_wraps,
    clippy::needless_pass_by_value,
    reason = "fits `with`"
)]
fn done((): ()) -> Result<Value, SimError> {
    Ok(json!({}))
}

/// Reading back; `None` when there is no such path.
fn read(bot: &SimBot, path: &str, args: &Value) -> Option<Outcome> {
    Some(match path {
        "messages" => with(args, |a: ChatArgs| {
            Ok(bot.read(|s| json!(s.messages(a.chat))))
        }),
        "answers" => Ok(Ok(bot.read(|s| json!(s.callback_answers())))),
        "calls" => Ok(Ok(bot.read(|s| json!(s.all_calls())))),
        "log" => Ok(Ok(bot.read(|s| json!(s.call_log())))),
        "chat" => with(args, |a: ChatArgs| Ok(bot.read(|s| json!(s.group(a.chat))))),
        "limit_report" => Ok(Ok(bot.read(|s| json!(s.limit_report())))),
        "state" => Ok(Ok(bot.read(|s| {
            json!({
                "pending": s.pending_updates(),
                "last_update_id": s.last_update_id(),
                "answered": s.answered(),
                "chat_actions": s.chat_actions(),
                "webhook": s.webhook_url(),
                "enforced": s.limits.limits.mode == LimitMode::Enforce,
                "faults_dealt": bot.faults_dealt(),
            })
        }))),
        "pending" => Ok(Ok(bot.read(|s| json!(s.pending_ids())))),
        _ => return None,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaitArgs {
    timeout_ms: u64,
    /// With `messages`: this chat.
    chat: Option<i64>,
    /// At least so many undeleted messages of the bot in the chat.
    messages: Option<usize>,
    /// At least so many answered presses.
    answered: Option<u64>,
    /// With `calls`: this method.
    method: Option<String>,
    /// At least so many calls of the method.
    calls: Option<u64>,
    /// At most so many unconfirmed updates.
    pending: Option<usize>,
}

/// Waits until all given conditions hold.
async fn wait(bot: &SimBot, args: Value) -> Result<Value, SimError> {
    let args: WaitArgs = parse(args)?;
    let met = |state: &super::State| {
        args.messages
            .is_none_or(|n| state.bot_messages(args.chat.unwrap_or(0)).len() >= n)
            && args.answered.is_none_or(|n| state.answered() >= n)
            && args.calls.is_none_or(|n| {
                state
                    .calls(args.method.as_deref().unwrap_or("sendMessage"))
                    .total
                    >= n
            })
            && args.pending.is_none_or(|n| state.pending_updates() <= n)
    };
    bot.wait_until(met, Duration::from_millis(args.timeout_ms))
        .await
        .map(|()| json!({}))
}
