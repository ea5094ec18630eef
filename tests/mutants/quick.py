"""A plug-in of pytest for runs on mutants: an example that fails is enough, and is not made smaller first.

The time of an example says nothing about a mutant, the same examples come for each, and fewer do: most
mutants fall by the first ones.
"""

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "mutants",
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("mutants")
