"""What gates that bind nobody would have done, and how often that would have been right; changes nothing."""
