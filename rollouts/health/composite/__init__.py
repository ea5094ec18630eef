"""The health of services that rely on each other: what passes on, who began it, how much it matters. Pure."""
