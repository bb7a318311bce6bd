"""The pages that a person looks at, served from the same process: a reader of the store and of what runs did.

Nothing of it is imported before the first page is asked for, but `door.py`. Not here: the API (`server/routes/`).
"""
