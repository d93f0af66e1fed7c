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
reveal-code-delayed = Der Code für die Nummer, die auf { $end } endet, konnte noch nicht gesendet werden. Wir versuchen es am { $time } noch einmal.
reveal-code-failed = Der Code für die Nummer, die auf { $end } endet, konnte nicht gesendet werden.
reveal-code-none = Wir senden einen Code an die Nummer, die auf { $end } endet. Damit zeigt diese Seite Ihre Zugangsdaten einmal an.
reveal-code = Code
    .hint = Die 8 Ziffern aus der Textnachricht
reveal-show = Zugangsdaten anzeigen
reveal-send = Code senden
reveal-send-new = Neuen Code senden
reveal-send-pause = Ein neuer Code wird frühestens zwei Minuten nach dem letzten gesendet.
reveal-send-at = Ein neuer Code ist ab { $time } möglich.
reveal-send-never = Für diesen Link gibt es keine weiteren Codes. { $account } kann einen neuen Link senden.
reveal-ends = Dieser Link gilt bis { $time } und zeigt Ihre Zugangsdaten einmal an.
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
reveal-shown = Ihre Zugangsdaten wurden schon angezeigt
reveal-shown-lead = Ihre Zugangsdaten wurden am { $time } angezeigt und können nicht noch einmal angezeigt werden.
reveal-shown-lead-from = Ihre Zugangsdaten wurden am { $time } an { $address } angezeigt und können nicht noch einmal angezeigt werden.
reveal-shown-not-you = Wenn Sie das nicht waren, sagen Sie { $account } sofort Bescheid.
reveal-shown-lost = Wenn Sie sie verloren haben, bitten Sie { $account } um neue.
reveal-locked = Dieser Link ist gesperrt
reveal-locked-lead = Fünf Codes waren falsch. { $account } kann einen neuen Link senden.
reveal-expired = Dieser Link ist abgelaufen
reveal-expired-lead = Er galt bis { $time }. { $account } kann einen neuen Link senden.
reveal-superseded = Dieser Link gilt nicht mehr
reveal-resent-lead = Er wurde durch einen neueren ersetzt: Suchen Sie die E-Mail vom { $time }.
reveal-resent-lead-none = Er wurde durch einen neueren ersetzt: Suchen Sie eine neuere E-Mail.
reveal-cleared-lead = { $account } hat Ihre Zugangsdaten gelöscht.
reveal-reset-lead = Ihre Zugangsdaten wurden seither ersetzt. Fragen Sie { $account }.
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
mail-reveal-link = Dieser Link gilt bis { $until } und zeigt Ihre Zugangsdaten einmal an:
mail-reveal-code = Sie brauchen dazu den Code, den wir an die Nummer mit der Endung { $ending } senden.
mail-old-key-stopped = Das vorige Geheimnis gilt nicht mehr.
mail-old-key-until = Das vorige Geheimnis gilt noch bis { $moment }.
mail-old-key-until-shown = Das jetzige Geheimnis gilt nicht mehr, sobald das neue angezeigt wird.
mail-old-key-after-shown = { $count ->
    [one] Das jetzige Geheimnis gilt noch eine Stunde, nachdem das neue angezeigt wurde.
   *[other] Das jetzige Geheimnis gilt noch { $count } Stunden, nachdem das neue angezeigt wurde.
}
mail-old-key-minutes-after-shown = { $count ->
    [one] Das jetzige Geheimnis gilt noch eine Minute, nachdem das neue angezeigt wurde.
   *[other] Das jetzige Geheimnis gilt noch { $count } Minuten, nachdem das neue angezeigt wurde.
}
mail-reveal-never = Ein Geheimnis senden wir nie per E-Mail.
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
mail-shown-subject = { $brand }: das Geheimnis von { $name } wurde angezeigt
mail-shown-body = Das Geheimnis von { $name } für { $account } wurde am { $moment } der Adresse { $address } angezeigt. War das nicht die richtige Person, erneuern Sie es sofort:
mail-reset-subject = { $brand }: das Geheimnis von { $name } wurde ersetzt
mail-reset-body = { $person } hat das Geheimnis von { $name } für { $account } ersetzt.
mail-reset-sent-body = { $person } hat das Geheimnis von { $name } für { $account } erneuert. Der Kontakt bekommt einen Link zum neuen.
mail-contact-changed-subject = { $brand }: Sie sind nicht mehr Kontakt von { $name }
mail-contact-changed-body = { $person } hat den Kontakt von { $name } für { $account } geändert. Links und Codes dafür gehen von jetzt an eine andere Person.
mail-expiring-subject = { $brand }: { $name } läuft am { $moment } ab
mail-expiring-body = Die Zugangsdaten { $name } für { $account } laufen am { $moment } ab. Danach werden Anfragen abgelehnt, wenn sie nicht vorher verlängert werden:
mail-expired-subject = { $brand }: { $name } ist abgelaufen
mail-expired-body = Die Zugangsdaten { $name } für { $account } sind am { $moment } abgelaufen. Anfragen werden abgelehnt. Hier verlängern Sie sie:
mail-webhook-failing-subject = { $brand }: ein Webhook von { $name } schlägt fehl
mail-webhook-failing-body = Zustellungen an einen Webhook von { $name } für { $account } schlagen fehl. Er wird am { $moment } abgeschaltet, wenn vorher keine gelingt. Hier sehen Sie, was sein Server antwortet:
mail-webhook-stopped-subject = { $brand }: ein Webhook von { $name } ist abgeschaltet
mail-webhook-stopped-body = Zustellungen an einen Webhook von { $name } für { $account } schlagen seit fünf Tagen fehl, deshalb ist er abgeschaltet: Er bekommt keine Ereignisse mehr. Hier schalten Sie ihn wieder ein:
mail-webhook-gone-body = Der Server eines Webhooks von { $name } für { $account } hat geantwortet, dass er keine Ereignisse mehr annimmt (410), deshalb ist der Webhook abgeschaltet. Ist das falsch, schalten Sie ihn hier wieder ein:
mail-webhooks-halted-subject = { $brand }: die Webhooks von { $name } sind angehalten
mail-webhooks-halted-body = { $name } für { $account } kann zurzeit nicht benutzt werden, deshalb bekommen die Webhooks keine Ereignisse. Sobald der Zugang wieder gilt, können sie hier nachholen, was ihnen entgangen ist:
mail-account-webhooks-halted-subject = { $brand }: Webhooks von { $account } sind angehalten
mail-account-webhooks-halted-body = { $person } hat geändert, was { $account } mit der API tun darf, deshalb bekommen einige Webhooks keine Ereignisse. Sobald es wieder erlaubt ist, können sie nachholen, was ihnen entgangen ist. Diese Seite zeigt, welche angehalten sind:
mail-test-subject = { $brand }: ein Test
mail-test-body = Mails kommen an. Ein Betreiber von { $brand } hat diese gesendet, um die Einstellungen zu prüfen.
sign-in-forgot-mail = Geben Sie die E-Mail-Adresse an, mit der Sie sich anmelden. Gehört sie einem Benutzer, bringt eine Mail einen Link, mit dem Sie ein neues Passwort wählen.
sign-in-forgot-button = Link senden
done-lost-password = Gehört die Adresse einem Benutzer, ist eine Mail mit einem Link unterwegs. Er gilt eine Stunde.
demo-mailbox-title = Nachrichten dieser Demo
demo-mailbox-lead = Eine Demo sendet nichts. Hier steht, was gesendet worden wäre, das Neueste zuerst.
demo-mailbox-empty = Noch nichts. Erstellen Sie einen Benutzer, oder Zugangsdaten, die gesendet werden.
demo-mailbox-text = Textnachricht

