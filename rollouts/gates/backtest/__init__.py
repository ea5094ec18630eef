"""What a gate would have done on past days, before it matters: the live judges on stored windows."""
