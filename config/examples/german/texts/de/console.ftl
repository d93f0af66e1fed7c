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

# Die Seite hinter dem Link, mit dem ein Schlüssel einmal angezeigt wird.
reveal-title = Ihr API-Zugang
reveal-lead = { $account } gibt Ihnen Zugang zu seiner API.
reveal-code-sent = Wir haben am { $time } einen Code an die Nummer gesendet, die auf { $end } endet.
reveal-code-works = { $count ->
    [one] Er gilt noch 1 Minute.
   *[other] Er gilt noch { $count } Minuten.
}
reveal-code-coming = Ein Code ist unterwegs an die Nummer, die auf { $end } endet. Das kann eine Minute dauern.
reveal-code-none = Wir senden einen Code an die Nummer, die auf { $end } endet. Damit zeigt diese Seite den Schlüssel einmal an.
reveal-code = Code
    .hint = Die 8 Ziffern aus der Textnachricht
reveal-show = Zugangsdaten anzeigen
reveal-send = Code senden
reveal-send-new = Neuen Code senden
reveal-send-pause = In den zwei Minuten nach dem letzten Code wird nichts gesendet.
reveal-send-at = Ein neuer Code ist ab { $time } möglich.
reveal-send-never = Für diesen Link gibt es keine weiteren Codes. { $account } kann einen neuen Link senden.
reveal-ends = Dieser Link gilt bis { $time } und zeigt den Schlüssel einmal an.
reveal-tries = { $count ->
    [one] Noch 1 Versuch.
   *[other] Noch { $count } Versuche.
}
reveal-wrong = Dieser Code ist nicht richtig. { $count ->
    [one] Noch 1 Versuch.
   *[other] Noch { $count } Versuche.
}
reveal-code-form = muss aus den 8 Ziffern der Textnachricht bestehen
reveal-code-old = Dieser Code gilt nicht mehr. Bitte den neuesten nehmen oder einen neuen anfordern.
reveal-texts-used-up = An diese Nummer können wir jetzt keine weiteren Codes senden. Der nächste ist ab { $time } möglich.
reveal-off = Das geht gerade nicht
reveal-off-access = Der API-Zugang von { $account } ist ausgeschaltet.
reveal-off-disabled = Dieser API-Zugang ist gesperrt.
reveal-off-expired = Dieser API-Zugang ist abgelaufen.
reveal-off-lead = Nichts ist verloren: Sobald sich das ändert, geht der Link wieder, bis { $time }. Fragen Sie { $account }.
reveal-shown = Dies wurde schon angezeigt
reveal-shown-lead = Der Schlüssel wurde am { $time } angezeigt und kann nicht noch einmal angezeigt werden.
reveal-shown-lead-from = Der Schlüssel wurde am { $time } an { $address } angezeigt und kann nicht noch einmal angezeigt werden.
reveal-shown-not-you = Wenn Sie das nicht waren, sagen Sie { $account } sofort Bescheid.
reveal-shown-lost = Wenn Sie ihn verloren haben, bitten Sie { $account } um einen neuen.
reveal-locked = Dieser Link ist gesperrt
reveal-locked-lead = Fünf Codes waren falsch. { $account } kann einen neuen Link senden.
reveal-expired = Dieser Link ist abgelaufen
reveal-expired-lead = Er galt bis { $time }. { $account } kann einen neuen Link senden.
reveal-superseded = Dieser Link gilt nicht mehr
reveal-resent-lead = Er wurde durch einen neueren ersetzt: Suchen Sie die E-Mail vom { $time }.
reveal-resent-lead-none = Er wurde durch einen neueren ersetzt: Suchen Sie eine neuere E-Mail.
reveal-cleared-lead = { $account } hat den Schlüssel gelöscht.
reveal-reset-lead = Der Schlüssel wurde seither ersetzt. Fragen Sie { $account }.
reveal-contact-lead = Eine andere Person in Ihrem Unternehmen ist jetzt der Kontakt.
reveal-voided-lead = { $account } hat ihn angehalten.
reveal-worthless = Dieser Link gilt nicht
reveal-worthless-lead = Er ist nicht vollständig, oder es gibt ihn nicht. Bitte den Link in der E-Mail noch einmal öffnen oder ganz kopieren.
reveal-support = Sie können auch { $support } fragen.
reveal-done = Ihre Zugangsdaten
credentials-secret-once = Jetzt speichern. Dies wird nur einmal angezeigt und kann nicht wiederhergestellt werden.
credentials-username = Benutzername
credentials-password = Passwort
credentials-key = API-Schlüssel
credentials-try = Ausprobieren
credentials-copy = Kopieren
credentials-copied = Kopiert

