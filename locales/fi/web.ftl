### Verkkokeskustelun sivu

## Sivun yläosa

web-language-name = Suomi
# $municipality: kunnan nimi
web-title = Turvabotti – { $municipality }
web-description = Kysy turvallisuudesta, varautumisesta ja häiriötilanteista. Vastaukset ovat kunnan tarkistamia.
web-bot-name = Turvabotti
web-skip-link = Siirry viestikenttään
web-emergency = Hätätilanteessa soita 112
web-emergency-number = 112
web-emergency-note = Botti ei hälytä apua.
web-languages-label = Kieli

## Keskustelu

web-intro-title = Miten voin auttaa?
web-intro-text = Vastaan kysymyksiin turvallisuudesta ja varautumisesta sekä kerron kunnan turvallisuustiedotteista. Olen ohjelma, en ihminen.
web-intro-privacy = Älä kirjoita henkilötunnusta, terveystietoja tai muita henkilökohtaisia tietoja.
web-start = Aloita keskustelu
web-log-label = Keskustelu
web-you = Sinä
# Ajan esitys strftime-merkinnöin, esimerkiksi 23.11. klo 12.05
web-time-pattern = %-d.%-m. klo %-H.%M
web-buttons-label = Vastausvaihtoehdot

## Viestin kirjoittaminen

web-text-label = Viestisi
web-text-placeholder = Kirjoita tähän
web-text-hint = Enter lähettää viestin, Vaihto + Enter vaihtaa riviä.
web-send = Lähetä
web-sending = Viestiä lähetetään…
web-send-failed = Viestiä ei saatu lähetettyä. Teksti on tallella, yritä hetken kuluttua uudelleen.
web-connection-lost = Yhteys katkesi. Yhdistetään uudelleen…
web-connection-back = Yhteys toimii taas.
web-new-messages = Uusia viestejä
web-no-script = Selaimesi ei suorita sivun komentosarjoja. Voit silti keskustella: sivu latautuu uudelleen, kun lähetät viestin. Muut uudet viestit näet päivittämällä sivun.
web-refresh = Päivitä keskustelu

## Sivun alaosa

web-footer-label = Tietoa palvelusta
web-footer-home = Kunnan verkkosivut
web-footer-privacy = Tietosuojaseloste
web-footer-accessibility = Saavutettavuusseloste

## Virheet

web-error-title = Jokin meni vikaan
web-error-too-long = Viesti on liian pitkä. Lyhennä sitä ja lähetä uudelleen.
web-error-bad-request = Pyyntöä ei ymmärretty. Palaa keskusteluun ja yritä uudelleen.
web-error-forbidden = Viestin voi lähettää vain tältä sivulta. Palaa keskusteluun ja yritä uudelleen.
web-error-not-found = Sivua ei löytynyt.
web-error-too-many = Viestejä tuli liian monta lyhyessä ajassa. Odota hetki ja yritä uudelleen.
web-error-unavailable = Palvelu ei juuri nyt vastaa. Yritä hetken kuluttua uudelleen.
web-error-draft-label = Viestisi, jota ei lähetetty
web-error-back = Palaa keskusteluun
