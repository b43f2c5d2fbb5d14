### Verkkokeskustelun sivu

## Sivun yläosa

web-language-name = Suomi
# $municipality: kunnan nimi
web-title = Turvabotti – { $municipality }
web-description = Kysy turvallisuudesta, varautumisesta ja häiriötilanteista. Ihmiset ovat tarkistaneet vastaukset.
web-bot-name = Turvabotti
web-skip-link = Siirry viestikenttään
web-emergency = Hätätilanteessa soita 112
web-emergency-number = 112
web-emergency-note = Botti ei pysty hälyttämään apua.
web-languages-label = Kieli

## Keskustelu

web-intro-title = Miten voin auttaa?
web-intro-text = Vastaan kysymyksiin turvallisuudesta ja varautumisesta. Kerron myös kunnan tiedotteista. Olen botti, en ihminen enkä hätäkeskus.
web-intro-privacy = Älä kirjoita henkilötunnustasi, tietoja terveydestäsi tai muita henkilökohtaisia tietoja.
web-start = Aloita keskustelu
web-log-label = Keskustelu
web-you = Sinä
# Ajan esitys strftime-merkinnöin, esimerkiksi 23.11. klo 12.05
web-time-pattern = %-d.%-m. klo %-H.%M
web-buttons-label = Vastausvaihtoehdot

## Viestin kirjoittaminen

web-text-label = Viestisi
web-text-placeholder = Kirjoita tähän
web-text-hint = Enter lähettää viestin. Shift + Enter vaihtaa riviä.
web-send = Lähetä
web-sending = Viestiä lähetetään…
web-send-failed = Viestin lähetys ei onnistunut. Teksti on tallessa. Yritä hetken kuluttua uudelleen. Hätätilanteessa soita 112.
web-connection-lost = Yhteys katkesi. Yritän yhdistää uudelleen…
web-connection-back = Yhteys toimii taas.
web-new-messages = Uusia viestejä
web-no-script = JavaScript ei toimi selaimessasi. Voit silti keskustella. Sivu latautuu uudelleen, kun lähetät viestin. Muut uudet viestit näet, kun päivität sivun.
web-refresh = Päivitä keskustelu

## Sivun alaosa

web-footer-label = Tietoa palvelusta

## Virheet

web-error-title = Jokin meni vikaan
web-error-too-long = Viesti on liian pitkä. Lyhennä sitä ja lähetä uudelleen.
web-error-bad-request = En ymmärtänyt pyyntöä. Palaa keskusteluun ja yritä uudelleen.
web-error-forbidden = Viestin voi lähettää vain tältä sivulta. Palaa keskusteluun ja yritä uudelleen.
web-error-not-found = Sivua ei löytynyt.
web-error-too-many = Lähetit liian monta viestiä lyhyessä ajassa. Odota hetki ja yritä uudelleen. Hätätilanteessa soita 112.
web-error-unavailable = Palvelu ei toimi juuri nyt. Yritä hetken kuluttua uudelleen. Hätätilanteessa soita 112.
web-error-draft-label = Viestisi, jota ei lähetetty
web-error-back = Palaa keskusteluun
