"""Messages to people and machines outside: rules, channels and delivery; nobody imports it."""