# Webhooks.
webhooks-title = Webhooks
webhooks-lead = Ihre URLs, an die wir Ereignisse senden, sobald sie geschehen.
webhooks-one = Webhook
webhooks-new = Neuer Webhook
webhooks-new-lead = Ein Programm von Ihnen bekommt zu jedem Ereignis eine signierte Anfrage. Die nächste Seite zeigt das Geheimnis für die Signaturen einmal.
webhooks-create = Webhook erstellen
webhooks-save = Speichern
webhooks-cancel = Abbrechen
webhooks-filter = Anzeigen
webhooks-clear = Alle Filter entfernen
webhooks-all = Alle
webhooks-nothing = Kein Webhook passt.
webhooks-empty = Noch keine Webhooks
webhooks-empty-lead = Mit einem Webhook muss ein Programm nicht immer wieder fragen, was sich geändert hat: Wir senden ihm jedes Ereignis.
webhooks-unreadable = { $count ->
    [one] 1 Webhook ist nicht lesbar; der Grund steht im Protokoll des Dienstes.
   *[other] { $count } Webhooks sind nicht lesbar; die Gründe stehen im Protokoll des Dienstes.
}
webhooks-pages = Seiten
webhooks-first = Erste Seite
webhooks-next = Nächste Seite
webhooks-facts = Einzelheiten
webhooks-url = URL
    .hint = Wohin Ereignisse gehen, etwa https://hooks.example.org/claviger. Es muss eine öffentliche Adresse sein.
