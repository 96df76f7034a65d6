"""One errand a menu script, told on the console: for versions that open no windows for scripts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ...panel.daemon_calls import Daemon, DaemonTrouble
from ...panel.errands import delivered_versions
from ...panel.flow import place, remove, submit
from ...panel.host import EditHost, HostRefused, Table
from .desk import NONE_MARKED, marked
from .rows import row_of

Say = Callable[[str], None]


def send_selected(host: EditHost, daemon: Daemon, say: Say) -> None:
    """Send the selected clips with the first preset that is ready."""
    _send(host, daemon, say, None)


def send_marked(host: EditHost, daemon: Daemon, say: Say) -> None:
    """Send the clips under a marker "understudy"."""
    answer = daemon.check(marked(host.about(), host.timeline()))
    uids = [one["shot"]["clip_uid"] for one in answer["shots"]]
    if uids:
        _send(host, daemon, say, uids)
    else:
        say(NONE_MARKED)


def place_finished(host: EditHost, daemon: Daemon, say: Say) -> None:
    """Lay or swap in every finished take of this timeline that does not lie there in its newest version."""
    timeline = host.timeline()
    here: set[str] = set()
    lying: dict[str, object] = {}
    for track in timeline["tracks"]:
        for clip in track["clips"]:
            here.add(clip["uid"])
            for name in _shots_of(clip):
                lying[name] = clip["ours"].get("version")
    done = elsewhere = 0
    for sending in reversed(_sendings(host, daemon)):
        version = next(iter(delivered_versions(sending)), None)
        if version is None or version in (lying.get(name) for name in _names_of(sending)):
            continue
        if sending["shot"]["clip_uid"] not in here:
            elsewhere += 1
            continue
        done += _each(partial(_placed, host, daemon, sending, version, say), sending["name"], say)
    say(f"{done} placed" + (f"; {elsewhere} finished takes belong to other timelines" if elsewhere else ""))


def remove_selected(host: EditHost, daemon: Daemon, say: Say) -> None:
    """Take the takes of the selected shots away; either the shot or its take may be selected."""
    chosen = set(host.selected())
    shots: set[str] = set()
    for track in host.timeline()["tracks"]:
        for clip in track["clips"]:
            if clip["uid"] in chosen:
                shots |= {clip["uid"], *_shots_of(clip)}
    found = [sending for sending in _sendings(host, daemon) if shots & _names_of(sending)]
    if not found:
        say("none of the selected clips was sent; select a shot or its take")
    for sending in found:
        if _each(partial(remove, daemon, host, sending["id"]), sending["name"], say):
            say(f"{sending['name']}: removed")


def status(host: EditHost, daemon: Daemon, say: Say) -> None:
    """Say how the project's sendings stand."""
    sendings = _sendings(host, daemon)
    if not sendings:
        say("nothing of this project was sent yet")
    for sending in sendings:
        say(" | ".join(part for part in row_of(sending) if part))


ERRANDS: dict[str, Callable[[EditHost, Daemon, Say], None]] = {
    "send_selected": send_selected,
    "send_marked": send_marked,
    "place_finished": place_finished,
    "remove_selected": remove_selected,
    "status": status,
}


def run(name: str, host: EditHost, daemon: Daemon, say: Say) -> bool:
    """Do one errand; what stands against it is said. True when nothing did."""
    try:
        ERRANDS[name](host, daemon, say)
    except (HostRefused, DaemonTrouble) as trouble:
        say(str(trouble))
        return False
    return True


def _send(host: EditHost, daemon: Daemon, say: Say, uids: list[str] | None) -> None:
    ready = [preset for preset in daemon.presets()["presets"] if preset.get("ready")]
    if not ready:
        raise HostRefused("NoPreset", "no preset is ready; see `understudy bridge status`")
    sent = submit(daemon, host, uids, ready[0]["name"])
    for sending in sent:
        say(f"{sending['name']}: sent with {ready[0]['name']}")


def _placed(host: EditHost, daemon: Daemon, sending: Table, version: int, say: Say) -> None:
    placing = place(daemon, host, sending["id"], version)
    say(f"{sending['name']}: v{version:03d} lies on the timeline")
    for note in placing.notes:
        say(f"{sending['name']}: {note}")


def _each(act: Callable[[], object], name: str, say: Say) -> int:
    """One of several; what stands against it keeps nobody else from theirs."""
    try:
        act()
    except (HostRefused, DaemonTrouble) as trouble:
        say(f"{name}: {trouble}")
        return 0
    return 1


def _shots_of(clip: Table) -> set[str]:
    """What a take's clip says of the shot that it is of."""
    ours = clip["ours"] if "version" in clip["ours"] else {}
    return {str(ours[key]) for key in ("shot", "clip") if ours.get(key)}


def _names_of(sending: Table) -> set[str]:
    """What a take's clip may say of the shot of this sending."""
    return {str(name) for name in (sending.get("shot_id"), sending["shot"]["clip_uid"]) if name}


def _sendings(host: EditHost, daemon: Daemon) -> list[Table]:
    """Those of the project, the newest first. The daemon tells them in parts."""
    project, after = host.about()["project"], 0
    found: dict[str, Table] = {}
    while (news := daemon.list(project, after))["sendings"] and news["revision"] > after:
        found.update({one["id"]: one for one in news["sendings"]})
        after = news["revision"]
    return sorted(found.values(), key=lambda one: str(one.get("created") or ""), reverse=True)
