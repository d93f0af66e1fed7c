# Everyone with a key of their own.
management-title = API management
management-lead = People with an API key of their own.
management-user = Search by name or e-mail address
management-account = Account
management-filter = Show
management-clear-filter = Clear all
management-count-enabled = { $count ->
    [one] 1 enabled
   *[other] { $count } enabled
}
management-count-disabled = { $count ->
    [one] 1 disabled
   *[other] { $count } disabled
}
management-count-expired = { $count ->
    [one] 1 expired
   *[other] { $count } expired
}
management-unreadable = { $count ->
    [one] 1 key cannot be read; the log has the reason.
   *[other] { $count } keys cannot be read; the log has the reasons.
}
management-nothing = No key matches.
management-empty = No API keys yet.
management-hint = Ends in
management-made = Created
management-used = Last used
management-never-used = never
management-reason = Disabled because
management-clear = Clear API key
management-clear-named = Clear API key of { $name }
management-clear-lead = Every program and every link with this key stops working at once. This person must generate a new key.
management-cancel = Cancel
management-pages = Pages
management-first = First page
management-next = Next page
done-key-cleared = The API key of { $subject } is cleared.
