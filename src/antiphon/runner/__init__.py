"""The shell round the engine: carries out what runs ask for."""
