### Vad boten säger. Mini-Markdown: **stark**, [text](adress), "- " och "1. ".

## Början och hjälp

start = **Trygghetsboten – { $municipality }**

    Hej! Jag är en bot, inte en människa och inte nödcentralen. I en nödsituation: **ring 112**.

    Fråga om säkerhet med egna ord. Du kan till exempel fråga: ”Hur testar jag brandvarnaren?” Jag svarar med råd som människor har granskat. Jag berättar också var rådet kommer ifrån.

    Jag skickar kommunens brådskande varningar till dig. Andra meddelanden får du bara om du prenumererar på dem.
also-speak = Jag talar också svenska. Skriv: **svenska**
start-group = **Trygghetsboten – { $municipality }**

    Jag är en bot, inte en människa och inte nödcentralen. I en nödsituation: **ring 112**.

    I en grupp svarar jag när du nämner mitt namn eller svarar på mitt meddelande. Om du vill prenumerera på meddelanden, skriv till mig privat.
help = Fråga om säkerhet med egna ord. Jag svarar med råd som människor har granskat. Om jag inte vet svaret säger jag var du kan fråga.

    Du kan också skriva:
    - **meddelanden** – se kommunens meddelanden
    - **enkäter** – säg din åsikt
    - **ämnen** – börja eller sluta prenumerera på meddelanden
    - **områden** – välj vilket område du följer
    - **språk** – byt språk
    - **tysta timmar** – inga vanliga meddelanden på natten
    - **dataskydd** – vad som sparas om dig
    - **mina uppgifter** – se dina uppgifter
    - **radera mina uppgifter** – radera allt om dig
    - **sluta** – jag skickar inget mer, inte ens varningar

    I en nödsituation: ring 112.
greeting = Hej! Fråga mig om säkerhet med egna ord. I en nödsituation: ring 112.
thanks = Varsågod! Fråga gärna igen när du vill.
unknown-command = Jag känner inte till det kommandot. Skriv **meny**, så berättar jag vad jag kan. I en nödsituation: ring 112.
empty = Jag hittade inga ord i ditt meddelande. Skriv din fråga med egna ord. I en nödsituation: ring 112.
stale-button = Den här knappen fungerar inte längre. Skriv **meny**, så kommer du vidare.
mishap = Något gick fel och jag kunde inte svara. Försök igen om en stund. I en nödsituation: ring 112.
group-private = Det här går bara mellan oss två. Skriv till mig privat.
saved = Sparat.

## Annat än ord

media-sticker = Fin dekal! Men jag förstår bara text. Skriv din fråga med egna ord.
media-voice = Jag kan inte lyssna på röstmeddelanden. Skriv din fråga. I en nödsituation: ring 112.
media-photo = Jag kan inte se bilder. Berätta om läget med ord. I en nödsituation: ring 112.
media-location = I en nödsituation: ring 112. Jag kan inte använda din position, och den går inte till nödcentralen. Om du ringer med appen 112 Suomi får nödcentralen veta var du är.
media-other = Jag förstår bara text. Skriv din fråga med egna ord. I en nödsituation: ring 112.
unreadable = Jag kunde inte öppna ditt krypterade meddelande. Skicka det igen. Om det inte hjälper, börja en ny chatt med mig. I en nödsituation: ring 112.

## Nöd

emergency = 🚨 **Om det är en nödsituation nu: ring genast 112.**
emergency-how = Jag kan inte larma åt dig. Ring själv, om du kan. Berätta vad som har hänt. Säg exakt adress och kommun. Svara på frågorna och gör som du blir ombedd. Avsluta samtalet först när du får lov.

    Om du ringer med appen 112 Suomi får nödcentralen veta var du är.

    Om du inte kan höra eller tala, skicka ett textmeddelande till 112.
emergency-unknown = För det här har jag inget färdigt råd. Nödcentralen ger dig råd i telefonen.
cry-help = Om ingen är i fara kan du berätta med egna ord vad det gäller. Jag hjälper om jag kan.

## Svar