webhooks-account = Konto
webhooks-credential = API-Konto
webhooks-credential-new = API-Konto
    .hint = Der Webhook bekommt, was dieses API-Konto sehen darf, und hält mit ihm an.
webhooks-entity = Objekt
webhooks-operation = Vorgang
webhooks-event-choice = Ereignis
webhooks-type = Typ
webhooks-last-delivery = Letzte Zustellung
webhooks-last-success = Letzter Erfolg
webhooks-last-failure = Letzter Fehlschlag
webhooks-never = nie
webhooks-made = Erstellt
webhooks-made-here = in dieser Konsole oder über die Verwaltungs-API
webhooks-made-with-key = von einem Programm, mit dem API-Schlüssel
webhooks-without-credential = Ein Webhook gehört zu einem API-Konto, und es gibt noch keines.
webhooks-without-key = Ein Webhook gehört zu Ihrem API-Schlüssel, und Sie haben keinen.
webhooks-state = Status
webhooks-state-active = An
webhooks-state-failing = Schlägt fehl
webhooks-state-paused = Pausiert
webhooks-state-stopped = Angehalten
webhooks-state-switched-off = Abgeschaltet
webhooks-on = An
webhooks-failing-since = Schlägt fehl seit { $time }
webhooks-paused = Pausiert
webhooks-switched-off = Nach Fehlschlägen abgeschaltet
webhooks-switched-off-gone = Abgeschaltet: Der Empfänger antwortete 410 (gone)
webhooks-stopped-access = Angehalten: Der API-Zugang ist ausgeschaltet
webhooks-stopped-disabled = Angehalten: Sein API-Konto ist gesperrt
webhooks-stopped-cleared = Angehalten: Sein API-Schlüssel wurde gelöscht
webhooks-stopped-expired = Angehalten: Sein API-Konto ist abgelaufen
webhooks-stopped-user = Angehalten: Sein Benutzer ist gesperrt
webhooks-stopped-members = Angehalten: Mitglieder dürfen keine API-Schlüssel haben
webhooks-will-be-switched-off = schlägt seit { $since } fehl und wird am { $end } abgeschaltet, wenn vorher keine Zustellung gelingt.
webhooks-was-switched-off = wurde am { $time } nach Tagen von Fehlschlägen abgeschaltet.
webhooks-was-switched-off-gone = wurde am { $time } abgeschaltet, weil der Empfänger 410 (gone) antwortete.
webhooks-alerts-more = Es gibt weitere.
webhooks-show = Anzeigen
webhooks-show-named = Anzeigen: { $url }
webhooks-show-all = Alle anzeigen
webhooks-pause = Pause
webhooks-pause-named = Pause: { $url }
webhooks-play = Fortsetzen
webhooks-play-named = Fortsetzen: { $url }
webhooks-anything = alles
webhooks-every-event = Alles
webhooks-event = { $entity }: { $operation }
webhooks-entity-credential = API-Konto
webhooks-entity-access-request = Antrag auf Zugang
webhooks-entity-account = Konto
webhooks-entity-webhook = Webhook
webhooks-operation-created = erstellt
webhooks-operation-updated = geändert
webhooks-operation-edited = bearbeitet
webhooks-operation-upgraded = Version gewechselt
webhooks-operation-reset = Geheimnis ersetzt
webhooks-operation-revealed = Geheimnis angezeigt
webhooks-operation-cleared = Geheimnis gelöscht
webhooks-operation-disabled = gesperrt
webhooks-operation-enabled = freigegeben
webhooks-operation-deleted = gelöscht
webhooks-operation-expiring = läuft bald ab
webhooks-operation-expired = abgelaufen
webhooks-operation-asked = gestellt
webhooks-operation-approved = genehmigt
webhooks-operation-declined = abgelehnt
webhooks-operation-granted = Zugang gewährt
webhooks-operation-withdrawn = zurückgezogen
webhooks-operation-access-withdrawn = Zugang entzogen
webhooks-operation-switched-on = Zugang eingeschaltet
webhooks-operation-switched-off = Zugang ausgeschaltet
webhooks-operation-test = Test
webhooks-fault-event = muss gewählt werden
webhooks-fault-credential = muss gewählt werden
webhooks-fault-key = Sie haben keinen API-Schlüssel
webhooks-fault-stops = Wählen Sie, wann das jetzige Geheimnis aufhört
webhooks-fault-choose = muss gewählt werden
webhooks-created = Ihr neuer Webhook
webhooks-secret-made = Sein neues Geheimnis
webhooks-secret = Geheimnis
webhooks-secret-once = Jetzt an einem sicheren Ort speichern: Diese Seite zeigt es einmal und nie wieder.
webhooks-verify = So prüfen Sie eine Anfrage
webhooks-verify-lead = Jede Anfrage ist mit diesem Geheimnis signiert. Für viele Sprachen gibt es Bibliotheken:
webhooks-verify-hint = Body und Header sind die der Anfrage, wie sie ankam. Eine mit falscher Signatur ist nicht von uns.
webhooks-saved = Ich habe es gespeichert
webhooks-copy = Kopieren
webhooks-copied = Kopiert
webhooks-secret-new = Neues Geheimnis
webhooks-secret-new-lead = Die nächste Seite zeigt ein neues Geheimnis einmal. Von da an sind Anfragen damit signiert.
webhooks-secret-two = Zurzeit signieren zwei Geheimnisse. Das ältere hört nun auf.
webhooks-secret-create = Neues Geheimnis erstellen
webhooks-secret-stops = Das jetzige Geheimnis
webhooks-secret-stops-day = signiert noch 24 Stunden mit
webhooks-secret-stops-now = hört jetzt auf
webhooks-previous-signs = Das vorige signiert noch bis { $time } mit.
webhooks-previous-end = Jetzt beenden
webhooks-edit = Webhook bearbeiten
webhooks-edit-short = Bearbeiten
webhooks-edit-lead = Zustellungen, die warten, gehen an die neue URL. Das Geheimnis bleibt.
webhooks-delete = Webhook löschen
webhooks-delete-short = Löschen
webhooks-delete-lead = Er bekommt nichts mehr, und seine Zustellungen werden gelöscht. Das lässt sich nicht rückgängig machen.
webhooks-test = Testereignis senden
webhooks-test-result = Testereignis
webhooks-reload = Neu laden
webhooks-show-delivery = Diese Zustellung anzeigen
webhooks-replay = Noch einmal senden
webhooks-replay-short = Wiederholen
webhooks-replay-lead = Zustellungen werden noch einmal gesendet, die älteste zuerst und höchstens fünf in der Sekunde. Der Empfänger erkennt jede an ihrer webhook-id, die gleich bleibt.
webhooks-replay-what = Welche
webhooks-replay-both = Fehlgeschlagene und verpasste
webhooks-replay-failed = Fehlgeschlagene
webhooks-replay-missed = Verpasste
webhooks-replay-since = Seit
webhooks-replay-hour = Die letzte Stunde
webhooks-replay-day = Die letzten 24 Stunden
webhooks-replay-week = Die letzten 7 Tage
webhooks-replay-month = Die letzten 30 Tage
webhooks-replay-missed-count = { $count ->
    [0] Keine wurde verpasst
    [one] 1 wurde verpasst
   *[other] { $count } wurden verpasst
}
webhooks-replay-start = Noch einmal senden
webhooks-replays = Eine Wiederholung läuft.
webhooks-replay-stop = Wiederholung anhalten
webhooks-missed = { $count ->
    [one] In den letzten 30 Tagen wurde 1 Ereignis verpasst, weil der Webhook angehalten war oder zu viele Zustellungen warteten.
   *[other] In den letzten 30 Tagen wurden { $count } Ereignisse verpasst, weil der Webhook angehalten war oder zu viele Zustellungen warteten.
}
webhooks-replay-missed-link = Verpasste Ereignisse noch einmal senden
webhooks-replay-one = Wiederholen
webhooks-deliveries = Zustellungen
webhooks-no-deliveries = Keine Zustellungen.
webhooks-unreadable-deliveries = { $count ->
    [one] 1 Zustellung ist nicht lesbar; der Grund steht im Protokoll des Dienstes.
   *[other] { $count } Zustellungen sind nicht lesbar; die Gründe stehen im Protokoll des Dienstes.
}
webhooks-newest = Neueste
webhooks-older = Ältere
webhooks-is-test = (Test)
webhooks-result-delivered = Zugestellt
webhooks-result-failed = Fehlgeschlagen
webhooks-result-waiting = Wartet
webhooks-result-sending = Wird gesendet
webhooks-result-replay = Wartet auf die Wiederholung
webhooks-result-skipped = Verpasst
webhooks-result-dropped = Fallen gelassen
webhooks-why-not-allowed = Das API-Konto darf dieses Ereignis nicht mehr bekommen.
webhooks-why-too-many = Es warteten zu viele.
webhooks-why-unreadable = Sie ist nicht lesbar; der Grund steht im Protokoll des Dienstes.
webhooks-next-attempt = Nächster Versuch: { $time }
webhooks-delivery-of = Zustellung von { $event }
webhooks-attempts = Versuche
webhooks-no-attempts = Noch keine.
webhooks-attempt = Versuch { $number }
webhooks-answered = Antwort { $status }
webhooks-answer-of = Antwort auf Versuch { $number }
webhooks-request = Anfrage
webhooks-headers = Header
webhooks-body = Body
webhooks-timestamp-of-attempt = Sekunden, je Versuch
webhooks-signature-of-attempt = je Versuch
webhooks-body-gone = Ihr Body wird nicht mehr aufbewahrt.
webhooks-body-hidden = Den Body sieht nur das Konto.
webhooks-error-redirect = Die Antwort war eine Umleitung, und Umleitungen werden nicht verfolgt.
webhooks-error-address = Der Hostname führt zu einer Adresse, die nicht öffentlich ist.
webhooks-error-name = Der Hostname wurde nicht gefunden.
webhooks-error-connection = Der Empfänger war nicht erreichbar.
webhooks-error-tls = Die Verbindung ließ sich nicht so verschlüsseln, dass wir ihr trauen.
webhooks-error-time = Der Empfänger hat nicht rechtzeitig geantwortet.
webhooks-error-status = Der Empfänger antwortete { $status }.
webhooks-error-not-allowed = Die Einstellungen des Dienstes erlauben diese URL nicht mehr.
webhooks-of-user = Webhooks des Benutzers
webhooks-of-none = Keine Webhooks.
webhooks-count = { $count ->
    [0] keine
    [one] 1 Webhook
   *[other] { $count } Webhooks
}
webhooks-go-with-it = { $count ->
    [one] 1 Webhook wird mit gelöscht.
   *[other] { $count } Webhooks werden mit gelöscht.
}
webhooks-stop-with-it = { $count ->
    [one] Dieser Webhook hält an:
   *[other] Diese Webhooks halten an:
}
webhooks-stop-count = { $count ->
    [one] 1 Webhook hält an.
   *[other] { $count } Webhooks halten an.
}
done-webhook-paused = { $subject } ist pausiert.
done-webhook-playing = { $subject } ist an.
done-webhook-edited = { $subject } ist gespeichert.
done-webhook-deleted = { $subject } ist gelöscht.
done-webhook-overlap = Das vorige Geheimnis von { $subject } gilt nicht mehr.
done-webhook-tested = Ein Testereignis ist unterwegs.
done-webhook-replayed = Zustellungen, die noch einmal gesendet werden: { $subject }
done-webhook-nothing-to-replay = Es gab nichts, das noch einmal zu senden war.
done-webhook-replay-stopped = Die Wiederholung ist angehalten. Nicht gesendet: { $subject }
done-webhook-delivery-replayed = Die Zustellung wird noch einmal gesendet.
accounts-webhooks = Webhooks anzeigen

