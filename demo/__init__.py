"""The living demo: strangers that only speak HTTP, SMTP and Slack with Gatehouse; may not import rollouts."""
