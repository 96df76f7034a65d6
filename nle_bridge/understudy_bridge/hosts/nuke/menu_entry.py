import sys

sys.path.insert(0, "@UNDERSTUDY_FOLDER@")
from understudy_bridge.hosts.nuke.menu import add_menu as understudy_menu

understudy_menu()
