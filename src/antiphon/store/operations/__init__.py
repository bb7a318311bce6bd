"""What a `Store` does, as steps that ask for named statements: one wording for every SQL database."""
