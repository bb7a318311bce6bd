"""What a person sees at a terminal: the commands behind `antiphon …`."""
