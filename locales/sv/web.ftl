### Webbchattens sida

## Sidans övre del

web-language-name = Svenska
# $municipality: kommunens namn
web-title = Trygghetsboten – { $municipality }
web-description = Ställ frågor om säkerhet, beredskap och störningar i vardagen. Kommunen har granskat svaren.
web-bot-name = Trygghetsboten
web-skip-link = Gå till meddelandefältet
web-emergency = Ring 112 i nödsituationer
web-emergency-number = 112
web-emergency-note = Boten larmar inte hjälp.
web-languages-label = Språk

## Samtalet

web-intro-title = Hur kan jag hjälpa dig?
web-intro-text = Jag svarar på frågor om säkerhet och beredskap och berättar om kommunens säkerhetsmeddelanden. Jag är ett program, inte en människa.
web-intro-privacy = Skriv inte din personbeteckning, uppgifter om din hälsa eller andra personliga uppgifter.
web-start = Börja chatta
web-log-label = Samtalet
web-you = Du
# Tiden enligt strftime, till exempel 23.11 kl. 12.05
web-time-pattern = %-d.%-m kl. %-H.%M
web-buttons-label = Svarsalternativ

## Att skriva ett meddelande

web-text-label = Ditt meddelande
web-text-placeholder = Skriv här
web-text-hint = Enter skickar meddelandet, Skift + Enter byter rad.
web-send = Skicka
web-sending = Meddelandet skickas…
web-send-failed = Meddelandet kunde inte skickas. Texten finns kvar, försök igen om en stund.
web-connection-lost = Förbindelsen bröts. Försöker ansluta på nytt…
web-connection-back = Förbindelsen fungerar igen.
web-new-messages = Nya meddelanden
web-no-script = Din webbläsare kör inte sidans skript. Du kan ändå chatta: sidan laddas på nytt när du skickar ett meddelande. Övriga nya meddelanden ser du genom att uppdatera sidan.
web-refresh = Uppdatera samtalet

## Sidans nedre del

web-footer-label = Om tjänsten
web-footer-home = Kommunens webbplats
web-footer-privacy = Dataskyddsbeskrivning
web-footer-accessibility = Tillgänglighetsutlåtande

## Fel

web-error-title = Något gick fel
web-error-too-long = Meddelandet är för långt. Förkorta det och skicka på nytt.
web-error-bad-request = Begäran kunde inte tolkas. Gå tillbaka till samtalet och försök igen.
web-error-forbidden = Meddelanden kan bara skickas från den här sidan. Gå tillbaka till samtalet och försök igen.
web-error-not-found = Sidan hittades inte.
web-error-too-many = För många meddelanden på kort tid. Vänta en stund och försök igen.
web-error-unavailable = Tjänsten svarar inte just nu. Försök igen om en stund.
web-error-draft-label = Ditt meddelande som inte skickades
web-error-back = Tillbaka till samtalet
