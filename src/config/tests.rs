//! Every key right once, wrong once, and documented once.

mod example;
mod telegram;

use std::path::{Path, PathBuf};

use super::{Config, KEYS, LogFormat, Mode, Secret, keys};
use crate::domain::{Lane, Lang};

const TOKEN: &str = "123456789:abcdefghijklmnopqrstuvwxyz_ABCDEFGH";

/// The least there must be.
const BASE: &str = "[municipality]\ncode = \"049\"\nname_fi = \"F\"\nname_sv = \"S\"\n\
                    [database]\nurl = \"sqlite://x.sqlite\"\n";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder for the test"))
    }

    fn path(&self) -> PathBuf {
        std::path::absolute(self.0.path()).expect("a path")
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).expect("a file in the test's folder");
    }

    /// Settings from `turvabot.toml` and variables, or the faults as text, without the folder.
    fn load(&self, toml: &str, env: &[(&str, &str)]) -> Result<Config, String> {
        self.write("turvabot.toml", toml);
        let folder = self.path();
        load(Some(&folder.join("turvabot.toml")), env)
            .map_err(|faults| faults.replace(&format!("{}/", folder.display()), ""))
            .map_err(|faults| {
                // They were sorted with the folder before the file's name.
                let mut lines: Vec<&str> = faults.lines().collect();
                lines.sort_unstable();
                lines.join("\n")
            })
    }
}

fn load(path: Option<&Path>, env: &[(&str, &str)]) -> Result<Config, String> {
    let env = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(path, env).map_err(|faults| faults.to_string())
}

/// The base, with a section added or a line put at the head of a section that it has.
fn with(section: &str, lines: &str) -> String {
    let head = format!("[{section}]\n");
    if BASE.contains(&head) {
        let key = lines.split(' ').next().unwrap_or_default();
        BASE.lines()
            .filter(|line| !line.starts_with(&format!("{key} ")))
            .map(|line| format!("{line}\n"))
            .collect::<String>()
            .replace(&head, &format!("{head}{lines}\n"))
    } else {
        format!("{BASE}{head}{lines}\n")
    }
}

