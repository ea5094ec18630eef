"""Brings the catalog to what a catalog-info.yaml says, as far as that file, by its origin, listed it before.

Many repositories have such a file each, so one speaks for itself only: what another origin or a person
declared is changed by none, and what a file no longer lists is gone if such a file brought it and no other
lists it.
"""

from collections.abc import Callable, Mapping

from rollouts.accounts.models import Team
from rollouts.catalog.models import Service
from rollouts.catalog.registry import Applying, Outcome, What, title_of, write
from rollouts.catalog.services import note_service
from rollouts.contracts import declaring
from rollouts.contracts.backstage import entities
from rollouts.contracts.backstage.translating import ORDER, Piece, There, translate
from rollouts.contracts.models import Consumer, Contract, ContractVersion, Dependency, Listed
from rollouts.lib.documents.problems import Path


def apply(source: bytes, origin: str, run: Applying) -> None:
    """Applies the file within the run's transaction; faults go to the run's problems."""
    file = entities.read(source)
    told = translate(file, there())
    run.problems.extend(told.problems)
    if run.problems:
        return
    if not file.entities:
        run.problems.add((), "The file holds no Component, API, System or Group.", "Add one.")
        return
    origin = origin or f"backstage:{min(str(one.ref) for one in file.entities)}"
    _Bringing(origin[:200], run).bring(told.pieces)
    run.outcomes += [Outcome(one.section, one.name, What.LEFT_OUT, (one.why,)) for one in told.left]


def there() -> There:
    """What references may name; three queries."""
    contracts = Contract.objects.filter(gone_at=None).order_by("slug")
    return There(
        frozenset(Team.objects.order_by("slug").values_list("slug", flat=True)),
        frozenset(Service.objects.filter(gone_at=None).order_by("slug").values_list("slug", flat=True)),
        dict(contracts.values_list("slug", "provider__slug")),
    )


