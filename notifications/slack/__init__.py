"""What Slack sends to us: clicks, commands, events and the linking of accounts."""
