"""Changes, who relies on whom, and what is known of a contract's move, as far as their order goes."""

from dataclasses import dataclass

from rollouts.contracts.values import First
from rollouts.contracts.values import Ruling as Ruling
from rollouts.contracts.values import Rulings as Rulings
from rollouts.contracts.values import Transition as Transition
from rollouts.plans.values import ChangeKind


@dataclass(frozen=True, slots=True)
class Move:
    """One change, as far as its order goes.

    `contract_from` and `contract_to` are versions of `contract`: of the provider what it serves, of a
    consumer what it uses.
    """

    name: str
    service: str
    kind: ChangeKind = ChangeKind.BUILD
    environment: str = ""
    contract: str = ""
    contract_from: str = ""
    contract_to: str = ""


@dataclass(frozen=True, slots=True)
class Needs:
    """`consumer` relies on `provider`, by `through` (a contract's slug; empty: it just calls it).

    `proven`: somebody knows who has to move first, and it is no mere usage.
    """

    consumer: str
    provider: str
    through: str = ""
    first: First = First.PROVIDER
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Stated:
    """An edge of the plan; it replaces what the graph says about the two."""

    first: str
    then: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """`first` is to move before `then`, and why.

    `breaks` says who fails how in the other order, where that is known; else the order is only the safe one.
    `who` is the service that fails, `contract` by which contract.
    """

    first: str
    then: str
    why: str
    breaks: str = ""
    who: str = ""
    contract: str = ""