# Mails und Textnachrichten.
mail-reveal-subject = { $brand }: Ihr API-Zugang für { $account }
mail-reveal-what = { $person } hat uns gebeten, Ihnen Zugang zur API von { $brand } für { $account } zu geben. Zweck: { $name }.
mail-reveal-what-unnamed = { $person } hat uns gebeten, Ihnen Zugang zur API von { $brand } für { $account } zu geben.
mail-reveal-link = Dieser Link gilt bis { $until } und zeigt den Schlüssel einmal:
mail-reveal-code = Sie brauchen dazu den Code, den wir an die Nummer mit der Endung { $ending } senden.
mail-reveal-never = Einen Schlüssel senden wir nie per E-Mail.
mail-unexpected = Sie haben das nicht erwartet? Melden Sie sich bei { $support }.
mail-unexpected-ignore = Sie haben das nicht erwartet? Dann brauchen Sie nichts zu tun.
mail-sms-code = { $brand }: Code { $code }, gilt 10 Min. (Nachricht { $number }).
mail-sms-test = { $brand }: Das ist ein Test. Textnachrichten kommen an.
mail-invitation-subject = { $brand }: Wählen Sie Ihr Passwort
mail-invitation-body = { $person } hat Sie bei { $brand } als Benutzer eingetragen. Dieser Link gilt bis { $until }; mit ihm wählen Sie Ihr Passwort:
mail-lost-password-subject = { $brand }: Wählen Sie ein neues Passwort
mail-lost-password-body = Für Ihre Adresse wurde ein neues Passwort angefordert. Dieser Link gilt bis { $until }; mit ihm wählen Sie eines. Bis dahin bleibt Ihr Passwort, wie es ist:
mail-asked-subject = { $brand }: { $account } bittet um API-Zugang
mail-asked-body = { $person } bittet um API-Zugang für { $account }. Hier entscheiden Sie:
mail-approved-subject = { $brand }: API-Zugang für { $account } ist genehmigt
mail-approved-body = { $account } darf die API jetzt nutzen. Hier erstellen Sie Zugangsdaten:
mail-declined-subject = { $brand }: API-Zugang für { $account } ist abgelehnt
mail-declined-body = Der Antrag von { $account } auf API-Zugang wurde abgelehnt.
mail-declined-reason = Der Grund: { $reason }
mail-request-withdrawn-subject = { $brand }: { $account } hat den Antrag zurückgezogen
mail-request-withdrawn-body = { $person } hat den Antrag von { $account } auf API-Zugang zurückgezogen. Es ist nichts mehr zu entscheiden.
mail-withdrawn-subject = { $brand }: API-Zugang für { $account } ist entzogen
mail-withdrawn-body = { $person } hat { $account } den API-Zugang entzogen. Anfragen mit den Zugangsdaten werden abgelehnt, bis er wieder gewährt ist.
mail-shown-subject = { $brand }: der Schlüssel von { $name } wurde angezeigt
mail-shown-body = Der Schlüssel von { $name } für { $account } wurde am { $moment } der Adresse { $address } angezeigt. War das nicht die richtige Person, erneuern Sie den Schlüssel sofort:
mail-reset-subject = { $brand }: der Schlüssel von { $name } wurde ersetzt
mail-reset-body = { $person } hat den Schlüssel von { $name } für { $account } ersetzt.
mail-contact-changed-subject = { $brand }: Sie sind nicht mehr Kontakt von { $name }
mail-contact-changed-body = { $person } hat den Kontakt von { $name } für { $account } geändert. Links und Codes dafür gehen von jetzt an eine andere Person.
mail-expiring-subject = { $brand }: { $name } läuft am { $moment } ab
mail-expiring-body = Die Zugangsdaten { $name } für { $account } laufen am { $moment } ab. Danach werden Anfragen abgelehnt, wenn sie nicht vorher verlängert werden:
mail-expired-subject = { $brand }: { $name } ist abgelaufen
mail-expired-body = Die Zugangsdaten { $name } für { $account } sind am { $moment } abgelaufen. Anfragen werden abgelehnt. Hier verlängern Sie sie:
mail-webhook-failing-subject = { $brand }: einer Ihrer Webhooks schlägt fehl
mail-webhook-failing-body = Zustellungen an einen Ihrer Webhooks schlagen fehl. Hier sehen Sie, was sein Server antwortet:
mail-webhook-stopped-subject = { $brand }: einer Ihrer Webhooks ist abgeschaltet
mail-webhook-stopped-body = Zustellungen an einen Ihrer Webhooks schlagen seit Tagen fehl, und er ist abgeschaltet. Hier schalten Sie ihn wieder ein:
mail-test-subject = { $brand }: ein Test
mail-test-body = Mails kommen an. Ein Betreiber von { $brand } hat diese gesendet, um die Einstellungen zu prüfen.
sign-in-forgot-mail = Geben Sie die E-Mail-Adresse an, mit der Sie sich anmelden. Gehört sie einem Benutzer, bringt eine Mail einen Link, mit dem Sie ein neues Passwort wählen.
sign-in-forgot-button = Link senden
done-lost-password = Gehört die Adresse einem Benutzer, ist eine Mail mit einem Link unterwegs. Er gilt eine Stunde.
demo-mailbox-title = Nachrichten dieser Demo
demo-mailbox-lead = Eine Demo sendet nichts. Hier steht, was gesendet worden wäre, das Neueste zuerst.
demo-mailbox-empty = Noch nichts. Erstellen Sie einen Benutzer, oder Zugangsdaten, die gesendet werden.
demo-mailbox-text = Textnachricht