class _Bringing:
    """One run of one origin."""

    def __init__(self, origin: str, run: Applying) -> None:
        self._origin, self._run = origin, run
        rows = Listed.objects.select_for_update().filter(origin=origin).order_by("section", "name", "pk")
        self._listed = {(row.section, row.name): row for row in rows}
        self._write: Mapping[str, Callable[[Piece, Path], None]] = {
            "teams": self._team,
            "services": self._service,
            "contracts": self._contract,
            "versions": self._version,
            "consumers": self._consumer,
            "dependencies": self._dependency,
        }

    def bring(self, pieces: list[Piece]) -> None:
        """Writes every piece, then ends what is not among them any more."""
        now = {(piece.section, piece.name) for piece in pieces}
        for piece in pieces:
            before = len(self._run.outcomes)
            self._write[piece.section](piece, ())
            new = any(one.what in (What.ADDED, What.BACK) for one in self._run.outcomes[before:])
            self._note(piece, new)
        for key in sorted(self._listed.keys() - now, key=lambda one: (-ORDER.index(one[0]), one[1])):
            self._end(self._listed[key])

    def _note(self, piece: Piece, new: bool) -> None:
        row = self._listed.get((piece.section, piece.name))
        if row is None:
            row = Listed(origin=self._origin, section=piece.section, name=piece.name)
        row.brought = row.brought or new
        row.listed_at, row.gone_at = self._run.now, None
        row.save()

    def _mine(self, piece: Piece) -> bool:
        """Whether this origin brought it, and so may say otherwise later."""
        row = self._listed.get((piece.section, piece.name))
        return row is not None and row.brought

    def _end(self, row: Listed) -> None:
        if row.gone_at is not None:
            return
        row.gone_at = self._run.now
        row.save(update_fields=["gone_at"])
        same = Listed.objects.filter(section=row.section, name=row.name)
        left = same.filter(brought=True).exists() and not same.filter(gone_at=None).exists()
        if left and row.section != "teams":
            _ENDS[row.section](row.name, self._run)
        else:
            self._run.outcomes.append(Outcome(row.section, row.name, What.UNLISTED))

    def _team(self, piece: Piece, _path: Path) -> None:
        row = Team.objects.filter(slug=piece.name).first() or Team(slug=piece.name)
        title = piece.says.get("title") or (row.name if row.pk else title_of({"name": piece.name}))
        what, details = write(row, {"name": title})
        self._run.note(
            Outcome("teams", piece.name, what, details),
            stream=f"team:{piece.name}",
            kind="catalog.team",
            content={"team": piece.name, "origin": self._origin},
        )

    def _service(self, piece: Piece, _path: Path) -> None:
        row = Service.objects.filter(slug=piece.name).first() or Service(slug=piece.name)
        says = {**piece.says, "team": Team.objects.get(slug=piece.says["team"]), "gone_at": None}
        title = says.pop("title", "") or (row.name if row.pk else title_of({"name": piece.name}))
        what, details = write(row, {**says, "name": title})
        note_service(self._run, piece.name, what, details)

    def _contract(self, piece: Piece, _path: Path) -> None:
        rows = Contract.objects.select_related("provider")
        row = rows.filter(slug=piece.name).first() or Contract(slug=piece.name)
        says = {**piece.says, "gone_at": None}
        says["provider"] = Service.objects.get(slug=piece.says["provider"])
        title = says.pop("title", "") or (row.name if row.pk else title_of({"name": piece.name}))
        what, details = write(row, {**says, "name": title})
        declaring.note(self._run, row, Outcome("contracts", piece.name, what, details))

    def _version(self, piece: Piece, path: Path) -> None:
        contract = Contract.objects.select_related("provider").get(slug=piece.says["contract"])
        version, state = piece.says["version"], piece.says["state"]
        row = ContractVersion.objects.filter(contract=contract, version=version).first()
        if row is None:
            row = ContractVersion(contract=contract, version=version)
            declaring.version(path, {"version": version, "state": state}, row, self._run)
            return
        row.contract = contract
        # A lifecycle knows less than what was said here: it deprecates, and takes nothing back.
        if row.state in ("draft", "active") and (
            state == "deprecated" or (row.state, state) == ("draft", "active")
        ):
            declaring.version(path, {"version": version, "state": state}, row, self._run)
        elif row.gone_at is not None:
            what, details = write(row, {"gone_at": None})
            name = f"{contract.slug} {version}"
            declaring.note(self._run, contract, Outcome("contracts", name, what, details))
        else:
            self._run.outcomes.append(Outcome("contracts", f"{contract.slug} {version}", What.UNCHANGED))

    def _consumer(self, piece: Piece, path: Path) -> None:
        contract = Contract.objects.select_related("provider").get(slug=piece.says["contract"])
        service = Service.objects.get(slug=piece.says["service"])
        row = Consumer.objects.filter(contract=contract, service=service).first()
        if row is None or row.gone_at is not None or self._mine(piece):
            found = row or Consumer(contract=contract, service=service)
            found.contract, found.service = contract, service
            kept = {"reason": found.reason, "kind": found.kind}
            declaring.consumer(path, {**kept, "uses": piece.says["uses"]}, found, self._run)
        else:
            name = f"{contract.slug} used by {service.slug}"
            self._run.outcomes.append(Outcome("contracts", name, What.UNCHANGED))

    def _dependency(self, piece: Piece, _path: Path) -> None:
        rows = Dependency.objects.select_related("service", "on")
        caller, callee = piece.says["service"], piece.says["calls"]
        row = rows.filter(service__slug=caller, on__slug=callee).first()
        if row is None:
            row = Dependency(service=Service.objects.get(slug=caller), on=Service.objects.get(slug=callee))
        declaring.dependency({"kind": row.kind}, row, self._run)


def _service_gone(name: str, run: Applying) -> None:
    row = Service.objects.get(slug=name)
    if row.gone_at is None:
        write(row, {"gone_at": run.now})
        note_service(run, name, What.GONE)


def _contract_gone(name: str, run: Applying) -> None:
    declaring.contract_gone(Contract.objects.select_related("provider").get(slug=name), run)


def _version_gone(name: str, run: Applying) -> None:
    contract, version = name.rsplit("/", 1)
    rows = ContractVersion.objects.select_related("contract__provider")
    declaring.version_gone(rows.get(contract__slug=contract, version=version), run)


def _consumer_gone(name: str, run: Applying) -> None:
    contract, service = name.rsplit("/", 1)
    rows = Consumer.objects.select_related("contract__provider", "service")
    declaring.consumer_gone(rows.get(contract__slug=contract, service__slug=service), run)


def _dependency_gone(name: str, run: Applying) -> None:
    caller, callee = name.split("/", 1)
    rows = Dependency.objects.select_related("service", "on")
    declaring.dependency_gone(rows.get(service__slug=caller, on__slug=callee), run)


_ENDS: Mapping[str, Callable[[str, Applying], None]] = {
    "services": _service_gone,
    "contracts": _contract_gone,
    "versions": _version_gone,
    "consumers": _consumer_gone,
    "dependencies": _dependency_gone,
}
