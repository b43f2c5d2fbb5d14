### Webbchattens sida

## Sidans övre del

web-language-name = Svenska
# $municipality: kommunens namn
web-title = Trygghetsboten – { $municipality }
web-description = Fråga om säkerhet, beredskap och störningar i vardagen. Människor har granskat svaren.
web-bot-name = Trygghetsboten
web-skip-link = Gå till meddelandefältet
web-emergency = I en nödsituation: ring 112
web-emergency-number = 112
web-emergency-note = Boten kan inte larma åt dig.
web-languages-label = Språk

## Chatten

web-intro-title = Hur kan jag hjälpa dig?
web-intro-text = Jag svarar på frågor om säkerhet och beredskap. Jag berättar också om kommunens meddelanden. Jag är en bot, inte en människa och inte nödcentralen.
web-intro-privacy = Skriv inte din personbeteckning, uppgifter om din hälsa eller andra personliga uppgifter.
web-start = Börja chatta
web-log-label = Chatten
web-you = Du
# Tiden enligt strftime, till exempel 23.11 kl. 12.05
web-time-pattern = %-d.%-m kl. %-H.%M
web-buttons-label = Svarsalternativ

## Att skriva ett meddelande

web-text-label = Ditt meddelande
web-text-placeholder = Skriv här
web-text-hint = Enter skickar meddelandet. Shift + Enter byter rad.
web-send = Skicka
web-sending = Meddelandet skickas…
web-send-failed = Meddelandet kunde inte skickas. Texten finns kvar. Försök igen om en stund. I en nödsituation: ring 112.
web-connection-lost = Förbindelsen bröts. Jag försöker ansluta på nytt…
web-connection-back = Förbindelsen fungerar igen.
web-new-messages = Nya meddelanden
web-no-script = JavaScript fungerar inte i din webbläsare. Du kan ändå chatta. Sidan laddas på nytt när du skickar ett meddelande. Andra nya meddelanden ser du när du uppdaterar sidan.
web-refresh = Uppdatera chatten

## Sidans nedre del

web-footer-label = Om tjänsten

## Fel

web-error-title = Något gick fel
web-error-too-long = Meddelandet är för långt. Förkorta det och skicka på nytt.
web-error-bad-request = Jag förstod inte begäran. Gå tillbaka till chatten och försök igen.
web-error-forbidden = Meddelanden kan bara skickas från den här sidan. Gå tillbaka till chatten och försök igen.
web-error-not-found = Sidan hittades inte.
web-error-too-many = Du skickade för många meddelanden på kort tid. Vänta en stund och försök igen. I en nödsituation: ring 112.
web-error-unavailable = Tjänsten fungerar inte just nu. Försök igen om en stund. I en nödsituation: ring 112.
web-error-draft-label = Ditt meddelande som inte skickades
web-error-back = Tillbaka till chatten
