"""People, and what went when one was purged."""

from __future__ import annotations

from understudy.domain.people import Person
from understudy.domain.summary import PurgeReport
from understudy.v1 import people_pb2 as pb


def person_to_wire(person: Person) -> pb.Person:
    return pb.Person(id=person.id, name=person.name)


def person_from_wire(message: pb.Person) -> Person:
    return Person(id=message.id, name=message.name)


def purge_report_to_wire(report: PurgeReport) -> pb.PurgeReport:
    return pb.PurgeReport(paths=report.paths, rows=report.rows, outside=report.outside)


def purge_report_from_wire(message: pb.PurgeReport) -> PurgeReport:
    return PurgeReport(paths=tuple(message.paths), rows=message.rows, outside=tuple(message.outside))
