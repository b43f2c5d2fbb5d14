//! Every visible text of the web chat, filled from the locale files.

use crate::domain::Lang;

/// A link in the page's footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FooterLink {
    /// What the link says.
    pub label: String,
    /// Where it leads: `https:`, `http:`, `tel:`, `mailto:` or a path on this site.
    pub url: String,
}

macro_rules! page_texts {
    ($($(#[$doc:meta])+ $field:ident = $key:literal,)+) => {
        /// The visible texts of the page in one language.
        ///
        /// Nothing is shown to a resident that is not in here or in a line of the transcript.
        #[derive(Clone, Debug)]
        pub struct PageTexts {
            /// The language of these texts.
            pub lang: Lang,
            /// The municipality's name in this language.
            pub municipality: String,
            /// The links at the bottom of the page.
            pub footer: Vec<FooterLink>,
            $($(#[$doc])+ pub $field: String,)+
        }

        impl PageTexts {
            /// The keys of the locale files behind the texts.
            pub const KEYS: &'static [&'static str] = &[$($key),+];

            /// Takes each text from `text`, which is asked for every key in [`Self::KEYS`].
            pub fn from_lookup(
                lang: Lang,
                municipality: String,
                footer: Vec<FooterLink>,
                mut text: impl FnMut(&str) -> String,
            ) -> Self {
                Self { lang, municipality, footer, $($field: text($key)),+ }
            }
        }
    };
}

page_texts! {
    /// This language's own name, such as "Suomi", in the language switch.
    language_name = "web-language-name",
    /// The window's title.
    title = "web-title",
    /// The page's description for search engines.
    description = "web-description",
    /// The bot's name: in the header and above its lines.
    bot_name = "web-bot-name",
    /// The link that jumps to the message field.
    skip_link = "web-skip-link",
    /// The emergency strip's link, such as "Hätätilanteessa soita 112".
    emergency = "web-emergency",
    /// The number that the emergency link calls, such as "112".
    emergency_number = "web-emergency-number",
    /// The emergency strip's addition: that the bot calls nobody.
    emergency_note = "web-emergency-note",
    /// The label of the language switch.
    languages_label = "web-languages-label",
    /// The heading above an empty conversation.
    intro_title = "web-intro-title",
    /// What the bot can help with.
    intro_text = "web-intro-text",
    /// What not to write to the bot.
    intro_privacy = "web-intro-privacy",
    /// The button that starts the conversation.
    start = "web-start",
    /// The label of the conversation.
    log_label = "web-log-label",
    /// Who wrote the resident's own lines: "Sinä".
    you = "web-you",
    /// How a line's time is written: a pattern of `strftime`.
    time_pattern = "web-time-pattern",
    /// The label of the buttons under a line.
    buttons_label = "web-buttons-label",
    /// The label of the message field.
    text_label = "web-text-label",
    /// The message field's example.
    text_placeholder = "web-text-placeholder",
    /// How the keys work in the message field.
    text_hint = "web-text-hint",
    /// The send button.
    send = "web-send",
    /// The status while a message is on its way.
    sending = "web-sending",
    /// The status when a message did not get through; its text is kept.
    send_failed = "web-send-failed",
    /// The status when the connection has been lost.
    connection_lost = "web-connection-lost",
    /// The status when the connection is there again.
    connection_back = "web-connection-back",
    /// The button that leads to messages below the visible part.
    new_messages = "web-new-messages",
    /// The explanation to those whose browser does not run the script.
    no_script = "web-no-script",
    /// The link that loads the page again.
    refresh = "web-refresh",
    /// The label of the footer's links.
    footer_label = "web-footer-label",
    /// The heading of an error page.
    error_title = "web-error-title",
    /// The message is longer than allowed.
    error_too_long = "web-error-too-long",
    /// The request was not understood.
    error_bad_request = "web-error-bad-request",
    /// The request came from another site.
    error_forbidden = "web-error-forbidden",
    /// There is no such page.
    error_not_found = "web-error-not-found",
    /// Too many requests in a short time.
    error_too_many = "web-error-too-many",
    /// The service does not answer now.
    error_unavailable = "web-error-unavailable",
    /// The label of the kept message on an error page.
    error_draft_label = "web-error-draft-label",
    /// The link from an error page to the conversation.
    error_back = "web-error-back",
}
