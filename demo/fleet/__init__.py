"""Five small services that call each other under load; knows Gatehouse only as an address for OFREP."""
