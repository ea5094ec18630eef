"""What others read of calls by contract version: `health.queries.speaking`."""

from rollouts.health.speaking.adding import Added as Added
from rollouts.health.speaking.adding import added as added
from rollouts.health.speaking.calls import Heard as Heard
from rollouts.health.speaking.calls import heard as heard
from rollouts.health.speaking.covering import Covered as Covered
from rollouts.health.speaking.covering import covered as covered
from rollouts.health.speaking.edges import About as About
from rollouts.health.speaking.edges import Edge as Edge
from rollouts.health.speaking.edges import Guess as Guess
from rollouts.health.speaking.edges import dismissed as dismissed
from rollouts.health.speaking.edges import edges_of as edges_of
from rollouts.health.speaking.edges import guesses as guesses
from rollouts.health.speaking.live import Live as Live
from rollouts.health.speaking.live import live_versions as live_versions
