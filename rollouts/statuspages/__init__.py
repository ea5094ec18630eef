"""Public pages, updates, subscribers and feedback; follows the log and knows no other follower."""
