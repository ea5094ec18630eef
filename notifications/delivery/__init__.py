"""How a delivery travels: ordered by thread, leased, retried, parked; knows no event."""
