### Mitä botti sanoo. Mini-Markdown: **vahva**, [teksti](osoite), "- " ja "1. ".

## Alku ja ohje

start = **{ $municipality } – turvallisuusbotti**

    Hei! Olen botti: en ole ihminen enkä hätäkeskus. Hätätilanteessa **soita 112**.

    Kysy turvallisuudesta omin sanoin, esimerkiksi ”Miten testaan palovaroittimen?”. Vastaan ihmisten tarkistamilla ohjeilla ja kerron lähteen.

    Saat kiireelliset varoitukset alueeltasi. Muita tiedotteita lähetän vain, jos tilaat niitä.
start-group = **{ $municipality } – turvallisuusbotti**

    Olen botti: en ole ihminen enkä hätäkeskus. Hätätilanteessa **soita 112**.

    Ryhmässä vastaan, kun mainitset nimeni tai vastaat viestiini. Tiedotteet voit tilata, kun kirjoitat minulle yksityisesti.
help = Kysy turvallisuudesta omin sanoin. Vastaan ihmisten tarkistamilla ohjeilla. Jos en tiedä, kerron, mistä voit kysyä.

    Voit myös kirjoittaa:
    - **tiedotteet** – mitä alueellasi on meneillään
    - **kyselyt** – kerro mielipiteesi
    - **aiheet** – tilaa tiedotteita tai peru ne
    - **alueet** – valitse, mitä aluetta seuraat
    - **kieli** – vaihda kieli
    - **hiljaiset tunnit** – ei tavallisia tiedotteita yöllä
    - **tietosuoja**, **omat tiedot**, **poista tietoni**
    - **lopeta** – en lähetä enää mitään

    Hätätilanteessa soita 112.
greeting = Hei! Kysy minulta turvallisuudesta omin sanoin. Hätätilanteessa soita 112.
thanks = Ole hyvä! Kysy lisää milloin vain.
unknown-command = En tunne tätä komentoa. Kirjoita **ohje**, niin kerron, mitä osaan.
empty = En löytänyt viestistäsi sanoja. Kirjoita kysymyksesi omin sanoin. Hätätilanteessa soita 112.
stale-button = Tämä painike ei ole enää käytössä. Kirjoita **ohje**, niin pääset alkuun.
mishap = Jokin meni rikki, enkä pystynyt vastaamaan. Kokeile hetken päästä uudelleen. Hätätilanteessa soita 112.
group-private = Tämä onnistuu vain kahden kesken. Kirjoita minulle yksityisesti.
saved = Tallennettu.

## Muut kuin sanat

media-sticker = Kiva tarra! Ymmärrän kuitenkin vain tekstiä. Kirjoita kysymyksesi omin sanoin.
media-voice = En pysty kuuntelemaan ääniviestejä. Kirjoita kysymyksesi. Hätätilanteessa soita 112.
media-photo = En pysty katsomaan kuvia. Kuvaile tilanne sanoin. Hätätilanteessa soita 112.
media-location = En pysty käyttämään sijaintiasi. Hätätilanteessa soita 112. Jos soitat 112 Suomi -sovelluksella, hätäkeskus saa sijaintisi.
media-other = Ymmärrän vain tekstiä. Kirjoita kysymyksesi omin sanoin. Hätätilanteessa soita 112.

## Hätä

emergency = 🚨 **Jos hätä on nyt, soita heti 112.**
emergency-how = Kerro, mitä tapahtui ja missä olet. Vastaa kysymyksiin ja toimi ohjeiden mukaan. Älä sulje puhelinta ennen kuin saat luvan. Jos et voi kuulla tai puhua, lähetä tekstiviesti numeroon 112.
cry-help = Jos kukaan ei ole vaarassa, kerro omin sanoin, mistä on kyse. Autan, jos osaan.

## Vastaukset

answer-title = **{ $question }**
answer-source = Lähde: [{ $source }]({ $url }). Vastuussa: { $authority }. Tarkistettu { $day }.
answer-verify = Varmista ajantasainen tieto lähteestä.
offer = Tarkoititko jotakin näistä?
unknown = En tiedä vastausta tähän, ja turvallisuudesta en arvaa.
unknown-long = En löytänyt viestistäsi kysymystä, johon osaan vastata. Kokeile uudelleen lyhyemmin, yksi asia kerrallaan.
unknown-112 = Hätätilanteessa soita 112. Tallensin kysymyksesi ilman tietoa siitä, kuka kysyi. Näin kunta voi täydentää vastauksia.

## Tiedotteet

notices = { $count ->
        [one] **Voimassa on { $count } tiedote.**
       *[other] **Voimassa on { $count } tiedotetta.**
    }
notices-none = Nyt ei ole voimassa yhtään tiedotetta. Kun tilaat aiheita, saat uudet tiedotteet heti.
notice-headline = **{ $headline }**
notice-alert = ⚠️ **{ $headline }**
notice-sent = Lähetetty { $at }.
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
    } Valitse aihe, niin tilaat tai perut sen. Kiireelliset varoitukset saat aina.
