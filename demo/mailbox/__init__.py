"""A mail server that keeps everything and shows it; knows Gatehouse only as a sender of mail."""
