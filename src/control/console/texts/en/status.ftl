# The status of the process, for staff.
status-title = Status
status-lead = The process that has answered this request. Other processes may differ.
status-process = Process
status-build = Claviger
status-database = Database
status-schema = schema { $version }
status-schema-unfinished = Migration in progress
status-followed = All changes applied
status-age = { $count ->
    [0] just now
    [one] 1 second ago
   *[other] { $count } seconds ago
}
status-yes = Yes
status-no = No
status-reload = Settings and credentials file
status-in-force = In force
status-refused = Refused
status-refused-lead = The previous files stay in force.
status-reload-how = The files are read again when they change. At the admin listener, this reads them at once:
status-versions = Versions of the API
status-versions-none = The settings name no versions.
status-version = Version
status-state = State
status-version-served = In service
status-version-deprecated = Deprecated
status-version-retired = Retired
status-deprecated-on = Deprecated on
status-sunset-on = Ends on
status-retired-on = Retired on
# Below it stands how many webhooks are in each state.
status-webhooks-waiting = Events and deliveries that wait
status-webhooks-due-since = Due since
status-throttle = Wrong guesses
status-throttle-none = No wrong guesses lately.
status-throttle-more = { $count ->
    [one] 1 more is not shown.
   *[other] { $count } more are not shown.
}
status-throttle-how = To let an address try again at once, at the host of the service:
status-address = Address
status-where = Where
status-at-gate = At the gate
status-at-sign-in = At sign-in
status-throttle-tokens = keys
status-throttle-passwords = passwords
status-throttle-pair = one username
status-guesses = Wrong guesses
status-until = Blocked until
status-not-blocked = not blocked
status-files-in-force = files on disk are in force
status-not-stopping = not stopping
status-database-answers = database answers
status-database-primary = database is a primary that takes writes
status-database-read = database has been read
status-database-followed = database is followed
status-database-names = database names configured versions and scopes
status-mails = mails go out
status-texts = text messages go out
