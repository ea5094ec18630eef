"""Home, one rollout, inbox and search, composed of registered panels; owns no model and no rule."""
