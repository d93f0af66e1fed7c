# The pages of the console in German: console: {texts: config/examples/german/texts, languages: [en, de]}

# Um jede Seite, Formulare, Zeiten, Statuszeilen.
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
form-stale-by = { $name } hat dies am { $time } geändert, während die Seite offen war. Bitte vergleichen und noch einmal speichern.
form-password-differs = Die beiden Passwörter sind verschieden

confirm-title = Damit fällt etwas weg. Trotzdem speichern?
confirm-instead = { $after } statt { $before }
confirm-save = Trotzdem speichern

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

time-date = { $day }. { $month ->
    [1] Jan.
    [2] Feb.
    [3] März
    [4] Apr.
    [5] Mai
    [6] Juni
    [7] Juli
    [8] Aug.
    [9] Sept.
    [10] Okt.
    [11] Nov.
   *[12] Dez.
} { $year }
time-weekday-and-date = { $weekday ->
    [1] Mo.,
    [2] Di.,
    [3] Mi.,
    [4] Do.,
    [5] Fr.,
    [6] Sa.,
   *[7] So.,
} { $date }
time-date-and-time = { $date }, { $time } UTC

done-already = Das ist schon erledigt.

# Ablehnungen und die Liste der Fehlercodes.
error-not-found = Nicht gefunden
error-not-found-lead = Unter dieser Adresse gibt es keine Seite, oder keine, die Sie sehen dürfen.
error-forbidden = Nicht erlaubt
error-forbidden-lead = Ihre Rolle umfasst dies nicht.
error-forbidden-roles = Vorgesehen für: { $roles }.
error-too-many = Zu viele Anfragen
error-too-many-lead = Von Ihnen oder aus Ihrem Netz kamen zu viele Anfragen.
error-method = So nicht möglich
error-method-lead = Diese Adresse nimmt eine solche Anfrage nicht an.
error-too-large = Zu groß
error-too-large-lead = Was Sie gesendet haben, ist zu lang. Nichts wurde geändert.
error-reused = Dieses Formular wurde schon anders gesendet
error-reused-lead = Das Formular wurde schon einmal mit anderen Eingaben gesendet. Bitte die Seite neu laden und es noch einmal versuchen.
error-conflict = Das ist jetzt nicht möglich
error-conflict-lead = Es passt nicht zum jetzigen Stand. Nichts wurde geändert.
error-unavailable = Bitte gleich noch einmal versuchen
error-unavailable-lead = Der Dienst ist überlastet, oder seine Datenbank antwortet nicht. Nichts wurde geändert.
error-internal = Etwas ist schiefgegangen
error-internal-lead = Dies ist ein Fehler des Dienstes. Der Grund steht in seinem Protokoll, unter der Nummer unten.
error-malformed = Die Anfrage ist nicht lesbar
error-malformed-lead = Das Formular hat nicht die Felder, die diese Seite erwartet. Nichts wurde geändert.
error-retry = { $count ->
    [one] In 1 Sekunde geht es wieder.
   *[other] In { $count } Sekunden geht es wieder.
}
error-home = Übersicht
error-request-id = Anfrage-Id
error-signed-out = Sie sind abgemeldet
error-signed-out-lead = Ihre Eingaben sind nicht verloren, außer Passwörtern. Melden Sie sich in einem neuen Tab an, kommen Sie dann zurück und senden Sie noch einmal.
error-signed-out-lead-again = Nichts wurde geändert. Melden Sie sich in einem neuen Tab an, kommen Sie dann zurück, laden Sie die Seite neu und geben Sie alles noch einmal ein, mit der Datei, falls es eine gab.
error-sign-in-tab = Anmelden (neuer Tab)
error-enter-again = Passwort noch einmal eingeben
error-send-again = Noch einmal senden
error-done-already = Das ist schon erledigt
error-done-already-lead = Das Formular wurde schon gesendet, am { $time }. Ein Geheimnis, das dabei entstand, wurde damals angezeigt und wird nicht noch einmal angezeigt.
error-go-on = Weiter
error-index-title = Fehlercodes
error-index-lead = Jede Ablehnung hat einen dieser Codes.
error-index-gate = Vor der API
error-index-api = Verwaltungs-API
error-index-code = Code
error-index-status = HTTP-Status
error-index-all = Alle Codes
error-index-meaning = Was er bedeutet
error-index-caller = Was der Aufrufer tut
error-index-operator = Was der Betreiber tut

