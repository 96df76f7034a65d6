"""The custody log."""

from __future__ import annotations

from understudy.domain.summary import CustodyEntry, CustodyState
from understudy.v1 import custody_pb2 as pb
from understudy.wire.tables import table_from_wire, table_to_wire


def custody_entry_to_wire(entry: CustodyEntry) -> pb.CustodyEntry:
    return pb.CustodyEntry(
        sequence=entry.sequence,
        time=entry.time,
        event=entry.event,
        hash=entry.hash,
        facts=table_to_wire(entry.facts),
    )


def custody_entry_from_wire(message: pb.CustodyEntry) -> CustodyEntry:
    return CustodyEntry(
        sequence=message.sequence,
        time=message.time,
        event=message.event,
        hash=message.hash,
        facts=table_from_wire(message.facts),
    )


def custody_state_to_wire(state: CustodyState) -> pb.CustodyState:
    return pb.CustodyState(entries=state.entries, head=state.head)


def custody_state_from_wire(message: pb.CustodyState) -> CustodyState:
    return CustodyState(entries=message.entries, head=message.head)
