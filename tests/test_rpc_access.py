"""The door of a real server: scopes, ended tokens, wrong ones, and those who take more than their share."""

from __future__ import annotations

import importlib
import pkgutil
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from tests import fakes
from tests.fakes import FakeBackend
from tests.running_backend import wait_until
from tests.serving import TOKEN, admission, running
from tests.strange_calls import (
    DAY_S,
    LIST_SHOTS,
    backend_with_a_job,
    outcome,
    token,
)

import understudy.v1
from understudy.admission import Admission
from understudy.client import Client
from understudy.domain import errors
from understudy.domain.access import Scope
from understudy.domain.edit_frames import Mark, MarkFrames
from understudy.rpc.auth import OPEN_METHODS, SCOPES
from understudy.rpc.refusals import ATTEMPTS
from understudy.rpc.server import SERVICES
from understudy.store.production import Production


@pytest.fixture
def watched() -> FakeBackend:
    return backend_with_a_job()


def every_method() -> set[str]:
    """All methods of all services in the contract."""
    modules = [
        importlib.import_module(f"{understudy.v1.__name__}.{found.name}")
        for found in pkgutil.iter_modules(understudy.v1.__path__)
        if found.name.endswith("_pb2")
    ]
    services = [service for module in modules for service in module.DESCRIPTOR.services_by_name.values()]
    return {f"/{service.full_name}/{method.name}" for service in services for method in service.methods}


# Scopes


def test_every_method_has_a_scope_and_every_service_is_served() -> None:
    ours = {method for method in SCOPES if method.startswith("/understudy.v1.")}
    assert ours == every_method()
    assert {method.split("/")[1] for method in ours} == {f"understudy.v1.{name}" for name in SERVICES}
    assert not OPEN_METHODS & set(SCOPES)


@pytest.mark.parametrize("scope", [*Scope, None], ids=[*Scope, "nobody"])
def test_every_method_refuses_those_whom_it_is_not_for(scope: Scope | None) -> None:
    access = admission()
    secret = token(access, scope) if scope else ""
    with running(FakeBackend(), access=access) as server, grpc.insecure_channel(server.address) as channel:
        for method, needed in SCOPES.items():
            service = method.split("/")[1]
            if service not in [f"understudy.v1.{name}" for name in SERVICES]:
                continue  # reflection and health are not the same in every version of gRPC
            code, reason = outcome(channel, method, secret)
            if scope is None:
                assert reason in ("NotAuthenticated", "TooManyCalls"), method
            elif scope.includes(needed):
                assert reason not in ("NotAllowed", "NotAuthenticated"), method
                assert code is not grpc.StatusCode.PERMISSION_DENIED
            else:
                assert (code, reason) == (grpc.StatusCode.PERMISSION_DENIED, "NotAllowed"), method


def test_scopes_as_a_client_meets_them() -> None:
    access = admission()
    with running(FakeBackend(), access=access) as server, Client(server.address, TOKEN) as admin:
        made = admin.create_token("Ana", Scope.ARTIST, DAY_S)
        farm = admin.create_token("node 7", Scope.FARM, DAY_S)
        assert [entry.name for entry in admin.tokens()] == ["Ana", "node 7"]
        assert admin.caller().scope is Scope.ADMIN and admin.caller().token_id == ""
        with Client(server.address, made.secret) as ana:
            assert ana.caller().token_id == made.token.id and ana.shots() == [fakes.SHOT]
            with pytest.raises(errors.NotAllowed, match="scope admin; 'Ana' has scope artist"):
                ana.create_token("Ben", Scope.ADMIN, DAY_S)
            with pytest.raises(errors.NotAllowed):
                ana.purge_person("anybody")
            action = MarkFrames(first=1001, last=1002, mark=Mark.FLAGGED)
            entry = ana.add_edits(fakes.SHOT.id, [action], author="", seen_revision=0).entries[0]
            assert entry.author == "Ana"
        with Client(server.address, farm.secret) as node:
            assert node.takes() == [fakes.TAKE]
            with pytest.raises(errors.NotAllowed, match="scope artist"):
                node.shots()
        assert admin.tokens()[0].last_used_at
        assert admin.revoke_token("Ana").revoked_at


