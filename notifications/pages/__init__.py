"""Pages of deliveries and of what Slack is set up to do; they know no rules of their own."""
