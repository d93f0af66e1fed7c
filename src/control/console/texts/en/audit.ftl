# Who did what, when, and from where.
audit-title = Audit log
audit-lead = Every change, newest first. No secret is recorded.
audit-since = From
audit-until = To
audit-verb = Action
audit-target-kind = Kind of target
audit-target = Target
audit-actor-kind = Kind of caller
audit-actor = Caller
audit-account = Account
audit-any = Any
audit-kind-system = This service
audit-kind-shell = Command line
audit-kind-user = User
audit-kind-token = Script token
audit-kind-link = Set-up link
audit-filter = Show
audit-clear = Clear all
audit-export = Export as CSV
audit-export-lead = Every entry that matches. The export is recorded, too.
audit-nothing = No entry matches.
audit-unreadable = { $count ->
    [one] 1 entry cannot be read; the log of the service has the reason.
   *[other] { $count } entries cannot be read; the log of the service has the reasons.
}
audit-address = From address
audit-request = Request
audit-changes = Before and after
audit-fields = { $count ->
    [one] 1 field
   *[other] { $count } fields
}
audit-pages = Pages
audit-newest = Newest
audit-older = Older
