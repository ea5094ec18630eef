"""Post-rollout reviews, lessons and action items; follows the log and knows no other follower."""
