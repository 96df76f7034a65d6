"""Parts of logs, and lists of settings."""

from __future__ import annotations

import json

from understudy.domain.errors import BadRecord
from understudy.domain.job_views import Setting, SettingList
from understudy.domain.outside_text import json_value
from understudy.v1 import jobs_pb2 as pb


def setting_to_wire(setting: Setting) -> pb.Setting:
    return pb.Setting(
        name=setting.name,
        type=setting.type,
        default_json=json.dumps(setting.default),
        choices=setting.choices,
        least=setting.least,
        most=setting.most,
        help=setting.help,
        adjustable=setting.adjustable,
    )


def setting_from_wire(message: pb.Setting) -> Setting:
    """Raises: BadRecord for a default that is no JSON."""
    try:
        default = json_value(message.default_json)
    except ValueError as cause:
        raise BadRecord(f"the default of setting {message.name} cannot be read: {cause}") from cause
    return Setting(
        name=message.name,
        type=message.type,
        default=default,
        choices=tuple(message.choices),
        least=message.least if message.HasField("least") else None,
        most=message.most if message.HasField("most") else None,
        help=message.help,
        adjustable=message.adjustable,
    )


def setting_list_to_wire(listed: SettingList) -> pb.ListSettingsResponse:
    return pb.ListSettingsResponse(settings=map(setting_to_wire, listed.settings), presets=listed.presets)


def setting_list_from_wire(message: pb.ListSettingsResponse) -> SettingList:
    return SettingList(
        settings=tuple(map(setting_from_wire, message.settings)), presets=tuple(message.presets)
    )
