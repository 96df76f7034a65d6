"""The production."""

from __future__ import annotations

from understudy.domain.summary import ProductionInfo
from understudy.v1 import production_pb2 as pb


def production_to_wire(production: ProductionInfo) -> pb.Production:
    return pb.Production(
        id=production.id, name=production.name, folder=production.folder, version=production.version
    )


def production_from_wire(message: pb.Production) -> ProductionInfo:
    return ProductionInfo(id=message.id, name=message.name, folder=message.folder, version=message.version)