answer-title = **{ $question }**
answer-source = Källa: [{ $source }]({ $url }). Ansvarig: { $authority }. Granskat { $day }.
answer-origin = Texten är skriven av { $origin }.
answer-verify = Kontrollera i källan om uppgifterna fortfarande stämmer.
answer-expired = Det här rådet väntar på att bli granskat, så jag visar det inte nu.
duty-name = Det här sköts av: { $authority }.
duty-phone = Telefon: { $phone }
duty-phone-hours = Telefon: { $phone } ({ $hours })
duty-web = På webben: [{ $host }]({ $url })
duty-offer = Vilket av det här gäller det?
offer = Menade du något av det här?
more = Det här kan också höra till saken:
more-none = Mer än så hittade jag inte om det här.
more-of-what = Vad vill du veta mer om? Skriv din fråga med egna ord.
follow-up-none = Om det har jag inget närmare råd än det jag redan visade: { $question }
unknown = Jag vet inte svaret på det här. Jag gissar inte när det gäller säkerhet.
unknown-long = Jag hittade ingen fråga i ditt meddelande som jag kan svara på. Skriv kortare och fråga om en sak i taget.
unknown-112 = I en nödsituation: ring 112.
unknown-send = Du kan också skicka din fråga till kommunen. Kommunen ser inte vem som frågade och kan inte svara dig. Den kan lägga till ett nytt råd hos mig.
question-sent = Tack! Jag skickade din fråga till kommunen, men inte uppgift om vem som frågade.
question-gone = Frågan finns inte kvar. Skriv den på nytt, så kan du skicka den till kommunen.
feedback-noted = Tack för din respons!
other-emergency = 🚨 **If someone is in danger now, call 112.** I can't call for help for you. Say what has happened and where: the address and the town.
other-language = I only speak Finnish and Swedish. In an emergency, **call 112**. For advice in Finnish or Swedish, choose a language below.

## Meddelanden

notices = { $count ->
        [one] **Just nu gäller { $count } meddelande.**
       *[other] **Just nu gäller { $count } meddelanden.**
    }
notices-none = Kommunen har inga gällande meddelanden just nu. I en nödsituation: ring 112.

    När du prenumererar på ämnen skickar jag nya meddelanden till dig.
notice-headline = **{ $headline }**
notice-alert = ⚠️ **{ $headline }**
notice-sent = Skickat { $at }.
notice-updated = Uppdaterat { $at }.
notice-cancelled = **Återkallat: { $headline }**
notice-cancelled-at = Kommunen återkallade det här meddelandet { $at }. Det gäller inte längre.
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
    } Välj ett ämne för att börja eller sluta prenumerera.

    Du behöver inte prenumerera på brådskande varningar. Om du inte vill ha några meddelanden alls, skriv **sluta**.
