//! Reads each section: types, ranges, defaults, and what one key asks of another.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::{Table, Value};
use url::Url;

use super::secret::need_secret;
use super::telegram::telegram;
use super::{
    Answers, Config, ContentFolder, DEFAULT_QUIET_HOURS, Database, Log, LogFormat, Municipality,
    Outbox, Privacy, Secret, Web, keys,
};
use crate::domain::{Lane, Lang, QuietHours};
use crate::faults::{Faults, Reader, Variables, did_you_mean};

/// The settings in `table`, with relative paths under `base`; `None` only with a fault recorded.
///
/// Faults may be recorded beside settings, too: then the settings are not to be used.
pub(super) fn read(
    place: &str,
    mut table: Table,
    variables: &Variables,
    base: &Path,
    faults: &mut Faults,
) -> Option<Config> {
    // What every installation must tell is missed key by key, not as a section.
    for section in ["municipality", "database"] {
        table
            .entry(section)
            .or_insert_with(|| Value::Table(Table::new()));
    }
    let known: Vec<&str> = keys::sections().collect();
    let mut top = Reader::with_variables(place, table, &known, variables, faults);
    let municipality = section(&mut top, "municipality").and_then(municipality);
    let database = section(&mut top, "database").and_then(|reader| database(reader, base));
    let web = section(&mut top, "web").map_or_else(default_web, web);
    let telegram = section(&mut top, "telegram").map(|reader| telegram(reader, &web, base));
    let matrix = section(&mut top, "matrix").map(|reader| super::matrix::matrix(reader, base));
    let answers = section(&mut top, "answers");
    let answers = answers.map_or_else(Answers::default, |reader| answers_of(reader, base));
    let dir = section(&mut top, "content").and_then(|mut r| path(&mut r, "dir", base));
    let outbox = section(&mut top, "outbox").map_or_else(Outbox::default, outbox);
    let privacy = section(&mut top, "privacy").map_or_else(Privacy::default, privacy);
    let log = section(&mut top, "log").map_or_else(Log::default, log);
    let quiet = section(&mut top, "quiet_hours").map_or(DEFAULT_QUIET_HOURS, quiet_hours);
    // Every section has been read by now, so that one at fault hides no other.
    Some(Config {
        municipality: municipality?,
        database: database?,
        web,
        telegram: match telegram {
            Some(telegram) => Some(telegram?),
            None => None,
        },
        matrix: match matrix {
            Some(matrix) => Some(matrix?),
            None => None,
        },
        answers,
        content: ContentFolder { dir },
        outbox,
        privacy,
        log,
        quiet_hours: quiet,
    })
}

fn section<'a>(top: &'a mut Reader<'_>, name: &str) -> Option<Reader<'a>> {
    top.section(name, keys::keys(name))
}

fn municipality(mut reader: Reader<'_>) -> Option<Municipality> {
    let mut need = |key: &str, cure: &str| {
        let variable = keys::variable("municipality", key);
        reader.need_text(key, &format!("write {key} = {cure}, or set {variable}"))
    };
    let code = need("code", "\"049\" (its three digits)");
    let name_fi = need("name_fi", "\"…\" (in Finnish)");
    let name_sv = need("name_sv", "\"…\" (in Swedish)");
    let code = code?;
    if code.len() != 3 || !code.bytes().all(|b| b.is_ascii_digit()) {
        let cure = "write three digits in quotes, such as \"049\"";
        reader.fault(
            "code",
            format_args!("\"{code}\" is not a municipality code; {cure}"),
        );
    }
    Some(Municipality {
        code,
        name: [(Lang::FI, name_fi?), (Lang::SV, name_sv?)]
            .into_iter()
            .collect(),
    })
}

/// A path, made absolute.
pub(super) fn path(reader: &mut Reader<'_>, key: &str, base: &Path) -> Option<PathBuf> {
    let path = base.join(reader.text(key)?);
    Some(std::path::absolute(&path).unwrap_or(path))
}

/// A web address whose path ends in `/`, so that joining appends to it.
pub(super) fn base_url(reader: &mut Reader<'_>, key: &str) -> Option<Url> {
    let mut url = reader.web_url(key)?;
    if url.query().is_some() {
        reader.fault(key, "holds a ?query; write the address without it");
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Some(url)
}

fn database(mut reader: Reader<'_>, base: &Path) -> Option<Database> {
    let given = need_secret(&mut reader, "database", "url", "url_file", base)?;
    match database_url(given.secret.expose().trim(), base) {
        Ok(url) => Some(Database {
            url: Secret::new(url),
        }),
        Err(what) => {
            reader.fault(given.key, what);
            None
        }
    }
}

/// The address with an absolute path, or what is wrong with it; never the address itself.
fn database_url(text: &str, base: &Path) -> Result<String, &'static str> {
    if let Some(rest) = text.strip_prefix("sqlite:") {
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        return match path {
            ":memory:" => Err("keeps nothing; write sqlite://path/to/turvabot.sqlite"),
            _ if query.contains("mode=memory") => Err("keeps nothing; leave out mode=memory"),
            "" => Err("has no path; write sqlite://path/to/turvabot.sqlite"),
            _ if Path::new(path).is_absolute() => Ok(format!("sqlite://{path}{query}")),
            _ => Ok(format!("{}/{path}{query}", sqlite_url(base))),
        };
    }
    match Url::parse(text) {
        Ok(url) if !matches!(url.scheme(), "postgres" | "postgresql") => {
            Err("is of an unknown kind; write sqlite://path or postgres://user@host/database")
        }
        Ok(url) if url.host_str().is_none_or(str::is_empty) && !text.contains("host=") => {
            Err("names no host; write postgres://user@host/database")
        }
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("is not an address; write sqlite://path or postgres://user@host/database"),
    }
}

