"""HTTP: the API's routes over the runner and the store."""