# Ablehnungen. Was mit einem Kleinbuchstaben beginnt, setzt einen Satz fort: Bei einem Feld steht seine Bezeichnung davor.
refusal-empty = darf nicht leer sein
refusal-missing = fehlt
refusal-not-chosen = muss gewählt werden
refusal-no-choice = ist keine der Möglichkeiten
refusal-too-long = ist länger als { $max } Zeichen
refusal-control = enthält Steuerzeichen
refusal-no-control = darf keine Steuerzeichen enthalten
refusal-direction = enthält Zeichen, die die Schreibrichtung ändern
refusal-label = darf nur Buchstaben, Ziffern und . _ : @ / + - enthalten
refusal-count = müssen 1 bis { $max } sein
refusal-too-many = sind mehr als { $max }
refusal-future = muss in der Zukunft liegen
refusal-date = muss ein Datum wie 2026-11-28 sein
refusal-cursor = gehört nicht zu dieser Liste
refusal-cursor-leave-out = gehört nicht zu dieser Liste; ohne diese Angabe beginnt sie mit dem Neuesten
refusal-cursor-page = stammt nicht von einer vorigen Seite
refusal-no-account = gibt es nicht
refusal-email = muss eine E-Mail-Adresse wie anna@example.org sein
refusal-email-domain = muss eine Domain in ASCII haben (xn--…)
refusal-developer-email = enthalten an Stelle { $number } einen Fehler: Die Adresse { $fault }
refusal-mobile = muss aus +, Ländervorwahl und Nummer mit bis zu 15 Ziffern bestehen, wie +441632960961 (E.164)
refusal-mobile-meant = muss mit Ländervorwahl geschrieben sein (E.164): Meinten Sie { $numbers }?
refusal-mobile-of-country = { $number } ({ $country })
refusal-mobile-country = muss mit { $countries } beginnen: In andere Länder gehen keine Textnachrichten
refusal-or = { $one } oder { $other }
refusal-country-au = Australien
refusal-country-at = Österreich
refusal-country-be = Belgien
refusal-country-fr = Frankreich
refusal-country-de = Deutschland
refusal-country-ie = Irland
refusal-country-nl = Niederlande
refusal-country-nz = Neuseeland
refusal-country-za = Südafrika
refusal-country-se = Schweden
refusal-country-ch = Schweiz
refusal-country-gb = Vereinigtes Königreich
refusal-id-reserved = darf nicht mit { $prefix } beginnen; das ist für die eigenen Schlüssel von Benutzern
refusal-id-of-account = muss mit { $account }- beginnen und danach weitere Zeichen haben
refusal-username = muss 1 bis 256 Bytes ohne Doppelpunkt und Steuerzeichen haben (RFC 7617)
refusal-username-of-token = muss leer bleiben: Ein API-Schlüssel hat keinen Benutzernamen
refusal-username-missing = ist nötig: Jedes API-Konto mit Passwort hat seinen eigenen Benutzernamen
refusal-password-of-token = muss leer bleiben: Ein API-Schlüssel wird erzeugt
refusal-password-of-contact = muss leer bleiben: Für den Kontakt wird eines erzeugt
refusal-password-short = ist kürzer als { $min } Zeichen
refusal-password-long = ist mit seinem Benutzernamen länger als { $max } Bytes
refusal-password-common = ist eines der häufigsten
refusal-password-username = enthält nichts als den Benutzernamen
refusal-password-wrong = ist falsch
refusal-scope = nennen { $scope }; dieses Recht wird nicht angeboten
refusal-empty-restriction = dürfen nicht leer sein; ohne Angabe, oder mit null, gibt es keine Einschränkung
refusal-rate = würde mehr als hundert Jahre zum Auffüllen brauchen
refusal-overlap = darf höchstens 366 Tage betragen
refusal-contact-missing = ist nötig: Das Geheimnis geht an den Kontakt
refusal-deliver-own-key = muss show sein: Der eigene Schlüssel eines Benutzers hat keinen Kontakt
refusal-deliver-off = muss show sein: Geheimnisse werden nur gesendet, wo delivery.mail und delivery.sms eingerichtet sind
refusal-deliver-contact = muss send sein: Nach delivery.show_to_creator sieht nur der Kontakt das Geheimnis
refusal-version-unknown = muss eine eingerichtete Version sein, und { $name } ist keine; { $known }
refusal-versions-known = bekannt sind: { $names }
refusal-versions-none = es ist keine eingerichtet
refusal-version-retired = muss in Betrieb sein, und { $name } ist abgeschaltet
refusal-version-kept = kann nicht entfernt werden, solange Versionen eingerichtet sind
refusal-version-none = kann nicht gewechselt werden: Es ist keine Version eingerichtet
refusal-version-current = ist schon { $version }
refusal-version-older = muss angekreuzt sein, um es auf { $to } festzulegen; das ist älter als die jetzige Version { $current }
refusal-role = muss staff, owner, implementer oder member sein
refusal-role-of-token = muss staff, owner oder implementer sein
refusal-role-staff = kann nicht zum Anbieter oder von ihm weg wechseln: Bitte einen anderen Benutzer erstellen
refusal-account-staff = muss leer bleiben: Benutzer des Anbieters gehören zu keinem Konto
refusal-account-missing = ist nötig: Nur Benutzer des Anbieters gehören zu keinem Konto
refusal-first-user-email = ist für den ersten Benutzer nötig
refusal-existing-user-email = muss leer bleiben: Dieser Link ist für einen bestehenden Benutzer
refusal-expiry-of-creator = darf nicht nach { $end } liegen, wenn das Token abläuft, das es anlegt
refusal-start-date = muss heute oder ein späteres Datum sein, wie 2027-01-31
refusal-use-cases = müssen third_party_tool, data_extraction, reporting, integration, automation oder „other: “ und 1 bis 200 Zeichen ohne Steuerzeichen sein
refusal-policy-long = darf nicht länger als 2000 Zeichen sein
refusal-policy = muss die Adresse einer öffentlichen Website wie https://example.org/privacy sein: http oder https, ein Host mit Namen, kein Benutzer, und alles außer Buchstaben, Ziffern und Zeichen von ASCII kodiert
refusal-webhook-credential = nennt kein API-Konto, das Webhooks von Ihnen haben darf
refusal-event-unknown = muss { $any } sein oder eines von: { $names }
refusal-event-form = muss aus Gegenstand und Vorgang bestehen: contact.created
refusal-url-length = muss 1 bis 2.000 Zeichen haben
refusal-url-stored-length = darf höchstens 2.000 Zeichen haben, so wie sie gesendet wird: mit Pfad, und %22 statt "
refusal-url-characters = muss aus Buchstaben, Ziffern und Zeichen von ASCII bestehen, ohne Leerzeichen und Backslashes; andere Buchstaben schreibt man als %XX, und einen Host als xn--…
refusal-url-https = muss mit https://… beginnen; ein Betreiber kann http:// erlauben (webhooks.allow_http)
refusal-url-scheme = muss mit https://… oder http://… beginnen
refusal-url-fragment = darf kein Fragment haben (#…)
refusal-url-user = darf keinen Benutzernamen und kein Passwort haben
refusal-url-address = muss einen Host wie hooks.example.org nennen, keine IP-Adresse
refusal-url-localhost = darf nicht zu diesem Rechner führen
refusal-url-host = muss den ganzen Namen eines Hosts haben, wie hooks.example.org
refusal-url-own-host = darf nicht zu { $host } führen; das ist diese Installation selbst
refusal-url-port = muss Port { $allowed } haben, nicht { $port }; ein Betreiber kann andere erlauben (webhooks.ports)
refusal-url-form = muss eine Web-Adresse wie https://hooks.example.org/claviger sein
refusal-url-not-public = führt zu { $address }, und das ist nicht öffentlich; ein Betreiber kann es erlauben (webhooks.allow)
refusal-url-not-found = hat einen Host, der nicht gefunden wird
refusal-url-busy = hat einen Host, der gerade nicht gesucht werden kann; bitte noch einmal versuchen
refusal-file-missing = fehlt oder ist leer
refusal-file-large = ist zu groß für diese Seite; bitte mit der Kommandozeile oder der Verwaltungs-API importieren
refusal-file-text = ist kein Text in UTF-8
refusal-htpasswd-account = fehlt: Eine htpasswd-Datei sagt nicht, wem ihre Benutzer gehören
refusal-htpasswd-only = ist nur für htpasswd; die anderen Formate haben dafür ein eigenes Feld
refusal-parent-deleted = etwas, zu dem dies gehört, wurde gelöscht
refusal-account-id-taken = ein anderes Konto hat diese Id
refusal-credential-id-taken = ein anderes API-Konto hat diese Id
refusal-username-taken = ein anderes API-Konto hat diesen Benutzernamen
refusal-email-taken = ein anderer Benutzer hat diese E-Mail-Adresse
refusal-oneself = Sie können sich nicht selbst sperren
refusal-last-staff = dies ist der letzte Benutzer des Anbieters, der sich anmelden kann
refusal-last-owner = dies ist der letzte Benutzer, der dieses Konto verwaltet und sich anmelden kann; das kann nur der Anbieter
refusal-already-set-up = die Einrichtung ist abgeschlossen: Ein Benutzer des Anbieters hat ein Passwort
refusal-link = dieser Link gilt nicht; bitte einen neuen anfordern
refusal-sign-in = E-Mail-Adresse oder Passwort ist falsch
refusal-sign-in-wait = zu viele falsche Passwörter; bitte in { $seconds } s noch einmal versuchen
refusal-access-not-granted = API-Zugang ist diesem Konto nicht gewährt
refusal-access-granted = API-Zugang ist diesem Konto schon gewährt
refusal-members = dieses Konto erlaubt seinen Mitgliedern keine eigenen Schlüssel
refusal-request-pending = ein Antrag dieses Kontos wartet schon auf eine Entscheidung
refusal-request-is-pending = dieser Antrag wartet schon
refusal-request-is-approved = dieser Antrag ist schon genehmigt
refusal-request-is-declined = dieser Antrag ist schon abgelehnt
refusal-request-is-withdrawn = dieser Antrag ist schon zurückgezogen
refusal-credential-changed = es wurde inzwischen geändert; bitte neu laden
refusal-own-key-reset = dies ist der eigene Schlüssel eines Benutzers: Der Benutzer erzeugt ihn neu, und der Anbieter kann ihn nur in einem Schritt erneuern und freigeben; wird er gelöscht, muss der Benutzer ihn neu erzeugen
refusal-own-key-not-shown = nur sein Benutzer darf das Geheimnis dieses eigenen Schlüssels sehen; wird er gelöscht, kann der Benutzer einen neuen erzeugen
refusal-own-key-unusable = das neue Geheimnis dieses eigenen Schlüssels würde abgelehnt: { $reason }
refusal-own-key-duplicate = dies ist der eigene Schlüssel eines Benutzers, und ein Benutzer hat nur einen
refusal-own-key-enabled = Ihr Schlüssel ist schon aktiv; erzeugen Sie ihn neu für ein neues Geheimnis
refusal-own-key-disabled = Ihr Schlüssel ist gesperrt; freigeben kann ihn, wer Ihr Konto verwaltet
refusal-own-key-disabled-for = Ihr Schlüssel ist gesperrt ({ $reason }); freigeben kann ihn, wer Ihr Konto verwaltet
refusal-own-key-expired = Ihr Schlüssel ist am { $end } abgelaufen; verlängern kann ihn, wer Ihr Konto verwaltet
refusal-own-key-id = ein anderes API-Konto hat die Id Ihres Schlüssels: { $id }
refusal-no-delivery = Geheimnisse werden nicht gesendet: delivery.mail und delivery.sms sind nicht beide eingerichtet
refusal-nothing-to-send = kein Geheimnis wartet darauf, angezeigt zu werden; wird das Geheimnis erneuert, wird ein neues gesendet
refusal-secret-not-sent = nichts wird gesendet, denn { $reason }
refusal-texts-used-up = bis { $next } gehen keine weiteren Textnachrichten an diese Nummer oder für dieses Konto
refusal-texts-ended = dieser Link hat alle seine Textnachrichten verbraucht; bitte einen neuen Link senden
refusal-webhooks-of-credential = dieses API-Konto hat schon { $max } Webhooks, mehr darf es nicht haben; bitte zuerst einen löschen
refusal-webhooks-of-account = dieses Konto hat schon { $max } Webhooks, mehr darf es nicht haben; bitte zuerst einen löschen
refusal-webhook-key = sein Geheimnis kann nicht abgeleitet werden: Der Schlüssel der Installation (installation_key_file) fehlt hier
refusal-webhook-stopped = an diesen Webhook wird jetzt nichts gesendet: { $reason }
refusal-webhook-waiting = diese Zustellung wartet noch und wird ohne Wiederholung gesendet
refusal-because-access-off = der API-Zugang des Kontos ist ausgeschaltet
refusal-because-not-granted = API-Zugang ist dem Konto nicht gewährt
refusal-because-no-access = sein Konto hat keinen API-Zugang
refusal-because-members = das Konto erlaubt seinen Mitgliedern keine eigenen Schlüssel
refusal-because-user-disabled = sein Benutzer ist gesperrt
refusal-because-user-gone = seinen Benutzer gibt es nicht mehr
refusal-because-disabled = es ist gesperrt
refusal-because-expired = die Gültigkeit ist abgelaufen
refusal-because-no-version = es fehlt eine Version; bitte zuerst die Version wechseln
refusal-because-version-unknown = die Version ist nicht eingerichtet; bitte zuerst die Version wechseln
refusal-because-version-retired = die Version ist abgeschaltet; bitte zuerst die Version wechseln
refusal-because-paused = er ist pausiert
refusal-because-switched-off = er wurde abgeschaltet
refusal-because-webhook-access = der API-Zugang des Kontos ist aus
refusal-because-credential-disabled = sein API-Konto ist gesperrt
refusal-because-credential-cleared = sein API-Konto hat kein Geheimnis
refusal-because-credential-expired = sein API-Konto ist abgelaufen
refusal-because-owner-disabled = der Benutzer seines Schlüssels ist gesperrt
refusal-because-webhook-members = Mitglieder des Kontos dürfen keine eigenen Schlüssel haben
refusal-throttled-sign-in = Die Anmeldung mit dem richtigen Passwort des Benutzers wird { $throttled }
refusal-throttled-password = Das richtige Passwort von { $id } wird { $throttled }
refusal-throttled = von { $address } bis { $until }{ $others } abgelehnt, wegen { $guesses } davor. Der Anbieter kann das aufheben: claviger throttle clear --address { $address }
refusal-one-other-network = , und aus einem anderen Netz,
refusal-other-networks = , und aus { $count } anderen Netzen,
refusal-one-wrong-guess = eines Fehlversuchs
refusal-wrong-guesses = { $count } Fehlversuchen
refusal-without-version = { $id } hat keine Version, und die API verlangt eine.
refusal-pinned-unknown = { $id } ist auf Version { $version } festgelegt, die nicht eingerichtet ist.
refusal-pinned-retired = { $id } ist auf Version { $version } festgelegt, die abgeschaltet ist.
refusal-without-scopes = { $id } hat eine leere Liste von Rechten, die nichts erlaubt.
refusal-scopes-unknown = { $id } hat Rechte, die nicht angeboten werden: { $scopes }.
refusal-path = keine Seite hat diese Adresse
refusal-body-large = die Anfrage ist zu groß; bitte eine kleinere senden
refusal-media-type = der Content-Type fehlt oder wird hier nicht gelesen; bitte einen anderen senden
refusal-unreadable = die Anfrage ist nicht lesbar; bitte berichtigen
refusal-cross-site = eine Anfrage mit dem Cookie einer Sitzung braucht Sec-Fetch-Site: same-origin oder den Origin dieser Website; Seiten anderer Websites dürfen dies nicht aufrufen
refusal-session-cookies = die Anfrage hat mehr als ein Cookie einer Sitzung
refusal-keyed-body-large = eine Anfrage mit Idempotency-Key darf höchstens { $max } Bytes haben
refusal-form-large = ein Formular darf höchstens { $max } Bytes haben
refusal-form-text = das Formular ist nicht in UTF-8
refusal-form-field-text = ein Feld des Formulars ist nicht in UTF-8
refusal-form-fields = das Formular hat mehr als { $max } Felder
refusal-form-field-unknown = das Formular hat ein Feld, das diese Seite nicht hat
refusal-form-field-twice = das Formular hat ein Feld zweimal
refusal-form-fields-once = das Formular hat diese Felder nicht je einmal
refusal-form-unreadable = das Formular ist nicht lesbar
refusal-form-media-type = ein Formular wird als application/x-www-form-urlencoded gesendet
refusal-form-revision = das Formular hat eine Revision, die keine Zahl ist
refusal-form-decision = das Formular hat keine Entscheidung, die diese Seite hat
refusal-upload-media-type = eine Datei wird als multipart/form-data gesendet
refusal-upload-large = eine Datei darf höchstens { $max } Bytes haben
refusal-filter-value = der Filter hat einen Wert ohne Bedeutung
refusal-filter-state = diese Seite hat keinen solchen Zustand
refusal-filter-account = dies ist keine Id eines Kontos
refusal-filter-granted = der Filter „granted“ ist yes oder no

# An- und Abmelden, vergessene Passwörter.
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
sign-in-forgot-staff = Wer für den Anbieter arbeitet, fragt im eigenen Team oder den Betreiber dieses Dienstes.
sign-in-forgot-mail = Geben Sie die E-Mail-Adresse an, mit der Sie sich anmelden. Gehört sie einem Benutzer, bringt eine Mail einen Link, mit dem Sie ein neues Passwort wählen.
sign-in-forgot-button = Link senden
done-lost-password = Gehört die Adresse einem Benutzer, ist eine Mail mit einem Link unterwegs. Er gilt eine Stunde.
sign-in-back = Zurück zur Anmeldung
done-signed-out = Sie sind abgemeldet.

# Die Links, die claviger demo ausgibt.
demo-title = Umsehen
demo-lead = Sie werden angemeldet als { $email } ({ $role }). Der Link gilt einmal.
demo-button = Anmelden
demo-mailbox-title = Nachrichten dieser Demo
demo-mailbox-lead = Eine Demo sendet nichts. Hier steht, was gesendet worden wäre, das Neueste zuerst.
demo-mailbox-empty = Noch nichts. Erstellen Sie einen Benutzer, oder Zugangsdaten, die gesendet werden.
demo-mailbox-text = Textnachricht

# Einrichtungslinks.
setup-title = Passwort wählen
setup-lead = Für { $email }.
setup-lead-first = Sie sind die erste Person: Der Link erstellt den Benutzer des Anbieters, der alles Weitere einrichtet.
setup-ticket = Der Teil Ihres Links nach dem #
    .hint = 43 Buchstaben, Ziffern, Binde- und Unterstriche
setup-continue = Weiter
setup-email = Ihre E-Mail-Adresse
    .hint = Damit melden Sie sich an
setup-name = Ihr Name
    .hint = Kann leer bleiben
setup-password = Neues Passwort
    .hint = Mindestens 8 Zeichen. Ein paar zufällige Wörter sind gut.
setup-password-again = Neues Passwort, noch einmal
setup-button = Passwort speichern
setup-worthless = Dieser Link gilt nicht
setup-worthless-lead = Er wurde benutzt, ist abgelaufen oder wurde durch einen neueren ersetzt.
done-password-set = Ihr Passwort ist gespeichert. Sie können sich damit anmelden.

# Die angemeldete Person.
profile-title = Ihr Profil
profile-you = Sie
profile-name = Name
    .hint = Das sehen andere. Kann leer bleiben.
profile-save-name = Namen speichern
profile-role = Rolle
profile-account = Konto
profile-rights = Was Sie jetzt dürfen
profile-right-ask = API-Zugang beim Anbieter beantragen
profile-right-grant = Über Anträge auf Zugang entscheiden, API-Zugang gewähren und entziehen
profile-right-switch = Den API-Zugang des Kontos ein- und ausschalten
profile-right-credentials = API-Konten erstellen, ändern und löschen
profile-right-own-key = Einen eigenen API-Schlüssel haben
profile-right-users = Benutzer und Skript-Tokens verwalten
profile-right-audit = Das Änderungsprotokoll lesen
profile-right-account = Sehen, wie es um den API-Zugang steht
profile-right-see-webhooks = Webhooks und den Stand ihrer Zustellungen sehen
profile-right-webhooks = Webhooks erstellen, ändern und löschen
profile-right-publishers = Die Tokens verwalten, mit denen die API ihre Ereignisse meldet
profile-language = Sprache
profile-language-lead = Die Seiten richten sich nach der Sprache Ihres Browsers.
profile-password = Passwort
profile-current = Jetziges Passwort
profile-new = Neues Passwort
    .hint = Mindestens 8 Zeichen. Alle anderen Sitzungen enden.
profile-again = Neues Passwort, noch einmal
profile-change = Passwort ändern
profile-sessions = Wo Sie angemeldet sind
profile-no-address = Unbekannte Adresse
profile-this = Dieser Browser
profile-begun = Angemeldet
profile-seen = zuletzt benutzt
profile-end = Beenden
profile-end-at = Die Sitzung beenden, die am { $begun } begann
profile-end-others = Überall sonst abmelden
done-name-changed = Ihr Name ist gespeichert.
done-password-changed = Ihr Passwort ist geändert. Alle anderen Sitzungen sind beendet.
done-session-ended = Die Sitzung ist beendet.
done-sessions-ended = Alle Ihre anderen Sitzungen sind beendet.

# Die erste Seite.
overview-title = Übersicht
overview-staff = Sie sehen alle Konten.
overview-not-granted = Ihrem Konto wurde noch kein API-Zugang gewährt.
overview-off = Der API-Zugang ist gewährt, aber ausgeschaltet. Alle API-Konten und Schlüssel werden abgewiesen.
overview-on = Der API-Zugang ist an.
overview-requests = Anträge auf Zugang
overview-waiting = { $count ->
    [one] 1 Antrag auf Zugang wartet.
   *[other] { $count } Anträge auf Zugang warten.
}
overview-none-wait = Es warten keine Anträge.
overview-to-requests = Anträge anzeigen
overview-to-accounts = Konten anzeigen
overview-ask = API-Zugang beantragen
overview-ask-lead = Mit API-Zugang können Programme mit den Daten Ihres Kontos arbeiten. Der Anbieter gewährt ihn auf Antrag.
overview-ask-again = Noch einmal beantragen
overview-declined = Der letzte Antrag wurde abgelehnt: { $reason }
overview-asked = Ihr Antrag wartet
overview-asked-lead = Der Anbieter hat noch nicht darüber entschieden.
overview-to-request = Antrag anzeigen
overview-next = Der nächste Schritt
overview-why = Fehlt noch etwas?
overview-ready = Sie können die API benutzen
overview-ready-lead = Es fehlt nichts.
overview-to-access = API-Zugang
overview-credentials = API-Konten
overview-enabled = { $count } aktiv
overview-disabled = { $count } gesperrt
overview-expired = { $count } abgelaufen
overview-expiring = Laufen in den nächsten 14 Tagen ab
overview-own-key = Mein API-Schlüssel
overview-used = Zuletzt benutzt
overview-to-own-key = Meinen API-Schlüssel anzeigen

# API-Zugang eines Kontos.
access-title = API-Zugang
access-lead-not-granted = Ihrem Konto wurde noch kein API-Zugang gewährt.
access-lead-off = Der API-Zugang ist gewährt, aber ausgeschaltet. Alle API-Konten und Schlüssel werden abgewiesen.
access-lead-on = Der API-Zugang ist gewährt und eingeschaltet.
access-docs = API-Dokumentation
access-cancel = Abbrechen

access-request = Ihr Antrag
access-request-open = Antrag anzeigen
access-request-waits = Der API-Zugang wurde am { $date } beantragt. Der Anbieter hat noch nicht entschieden.
access-request-declined = Der Anbieter hat den Antrag auf API-Zugang am { $date } abgelehnt. Zuständig für einen neuen Antrag: { $owner }.
access-request-withdrawn = Der Antrag auf API-Zugang wurde am { $date } zurückgezogen. Zuständig für einen neuen Antrag: { $owner }.
access-withdraw = Antrag zurückziehen
access-ask = API-Zugang beantragen
access-ask-again = Noch einmal beantragen
access-ask-lead = Der Anbieter entscheidet über den Antrag. Die Entscheidung steht dann hier.
access-ask-button = API-Zugang beantragen
access-start = Geplanter Beginn
    .hint = Der erste Tag, an dem Sie die API benutzen möchten.
access-uses = Wofür wird der API-Zugang gebraucht?
    .hint = Bitte alles Zutreffende wählen oder unten beschreiben.
access-uses-unfit = Wählen oder beschreiben Sie, wofür der API-Zugang gebraucht wird
access-other = Etwas anderes
    .hint = Höchstens 200 Zeichen.
access-other-unfit = Beschreiben Sie es in einer Zeile mit höchstens 200 Zeichen
access-policy = Adresse Ihrer öffentlichen Datenschutzerklärung
    .hint = Freiwillig, etwa https://example.org/privacy

access-switches = API-Zugang des Kontos
access-is-on = An
access-is-off = Aus
access-enable = API-Zugang einschalten
access-disable = API-Zugang ausschalten
access-members = API-Zugang für Mitglieder
    .hint = Ob Mitglieder einen eigenen Schlüssel haben dürfen. Solange nicht, werden vorhandene Schlüssel abgewiesen.
access-members-allowed = Erlaubt
access-members-not-allowed = Nicht erlaubt
access-members-unfit = Wählen Sie „Erlaubt“ oder „Nicht erlaubt“
access-members-save = Speichern
access-members-lose = { $count ->
    [one] 1 Schlüssel eines Mitglieds wird ab sofort abgewiesen, bis Mitglieder wieder Schlüssel haben dürfen.
   *[other] { $count } Schlüssel von Mitgliedern werden ab sofort abgewiesen, bis Mitglieder wieder Schlüssel haben dürfen.
}
access-off-title = API-Zugang ausschalten?
access-off-credentials = { $count ->
    [0] Zurzeit ist kein API-Konto und kein Schlüssel aktiv.
    [one] 1 aktives API-Konto oder aktiver Schlüssel wird ab sofort abgewiesen.
   *[other] { $count } aktive API-Konten und Schlüssel werden ab sofort abgewiesen.
}
access-off-used = Letzte Nutzung:
access-off-never-used = Bisher wurde nichts davon benutzt.
access-off-later = Nichts wird gelöscht. Ist der API-Zugang wieder eingeschaltet, gelten dieselben API-Konten und Schlüssel.

access-why = Fehlt noch etwas?
access-why-nothing = Es fehlt nichts: Die API kann benutzt werden.
access-why-missing = { $count ->
    [one] 1 Voraussetzung fehlt.
   *[other] { $count } Voraussetzungen fehlen.
}
access-met = Ja
access-missing = Fehlt
access-user = Der Benutzer ist freigegeben.
access-user-missing = Der Benutzer ist gesperrt.
access-sign-in = Die Anmeldung ist nicht blockiert.
access-sign-in-missing = Die Anmeldung ist nach zu vielen falschen Passwörtern eine Zeit lang blockiert.
access-granted = Der Anbieter hat dem Konto API-Zugang gewährt.
access-granted-missing = Der Anbieter hat dem Konto keinen API-Zugang gewährt.
access-on = Das Konto hat den API-Zugang eingeschaltet.
access-on-missing = Das Konto hat den API-Zugang ausgeschaltet.
access-role = Die Rolle darf die API benutzen.
access-role-missing = Mitglieder dieses Kontos dürfen keine eigenen Schlüssel haben.
access-created = Es gibt Zugangsdaten: ein API-Konto oder einen Schlüssel.
access-created-missing = Es gibt keine Zugangsdaten: kein API-Konto und keinen Schlüssel.
access-secret = Die Zugangsdaten haben ein Geheimnis.
access-secret-missing = Das Geheimnis der Zugangsdaten wurde gelöscht.
access-enabled = Die Zugangsdaten sind freigegeben.
access-enabled-missing = Die Zugangsdaten sind gesperrt.
access-in-date = Die Zugangsdaten sind nicht abgelaufen.
access-in-date-missing = Die Zugangsdaten sind abgelaufen.
access-version = Die API-Version der Zugangsdaten ist in Betrieb.
access-version-missing = Die API-Version der Zugangsdaten ist nicht in Betrieb.
access-scopes = Alle Rechte der Zugangsdaten werden angeboten.
access-scopes-missing = Die Zugangsdaten haben keine Rechte oder solche, die nicht angeboten werden.
access-revealed = Das Geheimnis wurde dem Kontakt angezeigt.
access-revealed-missing = Das Geheimnis wurde dem Kontakt noch nicht angezeigt.
access-unthrottled = Die Zugangsdaten sind nicht wegen falscher Passwörter blockiert.
access-throttles-elsewhere = Jedes Gateway zählt falsche Passwörter für sich, und diese Seite sieht sie nicht. Dieser Befehl listet sie auf dem Rechner eines Gateways auf:
access-unthrottled-missing = Die Zugangsdaten sind nach zu vielen falschen Passwörtern eine Zeit lang blockiert.
access-who-enables-user = Zuständig für die Freigabe: { $owner } oder der Anbieter.
access-who-asks = Zuständig für den Antrag beim Anbieter: { $owner }.
access-who-decides = Der Antrag darauf wartet beim Anbieter.
access-who-switches = Zuständig für das Einschalten: { $owner } oder { $implementer }.
access-who-allows = Zuständig für die Erlaubnis: { $owner } oder { $implementer }.
access-who-creates = Zuständig für API-Konten: { $owner } oder { $implementer }. Einen eigenen Schlüssel erstellt jede Person selbst.
access-who-resets = Zuständig für ein neues Geheimnis: { $owner } oder { $implementer }. Den eigenen Schlüssel schaltet jede Person selbst wieder ein.
access-who-enables = Zuständig für die Freigabe: { $owner } oder { $implementer }.
access-who-extends = Zuständig für die Verlängerung: { $owner } oder { $implementer }.
access-who-upgrades = Zuständig für eine neuere Version: { $owner } oder { $implementer }.
access-who-edits = Zuständig für die Rechte: { $owner } oder { $implementer }.
access-who-sends = Zuständig für das erneute Senden: { $owner } oder { $implementer }.
access-who-clears = Das endet von selbst; der Anbieter kann es früher beenden.
access-link-account = Konto
access-link-ask = API-Zugang beantragen
access-link-request = Antrag anzeigen
access-link-switches = Schalter
access-link-create = Neues API-Konto
access-link-credential = Einzelheiten
access-link-own-key = Mein API-Schlüssel
access-link-user = Benutzer anzeigen

done-access-asked = Ihr Antrag ist gesendet. Die Entscheidung steht dann auf dieser Seite.
done-access-request-withdrawn = Der Antrag ist zurückgezogen.
done-access-on = Der API-Zugang ist eingeschaltet.
done-access-off = Der API-Zugang ist ausgeschaltet. Alle API-Konten und Schlüssel werden abgewiesen.
done-access-members-allowed = Mitglieder dürfen jetzt eigene Schlüssel haben.
done-access-members-not-allowed = Mitglieder dürfen keine eigenen Schlüssel mehr haben. Vorhandene werden abgewiesen.

# Anträge auf Zugang.
requests-title = Anträge auf Zugang
requests-lead = Hier beantragen Konten API-Zugang. Eine Genehmigung gilt sofort.
requests-of = Antrag von { $account }
requests-one = Antrag auf Zugang
requests-back = Zurück
requests-filter = Status
requests-of-account = Konto: { $account }
requests-all-accounts = Alle Konten anzeigen
requests-none-wait = Es warten keine Anträge.
requests-none = Es gibt keine.
requests-unreadable = { $count ->
    [one] 1 Antrag ist nicht lesbar; der Grund steht im Protokoll des Dienstes.
   *[other] { $count } Anträge sind nicht lesbar; die Gründe stehen im Protokoll des Dienstes.
}
requests-no-more = Es gibt keine weiteren.
requests-pages = Seiten
requests-first = Erste Seite
requests-next = Nächste Seite
requests-choose = Auswählen
requests-choose-one = Den Antrag von { $account } auswählen
requests-chosen = Ausgewählte Anträge
requests-approve = Genehmigen
requests-approve-lead = Das Konto hat dann sofort API-Zugang.
requests-decline = Ablehnen
requests-decline-reason = Grund
    .hint = Nötig zum Ablehnen. Das Konto liest ihn im Wortlaut.
requests-none-chosen = Wählen Sie mindestens einen Antrag aus
requests-reason-of-approval = Einen Grund gibt es nur beim Ablehnen. Zum Genehmigen bitte entfernen, oder ablehnen
requests-not-pending = Nichts wurde entschieden, denn diese warten nicht mehr: { $requests }.
requests-asker-misses = Was zur Nutzung noch fehlt
requests-audit = Verlauf

requests-account = Konto
requests-state = Status
requests-state-pending = Wartet
requests-state-approved = Genehmigt
requests-state-declined = Abgelehnt
requests-state-withdrawn = Zurückgezogen
requests-state-all = Alle
requests-asked-by = Gestellt von
requests-start = Beginn
requests-uses = Gebraucht für
requests-use-third-party-tool = Programm eines anderen Unternehmens
requests-use-data-extraction = Auslesen von Daten
requests-use-reporting = Berichte
requests-use-integration = Anbindung eines anderen Systems
requests-use-automation = Automatisierung eigener Abläufe
requests-policy = Datenschutzerklärung
requests-policy-none = Keine angegeben
requests-approved-by = Genehmigt von
requests-declined-by = Abgelehnt von
requests-withdrawn-by = Zurückgezogen von
requests-reason = Grund

done-requests-approved = Genehmigt: { $subject }. Der API-Zugang ist gewährt.
done-requests-declined = Abgelehnt: { $subject }.

# Konten, für den Anbieter.
accounts-title = Konten
accounts-lead = Die Kunden. Ein Konto kann die API benutzen, sobald ihm der Zugang gewährt ist.
accounts-new = Neues Konto
accounts-new-lead = Das Konto hat keinen API-Zugang, bis er gewährt wird.
accounts-create = Konto erstellen
accounts-rename = Konto umbenennen
accounts-save = Speichern
accounts-cancel = Abbrechen
accounts-name = Name
    .hint = Unter diesem Namen ist das Konto bekannt.
accounts-id = Id
    .hint = Lässt sich nicht ändern. Buchstaben, Ziffern und . _ : @ / + -. Leer: Wir erzeugen eine.
accounts-id-taken = Ein anderes Konto hat diese Id
accounts-search = Suche nach Name oder Id
accounts-apply = Anwenden
accounts-clear = Alle Filter entfernen
accounts-nothing-matches = Kein Konto passt.
accounts-empty = Es gibt noch keine Konten.
accounts-no-more = Es gibt keine weiteren.
accounts-unreadable = { $count ->
    [one] 1 Konto ist nicht lesbar; der Grund steht im Protokoll des Dienstes.
   *[other] { $count } Konten sind nicht lesbar; die Gründe stehen im Protokoll des Dienstes.
}
accounts-pages = Seiten
accounts-first = Erste Seite
accounts-next = Nächste Seite
accounts-access = API-Zugang
accounts-granted-any = Alle
accounts-granted = Gewährt
accounts-not-granted = Nicht gewährt
accounts-grant-state = Vom Anbieter gewährt
accounts-switch = Vom Konto geschaltet
accounts-on = An
accounts-off = Aus
accounts-members = Schlüssel von Mitgliedern
accounts-members-allowed = Erlaubt
accounts-members-not-allowed = Nicht erlaubt
accounts-asking = Ein Antrag dieses Kontos wartet.
accounts-grant = API-Zugang gewähren
accounts-withdraw = API-Zugang entziehen
accounts-withdraw-title = { $name } den API-Zugang entziehen?
accounts-withdraw-later = Nichts wird gelöscht. Ist der Zugang wieder gewährt, gelten dieselben API-Konten und Schlüssel.
accounts-facts = Einzelheiten
accounts-people = Personen
accounts-disabled = Gesperrt
accounts-users = Benutzer anzeigen
accounts-credentials = API-Konten
accounts-credentials-enabled = Aktiv
accounts-credentials-disabled = Gesperrt
accounts-credentials-expired = Abgelaufen
accounts-credentials-cleared = Ohne Geheimnis
accounts-credentials-list = API-Konten anzeigen
accounts-used = Zuletzt benutzt
accounts-never-used = nie
accounts-created = Erstellt
accounts-webhooks = Webhooks anzeigen
accounts-audit = Verlauf dieses Kontos

done-account-created = { $subject } ist erstellt.
done-account-renamed = Das Konto heißt jetzt { $subject }.
done-account-granted = { $subject } hat jetzt API-Zugang.
done-account-withdrawn = { $subject } hat keinen API-Zugang mehr.

# Zugangsdaten eines Kontos, auf den Seiten API-Konten.
credentials-title = API-Konten
credentials-lead = Unternehmen und Programme, die die API aufrufen dürfen. Ein Geheimnis wird einmal angezeigt, wenn es erzeugt wird; wir behalten keine Kopie.
credentials-new = Neues API-Konto
credentials-new-lead = Für ein Unternehmen oder ein Programm, das die API in Ihrem Auftrag aufruft.
credentials-create = API-Konto erstellen
credentials-save = Speichern
credentials-cancel = Abbrechen
credentials-back = Zurück
credentials-account-off = Der API-Zugang dieses Kontos ist ausgeschaltet. Alle API-Konten werden abgewiesen.
credentials-account-off-link = API-Zugang

# Die Liste und ihr Filter.
credentials-filter-part = Suche nach Namen
credentials-filter-created = Erstellt
credentials-filter-state = Status
credentials-filter-kind = Art
credentials-filter-account = Konto
credentials-filter-apply = Anwenden
credentials-filter-clear = Alle Filter entfernen
credentials-filter-remove = Filter entfernen: { $filter }
credentials-created-any = Jederzeit
credentials-created-7 = In den letzten 7 Tagen
credentials-created-30 = In den letzten 30 Tagen
credentials-created-before = Vor mehr als 30 Tagen
credentials-state-any = Alle
credentials-state-enabled = Aktiv
credentials-state-disabled = Gesperrt
credentials-state-expired = Abgelaufen
credentials-state-cleared = Ohne Geheimnis
credentials-state-waiting = Wartet
credentials-kind-any = Alle
credentials-kind-token = API-Schlüssel
credentials-kind-token-hint = Ein langer Text, den wir erzeugen.
credentials-kind-password = Benutzername und Passwort
credentials-kind-password-hint = Für Programme, die nur diese beiden kennen.
credentials-kind-own = API-Schlüssel eines Benutzers
credentials-chip-part = Name: { $value }
credentials-chip-account = Konto: { $value }
credentials-chip-owner = Benutzer: { $value }
credentials-chip-created = Erstellt: { $value }
credentials-chip-state = Status: { $value }
credentials-chip-kind = Art: { $value }
credentials-count-enabled = { $count } aktiv
credentials-count-disabled = { $count } gesperrt
credentials-count-expired = { $count } abgelaufen
credentials-count-cleared = { $count } ohne Geheimnis
credentials-count-waiting = { $count } wartend
credentials-unreadable = { $count ->
    [one] 1 API-Konto ist nicht lesbar; der Grund steht im Protokoll des Dienstes.
   *[other] { $count } API-Konten sind nicht lesbar; die Gründe stehen im Protokoll des Dienstes.
}
credentials-nothing-matches = Kein API-Konto passt.
credentials-no-more = Es gibt keine weiteren.
credentials-empty = Noch keine API-Konten
credentials-empty-lead = Mit einem API-Konto meldet sich ein Unternehmen oder ein Programm bei der API an: mit einem API-Schlüssel oder mit Benutzername und Passwort, und mit eigenen Rechten.
credentials-pages = Seiten
credentials-first = Erste Seite
credentials-next = Nächste Seite
credentials-more = Mehr
credentials-more-of = Mehr zu { $name }
credentials-own-key-of = API-Schlüssel von { $name }
credentials-file = In der Datei mit Zugangsdaten
credentials-file-lead = Diese werden in der Datei mit Zugangsdaten des Dienstes geändert.
credentials-file-badge = In einer Datei
credentials-file-more = { $count ->
    [one] In der Datei steht 1 weiteres.
   *[other] In der Datei stehen { $count } weitere.
}

# Einzelheiten.
credentials-fact-reason = Grund
credentials-fact-overlap = Voriges Geheimnis endet
credentials-fact-hint = API-Schlüssel endet auf
credentials-fact-used = Zuletzt benutzt
credentials-fact-secret-made = Geheimnis erzeugt
credentials-fact-owner = Benutzer
credentials-fact-created = Erstellt
credentials-facts = Einzelheiten
credentials-key = API-Schlüssel
credentials-ends-in = endet auf
credentials-anywhere = Von überall
credentials-never = Läuft nicht ab
credentials-rate-default = Standard
credentials-rate-is = { $requests } Anfragen in { $seconds } Sekunden
credentials-rate-with-burst = { $rate }, höchstens { $burst } auf einmal
credentials-version-none = keine
credentials-version-unknown = { $version }, nicht mehr angeboten
credentials-version-newest = { $version } (neueste)
credentials-version-retired = { $version }, beendet am { $date }
credentials-version-ends = { $version }, endet am { $date }
credentials-version-deprecated = { $version }, veraltet seit { $date }
credentials-version-will-be-deprecated = { $version }, veraltet ab { $date }
credentials-any-method = Alles unter
credentials-scope-unknown = nicht mehr angeboten
credentials-never-used = Nie
credentials-addresses-count = { $count ->
    [one] 1 Adresse
    [16] 16 oder mehr Adressen
   *[other] { $count } Adressen
}

# Wer es benutzt.
credentials-use = Nutzung
credentials-last-used = Zuletzt benutzt
credentials-used-from = von { $address }
credentials-used-addresses = { $count ->
    [one] 1 Adresse in den letzten 30 Tagen
    [16] 16 oder mehr Adressen in den letzten 30 Tagen
   *[other] { $count } Adressen in den letzten 30 Tagen
}
credentials-never-used-lead = Es wurde noch nicht benutzt.
credentials-who-notices = Wer es merkt
credentials-history = Verlauf
credentials-history-all = Ganzer Verlauf
credentials-verb-create = Erstellt
credentials-verb-duplicate = Als Duplikat erstellt
credentials-verb-edit = Bearbeitet
credentials-verb-reset = Neues Geheimnis
credentials-verb-end-overlap = Voriges Geheimnis beendet
credentials-verb-clear = Geheimnis gelöscht
credentials-verb-disable = Gesperrt
credentials-verb-enable = Freigegeben
credentials-verb-upgrade = Version gewechselt
credentials-verb-import = Importiert
credentials-verb-deliver = Link noch einmal gesendet
credentials-verb-deliver-code = Code noch einmal gesendet
credentials-verb-void = Link ungültig gemacht
credentials-verb-lock = Link nach falschen Codes gesperrt
credentials-verb-reveal = Geheimnis dem Kontakt angezeigt
credentials-verb-own-on = API-Schlüssel eingeschaltet
credentials-verb-own-regenerate = API-Schlüssel neu erzeugt
credentials-verb-own-off = API-Schlüssel ausgeschaltet

# Warum es abgewiesen wird.
credentials-refused = Warum es abgewiesen wird
credentials-refused-granted = Dem Konto wurde kein API-Zugang gewährt.
credentials-refused-off = Der API-Zugang des Kontos ist ausgeschaltet.
credentials-refused-members = Das Konto erlaubt seinen Mitgliedern keine API-Schlüssel.
credentials-refused-user = Sein Benutzer ist gesperrt.
credentials-refused-own-cleared = Es hat keinen API-Schlüssel. Sein Benutzer muss einen neuen erzeugen.
credentials-refused-cleared = Es hat kein Geheimnis.
credentials-refused-waiting = Sein Geheimnis wurde dem Kontakt noch nicht angezeigt.
credentials-refused-disabled = Es ist gesperrt.
credentials-refused-expired = Es ist abgelaufen.
credentials-refused-version = Seine API-Version ist nicht in Betrieb.
credentials-refused-scopes = Es hat keine Rechte oder solche, die nicht angeboten werden.
credentials-refused-throttled = Es ist nach zu vielen falschen Passwörtern eine Zeit lang blockiert.
credentials-obstacle-change = Ändern
credentials-obstacle-change-what = Ändern: { $what }

# Felder.
credentials-account = Konto
    .hint = Die Id des Kontos, zu dem es gehört.
credentials-what = Angaben
credentials-who = Kontakt
credentials-may = Rechte und Grenzen
credentials-how = Zustellung des Geheimnisses
credentials-how-lead = Die nächste Seite zeigt Ihnen das Geheimnis einmal. Bitte so weitergeben, dass andere es nicht lesen können.
credentials-how-send = Der Kontakt oben bekommt eine E-Mail mit einem Link und eine Textnachricht mit einem Code. Nur er sieht das Geheimnis, einmal.
credentials-deliver = Zustellung des Geheimnisses
credentials-deliver-send = An den Kontakt senden
credentials-deliver-send-hint = Eine E-Mail mit einem Link und eine Textnachricht mit einem Code. Nur der Kontakt sieht es, einmal.
credentials-deliver-show = Mir jetzt anzeigen
credentials-deliver-show-hint = Die nächste Seite zeigt es einmal. Bitte so weitergeben, dass andere es nicht lesen können.
credentials-name = Name
    .hint = Woran Sie es erkennen, etwa der Name des Unternehmens.
credentials-description = Beschreibung
credentials-kind = Art
credentials-id = Id
    .hint = Steht in Protokollen; lässt sich nicht ändern. Leer: Wir erzeugen eine.
credentials-username = Benutzername
    .hint = Für die Art „Benutzername und Passwort“. Ohne Doppelpunkt.
credentials-password = Passwort
    .hint = Mindestens 8 Zeichen. Leer: Wir erzeugen eines.
credentials-contact-email = E-Mail-Adresse
    .hint = Einer Person im Unternehmen.
credentials-contact-mobile = Telefonnummer
    .hint = Eine Mobilnummer mit Ländervorwahl, etwa +49…
credentials-developer-emails = E-Mail-Adressen der Entwickler
    .hint = Höchstens fünf, mit Kommas getrennt. An sie geht eine Mail, wenn das Geheimnis ersetzt wird oder abläuft.
credentials-use-mobile = { $number } übernehmen
credentials-use-mobile-of = { $number } ({ $country }) übernehmen
credentials-version = API-Version
credentials-rights = Rechte
credentials-scopes-all = Alles
credentials-scopes-some = Nur, was unten angekreuzt ist
credentials-scopes-none = Nichts
credentials-scopes = Einzelne Rechte
credentials-expires = Läuft ab
credentials-expires-keep = Unverändert: { $end }
credentials-expires-days = In { $days } Tagen ({ $date })
credentials-expires-date = Am Datum unten
credentials-expires-on = Datum
    .hint = Wird ab Beginn dieses Tages (UTC) abgewiesen.
credentials-addresses = Adressen
    .hint = Von wo es benutzt werden darf: Adressen oder Bereiche wie 192.0.2.7 oder 10.0.0.0/8, je Zeile einer. Leer: von überall.
credentials-rate = Anfragelimit
credentials-rate-lead = Leer: Es gilt der Standard.
credentials-rate-requests = Anfragen
credentials-rate-seconds = Sekunden
credentials-rate-burst = Auf einmal
    .hint = Leer: so viele Anfragen wie oben.
credentials-active = Dieses API-Konto ist aktiv
credentials-reason = Grund
    .hint = Warum es gesperrt ist. Steht hier und im Änderungsprotokoll.
credentials-confirm-id = Id
    .hint = Bitte die Id von oben eintippen, damit das richtige gelöscht wird.

# Fehler; vor denen mit kleinem Anfang steht der Name des Feldes.
credentials-fault-choose = muss gewählt werden
credentials-fault-choose-end = Wählen Sie, wann es abläuft
credentials-fault-choose-stop = Wählen Sie, wann das jetzige Geheimnis endet
credentials-id-taken = Ein anderes API-Konto hat diese Id
credentials-username-taken = Ein anderes API-Konto hat diesen Benutzernamen
credentials-fault-scopes-all = Rechte sind angekreuzt, aber „Alles“ ist gewählt. Bitte die Häkchen entfernen oder „Nur, was unten angekreuzt ist“ wählen
credentials-fault-scopes-none = Kreuzen Sie an, was es darf, oder wählen Sie „Alles“
credentials-fault-date-unused = ist ausgefüllt, aber ein anderes Ende ist gewählt; bitte „Am Datum unten“ wählen oder das Feld leeren
credentials-fault-date = muss ein Datum wie 2027-02-26 sein
credentials-fault-address = Möglich sind Adressen oder Bereiche wie 192.0.2.7 oder 10.0.0.0/8, und { $text } ist keines von beiden
credentials-fault-addresses = dürfen höchstens { $count } sein
credentials-fault-number = muss eine ganze Zahl ab 1 sein
credentials-fault-token = gibt es nur bei „Benutzername und Passwort“; bitte diese Art wählen oder das Feld leeren
credentials-fault-reason = ist nur für ein API-Konto, das nicht aktiv ist; bitte das Häkchen entfernen oder das Feld leeren
credentials-fault-confirm = muss die Id dieses API-Kontos sein

# Das Geheimnis.
credentials-created = { $name } ist erstellt
credentials-was-reset = { $name } hat ein neues Geheimnis
credentials-secret-once = Jetzt speichern. Dies wird nur einmal angezeigt und kann nicht wiederhergestellt werden.
credentials-secret-chosen = Das Passwort ist das eingegebene. Es wird hier nicht angezeigt und kann nicht wiederhergestellt werden.
credentials-secret-lost = Verloren, oder von anderen gesehen? Das Geheimnis von { $name } lässt sich erneuern; das jetzige gilt dann nicht mehr.
credentials-try = Ausprobieren
credentials-api-url = https://ADRESSE.DER.API/
credentials-copy = Kopieren
credentials-copied = Kopiert
credentials-saved = Ich habe es gespeichert

# Wie ein Geheimnis zum Kontakt kommt.
credentials-delivery = Zustellung
credentials-delivery-mail = E-Mail:
credentials-delivery-text = Textnachricht:
credentials-delivery-waiting = Der Link wartet darauf, geöffnet zu werden, bis { $time }.
credentials-delivery-revealed = Das Geheimnis wurde am { $time } angezeigt.
credentials-delivery-unused = Seitdem wurde es nicht benutzt.
credentials-delivery-locked = Der Link ist nach fünf falschen Codes gesperrt.
credentials-delivery-expired = Der Link endete am { $time }. Das Geheimnis wurde nicht angezeigt.
credentials-delivery-resent = Der Link wurde am { $time } durch einen neueren ersetzt.
credentials-delivery-reset = Der Link endete am { $time }: Es gibt ein anderes Geheimnis.
credentials-delivery-cleared = Der Link endete am { $time }: Das Geheimnis wurde gelöscht.
credentials-delivery-contact = Der Link endete am { $time }: Der Kontakt wurde geändert.
credentials-delivery-voided = Der Link wurde am { $time } ungültig gemacht.
credentials-delivery-tries = Versuche mit Codes
credentials-delivery-tries-of = { $tries } von 5
credentials-delivery-shown-to = Angezeigt an
credentials-message-sending = Wird gesendet
credentials-message-waiting = Wartet seit { $time }
credentials-message-accepted = Vom Server angenommen am { $time }
credentials-message-delivered = Zugestellt am { $time }
credentials-message-undelivered = Nicht zugestellt, gesendet am { $time }
credentials-message-failed = Fehlgeschlagen, eingereiht am { $time }
credentials-message-given-up = Nicht gesendet, eingereiht am { $time }
credentials-message-answer = Antwort des Servers: { $text }
credentials-message-next = Nächster Versuch am { $time }
credentials-failure-connect = Der Server war nicht erreichbar.
credentials-failure-tls = Die Verbindung zum Server ließ sich nicht so verschlüsseln, dass wir ihr trauen.
credentials-failure-login = Der Server hat unsere Anmeldung abgewiesen. Der Betreiber muss sie berichtigen.
credentials-failure-timeout = Der Server hat nicht rechtzeitig geantwortet. Die Nachricht kann trotzdem angekommen sein.
credentials-failure-busy = Der Server hat vorläufig abgelehnt.
credentials-failure-response = Die Antwort des Servers war unverständlich. Die Nachricht kann trotzdem angekommen sein.
credentials-failure-refused = Der Server hat die Nachricht endgültig abgelehnt.
credentials-failure-unfit = Für diese Adresse lässt sich keine Nachricht schreiben.
credentials-failure-invalid-number = Diese Telefonnummer gibt es nicht. Bitte die Nummer des Kontakts prüfen.
credentials-failure-not-mobile = Das ist keine Mobilnummer. Textnachrichten brauchen eine.
credentials-failure-country-off = Textnachrichten in das Land dieser Nummer sind nicht eingeschaltet.
credentials-failure-opted-out = Die Person mit dieser Nummer hat unsere Textnachrichten abbestellt. Mit der Nachricht START bestellt sie sie wieder.
credentials-failure-ended = Der Link endete, bevor die Nachricht gesendet wurde.
credentials-failure-expired = Die Nachricht konnte nicht rechtzeitig gesendet werden.
credentials-failure-off = Nichts wird gesendet, solange das API-Konto gesperrt oder abgelaufen ist oder API-Zugang oder Zustellung ausgeschaltet sind.
credentials-failure-replaced = Stattdessen wurde eine neuere Textnachricht gesendet.
credentials-failure-used-up = An diese Nummer gingen heute schon alle Textnachrichten, die möglich sind.
credentials-failure-unreadable = Die gespeicherte Nachricht ist beschädigt und wurde nicht gesendet.
credentials-send-again = Noch einmal senden
credentials-text-again = Code noch einmal senden
credentials-void = Link ungültig machen
credentials-void-title = Link von { $name } ungültig machen?
credentials-void-lead = Der gesendete Link gilt dann nicht mehr, und sein Geheimnis entsteht nie. Sie können einen neuen senden.

# Was sich damit tun lässt.
credentials-edit = Bearbeiten
credentials-edit-title = { $name } bearbeiten
credentials-edit-lead = Angaben und Rechte. Das Geheimnis bleibt, wie es ist.
credentials-reset = API-Schlüssel erneuern
credentials-reset-password = Passwort erneuern
credentials-reset-title = API-Schlüssel von { $name } erneuern?
credentials-reset-title-password = Passwort von { $name } erneuern?
credentials-reset-lead-send = Die Person im Unternehmen bekommt eine E-Mail mit einem Link und eine Textnachricht mit einem Code und sieht das neue Geheimnis einmal. Rechte und Einstellungen bleiben.
credentials-contact-missing = Das neue Geheimnis geht an den Kontakt, und dem fehlt noch die E-Mail-Adresse oder die Telefonnummer.
credentials-contact-complete = Kontakt ergänzen
credentials-reset-lead = Es bekommt ein neues Geheimnis, das die nächste Seite einmal zeigt. Rechte und Einstellungen bleiben.
credentials-reset-enable = Zugleich wieder freigeben
credentials-will-break = Bestehende Anbindungen fallen aus, wenn das jetzige Geheimnis endet, bis sie das neue haben.
credentials-old-stops = Das jetzige Geheimnis endet
credentials-old-stops-now = sofort
credentials-old-stops-hour = in 1 Stunde
credentials-old-stops-day = in 24 Stunden
credentials-old-stops-week = in 7 Tagen
credentials-old-stops-shown = sobald das neue angezeigt wurde
credentials-no-old-secret = Es hat zurzeit kein Geheimnis.
credentials-end-stays = Es läuft weiterhin am { $date } ab: Ein neues Geheimnis verlängert es nicht.
credentials-end-stays-never = Es läuft nicht ab.
credentials-overlap = Zwei Geheimnisse
credentials-overlap-lead = Das vorige Geheimnis gilt noch neben dem neuen. Es endet
credentials-end-overlap = Voriges jetzt beenden
credentials-duplicate = Duplizieren
credentials-duplicate-title = { $name } duplizieren
credentials-duplicate-lead = Ein zweites mit denselben Rechten und Einstellungen und einem eigenen Geheimnis.
credentials-duplicate-disabled = Gesperrt, wie das Original
credentials-as-original = Wie das Original
credentials-copy-of = { $name } (Kopie)
credentials-upgrade = Version wechseln
credentials-upgrade-title = Version von { $name } wechseln
credentials-upgrade-lead = Die Aufrufe gehen dann an die neue Version. Das Programm, das es benutzt, muss darauf vorbereitet sein.
credentials-upgrade-current = Jetzige Version:
credentials-upgrade-migrate = So gelingt die Umstellung
credentials-upgrade-to = Neue Version
credentials-upgrade-docs = Über Version { $version }
credentials-upgrade-none = Es wird keine neuere Version angeboten.
credentials-date-deprecated = veraltet ab { $date }
credentials-date-sunset = soll am { $date } enden
credentials-date-retired = endet am { $date }
credentials-date-none = kein Ende geplant
credentials-disable = Sperren
credentials-disable-title = { $name } sperren?
credentials-disable-lead = Die API weist es ab, bis es wieder freigegeben wird. Sein Geheimnis bleibt.
credentials-enable = Freigeben
credentials-enable-title = { $name } freigeben?
credentials-enable-lead = Es gilt wieder, mit dem bisherigen Geheimnis.
credentials-clear = API-Schlüssel löschen
credentials-clear-title = API-Schlüssel von { $name } löschen?
credentials-clear-lead = Sein Geheimnis wird gelöscht, und die API weist es ab. Zum weiteren Benutzen muss das Geheimnis erneuert werden.
credentials-clear-lead-own = Der API-Schlüssel wird gelöscht, und die API weist ihn ab. Sein Benutzer muss einen neuen erzeugen.
credentials-delete = Löschen
credentials-delete-title = { $name } löschen?
credentials-delete-lead = Es wird endgültig gelöscht, und die API weist es ab. Das lässt sich nicht rückgängig machen.

done-credential-edited = { $subject } ist gespeichert.
done-credential-enabled = { $subject } ist aktiv.
done-credential-disabled = { $subject } ist gesperrt. Die API weist es ab.
done-credential-sent = { $subject }: Eine E-Mail mit einem Link und eine Textnachricht mit einem Code sind unterwegs.
done-credential-texted = { $subject }: Eine Textnachricht mit einem neuen Code ist unterwegs.
done-credential-voided = Der Link von { $subject } ist ungültig.
done-credential-cleared = Der API-Schlüssel von { $subject } ist gelöscht. Die API weist ihn ab.
done-credential-deleted = { $subject } ist gelöscht.
done-credential-upgraded = { $subject } hat eine neue Version.
done-credential-overlap = Das vorige Geheimnis von { $subject } gilt nicht mehr.

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

# Export und Import von Zugangsdaten.
files-title = Dateien
files-lead = API-Konten als Datei, mit Hashwerten, nie mit Geheimnissen.
files-format = Format
files-yaml = Datei mit Zugangsdaten (YAML)
files-csv = Tabelle (CSV)
files-htpasswd = htpasswd (nur Benutzernamen und Passwörter)
files-account = Konto
    .hint = Die Id eines Kontos. Leer: alle
files-export = Export
files-export-button = Exportieren
files-import = Import
files-import-lead = Zuerst sehen Sie, was sich ändern würde. API-Konten, die nicht in der Datei stehen, bleiben, wie sie sind.
files-file = Datei
files-file-limit = Höchstens { $kilobytes } KiB. Größere Dateien gehen über die Kommandozeile oder die Verwaltungs-API.
files-users-account = Konto der Benutzer
    .hint = Nur für htpasswd: die Id des Kontos
files-users-version = API-Version der Benutzer
    .hint = Nur für htpasswd; kann leer bleiben
files-skip = Unbrauchbare Einträge auslassen und auflisten
files-check = Datei prüfen
files-faults = { $count ->
    [one] Die Datei hat 1 Fehler. Nichts wurde importiert.
   *[other] Die Datei hat { $count } Fehler. Nichts wurde importiert.
}
files-faults-title = Fehler der Datei
files-at = Zeile { $line }, Spalte { $column }
files-plan = Was der Import ändert
files-plan-lead = Noch ist nichts geändert.
files-plan-added = { $count ->
    [one] 1 neues API-Konto
   *[other] { $count } neue API-Konten
}
files-plan-changed = { $count ->
    [one] 1 geändertes API-Konto
   *[other] { $count } geänderte API-Konten
}
files-plan-unchanged = { $count ->
    [one] 1 API-Konto ist wie in der Datei
   *[other] { $count } API-Konten sind wie in der Datei
}
files-plan-accounts = { $count ->
    [one] 1 neues Konto
   *[other] { $count } neue Konten
}
files-plan-switched = { $count ->
    [one] 1 Konto, dessen API-Zugang umgeschaltet wird
   *[other] { $count } Konten, deren API-Zugang umgeschaltet wird
}
files-plan-accounts-title = Konten
files-access-on = API-Zugang an
files-access-off = API-Zugang aus
files-plan-credentials = API-Konten
files-plan-new = neu
files-plan-changes = ändert: { $fields }
files-plan-more = { $count ->
    [one] 1 weiteres wird nicht angezeigt.
   *[other] { $count } weitere werden nicht angezeigt.
}
files-skipped = Ausgelassene Einträge
files-import-button = Importieren
files-cancel = Abbrechen
done-file-imported = Importiert. Neue oder geänderte API-Konten: { $subject }.

# Der Schlüssel der angemeldeten Person.
own-key-title = Mein API-Schlüssel
own-key-lead = Ein eigener Schlüssel, für Programme, die für Sie arbeiten.
own-key-account-off = Der API-Zugang Ihres Kontos ist ausgeschaltet. Ihr Schlüssel wird abgewiesen, bis er wieder eingeschaltet ist.
own-key-switch = API-Zugang
own-key-on = An
own-key-off = Aus
own-key-expired = Abgelaufen
own-key-disabled = Gesperrt
own-key-none = Sie haben keinen Schlüssel.
own-key-off-lead = Sie haben keinen Schlüssel. Beim Einschalten wird einer erzeugt und einmal angezeigt.
own-key-disabled-lead = Ihr Schlüssel wird abgewiesen, bis ein Inhaber des Kontos ihn freigibt.
own-key-reason = Der Grund: { $reason }
own-key-expired-lead = Ihr Schlüssel ist abgelaufen und wird abgewiesen. Ein Inhaber des Kontos kann ihn verlängern.
own-key-version-lead = Ihr Schlüssel ist für eine API-Version, die nicht in Betrieb ist. Ein Inhaber des Kontos kann die Version wechseln.
own-key-switch-on = Einschalten
own-key-switch-off = Ausschalten
own-key-switch-off-lead = Alle Programme und Links mit Ihrem Schlüssel funktionieren ab sofort nicht mehr. Später können Sie wieder einschalten, mit einem anderen Schlüssel.
own-key-regenerate = Neuen Schlüssel erzeugen
own-key-regenerate-lead = Sie bekommen einen neuen Schlüssel. Alle Programme und Links mit dem vorigen funktionieren ab sofort nicht mehr.
own-key-hint = Endet auf
own-key-made = Erstellt
own-key-used = Zuletzt benutzt
own-key-never-used = nie
own-key-version = API-Version
own-key-expires = Läuft ab
own-key-cancel = Abbrechen
own-key-secret-title = Ihr neuer API-Schlüssel
own-key-secret = API-Schlüssel
own-key-secret-once = Jetzt an einem sicheren Ort speichern: Diese Seite zeigt ihn einmal und nie wieder.
own-key-secret-lost = Verloren? Auf der Seite „Mein API-Schlüssel“ lässt sich ein neuer erzeugen.
own-key-copy = Kopieren
own-key-copied = Kopiert
own-key-saved = Ich habe ihn gespeichert
done-own-key-off = Ihr API-Schlüssel ist ausgeschaltet.

# Alle mit einem eigenen Schlüssel.
management-title = Schlüssel der Benutzer
management-lead = Personen mit einem eigenen API-Schlüssel.
management-user = Suche nach Name oder E-Mail-Adresse
management-account = Konto
management-filter = Anzeigen
management-clear-filter = Alle Filter entfernen
management-count-enabled = { $count ->
    [one] 1 aktiv
   *[other] { $count } aktiv
}
management-count-disabled = { $count ->
    [one] 1 gesperrt
   *[other] { $count } gesperrt
}
management-count-expired = { $count ->
    [one] 1 abgelaufen
   *[other] { $count } abgelaufen
}
management-unreadable = { $count ->
    [one] 1 Schlüssel ist nicht lesbar; der Grund steht im Protokoll des Dienstes.
   *[other] { $count } Schlüssel sind nicht lesbar; die Gründe stehen im Protokoll des Dienstes.
}
management-nothing = Kein Schlüssel passt.
management-empty = Noch keine API-Schlüssel.
management-hint = Endet auf
management-made = Erstellt
management-used = Zuletzt benutzt
management-never-used = nie
management-reason = Grund der Sperre
management-clear = API-Schlüssel löschen
management-clear-named = API-Schlüssel von { $name } löschen
management-clear-lead = Alle Programme und Links mit diesem Schlüssel funktionieren ab sofort nicht mehr. Die Person muss einen neuen Schlüssel erzeugen.
management-cancel = Abbrechen
management-pages = Seiten
management-first = Erste Seite
management-next = Nächste Seite
done-key-cleared = Der API-Schlüssel von { $subject } ist gelöscht.

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

# Einzelheiten.
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

# Status.
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

# Ereignisse.
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

# Fehler; vor denen mit kleinem Anfang steht der Name des Feldes.
webhooks-fault-event = muss gewählt werden
webhooks-fault-credential = muss gewählt werden
webhooks-fault-key = Sie haben keinen API-Schlüssel
webhooks-fault-stops = Wählen Sie, wann das jetzige Geheimnis aufhört
webhooks-fault-choose = muss gewählt werden

# Das Geheimnis.
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

# Was sich damit tun lässt.
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

# Zustellungen.
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

# Wo ein API-Konto gezeigt wird.
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

# Benutzer eines Kontos.
users-title = Benutzer
users-lead = Personen, die sich hier anmelden können, und was sie dürfen.
users-account = Konto
users-role = Rolle
users-state = Status
users-any = Alle
users-enabled = Freigegeben
users-disabled = Gesperrt
users-active = Aktiv
users-invited = Noch kein Passwort
users-created = Erstellt
users-filter = Anzeigen
users-clear = Alle Filter entfernen
users-nothing = Kein Benutzer passt.
users-unreadable = { $count ->
    [one] 1 Benutzer ist nicht lesbar; der Grund steht im Protokoll des Dienstes.
   *[other] { $count } Benutzer sind nicht lesbar; die Gründe stehen im Protokoll des Dienstes.
}
users-pages = Seiten
users-first = Erste Seite
users-next = Nächste Seite
users-new = Neuer Benutzer
users-new-lead-mail = Die Person bekommt eine E-Mail mit einem Link, mit dem sie ihr Passwort wählt.
users-new-lead = Sie bekommen einmal einen Link, mit dem die Person ihr Passwort wählt.
users-email = E-Mail-Adresse
    .hint = Damit meldet sich die Person an
users-name = Name
    .hint = Kann leer bleiben
users-account-new = Konto
    .hint = Die Id des Kontos. Leer: für Personen des Anbieters
users-role-staff = Arbeitet für den Anbieter: alle Konten, und kein eigenes
users-role-owner = Alles im Konto: Zugang, API-Konten, Benutzer, Änderungsprotokoll
users-role-implementer = API-Konten und Schlüssel des Kontos
users-role-member = Ein eigener Schlüssel, solange das Konto es erlaubt
users-create = Benutzer erstellen
users-cancel = Abbrechen
users-save = Speichern
users-sign-in = Anmeldung
users-last-sign-in = Letzte Anmeldung
users-never-signed-in = keine bekannt
users-end-sessions = Sitzungen beenden
users-end-sessions-lead = Die Person wird sofort überall abgemeldet. Ihr Passwort bleibt: Sie kann sich wieder anmelden.
users-why = Fehlt dieser Person noch etwas?
users-disabled-lead = Dieser Benutzer kann sich nicht anmelden, und sein eigener Schlüssel wird abgewiesen.
users-invited-lead = Dieser Benutzer hat noch kein Passwort gewählt.
users-enable = Freigeben
users-disable = Sperren
users-disable-lead = Die Person wird sofort abgemeldet und kann sich nicht mehr anmelden. Ihre Einrichtungslinks gelten nicht mehr, und ihr eigener Schlüssel wird abgewiesen, bis sie wieder freigegeben ist.
users-link-new = Neuer Einrichtungslink
users-link-create = Link erzeugen
users-link-lead = Mit dem Link wählt die Person ein Passwort. Frühere Links gelten nicht mehr.
users-link-lead-password = Mit dem Link wählt die Person ein anderes Passwort. Frühere Links gelten nicht mehr; das jetzige Passwort bleibt, bis der Link benutzt wird.
users-link-title = Einrichtungslink
users-link-for = Für { $email }.
users-link-once = Jetzt an die Person senden: Diese Seite zeigt ihn einmal und nie wieder. Wer ihn hat, kann das Passwort wählen.
users-link = Link
users-link-relative = Davor gehört die Adresse dieser Konsole.
users-link-ends = Er gilt einmal, bis { $time }.
users-link-saved = Ich habe ihn gespeichert
users-copy = Kopieren
users-copied = Kopiert
done-user-invited = Eine Einladung an { $subject } ist unterwegs.
done-user-saved = Gespeichert: { $subject }.
done-user-disabled = { $subject } ist gesperrt.
done-user-sessions-ended = { $subject } ist überall abgemeldet.
done-user-enabled = { $subject } ist freigegeben.

# Tokens von Skripten.
tokens-title = Skript-Tokens
tokens-lead = Tokens, mit denen Skripte die Verwaltungs-API benutzen. Die API selbst öffnen sie nicht.
tokens-docs = Was sie können
tokens-account = Konto
tokens-filter = Anzeigen
tokens-clear = Alle Filter entfernen
tokens-nothing = Es gibt keine Skript-Tokens.
tokens-unreadable = { $count ->
    [one] 1 Token ist nicht lesbar; der Grund steht im Protokoll des Dienstes.
   *[other] { $count } Tokens sind nicht lesbar; die Gründe stehen im Protokoll des Dienstes.
}
tokens-state = Status
tokens-active = Aktiv
tokens-expired = Abgelaufen
tokens-disabled = Gesperrt
tokens-role = Rolle
tokens-used = Zuletzt benutzt
tokens-never-used = nie
tokens-expires-at = Läuft ab
tokens-never = nie
tokens-made = Erstellt
tokens-disable = Sperren
tokens-disable-named = Sperren: { $name }
tokens-disable-title = Skript-Token sperren
tokens-disable-lead = Skripte mit diesem Token werden ab sofort abgewiesen, bis es wieder freigegeben ist.
tokens-enable = Freigeben
tokens-enable-named = Freigeben: { $name }
tokens-delete = Skript-Token löschen
tokens-delete-short = Löschen
tokens-delete-named = Löschen: { $name }
tokens-delete-lead = Skripte mit diesem Token werden ab sofort abgewiesen. Das lässt sich nicht rückgängig machen.
tokens-pages = Seiten
tokens-first = Erste Seite
tokens-next = Nächste Seite
tokens-new = Neues Skript-Token
tokens-new-lead = Ein Skript mit diesem Token darf, was eine Person mit seiner Rolle darf.
tokens-name = Name
    .hint = Was das Skript tut, etwa „nächtlicher Import“
tokens-account-new = Konto
    .hint = Die Id des Kontos. Leer: ein Token des Anbieters
tokens-expires = Läuft ab am
    .hint = Wird ab Beginn dieses Tages (UTC) abgewiesen. Leer: läuft nicht ab.
tokens-create = Token erstellen
tokens-cancel = Abbrechen
tokens-secret-title = Ihr neues Skript-Token
tokens-secret = Token
tokens-secret-once = Jetzt an einem sicheren Ort speichern: Diese Seite zeigt es einmal und nie wieder.
tokens-secret-use = Das Skript sendet es in diesem Header:
tokens-saved = Ich habe es gespeichert
tokens-copy = Kopieren
tokens-copied = Kopiert
done-token-disabled = { $subject } ist gesperrt.
done-token-enabled = { $subject } ist freigegeben.
done-token-deleted = { $subject } ist gelöscht.

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

# Wer was tat, wann und von wo.
audit-title = Änderungsprotokoll
audit-lead = Jede Änderung, die neueste zuerst. Geheimnisse werden nicht aufgezeichnet.
audit-since = Von
audit-until = Bis
audit-verb = Aktion
audit-target-kind = Art des Ziels
audit-target = Ziel
audit-actor-kind = Art des Aufrufers
audit-actor = Aufrufer
audit-account = Konto
audit-any = Alle
audit-kind-system = Dieser Dienst
audit-kind-shell = Kommandozeile
audit-kind-user = Benutzer
audit-kind-token = Skript-Token
audit-kind-link = Einrichtungslink
audit-kind-credential = API-Schlüssel
audit-filter = Anzeigen
audit-clear = Alle Filter entfernen
audit-export = Als CSV exportieren
audit-export-lead = Jeder Eintrag, der passt. Auch der Export wird aufgezeichnet.
audit-nothing = Kein Eintrag passt.
audit-unreadable = { $count ->
    [one] 1 Eintrag ist nicht lesbar; der Grund steht im Protokoll des Dienstes.
   *[other] { $count } Einträge sind nicht lesbar; die Gründe stehen im Protokoll des Dienstes.
}
audit-address = Von Adresse
audit-request = Anfrage
audit-operation = Operation
audit-changes = Vorher und nachher
audit-fields = { $count ->
    [one] 1 Feld
   *[other] { $count } Felder
}
audit-pages = Seiten
audit-newest = Neueste
audit-older = Ältere
audit-verb-ask-for-access = API-Zugang beantragen
audit-verb-withdraw-request = Antrag zurückziehen
audit-verb-approve-request = Antrag genehmigen
audit-verb-decline-request = Antrag ablehnen
audit-verb-create-account = Konto erstellen
audit-verb-import-account = Konto importieren
audit-verb-rename-account = Konto umbenennen
audit-verb-grant-access = API-Zugang gewähren
audit-verb-withdraw-access = API-Zugang entziehen
audit-verb-switch-account-on = API-Zugang eines Kontos einschalten
audit-verb-switch-account-off = API-Zugang eines Kontos ausschalten
audit-verb-set-member-policy = Ändern, was Mitglieder dürfen
audit-verb-create = API-Konto erstellen
audit-verb-import = Importieren
audit-verb-edit = API-Konto bearbeiten
audit-verb-reset = Geheimnis erneuern
audit-verb-reset-and-enable = Geheimnis erneuern und freigeben
audit-verb-end-overlap = Voriges Geheimnis beenden
audit-verb-duplicate = API-Konto duplizieren
audit-verb-upgrade-version = API-Version wechseln
audit-verb-enable = API-Konto freigeben
audit-verb-disable = API-Konto sperren
audit-verb-clear = API-Schlüssel löschen
audit-verb-delete = API-Konto löschen
audit-verb-switch-on-own-key = Eigenen API-Schlüssel einschalten
audit-verb-regenerate-own-key = Eigenen API-Schlüssel neu erzeugen
audit-verb-switch-off-own-key = Eigenen API-Schlüssel ausschalten
audit-verb-rehash = Passwort mit einem stärkeren Verfahren speichern
audit-verb-export = Zugangsdaten exportieren
audit-verb-export-audit = Änderungsprotokoll exportieren
audit-verb-create-user = Benutzer erstellen
audit-verb-edit-user = Benutzer bearbeiten
audit-verb-enable-user = Benutzer freigeben
audit-verb-disable-user = Benutzer sperren
audit-verb-new-setup-link = Einrichtungslink erzeugen
audit-verb-first-setup-link = Ersten Einrichtungslink erzeugen
audit-verb-use-setup-link = Einrichtungslink benutzen
audit-verb-sign-in = Anmelden
audit-verb-refuse-sign-in = Anmeldung abweisen
audit-verb-sign-out = Abmelden
audit-verb-change-password = Passwort ändern
audit-verb-end-session = Sitzung beenden
audit-verb-end-other-sessions = Alle anderen Sitzungen beenden
audit-verb-end-sessions = Sitzungen eines Benutzers beenden
audit-verb-create-operator-token = Skript-Token erstellen
audit-verb-enable-operator-token = Skript-Token freigeben
audit-verb-disable-operator-token = Skript-Token sperren
audit-verb-delete-operator-token = Skript-Token löschen
audit-verb-deliver = Geheimnis an den Kontakt senden
audit-verb-deliver-code = Neuen Code senden
audit-verb-void-delivery = Link ungültig machen
audit-verb-reveal = Geheimnis dem Kontakt anzeigen
audit-verb-lock-delivery = Link nach falschen Codes sperren
audit-verb-request-new-password = Neues Passwort anfordern
audit-target-kind-credential = API-Konto
audit-target-kind-credentials = Mehrere API-Konten
audit-target-kind-account = Konto
audit-target-kind-access-request = Antrag auf Zugang
audit-target-kind-user = Benutzer
audit-target-kind-operator-token = Skript-Token
audit-target-kind-audit = Änderungsprotokoll
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

# Der Status des Prozesses, für den Anbieter.
status-title = Status
status-lead = Der Prozess, der diese Anfrage beantwortet hat. Bei anderen Prozessen kann es anders sein.
status-process = Prozess
status-build = Claviger
status-database = Datenbank
status-schema = Schema { $version }
status-schema-unfinished = Migration läuft
status-followed = Alle Änderungen übernommen
status-age = { $count ->
    [0] gerade eben
    [one] vor 1 Sekunde
   *[other] vor { $count } Sekunden
}
status-yes = Ja
status-no = Nein
status-reload = Einstellungen und Datei mit Zugangsdaten
status-in-force = In Kraft
status-refused = Abgewiesen
status-refused-lead = Die vorigen Dateien bleiben in Kraft.
status-reload-how = Die Dateien werden neu gelesen, wenn sie sich ändern. Am Admin-Listener liest sie dieser Aufruf sofort:
status-versions = Versionen der API
status-versions-none = In den Einstellungen stehen keine Versionen.
status-version = Version
status-state = Status
status-version-served = In Betrieb
status-version-deprecated = Veraltet
status-version-retired = Abgeschaltet
status-deprecated-on = Veraltet ab
status-sunset-on = Endet am
status-retired-on = Abgeschaltet am
# Darunter steht, wie viele Webhooks in jedem Status sind.
status-webhooks-waiting = Wartende Ereignisse und Zustellungen
status-webhooks-due-since = Fällig seit
status-throttle = Fehlversuche
status-throttle-none = In letzter Zeit keine Fehlversuche.
status-throttle-more = { $count ->
    [one] 1 weiterer wird nicht angezeigt.
   *[other] { $count } weitere werden nicht angezeigt.
}
status-throttle-how = Auf dem Rechner des Dienstes, damit eine Adresse es sofort wieder versuchen kann:
status-address = Adresse
status-where = Wo
status-at-gate = Am Gateway
status-at-sign-in = Bei der Anmeldung
status-throttle-tokens = Schlüssel
status-throttle-passwords = Passwörter
status-throttle-pair = ein Benutzername
status-guesses = Fehlversuche
status-until = Blockiert bis
status-not-blocked = nicht blockiert
status-files-in-force = Die Dateien auf der Platte gelten
status-not-stopping = Der Prozess wird nicht gerade beendet
status-database-answers = Die Datenbank antwortet
status-database-primary = Die Datenbank ist ein Primärserver, der Schreiben annimmt
status-database-read = Die Datenbank wurde gelesen
status-database-followed = Änderungen der Datenbank werden übernommen
status-database-names = Die Datenbank nennt eingerichtete Versionen und Rechte
status-mails = Mails gehen hinaus
status-texts = Textnachrichten gehen hinaus

# Die Dokumentation der Verwaltungs-API. Ihre Sätze sind die der OpenAPI-Beschreibung, auf Englisch.
api-docs-title = Verwaltungs-API
api-docs-begin = Erste Anfrage
api-docs-begin-lead = Skripte senden ein Skript-Token, Browser das Cookie einer Sitzung.
api-docs-schemas = Schemas
api-docs-all = Alle Operationen
api-docs-operations = Operationen dieser Gruppe
api-docs-callers = Für:
api-docs-everyone = alle, ohne Zugangsdaten
api-docs-api-keys = Ein Programm mit einem API-Schlüssel, wie am Gateway
api-docs-publishers = Die API dahinter, mit dem Token einer Ereignisquelle
api-docs-sessions = angemeldet, nicht mit einem Token:
api-docs-parameters = Parameter
api-docs-body = Body
api-docs-optional = optional
api-docs-response = Antwort
api-docs-nothing = nichts
api-docs-or = oder
api-docs-headers = Header:
api-docs-refusals = Mögliche Ablehnungen:

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
