"""Media that moved, and files on their way: records and messages have the same fields."""

from __future__ import annotations

from understudy.domain.chunks import ClipManifest, FileChunks
from understudy.domain.media import MissingPlate, PulledWork, RelinkReport, SearchStep
from understudy.v1 import media_pb2 as pb
from understudy.wire.named import fill_message, read_message


def missing_plate_to_wire(plate: MissingPlate) -> pb.MissingPlate:
    return fill_message(pb.MissingPlate(), plate)


def missing_plate_from_wire(message: pb.MissingPlate) -> MissingPlate:
    return read_message(MissingPlate, message)


def search_step_to_wire(step: SearchStep) -> pb.SearchStep:
    return fill_message(pb.SearchStep(), step)


def search_step_from_wire(message: pb.SearchStep) -> SearchStep:
    return read_message(SearchStep, message)


def relink_report_to_wire(report: RelinkReport) -> pb.RelinkReport:
    return fill_message(pb.RelinkReport(), report)


def relink_report_from_wire(message: pb.RelinkReport) -> RelinkReport:
    return read_message(RelinkReport, message)


def file_chunks_to_wire(file: FileChunks) -> pb.FileChunks:
    return fill_message(pb.FileChunks(), file)


def file_chunks_from_wire(message: pb.FileChunks) -> FileChunks:
    return read_message(FileChunks, message)


def clip_manifest_to_wire(manifest: ClipManifest) -> pb.ClipManifest:
    return fill_message(pb.ClipManifest(), manifest)


def clip_manifest_from_wire(message: pb.ClipManifest) -> ClipManifest:
    return read_message(ClipManifest, message)


def pulled_work_to_wire(work: PulledWork) -> pb.PulledWork:
    return fill_message(pb.PulledWork(), work)


def pulled_work_from_wire(message: pb.PulledWork) -> PulledWork:
    return read_message(PulledWork, message)