# Tokens, mit denen die API dahinter ihre Ereignisse meldet.
publishers-title = Ereignisquellen
publishers-lead = Tokens, mit denen Ihre API ihre Ereignisse meldet, für die Webhooks der Konten. Sonst können sie nichts.
publishers-account = Konto
publishers-all-accounts = Alle
publishers-nothing = Es gibt keine Ereignisquellen.
publishers-unreadable = { $count ->
    [one] 1 Ereignisquelle ist nicht lesbar; der Grund steht im Protokoll des Dienstes.
   *[other] { $count } Ereignisquellen sind nicht lesbar; die Gründe stehen im Protokoll des Dienstes.
}
publishers-state = Status
publishers-active = Aktiv
publishers-expired = Abgelaufen
publishers-disabled = Gesperrt
publishers-used = Zuletzt benutzt
publishers-never-used = nie
publishers-expires-at = Läuft ab
publishers-never = nie
publishers-made = Erstellt
publishers-disable = Sperren
publishers-disable-named = Sperren: { $name }
publishers-disable-title = Ereignisquelle sperren
publishers-disable-lead = Ereignisse mit diesem Token werden ab sofort abgewiesen, bis es wieder freigegeben ist. Die vorher gemeldeten bleiben.
publishers-enable = Freigeben
publishers-enable-named = Freigeben: { $name }
publishers-delete = Ereignisquelle löschen
publishers-delete-short = Löschen
publishers-delete-named = Löschen: { $name }
publishers-delete-lead = Ereignisse mit diesem Token werden ab sofort abgewiesen. Die vorher gemeldeten bleiben. Das lässt sich nicht rückgängig machen.
publishers-pages = Seiten
publishers-first = Erste Seite
publishers-next = Nächste Seite
publishers-new = Neue Ereignisquelle
publishers-new-lead = Die nächste Seite zeigt ihr Token einmal.
publishers-name = Name
    .hint = Was die Ereignisse meldet, etwa „Auftragsdienst“
