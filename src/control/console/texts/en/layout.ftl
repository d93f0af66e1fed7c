# Around every page, forms, times, status lines.
layout-skip = Skip to content
layout-menu-button = Menu
layout-menu = Main
layout-section-api = API
layout-section-account = Account
layout-section-provider = Provider
layout-sign-out = Sign out
layout-errors = There is a problem
layout-error-title = Error: { $title }
layout-support = Help:
layout-docs = API documentation
layout-privacy = Privacy
layout-imprint = Legal notice

form-present = Saved now:
form-present-empty = empty
form-present-checked = ticked
form-present-unchecked = not ticked
form-stale = This was changed while you had the page open. Compare, and save again.
form-stale-by = { $name } changed this at { $time }, while you had the page open. Compare, and save again.
form-password-differs = The two passwords differ

confirm-title = This takes something away. Save it all the same?
confirm-instead = { $after } instead of { $before }
confirm-save = Save all the same

time-now = just now
time-soon = in less than a minute
time-minutes-ago = { $count ->
    [one] 1 minute ago
   *[other] { $count } minutes ago
}
time-hours-ago = { $count ->
    [one] 1 hour ago
   *[other] { $count } hours ago
}
time-days-ago = { $count ->
    [one] 1 day ago
   *[other] { $count } days ago
}
time-in-minutes = { $count ->
    [one] in 1 minute
   *[other] in { $count } minutes
}
time-in-hours = { $count ->
    [one] in 1 hour
   *[other] in { $count } hours
}
time-in-days = { $count ->
    [one] in 1 day
   *[other] in { $count } days
}

time-date = { $day } { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
} { $year }
time-weekday-and-date = { $weekday ->
    [1] Mon
    [2] Tue
    [3] Wed
    [4] Thu
    [5] Fri
    [6] Sat
   *[7] Sun
} { $date }
time-date-and-time = { $date }, { $time } UTC

done-already = This was done already.
