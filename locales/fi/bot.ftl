### Mitä botti sanoo. Mini-Markdown: **vahva**, [teksti](osoite), "- " ja "1. ".

## Alku ja ohje

start = **Turvabotti – { $municipality }**

    Hei! Olen botti, en ihminen enkä hätäkeskus. Hätätilanteessa **soita 112**.

    Kysy turvallisuudesta omin sanoin. Voit kysyä esimerkiksi: ”Miten testaan palovaroittimen?” Vastaan ohjeilla, jotka ihmiset ovat tarkistaneet. Kerron myös lähteen.

    Lähetän sinulle kunnan kiireelliset varoitukset. Muut tiedotteet saat vain, jos tilaat niitä.
also-speak = Puhun myös suomea. Kirjoita: **suomi**
start-group = **Turvabotti – { $municipality }**

    Olen botti, en ihminen enkä hätäkeskus. Hätätilanteessa **soita 112**.

    Ryhmässä vastaan, kun mainitset nimeni tai vastaat viestiini. Jos haluat tilata tiedotteita, kirjoita minulle yksityisesti.
help = Kysy turvallisuudesta omin sanoin. Vastaan ohjeilla, jotka ihmiset ovat tarkistaneet. Jos en tiedä vastausta, kerron, mistä voit kysyä.

    Voit myös kirjoittaa:
    - **tiedotteet** – katso kunnan tiedotteet
    - **kyselyt** – kerro mielipiteesi
    - **aiheet** – tilaa tiedotteita tai peru tilaus
    - **alueet** – valitse, mitä aluetta seuraat
    - **kieli** – vaihda kieli
    - **hiljaiset tunnit** – ei tavallisia tiedotteita yöllä
    - **tietosuoja** – mitä sinusta tallennetaan
    - **omat tiedot** – katso tietosi
    - **poista tietoni** – poista kaikki tietosi
    - **lopeta** – en lähetä enää mitään, en edes varoituksia

    Hätätilanteessa soita 112.
greeting = Hei! Kysy minulta turvallisuudesta omin sanoin. Hätätilanteessa soita 112.
thanks = Ole hyvä! Kysy lisää milloin vain.
unknown-command = En tunne tätä komentoa. Kirjoita **ohje**, niin kerron, mitä osaan. Hätätilanteessa soita 112.
empty = En löytänyt viestistäsi sanoja. Kirjoita kysymyksesi omin sanoin. Hätätilanteessa soita 112.
stale-button = Tämä painike ei enää toimi. Kirjoita **ohje**, niin pääset alkuun.
mishap = Jokin meni vikaan, enkä pystynyt vastaamaan. Yritä hetken kuluttua uudelleen. Hätätilanteessa soita 112.
group-private = Tämä onnistuu vain kahden kesken. Kirjoita minulle yksityisesti.
saved = Tallennettu.

## Muut kuin sanat

media-sticker = Kiva tarra! Ymmärrän kuitenkin vain tekstiä. Kirjoita kysymyksesi omin sanoin.
media-voice = En pysty kuuntelemaan ääniviestejä. Kirjoita kysymyksesi. Hätätilanteessa soita 112.
media-photo = En pysty katsomaan kuvia. Kerro tilanteesta sanoin. Hätätilanteessa soita 112.
media-location = Hätätilanteessa soita 112. En pysty käyttämään sijaintiasi, eikä se mene hätäkeskukseen. Jos soitat 112 Suomi -sovelluksella, hätäkeskus saa sijaintisi.
media-other = Ymmärrän vain tekstiä. Kirjoita kysymyksesi omin sanoin. Hätätilanteessa soita 112.
unreadable = En saanut salattua viestiäsi auki. Lähetä se uudelleen. Jos se ei auta, aloita kanssani uusi keskustelu. Hätätilanteessa soita 112.

## Hätä

emergency = 🚨 **Jos nyt on hätä, soita heti 112.**
emergency-how = En pysty hälyttämään apua. Soita itse, jos voit. Kerro, mitä on tapahtunut. Kerro tarkka osoite ja kunta. Vastaa kysymyksiin ja toimi ohjeiden mukaan. Lopeta puhelu vasta, kun saat luvan.

    Jos soitat 112 Suomi -sovelluksella, hätäkeskus saa sijaintisi.

    Jos et voi kuulla tai puhua, lähetä tekstiviesti numeroon 112.
