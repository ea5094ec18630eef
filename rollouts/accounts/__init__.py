"""People, identities, teams, roles and tokens; knows nothing of services or rollouts."""
