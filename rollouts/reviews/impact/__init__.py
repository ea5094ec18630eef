"""What a rollout did to its services, in counted requests, before, during and after; decides nothing."""