emergency-unknown = Tähän minulla ei ole valmista ohjetta. Hätäkeskus neuvoo sinua puhelimessa.
cry-help = Jos kukaan ei ole vaarassa, kerro omin sanoin, mistä on kyse. Autan, jos osaan.

## Vastaukset

answer-title = **{ $question }**
answer-source = Lähde: [{ $source }]({ $url }). Asiasta vastaa: { $authority }. Tarkistettu { $day }.
answer-origin = Tekstin on kirjoittanut { $origin }.
answer-verify = Katso lähteestä, onko tieto vielä ajan tasalla.
answer-expired = Tämä ohje odottaa tarkistusta, joten en näytä sitä nyt.
duty-name = Tästä vastaa: { $authority }.
duty-phone = Puhelin: { $phone }
duty-phone-hours = Puhelin: { $phone } ({ $hours })
duty-web = Verkossa: [{ $host }]({ $url })
duty-offer = Mistä näistä on kyse?
offer = Tarkoititko jotakin näistä?
more = Nämäkin voivat liittyä asiaan:
more-none = Muuta en tästä löytänyt.
more-of-what = Mistä haluat tietää lisää? Kirjoita kysymyksesi omin sanoin.
follow-up-none = Tähän minulla ei ole tarkempaa ohjetta kuin se, jonka jo näytin: { $question }
unknown = En tiedä vastausta tähän. En arvaa, kun kyse on turvallisuudesta.
unknown-long = En löytänyt viestistäsi kysymystä, johon osaan vastata. Kirjoita lyhyemmin ja kysy yksi asia kerrallaan.
unknown-112 = Hätätilanteessa soita 112.
unknown-send = Voit myös lähettää kysymyksesi kunnalle. Kunta ei näe, kuka kysyi, eikä voi vastata sinulle. Se voi lisätä minulle uuden ohjeen.
question-sent = Kiitos! Lähetin kysymyksesi kunnalle, mutta en tietoa siitä, kuka kysyi.
question-gone = Kysymys ei ole enää tallessa. Kirjoita se uudelleen, niin voit lähettää sen kunnalle.
feedback-noted = Kiitos palautteesta!
other-emergency = 🚨 **If someone is in danger now, call 112.** I can't call for help for you. Say what has happened and where: the address and the town.
other-language = I only speak Finnish and Swedish. In an emergency, **call 112**. For advice in Finnish or Swedish, choose a language below.

## Tiedotteet

notices = { $count ->
        [one] **Voimassa on { $count } tiedote.**
       *[other] **Voimassa on { $count } tiedotetta.**
    }
notices-none = Kunnalla ei ole nyt voimassa olevia tiedotteita. Hätätilanteessa soita 112.

    Kun tilaat aiheita, lähetän sinulle uudet tiedotteet.
notice-headline = **{ $headline }**
notice-alert = ⚠️ **{ $headline }**
notice-sent = Lähetetty { $at }.
notice-updated = Päivitetty { $at }.
notice-cancelled = **Peruttu: { $headline }**
notice-cancelled-at = Kunta perui tämän tiedotteen { $at }. Se ei ole enää voimassa.
notice-112 = Jos joku on vaarassa, soita 112.
sender = { $municipality }
sender-topic = { $municipality } · { $topic }
sender-area = { $municipality } · { $area }
sender-topic-area = { $municipality } · { $topic } · { $area }

## Tilaukset

topics = **Mistä aiheista haluat tiedotteita?**

    { $count ->
        [0] Et tilaa nyt mitään aihetta.
        [one] Tilaat nyt { $count } aiheen.
       *[other] Tilaat nyt { $count } aihetta.
    } Valitse aihe, niin tilaat sen tai perut tilauksen.

    Kiireellisiä varoituksia ei tarvitse tilata. Jos et halua mitään viestejä, kirjoita **lopeta**.
subscribed = Tilasit aiheen: { $topic }.
unsubscribed = Peruit aiheen: { $topic }.
areas = **Mitä aluetta haluat seurata?**

    { $count ->
        [0] Et ole valinnut aluetta, joten saat varoitukset ja tiedotteet kaikilta alueilta.
        [one] Seuraat nyt { $count } aluetta. Saat myös koko kunnan varoitukset ja tiedotteet, mutta et muiden alueiden.
       *[other] Seuraat nyt { $count } aluetta. Saat myös koko kunnan varoitukset ja tiedotteet, mutta et muiden alueiden.
    } Valitse alue, niin lisäät tai poistat sen.
