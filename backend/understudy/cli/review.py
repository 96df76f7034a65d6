"""`understudy review`: the review room in the browser."""

from __future__ import annotations

import getpass
import signal
import sys
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from understudy.app import open_local_house, review_token
from understudy.cli.session import Session, session
from understudy.domain.errors import BadSettings, UnderstudyError
from understudy.domain.listening import address_of

if TYPE_CHECKING:
    from understudy.house import LocalHouse
    from understudy_review.house import House

DEFAULT_HOME = "~/Understudy"


@click.command()
@click.argument("folders", nargs=-1, metavar="[FOLDER]...", type=click.Path(path_type=Path))
@click.option("--address", default="127.0.0.1:8420", show_default=True, help="Where to listen.")
@click.option("--no-browser", is_flag=True, help="Print the link and open nothing.")
@click.option(
    "--name", "author", default="", help="Who works here, as edits will say it (else your login name)."
)
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    default=Path(DEFAULT_HOME),
    show_default=True,
    help="The folder that productions are made and looked for in.",
)
@click.option("--host-name", "host_names", multiple=True, help="A name that this machine is reached by.")
@click.option("--tls-certificate", type=click.Path(path_type=Path, exists=True), help="PEM, with its chain.")
@click.option("--tls-key", type=click.Path(path_type=Path, exists=True), help="PEM.")
@session
def review(
    session: Session,
    folders: tuple[Path, ...],
    address: str,
    no_browser: bool,
    author: str,
    home: Path,
    host_names: tuple[str, ...],
    tls_certificate: Path | None,
    tls_key: Path | None,
) -> None:
    """Open the review room in the browser, on the productions of this machine and in each FOLDER.

    A production's server is started when it is opened, and goes on when the room is closed. With
    --production or UNDERSTUDY_SERVER the room shows just that one. The link that is printed lets one browser
    in; colleagues are invited from the page. To listen on anything but this machine needs TLS.
    """
    from understudy_review.access import Access
    from understudy_review.app import create_app
    from understudy_review.serving import listen, server_of
    from understudy_review.sessions import Sessions

    if (tls_certificate is None) != (tls_key is None):
        raise BadSettings("--tls-certificate and --tls-key belong together")
    tls = (tls_certificate, tls_key) if tls_certificate and tls_key else None
    listening = listen(address, tls=tls is not None)
    host, port = address_of(listening)
    local = _local_house(session, folders, home)
    keep = not address.endswith(":0")  # a port taken by chance is not found again
    state_folder = session.environment.state_folder
    access = Access(
        token=review_token(session.environment),
        author=author or getpass.getuser(),
        host_names=(*host_names, host),
        cookie_name=f"understudy-{port}",
        sessions=Sessions(state_folder / f"sessions-{port}.json" if keep else None),
    )
    named = local.keys_of_named() if local else []
    seen_as = host_names[0] if host_names else ("localhost" if host in ("0.0.0.0", "[::]") else host)
    base = f"{'https' if tls else 'http'}://{seen_as}:{port}"
    link = access.link(base, author=access.author, to=f"/p/{named[0]}" if len(named) == 1 else "/")

    def started() -> None:
        session.record({"address": base, "link": link}, f"the review room: {link}")
        sys.stdout.flush()
        threading.Thread(target=_open_all, args=(local, named), daemon=True).start()
        if not no_browser:
            threading.Thread(target=_browse, args=(link,), daemon=True).start()

    house: House = local or _remote_house(session)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn ends in peace and then sends it to us again
    server_of(create_app(house, access), started=started, tls=tls).run(sockets=[listening])
    for folder, pid in (local.running() if local else {}).items():
        click.echo(f"the server of {folder} goes on (process {pid})", err=True)


def _local_house(session: Session, folders: tuple[Path, ...], home: Path) -> LocalHouse | None:
    """This machine's productions; None when a server elsewhere was named instead."""
    environment = session.environment
    one = session.production or (None if environment.server or folders else environment.production)
    if folders and session.production:
        raise BadSettings("name either folders or one production with -p, not both")
    if one is not None:
        return open_local_house(environment, home=home, named=[one], only_named=True)
    if environment.server and not folders:
        return None
    return open_local_house(environment, home=home, named=folders)


def _remote_house(session: Session) -> House:
    from understudy_review.house import RemoteHouse

    return RemoteHouse(session.client, address=session.environment.server)


def _open_all(house: LocalHouse | None, keys: list[str]) -> None:
    """The productions that were named are worked on at once."""
    for key in keys:
        try:
            assert house is not None
            house.open(key)
        except UnderstudyError as error:
            click.echo(f"understudy: {type(error).__name__}: {error}", err=True)


def _browse(link: str) -> None:
    """Show the link in a browser with windows; one in this terminal would get in the way."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    in_terminal = isinstance(browser, webbrowser.GenericBrowser)
    if not in_terminal or isinstance(browser, webbrowser.BackgroundBrowser):
        browser.open(link)