subscribed = Tilasit aiheen: { $topic }.
unsubscribed = Peruit aiheen: { $topic }.
topic-unknown = En löytänyt tätä aihetta. Valitse luettelosta.
areas = **Mitä aluetta haluat seurata?**

    { $count ->
        [0] Et ole valinnut aluetta, joten saat koko kunnan tiedotteet.
        [one] Seuraat nyt { $count } aluetta.
       *[other] Seuraat nyt { $count } aluetta.
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

    Tavalliset tiedotteet ja kyselyt odottavat aamuun. Kiireelliset varoitukset tulevat heti.
quiet-off = **Hiljaiset tunnit eivät ole käytössä.**

    Jos otat ne käyttöön, tavalliset tiedotteet ja kyselyt odottavat yöllä aamuun. Kiireelliset varoitukset tulevat silti heti.

## Kyselyt

polls = { $count ->
        [one] **Avoinna on { $count } kysely.**
       *[other] **Avoinna on { $count } kyselyä.** Valitse, mihin haluat vastata.
    }
polls-none = Nyt ei ole avoimia kyselyitä. Jos tilaat aiheita, saat uudet kyselyt heti.
poll-question = 📋 **{ $question }**
poll-yours = Vastauksesi nyt: { $option }
poll-rules = Kunta näkee vain vastausten määrät, ei vastaajia. Voit vaihtaa vastauksesi, kunnes kysely sulkeutuu.
poll-private = Vastaa kyselyyn kahden kesken: kirjoita minulle yksityisesti **kyselyt**.
poll-closed = Tämä kysely on jo sulkeutunut. Kiitos kiinnostuksestasi!
voted = Vastauksesi on tallessa: { $option }. Voit vaihtaa sen, kunnes kysely sulkeutuu.
unvoted = Vastauksesi on poistettu. Voit vastata uudelleen, kunnes kysely sulkeutuu.

## Tietosuoja

privacy = **Kuka tätä ylläpitää?**

    Bottia ylläpitää { $controller }, { $address }. Se vastaa myös henkilötiedoista. Ohjelma on avointa lähdekoodia: Turvabot.
privacy-stored = **Mitä sinusta tallennetaan?**

    - keskustelun osoite tässä palvelussa, kielesi ja valintasi
    - vastauksesi avoimiin kyselyihin; kun kysely sulkeutuu, vastausta ei voi enää yhdistää sinuun
    - mitkä tiedotteet sinulle on lähetetty
    - verkkosivun keskustelu enintään { $hours } tunnin ajan

    Nimeäsi, puhelinnumeroasi ja kysymyksiäsi ei tallenneta tietoihisi. Kysymys, johon en osannut vastata, tallentuu ilman tietoa kysyjästä.
privacy-rights = Voit katsoa tietosi ja poistaa ne milloin vain.
my-data = **Kaikki, mitä sinusta on tallessa**
my-data-who = - Palvelu: { $channel }
    - Keskustelun tunnus: { $address }
    - Kieli: { $language }
my-data-lang-chosen = suomi (valitsit itse)
my-data-lang-guessed = suomi (päättelin viesteistäsi)
my-data-choices = - Tilatut aiheet: { $topics }
    - Alueet: { $areas }
    - Hiljaiset tunnit: { $quiet }
    - { $status }
my-data-quiet = klo { $from }–{ $to }
my-data-quiet-off = ei käytössä
my-data-active = Saat lähetyksiä.
my-data-stopped = Et saa lähetyksiä, koska lopetit ne.
my-data-vote = Vastauksesi kyselyyn ”{ $question }”: { $option }
my-data-ledger = { $deliveries ->
        [one] Lähetyskirjassa on { $deliveries } sinulle osoitettu viesti
       *[other] Lähetyskirjassa on { $deliveries } sinulle osoitettua viestiä
    }, { $lines ->
        [0] eikä verkkosivulla ole keskusteluasi.
        [one] ja verkkosivulla { $lines } rivi keskusteluasi.
       *[other] ja verkkosivulla { $lines } riviä keskusteluasi.
    } Muuta sinusta ei ole tallessa.
channel-telegram = Telegram
channel-matrix = Matrix
channel-web = verkkosivun keskustelu
none-topics = ei yhtään
none-areas = koko kunta
erase-ask = **Poistetaanko kaikki tietosi?**

    Poistan keskustelun osoitteen, valintasi, vastauksesi avoimiin kyselyihin ja keskustelusi. Et saa enää tiedotteita. Poistoa ei voi perua.
erased = Kaikki tietosi on poistettu. Jos kirjoitat minulle uudelleen, aloitamme alusta. Hätätilanteessa soita 112.
erase-cancelled = Mitään ei poistettu.
stopped = Selvä. En lähetä sinulle enää tiedotteita enkä kyselyitä, en edes kiireellisiä varoituksia. Voit silti kysyä minulta milloin vain.
resumed = Lähetän sinulle taas kiireelliset varoitukset ja tilaamasi tiedotteet.

## Painikkeet

button-topics = Tilaa tiedotteita
button-subscriptions = Muuta tilauksia
button-areas = Valitse alueesi
button-notices = Tiedotteet
button-polls = Kyselyt
button-language = Kieli
button-privacy = Tietosuoja
button-help = Mitä voin kysyä?
button-my-data = Omat tiedot
button-erase = Poista tietoni
button-erase-yes = Kyllä, poista kaikki
button-erase-no = Älä poista
button-resume = Lähetä taas
button-quiet-on = Ota käyttöön
button-quiet-off = Poista käytöstä
button-unvote = Poista vastaukseni

## Päivät

date = { $day }.{ $month }.{ $year }
date-and-time = { $day }.{ $month }.{ $year } klo { $hour }.{ $minute }

## Botin esittely Telegramissa

profile-name = { $municipality } – turvallisuusbotti
profile-about = Turvallisuusohjeita, tiedotteita ja kyselyitä. Hätätilanteessa soita 112.
profile-description = Kysy turvallisuudesta suomeksi tai ruotsiksi. Saat ihmisten tarkistaman ohjeen ja sen lähteen. Voit myös tilata kunnan tiedotteita ja vastata kyselyihin.

    Olen botti, en hätäkeskus. Hätätilanteessa soita 112.

## Kun kunta ei ole antanut omia tekstejään / När kommunen inte har gett egna texter

contact-default = Kysy kunnan neuvonnasta.
address-default = ks. kunnan verkkosivut
