"""The workspace on disk: jobs, dictionaries, features and graphs.  Typed rows out; the only SQL."""