/// One wrong value, and the line it must give (after the file's name).
#[rustfmt::skip]
const BROKEN: &[(&str, &str, &str)] = &[
    ("municipality", "code = 49", "municipality.code: is a whole number; write text in quotes"),
    ("municipality", "code = \"49\"", "municipality.code: \"49\" is not a municipality code; write three digits in quotes, such as \"049\""),
    ("municipality", "name_fi = \" \"", "municipality.name_fi: is empty; give it a value or leave the key out"),
    ("municipality", "name_sv = [\"S\"]", "municipality.name_sv: is a list; write text in quotes"),
    ("municipality", "cod = \"049\"", "municipality.cod: unknown key; did you mean \"code\"?"),
    ("database", "url = \"mysql://u:hush@h/d\"", "database.url: is of an unknown kind; write sqlite://path or postgres://user@host/database"),
    ("database", "url = \"turvabot.db\"", "database.url: is not an address; write sqlite://path or postgres://user@host/database"),
    ("database", "url = \"sqlite://\"", "database.url: has no path; write sqlite://path/to/turvabot.sqlite"),
    ("database", "url = \"sqlite::memory:\"", "database.url: keeps nothing; write sqlite://path/to/turvabot.sqlite"),
    ("database", "url = \"sqlite://x?mode=memory\"", "database.url: keeps nothing; leave out mode=memory"),
    ("database", "url = \"postgres:///d\"", "database.url: names no host; write postgres://user@host/database"),
    ("database", "url_file = \"there\"", "database.url_file: url is given, too (turvabot.toml); keep one of them"),
    ("web", "listen = \":8080\"", "web.listen: \":8080\" is not an address; write IP address and port, such as 127.0.0.1:8080"),
    ("web", "public_url = \"ftp://x.fi\"", "web.public_url: \"ftp:\" is not http or https; write an address such as https://www.example.fi/"),
    ("web", "public_url = \"x.fi\"", "web.public_url: not a web address (relative URL without a base); write an address such as https://www.example.fi/"),
    ("web", "public_url = \"https://u:hush@x.fi\"", "web.public_url: holds a user name or password; write an address such as https://www.example.fi/"),
    ("web", "public_url = \"https://:hush@x.fi\"", "web.public_url: holds a user name or password; write an address such as https://www.example.fi/"),
    ("web", "public_url = \"https://x.fi/#a\"", "web.public_url: holds a #fragment; write an address such as https://www.example.fi/"),
    ("web", "public_url = \"https://x.fi/?a=b\"", "web.public_url: holds a ?query; write the address without it"),
    ("web", "behind_proxy = 1", "web.behind_proxy: is a whole number; write true or false, without quotes"),
    ("web", "enabled = \"true\"", "web.enabled: is text; write true or false, without quotes"),
    ("telegram", "mode = \"polling\"", "telegram.token: missing; write token or token_file, or set TURVABOT_TELEGRAM__TOKEN"),
    ("telegram", "token = \"hush\"", "telegram.token: is not a bot token; copy it from @BotFather, digits, colon and all"),
    ("telegram", "token = \"12a:abcdefghijklmnopqrstuvwxyz_ABCDEFGH\"", "telegram.token: is not a bot token; copy it from @BotFather, digits, colon and all"),
    ("telegram", "token_file = \"none\"", "telegram.token_file: none cannot be read (No such file or directory (os error 2)); check path and rights"),
    ("telegram", "token_file = \"blank\"", "telegram.token_file: blank is empty; put the secret in it"),
    ("telegram", "token_file = \"there\"", "telegram.token_file: is not a bot token; copy it from @BotFather, digits, colon and all"),
    ("telegram+", "tokn = \"x\"", "telegram.tokn: unknown key; did you mean \"token\"?"),
    ("telegram+", "api_url = \"localhost:8081\"", "telegram.api_url: \"localhost:\" is not http or https; write an address such as https://www.example.fi/"),
    ("telegram+", "mode = \"push\"", "telegram.mode: \"push\" is not known; write \"polling\" or \"webhook\""),
    ("telegram+", "webhook_secret = \"a b\"", "telegram.webhook_secret: is not a webhook secret; write 1 to 256 characters, each A-Z, a-z, 0-9, _ or -"),
    ("telegram+", "webhook_secret_file = \"blank\"", "telegram.webhook_secret_file: blank is empty; put the secret in it"),
    ("telegram+", "messages_per_second = 1001", "telegram.messages_per_second: 1001 is out of range; write a whole number from 0 to 1000"),
    ("telegram+", "messages_per_second = 0", "telegram.messages_per_second: 0 (no own limit) is for a server of your own; write 1 to 1000, or set telegram.api_url"),
    ("telegram+", "messages_per_second_per_chat = 0", "telegram.messages_per_second_per_chat: 0 is out of range; write a whole number from 1 to 1000"),
    ("telegram+", "messages_per_minute_per_group = \"20\"", "telegram.messages_per_minute_per_group: is text; write a whole number from 1 to 60000, without quotes"),
    ("telegram+", "connections = 1.5", "telegram.connections: is a number with decimals; write a whole number from 1 to 1000, without quotes"),
    ("matrix", "homeserver = \"matrix.example.fi\"", "matrix.homeserver: not a web address (relative URL without a base); write an address such as https://www.example.fi/"),
    ("matrix", "user = \"turvabot\"", "matrix.user: \"turvabot\" is not a Matrix user; write @name:server"),
    ("matrix", "password_file = \"blank\"", "matrix.password_file: blank is empty; put the secret in it"),
    ("matrix", "recovery_key_file = \"blank\"", "matrix.recovery_key_file: blank is empty; put the secret in it"),
    ("matrix", "store_dir = \"\"", "matrix.store_dir: is empty; give it a value or leave the key out"),
    ("matrix", "access_token_file = \"blank\"", "matrix.access_token_file: blank is empty; put the secret in it"),
    ("matrix", "password_file = \"there\"\naccess_token_file = \"there\"", "matrix.access_token_file: password_file is given, too; keep one of them"),
    ("matrix", "allow_servers = [\"@a:b\"]", "matrix.allow_servers: \"@a:b\" is not a server; write its name, such as example.fi"),
    ("matrix", "deny_servers = [\"https://x/\"]", "matrix.deny_servers: \"https://x/\" is not a server; write its name, such as example.fi"),
    ("matrix", "deny_users = [\"x\"]", "matrix.deny_users: \"x\" is not a Matrix user; write @name:server"),
    ("matrix", "invites_per_minute = 0", "matrix.invites_per_minute: 0 is out of range; write a whole number from 1 to 1000"),
    ("matrix", "messages_per_second = 1001", "matrix.messages_per_second: 1001 is out of range; write a whole number from 0 to 1000"),
    ("matrix", "connections = 0", "matrix.connections: 0 is out of range; write a whole number from 1 to 1000"),
    ("matrix", "rooms = 1", "matrix.rooms: is a whole number; write [[rooms]]"),
    ("matrix", "[[matrix.rooms]]\nalias = \"turva\"\nlang = \"fi\"", "matrix.rooms[#1].alias: \"turva\" is not an alias of a room; write #name:server"),
    ("matrix", "[[matrix.rooms]]\nalias = \"#t:s\"", "matrix.rooms[#1].lang: missing; write lang = \"fi\" or lang = \"sv\""),
    ("answers", "model_dir = false", "answers.model_dir: is true or false; write text in quotes"),
    ("content", "dir = 2026-11-23", "content.dir: is a date or time; write text in quotes"),
    ("outbox", "resend_ambiguous = [\"alerts\"]", "outbox.resend_ambiguous: \"alerts\" is not a lane; write some of \"alert\", \"reply\", \"notice\", \"poll\"; did you mean \"alert\"?"),
    ("outbox", "resend_ambiguous = [\"poll\", \"poll\"]", "outbox.resend_ambiguous: \"poll\" stands there twice; remove one"),
    ("outbox", "resend_ambiguous = [1]", "outbox.resend_ambiguous: item 1 is a whole number; write text in quotes"),
    ("outbox", "resend_ambiguous = \"poll\"", "outbox.resend_ambiguous: is text; write a list such as [\"a\", \"b\"]"),
    ("outbox", "notice_retry_hours = -4", "outbox.notice_retry_hours: -4 is out of range; write a whole number from 1 to 168"),
    ("answers", "review_grace_days = -1", "answers.review_grace_days: -1 is out of range; write a whole number from 0 to 3650"),
    ("privacy", "web_history_hours = 0", "privacy.web_history_hours: 0 is out of range; write a whole number from 1 to 8760"),
    ("privacy", "inbox_days = 366", "privacy.inbox_days: 366 is out of range; write a whole number from 1 to 365"),
    ("privacy", "questions_days = 3651", "privacy.questions_days: 3651 is out of range; write a whole number from 1 to 3650"),
    ("log", "format = \"xml\"", "log.format: \"xml\" is not known; write \"text\" or \"json\""),
    ("log", "level = \"loud\"", "log.level: \"loud\" is not a level; write error, warn, info, debug, trace or off, or target=level pairs"),
    ("quiet_hours", "from = \"24:00\"", "quiet_hours.from: \"24:00\" is not a time of day; write hours and minutes in quotes, from \"00:00\" to \"23:59\""),
    ("quiet_hours", "to = \"22:00\"", "quiet_hours.to: is the same time as quiet_hours.from; write another"),
    ("telegramm", "token = \"x\"", "telegramm: unknown section; did you mean \"telegram\"?"),
    ("languages", "fi = true", "languages: unknown section"),
];