publishers-account-new = Konto
    .hint = Die Id des einzigen Kontos, dessen Ereignisse sie melden darf. Leer: alle Konten.
publishers-expires = Läuft ab am
    .hint = Wird ab Beginn dieses Tages (UTC) abgewiesen. Leer: läuft nicht ab.
publishers-create = Ereignisquelle erstellen
publishers-cancel = Abbrechen
publishers-secret-title = Ihre neue Ereignisquelle
publishers-secret = Token
publishers-secret-once = Jetzt an einem sicheren Ort speichern: Diese Seite zeigt es einmal und nie wieder.
publishers-secret-use = So melden Sie Ereignisse
publishers-secret-url = Ihre API sendet ihre Ereignisse an diese URL, mit dem Token in einem Header:
publishers-saved = Ich habe es gespeichert
publishers-copy = Kopieren
publishers-copied = Kopiert
done-publisher-disabled = { $subject } ist gesperrt.
done-publisher-enabled = { $subject } ist freigegeben.
done-publisher-deleted = { $subject } ist gelöscht.

# Im Protokoll der Änderungen.
audit-verb-create-webhook = Webhook erstellen
audit-verb-edit-webhook = Webhook bearbeiten
audit-verb-pause-webhook = Webhook pausieren
audit-verb-play-webhook = Webhook fortsetzen
audit-verb-renew-webhook-secret = Neues Geheimnis eines Webhooks
audit-verb-end-webhook-overlap = Voriges Geheimnis eines Webhooks beenden
audit-verb-test-webhook = Testereignis an einen Webhook senden
audit-verb-replay-webhook = Zustellungen eines Webhooks wiederholen
audit-verb-stop-webhook-replay = Wiederholung eines Webhooks anhalten
audit-verb-delete-webhook = Webhook löschen
audit-verb-unsubscribe-webhook = Webhook mit dem API-Schlüssel abbestellen
audit-verb-switch-off-webhook = Webhook abschalten
audit-verb-create-publisher = Ereignisquelle erstellen
audit-verb-enable-publisher = Ereignisquelle freigeben
audit-verb-disable-publisher = Ereignisquelle sperren
audit-verb-delete-publisher = Ereignisquelle löschen
audit-target-kind-webhook = Webhook
audit-target-kind-publisher = Ereignisquelle
