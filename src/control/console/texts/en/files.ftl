# Export and import of credentials.
files-title = Files
files-lead = API accounts as a file, with digests and hashes, never with secrets.
files-format = Format
files-yaml = Credentials file (YAML)
files-csv = Table (CSV)
files-htpasswd = htpasswd (usernames and passwords only)
files-account = Account
    .hint = The id of one account; empty for all
files-export = Export
files-export-button = Export
files-import = Import
files-import-lead = First you see what would change. API accounts that are not in the file stay as they are.
files-file = File
files-file-limit = At most { $kilobytes } KiB. Larger files go through the command line or the management API.
files-users-account = Account of the users
    .hint = For htpasswd only: the id of the account
files-users-version = API version of the users
    .hint = For htpasswd only; may be left empty
files-skip = Leave out entries that cannot be used, and list them
files-check = Check the file
files-faults = { $count ->
    [one] The file has 1 fault. Nothing was imported.
   *[other] The file has { $count } faults. Nothing was imported.
}
files-faults-title = Faults of the file
files-at = line { $line }, column { $column }
files-plan = What the import changes
files-plan-lead = Nothing is changed yet.
files-plan-added = { $count ->
    [one] 1 new API account
   *[other] { $count } new API accounts
}
files-plan-changed = { $count ->
    [one] 1 changed API account
   *[other] { $count } changed API accounts
}
files-plan-unchanged = { $count ->
    [one] 1 API account is the same as in the file
   *[other] { $count } API accounts are the same as in the file
}
files-plan-accounts = { $count ->
    [one] 1 new account
   *[other] { $count } new accounts
}
files-plan-switched = { $count ->
    [one] 1 account whose API access is switched
   *[other] { $count } accounts whose API access is switched
}
files-plan-accounts-title = Accounts
files-access-on = API access on
files-access-off = API access off
files-plan-credentials = API accounts
files-plan-new = new
files-plan-changes = changes: { $fields }
files-plan-more = { $count ->
    [one] 1 more is not shown.
   *[other] { $count } more are not shown.
}
files-skipped = Entries that are left out
files-import-button = Import
files-cancel = Cancel
done-file-imported = Imported. New or changed API accounts: { $subject }.
