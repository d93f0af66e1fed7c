# Access requests.
requests-title = Access requests
requests-lead = Accounts ask for API access here. An approval takes effect at once.
requests-of = Request of { $account }
requests-one = Access request
requests-back = Back
requests-filter = State
requests-of-account = Account: { $account }
requests-all-accounts = Show all accounts
requests-none-wait = No requests are waiting.
requests-none = There are none.
requests-unreadable = { $count ->
    [one] 1 request cannot be read; the log of the service has the reason.
   *[other] { $count } requests cannot be read; the log of the service has the reason.
}
requests-no-more = There are no more.
requests-pages = Pages
requests-first = First page
requests-next = Next page
requests-choose = Choose
requests-choose-one = Choose the request of { $account }
requests-chosen = The chosen requests
requests-approve = Approve
requests-approve-lead = The account has API access at once.
requests-decline = Decline
requests-decline-reason = Reason
    .hint = Needed to decline. The account reads it in full.
requests-none-chosen = Choose at least one request
requests-reason-of-approval = A reason is only for declining. Remove it to approve, or decline
requests-not-pending = Nothing was decided, because these are no longer waiting: { $requests }.
requests-asker-misses = What the requester still needs
requests-audit = History

requests-account = Account
requests-state = State
requests-state-pending = Waiting
requests-state-approved = Approved
requests-state-declined = Declined
requests-state-withdrawn = Withdrawn
requests-state-all = All
requests-asked-by = Asked by
requests-start = Start
requests-uses = Needed for
requests-use-third-party-tool = A tool of another company
requests-use-data-extraction = Data extraction
requests-use-reporting = Reporting
requests-use-integration = Integration with another system
requests-use-automation = Automation of our own work
requests-policy = Privacy policy
requests-policy-none = None given
requests-approved-by = Approved by
requests-declined-by = Declined by
requests-withdrawn-by = Withdrawn by
requests-reason = Reason

done-requests-approved = Approved: { $subject }. API access is granted.
done-requests-declined = Declined: { $subject }.
