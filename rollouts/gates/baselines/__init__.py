"""What a rollout's signals were in the same hours of the day and the week before it began; judges nothing."""