areas-none = Tässä kunnassa ei ole erillisiä alueita. Saat koko kunnan tiedotteet.
area-followed = Seuraat nyt aluetta: { $area }.
area-unfollowed = Et enää seuraa aluetta: { $area }.

## Kieli

languages = Millä kielellä haluat jutella? / Vilket språk vill du använda?
language-set = Puhun nyt suomea. Kysy turvallisuudesta omin sanoin. Hätätilanteessa soita 112.
speak-this = Suomeksi

## Hiljaiset tunnit

quiet-on = **Hiljaiset tunnit ovat käytössä klo { $from }–{ $to }.**

    Silloin en lähetä tavallisia tiedotteita enkä kyselyitä. Saat ne, kun hiljaiset tunnit päättyvät. Kiireelliset varoitukset lähetän heti, myös yöllä.
quiet-off = **Hiljaiset tunnit eivät ole käytössä.**

    Voit saada tiedotteita ja kyselyitä myös yöllä. Jos otat hiljaiset tunnit käyttöön, ne odottavat aamuun. Kiireelliset varoitukset lähetän silti heti.

## Kyselyt

polls = { $count ->
        [one] **Avoinna on { $count } kysely.**
       *[other] **Avoinna on { $count } kyselyä.** Valitse, mihin haluat vastata.
    }
polls-none = Nyt ei ole avoimia kyselyitä. Kun tilaat aiheita, lähetän sinulle myös uudet kyselyt.
poll-question = 📋 **{ $question }**
poll-yours = Vastauksesi nyt: { $option }
poll-rules = Kunta näkee vain vastausten määrät. Se ei näe, kuka vastasi mitäkin. Voit vaihtaa vastauksesi, kunnes kysely sulkeutuu.
poll-private = Vastaa kyselyyn kahden kesken: kirjoita minulle yksityisesti **kyselyt**.
poll-closed = Tämä kysely on jo sulkeutunut. Kiitos kiinnostuksestasi!
voted = Vastauksesi on tallessa: { $option }. Voit vaihtaa vastauksesi, kunnes kysely sulkeutuu.
unvoted = Vastauksesi on poistettu. Voit vastata uudelleen, kunnes kysely sulkeutuu.
poll-ended = 📋 **Kysely on päättynyt: { $question }**
poll-option-votes = - { $option }: { $count ->
        [one] { $count } vastaus
       *[other] { $count } vastausta
    } ({ $percent } %)
poll-votes = { $count ->
        [one] Kyselyyn tuli { $count } vastaus.
       *[other] Kyselyyn tuli { $count } vastausta.
    }
poll-too-few = Vastauksia tuli niin vähän, ettei tulosta näytetä. Näin kukaan ei voi päätellä, mitä joku toinen vastasi.
poll-thanks = Kiitos kaikille, jotka vastasivat!
poll-choices = Tässä kyselyssä vaihtoehdot ovat 1–{ $last }. Vastaa numerolla tai kirjoita vaihtoehto sanoin.

## Tietosuoja

privacy = **Kuka tätä ylläpitää?**

    Bottia ylläpitää ja henkilötiedoista vastaa { $controller }. Yhteystiedot: { $address }.

    Botin ohjelma on Turvabot. Sen lähdekoodi on avoin.
privacy-stored = **Mitä sinusta tallennetaan?**

    - keskustelun tunnus tässä palvelussa
    - kielesi ja valintasi
    - vastauksesi avoimiin kyselyihin
    - merkinnät viesteistä, jotka sinulle on lähetetty
    - keskustelusi verkkosivulla, enintään { $hours } tunnin ajan

    Kun kysely sulkeutuu, vastaustasi ei voi enää yhdistää sinuun.

    Nimeäsi ja puhelinnumeroasi ei tallenneta tietoihisi. Kysymyksesi tallennetaan vain verkkosivun keskusteluun. Muistan viimeksi näyttämäni ohjeen, jotta voit kysyä siitä lisää. Muistan viimeisen kysymyksesi, kunnes kysyt jotain muuta. Jos en osaa vastata tai painat 👎, kunta saa nähdä kysymyksen, mutta ei sitä, kuka kysyi. Peitän siitä nimet, osoitteet ja pitkät numerot, jos tunnistan ne.
privacy-rights = Voit katsoa tietosi ja poistaa ne milloin vain.
my-data = **Kaikki, mitä sinusta on tallessa**
my-data-who = - Palvelu: { $channel }
    - Keskustelun tunnus: { $address }
    - Kieli: { $language }
