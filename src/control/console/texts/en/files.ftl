# Export and import of credentials.
files-title = Files
files-lead = Credentials as a file, with digests and hashes, never with secrets.
files-format = Format
files-yaml = Credentials file (YAML)
files-csv = Table (CSV)
files-htpasswd = htpasswd (user names and passwords only)
files-account = Account
    .hint = The id of one account; empty for all
files-export = Export
files-export-button = Export
files-import = Import
files-import-lead = First you see what would change. Credentials that the file does not have stay as they are.
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
    [one] 1 new credential
   *[other] { $count } new credentials
}
files-plan-changed = { $count ->
    [one] 1 changed credential
   *[other] { $count } changed credentials
}
files-plan-unchanged = { $count ->
    [one] 1 credential is as in the file already
   *[other] { $count } credentials are as in the file already
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
files-plan-credentials = Credentials
files-plan-new = new
files-plan-changes = changes: { $fields }
files-plan-more = { $count ->
    [one] 1 more is not shown.
   *[other] { $count } more are not shown.
}
files-skipped = Entries that are left out
files-import-button = Import
files-cancel = Cancel
done-file-imported = Imported. Credentials that are new or changed: { $subject }.
