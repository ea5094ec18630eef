"""The pages of reviews: the list, one review, and forms for each of its parts."""