my-data-lang-chosen = suomi (valitsit itse)
my-data-lang-guessed = suomi (päättelin itse)
my-data-choices = - Tilatut aiheet: { $topics }
    - Alueet: { $areas }
    - Hiljaiset tunnit: { $quiet }
    - { $status }
my-data-quiet = klo { $from }–{ $to }
my-data-quiet-off = ei käytössä
my-data-active = Saat varoitukset ja tilaamasi tiedotteet.
my-data-stopped = Et saa tiedotteita etkä varoituksia, koska lopetit ne. Jos haluat ne takaisin, kirjoita **aloita**.
my-data-vote = Vastauksesi kyselyyn ”{ $question }”: { $option }
my-data-last = Viimeksi näyttämäni ohje: { $question }
my-data-asked = Kysymyksesi, johon se vastasi: { $question }
my-data-question = Kysymys, johon en osannut vastata: { $question }
my-data-ledger = - Merkintöjä viesteistä, jotka sinulle on lähetetty: { $deliveries }
    - Rivejä keskustelustasi verkkosivulla: { $lines }

    Muuta sinusta ei ole tallessa.
channel-telegram = Telegram
channel-matrix = Matrix
channel-web = verkkosivun keskustelu
none-topics = ei yhtään
none-areas = koko kunta
erase-ask = **Poistetaanko kaikki tietosi?**

    Poistan keskustelun tunnuksen, valintasi, vastauksesi avoimiin kyselyihin ja keskustelusi. Sen jälkeen en lähetä sinulle enää mitään, en edes kiireellisiä varoituksia. Poistoa ei voi perua.

    Vastaa **kyllä** tai **ei**.
erased = Kaikki tietosi on poistettu. Jos kirjoitat minulle uudelleen, aloitamme alusta. Hätätilanteessa soita 112.
erase-cancelled = Selvä. En poistanut mitään.
stopped = Selvä. En lähetä sinulle enää tiedotteita enkä kyselyitä, **en edes kiireellisiä varoituksia**.

    Voit silti kysyä minulta milloin vain. Jos muutat mielesi, kirjoita **aloita**.
resumed = Lähetän sinulle taas kiireelliset varoitukset ja tilaamasi tiedotteet.

## Painikkeet

button-topics = Tilaa tiedotteita
button-subscriptions = Muuta tilauksia
button-areas = Valitse alueesi
button-notices = Tiedotteet
button-polls = Kyselyt
button-language = Kieli
button-privacy = Tietosuoja
button-helped = 👍 Auttoi
button-helped-not = 👎 Ei auttanut
button-none-of-these = Ei mikään näistä
button-send-question = Lähetä kysymys kunnalle
button-help = Mitä voin kysyä?
button-my-data = Omat tiedot
button-erase = Poista tietoni
button-erase-yes = Kyllä, poista kaikki
button-erase-no = Ei, älä poista
button-resume = Lähetä taas viestejä
button-quiet-on = Ota käyttöön
button-quiet-off = Poista käytöstä
button-unvote = Poista vastaukseni

## Päivät

date = { $day }.{ $month }.{ $year }
date-and-time = { $day }.{ $month }.{ $year } klo { $hour }.{ $minute }

## Botin esittely Telegramissa

profile-name = Turvabotti – { $municipality }
profile-about = Turvallisuusohjeita, kunnan tiedotteita ja kyselyitä. Hätätilanteessa soita 112.
profile-description = Kysy turvallisuudesta suomeksi tai ruotsiksi. Saat ohjeen, jonka ihmiset ovat tarkistaneet, ja sen lähteen. Voit myös tilata kunnan tiedotteita ja vastata kyselyihin.

    Olen botti, en ihminen enkä hätäkeskus. Hätätilanteessa soita 112.

## Kun kunta ei ole antanut omia tekstejään / När kommunen inte har gett egna texter

contact-default = Kysy kunnan neuvonnasta.
address-default = katso kunnan verkkosivut

## Matrix

choose = Valitse numerolla:
poll-over = Kysely on päättynyt.
board-name = { $municipality }: turvallisuustiedotteet
board-quiet = Kunnan turvallisuustiedotteet. Nyt ei ole voimassa olevia tiedotteita. Hätätilanteessa soita 112.
board-live = Kunnan turvallisuustiedotteet. Voimassa olevat tiedotteet on kiinnitetty. Hätätilanteessa soita 112.
