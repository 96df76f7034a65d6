import sys

sys.path.insert(0, "@UNDERSTUDY_FOLDER@")

from understudy_bridge.hosts.resolve import menu

menu.open_panel(globals())
