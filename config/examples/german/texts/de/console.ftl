# The pages of the console in German: console: {texts: config/examples/german/texts, languages: [en, de]}
layout-skip = Zum Inhalt
layout-menu-button = Menü
layout-menu = Hauptmenü
layout-section-api = API
layout-section-account = Konto
layout-section-provider = Anbieter
layout-sign-out = Abmelden
layout-errors = Das geht so nicht
layout-error-title = Fehler: { $title }
layout-support = Hilfe:
layout-docs = API-Dokumentation
layout-privacy = Datenschutz
layout-imprint = Impressum

form-present = Jetzt gespeichert:
form-present-empty = leer
form-present-checked = angekreuzt
form-present-unchecked = nicht angekreuzt
form-stale = Dies wurde geändert, während die Seite offen war. Bitte vergleichen und noch einmal speichern.
form-stale-by = { $name } hat dies um { $time } geändert, während die Seite offen war. Bitte vergleichen und noch einmal speichern.
form-password-differs = Die beiden Passwörter sind verschieden

time-now = gerade eben
time-soon = in weniger als einer Minute
time-minutes-ago = { $count ->
    [one] vor 1 Minute
   *[other] vor { $count } Minuten
}
time-hours-ago = { $count ->
    [one] vor 1 Stunde
   *[other] vor { $count } Stunden
}
time-days-ago = { $count ->
    [one] vor 1 Tag
   *[other] vor { $count } Tagen
}
time-in-minutes = { $count ->
    [one] in 1 Minute
   *[other] in { $count } Minuten
}
time-in-hours = { $count ->
    [one] in 1 Stunde
   *[other] in { $count } Stunden
}
time-in-days = { $count ->
    [one] in 1 Tag
   *[other] in { $count } Tagen
}

sign-in-title = Anmelden
sign-in-heading = Anmelden bei { $name }
sign-in-email = E-Mail-Adresse
sign-in-password = Passwort
sign-in-button = Anmelden
sign-in-wrong = E-Mail-Adresse oder Passwort ist falsch.
sign-in-too-many = { $count ->
    [one] Zu viele Versuche. In 1 Sekunde geht es wieder.
   *[other] Zu viele Versuche. In { $count } Sekunden geht es wieder.
}
sign-in-forgot = Passwort vergessen?
sign-in-forgot-title = Passwort vergessen
sign-in-forgot-who = Die Person, die Benutzer Ihres Kontos verwaltet, kann einen neuen Link erzeugen. Mit ihm wählen Sie ein neues Passwort; das alte gilt dann nicht mehr.
sign-in-back = Zurück zur Anmeldung
done-signed-out = Sie sind abgemeldet.

setup-title = Passwort wählen
setup-lead = Für { $email }.
setup-password = Neues Passwort
    .hint = Mindestens 8 Zeichen. Ein paar zufällige Wörter sind gut.
setup-password-again = Neues Passwort, noch einmal
setup-button = Passwort speichern
setup-worthless = Dieser Link gilt nicht
setup-worthless-lead = Er wurde benutzt, ist abgelaufen oder wurde durch einen neueren ersetzt.
done-password-set = Ihr Passwort ist gespeichert. Sie können sich damit anmelden.

profile-title = Ihr Profil
profile-password = Passwort
profile-current = Jetziges Passwort
profile-new = Neues Passwort
    .hint = Mindestens 8 Zeichen. Alle anderen Sitzungen enden.
profile-again = Neues Passwort, noch einmal
profile-change = Passwort ändern
profile-sessions = Wo Sie angemeldet sind
profile-this = Dieser Browser
profile-begun = Angemeldet
profile-seen = zuletzt benutzt
profile-end = Beenden
profile-end-others = Überall sonst abmelden

overview-title = Übersicht
