# The documentation of the management API. Its sentences are those of the OpenAPI description, in English.
api-docs-title = Management API
api-docs-begin = First request
api-docs-begin-lead = Scripts send a script token, browsers the cookie of a session.
api-docs-schemas = Schemas
api-docs-all = All operations
api-docs-operations = Operations of this group
api-docs-callers = For:
api-docs-everyone = everyone, without a credential
api-docs-sessions = signed in, not with a token:
api-docs-parameters = Parameters
api-docs-body = Body
api-docs-optional = optional
api-docs-response = Response
api-docs-nothing = nothing
api-docs-or = or
api-docs-headers = Headers:
api-docs-refusals = May be refused with
