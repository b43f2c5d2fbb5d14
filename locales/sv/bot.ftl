### Vad boten säger. Mini-Markdown: **stark**, [text](adress), "- " och "1. ".

## Början och hjälp

start = **{ $municipality } – trygghetsboten**

    Hej! Jag är en bot, inte en människa och inte nödcentralen. I en nödsituation: **ring 112**.

    Fråga om säkerhet med egna ord, till exempel ”Hur testar jag brandvarnaren?”. Jag svarar med råd som människor har granskat, och berättar vad källan är.

    Du får brådskande varningar för ditt område. Andra meddelanden skickar jag bara om du prenumererar på dem.
start-group = **{ $municipality } – trygghetsboten**

    Jag är en bot, inte en människa och inte nödcentralen. I en nödsituation: **ring 112**.

    I en grupp svarar jag när du nämner mitt namn eller svarar på mitt meddelande. Du kan prenumerera på meddelanden när du skriver till mig privat.
help = Fråga om säkerhet med egna ord. Jag svarar med råd som människor har granskat. Om jag inte vet säger jag var du kan fråga.

    Du kan också skriva:
    - **meddelanden** – vad som är på gång i ditt område
    - **enkäter** – säg din åsikt
    - **ämnen** – prenumerera på meddelanden eller avsluta
    - **områden** – välj vilket område du följer
    - **språk** – byt språk
    - **tysta timmar** – inga vanliga meddelanden på natten
    - **dataskydd**, **mina uppgifter**, **radera mina uppgifter**
    - **sluta** – jag skickar inget mer

    I en nödsituation: ring 112.
greeting = Hej! Fråga mig om säkerhet med egna ord. I en nödsituation: ring 112.
thanks = Varsågod! Fråga gärna igen när du vill.
unknown-command = Jag känner inte till det kommandot. Skriv **meny**, så berättar jag vad jag kan.
empty = Jag hittade inga ord i ditt meddelande. Skriv din fråga med egna ord. I en nödsituation: ring 112.
stale-button = Den här knappen används inte längre. Skriv **meny**, så kommer du vidare.
mishap = Något gick sönder och jag kunde inte svara. Försök igen om en stund. I en nödsituation: ring 112.
group-private = Det här går bara mellan oss två. Skriv till mig privat.
saved = Sparat.

## Annat än ord

media-sticker = Fint klistermärke! Men jag förstår bara text. Skriv din fråga med egna ord.
media-voice = Jag kan inte lyssna på röstmeddelanden. Skriv din fråga. I en nödsituation: ring 112.
media-photo = Jag kan inte se bilder. Beskriv läget med ord. I en nödsituation: ring 112.
media-location = Jag kan inte använda din plats. I en nödsituation: ring 112. Om du ringer med appen 112 Suomi får nödcentralen veta var du är.
media-other = Jag förstår bara text. Skriv din fråga med egna ord. I en nödsituation: ring 112.

## Nöd

emergency = 🚨 **Om det är nöd nu: ring genast 112.**
emergency-how = Berätta vad som har hänt och var du är. Svara på frågorna och följ råden. Lägg inte på förrän du får lov. Om du inte kan höra eller tala, skicka ett textmeddelande till 112.
cry-help = Om ingen är i fara kan du berätta med egna ord vad det gäller. Jag hjälper om jag kan.

## Svar

answer-title = **{ $question }**
answer-source = Källa: [{ $source }]({ $url }). Ansvarar: { $authority }. Granskat { $day }.
answer-verify = Kontrollera aktuella uppgifter hos källan.
offer = Menade du något av det här?
unknown = Jag vet inte svaret på det här, och om säkerhet gissar jag inte.
unknown-long = Jag hittade ingen fråga i ditt meddelande som jag kan svara på. Försök igen lite kortare, en sak i taget.
unknown-112 = I en nödsituation: ring 112. Jag sparade din fråga utan uppgift om vem som frågade. Då kan kommunen komplettera svaren.

## Meddelanden

notices = { $count ->
        [one] **Just nu gäller { $count } meddelande.**
       *[other] **Just nu gäller { $count } meddelanden.**
    }
notices-none = Just nu gäller inga meddelanden. Om du prenumererar på ämnen får du nya meddelanden genast.
notice-headline = **{ $headline }**
notice-alert = ⚠️ **{ $headline }**
notice-sent = Skickat { $at }.
notice-112 = Om någon är i fara: ring 112.
sender = { $municipality }
sender-topic = { $municipality } · { $topic }
sender-area = { $municipality } · { $area }
sender-topic-area = { $municipality } · { $topic } · { $area }

## Prenumerationer

topics = **Vilka ämnen vill du få meddelanden om?**

    { $count ->
        [0] Du prenumererar inte på något ämne nu.
        [one] Du prenumererar nu på { $count } ämne.
       *[other] Du prenumererar nu på { $count } ämnen.
    } Välj ett ämne för att börja eller sluta prenumerera. Brådskande varningar får du alltid.
subscribed = Du prenumererar nu på: { $topic }.
unsubscribed = Du prenumererar inte längre på: { $topic }.
topic-unknown = Jag hittade inte det ämnet. Välj i listan.
areas = **Vilket område vill du följa?**

    { $count ->
        [0] Du har inte valt något område, så du får meddelanden för hela kommunen.
        [one] Du följer nu { $count } område.
       *[other] Du följer nu { $count } områden.
    } Välj ett område för att lägga till det eller ta bort det.
areas-none = I den här kommunen finns inga skilda områden. Du får meddelanden för hela kommunen.
area-followed = Du följer nu området: { $area }.
area-unfollowed = Du följer inte längre området: { $area }.