/// The address of a file, in which `%`, `?` and `#` have a meaning of their own.
pub(super) fn sqlite_url(file: &Path) -> String {
    let path = file.display().to_string();
    let path = path
        .replace('%', "%25")
        .replace('?', "%3F")
        .replace('#', "%23");
    format!("sqlite://{}", path.trim_end_matches('/'))
}

fn default_web() -> Web {
    Web {
        listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
        public_url: None,
        enabled: true,
        behind_proxy: false,
    }
}

fn web(mut reader: Reader<'_>) -> Web {
    let mut web = default_web();
    if let Some(text) = reader.text("listen") {
        match text.trim().parse() {
            Ok(listen) => web.listen = listen,
            Err(_) => {
                let cure = "write IP address and port, such as 127.0.0.1:8080";
                reader.fault(
                    "listen",
                    format_args!("\"{text}\" is not an address; {cure}"),
                );
            }
        }
    }
    web.public_url = base_url(&mut reader, "public_url");
    web.enabled = reader.flag("enabled").unwrap_or(web.enabled);
    web.behind_proxy = reader.flag("behind_proxy").unwrap_or(web.behind_proxy);
    web
}

fn outbox(mut reader: Reader<'_>) -> Outbox {
    let default = Outbox::default();
    let lanes = reader.texts("resend_ambiguous").map(|names| {
        let mut lanes = Vec::new();
        for name in names {
            match Lane::ALL.into_iter().find(|lane| lane.as_str() == name) {
                Some(lane) if lanes.contains(&lane) => {
                    let what = format!("\"{name}\" stands there twice; remove one");
                    reader.fault("resend_ambiguous", what);
                }
                Some(lane) => lanes.push(lane),
                None => {
                    let near = did_you_mean(&name, Lane::ALL.iter().map(|lane| lane.as_str()));
                    let cure = "write some of \"alert\", \"reply\", \"notice\", \"poll\"";
                    let what = format!("\"{name}\" is not a lane; {cure}{near}");
                    reader.fault("resend_ambiguous", what);
                }
            }
        }
        lanes
    });
    let hours = reader.whole("notice_retry_hours", 1..=168);
    Outbox {
        resend_ambiguous: lanes.unwrap_or(default.resend_ambiguous),
        notice_retry: hours.map_or(default.notice_retry, hours_long),
    }
}

fn answers_of(mut reader: Reader<'_>, base: &Path) -> Answers {
    let default = Answers::default();
    let model_dir = path(&mut reader, "model_dir", base);
    let days = reader.whole("review_grace_days", 0..=3650);
    Answers {
        model_dir,
        review_grace_days: days.unwrap_or(default.review_grace_days),
    }
}

fn privacy(mut reader: Reader<'_>) -> Privacy {
    let default = Privacy::default();
    let hours = reader.whole("web_history_hours", 1..=8760);
    let days = reader.whole("inbox_days", 1..=365);
    let questions = reader.whole("questions_days", 1..=3650);
    Privacy {
        questions: questions.map_or(default.questions, |days| hours_long(days * 24)),
        web_history: hours.map_or(default.web_history, hours_long),
        inbox: days.map_or(default.inbox, |days| hours_long(days * 24)),
    }
}

fn hours_long(hours: u32) -> Duration {
    Duration::from_hours(u64::from(hours))
}

fn log(mut reader: Reader<'_>) -> Log {
    let default = Log::default();
    let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    let format = reader.choice("format", &formats);
    let level = reader.text("level");
    if let Some(level) = level
        .as_ref()
        .filter(|level| !level.split(',').all(directive))
    {
        let cure = "write error, warn, info, debug, trace or off, or target=level pairs";
        reader.fault("level", format_args!("\"{level}\" is not a level; {cure}"));
    }
    Log {
        format: format.unwrap_or(default.format),
        level: level.unwrap_or(default.level),
    }
}

/// Whether this is a level, with or without `target=` before it.
fn directive(text: &str) -> bool {
    const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];
    let (target, level) = text
        .trim()
        .rsplit_once('=')
        .unwrap_or(("turvabot", text.trim()));
    let named = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b':';
    LEVELS.contains(&level) && !target.is_empty() && target.bytes().all(named)
}

fn quiet_hours(mut reader: Reader<'_>) -> QuietHours {
    let from = minute(&mut reader, "from").unwrap_or(DEFAULT_QUIET_HOURS.from);
    let to = minute(&mut reader, "to").unwrap_or(DEFAULT_QUIET_HOURS.to);
    if from == to {
        reader.fault("to", "is the same time as quiet_hours.from; write another");
    }
    QuietHours { from, to }
}

/// A time of day such as `22:00`, in minutes after midnight.
fn minute(reader: &mut Reader<'_>, key: &str) -> Option<u16> {
    let text = reader.text(key)?;
    let minute = (|| {
        let (hour, minute) = text.split_once(':')?;
        let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        if !two_digits(hour) || !two_digits(minute) {
            return None;
        }
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour < 24 && minute < 60).then_some(hour * 60 + minute)
    })();
    if minute.is_none() {
        let cure = "write hours and minutes in quotes, from \"00:00\" to \"23:59\"";
        reader.fault(key, format_args!("\"{text}\" is not a time of day; {cure}"));
    }
    minute
}
