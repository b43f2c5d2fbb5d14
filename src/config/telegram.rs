//! Reads the `[telegram]` section.

use std::num::NonZeroU32;
use std::path::Path;

use url::{Host, Url};

use super::secret::{Given, need_secret, secret};
use super::sections::base_url;
use super::{Mode, Secret, Telegram, Web};
use crate::faults::Reader;

/// Telegram's own server, see <https://core.telegram.org/bots/api#making-requests>.
const TELEGRAM_API: &str = "https://api.telegram.org/";

/// The channel's settings; `None` only with a fault recorded.
pub(super) fn telegram(mut reader: Reader<'_>, web: &Web, base: &Path) -> Option<Telegram> {
    let token = telegram_token(&mut reader, base);
    let api_url = if reader.has("api_url") {
        base_url(&mut reader, "api_url")
    } else {
        Url::parse(TELEGRAM_API).ok()
    };
    let modes = [("polling", false), ("webhook", true)];
    let webhook = reader.choice("mode", &modes).unwrap_or(false);
    let mode = telegram_mode(&mut reader, webhook, web, base);
    let per_second = reader.whole("messages_per_second", 0..=1000).unwrap_or(30);
    let official = api_url
        .as_ref()
        .is_some_and(|url| url.as_str() == TELEGRAM_API);
    if per_second == 0 && official {
        let cure = "write 1 to 1000, or set telegram.api_url";
        let what = format!("0 (no own limit) is for a server of your own; {cure}");
        reader.fault("messages_per_second", what);
    }
    let mut pace = |key: &str, most: u32, default: NonZeroU32| {
        let number = reader.whole(key, 1..=most);
        number.and_then(NonZeroU32::new).unwrap_or(default)
    };
    const ONE: NonZeroU32 = NonZeroU32::MIN;
    let per_chat = pace("messages_per_second_per_chat", 1000, ONE);
    let per_group = pace(
        "messages_per_minute_per_group",
        60_000,
        ONE.saturating_add(19),
    );
    let connections = pace("connections", 1000, ONE.saturating_add(63));
    Some(Telegram {
        token: token?,
        api_url: api_url?,
        mode: mode?,
        messages_per_second: NonZeroU32::new(per_second),
        messages_per_second_per_chat: per_chat,
        messages_per_minute_per_group: per_group,
        connections,
    })
}

/// The token, of the shape `digits:letters`; Telegram promises no exact length.
fn telegram_token(reader: &mut Reader<'_>, base: &Path) -> Option<Secret> {
    let given = need_secret(reader, "telegram", "token", "token_file", base)?;
    let sound = given
        .secret
        .expose()
        .split_once(':')
        .is_some_and(|(bot, key)| {
            (1..=20).contains(&bot.len())
                && bot.bytes().all(|b| b.is_ascii_digit())
                && (30..=50).contains(&key.len())
                && key.bytes().all(url_safe)
        });
    if !sound {
        let cure = "copy it from @BotFather, digits, colon and all";
        reader.fault(given.key, format_args!("is not a bot token; {cure}"));
        return None;
    }
    Some(given.secret)
}

fn telegram_mode(reader: &mut Reader<'_>, webhook: bool, web: &Web, base: &Path) -> Option<Mode> {
    let keys = ("webhook_secret", "webhook_secret_file");
    let given = if webhook {
        need_secret(reader, "telegram", keys.0, keys.1, base)
    } else {
        secret(reader, keys.0, keys.1, base)
    };
    if let Some(Given { key, secret }) = &given {
        let text = secret.expose();
        if !(1..=256).contains(&text.len()) || !text.bytes().all(url_safe) {
            let cure = "write 1 to 256 characters, each A-Z, a-z, 0-9, _ or -";
            reader.fault(key, format_args!("is not a webhook secret; {cure}"));
        }
    }
    if !webhook {
        return Some(Mode::Polling);
    }
    if !web.enabled {
        let cure = "set web.enabled = true or mode = \"polling\"";
        reader.fault(
            "mode",
            format_args!("webhook mode needs the web server; {cure}"),
        );
    }
    let public_url = web.public_url.clone().filter(reachable);
    if public_url.is_none() {
        let cure = "set web.public_url to an https address, or to a loopback one for a trial";
        reader.fault(
            "mode",
            format_args!("webhook mode needs a public address; {cure}"),
        );
    }
    Some(Mode::Webhook {
        secret: given?.secret,
        public_url: public_url?,
    })
}

fn url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Whether Telegram, or a stand-in on this machine, may call the address.
fn reachable(url: &Url) -> bool {
    url.scheme() == "https"
        || match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
}