subscribed = Du prenumererar nu på: { $topic }.
unsubscribed = Du prenumererar inte längre på: { $topic }.
areas = **Vilket område vill du följa?**

    { $count ->
        [0] Du har inte valt något område, så du får varningar och meddelanden för alla områden.
        [one] Du följer nu { $count } område. Du får också varningar och meddelanden för hela kommunen, men inte för andra områden.
       *[other] Du följer nu { $count } områden. Du får också varningar och meddelanden för hela kommunen, men inte för andra områden.
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

    Då skickar jag inga vanliga meddelanden eller enkäter. Du får dem när de tysta timmarna är slut. Brådskande varningar skickar jag genast, också på natten.
quiet-off = **De tysta timmarna är av.**

    Du kan få meddelanden och enkäter också på natten. Om du slår på de tysta timmarna väntar de till morgonen. Brådskande varningar skickar jag ändå genast.

## Enkäter

polls = { $count ->
        [one] **Just nu är { $count } enkät öppen.**
       *[other] **Just nu är { $count } enkäter öppna.** Välj vilken du vill svara på.
    }
polls-none = Just nu finns inga öppna enkäter. När du prenumererar på ämnen skickar jag också nya enkäter till dig.
poll-question = 📋 **{ $question }**
poll-yours = Ditt svar nu: { $option }
poll-rules = Kommunen ser bara antalet svar. Den ser inte vem som har svarat vad. Du kan ändra ditt svar tills enkäten stängs.
poll-private = Svara på enkäten mellan oss två: skriv **enkäter** till mig privat.
poll-closed = Den här enkäten är redan stängd. Tack för ditt intresse!
voted = Ditt svar är sparat: { $option }. Du kan ändra ditt svar tills enkäten stängs.
unvoted = Ditt svar är borttaget. Du kan svara på nytt tills enkäten stängs.
poll-ended = 📋 **Enkäten är avslutad: { $question }**
poll-option-votes = - { $option }: { $count ->
        [one] { $count } svar
       *[other] { $count } svar
    } ({ $percent } %)
poll-votes = { $count ->
        [one] Enkäten fick { $count } svar.
       *[other] Enkäten fick { $count } svar.
    }
poll-too-few = Det kom så få svar att resultatet inte visas. Då kan ingen räkna ut vad någon annan har svarat.
poll-thanks = Tack till alla som svarade!
poll-choices = Alternativen i den här enkäten är 1–{ $last }. Svara med en siffra eller skriv alternativet med ord.

## Dataskydd

privacy = **Vem driver det här?**

    Boten drivs av { $controller }, som också ansvarar för personuppgifterna. Kontaktuppgifter: { $address }.

    Botens program är Turvabot. Programmet har öppen källkod.
privacy-stored = **Vad sparas om dig?**

    - chattens id i den här tjänsten
    - ditt språk och dina val
    - dina svar i öppna enkäter
    - anteckningar om meddelanden som har skickats till dig
    - din chatt på webbplatsen, i högst { $hours ->
        [one] { $hours } timme
       *[other] { $hours } timmar
    }

    När en enkät stängs går ditt svar inte längre att koppla till dig.

    Ditt namn och ditt telefonnummer sparas inte bland dina uppgifter. Dina frågor sparas bara i chatten på webbplatsen. Jag minns det råd jag senast visade, så att du kan fråga mer om det. Jag minns din senaste fråga tills du frågar något annat. Om jag inte kan svara eller du trycker på 👎 får kommunen se frågan men inte vem som ställde den. Jag döljer namn, adresser och långa nummer som jag känner igen.
privacy-rights = Du kan se dina uppgifter och radera dem när du vill.
my-data = **Allt som är sparat om dig**
my-data-who = - Tjänst: { $channel }
    - Chattens id: { $address }
    - Språk: { $language }
my-data-lang-chosen = svenska (du valde själv)
my-data-lang-guessed = svenska (min gissning)
my-data-choices = - Ämnen du prenumererar på: { $topics }
    - Områden: { $areas }
    - Tysta timmar: { $quiet }
    - { $status }
my-data-quiet = kl. { $from }–{ $to }
my-data-quiet-off = av
my-data-active = Du får varningar och de meddelanden du prenumererar på.
my-data-stopped = Du får inga meddelanden eller varningar, eftersom du har slutat ta emot dem. Om du vill ha dem igen, skriv **börja**.
my-data-vote = Ditt svar i enkäten ”{ $question }”: { $option }
my-data-last = Det råd jag senast visade: { $question }
my-data-asked = Din fråga, som det svarade på: { $question }
my-data-question = En fråga som jag inte kunde svara på: { $question }
my-data-ledger = - Anteckningar om meddelanden som har skickats till dig: { $deliveries }
    - Rader av din chatt på webbplatsen: { $lines }

    Inget annat är sparat om dig.
channel-telegram = Telegram
channel-matrix = Matrix
channel-web = chatten på webbplatsen
none-topics = inga
none-areas = hela kommunen
erase-ask = **Ska jag radera alla dina uppgifter?**

    Jag raderar chattens id, dina val, dina svar i öppna enkäter och din chatt. Efter det skickar jag inget mer till dig, inte ens brådskande varningar. Det går inte att ångra.

    Svara **ja** eller **nej**.
erased = Alla dina uppgifter är raderade. Om du skriver till mig igen börjar vi från början. I en nödsituation: ring 112.
erase-cancelled = Okej. Jag raderade inget.
stopped = Okej. Jag skickar inga fler meddelanden eller enkäter till dig, **inte ens brådskande varningar**.

    Du kan ändå fråga mig när du vill. Om du ändrar dig, skriv **börja**.
resumed = Nu skickar jag igen brådskande varningar och de meddelanden du prenumererar på.

## Knappar

button-topics = Prenumerera
button-subscriptions = Ändra prenumerationer
button-areas = Välj ditt område
button-notices = Meddelanden
button-polls = Enkäter
button-language = Språk
button-privacy = Dataskydd
button-helped = 👍 Till hjälp
button-helped-not = 👎 Ingen hjälp
button-none-of-these = Inget av det här
button-send-question = Skicka frågan till kommunen
button-help = Vad kan jag fråga?
button-my-data = Mina uppgifter
button-erase = Radera mina uppgifter
button-erase-yes = Ja, radera allt
button-erase-no = Nej, radera inte
button-resume = Skicka meddelanden igen
button-quiet-on = Slå på
button-quiet-off = Slå av
button-unvote = Ta bort mitt svar

## Datum

date = { $day }.{ $month }.{ $year }
date-and-time = { $day }.{ $month }.{ $year } kl. { $hour }.{ $minute }

## Botens presentation i Telegram

profile-name = Trygghetsboten – { $municipality }
profile-about = Säkerhetsråd, kommunens meddelanden och enkäter. I en nödsituation: ring 112.
profile-description = Fråga om säkerhet på svenska eller finska. Du får råd som människor har granskat, och källan till dem. Du kan också prenumerera på kommunens meddelanden och svara på enkäter.

    Jag är en bot, inte en människa och inte nödcentralen. I en nödsituation: ring 112.

## Kun kunta ei ole antanut omia tekstejään / När kommunen inte har gett egna texter

contact-default = Fråga kommunens rådgivning.
address-default = se kommunens webbplats

## Matrix

choose = Välj med en siffra:
poll-over = Enkäten är avslutad.
board-name = { $municipality }: säkerhetsmeddelanden
board-quiet = Kommunens säkerhetsmeddelanden. Just nu finns det inga gällande meddelanden. I en nödsituation: ring 112.
board-live = Kommunens säkerhetsmeddelanden. De meddelanden som gäller är fästa. I en nödsituation: ring 112.