fn folder_with_secrets() -> Folder {
    let folder = Folder::new();
    folder.write("blank", " \n");
    folder.write("there", "hush\r\n");
    folder
}

/// The line, with what else `[matrix]` must have.
fn with_account(line: &str) -> String {
    let account = [
        ("homeserver", "homeserver = \"https://matrix.example.fi\"\n"),
        ("user", "user = \"@turvabot:example.fi\"\n"),
    ];
    let missing = account
        .into_iter()
        .filter(|(key, _)| !line.starts_with(&format!("{key} ")));
    missing.map(|(_, line)| line).collect::<String>() + line
}

#[test]
fn each_wrong_value_gives_one_line_that_names_its_key() {
    let folder = folder_with_secrets();
    for (section, line, expected) in BROKEN {
        let toml = match section.strip_suffix('+') {
            Some(section) => with(section, &format!("token = \"{TOKEN}\"\n{line}")),
            None if *section == "matrix" => with(section, &with_account(line)),
            None => with(section, line),
        };
        let faults = folder.load(&toml, &[]).map(|_| ()).expect_err(line);
        assert_eq!(faults, format!("turvabot.toml: {expected}"), "{line}");
    }
}

#[test]
fn each_key_is_broken_somewhere_in_the_table() {
    for (section, keys) in KEYS {
        for key in *keys {
            let fault = format!("{section}.{key}: ");
            assert!(
                BROKEN.iter().any(|(_, _, line)| line.starts_with(&fault)),
                "no wrong value for {section}.{key}"
            );
        }
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let folder = Folder::new();
    let toml = "[municipality]\ncode = \"49\"\n[telegram]\nmode = \"push\"\ntokn = \"x\"\n";
    let env = [
        ("TURVABOT_WEB__LISTEN", "nowhere"),
        ("TURVABOT_WEB__LISTN", "x"),
        ("TURVABOT_WEBB__LISTEN", "x"),
        ("TURVABOT_TELEGRAM_TOKEN", "x"),
        ("TURVABOT_SERVICE_HOST", "10.0.0.1"),
        ("TURVABOT_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("HOME", "x"),
    ];
    let faults = folder.load(toml, &env).map(|_| ()).expect_err("faults");
    let expected = [
        "TURVABOT_TELEGRAM_TOKEN: unknown variable; did you mean TURVABOT_TELEGRAM__TOKEN?",
        "TURVABOT_WEBB__LISTEN: webb.listen: unknown section \"webb\"; did you mean \"web\"?",
        "TURVABOT_WEB__LISTEN: web.listen: \"nowhere\" is not an address; write IP address and \
         port, such as 127.0.0.1:8080",
        "TURVABOT_WEB__LISTN: web.listn: unknown key \"listn\"; did you mean \"listen\"?",
        "turvabot.toml: database.url: missing; write url or url_file, or set \
         TURVABOT_DATABASE__URL",
        "turvabot.toml: municipality.code: \"49\" is not a municipality code; write three digits \
         in quotes, such as \"049\"",
        "turvabot.toml: municipality.name_fi: missing; write name_fi = \"…\" (in Finnish), or \
         set TURVABOT_MUNICIPALITY__NAME_FI",
        "turvabot.toml: municipality.name_sv: missing; write name_sv = \"…\" (in Swedish), or \
         set TURVABOT_MUNICIPALITY__NAME_SV",
        "turvabot.toml: telegram.mode: \"push\" is not known; write \"polling\" or \"webhook\"",
        "turvabot.toml: telegram.token: missing; write token or token_file, or set \
         TURVABOT_TELEGRAM__TOKEN",
        "turvabot.toml: telegram.tokn: unknown key; did you mean \"token\"?",
    ];
    let told: Vec<&str> = faults.lines().collect();
    assert_eq!(told, expected);
}

#[test]
fn the_environment_goes_before_the_file_and_is_coerced() {
    let folder = Folder::new();
    let toml = with("web", "listen = \"127.0.0.1:1\"\nenabled = true");
    let env = [
        ("TURVABOT_WEB__LISTEN", "[::1]:81"),
        ("TURVABOT_WEB__ENABLED", "false"),
        ("TURVABOT_OUTBOX__RESEND_AMBIGUOUS", "poll, alert"),
        ("TURVABOT_OUTBOX__NOTICE_RETRY_HOURS", "6"),
        ("TURVABOT_MUNICIPALITY__CODE", "091"),
        ("TURVABOT_TELEGRAM__TOKEN", TOKEN),
    ];
    let config = folder.load(&toml, &env).expect("settings");
    assert_eq!(config.web.listen.to_string(), "[::1]:81");
    assert!(!config.web.enabled);
    assert_eq!(config.outbox.resend_ambiguous, [Lane::Poll, Lane::Alert]);
    assert_eq!(config.outbox.notice_retry.as_secs(), 6 * 3600);
    assert_eq!(config.municipality.code, "091");
    assert_eq!(
        config
            .telegram
            .map(|t| t.token.expose().to_owned())
            .as_deref(),
        Some(TOKEN)
    );
}

#[test]
fn a_wrong_variable_is_named() {
    let folder = Folder::new();
    for (name, value, expected) in [
        (
            "TURVABOT_OUTBOX__NOTICE_RETRY_HOURS",
            "four",
            "outbox.notice_retry_hours: is \"four\"; write a whole number from 1 to 168, without quotes",
        ),
        (
            "TURVABOT_PRIVACY__INBOX_DAYS",
            "400",
            "privacy.inbox_days: 400 is out of range; write a whole number from 1 to 365",
        ),
        (
            "TURVABOT_WEB__ENABLED",
            "yes",
            "web.enabled: is text; write true or false, without quotes",
        ),
        (
            "TURVABOT_DATABASE__URL_FILE",
            "x",
            "database.url_file: url is given, too (turvabot.toml); keep one of them",
        ),
        (
            "TURVABOT_LOG__FORMAT",
            "",
            "log.format: is empty; give it a value or leave the key out",
        ),
    ] {
        let faults = folder.load(BASE, &[(name, value)]).map(|_| ());
        assert_eq!(faults, Err(format!("{name}: {expected}")));
    }
}

#[test]
fn variables_alone_will_do_and_missing_ones_are_told() {
    let all = [
        ("TURVABOT_MUNICIPALITY__CODE", "049"),
        ("TURVABOT_MUNICIPALITY__NAME_FI", "F"),
        ("TURVABOT_MUNICIPALITY__NAME_SV", "S"),
        ("TURVABOT_DATABASE__URL", "postgres://u:hush@h/d"),
    ];
    let config = load(None, &all).expect("settings");
    assert_eq!(config.database.url.expose(), "postgres://u:hush@h/d");
    let faults = load(None, &all[1..]).map(|_| ()).expect_err("a fault");
    assert_eq!(
        faults,
        "environment: municipality.code: missing; write code = \"049\" (its three digits), or set \
         TURVABOT_MUNICIPALITY__CODE"
    );
}

#[test]
fn secrets_come_from_files_and_show_nowhere() {
    let folder = Folder::new();
    folder.write("token", &format!("{TOKEN}\r\n"));
    folder.write("hook", "hush-hook\n");
    folder.write("db", "postgres://u:hush@h/d\n");
    folder.write("key", "hush hush key\n");
    let toml = BASE.replace("url = \"sqlite://x.sqlite\"", "url_file = \"db\"")
        + "[web]\npublic_url = \"https://x.fi\"\n\
           [telegram]\ntoken_file = \"token\"\nmode = \"webhook\"\n\
           webhook_secret_file = \"hook\"\n\
           [matrix]\nhomeserver = \"https://m.example.fi\"\nuser = \"@t:example.fi\"\npassword_file = \"key\"\nrecovery_key_file = \"key\"\n";
    let config = folder.load(&toml, &[]).expect("settings");
    let shown = format!("{config:?}");
    assert!(!shown.contains("hush") && !shown.contains(TOKEN), "{shown}");
    assert_eq!(config.database.url.expose(), "postgres://u:hush@h/d");
    let telegram = config.telegram.expect("telegram");
    assert_eq!(telegram.token.expose(), TOKEN);
    assert_eq!(
        format!("{} {:?}", telegram.token, telegram.token),
        "*** ***"
    );
    let matrix = config.matrix.expect("matrix");
    assert_eq!(
        matrix.password.as_ref().map(Secret::expose),
        Some("hush hush key")
    );
    assert_eq!(
        matrix.recovery_key.as_ref().map(Secret::expose),
        Some("hush hush key")
    );
}

#[test]
fn no_fault_shows_a_secret() {
    let folder = folder_with_secrets();
    for toml in [
        with("telegram", "token = hush:hush\n"),
        with("telegram", "token = \"hush\n"),
        with("telegram", "token = \"hush\" hush\n"),
        with("telegram", "token = [\"hush\"]"),
        with(
            "telegram",
            "token = \"hush\"\nwebhook_secret = \"hush hush\"",
        ),
        with("database", "url = \"hush://u:hush@h/d\""),
        with("database", "url = \"postgres://u:hush@h:port/d\""),
    ] {
        let faults = folder.load(&toml, &[]).map(|_| ()).expect_err(&toml);
        assert!(!faults.contains("hush"), "{faults}");
    }
}

#[test]
fn relative_paths_start_at_the_files_folder() {
    let folder = Folder::new();
    let at = |name: &str| folder.path().join(name);
    let toml = format!("{BASE}[content]\ndir = \"town\"\n[answers]\nmodel_dir = \"/model\"\n");
    let config = folder.load(&toml, &[]).expect("settings");
    assert_eq!(config.content.dir, Some(at("town")));
    assert_eq!(config.answers.model_dir, Some("/model".into()));
    for (url, expected) in [
        (
            "sqlite://d/x.db?mode=rwc",
            format!("sqlite://{}?mode=rwc", at("d/x.db").display()),
        ),
        ("sqlite:x.db", format!("sqlite://{}", at("x.db").display())),
        ("sqlite:///d/x.db", "sqlite:///d/x.db".to_owned()),
    ] {
        let toml = with("database", &format!("url = \"{url}\""));
        let config = folder.load(&toml, &[]).expect(url);
        assert_eq!(config.database.url.expose(), expected);
    }
}

#[test]
fn a_syntax_error_tells_its_place_and_the_variables_are_checked_all_the_same() {
    let folder = Folder::new();
    let faults = folder.load("[web]\nlisten = \n", &[("TURVABOT_WEB__PORT", "1")]);
    let faults = faults.map(|_| ()).expect_err("faults");
    let lines: Vec<&str> = faults.lines().collect();
    assert_eq!(lines.len(), 2, "{faults}");
    assert_eq!(
        lines[0],
        "TURVABOT_WEB__PORT: web.port: unknown key \"port\""
    );
    assert!(lines[1].starts_with("turvabot.toml:2:"), "{faults}");
    let missing = load(Some(Path::new("no/such.toml")), &[]).map(|_| ());
    let missing = missing.expect_err("a fault");
    assert!(
        missing.starts_with("no/such.toml: cannot be read ("),
        "{missing}"
    );
}

#[test]
fn what_is_left_out_has_its_default() {
    let config = Folder::new().load(BASE, &[]).expect("settings");
    assert_eq!(
        config.municipality.name.get(Lang::SV).map(String::as_str),
        Some("S")
    );
    assert_eq!(config.web.listen.to_string(), "127.0.0.1:8080");
    assert!(config.web.enabled && config.web.public_url.is_none());
    assert!(config.telegram.is_none() && config.matrix.is_none());
    assert_eq!(config.outbox.resend_ambiguous, Lane::ALL);
    assert_eq!(config.outbox.notice_retry.as_secs(), 4 * 3600);
    assert_eq!(config.privacy.web_history.as_secs(), 24 * 3600);
    assert_eq!(config.privacy.inbox.as_secs(), 7 * 24 * 3600);
    assert_eq!(
        (config.log.format, config.log.level.as_str()),
        (LogFormat::Text, "info")
    );
    assert_eq!(
        (config.quiet_hours.from, config.quiet_hours.to),
        (1320, 420)
    );
    let lines = format!("token = \"{TOKEN}\"");
    let config = Folder::new()
        .load(&with("telegram", &lines), &[])
        .expect("settings");
    let telegram = config.telegram.expect("telegram");
    assert_eq!(telegram.api_url.as_str(), "https://api.telegram.org/");
    assert!(matches!(telegram.mode, Mode::Polling));
    assert_eq!(telegram.messages_per_second.map(u32::from), Some(30));
    assert_eq!(telegram.messages_per_second_per_chat.get(), 1);
    assert_eq!(telegram.messages_per_minute_per_group.get(), 20);
    assert_eq!(telegram.connections.get(), 64);
}

#[test]
fn a_variable_is_named_after_its_key() {
    assert_eq!(
        keys::variable("quiet_hours", "from"),
        "TURVABOT_QUIET_HOURS__FROM"
    );
}

#[test]
fn the_demo_stays_on_this_machine() {
    let folder = Folder::new();
    let listen = ([127, 0, 0, 1], 8081).into();
    let demo = Config::demo(&folder.path().join("50% off?"), listen);
    let url = demo.database.url.expose();
    assert!(
        url.starts_with("sqlite:///") && url.ends_with("/50%25 off%3F/turvabot.sqlite"),
        "{url}"
    );
    assert_eq!(demo.web.listen, listen);
    assert_eq!(demo.municipality.code, "000");
    assert_eq!(
        demo.web.public_url.map(String::from).as_deref(),
        Some("http://127.0.0.1:8081/")
    );
    assert!(demo.telegram.is_none() && demo.matrix.is_none());
    let anywhere = Config::demo(&folder.path(), ([0, 0, 0, 0], 8081).into());
    assert!(anywhere.web.public_url.is_none(), "not an address to visit");
}
