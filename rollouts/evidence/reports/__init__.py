"""What test programs say, read as reports: JUnit XML and Pact. Django-free."""