## Språk

languages = Vilket språk vill du använda? / Millä kielellä haluat jutella?
language-set = Nu talar jag svenska. Fråga om säkerhet med egna ord. I en nödsituation: ring 112.
speak-this = På svenska

## Tysta timmar

quiet-on = **De tysta timmarna är på kl. { $from }–{ $to }.**

    Vanliga meddelanden och enkäter väntar till morgonen. Brådskande varningar kommer genast.
quiet-off = **De tysta timmarna är av.**

    Om du slår på dem väntar vanliga meddelanden och enkäter på natten till morgonen. Brådskande varningar kommer ändå genast.

## Enkäter

polls = { $count ->
        [one] **Just nu är { $count } enkät öppen.**
       *[other] **Just nu är { $count } enkäter öppna.** Välj vilken du vill svara på.
    }
polls-none = Just nu finns inga öppna enkäter. Om du prenumererar på ämnen får du nya enkäter genast.
poll-question = 📋 **{ $question }**
poll-yours = Ditt svar nu: { $option }
poll-rules = Kommunen ser bara hur många som har svarat vad, inte vem. Du kan ändra ditt svar tills enkäten stängs.
poll-private = Svara på enkäten mellan oss två: skriv **enkäter** till mig privat.
poll-closed = Den här enkäten är redan stängd. Tack för ditt intresse!
voted = Ditt svar är sparat: { $option }. Du kan ändra det tills enkäten stängs.
unvoted = Ditt svar är borttaget. Du kan svara på nytt tills enkäten stängs.

## Dataskydd

privacy = **Vem driver det här?**

    Boten drivs av { $controller }, { $address }, som också ansvarar för personuppgifterna. Programmet är öppen källkod: Turvabot.
privacy-stored = **Vad lagras om dig?**

    - chattens adress i den här tjänsten, ditt språk och dina val
    - dina svar i öppna enkäter; när en enkät stängs går svaret inte längre att koppla till dig
    - vilka meddelanden du har fått
    - chatten på webbplatsen i högst { $hours ->
        [one] { $hours } timme
       *[other] { $hours } timmar
    }

    Ditt namn, ditt telefonnummer och dina frågor lagras inte bland dina uppgifter. En fråga som jag inte kunde svara på sparas utan uppgift om vem som frågade.
privacy-rights = Du kan se dina uppgifter och radera dem när du vill.
my-data = **Allt som finns lagrat om dig**
my-data-who = - Tjänst: { $channel }
    - Chattens id: { $address }
    - Språk: { $language }
my-data-lang-chosen = svenska (du valde själv)
my-data-lang-guessed = svenska (det framgick av dina meddelanden)
my-data-choices = - Ämnen: { $topics }
    - Områden: { $areas }
    - Tysta timmar: { $quiet }
    - { $status }
my-data-quiet = kl. { $from }–{ $to }
my-data-quiet-off = av
my-data-active = Du får utskick.
my-data-stopped = Du får inga utskick, eftersom du har avslutat dem.
my-data-vote = Ditt svar i enkäten ”{ $question }”: { $option }
my-data-ledger = { $deliveries ->
        [one] I utskicksboken finns { $deliveries } meddelande till dig
       *[other] I utskicksboken finns { $deliveries } meddelanden till dig
    }, { $lines ->
        [0] och på webbplatsen finns ingen chatt med dig.
        [one] och på webbplatsen finns { $lines } rad av din chatt.
       *[other] och på webbplatsen finns { $lines } rader av din chatt.
    } Inget annat finns lagrat om dig.
channel-telegram = Telegram
channel-matrix = Matrix
channel-web = chatten på webbplatsen
none-topics = inga
none-areas = hela kommunen
erase-ask = **Ska jag radera alla dina uppgifter?**

    Jag raderar chattens adress, dina val, dina svar i öppna enkäter och din chatt. Du får inga fler meddelanden. Det går inte att ångra.
erased = Alla dina uppgifter är raderade. Om du skriver till mig igen börjar vi från början. I en nödsituation: ring 112.
erase-cancelled = Inget raderades.
stopped = Okej. Jag skickar inga fler meddelanden eller enkäter till dig, inte ens brådskande varningar. Du kan ändå fråga mig när du vill.
resumed = Nu skickar jag igen brådskande varningar och de meddelanden du prenumererar på.

## Knappar

button-topics = Prenumerera
button-subscriptions = Ändra prenumerationer
button-areas = Välj ditt område
button-notices = Meddelanden
button-polls = Enkäter
button-language = Språk
button-privacy = Dataskydd
button-help = Vad kan jag fråga?
button-my-data = Mina uppgifter
button-erase = Radera mina uppgifter
button-erase-yes = Ja, radera allt
button-erase-no = Radera inte
button-resume = Skicka igen
button-quiet-on = Slå på
button-quiet-off = Slå av
button-unvote = Ta bort mitt svar

## Datum

date = { $day }.{ $month }.{ $year }
date-and-time = { $day }.{ $month }.{ $year } kl. { $hour }.{ $minute }

## Botens presentation i Telegram

profile-name = { $municipality } – trygghetsboten
profile-about = Säkerhetsråd, meddelanden och enkäter. I en nödsituation: ring 112.
profile-description = Fråga om säkerhet på svenska eller finska. Du får ett granskat råd och dess källa. Du kan också prenumerera på kommunens meddelanden och svara på enkäter.

    Jag är en bot, inte nödcentralen. I en nödsituation: ring 112.

## Kun kunta ei ole antanut omia tekstejään / När kommunen inte har gett egna texter

contact-default = Fråga kommunens rådgivning.
address-default = se kommunens webbplats
