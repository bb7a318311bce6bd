"""What travels: msgspec Structs with no behaviour, one module per noun of the API."""
