"""A Slack workspace on this machine: its Web API, its log and its pages; knows Gatehouse only as an app."""