# Tokens that end


@pytest.mark.parametrize("end", ["revoked", "expired"])
@pytest.mark.parametrize("what", ["job", "edits"])
def test_what_is_followed_ends_with_its_token(watched: FakeBackend, what: str, end: str) -> None:
    moment = [datetime(2026, 3, 1, tzinfo=UTC)]
    access = admission(lambda: moment[0])
    made = access.create_token("Ana", Scope.ARTIST, DAY_S)
    raised: list[Exception] = []
    with running(watched, access=access) as server, Client(server.address, made.secret) as client:
        job = client.jobs()[0]

        def follow() -> None:
            events = client.watch(job.id) if what == "job" else client.watch_edits(fakes.SHOT.id)
            try:
                list(events)
            except errors.UnderstudyError as error:
                raised.append(error)

        follower = threading.Thread(target=follow)
        follower.start()
        wait_until(lambda: server.calls.count == 1, seconds=20)
        if end == "revoked":
            access.revoke_token("Ana")
        else:
            moment[0] += timedelta(days=2)
        follower.join(20)
        assert [type(error) for error in raised] == [
            errors.TokenRevoked if end == "revoked" else errors.TokenExpired
        ]
        with pytest.raises(errors.NotAuthenticated, match=end if end == "revoked" else "ended at"):
            client.shots()
        assert server.calls.count == 0


# Those who try


def test_who_tries_tokens_is_turned_away_and_others_are_not() -> None:
    access = admission()
    right = access.create_token("Ana", Scope.FARM, DAY_S)
    with running(FakeBackend(), access=access) as server, grpc.insecure_channel(server.address) as channel:
        found = Counter(
            outcome(channel, LIST_SHOTS, f"ust_{right.token.id}_{number}") for number in range(ATTEMPTS + 10)
        )
        with Client(server.address, right.secret) as client:
            assert client.takes() == [fakes.TAKE]  # from the same address
    assert found == {
        (grpc.StatusCode.UNAUTHENTICATED, "NotAuthenticated"): ATTEMPTS,
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "TooManyCalls"): 10,
    }


def test_refusals_are_in_the_custody_log_counted_and_without_secrets(tmp_path: Path) -> None:
    Production.create(tmp_path / "film", "The Film")
    with Production.open(tmp_path / "film") as production:
        access = Admission(production, own_token=TOKEN, audit=production.custody.append)
        farm, gone = (access.create_token(name, Scope.FARM, DAY_S) for name in ("node", "gone"))
        access.revoke_token("gone")
        guess = "ust_0123456789abcdef_guessed-secret"
        with running(FakeBackend(), access=access) as server, grpc.insecure_channel(server.address) as line:
            for secret in [guess] * 300 + [farm.secret] * 40 + [gone.secret] * 5 + [""]:
                outcome(line, LIST_SHOTS, secret)
        entries = [entry.facts for entry in production.custody.entries() if "refused" in entry.event]
        production.custody.verify()
        production.checkpoint()
        files = [path for path in production.folder.rglob("*") if path.is_file()]
        for secret in (guess, "guessed-secret", TOKEN, farm.secret, gone.secret):
            assert not [path for path in files if secret.encode() in path.read_bytes()]
    told: Counter[tuple[object, object]] = Counter()
    for facts in entries:
        assert facts["peer"] == "127.0.0.1" and facts["method"] == LIST_SHOTS
        told[facts["reason"], facts.get("refused_id", "")] += int(str(facts["count"]))
    assert told == {
        ("NotAuthenticated", ""): ATTEMPTS,
        ("TooManyCalls", ""): 300 - ATTEMPTS + 1,
        ("NotAllowed", farm.token.id): 40,
        ("TokenRevoked", gone.token.id): 5,
    }
    assert len(entries) <= 2 * len(told)
