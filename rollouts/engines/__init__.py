"""What deployment engines and flag clients ask and are told; follows the log and knows no other follower."""
