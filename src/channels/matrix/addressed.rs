//! Whether words in a group are meant for the bot, and what is left of them without its name.

/// Who the bot is, as people write it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    /// `@name:server`.
    pub user: &'a str,
    /// The display name.
    pub display: &'a str,
}

/// The words without the bot's name, if they begin with it, hold its full name or are a command.
/// `mentioned` says that the event itself names the bot.
pub(super) fn addressed(body: &str, mentioned: bool, names: Names<'_>) -> Option<String> {
    let text = body.trim();
    if text.starts_with('!') && text.len() > 1 {
        return Some(text.to_owned());
    }
    let local = names
        .user
        .trim_start_matches('@')
        .split(':')
        .next()
        .unwrap_or("");
    let called = [names.user, names.display, local]
        .into_iter()
        .filter(|name| !name.is_empty())
        .find_map(|name| after_name(text, name));
    match called {
        Some(rest) => Some(rest.to_owned()),
        None if text.contains(names.user) => Some(text.replace(names.user, " ").trim().to_owned()),
        None => mentioned.then(|| text.to_owned()),
    }
}

/// What follows a name at the beginning: after `:` or `,`, or after a space if the name began with
/// `@`, for a name may be an everyday word.
fn after_name<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let bare = text.strip_prefix('@').unwrap_or(text);
    let name = name.trim_start_matches('@');
    let head = bare.get(..name.len())?;
    if !head.eq_ignore_ascii_case(name) {
        return None;
    }
    let rest = &bare[name.len()..];
    if rest.is_empty() {
        return Some(rest);
    }
    let at = text.len() != bare.len();
    rest.strip_prefix([':', ','])
        .or_else(|| rest.strip_prefix(' ').filter(|_| at))
        .map(str::trim_start)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names<'_> = Names {
        user: "@turvabotti:esimerkki.fi",
        display: "Turvabotti – Espoo",
    };

    #[test]
    fn a_group_is_answered_when_it_speaks_to_the_bot() {
        for (said, mentioned, meant) in [
            ("Turvabotti – Espoo: mitä teen?", false, Some("mitä teen?")),
            ("turvabotti, mitä teen?", false, Some("mitä teen?")),
            ("@turvabotti mitä teen?", false, Some("mitä teen?")),
            ("@turvabotti:esimerkki.fi", false, Some("")),
            (
                "mitä teen @turvabotti:esimerkki.fi",
                false,
                Some("mitä teen"),
            ),
            ("mitä teen?", true, Some("mitä teen?")),
            ("!apu", false, Some("!apu")),
            ("turvabotti on hyvä", false, None),
            ("!", false, None),
            ("mitä teen?", false, None),
        ] {
            assert_eq!(
                addressed(said, mentioned, NAMES).as_deref(),
                meant,
                "{said}"
            );
        }
    }
}
